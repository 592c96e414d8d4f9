// Package intake turns what WeCom says about staff, customers, relations and
// groups into facts. It remembers what it has told the log (the Ledger), so
// that looking at the same things again tells nothing, and what changed or
// vanished is told once. Names, remarks and phones go to the vault only.
package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/vault"
)

// Log takes facts; eventlog.Log is one.
type Log interface {
	Append(ctx context.Context, facts ...event.Fact) (added int, err error)
}

// Vault keeps personal texts and makes keyed hashes of them.
type Vault interface {
	// Put stores the entries, replacing those with the same subject, field and
	// part.
	Put(ctx context.Context, entries []vault.Entry) error
	// PhoneHash returns the identity key of the 11 digits of a mobile number.
	PhoneHash(digits string) []byte
	// KeyedHash returns a hash that nobody without the vault's key can
	// recompute.
	KeyedHash(text string) []byte
}

// Ledger remembers what was told of the platform's present state: rows by set
// and name, without personal data. Losing it costs repetition, not truth.
type Ledger interface {
	// Told returns the rows of a set by name: those named, or all.
	Told(ctx context.Context, set string, names ...string) (map[string][]byte, error)
	// Tell stores rows of a set; a nil row is removed.
	Tell(ctx context.Context, set string, rows map[string][]byte) error
}

// Intake is the intake of one corp.
type Intake struct {
	Corp   id.Corp
	Log    Log
	Vault  Vault
	Ledger Ledger
	Clock  clock.Clock
}

// Batch collects facts and texts and stores them together. A Batch is for one
// goroutine; what a batch has not committed is told again by the next look.
type Batch struct {
	*Intake
	source  event.Source
	facts   []event.Fact
	entries []vault.Entry
	sets    map[string]*set
}

// set is the part of a ledger set that a batch has read and changed.
type set struct {
	whole   bool
	rows    map[string][]byte // nil: known to be absent
	changed map[string][]byte
}

// Begin returns an empty batch of facts that come in by a source.
func (in *Intake) Begin(source event.Source) *Batch {
	return &Batch{Intake: in, source: source, sets: map[string]*set{}}
}

// Facts returns how many facts wait for Commit.
func (b *Batch) Facts() int { return len(b.facts) }

// appendAtOnce bounds one transaction of the log.
const appendAtOnce = 2000

// Commit stores texts, then facts, then what was told: after a crash in
// between the same facts are told again under the same keys. It returns how
// many facts were new to the log, and leaves the batch empty.
func (b *Batch) Commit(ctx context.Context) (added int, err error) {
	if len(b.entries) > 0 {
		if err := b.Vault.Put(ctx, b.entries); err != nil {
			return 0, fmt.Errorf("seal %d texts: %w", len(b.entries), err)
		}
	}
	for part := range slices.Chunk(b.facts, appendAtOnce) {
		n, err := b.Log.Append(ctx, part...)
		if err != nil {
			return added, fmt.Errorf("append %d facts: %w", len(part), err)
		}
		added += n
	}
	if err := b.rememberAll(ctx); err != nil {
		return added, err
	}
	b.facts, b.entries, b.sets = nil, nil, map[string]*set{}
	return added, nil
}

// setsAtOnce lets a database store several sets with one write to disk.
const setsAtOnce = 16

func (b *Batch) rememberAll(ctx context.Context) error {
	pool, ctx := errgroup.WithContext(ctx)
	pool.SetLimit(setsAtOnce)
	for name, s := range b.sets {
		if len(s.changed) == 0 {
			continue
		}
		pool.Go(func() error {
			if err := b.Ledger.Tell(ctx, name, s.changed); err != nil {
				return fmt.Errorf("remember what was told of %s: %w", name, err)
			}
			return nil
		})
	}
	return pool.Wait()
}

// tell adds a fact about a subject at a time; the parts make its source key.
func (b *Batch) tell(subject event.Subject, at time.Time, body event.Body, key ...string) error {
	key = append([]string{string(body.Kind()), string(b.Corp)}, key...)
	fact, err := event.New(subject, at, b.source, id.Hash(key...), body)
	if err != nil {
		return err
	}
	b.facts = append(b.facts, fact)
	return nil
}

// keep adds a text for the vault.
func (b *Batch) keep(subject event.Subject, field vault.Field, part, text string) {
	if text != "" {
		b.entries = append(b.entries, vault.Entry{Subject: subject, Field: field, Part: part, Text: text})
	}
}

func (b *Batch) set(name string) *set {
	s := b.sets[name]
	if s == nil {
		s = &set{rows: map[string][]byte{}, changed: map[string][]byte{}}
		b.sets[name] = s
	}
	return s
}

// load reads the named rows of a set, all of it if none are named, unless the
// batch has them already.
func (b *Batch) load(ctx context.Context, name string, rows ...string) error {
	s := b.set(name)
	if s.whole {
		return nil
	}
	missing := slices.DeleteFunc(slices.Clone(rows), func(row string) bool { _, ok := s.rows[row]; return ok })
	if len(rows) > 0 && len(missing) == 0 {
		return nil
	}
	told, err := b.Ledger.Told(ctx, name, missing...)
	if err != nil {
		return fmt.Errorf("look up what was told of %s: %w", name, err)
	}
	for _, row := range missing {
		s.rows[row] = nil
	}
	for row, value := range told {
		if _, changed := s.changed[row]; !changed {
			s.rows[row] = value
		}
	}
	s.whole = len(rows) == 0
	return nil
}

// row reads one row into value and reports whether there was one. A row that
// cannot be read counts as none: it is told again.
func (b *Batch) row(ctx context.Context, name, row string, value any) (bool, error) {
	if err := b.load(ctx, name, row); err != nil {
		return false, err
	}
	text := b.set(name).rows[row]
	return text != nil && json.Unmarshal(text, value) == nil, nil
}

// remember changes one row; a nil value removes it.
func (b *Batch) remember(name, row string, value any) error {
	s := b.set(name)
	if value == nil {
		if s.rows[row] != nil {
			s.rows[row], s.changed[row] = nil, nil
		}
		return nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write what was told of %s: %w", name, err)
	}
	if string(text) != string(s.rows[row]) {
		s.rows[row], s.changed[row] = text, text
	}
	return nil
}

// names returns the names of the rows a whole set has, sorted.
func (b *Batch) names(name string) []string {
	var present []string
	for row, value := range b.set(name).rows {
		if value != nil {
			present = append(present, row)
		}
	}
	slices.Sort(present)
	return present
}

// or returns t, or the clock's time if t is zero.
func (b *Batch) or(t time.Time) time.Time {
	if t.IsZero() {
		return b.Clock.Now()
	}
	return t
}
