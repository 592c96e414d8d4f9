package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/id"
)

// longestWindow is more than the days for which a task can wait for its member.
const longestWindow = 8

// confirmations counts what members are asked to confirm on a business day, beside
// one dispatch or one send of a post: mass sends and posts that WeCom was asked to
// make since the day began and that were not taken back, and mass sends that wait to
// take the place of one that was.
// Members without any are missing.
func (tx *Tx) confirmations(ctx context.Context, staff []id.Staff, day time.Time, beside int64) (map[id.Staff]int, error) {
	counted := map[id.Staff]int{}
	add := func(scan func(...any) error) error {
		var s id.Staff
		var n int
		err := scan(&s, &n)
		counted[s] += n
		return err
	}
	err := each(ctx, tx, add, `SELECT staff_id, count(*) FROM dispatch WHERE staff_id `+tx.dialect.among(1)+` AND day >= $2 AND id <> $3
			AND (state IN ('calling', 'accepted', 'in_doubt') AND task <> 'cancelled' AND called >= $4
				OR state IN ('planned', 'claimed') AND resend_of <> 0 AND approved_by <> '')
		GROUP BY staff_id`, idList(tx.dialect, staff), at(day.AddDate(0, 0, -longestWindow)), beside, at(day))
	for _, posts := range []string{groupPostsToConfirm(tx.dialect), momentsToConfirm(tx.dialect)} {
		if err == nil {
			err = each(ctx, tx, add, posts, idList(tx.dialect, staff), at(day.AddDate(0, 0, -longestWindow)), beside, at(day))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("count confirmations: %w", err)
	}
	return counted, nil
}

// groupPostsToConfirm counts one for each call about groups of a member.
func groupPostsToConfirm(d Dialect) string {
	return "SELECT staff_id, count(*) FROM post_send WHERE staff_id " + d.among(1) + ` AND channel = 'group_post' AND day >= $2 AND id <> $3
		AND state IN ('calling', 'accepted', 'in_doubt') AND task <> 'cancelled' AND called >= $4 GROUP BY staff_id`
}

// momentsToConfirm counts one for each post that a member should publish in Moments.
func momentsToConfirm(d Dialect) string {
	return "SELECT t.target_id, count(*) FROM post_target t JOIN post_send s ON s.id = t.send_id WHERE t.target_id " + d.among(1) + `
		AND t.channel = 'moments' AND t.state IN ('underway', 'delivered') AND s.day >= $2 AND s.id <> $3
		AND s.state IN ('calling', 'accepted', 'in_doubt') AND s.called >= $4 GROUP BY t.target_id`
}
