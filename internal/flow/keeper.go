package flow

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"siyu/internal/audience"
)

// keepers is how many chunks of a night are stored at a time: while one is
// written the next is packed, so that the writer need not wait.
const keepers = 2

// keeper stores what a night understood and decided while the night goes on.
type keeper struct {
	chunks chan chunk
	failed context.Context // ends once a chunk could not be stored
	group  *errgroup.Group
	rooms  sync.Pool // of *[]InsightRow
}

// chunk is what was understood of some customers and decided about them. They
// stand in no other chunk.
type chunk struct {
	rows  []InsightRow
	part  PlanPart
	moved []audience.Row // whose facets are to be stored
}

func (f *Flow) keep(ctx context.Context) *keeper {
	k := &keeper{chunks: make(chan chunk)}
	k.group, k.failed = errgroup.WithContext(ctx)
	for range keepers {
		k.group.Go(func() error {
			for c := range k.chunks {
				if err := f.store(k.failed, c); err != nil {
					return err
				}
				k.rooms.Put(&c.rows)
			}
			return nil
		})
	}
	return k
}

// room returns n rows to write over, for a chunk.
func (k *keeper) room(n int) []InsightRow {
	if rows, ok := k.rooms.Get().(*[]InsightRow); ok {
		return slices.Grow((*rows)[:0], n)[:n]
	}
	return make([]InsightRow, n)
}

// store returns once somebody stores the chunk, or with an error once one
// before could not be stored.
func (k *keeper) store(c chunk) error {
	select {
	case k.chunks <- c:
		return nil
	case <-k.failed.Done():
		return k.failed.Err()
	}
}

// end waits until everything is stored. No chunk may follow. It returns the
// first error.
func (k *keeper) end() error {
	close(k.chunks)
	return k.group.Wait()
}

func (f *Flow) store(ctx context.Context, c chunk) error {
	return together(
		func() error {
			if len(c.moved) > 0 { // first: an index read after a stop then still sees what has changed
				if err := f.facets.SaveFacets(ctx, c.moved); err != nil {
					return err
				}
			}
			if err := f.known.SaveInsights(ctx, c.rows); err != nil {
				return fmt.Errorf("store insights: %w", err)
			}
			return nil
		},
		func() error { return f.savePlan(ctx, c.part) })
}
