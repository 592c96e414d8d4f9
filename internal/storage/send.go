package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
)

var _ delivery.Sends = (*DB)(nil)

var sendTable = table{name: "send", key: []string{"id"}, known: replace, columns: []column{
	{"id", bigint}, {"words", bigint}, {"purpose", text}, {"material", text}, {"body", text}, {"since", bigint}, {"latest", bigint}, {"state", text},
	{"counted", bigint}, {"delivered", bigint}, {"deletions", bigint}, {"complaints", bigint}, {"halted", bigint}, {"because", text}, {"evidence", text},
	{"decided", bigint}, {"decided_by", text}, {"told", bigint}, {"why", text}}}

func sendRow(s *delivery.Send) ([]any, error) {
	evidence, err := json.Marshal(s.Evidence)
	if err != nil {
		return nil, fmt.Errorf("write evidence of a send: %w", err)
	}
	return []any{s.ID, int64(s.Words), string(s.Purpose), s.Material, s.Text, at(s.Since), at(s.Latest), string(s.State),
		at(s.Counted), int64(s.Delivered), int64(s.Deletions), int64(s.Complaints), at(s.Halted), string(s.Because), string(evidence),
		at(s.Decided), s.DecidedBy, at(s.Told), s.Why}, nil
}

func sends(ctx context.Context, q querier, where string, args ...any) (list []delivery.Send, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		var s delivery.Send
		var evidence string
		err := scan(&s.ID, &s.Words, &s.Purpose, &s.Material, &s.Text, moment{&s.Since}, moment{&s.Latest}, &s.State,
			moment{&s.Counted}, &s.Delivered, &s.Deletions, &s.Complaints, moment{&s.Halted}, &s.Because, &evidence,
			moment{&s.Decided}, &s.DecidedBy, moment{&s.Told}, &s.Why)
		if err != nil {
			return err
		}
		list = append(list, s)
		return json.Unmarshal([]byte(evidence), &list[len(list)-1].Evidence)
	}, "SELECT "+sendTable.list()+" FROM send "+where, args...)
	return list, err
}

// Sends implements delivery.Sends.
func (db *DB) Sends(ctx context.Context, q delivery.SendQuery) ([]delivery.Send, error) {
	c := conditions{dialect: db.dialect}
	if q.States != nil {
		c.add("state "+db.dialect.amongWords(0), wordList(db.dialect, q.States))
	}
	if !q.LatestFrom.IsZero() {
		c.add("latest >= ?", at(q.LatestFrom))
	}
	if q.Harmed {
		c.add("deletions + complaints > 0")
	}
	if q.IDs != nil {
		c.add("id "+db.dialect.among(0), idList(db.dialect, q.IDs))
	}
	list, err := sends(ctx, db.reader, c.where()+" ORDER BY latest DESC, id", c.args...)
	if err != nil {
		return nil, fmt.Errorf("read sends: %w", err)
	}
	return list, nil
}

// SendPast implements delivery.Sends.
func (db *DB) SendPast(ctx context.Context, from, until time.Time) (list []delivery.SendHarm, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var h delivery.SendHarm
		err := scan(&h.Send, &h.Purpose, &h.Delivered, &h.Deletions, &h.Complaints)
		list = append(list, h)
		return err
	}, `SELECT send_id, purpose, CAST(sum(delivered) AS bigint), CAST(sum(deletions) AS bigint), CAST(sum(complaints) AS bigint)
		FROM send_day WHERE day BETWEEN $1 AND $2 GROUP BY send_id, purpose ORDER BY send_id, purpose`, dayOf(from), dayOf(until))
	if err != nil {
		return nil, fmt.Errorf("read what mass messages came to: %w", err)
	}
	return list, nil
}

func dayOf(t time.Time) int64 { return event.At(t).Day() }

// ChangeSend implements delivery.Sends.
func (db *DB) ChangeSend(ctx context.Context, send int64, change func(*delivery.Send) error) error {
	return db.refusable(ctx, func(tx *Tx, refuse func(error) error) error {
		list, err := sends(ctx, tx, "WHERE id = $1"+tx.lock(), send)
		if err != nil {
			return fmt.Errorf("read send %d: %w", send, err)
		}
		if len(list) == 0 {
			return fault.New(fault.NotFound, "there is no send %d", send)
		}
		if err := refuse(change(&list[0])); err != nil {
			return err
		}
		return tx.putSend(ctx, &list[0])
	})
}

func (tx *Tx) putSend(ctx context.Context, s *delivery.Send) error {
	row, err := sendRow(s)
	if err != nil {
		return err
	}
	_, err = tx.put(ctx, sendTable, [][]any{row})
	return err
}

// followedSend returns the Send that a dispatch is part of, and whether it is to be
// stored.
func (tx *Tx) followedSend(ctx context.Context, d *delivery.Dispatch) (s delivery.Send, changed bool, err error) {
	if d.Words == 0 && d.Send != 0 { // it takes the place of another message
		if _, err := one(ctx, tx, []any{&d.Words}, "SELECT words FROM send WHERE id = $1", d.Send); err != nil {
			return s, false, fmt.Errorf("read the words of send %d: %w", d.Send, err)
		}
	}
	list, err := sends(ctx, tx, "WHERE words = $1 ORDER BY since DESC LIMIT 1"+tx.lock(), int64(delivery.WordsOf(d)))
	if err != nil {
		return s, false, fmt.Errorf("read the send of a dispatch: %w", err)
	}
	if len(list) == 0 {
		return delivery.Follows(d, nil), true, nil
	}
	s = delivery.Follows(d, &list[0])
	return s, s.ID != list[0].ID || !s.Latest.Equal(list[0].Latest), nil
}

// sendState returns where a send stands with the circuit breaker, in the transaction
// that opens a call of it.
func (tx *Tx) sendState(ctx context.Context, send int64) (state delivery.SendState, err error) {
	if send == 0 {
		return delivery.Running, nil
	}
	if _, err := one(ctx, tx, []any{&state}, "SELECT state FROM send WHERE id = $1"+tx.share(), send); err != nil {
		return "", fmt.Errorf("read the state of send %d: %w", send, err)
	}
	return state, nil
}

// share keeps what is read from changing until the end of the transaction.
func (tx *Tx) share() string {
	if tx.dialect == Postgres {
		return " FOR SHARE"
	}
	return ""
}

// sendDelivered counts mass messages that arrived.
func (tx *Tx) sendDelivered(ctx context.Context, d *delivery.Dispatch, arrived []delivery.Touch) error {
	if d.Send == 0 || len(arrived) == 0 {
		return nil
	}
	var since int64
	if _, err := one(ctx, tx, []any{&since}, "SELECT counted FROM send WHERE id = $1"+tx.lock(), d.Send); err != nil {
		return fmt.Errorf("read since when send %d is counted: %w", d.Send, err)
	}
	days, counted := map[int64]int64{}, int64(0)
	for i := range arrived {
		days[dayOf(arrived[i].At)]++
		if at(arrived[i].At) >= since {
			counted++
		}
	}
	if _, err := tx.exec(ctx, "UPDATE send SET delivered = delivered + $1 WHERE id = $2", counted, d.Send); err != nil {
		return fmt.Errorf("count send %d: %w", d.Send, err)
	}
	var rows [][]any
	for day, n := range days {
		rows = append(rows, []any{day, d.Send, string(d.Purpose), n, int64(0), int64(0)})
	}
	_, err := tx.put(ctx, sendDayTable, rows)
	return err
}

var sendDayTable = table{name: "send_day", key: []string{"day", "send_id", "purpose"}, known: add, columns: []column{
	{"day", bigint}, {"send_id", bigint}, {"purpose", text}, {"delivered", bigint}, {"deletions", bigint}, {"complaints", bigint}}}

// sendsReader names the cursor of what customers did after messages.
const sendsReader = "sends"

// followPage is how many facts are looked through at a time, and followAge how old what
// they tell may be: imports bring years.
const (
	followPage = 2000
	followAge  = 14 * 24 * time.Hour
)

// FollowSends implements delivery.Sends.
func (db *DB) FollowSends(ctx context.Context, now time.Time) (more, harmed bool, err error) {
	cursor, err := db.Cursor(ctx, sendsReader)
	if err != nil {
		return false, false, err
	}
	page, err := db.FactsAfter(ctx, cursor, followPage)
	if err != nil {
		return false, false, fmt.Errorf("read facts after %d: %w", cursor, err)
	}
	told := page[:0:0]
	for i := range page {
		if page[i].Received.After(now.Add(-decision.FollowAfter)) {
			break
		}
		told = append(told, page[i])
	}
	if len(told) == 0 {
		return false, false, nil
	}
	effects, err := db.effectsOf(ctx, told, now.Add(-followAge))
	if err != nil {
		return false, false, err
	}
	err = db.Write(ctx, Background, func(tx *Tx) (err error) {
		if harmed, err = tx.addEffects(ctx, effects); err != nil {
			return err
		}
		return tx.setCursor(ctx, sendsReader, told[len(told)-1].Seq)
	})
	if err != nil {
		return false, false, fmt.Errorf("store what came of messages: %w", err)
	}
	return len(told) == followPage, harmed, nil
}

// effect is one with the message that it is put down to.
type effect struct {
	decision.Effect
	of decision.Reached
}

// effectsOf puts what facts tell down to messages.
func (db *DB) effectsOf(ctx context.Context, facts []event.Fact, from time.Time) (effects []effect, err error) {
	dones := map[id.Customer][]decision.Done{}
	var customers []id.Customer
	for i := range facts {
		if facts[i].Subject.Type != event.AboutCustomer || facts[i].At.Before(from) {
			continue
		}
		done, ok := decision.DoneIn(facts[i])
		if !ok {
			continue
		}
		who := id.Customer(facts[i].Subject.ID)
		if dones[who] == nil {
			customers = append(customers, who)
		}
		dones[who] = append(dones[who], done)
	}
	if len(customers) == 0 {
		return nil, nil
	}
	heads, reached, err := db.reached(ctx, customers, from.Add(-decision.EffectWithin))
	if err != nil {
		return nil, err
	}
	for _, who := range customers {
		own := reached[heads[who]]
		byTouch := make(map[int64]decision.Reached, len(own))
		for _, r := range own {
			byTouch[r.Touch] = r
		}
		for _, done := range dones[who] {
			for _, e := range decision.EffectsOf(done, own) {
				effects = append(effects, effect{e, byTouch[e.Touch]})
			}
		}
	}
	return effects, nil
}

// reached returns who answers for each customer, and by them the messages that
// arrived at the person since a time and can be followed.
func (db *DB) reached(ctx context.Context, customers []id.Customer, from time.Time) (heads map[id.Customer]id.Customer, reached map[id.Customer][]decision.Reached, err error) {
	answers, err := canonical(ctx, db.reader, db.dialect, customers)
	if err != nil {
		return nil, nil, fmt.Errorf("look up merged customers: %w", err)
	}
	heads, persons := map[id.Customer]id.Customer{}, map[id.Customer]bool{}
	for _, c := range customers {
		heads[c] = c
		if to, merged := answers[c]; merged {
			heads[c] = to
		}
		persons[heads[c]] = true
	}
	all, err := aliasesOf(ctx, db.reader, db.dialect, keysOf(persons))
	if err != nil {
		return nil, nil, fmt.Errorf("look up aliases: %w", err)
	}
	head := map[id.Customer]id.Customer{}
	for h, ids := range all {
		for _, c := range ids {
			head[c] = h
		}
	}
	reached = map[id.Customer][]decision.Reached{}
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var r decision.Reached
		err := scan(&r.Touch, &r.Customer, &r.Staff, &r.Purpose, &r.Channel, moment{&r.At}, &r.Wording, &r.Chance, &r.Among, &r.Send, &r.Material)
		reached[head[r.Customer]] = append(reached[head[r.Customer]], r)
		return err
	}, `SELECT t.id, t.customer_id, t.staff_id, t.purpose, t.channel, t.at, t.wording, t.wording_chance, t.wording_among, coalesce(d.send_id, 0), coalesce(d.material, s.material, '')
		FROM touch t LEFT JOIN dispatch d ON d.id = t.dispatch_id AND t.dispatch_id <> 0 LEFT JOIN staff_task s ON s.id = t.id AND s.customer_id = t.customer_id AND t.dispatch_id = 0
		WHERE t.state <> 'underway' AND t.state = 'delivered' AND t.at >= $1 AND t.customer_id `+db.dialect.among(2)+" ORDER BY t.at, t.id",
		at(from), idList(db.dialect, keysOf(head)))
	if err != nil {
		return nil, nil, fmt.Errorf("read messages that arrived: %w", err)
	}
	return heads, reached, nil
}

// addEffects stores effects that are new and counts them.
func (tx *Tx) addEffects(ctx context.Context, effects []effect) (harmed bool, err error) {
	for i := range effects {
		e := &effects[i]
		n, err := tx.exec(ctx, "INSERT INTO touch_effect (touch_id, deed, at) VALUES ($1, $2, $3) ON CONFLICT (touch_id, deed) DO NOTHING", e.Touch, e.Deed, at(e.At))
		if err != nil {
			return harmed, fmt.Errorf("store effect: %w", err)
		}
		if n == 0 {
			continue
		}
		deed, counts := e.Harmful()
		if !counts {
			err = tx.countWording(ctx, &e.of, deed)
		} else {
			harmed, err = true, tx.countHarm(ctx, &e.of, deed)
		}
		if err != nil {
			return harmed, err
		}
	}
	return harmed, nil
}

// countHarm counts a deletion or complaint of a send.
func (tx *Tx) countHarm(ctx context.Context, of *decision.Reached, deed decision.Deed) error {
	column, day := "deletions", []any{dayOf(of.At), of.Send, string(of.Purpose), int64(0), int64(1), int64(0)}
	if deed == decision.Complained {
		column, day[4], day[5] = "complaints", int64(0), int64(1)
	}
	if _, err := tx.exec(ctx, "UPDATE send SET "+column+" = "+column+" + 1 WHERE id = $1 AND counted <= $2", of.Send, at(of.At)); err != nil {
		return fmt.Errorf("count harm of send %d: %w", of.Send, err)
	}
	_, err := tx.put(ctx, sendDayTable, [][]any{day})
	return err
}

// CountUnderway returns how many customers of a send have not got it and still may.
func (db *DB) CountUnderway(ctx context.Context, send int64) (n int, err error) {
	_, err = one(ctx, db.reader, []any{&n}, `SELECT count(*) FROM dispatch d JOIN touch t ON t.dispatch_id = d.id AND t.dispatch_id <> 0 AND t.state = 'underway'
		WHERE d.send_id = $1 AND d.send_id <> 0 AND d.state IN ('planned', 'claimed', 'calling', 'accepted', 'in_doubt')`, send)
	if err != nil {
		return 0, fmt.Errorf("count customers of send %d: %w", send, err)
	}
	return n, nil
}

// StoppedWords returns the words that must not be said: of halted sends, and of
// cancelled ones until nobody used them for delivery.SendPause.
func (db *DB) StoppedWords(ctx context.Context, now time.Time) (map[id.Code]bool, error) {
	found, err := db.Sends(ctx, delivery.SendQuery{States: []delivery.SendState{delivery.Halted, delivery.SendCancelled}, LatestFrom: now.Add(-delivery.SendPause)})
	if err != nil {
		return nil, err
	}
	words := make(map[id.Code]bool, len(found))
	for i := range found {
		words[found[i].Words] = true
	}
	return words, nil
}
