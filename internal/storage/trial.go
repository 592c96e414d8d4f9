package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
)

var _ flow.Trials = (*DB)(nil)

// Assigned implements flow.Trials.
func (db *DB) Assigned(ctx context.Context, customers []id.Customer) (map[id.Customer]flow.Assignment, error) {
	found := make(map[id.Customer]flow.Assignment, len(customers))
	list := idList(db.dialect, customers)
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var c id.Customer
		var held int
		var assigned event.Instant
		err := scan(&c, &held, &assigned)
		found[c] = flow.Assignment{Held: held == 1, At: assigned}
		return err
	}, "SELECT customer_id, held, assigned FROM holdout WHERE customer_id "+db.dialect.among(1), list)
	if err != nil {
		return nil, fmt.Errorf("read assignments: %w", err)
	}
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var c id.Customer
		var p flow.Proposal
		err := scan(&c, &p.Since, &p.Until, &p.Because, &p.Purpose)
		a := found[c]
		a.Withheld = append(a.Withheld, p)
		found[c] = a
		return err
	}, "SELECT customer_id, since_day, until_day, because, purpose FROM withheld WHERE purpose <> '' AND customer_id "+db.dialect.among(1)+
		" ORDER BY customer_id, since_day", list)
	if err != nil {
		return nil, fmt.Errorf("read proposals: %w", err)
	}
	return found, nil
}

// Contacts implements flow.Trials. It reads day by day, because that is how
// actions lie.
func (db *DB) Contacts(ctx context.Context, from, until time.Time, oneIn int, do func(flow.PlannedContact)) error {
	read, pace := 0, db.Pace()
	for day := from; day.Before(until); day = day.AddDate(0, 0, 1) {
		err := each(ctx, db.reader, func(scan func(...any) error) error {
			if read++; read%paceRows == 0 {
				pace()
			}
			c := flow.PlannedContact{Day: event.At(day)}
			var alternatives, state string
			if err := scan(&c.Customer, &c.Purpose, &c.Channel, &alternatives, &state, &c.Gain, &c.Raw, &c.Orders); err != nil {
				return err
			}
			c.TakenBack = state == "cancelled"
			if err := json.Unmarshal([]byte(alternatives), &c.Alternatives); err != nil {
				return fmt.Errorf("alternatives of an action: %w", err)
			}
			do(c)
			return nil
		}, "SELECT customer_id, purpose, channel, alternatives, state, gain, raw, orders FROM action WHERE day = $1 AND customer_id % $2 = 0", at(day), int64(max(1, oneIn)))
		if err != nil {
			return fmt.Errorf("read contacts of %s: %w", day.Format(time.DateOnly), err)
		}
	}
	return nil
}
