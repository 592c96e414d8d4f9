package storage

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"

	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/profile"
)

var customerTable = table{name: "customer_state", key: []string{"customer_id"}, known: replace,
	columns: []column{{"customer_id", bigint}, {"merged", boolean}, {"state", bytes}}}

// LoadCustomers implements flow.States.
func (db *DB) LoadCustomers(ctx context.Context, ids []id.Customer) ([]profile.Customer, error) {
	states, place := make([]profile.Customer, len(ids)), make(map[id.Customer]int, len(ids))
	for i, c := range ids {
		states[i].ID = c
		place[c] = i
	}
	boxes := newOpener()
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var who id.Customer
		var box sql.RawBytes
		if err := scan(&who, &box); err != nil {
			return err
		}
		return boxes.open(box, &states[place[who]])
	}, "SELECT customer_id, state FROM "+db.dialect.joined(1)+" customer_state ON customer_id = j.value",
		idList(db.dialect, slices.Sorted(maps.Keys(place))))
	if err != nil {
		return nil, fmt.Errorf("load %d customers: %w", len(ids), err)
	}
	for i, c := range ids {
		if at := place[c]; at != i {
			states[i] = states[at].Clone()
		}
	}
	return states, nil
}

// SaveCustomers stores states outside a fold, for data sets that are not
// folded from facts. No customer may stand in it twice.
func (db *DB) SaveCustomers(ctx context.Context, customers []profile.Customer) error {
	rows := customerRows(customers)
	err := db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.put(ctx, customerTable, rows)
		return err
	})
	if err != nil {
		return fmt.Errorf("store %d customers: %w", len(customers), err)
	}
	return nil
}

func customerRows(customers []profile.Customer) [][]any {
	rows := make([][]any, len(customers))
	var boxes []byte
	for i := range customers {
		begin := len(boxes)
		boxes = packCustomer(boxes, &customers[i])
		rows[i] = []any{int64(customers[i].ID), customers[i].MergedInto != 0, boxes[begin:len(boxes):len(boxes)]}
	}
	return rows
}

// EachCustomer implements flow.States. While do works on one chunk the next
// is read and opened.
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

// customerChunk is room for one chunk, used again and again.
type customerChunk struct {
	states []profile.Customer
	boxes  *opener
}

func (db *DB) walk(ctx context.Context, w customerWalk, do func([]profile.Customer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	const chunks = 2 // one is worked on, one is read
	free, full := make(chan *customerChunk, chunks), make(chan *customerChunk)
	for range chunks {
		free <- &customerChunk{make([]profile.Customer, 0, w.chunk), newOpener()}
	}
	read, ctx := errgroup.WithContext(ctx)
	read.Go(func() error {
		defer close(full)
		return db.readCustomers(ctx, w, free, full)
	})
	for c := range full {
		if err := do(c.states); err != nil {
			cancel()
			_ = read.Wait() // it was only told to stop
			return err
		}
		free <- c
	}
	return read.Wait()
}

func (db *DB) readCustomers(ctx context.Context, w customerWalk, free <-chan *customerChunk, full chan<- *customerChunk) error {
	of := flow.Whom{First: math.MinInt64, Last: math.MaxInt64}
	for {
		c := <-free
		if err := db.readChunk(ctx, w, of, c); err != nil {
			return fmt.Errorf("read customers from %d: %w", of.First, err)
		}
		if len(c.states) == 0 {
			return nil
		}
		of.First = c.states[len(c.states)-1].ID + 1
		select {
		case full <- c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// paceRows is after how many rows a reader looks whether to rest.
const paceRows = 64

func (db *DB) readChunk(ctx context.Context, w customerWalk, of flow.Whom, c *customerChunk) error {
	c.states = c.states[:0]
	c.boxes.reuse()
	pace := db.Pace()
	return each(ctx, db.reader, func(scan func(...any) error) error {
		var box sql.RawBytes
		if err := scan(&box); err != nil {
			return err
		}
		if len(c.states)%paceRows == 0 {
			pace()
		}
		c.states = c.states[:len(c.states)+1]
		return c.boxes.open(box, &c.states[len(c.states)-1])
	}, "SELECT state FROM customer_state WHERE customer_id BETWEEN $1 AND $2 AND customer_id % $3 = 0 AND NOT merged ORDER BY customer_id LIMIT $4",
		int64(of.First), int64(of.Last), int64(w.oneIn), w.chunk)
}
