package storage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"siyu/internal/event"
	"siyu/internal/flow"
)

// countChecks count again what pages read as counted.
var countChecks = []law{
	{"actions are counted by day", "SELECT count(*) FROM (SELECT day, sum(customers) AS n FROM plan_count WHERE because = '' GROUP BY day) counted" +
		" WHERE n <> (SELECT count(*) FROM action a WHERE a.day = counted.day AND a.state <> 'cancelled')"},
	{"customers left alone are counted", "SELECT count(*) FROM (SELECT day, sum(customers) AS n FROM plan_count" +
		" WHERE because <> '' AND day = (SELECT max(day) FROM plan_count) GROUP BY day) counted" +
		" WHERE n <> (SELECT count(*) FROM withheld w WHERE w.since_day <= counted.day AND (w.until_day = 0 OR w.until_day > counted.day))"},
	{"what members were given is counted", differing(
		plannedLoads+" FROM action WHERE state <> 'cancelled'"+plannedLoadsBy,
		"SELECT day, staff_id, channel, purpose, line_id, material, customers FROM staff_load WHERE customers <> 0 AND "+ofPlan)},
	{"what became of steps is counted", differing(
		"SELECT process_id, version, step, outcome AS figure, count(*) AS n FROM sop_step WHERE outcome NOT IN ('given', 'postponed', 'passed') GROUP BY process_id, version, step, outcome",
		"SELECT process_id, version, step, figure, CAST(sum(n) AS bigint) FROM sop_count WHERE step >= 0 AND figure NOT IN ('given', 'postponed', 'passed') GROUP BY process_id, version, step, figure")},
	{"steps that members were given are counted", differing(
		"SELECT process_id, version, step, count(*) AS n FROM sop_step WHERE outcome NOT IN ('skipped', 'withheld', 'dropped', 'postponed', 'passed') GROUP BY process_id, version, step",
		"SELECT process_id, version, step, CAST(sum(n) AS bigint) FROM sop_count WHERE step >= 0 AND figure = 'given' GROUP BY process_id, version, step")},
	{"steps are counted on the day on which they were given, too", differing(
		"SELECT process_id, version, step, staff_id, store_id, CAST(sum(n) AS bigint) AS n FROM sop_count WHERE step >= 0 AND figure = 'given' GROUP BY process_id, version, step, staff_id, store_id",
		"SELECT process_id, version, step, staff_id, store_id, CAST(sum(n) AS bigint) FROM sop_given GROUP BY process_id, version, step, staff_id, store_id")},
	{"every contact of a process has its touch", "SELECT count(*) FROM sop_step s WHERE s.touch_id <> 0 AND s.subject = 'customer' AND NOT EXISTS (SELECT 1 FROM touch t WHERE t.customer_id = s.subject_id AND t.id = s.touch_id)"},
	{"every touch of a process has its step", "SELECT count(*) FROM touch t WHERE substr(t.run, 1, 4) = 'sop/' AND t.occurrence = 0 AND NOT EXISTS (SELECT 1 FROM sop_step s WHERE s.subject_id = t.customer_id AND s.subject = 'customer' AND s.touch_id = t.id)"},
	{"who is invited is counted", differing(
		"SELECT invitation_id, state, because, count(*) AS n FROM invitee WHERE state <> 'withheld' GROUP BY invitation_id, state, because",
		"SELECT invitation_id, state, because, customers FROM invitee_count WHERE customers <> 0 AND state <> 'withheld'")},
	{"what members did is counted", differing(executionRecounted,
		"SELECT hour, staff_id, due, done, on_time, waiting FROM execution WHERE due <> 0 OR done <> 0 OR on_time <> 0 OR waiting <> 0")},
	{"where posts go is counted", "SELECT count(*) FROM post_send s WHERE s.targets <> (SELECT count(*) FROM post_target t WHERE t.send_id = s.id)" +
		" OR s.reached <> (SELECT count(*) FROM post_target t WHERE t.send_id = s.id AND t.state = 'delivered')"},
	{"batches that wait know their customers", differing(
		"SELECT d.id, count(t.id) AS n FROM dispatch d JOIN touch t ON t.dispatch_id = d.id AND t.dispatch_id <> 0 AND t.state = 'underway'"+
			" WHERE d.state = 'planned' AND d.approved_by = '' GROUP BY d.id",
		"SELECT dispatch_id, customers FROM batch WHERE customers <> 0")},
	{"what became of mass messages is counted", differing(
		"SELECT dispatch_id, state, because, count(*) AS n FROM touch WHERE dispatch_id <> 0 GROUP BY dispatch_id, state, because",
		"SELECT dispatch_id, state, because, customers FROM mass_tally WHERE customers <> 0")},
	{"batches that wait know their gain", "SELECT count(*) FROM (SELECT b.dispatch_id, b.gain, sum(a.gain) AS again" +
		" FROM batch b JOIN dispatch d ON d.id = b.dispatch_id JOIN touch t ON t.dispatch_id = b.dispatch_id AND t.dispatch_id <> 0 AND t.state = 'underway'" +
		" LEFT JOIN action a ON a.day = d.day AND a.customer_id = t.customer_id AND a.id = t.action_id" +
		" GROUP BY b.dispatch_id, b.gain HAVING count(a.id) = count(t.id)) counted WHERE abs(gain - again) > 1"}, // fen, by which sums in another order may differ
}

// executionRecounted is execution as its tasks say; givenBy and givenAs say the
// same of one task.
const executionRecounted = `SELECT starts - starts % 3600000 AS hour, staff_id, count(*) AS due, sum(done) AS done, sum(on_time) AS on_time, sum(waiting) AS waiting FROM (
	SELECT starts, staff_id, CASE WHEN task = 'confirmed' THEN 1 ELSE 0 END AS done,
		CASE WHEN task = 'confirmed' AND task_since <= ends THEN 1 ELSE 0 END AS on_time, CASE WHEN task = 'open' THEN 1 ELSE 0 END AS waiting
	FROM dispatch WHERE state = 'accepted' AND task <> 'cancelled'
	UNION ALL
	SELECT starts, staff_id, CASE WHEN state = 'done' THEN 1 ELSE 0 END,
		CASE WHEN state = 'done' AND since <= ends THEN 1 ELSE 0 END, CASE WHEN state = 'due' OR state = 'postponed' THEN 1 ELSE 0 END
	FROM staff_task WHERE state <> 'taken'
	UNION ALL
	SELECT starts, staff_id, CASE WHEN task = 'confirmed' THEN 1 ELSE 0 END,
		CASE WHEN task = 'confirmed' AND task_since <= ends THEN 1 ELSE 0 END, CASE WHEN task = 'open' THEN 1 ELSE 0 END
	FROM post_send WHERE channel = 'group_post' AND state = 'accepted' AND task <> 'cancelled'
	UNION ALL
	SELECT s.starts, t.target_id, CASE WHEN t.state = 'delivered' THEN 1 ELSE 0 END,
		CASE WHEN t.state = 'delivered' AND t.at <= s.ends THEN 1 ELSE 0 END, CASE WHEN t.state = 'underway' AND s.task = 'open' THEN 1 ELSE 0 END
	FROM post_target t JOIN post_send s ON s.id = t.send_id
	WHERE t.channel = 'moments' AND s.state = 'accepted' AND t.state IN ('delivered', 'underway')) given GROUP BY starts - starts % 3600000, staff_id`

// differing counts the rows that only one of two queries returns.
func differing(a, b string) string {
	only := func(a, b string) string {
		return "(SELECT count(*) FROM (SELECT * FROM (" + a + ") a EXCEPT SELECT * FROM (" + b + ") b) differing)"
	}
	return "SELECT " + only(a, b) + " + " + only(b, a)
}

// recountFacts counts the folded facts again and compares day by day.
func (db *DB) recountFacts(ctx context.Context) (problems []string, err error) {
	folded, err := db.Cursor(ctx, "fold")
	if err != nil {
		return nil, err
	}
	days := map[countedKey]int64{}
	const page = 10_000 // facts in memory at a time
	for after := int64(0); ; {
		facts, err := db.facts(ctx, "SELECT "+factColumns+" FROM fact WHERE seq > $1 AND seq <= $2 AND kind "+db.dialect.amongWords(3)+
			" ORDER BY seq LIMIT $4", after, folded, wordList(db.dialect, flow.FactKinds()), page)
		if err != nil {
			return nil, fmt.Errorf("read facts to count: %w", err)
		}
		for _, f := range facts {
			after = f.Seq
			for _, c := range flow.CountFact(f) {
				days[countedKey{c.Name, c.Day}] += c.Delta
			}
		}
		if len(facts) < page {
			break
		}
	}
	if err := db.subtractCounters(ctx, days); err != nil {
		return nil, err
	}
	wrong := map[string]int{}
	for k, n := range days {
		if n != 0 {
			wrong[k.name]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wrong)) {
		problems = append(problems, fmt.Sprintf("not true that %s is counted: on %d days", strings.ReplaceAll(name, "_", " "), wrong[name]))
	}
	return problems, nil
}

func (db *DB) subtractCounters(ctx context.Context, days map[countedKey]int64) error {
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var name string
		var day event.Instant
		var n int64
		err := scan(&name, &day, &n)
		days[countedKey{name, day}] -= n
		return err
	}, "SELECT name, day, CAST(sum(value) AS bigint) FROM counter WHERE name "+db.dialect.amongWords(1)+" GROUP BY name, day",
		wordList(db.dialect, flow.FactFigures()))
	if err != nil {
		return fmt.Errorf("read counters to compare: %w", err)
	}
	return nil
}
