package storage

import (
	"context"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// encoding writes states the same way every time, so that equal states are
// equal bytes. Times are texts: they come back to the nanosecond.
var encoding = deterministic()

func deterministic() cbor.EncMode {
	o := cbor.CoreDetEncOptions()
	o.Time = cbor.TimeRFC3339Nano
	m, err := o.EncMode()
	if err != nil {
		panic("cbor options: " + err.Error())
	}
	return m
}

func encode(v any) ([]byte, error) {
	b, err := encoding.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return b, nil
}

func decode(b []byte, into any) error {
	if err := cbor.Unmarshal(b, into); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return nil
}

// stateTable returns the table of states of one noun.
func stateTable(noun string) table {
	return table{name: noun + "_state", key: []string{noun + "_id"}, known: replace,
		columns: []column{{noun + "_id", bigint}, {"state", bytes}}}
}

// stateRows encodes states; idOf tells whose each is.
func stateRows[T any](states []T, idOf func(*T) int64) ([][]any, error) {
	rows := make([][]any, len(states))
	for i := range states {
		b, err := encode(states[i])
		if err != nil {
			return nil, err
		}
		rows[i] = []any{idOf(&states[i]), b}
	}
	return rows, nil
}

// loadStates returns one state per id, in the order asked; blank makes the
// one of an id without.
func loadStates[T any, K ~int64](ctx context.Context, db *DB, noun string, ids []K, blank func(K) T) ([]T, error) {
	states, place := make([]T, len(ids)), make(map[int64][]int, len(ids))
	for i, id := range ids {
		states[i] = blank(id)
		place[int64(id)] = append(place[int64(id)], i)
	}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var id int64
		var b []byte
		if err := scan(&id, &b); err != nil {
			return err
		}
		for _, i := range place[id] {
			if err := cbor.Unmarshal(b, &states[i]); err != nil {
				return fmt.Errorf("decode %s %d: %w", noun, id, err)
			}
		}
		return nil
	}, "SELECT "+noun+"_id, state FROM "+noun+"_state WHERE "+noun+"_id "+db.dialect.among(1), idList(db.dialect, ids))
	if err != nil {
		return nil, fmt.Errorf("load %d %s states: %w", len(ids), noun, err)
	}
	return states, nil
}

// allStates returns every state of a noun of which there are few.
func allStates[T any](ctx context.Context, db *DB, noun string) ([]T, error) {
	var states []T
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var b []byte
		if err := scan(&b); err != nil {
			return err
		}
		var s T
		if err := cbor.Unmarshal(b, &s); err != nil {
			return fmt.Errorf("decode %s: %w", noun, err)
		}
		states = append(states, s)
		return nil
	}, "SELECT state FROM "+noun+"_state ORDER BY "+noun+"_id")
	if err != nil {
		return nil, fmt.Errorf("load all %s states: %w", noun, err)
	}
	return states, nil
}
