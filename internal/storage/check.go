package storage

import (
	"context"
	"fmt"

	"siyu/internal/event"
	"siyu/internal/flow"
)

// Check looks for damage: the database's own integrity check, positions of the
// log without gaps, rows that name others which do not exist, and counters
// that differ from the facts they count. It returns what it found, nothing when all is well. It reads everything and takes
// minutes on large data.
func (db *DB) Check(ctx context.Context) (problems []string, err error) {
	if db.dialect == SQLite {
		if problems, err = db.integrity(ctx); err != nil {
			return nil, fmt.Errorf("check integrity: %w", err)
		}
	}
	for _, c := range checks {
		var n int64
		if _, err := one(ctx, db.reader, []any{&n}, c.count); err != nil {
			return problems, fmt.Errorf("check that %s: %w", c.law, err)
		}
		if n != 0 {
			problems = append(problems, fmt.Sprintf("not true that %s: %d times", c.law, n))
		}
	}
	return problems, nil
}

func (db *DB) integrity(ctx context.Context) (problems []string, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var line string
		if err := scan(&line); err != nil {
			return err
		}
		if line != "ok" {
			problems = append(problems, line)
		}
		return nil
	}, "PRAGMA integrity_check")
	return problems, err
}

// checks count what must not be.
var checks = []struct{ law, count string }{
	{"positions of the log have no gaps", "SELECT (SELECT seq FROM log_head) - (SELECT count(*) FROM fact)"},
	{"no position is beyond the head of the log", "SELECT count(*) FROM fact WHERE seq > (SELECT seq FROM log_head) OR seq < 1"},
	{"no reader is beyond the head of the log", "SELECT count(*) FROM log_cursor WHERE seq > (SELECT seq FROM log_head)"},
	{"every touch of a dispatch has its dispatch", "SELECT count(*) FROM touch t WHERE t.dispatch_id <> 0 AND NOT EXISTS (SELECT 1 FROM dispatch d WHERE d.id = t.dispatch_id)"},
	{"every staff task has its touch", "SELECT count(*) FROM staff_task s WHERE NOT EXISTS (SELECT 1 FROM touch t WHERE t.customer_id = s.customer_id AND t.id = s.id)"},
	{"nobody answers for himself", "SELECT count(*) FROM customer_alias WHERE customer_id = canonical_id"},
	{"every session has its account", "SELECT count(*) FROM session s WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.name = s.account)"},
	{"delivered touches are counted", counted(flow.CountTouches, event.KindTouchDelivered)},
	{"confirmed tasks are counted", counted(flow.CountConfirmed, event.KindTaskConfirmed)},
	{"complaints are counted", counted(flow.CountComplaints, event.KindComplaintOpened)},
}

// counted compares the days of a counter with the folded facts it counts.
func counted(counter string, kind event.Kind) string {
	return "SELECT CAST(abs((SELECT coalesce(sum(value), 0) FROM counter WHERE name = '" + counter + "')" +
		" - (SELECT count(*) FROM fact WHERE kind = '" + string(kind) + "'" +
		" AND seq <= (SELECT coalesce(max(seq), 0) FROM log_cursor WHERE reader = 'fold'))) AS bigint)"
}
