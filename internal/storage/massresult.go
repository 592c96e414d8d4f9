package storage

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

var _ delivery.MissedSends = (*DB)(nil)

// SentKey names what was said on a day: a step of a process, else a text for a purpose.
type SentKey struct {
	Day      time.Time
	Process  int64
	Step     string
	Material string
	Send     int64 // of what no process and no text of the library says, else 0
	Purpose  event.Purpose
}

// SentGroup is the mass messages of one SentKey that somebody let go.
type SentGroup struct {
	SentKey
	Messages    int
	Confirmed   int   // of them, by their members
	First       int64 // the lowest number of them
	From, Until time.Time
	Customers   map[delivery.TouchState]int
}

// SentQuery asks for mass messages that somebody let go on the days from one to another.
type SentQuery struct {
	Scope       org.Scope
	From, Until time.Time // business days, both included
	Groups      int       // whole days are returned until there are so many
}

// sentColumns are those of a SentKey but for the day; a process says its texts, and a
// text of the library needs no send.
const sentColumns = `process_id, step, CASE WHEN process_id = 0 THEN material ELSE '' END, CASE WHEN process_id = 0 AND material = '' THEN send_id ELSE 0 END, purpose`

// letGo is true of what was approved or has left.
const letGo = "(d.task <> '' OR d.approved_by <> '')"

// SentGroups returns what was said on the days, the last day first, and within a day in
// the order of its first message. It goes through the index of days, day by day.
func (db *DB) SentGroups(ctx context.Context, q SentQuery) (groups []SentGroup, err error) {
	day := q.Until
	for len(groups) < q.Groups {
		if day, err = db.lastSentDay(ctx, q, day); err != nil || day.IsZero() {
			return groups, err
		}
		some, err := db.sentOn(ctx, q.Scope, day)
		if err != nil {
			return nil, err
		}
		groups = append(groups, some...)
		day = day.Add(-time.Millisecond)
	}
	return groups, nil
}

// lastSentDay returns the last day with messages not after one, the zero time for none.
func (db *DB) lastSentDay(ctx context.Context, q SentQuery, until time.Time) (day time.Time, err error) {
	c := conditions{dialect: db.dialect}
	c.add("day <= ? AND day >= ?", at(until), at(q.From))
	c.scope(q.Scope)
	var last sql.NullInt64
	if _, err = one(ctx, db.reader, []any{&last}, "SELECT max(day) FROM dispatch "+c.where(), c.args...); err != nil {
		return day, fmt.Errorf("look for the last day of mass messages: %w", err)
	}
	if !last.Valid {
		return day, nil
	}
	return event.Instant(last.Int64).Time(), nil
}

// sentOn returns what was said on one day.
func (db *DB) sentOn(ctx context.Context, scope org.Scope, day time.Time) (groups []SentGroup, err error) {
	c := conditions{dialect: db.dialect}
	c.add("d.day = ? AND "+letGo, at(day))
	c.scope(scope)
	place := map[SentKey]int{}
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		g := SentGroup{SentKey: SentKey{Day: day}, Customers: map[delivery.TouchState]int{}}
		err := scan(&g.Process, &g.Step, &g.Material, &g.Send, &g.Purpose, &g.Messages, &g.Confirmed, &g.First, moment{&g.From}, moment{&g.Until})
		place[g.SentKey] = len(groups)
		groups = append(groups, g)
		return err
	}, "SELECT "+sentColumns+", count(*), CAST(sum(CASE WHEN task IN ('sending', 'confirmed') THEN 1 ELSE 0 END) AS bigint), min(id), min(starts), max(ends) FROM dispatch d "+
		c.where()+" GROUP BY 1, 2, 3, 4, 5 ORDER BY 8", c.args...)
	if err != nil {
		return nil, fmt.Errorf("read mass messages of a day: %w", err)
	}
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		k := SentKey{Day: day}
		var state delivery.TouchState
		var n int
		err := scan(&k.Process, &k.Step, &k.Material, &k.Send, &k.Purpose, &state, &n)
		if i, known := place[k]; known {
			groups[i].Customers[state] = n
		}
		return err
	}, "SELECT "+sentColumns+", t.state, CAST(sum(t.customers) AS bigint) FROM dispatch d JOIN mass_tally t ON t.dispatch_id = d.id "+
		c.where()+" GROUP BY 1, 2, 3, 4, 5, 6", c.args...)
	if err != nil {
		return nil, fmt.Errorf("count customers of mass messages of a day: %w", err)
	}
	return groups, nil
}

// SentOf returns a page of the messages of a key within a scope, after a number.
func (db *DB) SentOf(ctx context.Context, scope org.Scope, k SentKey, after int64, most int) ([]delivery.Dispatch, error) {
	c := conditions{dialect: db.dialect}
	c.add("day = ? AND (task <> '' OR approved_by <> '') AND process_id = ? AND step = ? AND purpose = ? AND id > ?", at(k.Day), k.Process, k.Step, string(k.Purpose), after)
	if k.Process == 0 {
		c.add("material = ?", k.Material)
	}
	if k.Send != 0 {
		c.add("send_id = ?", k.Send)
	}
	c.scope(scope)
	list, err := dispatches(ctx, db.reader, c.where()+" ORDER BY id"+c.limit(most), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read mass messages that were sent: %w", err)
	}
	return list, nil
}

// MassOutcome counts customers of a mass message of whom the same became.
type MassOutcome struct {
	State   delivery.TouchState
	Because string // "" where there is no reason
	N       int
}

// MassOutcomes returns what became of the customers of dispatches, by dispatch.
func (db *DB) MassOutcomes(ctx context.Context, list []int64) (map[int64][]MassOutcome, error) {
	outcomes := make(map[int64][]MassOutcome, len(list))
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var dispatch int64
		var o MassOutcome
		err := scan(&dispatch, &o.State, &o.Because, &o.N)
		outcomes[dispatch] = append(outcomes[dispatch], o)
		return err
	}, "SELECT dispatch_id, state, because, customers FROM mass_tally WHERE customers > 0 AND dispatch_id "+db.dialect.among(1)+
		" ORDER BY dispatch_id, state, because", idList(db.dialect, list))
	if err != nil {
		return nil, fmt.Errorf("count what became of %d mass messages: %w", len(list), err)
	}
	return outcomes, nil
}

// MassTouchQuery asks for a page of the customers of a mass message.
type MassTouchQuery struct {
	Dispatch int64
	State    delivery.TouchState // "" for all
	Because  string              // with State: this reason, "" for none
	After    int64               // number of the last touch of the page before
	Limit    int
}

// MassTouches returns the page, in order of the touches' numbers.
func (db *DB) MassTouches(ctx context.Context, q MassTouchQuery) ([]delivery.Touch, error) {
	c := conditions{dialect: db.dialect}
	c.add("dispatch_id = ? AND dispatch_id <> 0 AND id > ?", q.Dispatch, q.After)
	if q.State != "" {
		c.add("state = ? AND because = ?", string(q.State), q.Because)
	}
	list, err := touches(ctx, db.reader, c.where()+" ORDER BY id"+c.limit(q.Limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read customers of dispatch %d: %w", q.Dispatch, err)
	}
	return list, nil
}

// ResendDispatch implements delivery.MissedSends.
func (db *DB) ResendDispatch(ctx context.Context, dispatch int64, again func(*delivery.Record) (delivery.Draft, error)) (customers int, err error) {
	err = db.refusable(ctx, func(tx *Tx, refuse func(error) error) error {
		customers = 0
		r, err := tx.loadRecord(ctx, dispatch)
		if err != nil {
			return err
		}
		draft, err := again(r)
		if refuse(err) != nil {
			return err
		}
		got, err := tx.gotText(ctx, &draft)
		if err != nil {
			return fmt.Errorf("look up who has got the text: %w", err)
		}
		draft.Touches = slices.DeleteFunc(draft.Touches, func(t delivery.Touch) bool { return got[t.Customer] })
		if len(draft.Touches) == 0 {
			return nil
		}
		customers, err = tx.addDispatch(ctx, &draft)
		return err
	})
	return customers, err
}

// gotText returns the customers of a draft who have got its text by a mass message, or
// have it on its way, by any record of the person.
func (tx *Tx) gotText(ctx context.Context, d *delivery.Draft) (map[id.Customer]bool, error) {
	asked := make([]id.Customer, len(d.Touches))
	for i, t := range d.Touches {
		asked[i] = t.Customer
	}
	g := gathering{tx: tx}
	if err := g.resolve(ctx, asked); err != nil {
		return nil, err
	}
	persons := map[id.Customer]bool{}
	for _, reached := range []string{"t.state <> 'underway' AND t.state = 'delivered'", "t.state = 'underway'"} { // an index each
		err := each(ctx, tx, func(scan func(...any) error) error {
			var c id.Customer
			err := scan(&c)
			persons[g.head[c]] = true
			return err
		}, "SELECT t.customer_id FROM touch t JOIN dispatch d ON d.id = t.dispatch_id WHERE "+reached+" AND t.customer_id "+tx.dialect.among(1)+
			" AND d.body = $2 AND d.purpose = $3", idList(tx.dialect, g.ids), d.Dispatch.Text, string(d.Dispatch.Purpose))
		if err != nil {
			return nil, err
		}
	}
	got := map[id.Customer]bool{}
	for _, c := range asked {
		got[c] = persons[g.head[c]]
	}
	return got, nil
}
