package flow

import (
	"context"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"siyu/internal/audience"
	"siyu/internal/audience/index"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
)

// held is the index of this process. While one is read, or was read and nobody
// has brought it up to date yet, pages ask the one before, if there is one.
type held struct {
	reading sync.Mutex
	fresh   atomic.Pointer[readIndex]
	now     atomic.Pointer[index.Index]
	judged  atomic.Int64 // how often everybody had been understood anew

	// Only who turns may use what follows.
	ahead  int64         // position up to which rows may have come before their turn, see runAhead
	rounds map[int64]int // of the audiences whose members the index holds
}

// readIndex is an index as it was read, of a log up to its position.
type readIndex struct {
	index  *index.Index
	judged int64
}

// Index returns what answers rules about everybody, nil while it is being
// built. It is as of the last turn.
func (f *Flow) Index() *index.Index { return f.held.now.Load() }

// OfferIndex hands over an index that was kept in a file, of a time when
// everybody had been understood anew so often. The next turn brings it up to
// date.
func (f *Flow) OfferIndex(ix *index.Index, judged int64) {
	f.held.fresh.Store(&readIndex{ix, judged})
}

// KeptIndex returns the index to keep in a file, and how often everybody had been
// understood anew; nil where it is not as of the last night. It must not run
// beside a turn.
func (f *Flow) KeptIndex(ctx context.Context) (ix *index.Index, judged int64, err error) {
	if judged, err = f.judgings(ctx); err != nil || f.held.judged.Load() != judged {
		return nil, 0, err
	}
	return f.Index(), judged, nil
}

// judgings returns how often everybody was understood anew.
func (f *Flow) judgings(ctx context.Context) (int64, error) { return f.facets.Progress(ctx, judging) }

// BuildIndex reads the index from the database, unless there is one that is as
// of the last night. say is called now and then with how many customers it
// holds. It may run beside turns, the next of which brings it up to date.
func (f *Flow) BuildIndex(ctx context.Context, now time.Time, say func(customers int)) error {
	f.held.reading.Lock()
	defer f.held.reading.Unlock()
	judged, err := f.judgings(ctx)
	if err != nil {
		return err
	}
	if fresh := f.held.fresh.Load(); fresh != nil && fresh.judged == judged {
		return nil
	}
	day, err := f.facets.Progress(ctx, passed)
	if err != nil {
		return err
	}
	if ix := f.Index(); ix != nil && f.held.judged.Load() == judged && ix.Position().Day >= day {
		return nil
	}
	at, err := f.log.Cursor(ctx, Turner)
	if err != nil {
		return fmt.Errorf("read the turn's cursor: %w", err)
	}
	today := event.At(now).Day()
	ix, err := f.readIndex(ctx, today, say)
	if err != nil {
		return fmt.Errorf("read the audience index: %w", err)
	}
	ix.Reach(index.Position{Fact: at, Day: today})
	f.held.fresh.Store(&readIndex{ix, judged})
	return nil
}

// readIndex reads everybody on all processors at once. Ids are hashes, so that
// equal ranges of them hold about as many customers.
func (f *Flow) readIndex(ctx context.Context, today int64, say func(customers int)) (*index.Index, error) {
	ranges := runtime.GOMAXPROCS(0)
	step := id.Customer(math.MaxInt64 / ranges)
	to := gathering{say: say}
	pool, reading := errgroup.WithContext(ctx)
	for i := range ranges {
		of := Whom{First: id.Customer(i)*step + 1, Last: id.Customer(i+1) * step}
		if i == 0 {
			of.First = math.MinInt64
		}
		if i == ranges-1 {
			of.Last = math.MaxInt64
		}
		some := new(rowRoom)
		pool.Go(func() error {
			return f.facets.EachJudged(reading, of, nightChunk, func(states []profile.Customer, judged []Judged) error {
				to.add(some.fill(f, states, judged, today), states)
				return nil
			})
		})
	}
	err := pool.Wait()
	return to.index(), err
}

// gathering is an index that several read customers for.
type gathering struct {
	mu        sync.Mutex
	builder   *index.Builder
	customers int
	say       func(customers int)
}

func (g *gathering) add(rows []audience.Row, states []profile.Customer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.builder == nil {
		g.builder = index.NewBuilder(expected(states))
	}
	g.builder.Add(rows)
	g.customers += len(states)
	g.say(g.customers)
}

func (g *gathering) index() *index.Index {
	if g.builder == nil {
		return index.New()
	}
	return g.builder.Index()
}

// mostExpected is more customers than anybody has: ids that lie denser are no
// hashes and tell nothing.
const mostExpected = 100e6

// expected returns how many customers there are, by how densely the ids of some
// in a row lie among all hashes; those of a chunk that is not full are few.
func expected(states []profile.Customer) int {
	n := len(states)
	if n < nightChunk {
		return n
	}
	const spare = 1.05 // a chunk tells it to within 2 %
	share := float64(states[n-1].ID-states[0].ID) / math.MaxInt64
	if all := spare * float64(n) / share; all < mostExpected {
		return int(all)
	}
	return n
}

// built is current, but reads the index where there is none.
func (f *Flow) built(ctx context.Context, now time.Time) (*index.Index, error) {
	ix, err := f.current(ctx, now)
	if err != nil || ix != nil {
		return ix, err
	}
	if err := f.BuildIndex(ctx, now, func(int) {}); err != nil {
		return nil, err
	}
	return f.current(ctx, now)
}

// current returns the index brought up to the last turn of any node, nil while
// it has to be built. Only who turns may call it.
func (f *Flow) current(ctx context.Context, now time.Time) (*index.Index, error) {
	h := &f.held
	judged, err := f.judgings(ctx)
	if err != nil {
		return nil, err
	}
	if fresh := h.fresh.Swap(nil); fresh != nil && fresh.judged == judged {
		if err := f.adopt(ctx, now, fresh); err != nil {
			return nil, err
		}
	}
	ix := h.now.Load()
	if ix == nil || h.judged.Load() != judged {
		return nil, nil
	}
	if day, err := f.facets.Progress(ctx, passed); err != nil || day > ix.Position().Day {
		return nil, err // another node has brought facets to a new day
	}
	if err := f.catchUp(ctx, crowdStep{now, ix}); err != nil {
		return nil, err
	}
	return ix, f.keepMembers(ctx, ix)
}

// adopt puts an index that was read into use: what happened since is made good,
// and the members of audiences are read or asked.
func (f *Flow) adopt(ctx context.Context, now time.Time, fresh *readIndex) error {
	ix := fresh.index
	if err := f.catchUp(ctx, crowdStep{now, ix}); err != nil {
		return err
	}
	if err := f.runAhead(ctx); err != nil {
		return err
	}
	f.held.rounds = map[int64]int{}
	if err := f.keepMembers(ctx, ix); err != nil {
		return err
	}
	f.held.judged.Store(fresh.judged)
	f.held.now.Store(ix)
	return nil
}

// runAhead notes that rows may have come into the index before a turn asked about
// their customers: of whom facts were folded by somebody who ended before the
// turn, or by an import. The index sees no change when their turn comes. Until
// turns have come to the end of what is folded now, each asks every audience of
// whom it touches.
func (f *Flow) runAhead(ctx context.Context) error {
	at, err := f.log.Cursor(ctx, Reader)
	if err != nil {
		return fmt.Errorf("read the fold's cursor: %w", err)
	}
	f.held.ahead = at
	return nil
}

// keepMembers reads or asks the members of audiences that another node has
// filled since, and forgets those of audiences no longer in use.
func (f *Flow) keepMembers(ctx context.Context, ix *index.Index) error {
	order, by, err := f.inUse(ctx)
	if err != nil {
		return err
	}
	for _, a := range order {
		if a.Filled && f.held.rounds[a.Number] == a.Round && ix.Members(a.Number) != nil {
			continue
		}
		if err := f.adoptMembers(ctx, ix, a); err != nil {
			return err
		}
		if a.Filled {
			f.held.rounds[a.Number] = a.Round
		}
	}
	for number := range f.held.rounds {
		if by[number] == nil {
			ix.Drop(number)
			delete(f.held.rounds, number)
		}
	}
	return nil
}

func (f *Flow) adoptMembers(ctx context.Context, ix *index.Index, a *readyAudience) error {
	if a.Stored() {
		if !a.Filled {
			return nil
		}
		members, err := f.storedMembers(ctx, ix, a.Number)
		if err == nil {
			ix.SetMembers(a.Number, members)
		}
		return err
	}
	members, err := ix.Evaluate(&a.Rule, org.All(), ix.Position().Day)
	if err == nil {
		ix.SetMembers(a.Number, members)
	}
	return err
}

// catchUp takes in whom the facts changed that were turned, by another node or
// before the index was ready, since the index was brought up to date.
func (f *Flow) catchUp(ctx context.Context, s crowdStep) error {
	ix, today := s.index, event.At(s.now).Day()
	at := ix.Position()
	until, err := f.log.Cursor(ctx, Turner)
	if err != nil || until <= at.Fact {
		return err
	}
	changed := map[id.Customer]bool{}
	if err := f.foldedBefore(ctx, at.Fact, folded{after: until, changed: changed}); err != nil {
		return err
	}
	if len(changed) > 0 {
		if err := f.runAhead(ctx); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(changed)), turnChunk) {
		rows, err := f.readRows(ctx, some, today)
		if err != nil {
			return err
		}
		ix.Put(rows)
		there := idsOf(rows)
		gone := slices.DeleteFunc(some, func(c id.Customer) bool { return slices.Contains(there, c) })
		if err := f.enter(ctx, s, rows, gone); err != nil {
			return err
		}
	}
	at.Fact = until
	ix.Reach(at)
	return nil
}

// enter brings the members that the index knows of dynamic audiences up to date,
// and takes out who is gone; what another node stored of them stands.
func (f *Flow) enter(ctx context.Context, s crowdStep, rows []audience.Row, gone []id.Customer) error {
	ix := s.index
	defer ix.Remove(gone)
	order, by, err := f.inUse(ctx)
	if err != nil || len(order) == 0 {
		return err
	}
	stored, err := f.audiences.MembershipsOf(ctx, idsOf(rows))
	if err != nil {
		return err
	}
	a := assignment{flow: f, step: s, by: by, stored: stored, moves: map[int64]*moves{}}
	unwatched := slices.DeleteFunc(slices.Clone(order), func(one *readyAudience) bool { return one.Watched })
	for i := range rows {
		a.customer(unwatched, &rows[i], nil)
		a.take(order, rows[i].ID)
	}
	for _, one := range order {
		if m := a.moves[one.Number]; m != nil && ix.Members(one.Number) != nil {
			ix.Enter(one.Number, m.came, m.went)
		}
		if len(gone) > 0 && ix.Members(one.Number) != nil {
			ix.Enter(one.Number, nil, gone)
		}
	}
	return nil
}

// judgeAnew notes that everybody is being understood anew, which leaves the
// number odd, or was, which leaves it even: what any node or file knows of
// insights is no longer true.
func (f *Flow) judgeAnew(ctx context.Context, begun int64) error {
	n, err := f.judgings(ctx)
	if err != nil {
		return err
	}
	for n++; n%2 != begun; {
		n++
	}
	if err := f.facets.SetProgress(ctx, judging, n); err != nil {
		return err
	}
	f.held.judged.Store(n)
	return nil
}

// reachDay notes that rows and audiences are of a business day.
func (f *Flow) reachDay(ctx context.Context, ix *index.Index, today int64) error {
	ix.Reach(index.Position{Fact: ix.Position().Fact, Day: today})
	return f.facets.SetProgress(ctx, passed, today)
}

// misjudged is what held.judged is after a night that failed: rows of the index
// may be ahead of what is stored.
const misjudged = -1

// closeNight asks the audiences of a night's rows, after all of them were put
// into the index.
func (f *Flow) closeNight(ctx context.Context, ix *index.Index, now time.Time) error {
	if err := f.reckon(ctx, ix, now); err != nil {
		return err
	}
	if err := f.reachDay(ctx, ix, event.At(now).Day()); err != nil {
		return err
	}
	return f.judgeAnew(ctx, 0)
}
