package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"siyu/internal/event"
	"siyu/internal/fault"
)

// Setting reads the newest version of the JSON document kept under name into
// document. version is 0, and document untouched, if there is none.
func (db *DB) Setting(ctx context.Context, name string, document any) (version int, err error) {
	var text string
	found, err := one(ctx, db.reader, []any{&version, &text},
		"SELECT version, document FROM setting WHERE name = $1 ORDER BY version DESC LIMIT 1", name)
	if err != nil {
		return 0, fmt.Errorf("read setting %s: %w", name, err)
	}
	if !found {
		return 0, nil
	}
	if err := json.Unmarshal([]byte(text), document); err != nil {
		return 0, fmt.Errorf("read setting %s version %d: %w", name, version, err)
	}
	return version, nil
}

// SetSetting keeps the document as the next version after the one named; it is
// fault.Conflict if somebody else stored a version meanwhile. It returns the
// new version.
func (db *DB) SetSetting(ctx context.Context, s NewSetting) (version int, err error) {
	text, err := json.Marshal(s.Document)
	if err != nil {
		return 0, fmt.Errorf("write setting %s: %w", s.Name, err)
	}
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		n, err := tx.exec(ctx, "INSERT INTO setting (name, version, document, at, account) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name, version) DO NOTHING",
			s.Name, int64(s.After+1), string(text), int64(event.At(s.At)), s.Account)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "setting %s was changed by somebody else meanwhile", s.Name)
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("store setting %s: %w", s.Name, err)
	}
	return s.After + 1, nil
}

// NewSetting is a document to keep.
type NewSetting struct {
	Name     string
	After    int // version it replaces, 0 for the first
	Document any
	At       time.Time
	Account  string
}
