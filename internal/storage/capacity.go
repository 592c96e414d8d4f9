package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight/capacity"
)

var staffHeldTable = table{name: "staff_held", key: []string{"staff_id"}, known: replace, columns: []column{
	{"staff_id", bigint}, {"as_of", bigint}, {"kept", bigint}, {"lost", bigint}, {"buyers", bigint}, {"again", bigint}}}

// heldTogether is how many members one transaction writes: callbacks wait for it.
const heldTogether = 2000

// SetHeld implements flow.Cohorts.
func (db *DB) SetHeld(ctx context.Context, held []capacity.Held, now time.Time) error {
	rows := make([][]any, len(held))
	for i, h := range held {
		rows[i] = []any{int64(h.Staff), at(now), int64(h.Kept), int64(h.Lost), int64(h.Buyers), int64(h.Again)}
	}
	for part := range slices.Chunk(rows, heldTogether) {
		err := db.Write(ctx, Background, func(tx *Tx) error {
			_, err := tx.put(ctx, staffHeldTable, part)
			return err
		})
		if err != nil {
			return fmt.Errorf("store customers of %d members: %w", len(held), err)
		}
	}
	err := db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.exec(ctx, "DELETE FROM staff_held WHERE as_of <> $1", at(now))
		return err
	})
	if err != nil {
		return fmt.Errorf("forget members without customers: %w", err)
	}
	return nil
}

// Held returns what the last night counted, by member, and when; nothing before
// the first one.
func (db *DB) Held(ctx context.Context) (held []capacity.Held, asOf time.Time, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var h capacity.Held
		err := scan(&h.Staff, moment{&asOf}, &h.Kept, &h.Lost, &h.Buyers, &h.Again)
		held = append(held, h)
		return err
	}, "SELECT "+staffHeldTable.list()+" FROM staff_held ORDER BY staff_id")
	if err != nil {
		return nil, asOf, fmt.Errorf("read customers of members: %w", err)
	}
	return held, asOf, nil
}

// PlanByStore returns what a day's plan gives members to do by hand and what it
// would, had they more time (decision.BecauseCapacity), by store: summed over
// all else but purpose and what limits.
func (db *DB) PlanByStore(ctx context.Context, day time.Time) ([]flow.PlanCount, error) {
	key := fmt.Sprint("by store ", at(day))
	found, missing, changes := db.sums.take(key)
	if len(missing) == 0 {
		return slices.Clone(found[key]), nil
	}
	var sums []flow.PlanCount
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		p := flow.PlanCount{PlanKey: flow.PlanKey{Day: day}}
		err := scan(&p.Store, &p.Because, &p.Limiting, &p.Purpose, &p.Customers)
		sums = append(sums, p)
		return err
	}, `SELECT store_id, because, limiting, purpose, CAST(sum(customers) AS bigint) FROM plan_count
		WHERE day = $1 AND (because = '' AND channel = $2 OR because = $3)
		GROUP BY store_id, because, limiting, purpose HAVING sum(customers) > 0 ORDER BY store_id, because, limiting, purpose`,
		at(day), string(event.OneToOne), string(decision.BecauseCapacity))
	if err != nil {
		return nil, fmt.Errorf("sum up the plan by store: %w", err)
	}
	db.sums.put(map[string][]flow.PlanCount{key: slices.Clone(sums)}, changes)
	return sums, nil
}

// Waits is work of one purpose that a member or a store has.
type Waits struct {
	Staff   id.Staff // 0 where it is told by store
	Store   id.Store // 0 where it is told by member
	Purpose event.Purpose
	N       int
}

// MassSendsOf returns how many mass messages each member has to confirm on a day: those
// of its plan, and those of days before that still wait. What processes give on the day
// is left out, see StepsGivenOn.
func (db *DB) MassSendsOf(ctx context.Context, day time.Time) ([]Waits, error) {
	list, err := db.waits(ctx, `SELECT staff_id, 0, purpose, CAST(sum(n) AS bigint) FROM (
			SELECT staff_id, purpose, count(*) AS n FROM staff_load WHERE day = $1 AND channel = $2 AND customers > 0 AND material NOT LIKE '`+ofProcess+`%' GROUP BY staff_id, purpose
			UNION ALL
			SELECT staff_id, purpose, count(*) FROM dispatch WHERE task = $3 AND day < $1 GROUP BY staff_id, purpose
		) given GROUP BY staff_id, purpose ORDER BY staff_id, purpose`, at(day), string(event.MassSend), string(delivery.Open))
	if err != nil {
		return nil, fmt.Errorf("count mass messages to confirm: %w", err)
	}
	return list, nil
}

// LeftOver returns contacts by hand that wait beside the plan of a day, by store:
// those that began before it, and invitations. All others belong to the plan or
// to processes.
func (db *DB) LeftOver(ctx context.Context, day time.Time) ([]Waits, error) {
	list, err := db.waits(ctx, `SELECT 0, store_id, purpose, count(*) FROM staff_task
		WHERE `+unsaidTasks+` AND starts < $1 AND (purpose = $2 OR starts < $3)
		GROUP BY store_id, purpose ORDER BY store_id, purpose`, at(day.AddDate(0, 0, 1)), string(event.Invite), at(day))
	if err != nil {
		return nil, fmt.Errorf("count contacts that wait: %w", err)
	}
	return list, nil
}

func (db *DB) waits(ctx context.Context, query string, args ...any) (list []Waits, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var w Waits
		err := scan(&w.Staff, &w.Store, &w.Purpose, &w.N)
		list = append(list, w)
		return err
	}, query, args...)
	return list, err
}
