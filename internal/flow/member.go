package flow

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"siyu/internal/audience"
	"siyu/internal/audience/index"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// crowdStep is when and where memberships are brought up to date. index is nil
// while it is being built.
type crowdStep struct {
	now   time.Time
	index *index.Index
}

// assign puts changed customers into the index, into the dynamic audiences that
// hold of them now, and out of the others.
func (f *Flow) assign(ctx context.Context, s crowdStep, rows []audience.Row) error {
	changed := map[id.Customer]*index.Changed{}
	all := s.index == nil || s.index.Position().Fact < f.held.ahead
	if s.index != nil {
		list := s.index.Put(rows)
		for i := range list {
			changed[list[i].ID] = &list[i]
		}
	}
	order, by, err := f.inUse(ctx)
	if err != nil || len(order) == 0 {
		return err
	}
	members, err := f.audiences.MembershipsOf(ctx, idsOf(rows))
	if err != nil {
		return err
	}
	news := map[id.Customer]bool{}
	if s.index != nil {
		for _, who := range thaw(s.index, order, idsOf(rows), members) {
			news[who] = true
		}
	}
	a := assignment{flow: f, step: s, by: by, stored: members, moves: map[int64]*moves{}}
	for i := range rows {
		c := changed[rows[i].ID]
		switch {
		case all || news[rows[i].ID]:
			a.customer(order, &rows[i], nil)
		case c != nil:
			a.customer(order, &rows[i], c)
		}
	}
	return a.store(ctx, order)
}

func idsOf(rows []audience.Row) []id.Customer {
	ids := make([]id.Customer, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	return ids
}

// assignment finds out which audiences touched customers enter and leave.
type assignment struct {
	flow   *Flow
	step   crowdStep
	by     map[int64]*readyAudience
	stored map[id.Customer][]int64
	moves  map[int64]*moves
}

// moves is who comes into an audience and who goes.
type moves struct{ came, went []id.Customer }

// customer asks the audiences that can have changed, all of them where nobody
// knows what has.
func (a *assignment) customer(order []*readyAudience, row *audience.Row, changed *index.Changed) {
	asked := audience.Asked{Row: row, Today: event.At(a.step.now).Day()}
	answers := map[int64]bool{}
	asked.Members = func(number int64) bool {
		named := a.by[number]
		if named == nil || named.Kind == Frozen {
			return slices.Contains(a.stored[row.ID], number)
		}
		answer, known := answers[number]
		if !known {
			answer = named.matcher.Matches(asked)
			answers[number] = answer
		}
		return answer
	}
	for _, one := range order {
		if one.Kind == Frozen || changed != nil && !one.concerns(changed) {
			continue
		}
		is, was := one.matcher.Matches(asked), a.was(one, row.ID)
		answers[one.Number] = is
		if is == was {
			continue
		}
		a.move(one, row.ID, is)
	}
}

func (a *assignment) move(one *readyAudience, who id.Customer, in bool) {
	m := a.moves[one.Number]
	if m == nil {
		m = &moves{}
		a.moves[one.Number] = m
	}
	if in {
		m.came = append(m.came, who)
	} else {
		m.went = append(m.went, who)
	}
}

// take finds out where the index has not what is stored of a customer.
func (a *assignment) take(order []*readyAudience, who id.Customer) {
	for _, one := range order {
		members := a.step.index.Members(one.Number)
		if !one.Stored() || !one.Filled || members == nil {
			continue
		}
		if in := slices.Contains(a.stored[who], one.Number); in != members.Has(who) {
			a.move(one, who, in)
		}
	}
}

// was tells whether the customer was in a dynamic audience. Where nobody knows,
// the index being built, nothing is remembered either.
func (a *assignment) was(one *readyAudience, who id.Customer) bool {
	if one.Watched && one.Filled {
		return slices.Contains(a.stored[who], one.Number)
	}
	if a.step.index == nil {
		return false
	}
	members := a.step.index.Members(one.Number)
	return members != nil && members.Has(who)
}

func (a *assignment) store(ctx context.Context, order []*readyAudience) error {
	var changes []MemberChange
	var days []AudienceDay
	for _, one := range order {
		m := a.moves[one.Number]
		if m == nil {
			continue
		}
		if one.Watched && one.Filled {
			changes = append(changes, MemberChange{Audience: one.Number, Came: m.came, Went: m.went})
		}
		if ix := a.step.index; ix != nil && ix.Members(one.Number) != nil && !one.Watched {
			days = append(days, AudienceDay{Audience: one.Number, Day: event.At(a.step.now).Day(), Came: len(m.came), Went: len(m.went)})
		}
	}
	if err := a.flow.changeMembers(ctx, a.step.now, changes); err != nil {
		return err
	}
	if a.step.index == nil {
		return nil
	}
	for number, m := range a.moves {
		if a.step.index.Members(number) != nil {
			a.step.index.Enter(number, m.came, m.went)
		}
	}
	for i := range days {
		days[i].Size = a.step.index.Members(days[i].Audience).Len()
	}
	if len(days) == 0 {
		return nil
	}
	return a.flow.audiences.AddDays(ctx, days)
}

// changeMembers stores who comes and goes together with the facts of it.
func (f *Flow) changeMembers(ctx context.Context, now time.Time, changes []MemberChange) error {
	if len(changes) == 0 {
		return nil
	}
	head, err := f.log.LogHead(ctx)
	if err != nil {
		return err
	}
	for i := range changes {
		c := &changes[i]
		c.At, c.Day = now, event.At(now).Day()
		c.Facts = make([]event.Fact, 0, len(c.Came)+len(c.Went))
		for _, who := range c.Came {
			c.Facts, err = concluded(c.Facts, conclusion{who, now, head}, event.AudienceEntered{Audience: c.Audience})
			if err != nil {
				return err
			}
		}
		for _, who := range c.Went {
			c.Facts, err = concluded(c.Facts, conclusion{who, now, head}, event.AudienceLeft{Audience: c.Audience})
			if err != nil {
				return err
			}
		}
		if err := f.log.Stamp(c.Facts); err != nil {
			return err
		}
	}
	return f.audiences.ChangeMembers(ctx, changes)
}

// conclusion is of whom something is concluded, when, and where the log ended.
// Between two times that a customer enters an audience the log grows by the fact
// of leaving, so that the position tells them apart.
type conclusion struct {
	who  id.Customer
	at   time.Time
	head int64
}

func concluded(facts []event.Fact, c conclusion, body event.Body) ([]event.Fact, error) {
	fact, err := event.New(event.Customer(c.who), c.at, event.FromAudience, [32]byte{1}, body)
	if err != nil {
		return nil, err
	}
	fact.Key = id.Hash(string(fact.Kind), string(fact.Body), strconv.FormatInt(c.head, 10))
	return append(facts, fact), nil
}

// leaveAll takes customers out of all watched audiences, and out of the members
// that the index knows.
func (f *Flow) leaveAll(ctx context.Context, now time.Time, gone []id.Customer) error {
	order, by, err := f.inUse(ctx)
	if err != nil || len(order) == 0 {
		return err
	}
	members, err := f.audiences.MembershipsOf(ctx, gone)
	if err != nil {
		return err
	}
	went := map[int64][]id.Customer{}
	for _, who := range gone {
		for _, number := range members[who] {
			if a := by[number]; a != nil && a.Watched && a.Filled {
				went[number] = append(went[number], who)
			}
		}
	}
	var changes []MemberChange
	for _, a := range order {
		if len(went[a.Number]) > 0 {
			changes = append(changes, MemberChange{Audience: a.Number, Went: went[a.Number]})
		}
		if ix := f.Index(); ix != nil && ix.Members(a.Number) != nil {
			ix.Enter(a.Number, nil, gone)
		}
	}
	return f.changeMembers(ctx, now, changes)
}

// PassDay brings rows and audiences to the business day of now: of whom a window
// has passed the facets are stored anew, and every audience is asked anew. It
// also ends what a night has left when it stopped, and brings the index up to
// what other nodes did. It must not run beside a turn.
func (f *Flow) PassDay(ctx context.Context, now time.Time) error {
	today := event.At(now).Day()
	at, err := f.facets.Progress(ctx, passed)
	if err != nil {
		return err
	}
	judged, err := f.judgings(ctx)
	if err != nil {
		return err
	}
	if at >= today && judged%2 == 0 && f.Index() != nil {
		_, err := f.current(ctx, now)
		return err
	}
	ix, err := f.built(ctx, now)
	if err != nil || at >= today && judged%2 == 0 {
		return err
	}
	if err := f.passWindows(ctx, ix, today); err != nil {
		return fmt.Errorf("bring facets to day %d: %w", today, err)
	}
	if judged%2 != 0 {
		return f.closeNight(ctx, ix, now)
	}
	if err := f.reckon(ctx, ix, now); err != nil {
		return err
	}
	return f.reachDay(ctx, ix, today)
}

// windowsPassed does passWindows where rows are of an earlier business day than now:
// an index that was read today does not tell of whom the stored facets are older.
func (f *Flow) windowsPassed(ctx context.Context, ix *index.Index, now time.Time) error {
	today := event.At(now).Day()
	at, err := f.facets.Progress(ctx, passed)
	if err != nil || at >= today {
		return err
	}
	if err := f.passWindows(ctx, ix, today); err != nil {
		return fmt.Errorf("bring facets to day %d: %w", today, err)
	}
	return nil
}

// passWindows stores anew of whom a value over a window is another today. While
// some are stored the next are read.
func (f *Flow) passWindows(ctx context.Context, ix *index.Index, today int64) error {
	pool, storing := errgroup.WithContext(ctx)
	pool.SetLimit(keepers)
	pace := f.pace()
	err := f.facets.EachMoved(storing, today, turnChunk, func(customers []id.Customer) error {
		rows, err := f.readRows(storing, customers, today)
		if err != nil {
			return err
		}
		pace()
		pool.Go(func() error { return f.facets.SaveFacets(storing, rows) })
		ix.Put(rows)
		return nil
	})
	if failed := pool.Wait(); failed != nil {
		return failed
	}
	return err
}

// reckon asks every dynamic audience anew of everybody. Those that are not filled
// are left to FillMembers.
func (f *Flow) reckon(ctx context.Context, ix *index.Index, now time.Time) error {
	order, _, err := f.inUse(ctx)
	if err != nil {
		return err
	}
	for _, a := range order {
		if a.Kind == Frozen {
			continue
		}
		if err := f.reckonOne(ctx, crowdStep{now, ix}, a); err != nil {
			return fmt.Errorf("ask audience %d of everybody: %w", a.Number, err)
		}
	}
	return nil
}

func (f *Flow) reckonOne(ctx context.Context, s crowdStep, a *readyAudience) error {
	today := event.At(s.now).Day()
	crowd, err := s.index.Evaluate(&a.Rule, org.All(), today)
	if err != nil {
		return err
	}
	before := s.index.Members(a.Number)
	if a.Watched && a.Filled && (before == nil || f.shared) {
		if before, err = f.storedMembers(ctx, s.index, a.Number); err != nil {
			return err
		}
	}
	day := AudienceDay{Audience: a.Number, Day: today, Size: crowd.Len()}
	if before != nil && a.Filled {
		came, went := crowd.AndNot(before), before.AndNot(crowd)
		if a.Watched {
			if err := f.move(ctx, s.now, a.Number, came, went); err != nil {
				return err
			}
		} else {
			day.Came, day.Went = came.Len(), went.Len()
		}
	}
	s.index.SetMembers(a.Number, crowd)
	f.held.rounds[a.Number] = a.Round
	return f.audiences.AddDays(ctx, []AudienceDay{day})
}

// memberChunk is how many members one transaction changes: with their facts
// some 20 ms of the writer.
const memberChunk = 500

// move stores in parts who enters and leaves.
func (f *Flow) move(ctx context.Context, now time.Time, number int64, came, went *index.Crowd) error {
	for some := range slices.Chunk(slices.Collect(came.IDs()), memberChunk) {
		if err := f.changeMembers(ctx, now, []MemberChange{{Audience: number, Came: some}}); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(slices.Collect(went.IDs()), memberChunk) {
		if err := f.changeMembers(ctx, now, []MemberChange{{Audience: number, Went: some}}); err != nil {
			return err
		}
	}
	return nil
}

// storedMembers reads the members of an audience. Those who are not in the
// index are nobody any more.
func (f *Flow) storedMembers(ctx context.Context, ix *index.Index, number int64) (*index.Crowd, error) {
	var all []id.Customer
	err := f.audiences.EachMember(ctx, number, 10*turnChunk, func(some []id.Customer) error {
		all = append(all, some...)
		return nil
	})
	return ix.Crowd(slices.Values(all)), err
}
