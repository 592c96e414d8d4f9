// Package eventlog keeps facts: append-only, de-duplicated by source key,
// numbered in the order of their commits. Readers use positions only.
package eventlog

import (
	"context"
	"fmt"
	"unicode/utf8"

	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/fault"
)

// Store is what the log needs of a database.
type Store interface {
	// AppendFacts stores the facts that are new for (subject, key), all or
	// none, and numbers them without gaps in commit order. It returns how many
	// were new. It returns only after they are durable.
	AppendFacts(ctx context.Context, facts []event.Fact) (added int, err error)
	// FactsAfter returns up to limit facts with Seq > after, ascending.
	FactsAfter(ctx context.Context, after int64, limit int) ([]event.Fact, error)
	// FactsAbout returns up to limit facts of the subjects with Seq > after,
	// ascending.
	FactsAbout(ctx context.Context, subjects []event.Subject, after int64, limit int) ([]event.Fact, error)
	// LogHead returns the highest Seq, 0 for an empty log.
	LogHead(ctx context.Context) (int64, error)
	// Cursor returns the position a named reader has finished, 0 if it never read.
	Cursor(ctx context.Context, reader string) (int64, error)
	// SetCursor stores that position. It never moves backwards except to 0.
	SetCursor(ctx context.Context, reader string, seq int64) error
}

// Log is the log of facts.
type Log struct {
	Store
	clock clock.Clock
}

// New returns the log kept in store.
func New(store Store, c clock.Clock) *Log { return &Log{Store: store, clock: c} }

// Append checks and stores facts, stamping when they were received. It
// returns how many were new; the others were known already and are no error.
// A fact of an unknown kind, without subject or key, or with a body that is
// not valid UTF-8 or holds a NUL is refused together with the whole batch.
func (l *Log) Append(ctx context.Context, facts ...event.Fact) (added int, err error) {
	if len(facts) == 0 {
		return 0, nil
	}
	if err := l.Stamp(facts); err != nil {
		return 0, err
	}
	return l.AppendFacts(ctx, facts)
}

// Stamp checks facts as Append does and stamps when they were received, for a
// store that appends them in one transaction with what they come from.
func (l *Log) Stamp(facts []event.Fact) error {
	now := l.clock.Now().UTC()
	for i := range facts {
		if err := check(facts[i]); err != nil {
			return err
		}
		facts[i].Received = now
	}
	return nil
}

func check(f event.Fact) error {
	refuse := func(why string) error {
		return fault.New(fault.Invalid, "append fact %s: %s", f.Kind, why)
	}
	if _, ok := event.Known(f.Kind); !ok {
		return refuse("unknown kind")
	}
	if f.Subject.Type == "" || f.Subject.ID == 0 {
		return refuse("no subject")
	}
	if f.Key == ([32]byte{}) {
		return refuse("no source key")
	}
	if f.At.IsZero() {
		return refuse("no time")
	}
	if !utf8.Valid(f.Body) {
		return refuse("body is not UTF-8")
	}
	for _, b := range f.Body {
		if b == 0 {
			return refuse("body holds a NUL byte")
		}
	}
	return nil
}

// Each calls do for every fact after the position, in order, and returns the
// position of the last. It stops at the first error.
func (l *Log) Each(ctx context.Context, after int64, do func(event.Fact) error) (int64, error) {
	const page = 5000 // facts in memory at a time, about 3 MB
	for {
		facts, err := l.FactsAfter(ctx, after, page)
		if err != nil {
			return after, fmt.Errorf("read facts after %d: %w", after, err)
		}
		for _, f := range facts {
			if err := do(f); err != nil {
				return after, err
			}
			after = f.Seq
		}
		if len(facts) < page {
			return after, nil
		}
	}
}
