package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
)

var _ delivery.Ledger = (*DB)(nil)

var dispatchTable = table{name: "dispatch", key: []string{"id"}, known: replace,
	columns: []column{{"id", bigint}, {"corp", text}, {"staff_id", bigint}, {"store_id", bigint}, {"day", bigint}, {"purpose", text},
		{"line_id", bigint}, {"material", text}, {"body", text}, {"link", text}, {"marker", text}, {"starts", bigint}, {"ends", bigint},
		{"state", text}, {"approved_by", text}, {"not_before", bigint}, {"attempts", bigint}, {"node", text}, {"fence", bigint},
		{"since", bigint}, {"called", bigint}, {"request", bytes}, {"message", text}, {"because", text}, {"decided_by", text},
		{"resend_of", bigint}, {"cancel_for", text}, {"task", text}, {"task_since", bigint}, {"read_back", bigint}, {"urged", bytes},
		{"title", text}, {"content", bigint}, {"wording", bigint}, {"send_id", bigint}, {"files", text}, {"process_id", bigint}, {"postpone", bigint}, {"step", text}, {"promised", bigint}}}

func dispatchRow(d *delivery.Dispatch) ([]any, error) {
	urged, err := momentsBox(d.Urged)
	if err != nil {
		return nil, err
	}
	return []any{d.ID, string(d.Corp), int64(d.Staff), int64(d.Store), at(d.Day), string(d.Purpose),
		int64(d.Line), d.Material, d.Text, d.Link, d.Marker, at(d.From), at(d.Until),
		string(d.State), d.ApprovedBy, at(d.NotBefore), int64(d.Attempts), d.Node, d.Fence,
		at(d.Since), at(d.Called), d.Request[:], d.MsgID, d.Because, d.DecidedBy,
		d.ResendOf, string(d.CancelFor), string(d.Task), at(d.TaskSince), at(d.Read), urged,
		d.Title, int64(d.Content), int64(d.Wording), d.Send, d.Files, d.Process, flag(d.Postpone), d.Step, flag(d.Promised)}, nil
}

// moment scans a time that at wrote.
type moment struct{ t *time.Time }

// Scan implements sql.Scanner.
func (m moment) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", v)
	}
	*m.t = event.Instant(n).Time()
	return nil
}

// momentsBox writes times for moments to scan.
func momentsBox(list []time.Time) ([]byte, error) {
	instants := make([]event.Instant, len(list))
	for i, t := range list {
		instants[i] = event.At(t)
	}
	return encode(instants)
}

// moments scans times that momentsBox wrote.
type moments struct{ list *[]time.Time }

// Scan implements sql.Scanner.
func (m moments) Scan(v any) error {
	box, ok := v.([]byte)
	if !ok {
		return fmt.Errorf("times are stored as %T", v)
	}
	var instants []event.Instant
	err := decode(box, &instants)
	for _, t := range instants {
		*m.list = append(*m.list, t.Time())
	}
	return err
}

func scanDispatch(scan func(...any) error) (d delivery.Dispatch, err error) {
	var request []byte
	var postpone, promised int64
	err = scan(&d.ID, &d.Corp, &d.Staff, &d.Store, moment{&d.Day}, &d.Purpose,
		&d.Line, &d.Material, &d.Text, &d.Link, &d.Marker, moment{&d.From}, moment{&d.Until},
		&d.State, &d.ApprovedBy, moment{&d.NotBefore}, &d.Attempts, &d.Node, &d.Fence,
		moment{&d.Since}, moment{&d.Called}, &request, &d.MsgID, &d.Because, &d.DecidedBy,
		&d.ResendOf, &d.CancelFor, &d.Task, moment{&d.TaskSince}, moment{&d.Read}, moments{&d.Urged},
		&d.Title, &d.Content, &d.Wording, &d.Send, &d.Files, &d.Process, &postpone, &d.Step, &promised)
	if err != nil {
		return d, err
	}
	d.Request, d.Postpone, d.Promised = [32]byte(request), postpone == 1, promised == 1
	return d, nil
}

// AddDispatches implements delivery.Ledger.
func (db *DB) AddDispatches(ctx context.Context, drafts []delivery.Draft) (touches int, err error) {
	for i := range drafts {
		var added int
		err := db.Write(ctx, Interactive, func(tx *Tx) error {
			added, err = tx.addDispatch(ctx, &drafts[i])
			return err
		})
		if err != nil {
			return touches, fmt.Errorf("store dispatch %d: %w", drafts[i].Dispatch.ID, err)
		}
		touches += added
	}
	return touches, nil
}

func (tx *Tx) addDispatch(ctx context.Context, d *delivery.Draft) (touches int, err error) {
	send, began, err := tx.followedSend(ctx, &d.Dispatch)
	if err != nil {
		return 0, err
	}
	d.Dispatch.Send = send.ID
	row, err := dispatchRow(&d.Dispatch)
	if err != nil {
		return 0, err
	}
	fresh := dispatchTable
	fresh.known = keep
	if n, err := tx.put(ctx, fresh, [][]any{row}); err != nil || n == 0 {
		return 0, err
	}
	if touches, err = tx.addMassTouches(ctx, d.Dispatch.ID, d.Touches); err != nil {
		return touches, err
	}
	if touches == 0 {
		_, err = tx.exec(ctx, "DELETE FROM dispatch WHERE id = $1", d.Dispatch.ID)
		return 0, err
	}
	if began {
		if err := tx.putSend(ctx, &send); err != nil {
			return touches, err
		}
	}
	change := executionChange{}
	change.add(givenBy(&d.Dispatch), 1)
	if err := tx.changeExecution(ctx, change); err != nil {
		return touches, err
	}
	if touches == len(d.Touches) && waits(&d.Dispatch) {
		return touches, tx.putBatch(ctx, &d.Dispatch, int64(touches), d.Gain)
	}
	return touches, tx.keepBatch(ctx, &d.Dispatch)
}

// Dispatches implements delivery.Ledger.
func (db *DB) Dispatches(ctx context.Context, q delivery.Query) ([]delivery.Dispatch, error) {
	c := conditions{dialect: db.dialect}
	c.add("id > ?", q.After)
	switch { // one word alone has an index
	case len(q.States) > 0 && len(q.Tasks) > 0:
		c.add("(state "+db.dialect.amongWords(0)+" OR task "+db.dialect.amongWords(0)+")", wordList(db.dialect, q.States), wordList(db.dialect, q.Tasks))
	case len(q.States) > 0:
		c.add("state "+db.dialect.amongWords(0), wordList(db.dialect, q.States))
	case len(q.Tasks) > 0:
		c.add("task "+db.dialect.amongWords(0), wordList(db.dialect, q.Tasks))
	}
	if q.Corp != "" {
		c.add("corp = ?", string(q.Corp))
	}
	if q.Staff != 0 {
		c.add("staff_id = ?", int64(q.Staff))
	}
	if !q.Day.IsZero() {
		c.add("day = ?", at(q.Day))
	}
	if !q.ReadyAt.IsZero() {
		c.add("approved_by <> '' AND starts <= ? AND not_before <= ? AND send_id NOT IN (SELECT id FROM send WHERE state = 'halted') AND process_id NOT IN (SELECT id FROM sop_process WHERE state = 'paused')",
			at(q.ReadyAt), at(q.ReadyAt))
	}
	if !q.UntilFrom.IsZero() {
		c.add("ends >= ?", at(q.UntilFrom))
	}
	if q.Customers != nil {
		people, err := people(ctx, db.reader, db.dialect, q.Customers)
		if err != nil {
			return nil, fmt.Errorf("look up dispatches: %w", err)
		}
		c.add("id IN (SELECT dispatch_id FROM touch WHERE state = 'underway' AND customer_id "+db.dialect.among(0)+")", idList(db.dialect, people))
	}
	if q.Send != 0 {
		c.add("send_id = ? AND send_id <> 0", q.Send)
	}
	if q.Process != 0 {
		c.add("process_id = ? AND process_id <> 0", q.Process)
	}
	if q.MsgIDs != nil {
		c.add("message <> '' AND message "+db.dialect.amongWords(0), wordList(db.dialect, q.MsgIDs))
	}
	c.scope(q.Scope)
	list, err := dispatches(ctx, db.reader, c.where()+" ORDER BY id"+c.limit(q.Limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read dispatches: %w", err)
	}
	return list, nil
}

func dispatches(ctx context.Context, q querier, where string, args ...any) ([]delivery.Dispatch, error) {
	var list []delivery.Dispatch
	err := each(ctx, q, func(scan func(...any) error) error {
		d, err := scanDispatch(scan)
		list = append(list, d)
		return err
	}, "SELECT "+dispatchTable.list()+" FROM dispatch "+where, args...)
	return list, err
}

// people returns the customers with everybody who answers for them or is
// answered for by the same person.
func people(ctx context.Context, q querier, d Dialect, customers []id.Customer) ([]id.Customer, error) {
	answers, err := canonical(ctx, q, d, customers)
	if err != nil {
		return nil, err
	}
	heads := make([]id.Customer, len(customers))
	for i, c := range customers {
		heads[i] = c
		if to, merged := answers[c]; merged {
			heads[i] = to
		}
	}
	all, err := aliasesOf(ctx, q, d, heads)
	if err != nil {
		return nil, err
	}
	var list []id.Customer
	for _, ids := range all {
		list = append(list, ids...)
	}
	return list, nil
}

// ChangeDispatch implements delivery.Ledger.
func (db *DB) ChangeDispatch(ctx context.Context, dispatch int64, change func(*delivery.Record) error) error {
	return db.changeDispatch(ctx, dispatch, func(_ *Tx, r *delivery.Record) error { return change(r) })
}

// OpenDispatch implements delivery.Ledger. Openings exclude each other, so
// that two of them cannot both find the last contact of a budget free.
func (db *DB) OpenDispatch(ctx context.Context, dispatch int64, day time.Time, change func(delivery.Opening) error) error {
	return db.changeDispatch(ctx, dispatch, func(tx *Tx, r *delivery.Record) error {
		o, err := tx.opening(ctx, r, day)
		if err != nil {
			return fmt.Errorf("ask again about dispatch %d: %w", dispatch, err)
		}
		return change(o)
	})
}

func (db *DB) changeDispatch(ctx context.Context, dispatch int64, change func(*Tx, *delivery.Record) error) error {
	return db.refusable(ctx, func(tx *Tx, refuse func(error) error) error {
		r, err := tx.loadRecord(ctx, dispatch)
		if err != nil {
			return err
		}
		before := *r
		before.Touches = append([]delivery.Touch(nil), r.Touches...)
		if err := refuse(change(tx, r)); err != nil {
			return err
		}
		return tx.saveRecord(ctx, &before, r)
	})
}

func (tx *Tx) loadRecord(ctx context.Context, dispatch int64) (*delivery.Record, error) {
	list, err := dispatches(ctx, tx, "WHERE id = $1"+tx.lock(), dispatch)
	if err != nil {
		return nil, fmt.Errorf("read dispatch %d: %w", dispatch, err)
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "there is no dispatch %d", dispatch)
	}
	touches, err := touchesOf(ctx, tx, dispatch)
	if err != nil {
		return nil, fmt.Errorf("read touches of dispatch %d: %w", dispatch, err)
	}
	return &delivery.Record{Dispatch: list[0], Touches: touches}, nil
}

// lock makes a read hold its rows until the end of the transaction.
func (tx *Tx) lock() string {
	if tx.dialect == Postgres {
		return " FOR UPDATE"
	}
	return ""
}

func (tx *Tx) saveRecord(ctx context.Context, before, r *delivery.Record) error {
	list := []*delivery.Dispatch{&r.Dispatch}
	if r.Successor != nil {
		list = append(list, r.Successor)
	}
	for _, d := range list {
		row, err := dispatchRow(d)
		if err != nil {
			return err
		}
		if _, err := tx.put(ctx, dispatchTable, [][]any{row}); err != nil {
			return err
		}
	}
	var changed []delivery.Touch
	tally := massTally{}
	for i := range r.Touches {
		if r.Touches[i] != before.Touches[i] {
			changed = append(changed, r.Touches[i])
			tally.add(before.Touches[i:i+1], -1)
			tally.add(r.Touches[i:i+1], 1)
		}
	}
	if err := tx.changeTouches(ctx, changed); err != nil {
		return err
	}
	if err := tx.changeTally(ctx, tally); err != nil {
		return err
	}
	if err := tx.countTouches(ctx, before, r, changed); err != nil {
		return err
	}
	change := executionChange{}
	change.add(givenBy(&before.Dispatch), -1)
	for _, d := range list {
		change.add(givenBy(d), 1)
		if waits(d) || waits(&before.Dispatch) {
			if err := tx.keepBatch(ctx, d); err != nil {
				return err
			}
		}
	}
	return tx.changeExecution(ctx, change)
}
