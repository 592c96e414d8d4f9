package storage

import (
	"context"
	"fmt"

	"siyu/internal/delivery"
	"siyu/internal/flow"
	"siyu/internal/id"
)

var touchTable = table{name: "touch", key: []string{"customer_id", "run", "step", "occurrence", "channel"},
	columns: []column{{"customer_id", bigint}, {"run", text}, {"step", bigint}, {"occurrence", bigint}, {"channel", text},
		{"id", bigint}, {"dispatch_id", bigint}, {"staff_id", bigint}, {"purpose", text}, {"action_id", bigint},
		{"state", text}, {"because", text}, {"at", bigint}, {"wording", bigint}, {"wording_chance", double}, {"wording_among", text}, {"planned", bigint}, {"service", bigint}}}

func touchRows(touches []delivery.Touch) [][]any {
	rows := make([][]any, len(touches))
	for i, t := range touches {
		rows[i] = []any{int64(t.Customer), t.Run, int64(t.Step), int64(t.Occurrence), string(t.Channel),
			t.ID, t.Dispatch, int64(t.Staff), string(t.Purpose), t.Action, string(t.State), t.Because, at(t.At),
			int64(t.Wording), t.Chance, t.Among, at(t.Planned), flag(t.Service)}
	}
	return rows
}

func scanTouch(scan func(...any) error) (t delivery.Touch, err error) {
	var service int64
	err = scan(&t.Customer, &t.Run, &t.Step, &t.Occurrence, &t.Channel, &t.ID, &t.Dispatch, &t.Staff, &t.Purpose, &t.Action,
		&t.State, &t.Because, moment{&t.At}, &t.Wording, &t.Chance, &t.Among, moment{&t.Planned}, &service)
	t.Service = service == 1
	return t, err
}

// addTouches stores the touches whose key is new and returns how many were.
func (tx *Tx) addTouches(ctx context.Context, touches []delivery.Touch) (int, error) {
	n, err := tx.put(ctx, touchTable, touchRows(touches))
	return int(n), err
}

// changeTouches writes back what a change may alter. Steps of processes stand where
// their touches do.
func (tx *Tx) changeTouches(ctx context.Context, touches []delivery.Touch) error {
	changing := touchTable
	changing.known = replace
	if _, err := tx.put(ctx, changing, touchRows(touches)); err != nil {
		return err
	}
	return tx.followSteps(ctx, touches)
}

// TouchesOf implements delivery.Ledger.
func (db *DB) TouchesOf(ctx context.Context, dispatch int64) ([]delivery.Touch, error) {
	list, err := touchesOf(ctx, db.reader, dispatch)
	if err != nil {
		return nil, fmt.Errorf("read touches of dispatch %d: %w", dispatch, err)
	}
	return list, nil
}

func touchesOf(ctx context.Context, q querier, dispatch int64) ([]delivery.Touch, error) {
	return touches(ctx, q, "WHERE dispatch_id = $1 AND dispatch_id <> 0 ORDER BY id", dispatch)
}

func touches(ctx context.Context, q querier, where string, args ...any) ([]delivery.Touch, error) {
	var list []delivery.Touch
	err := each(ctx, q, func(scan func(...any) error) error {
		t, err := scanTouch(scan)
		list = append(list, t)
		return err
	}, "SELECT "+touchTable.list()+" FROM touch "+where, args...)
	return list, err
}

// touchesAmong returns the touches with these ids, which are the customers'.
// Touches underway and ended ones have an index each.
func (tx *Tx) touchesAmong(ctx context.Context, customers []id.Customer, ids []int64) ([]delivery.Touch, error) {
	var list []delivery.Touch
	for _, state := range []string{"state = 'underway'", "state <> 'underway'"} {
		some, err := touches(ctx, tx, "WHERE "+state+" AND customer_id "+tx.dialect.among(1)+" AND id "+tx.dialect.among(2),
			idList(tx.dialect, customers), idList(tx.dialect, ids))
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

// SellingUnderway implements flow.Plans.
func (db *DB) SellingUnderway(ctx context.Context, after delivery.Touch, limit int) ([]delivery.Touch, error) {
	list, err := touches(ctx, db.reader, `WHERE state = 'underway' AND because = '' AND purpose IN ('remind', 'promote')
		AND (dispatch_id = 0 OR dispatch_id IN (SELECT id FROM dispatch WHERE task = 'open'))
		AND (customer_id, id) > ($1, $2) ORDER BY customer_id, id LIMIT $3`, int64(after.Customer), after.ID, limit)
	if err != nil {
		return nil, fmt.Errorf("read what sells and is underway: %w", err)
	}
	return list, nil
}

// Underway implements flow.Plans.
func (db *DB) Underway(ctx context.Context, of flow.Whom) (map[id.Customer]bool, error) {
	found, err := db.underway(ctx, of)
	if err != nil {
		return nil, fmt.Errorf("look up touches underway: %w", err)
	}
	return found, nil
}

func (db *DB) underway(ctx context.Context, of flow.Whom) (map[id.Customer]bool, error) {
	if of.List == nil {
		return db.underwayTo(ctx, of)
	}
	all, err := aliasesOf(ctx, db.reader, db.dialect, of.List)
	if err != nil {
		return nil, err
	}
	answers, err := canonical(ctx, db.reader, db.dialect, of.List)
	if err != nil {
		return nil, err
	}
	asked := flow.Whom{List: make([]id.Customer, 0, len(all))}
	for _, ids := range all {
		asked.List = append(asked.List, ids...)
	}
	own, err := db.underwayTo(ctx, asked)
	if err != nil {
		return nil, err
	}
	found := make(map[id.Customer]bool, len(own))
	credit := func(to, from id.Customer) {
		if inDoubt, has := own[from]; has {
			found[to] = found[to] || inDoubt
		}
	}
	for c, ids := range all {
		for _, one := range ids {
			credit(c, one)
			if to, merged := answers[c]; merged && all[to] != nil { // who was asked about as well
				credit(to, one)
			}
		}
	}
	return found, nil
}

// underwayTo returns who has touches to the very ids.
func (db *DB) underwayTo(ctx context.Context, of flow.Whom) (map[id.Customer]bool, error) {
	found := map[id.Customer]bool{}
	which, args := db.dialect.whom(of)
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var c id.Customer
		var state delivery.State
		err := scan(&c, &state)
		found[c] = found[c] || state == delivery.InDoubt
		return err
	}, `SELECT t.customer_id, coalesce(d.state, '') FROM touch t LEFT JOIN dispatch d ON d.id = t.dispatch_id
		WHERE t.state = 'underway' AND t.customer_id `+which, args...)
	return found, err
}
