package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// NoticeKind says what a message of the app to a member is about.
type NoticeKind string

// The kinds of messages that go out by themselves.
const (
	NoticeDay      NoticeKind = "day"      // what waits on this day
	NoticeNew      NoticeKind = "new"      // what has come since
	NoticeApproval NoticeKind = "approval" // what waits for approval
)

// NoticeState says how far a message is.
type NoticeState string

// The states. One that stays called was on its way when its process ended, or WeCom
// did not answer: nobody knows whether it arrived, and it is not sent again.
const (
	NoticeCalled NoticeState = "called"
	NoticeSent   NoticeState = "sent"
	NoticeFailed NoticeState = "failed" // WeCom refused it
)

// Notice is one message of the app to one member.
type Notice struct {
	Day    time.Time // business day
	Staff  id.Staff
	Kind   NoticeKind
	Number int // among those of the kind on the day, from 0
	At     time.Time
	State  NoticeState
}

// Notices returns those of a business day.
func (db *DB) Notices(ctx context.Context, day time.Time) (list []Notice, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		n := Notice{Day: day}
		err := scan(&n.Staff, &n.Kind, &n.Number, moment{&n.At}, &n.State)
		list = append(list, n)
		return err
	}, "SELECT staff_id, kind, number, at, state FROM notice WHERE day = $1 ORDER BY staff_id, kind, number", at(day))
	if err != nil {
		return nil, fmt.Errorf("read what members were told: %w", err)
	}
	return list, nil
}

// ClaimNotices keeps messages that are about to be sent and returns those that nobody
// else has claimed: they alone are the caller's to send.
func (db *DB) ClaimNotices(ctx context.Context, wanted []Notice) (claimed []Notice, err error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		claimed = nil
		for _, n := range wanted {
			added, err := tx.exec(ctx, "INSERT INTO notice (day, staff_id, kind, number, at, state) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
				at(n.Day), int64(n.Staff), string(n.Kind), int64(n.Number), at(n.At), string(NoticeCalled))
			if err != nil {
				return err
			}
			if added == 1 {
				n.State = NoticeCalled
				claimed = append(claimed, n)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim %d messages to members: %w", len(wanted), err)
	}
	return claimed, nil
}

var noticeTable = table{name: "notice", key: []string{"day", "staff_id", "kind", "number"}, known: replace, columns: []column{
	{"day", bigint}, {"staff_id", bigint}, {"kind", text}, {"number", bigint}, {"at", bigint}, {"state", text}}}

// EndNotices keeps what became of messages.
func (db *DB) EndNotices(ctx context.Context, list []Notice, state NoticeState) error {
	rows := make([][]any, len(list))
	for i, n := range list {
		rows[i] = []any{at(n.Day), int64(n.Staff), string(n.Kind), int64(n.Number), at(n.At), string(state)}
	}
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.put(ctx, noticeTable, rows)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep what became of %d messages to members: %w", len(list), err)
	}
	return nil
}

// UnclaimNotices forgets messages that surely did not leave, so that they may be sent
// later.
func (db *DB) UnclaimNotices(ctx context.Context, list []Notice) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		for _, n := range list {
			if _, err := tx.exec(ctx, "DELETE FROM notice WHERE day = $1 AND staff_id = $2 AND kind = $3 AND number = $4",
				at(n.Day), int64(n.Staff), string(n.Kind), int64(n.Number)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("give %d messages to members back: %w", len(list), err)
	}
	return nil
}

// ForgetNotices forgets the messages of business days before one.
func (db *DB) ForgetNotices(ctx context.Context, before time.Time) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.exec(ctx, "DELETE FROM notice WHERE day < $1", at(before))
		return err
	})
	if err != nil {
		return fmt.Errorf("forget what members were told: %w", err)
	}
	return nil
}

// Unreached is a member whom the last message of the app did not reach.
type Unreached struct {
	Staff   id.Staff
	Since   time.Time // of the first of them
	Because Unreachable
}

// Unreachable is why WeCom does not deliver messages of the app to a member.
type Unreachable string

// The reasons.
const (
	OutOfReach Unreachable = "invalid"    // the app may not see the member, or there is none
	Unlicensed Unreachable = "unlicensed" // the member's account has no licence
)

// Unreached returns all of them.
func (db *DB) Unreached(ctx context.Context) (list []Unreached, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var u Unreached
		err := scan(&u.Staff, moment{&u.Since}, &u.Because)
		list = append(list, u)
		return err
	}, "SELECT staff_id, since, because FROM unreached ORDER BY since, staff_id")
	if err != nil {
		return nil, fmt.Errorf("read whom messages of the app do not reach: %w", err)
	}
	return list, nil
}

var unreachedTable = table{name: "unreached", key: []string{"staff_id"}, known: keep,
	columns: []column{{"staff_id", bigint}, {"since", bigint}, {"because", text}}}

// KeepReached keeps whom a message reached and whom not. It writes nothing where
// nothing has changed.
func (db *DB) KeepReached(ctx context.Context, reached []id.Staff, not []Unreached) error {
	known, err := db.Unreached(ctx)
	if err != nil {
		return err
	}
	was := func(s id.Staff) bool {
		return slices.ContainsFunc(known, func(u Unreached) bool { return u.Staff == s })
	}
	reached = slices.DeleteFunc(slices.Clone(reached), func(s id.Staff) bool { return !was(s) })
	not = slices.DeleteFunc(slices.Clone(not), func(u Unreached) bool { return was(u.Staff) })
	if len(reached)+len(not) == 0 {
		return nil
	}
	rows := make([][]any, len(not))
	for i, u := range not {
		rows[i] = []any{int64(u.Staff), at(u.Since), string(u.Because)}
	}
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		if _, err := tx.put(ctx, unreachedTable, rows); err != nil {
			return err
		}
		_, err := tx.exec(ctx, "DELETE FROM unreached WHERE staff_id "+tx.dialect.among(1), idList(tx.dialect, reached))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep whom a message of the app reached: %w", err)
	}
	return nil
}

// WaitingApprovals counts what waits for approval.
type WaitingApprovals struct {
	Sends     int // mass messages, one for each member who confirms
	Customers int // whom they reach
	Posts     int
	Processes int // versions of processes and one-off messages; see ProcessesWaiting
}

// CountApprovals counts what waits for approval at a time within a scope.
func (db *DB) CountApprovals(ctx context.Context, scope org.Scope, now time.Time) (w WaitingApprovals, err error) {
	c := conditions{dialect: db.dialect}
	c.add("ends > ? AND "+ofLiveProcess, at(now))
	c.scope(scope)
	if _, err = one(ctx, db.reader, []any{&w.Sends, &w.Customers}, "SELECT count(*), CAST(coalesce(sum(customers), 0) AS bigint) FROM batch "+c.where(), c.args...); err != nil {
		return w, fmt.Errorf("count approvals that wait: %w", err)
	}
	c = conditions{dialect: db.dialect}
	c.add("state = ? AND approved_by = '' AND ends > ?", string(delivery.Planned), at(now))
	c.scope(scope)
	if _, err = one(ctx, db.reader, []any{&w.Posts}, "SELECT count(DISTINCT post_id) FROM post_send "+c.where(), c.args...); err != nil {
		return w, fmt.Errorf("count posts that wait for approval: %w", err)
	}
	if !scope.Everything {
		return w, nil
	}
	if _, err = one(ctx, db.reader, []any{&w.Processes}, "SELECT count(*)"+waitingProcesses, int64(versions)); err != nil {
		return w, fmt.Errorf("count processes that wait for approval: %w", err)
	}
	return w, nil
}

// StaffWait is one thing that waits for a member.
type StaffWait struct {
	Staff id.Staff
	Kind  SeenKind // SeenPost as SeenMass
	Since time.Time
	Until time.Time
	// Customer and Touch name a contact by hand that answers the customer or serves a
	// purchase; 0 of all else.
	Customer id.Customer
	Touch    int64
}

// serving is the touch of a contact by hand that is to be made and answers the customer or
// serves a purchase; 0 of the others.
const serving = "coalesce((SELECT touch.id FROM touch WHERE touch.state = 'underway' AND touch.customer_id = staff_task.customer_id AND touch.id = staff_task.id AND touch.service = 1), 0)"

// StaffWaits returns everything that waits for members at a time: mass messages and
// posts to confirm, contacts by hand, and tasks of processes.
func (db *DB) StaffWaits(ctx context.Context, now time.Time) (list []StaffWait, err error) {
	for _, of := range []struct {
		kind  SeenKind
		query string
		args  []any
	}{
		{SeenMass, "SELECT staff_id, task_since, task_since, ends, 0, 0 FROM dispatch WHERE task = $1 AND ends > $2", []any{string(delivery.Open), at(now)}},
		{SeenMass, "SELECT staff_id, task_since, task_since, ends, 0, 0 FROM " + openPosts + " WHERE ends > $1", []any{at(now)}},
		{SeenHand, "SELECT staff_id, starts, since, ends, customer_id, " + serving + " FROM staff_task WHERE " +
			unsaidTasks + " AND starts <= $1 AND ends > $2", []any{at(now), at(now)}},
		{SeenStep, "SELECT staff_id, starts, at, ends, 0, 0 FROM sop_step WHERE task = 1 AND outcome = 'given' AND starts <= $1 AND ends > $2", []any{at(now), at(now)}},
	} {
		err = each(ctx, db.reader, func(scan func(...any) error) error {
			w := StaffWait{Kind: of.kind}
			var begins, given event.Instant
			err := scan(&w.Staff, &begins, &given, moment{&w.Until}, &w.Customer, &w.Touch)
			w.Since = max(begins, given).Time()
			if w.Touch == 0 {
				w.Customer = 0
			}
			list = append(list, w)
			return err
		}, of.query, of.args...)
		if err != nil {
			return nil, fmt.Errorf("read what waits for members: %w", err)
		}
	}
	return list, nil
}
