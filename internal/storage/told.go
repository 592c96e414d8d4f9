package storage

import (
	"context"
	"fmt"

	"siyu/internal/connector/intake"
)

var _ intake.Ledger = (*DB)(nil)

var toldTable = table{name: "told", key: []string{"part", "name"}, known: replace,
	columns: []column{{"part", text}, {"name", text}, {"value", bytes}}}

// Told implements intake.Ledger.
func (db *DB) Told(ctx context.Context, set string, names ...string) (map[string][]byte, error) {
	query, args := "SELECT name, value FROM told WHERE part = $1", []any{set}
	if len(names) > 0 {
		query += " AND name " + db.dialect.amongWords(2)
		args = append(args, wordList(db.dialect, names))
	}
	rows := map[string][]byte{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var name string
		var value []byte
		err := scan(&name, &value)
		rows[name] = value
		return err
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read what was told: %w", err)
	}
	return rows, nil
}

// Tell implements intake.Ledger.
func (db *DB) Tell(ctx context.Context, set string, rows map[string][]byte) error {
	var kept [][]any
	var gone []string
	for name, value := range rows {
		if value == nil {
			gone = append(gone, name)
			continue
		}
		kept = append(kept, []any{set, name, value})
	}
	err := db.Write(ctx, Background, func(tx *Tx) error {
		if len(gone) > 0 {
			if _, err := tx.exec(ctx, "DELETE FROM told WHERE part = $1 AND name "+tx.dialect.amongWords(2), set, wordList(tx.dialect, gone)); err != nil {
				return err
			}
		}
		_, err := tx.put(ctx, toldTable, kept)
		return err
	})
	if err != nil {
		return fmt.Errorf("remember %d rows of what was told: %w", len(rows), err)
	}
	return nil
}
