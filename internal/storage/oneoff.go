package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/id"
)

// ToConfirm counts what members were given to confirm on a business day by now: mass
// messages of the plan and of processes, and posts that WeCom was asked to make. Members
// without any are missing.
func (db *DB) ToConfirm(ctx context.Context, staff []id.Staff, day time.Time) (map[id.Staff]int, error) {
	counted := map[id.Staff]int{}
	add := func(scan func(...any) error) error {
		var s id.Staff
		var n int
		err := scan(&s, &n)
		counted[s] += n
		return err
	}
	err := each(ctx, db.reader, add, "SELECT staff_id, count(*) FROM staff_load WHERE day = $1 AND staff_id "+db.dialect.among(2)+
		" AND channel = 'mass_send' AND customers > 0 GROUP BY staff_id", at(day), idList(db.dialect, staff))
	for _, posts := range []string{groupPostsToConfirm(db.dialect), momentsToConfirm(db.dialect)} {
		if err == nil {
			err = each(ctx, db.reader, add, posts, idList(db.dialect, staff), at(day.AddDate(0, 0, -longestWindow)), int64(0), at(day))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("count what members confirm on a day: %w", err)
	}
	return counted, nil
}
