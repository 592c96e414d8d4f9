package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/delivery"
)

var _ delivery.Nodes = (*DB)(nil)

// NextFence implements delivery.Nodes.
func (db *DB) NextFence(ctx context.Context, node string) (fence int64, err error) {
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := one(ctx, tx, []any{&fence}, `INSERT INTO node (name, fence) VALUES ($1, 1)
			ON CONFLICT (name) DO UPDATE SET fence = node.fence + 1 RETURNING fence`, node)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("take a fence for node %s: %w", node, err)
	}
	return fence, nil
}

// Frozen implements delivery.Nodes.
func (db *DB) Frozen(ctx context.Context) (since time.Time, err error) {
	if _, err := one(ctx, db.reader, []any{moment{&since}}, "SELECT frozen FROM gate"); err != nil {
		return time.Time{}, fmt.Errorf("read gate: %w", err)
	}
	return since, nil
}

// Freeze implements delivery.Nodes.
func (db *DB) Freeze(ctx context.Context, since time.Time) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, "UPDATE gate SET frozen = $1", at(since))
		return err
	})
	if err != nil {
		return fmt.Errorf("freeze the gate: %w", err)
	}
	return nil
}
