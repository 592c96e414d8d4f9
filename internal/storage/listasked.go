package storage

import (
	"context"
	"fmt"

	"siyu/internal/event"
)

// askList is ListCustomers by a pass over the table.
func (db *DB) askList(ctx context.Context, q CustomerQuery, after *listPlace) (CustomerPage, error) {
	c := conditions{dialect: db.dialect}
	c.customers(q)
	var total int
	if _, err := one(ctx, db.reader, []any{&total}, "SELECT count(*) FROM insight "+c.where(), c.args...); err != nil {
		return CustomerPage{}, fmt.Errorf("count customers: %w", err)
	}
	if q.Limit == 0 || total == 0 {
		return CustomerPage{Total: total}, nil
	}
	key := listKey(q.Sort)
	if after != nil {
		c.add("("+key+", customer_id) > (CAST(? AS double precision), ?)", after.key, int64(after.id))
	}
	places := make([]listPlace, 0, q.Limit+1)
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var p listPlace
		err := scan(&p.key, &p.id)
		places = append(places, p)
		return err
	}, "SELECT "+key+" AS place, customer_id FROM insight "+c.where()+" ORDER BY place, customer_id"+c.limit(q.Limit+1), c.args...)
	if err != nil {
		return CustomerPage{}, fmt.Errorf("list customers: %w", err)
	}
	return pageOf(total, places, q.Limit), nil
}

func listKey(sort CustomerSort) string {
	switch sort {
	case ByDue:
		return fmt.Sprintf("CAST(CASE next_due WHEN 0 THEN %d ELSE next_due END AS double precision)", int64(neverDue))
	case ByFresh:
		return fmt.Sprintf("CAST(CASE next_due WHEN 0 THEN %d ELSE -next_due END AS double precision)", int64(neverDue))
	case ByRecent:
		return "CAST(-last_fact AS double precision)"
	default:
		return "-value"
	}
}

// customers adds the filters of a list.
func (c *conditions) customers(q CustomerQuery) {
	c.scope(q.Scope)
	if q.Limiting != "" {
		c.add("limiting = ?", string(q.Limiting))
	}
	if q.Stage != "" {
		c.add("stage = ?", string(q.Stage))
	}
	if q.Store != 0 {
		c.add("store_id = ?", int64(q.Store))
	}
	if q.Staff != 0 {
		c.add("staff_id = ?", int64(q.Staff))
	}
	if !q.DueBefore.IsZero() {
		c.add("next_due <> 0 AND next_due < ?", int64(event.At(q.DueBefore)))
	}
	switch {
	case q.Refuses == nil:
	case *q.Refuses:
		c.add("refuses")
	default:
		c.add("NOT refuses")
	}
	if q.Related {
		c.add("related")
	}
	if q.Among != nil {
		c.add("customer_id "+c.dialect.among(0), idList(c.dialect, q.Among))
	}
}
