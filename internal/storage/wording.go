package storage

import (
	"context"
	"fmt"

	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
)

var wordingTable = table{name: "wording_count", key: []string{"material", "wording", "among", "channel"}, known: add, columns: []column{
	{"material", text}, {"wording", bigint}, {"among", text}, {"channel", text},
	{"given", bigint}, {"delivered", bigint}, {"answered", bigint}, {"bought", bigint}, {"deleted", bigint}}}

// WordingCount is how often a wording was given to members, arrived, and what came of
// it, among the wordings from which it was drawn.
type WordingCount struct {
	Material string
	Wording  id.Code
	Text     string // without what a mass message cannot fill in
	Among    string
	Channel  event.Channel
	Given, Delivered,
	Answered, Bought, Deleted int
}

// Wordings returns all counts, by material and what was drawn among.
func (db *DB) Wordings(ctx context.Context) (list []WordingCount, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var w WordingCount
		err := scan(&w.Material, &w.Wording, &w.Text, &w.Among, &w.Channel, &w.Given, &w.Delivered, &w.Answered, &w.Bought, &w.Deleted)
		list = append(list, w)
		return err
	}, `SELECT c.material, c.wording, coalesce(t.body, ''), c.among, c.channel, c.given, c.delivered, c.answered, c.bought, c.deleted
		FROM wording_count c LEFT JOIN wording_text t ON t.wording = c.wording ORDER BY c.material, c.among, c.channel, c.wording`)
	if err != nil {
		return nil, fmt.Errorf("read counts of wordings: %w", err)
	}
	return list, nil
}

// drawnOf is what one message counts for its wording.
type drawnOf struct {
	material, text string
	touch          *delivery.Touch
}

// wordingChange adds up counts of wordings, and keeps the texts that were used.
type wordingChange struct {
	counts map[wordingKey][2]int64 // given, delivered
	texts  map[id.Code]string
}

type wordingKey struct {
	material string
	wording  id.Code
	among    string
	channel  event.Channel
}

func newWordingChange() wordingChange {
	return wordingChange{map[wordingKey][2]int64{}, map[id.Code]string{}}
}

func (c wordingChange) add(d drawnOf, given, delivered int64) {
	t := d.touch
	if t.Wording == 0 {
		return
	}
	key := wordingKey{d.material, t.Wording, t.Among, t.Channel}
	known := c.counts[key]
	c.counts[key] = [2]int64{known[0] + given, known[1] + delivered}
	c.texts[t.Wording] = d.text
}

// given counts a message that a member was given to send.
func (c wordingChange) given(d drawnOf) { c.add(d, 1, 0) }

// delivered counts a message that arrived.
func (c wordingChange) delivered(d drawnOf) { c.add(d, 0, 1) }

func (tx *Tx) changeWordings(ctx context.Context, c wordingChange) error {
	rows, texts := make([][]any, 0, len(c.counts)), make([][]any, 0, len(c.texts))
	for k, n := range c.counts {
		rows = append(rows, []any{k.material, int64(k.wording), k.among, string(k.channel), n[0], n[1], int64(0), int64(0), int64(0)})
	}
	for wording, said := range c.texts {
		texts = append(texts, []any{int64(wording), said})
	}
	if _, err := tx.put(ctx, wordingTextTable, texts); err != nil {
		return err
	}
	_, err := tx.put(ctx, wordingTable, rows)
	return err
}

var wordingTextTable = table{name: "wording_text", key: []string{"wording"}, columns: []column{{"wording", bigint}, {"body", text}}}

// countWording counts what came of a message with a drawn wording.
func (tx *Tx) countWording(ctx context.Context, of *decision.Reached, deed decision.Deed) error {
	row := []any{of.Material, int64(of.Wording), of.Among, string(of.Channel), int64(0), int64(0), int64(0), int64(0), int64(0)}
	switch deed {
	case decision.DidAnswer:
		row[6] = int64(1)
	case decision.DidBuy:
		row[7] = int64(1)
	case decision.Deleted:
		row[8] = int64(1)
	default:
		return nil
	}
	_, err := tx.put(ctx, wordingTable, [][]any{row})
	return err
}

// countTouches counts what a change of a dispatch means for its send and wording.
// Messages count as given when WeCom first has their task, or when a person sends
// again what may never have reached it.
func (tx *Tx) countTouches(ctx context.Context, before, after *delivery.Record, changed []delivery.Touch) error {
	words, d := newWordingChange(), &after.Dispatch
	out := func(s delivery.State) bool { return s == delivery.Accepted || s == delivery.Resent }
	if out(d.State) && !out(before.Dispatch.State) && d.ResendOf == 0 {
		for i := range before.Touches {
			if before.Touches[i].State == delivery.Underway {
				words.given(drawnOf{d.Material, d.Text, &before.Touches[i]})
			}
		}
	}
	var arrived []delivery.Touch
	for i := range changed {
		if changed[i].State == delivery.Delivered {
			arrived = append(arrived, changed[i])
			words.delivered(drawnOf{d.Material, d.Text, &changed[i]})
		}
	}
	if err := tx.changeWordings(ctx, words); err != nil {
		return err
	}
	return tx.sendDelivered(ctx, d, arrived)
}
