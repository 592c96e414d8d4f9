package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/id"
	"siyu/internal/org"
)

var _ delivery.MissedSends = (*DB)(nil)

// SentQuery asks for a page of mass messages that somebody let go.
type SentQuery struct {
	Scope  org.Scope
	EndsAt time.Time          // those whose window ends not before it
	After  *delivery.Dispatch // the last one of the page before
	Limit  int
}

// sentTasks are where a dispatch may stand with its member; the index of dispatches
// has each of them by the end of the window.
var sentTasks = []delivery.TaskState{delivery.NoTask, delivery.Open, delivery.Sending, delivery.Confirmed, delivery.Cancelling, delivery.Cancelled}

// SentDispatches returns one page of what was approved or has left, those whose window
// ends last first.
func (db *DB) SentDispatches(ctx context.Context, q SentQuery) ([]delivery.Dispatch, error) {
	var all []delivery.Dispatch
	for _, task := range sentTasks {
		c := conditions{dialect: db.dialect}
		c.add("task = ? AND ends >= ?", string(task), at(q.EndsAt))
		if task == delivery.NoTask {
			c.add("approved_by <> ''")
		}
		if q.After != nil {
			c.add("(ends, id) < (?, ?)", at(q.After.Until), q.After.ID)
		}
		c.scope(q.Scope)
		some, err := dispatches(ctx, db.reader, c.where()+" ORDER BY ends DESC, id DESC"+c.limit(q.Limit), c.args...)
		if err != nil {
			return nil, fmt.Errorf("read mass messages that were sent: %w", err)
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b delivery.Dispatch) int {
		return cmp.Or(b.Until.Compare(a.Until), cmp.Compare(b.ID, a.ID))
	})
	return all[:min(len(all), q.Limit)], nil
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
	}, "SELECT dispatch_id, state, because, count(*) FROM touch WHERE dispatch_id <> 0 AND dispatch_id "+db.dialect.among(1)+
		" GROUP BY dispatch_id, state, because ORDER BY dispatch_id, state, because", idList(db.dialect, list))
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
