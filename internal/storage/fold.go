package storage

import (
	"context"
	"fmt"

	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/profile"
)

var _ flow.States = (*DB)(nil)

// CommitFold implements flow.States. A fold whose cursor has moved since it
// began stands on states that another node has replaced: it is fault.Conflict
// and changes nothing.
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
		if err := tx.advanceCursor(ctx, f); err != nil {
			return err
		}
		for _, part := range []struct {
			table table
			rows  [][]any
		}{
			{customerTable, customerRows(f.Customers)}, {stateTable("group"), groups}, {stateTable("staff"), staff},
			{identityTable, identities}, {counterTable, counterRows(f.Counters)}, {lossTable, lossRows(f.Losses)},
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
func (tx *Tx) advanceCursor(ctx context.Context, f flow.Fold) error {
	moved, err := tx.exec(ctx, "UPDATE log_cursor SET seq = $1 WHERE reader = $2 AND seq = $3", f.Cursor, f.Reader, f.Began)
	if err == nil && moved == 0 && f.Began == 0 { // the first fold of all
		moved, err = tx.exec(ctx, "INSERT INTO log_cursor (reader, seq) VALUES ($1, $2) ON CONFLICT (reader) DO NOTHING", f.Reader, f.Cursor)
	}
	if err != nil {
		return fmt.Errorf("advance cursor %s: %w", f.Reader, err)
	}
	if moved == 0 {
		return fault.New(fault.Conflict, "advance cursor %s: it no longer stands at %d, where this fold began", f.Reader, f.Began)
	}
	return nil
}

// ResetFold forgets everything that was folded and moves the cursors of the
// reader and of turns to the beginning of the log, so that the log can be folded
// and everybody looked at again.
func (db *DB) ResetFold(ctx context.Context, reader string) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		for _, name := range []string{"customer_state", "group_state", "staff_state", "customer_alias", "identity", "counter", "loss"} {
			if _, err := tx.exec(ctx, "DELETE FROM "+name); err != nil {
				return fmt.Errorf("empty %s: %w", name, err)
			}
		}
		if err := tx.setCursor(ctx, flow.Turner, 0); err != nil {
			return err
		}
		return tx.setCursor(ctx, reader, 0)
	})
	if err != nil {
		return fmt.Errorf("reset fold: %w", err)
	}
	db.days.forgetAll()
	return nil
}
