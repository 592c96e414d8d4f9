package storage

import (
	"context"
	"fmt"
	"slices"
)

// Check looks for damage: the database's own integrity check, positions of the
// log without gaps, rows that name others which do not exist, and everything
// that is counted once more: figures against the facts they count, plans, what
// members were given and did, batches, and of a sample of customers what audiences
// ask of them and in which they are. It returns what it found, nothing when
// all is well. It reads everything and takes minutes on large data.
func (db *DB) Check(ctx context.Context) (problems []string, err error) {
	if db.dialect == SQLite {
		if problems, err = db.integrity(ctx); err != nil {
			return nil, fmt.Errorf("check integrity: %w", err)
		}
	}
	for _, c := range slices.Concat(checks, mergeChecks, countChecks, audienceChecks) {
		var n int64
		if _, err := one(ctx, db.reader, []any{&n}, c.count); err != nil {
			return problems, fmt.Errorf("check that %s: %w", c.law, err)
		}
		if n != 0 {
			problems = append(problems, fmt.Sprintf("not true that %s: %d times", c.law, n))
		}
	}
	recounted, err := db.recountFacts(ctx)
	if err != nil {
		return problems, err
	}
	crowded, err := db.CheckAudiences(ctx)
	return slices.Concat(problems, recounted, crowded), err
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

// law is what must hold, and how often it does not.
type law struct{ law, count string }

// checks count what must not be.
var checks = []law{
	{"positions of the log have no gaps", "SELECT (SELECT seq FROM log_head) - (SELECT count(*) FROM fact)"},
	{"no position is beyond the head of the log", "SELECT count(*) FROM fact WHERE seq > (SELECT seq FROM log_head) OR seq < 1"},
	{"no reader is beyond the head of the log", "SELECT count(*) FROM log_cursor WHERE seq > (SELECT seq FROM log_head)"},
	{"every touch of a dispatch has its dispatch", "SELECT count(*) FROM touch t WHERE t.dispatch_id <> 0 AND NOT EXISTS (SELECT 1 FROM dispatch d WHERE d.id = t.dispatch_id)"},
	{"every staff task has its touch", "SELECT count(*) FROM (SELECT customer_id, id FROM staff_task EXCEPT SELECT customer_id, id FROM touch) alone"},
	{"nobody answers for himself", "SELECT count(*) FROM customer_alias WHERE customer_id = canonical_id"},
	{"every session has its account", "SELECT count(*) FROM session s WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.name = s.account)"},
}

// turnedTwin says of a customer_id that somebody else answers for it, which a
// turn has seen.
const turnedTwin = ` IN (SELECT a.customer_id FROM customer_alias a WHERE NOT EXISTS (SELECT 1 FROM fact f
	WHERE f.subject_type = 'customer' AND f.subject_id = a.customer_id AND f.kind = 'customer_merged'
	AND f.seq > coalesce((SELECT seq FROM log_cursor WHERE reader = 'turn'), 0)))`

// mergeChecks find merged customers who are kept as if they were a person of
// their own.
var mergeChecks = []law{
	{"merged customers are in no list", "SELECT count(*) FROM insight WHERE customer_id" + turnedTwin},
	{"merged customers have no answer", "SELECT (SELECT count(*) FROM withheld WHERE until_day = 0 AND customer_id" + turnedTwin + ")" +
		" + (SELECT count(*) FROM action WHERE state = 'planned' AND day = (SELECT max(day) FROM plan_count) AND customer_id" + turnedTwin + ")"},
	{"nothing waits to go out to merged customers", "SELECT (SELECT count(*) FROM staff_task WHERE " + waitingTasks + " AND customer_id" + turnedTwin + ")" +
		" + (SELECT count(*) FROM touch t JOIN dispatch d ON d.id = t.dispatch_id WHERE t.state = 'underway' AND d.state = 'planned' AND t.customer_id" + turnedTwin + ")"},
}
