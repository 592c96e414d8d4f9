package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
)

// Urge is a reminder, by a person, that tasks of a member wait.
type Urge struct {
	Staff   id.Staff
	At      time.Time
	Account string // of the person
	Tasks   int    // that waited
}

// UrgeLimit says how often a member may be urged.
type UrgeLimit struct {
	Most  int // within Span
	Span  time.Duration
	Pause time.Duration // between two
}

// Allows tells whether one more is allowed at a time after those before, oldest first.
func (l UrgeLimit) Allows(before []time.Time, now time.Time) bool {
	return !l.Next(before, now).After(now)
}

// Next returns from when on one more is allowed, at the earliest now.
func (l UrgeLimit) Next(before []time.Time, now time.Time) time.Time {
	before = l.Within(before, now)
	next := now
	if n := len(before); n > 0 {
		if after := before[n-1].Add(l.Pause); after.After(next) {
			next = after
		}
	}
	if n := len(before); n >= l.Most {
		if after := before[n-l.Most].Add(l.Span); after.After(next) {
			next = after
		}
	}
	return next
}

// Within returns those of the span that ends now.
func (l UrgeLimit) Within(before []time.Time, now time.Time) []time.Time {
	return slices.DeleteFunc(slices.Clone(before), func(t time.Time) bool { return now.Sub(t) >= l.Span })
}

// AddUrge keeps an urge if the limit allows it and tells whether it did. Of two people
// who urge at the same time one does.
func (db *DB) AddUrge(ctx context.Context, u Urge, l UrgeLimit) (added bool, err error) {
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		added = false
		if tx.dialect == Postgres {
			if _, err := tx.exec(ctx, "SELECT pg_advisory_xact_lock(hashtext('siyu urge'), CAST($1 AS integer))", int64(u.Staff)&0x7fffffff); err != nil {
				return err
			}
		}
		before, err := urges(ctx, tx, "WHERE staff_id = $1 AND at > $2", int64(u.Staff), at(u.At.Add(-l.Span)))
		if err != nil || !l.Allows(before[u.Staff], u.At) {
			return err
		}
		_, err = tx.exec(ctx, "INSERT INTO urge (staff_id, at, account, tasks) VALUES ($1, $2, $3, $4)", int64(u.Staff), at(u.At), u.Account, int64(u.Tasks))
		added = err == nil
		return err
	})
	if err != nil {
		return false, fmt.Errorf("keep an urge: %w", err)
	}
	return added, nil
}

// Urges returns when members were urged after a time, oldest first; no members ask for
// all of them.
func (db *DB) Urges(ctx context.Context, since time.Time, staff ...id.Staff) (map[id.Staff][]time.Time, error) {
	c := conditions{dialect: db.dialect}
	c.add("at > ?", at(since))
	if len(staff) > 0 {
		c.add("staff_id "+db.dialect.among(0), idList(db.dialect, staff))
	}
	found, err := urges(ctx, db.reader, c.where(), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read who was urged: %w", err)
	}
	return found, nil
}

func urges(ctx context.Context, q querier, where string, args ...any) (map[id.Staff][]time.Time, error) {
	found := map[id.Staff][]time.Time{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var staff id.Staff
		var when event.Instant
		err := scan(&staff, &when)
		found[staff] = append(found[staff], when.Time())
		return err
	}, "SELECT staff_id, at FROM urge "+where+" ORDER BY staff_id, at", args...)
	return found, err
}
