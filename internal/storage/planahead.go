package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
)

var aheadTable = table{name: "plan_ahead", key: []string{"day", "staff_id", "on_day", "purpose", "channel", "line_id"}, known: replace, columns: []column{
	{"day", bigint}, {"staff_id", bigint}, {"on_day", bigint}, {"purpose", text}, {"channel", text}, {"line_id", bigint},
	{"store_id", bigint}, {"customers", bigint}, {"gain", double}, {"least", double}}}

// aheadAtOnce is how many rows are stored in one transaction, and of how many members
// rows are forgotten in one: a few milliseconds of the writer.
const (
	aheadAtOnce  = 1000
	forgetAtOnce = 50
)

// SaveAhead implements flow.Aheads.
func (db *DB) SaveAhead(ctx context.Context, day time.Time, rows []decision.Ahead) error {
	if err := db.forgetAhead(ctx, "day = $1", day); err != nil {
		return err
	}
	for part := range slices.Chunk(rows, aheadAtOnce) {
		list := make([][]any, len(part))
		for i, r := range part {
			list[i] = []any{at(day), int64(r.Staff), at(r.Day), string(r.Purpose), string(r.Channel), int64(r.Line), int64(r.Store), int64(r.Customers), r.Gain, r.Least}
		}
		err := db.Write(ctx, Background, func(tx *Tx) error {
			_, err := tx.put(ctx, aheadTable, list)
			return err
		})
		if err != nil {
			return fmt.Errorf("store %d rows of the next days: %w", len(list), err)
		}
	}
	return db.forgetAhead(ctx, "day <> $1", day)
}

// forgetAhead deletes rows by their day, some members at a time.
func (db *DB) forgetAhead(ctx context.Context, which string, day time.Time) error {
	var staff []id.Staff
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var s id.Staff
		err := scan(&s)
		staff = append(staff, s)
		return err
	}, "SELECT DISTINCT staff_id FROM plan_ahead WHERE "+which, at(day))
	if err != nil {
		return fmt.Errorf("look for what earlier nights expected: %w", err)
	}
	for part := range slices.Chunk(staff, forgetAtOnce) {
		err := db.Write(ctx, Background, func(tx *Tx) error {
			_, err := tx.exec(ctx, "DELETE FROM plan_ahead WHERE "+which+" AND staff_id "+tx.dialect.among(2), at(day), idList(tx.dialect, part))
			return err
		})
		if err != nil {
			return fmt.Errorf("forget what earlier nights expected: %w", err)
		}
	}
	return nil
}

// AheadOf returns what the night of a day expects of a member on the days after it, in
// order of days.
func (db *DB) AheadOf(ctx context.Context, day time.Time, staff id.Staff) ([]decision.Ahead, error) {
	list, err := db.ahead(ctx, `SELECT on_day, staff_id, store_id, purpose, channel, line_id, customers, gain, least
		FROM plan_ahead WHERE day = $1 AND staff_id = $2 ORDER BY on_day, purpose, channel, line_id`, at(day), int64(staff))
	if err != nil {
		return nil, fmt.Errorf("read what is expected of a member: %w", err)
	}
	return list, nil
}

// AheadSums returns what the night of a day expects on the days after it by day,
// store, purpose and channel, in that order; Staff, Line and Least are zero. stores
// nil: all of them.
func (db *DB) AheadSums(ctx context.Context, day time.Time, stores []id.Store) ([]decision.Ahead, error) {
	c := conditions{dialect: db.dialect}
	c.add("day = ?", at(day))
	if stores != nil {
		c.add("store_id "+db.dialect.among(0), idList(db.dialect, stores))
	}
	list, err := db.ahead(ctx, `SELECT on_day, 0, store_id, purpose, channel, 0, CAST(sum(customers) AS bigint), sum(gain), 0.0
		FROM plan_ahead `+c.where()+" GROUP BY on_day, store_id, purpose, channel ORDER BY on_day, store_id, purpose, channel", c.args...)
	if err != nil {
		return nil, fmt.Errorf("add up what the next days expect: %w", err)
	}
	return list, nil
}

func (db *DB) ahead(ctx context.Context, query string, args ...any) ([]decision.Ahead, error) {
	var list []decision.Ahead
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var a decision.Ahead
		var on event.Instant
		err := scan(&on, &a.Staff, &a.Store, &a.Purpose, &a.Channel, &a.Line, &a.Customers, &a.Gain, &a.Least)
		a.Day = on.Time()
		list = append(list, a)
		return err
	}, query, args...)
	return list, err
}
