package storage

import (
	"context"
	"fmt"

	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/profile"
)

var _ flow.States = (*DB)(nil)

// CommitFold implements flow.States. A fold that does not move its cursor
// forward was folded before, here or on another node: it is fault.Conflict
// and changes nothing, because its counters would count twice.
func (db *DB) CommitFold(ctx context.Context, f flow.Fold) error {
	groups, err := stateRows(f.Groups, func(g *profile.Group) int64 { return int64(g.ID) })
	if err != nil {
		return err
	}
	staff, err := stateRows(f.Staff, func(s *profile.Staff) int64 { return int64(s.ID) })
	if err != nil {
		return err
	}
	identities := make([][]any, len(f.Identities))
	for i, x := range f.Identities {
		identities[i] = []any{string(x.Kind), x.Key, int64(x.Customer)}
	}
	err = db.Write(ctx, Background, func(tx *Tx) error {
		if err := tx.advanceCursor(ctx, f.Reader, f.Cursor); err != nil {
			return err
		}
		for _, part := range []struct {
			table table
			rows  [][]any
		}{
			{customerTable, customerRows(f.Customers)}, {stateTable("group"), groups}, {stateTable("staff"), staff},
			{identityTable, identities}, {counterTable, counterRows(f.Counters)},
		} {
			if _, err := tx.put(ctx, part.table, part.rows); err != nil {
				return err
			}
		}
		return tx.putAliases(ctx, f.Aliases)
	})
	if err != nil {
		return fmt.Errorf("commit fold up to %d: %w", f.Cursor, err)
	}
	db.forgetDays(f.Counters)
	return nil
}

// advanceCursor moves the cursor, holding its row until the commit.
func (tx *Tx) advanceCursor(ctx context.Context, reader string, seq int64) error {
	moved, err := tx.exec(ctx, `INSERT INTO log_cursor (reader, seq) VALUES ($1, $2)
		ON CONFLICT (reader) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > log_cursor.seq`, reader, seq)
	if err != nil {
		return fmt.Errorf("advance cursor %s: %w", reader, err)
	}
	if moved == 0 {
		return fault.New(fault.Conflict, "advance cursor %s: position %d was finished before", reader, seq)
	}
	return nil
}

// ResetFold forgets everything that was folded and moves the reader's cursor
// to the beginning of the log, so that the log can be folded again.
func (db *DB) ResetFold(ctx context.Context, reader string) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		for _, name := range []string{"customer_state", "group_state", "staff_state", "customer_alias", "identity", "counter"} {
			if _, err := tx.exec(ctx, "DELETE FROM "+name); err != nil {
				return fmt.Errorf("empty %s: %w", name, err)
			}
		}
		return tx.setCursor(ctx, reader, 0)
	})
	if err != nil {
		return fmt.Errorf("reset fold: %w", err)
	}
	db.days.forgetAll()
	return nil
}
