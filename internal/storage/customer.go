package storage

import (
	"context"
	"fmt"

	"github.com/fxamacker/cbor/v2"
	"golang.org/x/sync/errgroup"

	"siyu/internal/id"
	"siyu/internal/profile"
)

var customerTable = table{name: "customer_state", key: []string{"customer_id"}, known: replace,
	columns: []column{{"customer_id", bigint}, {"merged", boolean}, {"state", bytes}}}

// LoadCustomers implements flow.States.
func (db *DB) LoadCustomers(ctx context.Context, ids []id.Customer) ([]profile.Customer, error) {
	return loadStates(ctx, db, "customer", ids, func(c id.Customer) profile.Customer { return profile.Customer{ID: c} })
}

// SaveCustomers stores states outside a fold, for data sets that are not
// folded from facts. No customer may stand in it twice.
func (db *DB) SaveCustomers(ctx context.Context, customers []profile.Customer) error {
	rows, err := customerRows(customers)
	if err != nil {
		return err
	}
	err = db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.put(ctx, customerTable, rows)
		return err
	})
	if err != nil {
		return fmt.Errorf("store %d customers: %w", len(customers), err)
	}
	return nil
}

func customerRows(customers []profile.Customer) ([][]any, error) {
	rows := make([][]any, len(customers))
	for i := range customers {
		b, err := encode(&customers[i])
		if err != nil {
			return nil, err
		}
		rows[i] = []any{int64(customers[i].ID), customers[i].MergedInto != 0, b}
	}
	return rows, nil
}

// EachCustomer implements flow.States. While do works on one chunk the next
// is read and decoded.
func (db *DB) EachCustomer(ctx context.Context, chunk int, do func([]profile.Customer) error) error {
	return db.walk(ctx, customerWalk{chunk, 1}, do)
}

// SampleCustomers implements flow.States. Ids are hashes, so that their
// remainders are an even sample.
func (db *DB) SampleCustomers(ctx context.Context, oneIn, chunk int, do func([]profile.Customer) error) error {
	return db.walk(ctx, customerWalk{chunk, max(1, oneIn)}, do)
}

// customerWalk says which customers are read: one in so many, in chunks.
type customerWalk struct{ chunk, oneIn int }

func (db *DB) walk(ctx context.Context, w customerWalk, do func([]profile.Customer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chunks := make(chan []profile.Customer)
	read, ctx := errgroup.WithContext(ctx)
	read.Go(func() error {
		defer close(chunks)
		return db.readCustomers(ctx, w, chunks)
	})
	for states := range chunks {
		if err := do(states); err != nil {
			cancel()
			_ = read.Wait() // it was only told to stop
			return err
		}
	}
	return read.Wait()
}

func (db *DB) readCustomers(ctx context.Context, w customerWalk, chunks chan<- []profile.Customer) error {
	after := int64(-1) << 63
	for {
		last, blobs, err := db.customerPage(ctx, w, after)
		if err != nil {
			return fmt.Errorf("read customers after %d: %w", after, err)
		}
		if len(blobs) == 0 {
			return nil
		}
		states, err := decodeAll[profile.Customer](blobs)
		if err != nil {
			return fmt.Errorf("read customers after %d: %w", after, err)
		}
		select {
		case chunks <- states:
		case <-ctx.Done():
			return ctx.Err()
		}
		after = last
	}
}

func (db *DB) customerPage(ctx context.Context, w customerWalk, after int64) (last int64, blobs [][]byte, err error) {
	blobs = make([][]byte, 0, w.chunk)
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var b []byte
		if err := scan(&last, &b); err != nil {
			return err
		}
		blobs = append(blobs, b)
		return nil
	}, "SELECT customer_id, state FROM customer_state WHERE customer_id > $1 AND customer_id % $2 = 0 AND NOT merged ORDER BY customer_id LIMIT $3",
		after, int64(w.oneIn), w.chunk)
	return last, blobs, err
}

// decodeAll decodes the two halves at the same time.
func decodeAll[T any](blobs [][]byte) ([]T, error) {
	states := make([]T, len(blobs))
	decode := func(from, to int) func() error {
		return func() error {
			for i := from; i < to; i++ {
				if err := cbor.Unmarshal(blobs[i], &states[i]); err != nil {
					return fmt.Errorf("decode: %w", err)
				}
			}
			return nil
		}
	}
	var both errgroup.Group
	both.Go(decode(0, len(blobs)/2))
	both.Go(decode(len(blobs)/2, len(blobs)))
	return states, both.Wait()
}
