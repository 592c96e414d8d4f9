package storage

import (
	"context"
	"time"

	"siyu/internal/id"
)

// ToConfirm counts what members may be asked to confirm on a business day, as processes
// do before they begin another message: what waits to leave among it. Members without
// any are missing.
func (db *DB) ToConfirm(ctx context.Context, staff []id.Staff, day time.Time) (map[id.Staff]int, error) {
	c := confirming{q: db.reader, dialect: db.dialect, staff: map[id.Staff]bool{}, day: day, now: day}
	for _, s := range staff {
		c.staff[s] = true
	}
	given, err := c.given(ctx)
	counted := make(map[id.Staff]int, len(given))
	for s := range given {
		if n := given[s].Count; n > 0 {
			counted[s] = n
		}
	}
	return counted, err
}
