package storage

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
)

// AuditEntry is one change or export that a person made.
type AuditEntry struct {
	At      time.Time
	Number  int64 // tells entries of one millisecond apart
	Account string
	Did     string
	About   string // without personal data
}

// Audit keeps an entry. Entries are never changed.
func (db *DB) Audit(ctx context.Context, e AuditEntry) error {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails, see crypto/rand
	e.Number = int64(binary.BigEndian.Uint64(random[:]) >> 1)
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, "INSERT INTO audit (at, number, account, did, about) VALUES ($1, $2, $3, $4, $5)",
			at(e.At), e.Number, e.Account, e.Did, e.About)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep audit entry: %w", err)
	}
	return nil
}

// AuditBefore returns up to limit entries older than the one given, newest
// first. A zero entry asks for the newest.
func (db *DB) AuditBefore(ctx context.Context, before AuditEntry, limit int) ([]AuditEntry, error) {
	bound, number := int64(1)<<62, int64(0)
	if !before.At.IsZero() {
		bound, number = at(before.At), before.Number
	}
	var entries []AuditEntry
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var e AuditEntry
		var when event.Instant
		err := scan(&when, &e.Number, &e.Account, &e.Did, &e.About)
		e.At = when.Time()
		entries = append(entries, e)
		return err
	}, `SELECT at, number, account, did, about FROM audit WHERE at < $1 OR (at = $2 AND number < $3)
		ORDER BY at DESC, number DESC LIMIT $4`, bound, bound, number, limit)
	if err != nil {
		return nil, fmt.Errorf("read audit: %w", err)
	}
	return entries, nil
}

// Preference returns how an account likes one page, "" if it never said.
func (db *DB) Preference(ctx context.Context, account, name string) (string, error) {
	var value string
	if _, err := one(ctx, db.reader, []any{&value}, "SELECT value FROM preference WHERE account = $1 AND name = $2", account, name); err != nil {
		return "", fmt.Errorf("read preference %s: %w", name, err)
	}
	return value, nil
}

// SetPreference keeps it.
func (db *DB) SetPreference(ctx context.Context, account, name, value string) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO preference (account, name, value) VALUES ($1, $2, $3)
			ON CONFLICT (account, name) DO UPDATE SET value = excluded.value`, account, name, value)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep preference %s: %w", name, err)
	}
	return nil
}

// GroupKinds returns what people said of groups; the others are left out.
func (db *DB) GroupKinds(ctx context.Context) (map[id.Group]string, error) {
	kinds := map[id.Group]string{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var g id.Group
		var kind string
		err := scan(&g, &kind)
		kinds[g] = kind
		return err
	}, "SELECT group_id, kind FROM group_kind")
	if err != nil {
		return nil, fmt.Errorf("read kinds of groups: %w", err)
	}
	return kinds, nil
}

// SetGroupKind keeps what a person says of a group.
func (db *DB) SetGroupKind(ctx context.Context, group id.Group, kind string) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO group_kind (group_id, kind) VALUES ($1, $2)
			ON CONFLICT (group_id) DO UPDATE SET kind = excluded.kind`, int64(group), kind)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep kind of group: %w", err)
	}
	return nil
}

// NewestFact returns when the fact stored last happened, the zero time for an
// empty log.
func (db *DB) NewestFact(ctx context.Context) (time.Time, error) {
	var when event.Instant
	if _, err := one(ctx, db.reader, []any{&when}, "SELECT at FROM fact ORDER BY seq DESC LIMIT 1"); err != nil {
		return time.Time{}, fmt.Errorf("read newest fact: %w", err)
	}
	return when.Time(), nil
}

// InsightSample returns what is understood of up to n customers. Ids are
// hashes, so the first of them are a random sample.
func (db *DB) InsightSample(ctx context.Context, n int) ([]insight.Customer, error) {
	var ids []id.Customer
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var c id.Customer
		err := scan(&c)
		ids = append(ids, c)
		return err
	}, "SELECT customer_id FROM insight ORDER BY customer_id LIMIT $1", n)
	if err != nil {
		return nil, fmt.Errorf("sample insights: %w", err)
	}
	return db.LoadInsights(ctx, ids)
}
