package storage

import (
	"context"
	"fmt"
	"time"
)

// Lease is something that one holder does at a time. Who does not renew it in
// time has lost it. It runs by the database's clock.
type Lease struct {
	Name   string
	Holder string // unlike any other
	For    time.Duration
}

// TakeLease tells whether the holder has the lease now: nobody else had it, or
// has renewed it in time.
func (db *DB) TakeLease(ctx context.Context, l Lease) (taken bool, err error) {
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		now := tx.dialect.now()
		n, err := tx.exec(ctx, "INSERT INTO lease (name, holder, leased) VALUES ($1, $2, "+now+" + $3)"+
			" ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, leased = excluded.leased WHERE lease.leased <= "+now,
			l.Name, l.Holder, l.For.Milliseconds())
		taken = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("take the lease of %s: %w", l.Name, err)
	}
	return taken, nil
}

// RenewLease extends the lease of a holder who has not lost it.
func (db *DB) RenewLease(ctx context.Context, l Lease) (renewed bool, err error) {
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		now := tx.dialect.now()
		n, err := tx.exec(ctx, "UPDATE lease SET leased = "+now+" + $1 WHERE name = $2 AND holder = $3 AND leased > "+now,
			l.For.Milliseconds(), l.Name, l.Holder)
		renewed = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("renew the lease of %s: %w", l.Name, err)
	}
	return renewed, nil
}

// DropLease gives the lease back, if the holder still has it.
func (db *DB) DropLease(ctx context.Context, l Lease) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, "DELETE FROM lease WHERE name = $1 AND holder = $2", l.Name, l.Holder)
		return err
	})
	if err != nil {
		return fmt.Errorf("give the lease of %s back: %w", l.Name, err)
	}
	return nil
}
