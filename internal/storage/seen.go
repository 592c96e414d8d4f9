package storage

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
)

// SeenKind says what kind of task a member saw.
type SeenKind string

// The kinds, and what numbers them.
const (
	SeenMass SeenKind = "mass" // a dispatch
	SeenHand SeenKind = "hand" // a contact by hand, by its touch
	SeenPost SeenKind = "post" // a part of a post
	SeenStep SeenKind = "step" // a task of a process that is no contact; see StepKey.Number
)

// SeenTask is a task of one member.
type SeenTask struct {
	Staff id.Staff
	Kind  SeenKind
	Task  int64
}

// Number returns the number by which a step is kept as seen.
func (k StepKey) Number() int64 {
	sum := id.Hash("seen step", fmt.Sprint(k.args()...))
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 1)
}

var seenTable = table{name: "seen", key: []string{"staff_id", "task_id", "kind"}, known: keep,
	columns: []column{{"staff_id", bigint}, {"task_id", bigint}, {"kind", text}, {"at", bigint}}}

// See keeps that members saw tasks at a time; the first time of a task stands.
func (db *DB) See(ctx context.Context, tasks []SeenTask, now time.Time) error {
	if len(tasks) == 0 {
		return nil
	}
	rows := make([][]any, len(tasks))
	for i, t := range tasks {
		rows[i] = []any{int64(t.Staff), t.Task, string(t.Kind), at(now)}
	}
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.put(ctx, seenTable, rows)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep that %d tasks were seen: %w", len(tasks), err)
	}
	return nil
}

// Seen returns when members first saw which of the tasks.
func (db *DB) Seen(ctx context.Context, tasks []SeenTask) (map[SeenTask]time.Time, error) {
	found := map[SeenTask]time.Time{}
	if len(tasks) == 0 {
		return found, nil
	}
	staff, numbers := make([]id.Staff, len(tasks)), make([]int64, len(tasks))
	for i, t := range tasks {
		staff[i], numbers[i] = t.Staff, t.Task
	}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var t SeenTask
		var when time.Time
		err := scan(&t.Staff, &t.Task, &t.Kind, moment{&when})
		found[t] = when
		return err
	}, "SELECT staff_id, task_id, kind, at FROM seen WHERE staff_id "+db.dialect.among(1)+" AND task_id "+db.dialect.among(2),
		idList(db.dialect, staff), idList(db.dialect, numbers))
	if err != nil {
		return nil, fmt.Errorf("read which tasks were seen: %w", err)
	}
	return found, nil
}

// SeenSum sums up what one member saw.
type SeenSum struct {
	Last   time.Time // when the member last saw something new, zero: never
	Unseen int       // mass sends to confirm and contacts by hand that wait and that the member has not seen
}

// SeenBy returns it for members, of what has begun.
func (db *DB) SeenBy(ctx context.Context, staff []id.Staff, now time.Time) (map[id.Staff]SeenSum, error) {
	sums := make(map[id.Staff]SeenSum, len(staff))
	read := func(take func(*SeenSum, int64), query string, args ...any) error {
		return each(ctx, db.reader, func(scan func(...any) error) error {
			var who id.Staff
			var n int64
			err := scan(&who, &n)
			sum := sums[who]
			take(&sum, n)
			sums[who] = sum
			return err
		}, query, args...)
	}
	members := idList(db.dialect, staff)
	unseen := func(s *SeenSum, n int64) { s.Unseen += int(n) }
	err := read(func(s *SeenSum, n int64) { s.Last = event.Instant(n).Time() },
		"SELECT staff_id, max(at) FROM seen WHERE staff_id "+db.dialect.among(1)+" GROUP BY staff_id", members)
	if err == nil {
		err = read(unseen, `SELECT staff_id, count(*) FROM dispatch WHERE task = $1 AND staff_id `+db.dialect.among(2)+`
			AND NOT EXISTS (SELECT 1 FROM seen WHERE seen.staff_id = dispatch.staff_id AND seen.task_id = dispatch.id AND seen.kind = 'mass') GROUP BY staff_id`,
			string(delivery.Open), members)
	}
	if err == nil {
		err = read(unseen, `SELECT staff_id, count(*) FROM staff_task WHERE `+unsaidTasks+` AND starts <= $1 AND ends > $2 AND staff_id `+db.dialect.among(3)+`
			AND NOT EXISTS (SELECT 1 FROM seen WHERE seen.staff_id = staff_task.staff_id AND seen.task_id = staff_task.id AND seen.kind = 'hand') GROUP BY staff_id`,
			at(now), at(now), members)
	}
	if err != nil {
		return nil, fmt.Errorf("sum up what members saw: %w", err)
	}
	return sums, nil
}

// ForgetSeen forgets what members saw before a time.
func (db *DB) ForgetSeen(ctx context.Context, staff id.Staff, before time.Time) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.exec(ctx, "DELETE FROM seen WHERE staff_id = $1 AND at < $2", int64(staff), at(before))
		return err
	})
	if err != nil {
		return fmt.Errorf("forget what a member saw: %w", err)
	}
	return nil
}
