package storage

import (
	"context"
	"fmt"

	"siyu/internal/delivery"
)

var massTallyTable = table{name: "mass_tally", key: []string{"dispatch_id", "state", "because"}, known: add, columns: []column{
	{"dispatch_id", bigint}, {"state", text}, {"because", text}, {"customers", bigint}}}

// massTally is how many customers of mass messages more, or fewer, something became of.
type massTally map[tallyKey]int64

type tallyKey struct {
	dispatch int64
	state    delivery.TouchState
	because  string
}

func (m massTally) add(touches []delivery.Touch, n int64) {
	for i := range touches {
		if t := &touches[i]; t.Dispatch != 0 {
			m[tallyKey{t.Dispatch, t.State, t.Because}] += n
		}
	}
}

func (tx *Tx) changeTally(ctx context.Context, change massTally) error {
	var rows [][]any
	for k, n := range change {
		if n != 0 {
			rows = append(rows, []any{k.dispatch, string(k.state), k.because, n})
		}
	}
	_, err := tx.put(ctx, massTallyTable, rows)
	return err
}

// addMassTouches stores the touches of mass messages whose key is new, and counts them.
func (tx *Tx) addMassTouches(ctx context.Context, dispatch int64, touches []delivery.Touch) (added int, err error) {
	if added, err = tx.addTouches(ctx, touches); err != nil || added == 0 {
		return added, err
	}
	if added == len(touches) {
		change := massTally{}
		change.add(touches, 1)
		return added, tx.changeTally(ctx, change)
	}
	if _, err := tx.exec(ctx, "DELETE FROM mass_tally WHERE dispatch_id = $1", dispatch); err != nil {
		return added, fmt.Errorf("count customers of dispatch %d anew: %w", dispatch, err)
	}
	_, err = tx.exec(ctx, "INSERT INTO mass_tally (dispatch_id, state, because, customers) SELECT dispatch_id, state, because, count(*) FROM touch"+
		" WHERE dispatch_id = $1 AND dispatch_id <> 0 GROUP BY dispatch_id, state, because", dispatch)
	return added, err
}
