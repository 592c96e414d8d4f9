package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// contactMemory is how far back contacts can matter: the longest budget and
// the longest quota period are a month.
const contactMemory = 35 * 24 * time.Hour

// opening gathers what is asked again before a call, inside the transaction
// that opens it.
func (tx *Tx) opening(ctx context.Context, r *delivery.Record, day time.Time) (delivery.Opening, error) {
	o := delivery.Opening{Record: r}
	var frozen int64
	if _, err := one(ctx, tx, []any{&frozen}, "SELECT frozen FROM gate"+tx.lock()); err != nil {
		return o, fmt.Errorf("read gate: %w", err)
	}
	o.Frozen = frozen != 0
	asked, err := tx.confirmations(ctx, []id.Staff{r.Dispatch.Staff}, day, r.Dispatch.ID)
	if err != nil {
		return o, err
	}
	o.Confirmations = asked[r.Dispatch.Staff]
	if o.Send, err = tx.sendState(ctx, r.Dispatch.Send); err != nil {
		return o, err
	}
	if process := r.Dispatch.Process; process != 0 {
		if o.Paused, o.Retired, err = tx.processHeld(ctx, process); err != nil {
			return o, err
		}
	}
	o.Standings, err = tx.standings(ctx, r)
	return o, err
}

func (tx *Tx) standings(ctx context.Context, r *delivery.Record) ([]decision.Standing, error) {
	asked := make([]id.Customer, len(r.Touches))
	for i, t := range r.Touches {
		asked[i] = t.Customer
	}
	g := gathering{tx: tx, self: r.Dispatch.ID, from: at(r.Dispatch.From.Add(-contactMemory))}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return g.resolve(ctx, asked) },
		g.loadProfiles, g.loadHoldout, g.loadLimiting, g.loadContacts,
		func(ctx context.Context) error { return g.loadInsights(ctx, r.Dispatch.Purpose) },
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	list := make([]decision.Standing, len(asked))
	for i, c := range asked {
		list[i] = *g.standing[g.head[c]]
	}
	return list, nil
}

// gathering collects standings of the people behind touches.
type gathering struct {
	tx       *Tx
	self     int64                       // the dispatch that is opened
	from     int64                       // contacts before it do not matter
	head     map[id.Customer]id.Customer // who answers, for every id of the people
	ids      []id.Customer               // all ids of the people
	standing map[id.Customer]*decision.Standing
	unfolded []event.Fact // about the people, stored but not yet folded
}

// resolve finds who answers for the customers now, including merges that are
// in the log but not folded yet.
func (g *gathering) resolve(ctx context.Context, asked []id.Customer) error {
	q, d := g.tx, g.tx.dialect
	g.head, g.standing = map[id.Customer]id.Customer{}, map[id.Customer]*decision.Standing{}
	answers, err := canonical(ctx, q, d, asked)
	if err != nil {
		return fmt.Errorf("look up merged customers: %w", err)
	}
	for _, c := range asked {
		g.head[c] = c
		if to, merged := answers[c]; merged {
			g.head[c] = to
		}
	}
	for known := -1; len(g.ids) != known; { // until no merge adds anybody
		known = len(g.ids)
		if err := g.widen(ctx); err != nil {
			return err
		}
	}
	for _, head := range g.head {
		g.standing[head] = new(decision.Standing)
	}
	return nil
}

// widen takes in all ids of the people and their unfolded facts, and follows
// the merges among those.
func (g *gathering) widen(ctx context.Context) error {
	heads := map[id.Customer]bool{}
	for _, h := range g.head {
		heads[h] = true
	}
	all, err := aliasesOf(ctx, g.tx, g.tx.dialect, keysOf(heads))
	if err != nil {
		return fmt.Errorf("look up aliases: %w", err)
	}
	for h, ids := range all {
		for _, c := range ids {
			g.head[c] = h
		}
	}
	g.ids = keysOf(g.head)
	if g.unfolded, err = g.tx.unfolded(ctx, g.ids); err != nil {
		return fmt.Errorf("read unfolded facts: %w", err)
	}
	for _, f := range g.unfolded {
		if f.Kind != event.KindCustomerMerged {
			continue
		}
		body, err := event.Read[event.CustomerMerged](f)
		if err != nil {
			return err
		}
		g.move(id.Customer(f.Subject.ID), body.Into)
	}
	return nil
}

// move makes everybody whom from answered for answered for by into.
func (g *gathering) move(from, into id.Customer) {
	if to, known := g.head[into]; known {
		into = to
	}
	was := g.head[from]
	for c, h := range g.head {
		if h == was {
			g.head[c] = into
		}
	}
	g.head[into] = into
}

func keysOf[K comparable, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// smallBacklog is how many unfolded facts are looked through one by one
// instead of looking each customer up in the log.
const smallBacklog = 5000

// unfolded returns the facts about the customers that are stored but not yet
// in their states.
func (tx *Tx) unfolded(ctx context.Context, customers []id.Customer) ([]event.Fact, error) {
	var cursor, head int64
	if _, err := one(ctx, tx, []any{&cursor}, "SELECT seq FROM log_cursor WHERE reader = 'fold'"); err != nil {
		return nil, err
	}
	if _, err := one(ctx, tx, []any{&head}, "SELECT seq FROM log_head"); err != nil || head == cursor {
		return nil, err
	}
	by := "subject_id "
	if head-cursor <= smallBacklog {
		by = "+subject_id " // keeps the planner on the position
	}
	return scanFacts(ctx, tx, "SELECT "+factColumns+" FROM fact WHERE seq > $1 AND subject_type = 'customer' AND "+by+
		tx.dialect.among(2)+" ORDER BY seq", cursor, idList(tx.dialect, customers))
}

// loadProfiles reads states of those who answer and applies what is not yet
// folded.
func (g *gathering) loadProfiles(ctx context.Context) error {
	boxes := newOpener()
	err := each(ctx, g.tx, func(scan func(...any) error) error {
		var who id.Customer
		var box sql.RawBytes
		if err := scan(&who, &box); err != nil {
			return err
		}
		state := new(profile.Customer)
		g.standing[who].Profile = state
		return boxes.open(box, state)
	}, "SELECT customer_id, state FROM customer_state WHERE customer_id "+g.tx.dialect.among(1), idList(g.tx.dialect, keysOf(g.standing)))
	if err != nil {
		return fmt.Errorf("load customers: %w", err)
	}
	for _, f := range g.unfolded {
		head := g.head[id.Customer(f.Subject.ID)]
		s := g.standing[head]
		if s.Profile == nil {
			s.Profile = &profile.Customer{ID: head}
		}
		if err := s.Profile.Apply(f); err != nil {
			return err
		}
	}
	return nil
}

func (g *gathering) loadHoldout(ctx context.Context) error {
	held, err := holdoutOf(ctx, g.tx, g.tx.dialect, flow.Whom{List: g.ids})
	if err != nil {
		return fmt.Errorf("look up hold-out: %w", err)
	}
	for c, is := range held {
		if is {
			g.standing[g.head[c]].Held = true
		}
	}
	return nil
}

// loadLimiting reads what limits each of those who answer.
func (g *gathering) loadLimiting(ctx context.Context) error {
	err := each(ctx, g.tx, func(scan func(...any) error) error {
		var who id.Customer
		var limiting insight.Part
		err := scan(&who, &limiting)
		g.standing[who].Limiting = limiting
		return err
	}, "SELECT customer_id, limiting FROM insight WHERE customer_id "+g.tx.dialect.among(1), idList(g.tx.dialect, keysOf(g.standing)))
	if err != nil {
		return fmt.Errorf("look up what limits customers: %w", err)
	}
	return nil
}

// loadInsights reads what is understood of each of those who answer, where it is asked:
// of messages that sell.
func (g *gathering) loadInsights(ctx context.Context, purpose event.Purpose) error {
	if !purpose.Sells() {
		return nil
	}
	err := each(ctx, g.tx, func(scan func(...any) error) error {
		var who id.Customer
		var box []byte
		if err := scan(&who, &box); err != nil {
			return err
		}
		known, err := unpackInsight(box)
		g.standing[who].Insight = &known
		return err
	}, "SELECT customer_id, estimates FROM insight WHERE customer_id "+g.tx.dialect.among(1), idList(g.tx.dialect, keysOf(g.standing)))
	if err != nil {
		return fmt.Errorf("look up what is understood of customers: %w", err)
	}
	return nil
}

func (g *gathering) loadContacts(ctx context.Context) error {
	err := each(ctx, g.tx, func(scan func(...any) error) error {
		var who id.Customer
		var touch int64
		var channel event.Channel
		var service int64
		var state delivery.TouchState
		var at, called event.Instant
		var dispatch delivery.State
		if err := scan(&who, &touch, &channel, &service, &state, &at, &dispatch, &called); err != nil {
			return err
		}
		s := g.standing[g.head[who]]
		if state == delivery.Underway {
			at = called
			s.InDoubt = s.InDoubt || dispatch == delivery.InDoubt
		}
		s.Contacts = append(s.Contacts, decision.Contact{At: at, Channel: channel, Service: service == 1})
		return nil
	}, `SELECT t.customer_id, t.id, t.channel, t.service, t.state, t.at, '', 0 FROM touch t
		WHERE t.state <> 'underway' AND t.state = 'delivered' AND t.customer_id `+g.tx.dialect.among(1)+` AND t.dispatch_id <> $2 AND t.at >= $3
		UNION ALL
		SELECT t.customer_id, t.id, t.channel, t.service, t.state, t.at, d.state, d.called FROM touch t JOIN dispatch d ON d.id = t.dispatch_id
		WHERE t.state = 'underway' AND t.customer_id `+g.tx.dialect.among(1)+` AND t.dispatch_id <> $2 AND d.state IN ('calling', 'accepted', 'in_doubt')
		ORDER BY 1, 2`, idList(g.tx.dialect, g.ids), g.self, g.from)
	if err != nil {
		return fmt.Errorf("read contacts: %w", err)
	}
	return nil
}
