package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"siyu/internal/storage/postgres"
)

// attempts bounds how often a transaction is run again after it lost against
// another one. Ten losses in a row mean something else is wrong.
const attempts = 10

// retrying returns how transactions run on PostgreSQL: each is its own, and
// one that failed only because of another is run again from its start.
func retrying(db *sql.DB) func(context.Context, Priority, func(*Tx) error) error {
	return func(ctx context.Context, _ Priority, do func(*Tx) error) error {
		var err error
		for range attempts {
			if err = transact(ctx, db, do); !postgres.Retryable(err) {
				return err
			}
		}
		return fmt.Errorf("transaction lost %d times against others: %w", attempts, err)
	}
}

func transact(ctx context.Context, db *sql.DB, do func(*Tx) error) (err error) {
	t, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	committed := false
	defer func() {
		if !committed {
			if e := t.Rollback(); e != nil && !errors.Is(e, sql.ErrTxDone) {
				err = errors.Join(err, fmt.Errorf("roll back: %w", e))
			}
		}
	}()
	if err := do(&Tx{dialect: Postgres, run: served{t}}); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	committed = true
	return nil
}

// served runs statements inside a PostgreSQL transaction.
type served struct{ tx *sql.Tx }

func (s served) exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return s.tx.ExecContext(ctx, text, args...)
}

func (s served) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return s.tx.QueryContext(ctx, text, args...)
}
