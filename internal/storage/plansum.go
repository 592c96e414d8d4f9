package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/decision"
	"siyu/internal/flow"
	"siyu/internal/id"
)

// planSums keeps the sums that pages asked for until the plan changes: a brand
// with 500 stores has 50,000 counts a day.
type planSums = remembered[string, []flow.PlanCount]

// mostSums bounds what is kept: one for each set of stores that people see.
const mostSums = 1000

// PlanSums returns the counts of a day's plan summed over the stores, nil for
// all of them.
func (db *DB) PlanSums(ctx context.Context, day time.Time, stores []id.Store) ([]flow.PlanCount, error) {
	key := fmt.Sprint(at(day), stores == nil, stores)
	found, missing, changes := db.sums.take(key)
	if len(missing) == 0 {
		return slices.Clone(found[key]), nil
	}
	sums, err := db.readPlanSums(ctx, day, stores)
	if err == nil {
		db.sums.put(map[string][]flow.PlanCount{key: slices.Clone(sums)}, changes)
	}
	return sums, err
}

func (db *DB) readPlanSums(ctx context.Context, day time.Time, stores []id.Store) ([]flow.PlanCount, error) {
	c := conditions{dialect: db.dialect}
	c.add("day = ?", at(day))
	if stores != nil {
		c.add("store_id "+db.dialect.among(0), idList(db.dialect, stores))
	}
	var sums []flow.PlanCount
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		p := flow.PlanCount{PlanKey: flow.PlanKey{Day: day}}
		err := scan(&p.Because, &p.Limiting, &p.Purpose, &p.Channel, &p.Customers, &p.Gain, &p.Low, &p.High)
		sums = append(sums, p)
		return err
	}, "SELECT because, limiting, purpose, channel, CAST(sum(customers) AS bigint), sum(gain), sum(gain_low), sum(gain_high) FROM plan_count "+
		c.where()+" GROUP BY because, limiting, purpose, channel HAVING sum(customers) <> 0 ORDER BY because, limiting, purpose, channel", c.args...)
	if err != nil {
		return nil, fmt.Errorf("sum up the plan: %w", err)
	}
	return sums, nil
}

// MostForgone returns the store that forgoes most for a reason on a day, 0 if
// none does. stores nil: of all stores.
func (db *DB) MostForgone(ctx context.Context, day time.Time, because decision.Because, stores []id.Store) (id.Store, error) {
	c := conditions{dialect: db.dialect}
	c.add("day = ? AND because = ? AND customers > 0", at(day), string(because))
	if stores != nil {
		c.add("store_id "+db.dialect.among(0), idList(db.dialect, stores))
	}
	var worst id.Store
	var gain float64
	_, err := one(ctx, db.reader, []any{&worst, &gain},
		"SELECT store_id, sum(gain) FROM plan_count "+c.where()+" GROUP BY store_id HAVING sum(gain) > 0 ORDER BY sum(gain) DESC, store_id"+c.limit(1), c.args...)
	if err != nil {
		return 0, fmt.Errorf("look for the store that forgoes most: %w", err)
	}
	return worst, nil
}
