package flow

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"siyu/internal/audience"
	"siyu/internal/audience/index"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// The works that Facets.Progress knows.
const (
	filling = "fill"   // customers up to this one had facets when Siyu learned of facets
	passed  = "day"    // the business day that rows and audiences are of
	judging = "judged" // how often everybody was understood anew
)

// regard refreshes what rules see of touched customers and in which audiences
// they are. There is a row for each state.
func (f *Flow) regard(ctx context.Context, now time.Time, states []profile.Customer, known []InsightRow) error {
	rows, gone := make([]audience.Row, 0, len(states)), []id.Customer{}
	today := event.At(now).Day()
	for i := range states {
		if merged(states[i]) || states[i].FirstSeen == 0 {
			gone = append(gone, states[i].ID)
			continue
		}
		rows = append(rows, audience.NewRow(audience.Subject{Profile: &states[i], Insight: &known[i].Customer, Store: known[i].Store}, today))
	}
	if err := f.facets.SaveFacets(ctx, rows); err != nil {
		return err
	}
	if err := f.keepWords(ctx, states); err != nil {
		return err
	}
	ix, err := f.current(ctx, now)
	if err != nil {
		return err
	}
	if rows, err = f.withHeirs(ctx, now, states, rows); err != nil {
		return err
	}
	if err := f.vanish(ctx, now, gone); err != nil {
		return err
	}
	if err := f.assign(ctx, crowdStep{now, ix}, rows); err != nil { // the turn comes again, and the index may have the rows already
		return errors.Join(err, f.runAhead(context.WithoutCancel(ctx)))
	}
	return nil
}

// withHeirs hands frozen audiences on to who answers for their members, and
// returns the rows together with those of whom that changed.
func (f *Flow) withHeirs(ctx context.Context, now time.Time, states []profile.Customer, rows []audience.Row) ([]audience.Row, error) {
	changed, err := f.inherit(ctx, now, states)
	if err != nil || len(changed) == 0 {
		return rows, err
	}
	there := idsOf(rows)
	changed = slices.DeleteFunc(changed, func(c id.Customer) bool { return slices.Contains(there, c) })
	more, err := f.readRows(ctx, changed, event.At(now).Day())
	return append(rows, more...), err
}

// vanish takes customers for whom somebody else answers out of everything that
// rules see, and out of all audiences.
func (f *Flow) vanish(ctx context.Context, now time.Time, gone []id.Customer) error {
	if len(gone) == 0 {
		return nil
	}
	if err := f.leaveAll(ctx, now, gone); err != nil {
		return err
	}
	if err := f.facets.ForgetFacets(ctx, gone); err != nil {
		return err
	}
	if ix := f.Index(); ix != nil {
		ix.Remove(gone)
	}
	return nil
}

// nightRows is room for the rows of a night's chunk, used again and again, with a
// maker for each processor.
type nightRows struct {
	makers []audience.RowMaker
	rows   []audience.Row
}

// regardAll is regard for a chunk of a night. It returns the rows of whom facts,
// passing time or another store of their owner's changed the facets, to be stored.
func (r *nightRows) regardAll(n *night, states []profile.Customer, known []InsightRow) []audience.Row {
	today := event.At(n.world.Now).Day()
	r.rows = slices.Grow(r.rows[:0], len(states))[:len(states)]
	if r.makers == nil {
		r.makers = make([]audience.RowMaker, runtime.GOMAXPROCS(0))
	}
	inShares(len(states), func(p, begin, end int) {
		for i := begin; i < end; i++ {
			r.makers[p].Fill(&r.rows[i], audience.Subject{Profile: &states[i], Insight: &known[i].Customer, Store: known[i].Store}, today)
		}
	})
	moved := n.movedRows(r.rows, n.index.Put(r.rows))
	for i := range moved { // they are stored while the room is used again
		moved[i] = moved[i].Clone()
	}
	return moved
}

// movedRows returns the rows of those of whom more has changed than what is
// understood anew every night, and of all of whom facts arrived: an index that was
// read meanwhile knows those already. changed is in the order of rows.
func (n *night) movedRows(rows []audience.Row, changed []index.Changed) []audience.Row {
	var moved []audience.Row
	for i := range rows {
		_, is := slices.BinarySearch(n.touched, rows[i].ID)
		if len(changed) > 0 && changed[0].ID == rows[i].ID {
			c := changed[0]
			changed = changed[1:]
			is = is || c.New || len(c.Refs) > 0 || slices.ContainsFunc(c.Columns, func(column int) bool { return !n.flow.judged[column] })
		}
		if is {
			moved = append(moved, rows[i])
		}
	}
	return moved
}

func mergedOf(states []profile.Customer) []id.Customer {
	var gone []id.Customer
	for i := range states {
		if merged(states[i]) {
			gone = append(gone, states[i].ID)
		}
	}
	return gone
}

// judgedColumns tells of each column whether it is understood anew every night.
func judgedColumns() []bool {
	var judged []bool
	for _, c := range audience.Columns() {
		judged = append(judged, c.Field.Judged)
	}
	return judged
}

// subject is a state as it is understood, nil where nothing was understood yet.
// Its store is as of then too: a night sees by it whose owner works elsewhere
// now. A customer whom nothing is known of has no row.
func (f *Flow) subject(c *profile.Customer, known *Judged) (s audience.Subject, has bool) {
	if merged(*c) || c.FirstSeen == 0 {
		return s, false
	}
	s.Profile = c
	if known != nil {
		s.Insight, s.Store = &known.Customer, known.Store
	} else if owner := c.Owner(); owner != 0 {
		s.Store = f.storeOf(owner)
	}
	return s, true
}

// readRows reads customers and what is understood of them.
func (f *Flow) readRows(ctx context.Context, customers []id.Customer, today int64) ([]audience.Row, error) {
	states, err := f.states.LoadCustomers(ctx, customers)
	if err != nil {
		return nil, fmt.Errorf("load customers: %w", err)
	}
	judged, err := f.facets.Judged(ctx, customers)
	if err != nil {
		return nil, err
	}
	place := make(map[id.Customer]*Judged, len(judged))
	for i := range judged {
		place[judged[i].ID] = &judged[i]
	}
	rows := make([]audience.Row, 0, len(states))
	for i := range states {
		if s, has := f.subject(&states[i], place[states[i].ID]); has {
			rows = append(rows, audience.NewRow(s, today))
		}
	}
	return rows, nil
}

// rowRoom is room for the rows of a chunk, used again and again.
type rowRoom struct {
	maker audience.RowMaker
	rows  []audience.Row
}

// fill returns the rows of states; judged is beside them, with the id 0 where
// nothing was understood.
func (r *rowRoom) fill(f *Flow, states []profile.Customer, judged []Judged, today int64) []audience.Row {
	r.rows = slices.Grow(r.rows[:0], len(states))
	for i := range states {
		known := &judged[i]
		if known.ID == 0 {
			known = nil
		}
		if s, has := f.subject(&states[i], known); has {
			r.rows = r.rows[:len(r.rows)+1]
			r.maker.Fill(&r.rows[len(r.rows)-1], s, today)
		}
	}
	return r.rows
}

// fillChunk is how many customers get their first facets at a time: so much
// work that a turn need not wait a tenth of a second for it.
const fillChunk = 1000

// FillFacets stores facets of the next customers who were there before Siyu
// knew facets, and tells whether there are more. What was done stays after a
// stop. It must not run beside a turn.
func (f *Flow) FillFacets(ctx context.Context, now time.Time) (more bool, err error) {
	at, err := f.facets.Progress(ctx, filling)
	if err != nil || at == math.MaxInt64 {
		return false, err
	}
	of, some, today := Whom{First: id.Customer(at) + 1, Last: math.MaxInt64}, new(rowRoom), event.At(now).Day()
	if at == 0 {
		of.First = math.MinInt64
	}
	err = f.facets.EachJudged(ctx, of, fillChunk, func(states []profile.Customer, known []Judged) error {
		if err := f.facets.SaveFacets(ctx, some.fill(f, states, known, today)); err != nil {
			return err
		}
		if err := f.keepWords(ctx, states); err != nil {
			return err
		}
		if err := f.facets.SetProgress(ctx, filling, int64(states[len(states)-1].ID)); err != nil {
			return err
		}
		return errStop
	})
	if errors.Is(err, errStop) {
		return true, nil
	}
	if err == nil {
		err = f.facets.SetProgress(ctx, filling, math.MaxInt64)
	}
	return false, err
}

// words are the texts behind codes that this process has stored already.
type words struct {
	mu     sync.Mutex
	stored map[Word]bool
}

// mostWords bounds what is remembered, about 10 MB; then it begins again.
const mostWords = 100_000

// keepWords stores the texts behind codes of the customers' rows.
func (f *Flow) keepWords(ctx context.Context, states []profile.Customer) error {
	var fresh []Word
	f.words.mu.Lock()
	note := func(field, text string) {
		if w := (Word{field, text}); text != "" && !f.words.stored[w] {
			if f.words.stored == nil || len(f.words.stored) >= mostWords {
				f.words.stored = map[Word]bool{}
			}
			f.words.stored[w] = true
			fresh = append(fresh, w)
		}
	}
	for i := range states {
		c := &states[i]
		for _, r := range c.Relations {
			note("channel", r.State)
			for _, tag := range r.Tags {
				note("tags", tag)
			}
		}
		note("campaign", c.Described.Campaign)
		note("city", c.Described.City)
		note("level", c.Described.Level)
	}
	f.words.mu.Unlock()
	if len(fresh) == 0 {
		return nil
	}
	if err := f.facets.SaveWords(ctx, fresh); err != nil {
		f.words.mu.Lock()
		f.words.stored = nil
		f.words.mu.Unlock()
		return err
	}
	return nil
}
