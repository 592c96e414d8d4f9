package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
)

// TouchesSince returns the touches to customers, welcomes and answers that arrived aside, that are on their way or
// arrived at a time or later. It reads indexes by customer and is for those of a page.
func (db *DB) TouchesSince(ctx context.Context, customers []id.Customer, since time.Time) ([]delivery.Touch, error) {
	who := idList(db.dialect, customers)
	waiting, err := touches(ctx, db.reader, "WHERE state = 'underway' AND customer_id "+db.dialect.among(1)+" AND channel <> $2 ORDER BY id", who, string(event.Welcome))
	if err != nil {
		return nil, fmt.Errorf("read touches underway: %w", err)
	}
	arrived, err := touches(ctx, db.reader, "WHERE state <> 'underway' AND state = 'delivered' AND customer_id "+db.dialect.among(1)+" AND at >= $2 AND channel <> $3 AND service = 0 ORDER BY at, id",
		who, at(since), string(event.Welcome))
	if err != nil {
		return nil, fmt.Errorf("read touches that arrived: %w", err)
	}
	return append(waiting, arrived...), nil
}

// StaffTasksNamed returns the tasks with these numbers that exist.
func (db *DB) StaffTasksNamed(ctx context.Context, list []int64) (found []delivery.StaffTask, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		t, err := scanStaffTask(scan)
		found = append(found, t)
		return err
	}, "SELECT "+staffTaskTable.list()+" FROM staff_task WHERE id "+db.dialect.among(1), idList(db.dialect, list))
	if err != nil {
		return nil, fmt.Errorf("read %d staff tasks: %w", len(list), err)
	}
	return found, nil
}
