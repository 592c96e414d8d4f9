package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"siyu/internal/audience/index"
	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

var _ web.Calendars = (*Desk)(nil)

// The calendar is added up anew when somebody asks and it is older than
// calendarAge. A page waits for it for calendarPatience, and else shows the one
// before.
const (
	calendarAge      = time.Minute
	calendarPatience = 2 * time.Second
)

// calendars keep what customers will receive as crowds of the audience index, so
// that pages combine bitmaps and never walk customers.
type calendars struct {
	mu     sync.Mutex
	now    *calendar
	making chan struct{} // closed when the one that is added up is there
	failed error
}

// calendar is what customers will receive, as of a moment.
type calendar struct {
	at    time.Time
	today time.Time
	index *index.Index
	items []comingCrowd
	days  [web.CalendarDays]*index.Crowd // who receives anything
	twice [web.CalendarDays]*index.Crowd // who receives more than one thing
	over  [web.CalendarDays]*index.Crowd // who would hear more than the week's budget allows
	posts []comingCrowd
	seen  [web.CalendarDays]*index.Crowd // who sees a post
	// unforeseen are processes that customers enter by what happens to them.
	unforeseen []web.Unforeseen
	work       comingWork
}

// comingCrowd is something that reaches a crowd on a day.
type comingCrowd struct {
	web.Coming
	day   int    // from today
	words string // of a mass message
	crowd *index.Crowd
}

var errAddingUp = errors.New("the calendar is being added up")

// calendar returns the newest calendar.
func (d *Desk) calendar(ctx context.Context) (*calendar, error) {
	ix, err := d.index()
	if err != nil {
		return nil, err
	}
	k := &d.calendars
	k.mu.Lock()
	now := d.Clock.Now()
	fresh := k.now != nil && k.now.index == ix && now.Sub(k.now.at) < calendarAge && k.now.today.Equal(d.today())
	if !fresh && k.making == nil {
		k.making = make(chan struct{})
		go d.makeCalendar(context.WithoutCancel(ctx), ix, now)
	}
	making, last := k.making, k.now
	k.mu.Unlock()
	if fresh {
		return last, nil
	}
	patience := time.NewTimer(calendarPatience)
	defer patience.Stop()
	select {
	case <-making:
	case <-patience.C:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now == nil || !k.now.today.Equal(d.today()) {
		if k.failed != nil {
			return nil, k.failed
		}
		return nil, fault.WithKey(fault.Conflict, "error.calendar_building", errAddingUp)
	}
	return k.now, nil
}

// makeCalendar adds the calendar up and puts it in place.
func (d *Desk) makeCalendar(ctx context.Context, ix *index.Index, now time.Time) {
	m := calendarMaker{Desk: d, index: ix, now: now, today: clock.Day(now, d.Zone), crowds: map[comingKey]*gathered{}, posts: map[comingKey]*posting{}}
	made, err := m.make(ctx)
	k := &d.calendars
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed = err; err == nil {
		k.now = made
	}
	close(k.making)
	k.making = nil
}

// comingKey tells things apart that come on a day.
type comingKey struct {
	kind    web.CalendarKind
	day     int
	process int64
	version int
	step    int
	post    int64
	words   string
	purpose event.Purpose
}

// gathered is what is known of one of them so far.
type gathered struct {
	web.Coming
	customers []id.Customer
}

// calendarMaker adds up one calendar.
type calendarMaker struct {
	*Desk
	index     *index.Index
	now       time.Time
	today     time.Time
	processes map[int64]*flow.Process
	versions  map[[2]int64]*sop.Process
	crowds    map[comingKey]*gathered
	dated     []comingCrowd
	posts     map[comingKey]*posting
	busy      busyMaker
}

func (m *calendarMaker) make(ctx context.Context) (*calendar, error) {
	for _, gather := range []func(context.Context) error{m.readProcesses, m.readGroups, m.addDispatches, m.addByHand, m.addRuns, m.addDates, m.addOwnDates, m.addPosts, m.addPostDates} {
		if err := gather(ctx); err != nil {
			return nil, fmt.Errorf("add up the calendar: %w", err)
		}
	}
	c := &calendar{at: m.now, today: m.today, index: m.index, items: m.dated}
	for key, g := range m.crowds {
		crowd := m.index.Crowd(slices.Values(g.customers))
		if g.N = crowd.Len(); g.N > 0 {
			c.items = append(c.items, comingCrowd{g.Coming, key.day, key.words, crowd})
			m.addGathered(key, crowd)
		}
		g.customers = nil
	}
	slices.SortStableFunc(c.items, compareComing)
	none := m.index.Crowd(slices.Values([]id.Customer(nil)))
	for day := range c.days {
		c.days[day] = none
	}
	for _, item := range c.items {
		c.days[item.day] = c.days[item.day].Or(item.crowd)
	}
	for day := range c.days {
		c.twice[day] = c.atLeast(everything, 2, day, day, c.days[day])
		var err error
		if c.over[day], err = c.overWeek(day, m.Brand.Documents().Rules.Budget.Week); err != nil {
			return nil, err
		}
	}
	if err := m.makePosts(c); err != nil {
		return nil, err
	}
	var err error
	if c.unforeseen, err = m.unforeseen(ctx); err != nil {
		return nil, err
	}
	c.work, err = m.busyDays(ctx, c.unforeseen)
	return c, err
}

// compareComing orders by day, then by who wins a customer whom both reach: what
// nothing holds up, what has left, what leaves first, what falls due first.
func compareComing(a, b comingCrowd) int {
	place := func(k web.CalendarKind) int { return slices.Index(web.CalendarKinds(), k) }
	return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(place(a.Kind), place(b.Kind)), a.At.Compare(b.At), cmp.Compare(a.Process, b.Process),
		cmp.Compare(a.Step.ZH+a.Step.EN, b.Step.ZH+b.Step.EN), cmp.Compare(a.Purpose, b.Purpose), cmp.Compare(a.Batch, b.Batch))
}

func (m *calendarMaker) readProcesses(ctx context.Context) error {
	list, err := m.DB.Processes(ctx)
	m.processes, m.versions = map[int64]*flow.Process{}, map[[2]int64]*sop.Process{}
	for i := range list {
		p := &list[i]
		m.processes[p.Number], m.versions[[2]int64{p.Number, int64(p.Version)}] = p, &p.Document
	}
	return err
}

// version returns the document that a run follows, nil where there is none.
func (m *calendarMaker) version(ctx context.Context, process int64, version int) (*sop.Process, error) {
	key := [2]int64{process, int64(version)}
	if p, known := m.versions[key]; known {
		return p, nil
	}
	all, err := m.DB.ProcessVersions(ctx, process)
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		return nil, err
	}
	m.versions[key] = nil
	for i := range all {
		m.versions[[2]int64{process, int64(all[i].Version)}] = &all[i].Document
	}
	return m.versions[key], nil
}

// dayOf returns how many days from today a moment falls, today for what is late;
// ok is false beyond the calendar.
func (m *calendarMaker) dayOf(at time.Time) (day int, ok bool) {
	if !at.After(m.today) {
		return 0, true
	}
	y, mo, d := at.In(m.Zone).Date()
	day = int(time.Date(y, mo, d, 0, 0, 0, 0, time.UTC).Sub(dateOnly(m.today)) / (24 * time.Hour))
	return day, day < web.CalendarDays
}

func dateOnly(local time.Time) time.Time {
	y, m, d := local.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// gather returns what is known so far of something that comes.
func (m *calendarMaker) gather(key comingKey, first web.Coming) *gathered {
	g := m.crowds[key]
	if g == nil {
		first.Kind = key.kind
		g = &gathered{Coming: first}
		m.crowds[key] = g
	}
	if first.At.Before(g.At) {
		g.At = first.At
	}
	return g
}

// mostDispatches is how many mass messages the calendar looks at: more than a brand
// of thousands of members has at a time.
const mostDispatches = 50_000

// addDispatches adds mass messages that wait, were approved or are with members.
func (m *calendarMaker) addDispatches(ctx context.Context) error {
	list, err := m.DB.Dispatches(ctx, delivery.Query{States: []delivery.State{delivery.Planned, delivery.Claimed, delivery.Calling, delivery.InDoubt},
		Tasks: []delivery.TaskState{delivery.Open}, UntilFrom: m.now, Scope: org.All(), Limit: mostDispatches})
	if err != nil {
		return err
	}
	by := make(map[int64]*delivery.Dispatch, len(list))
	for i := range list {
		by[list[i].ID] = &list[i]
	}
	seen := map[int64]*gathered{}
	const some = 500 // dispatches of one query
	for part := range slices.Chunk(list, some) {
		ids := make([]int64, len(part))
		for i := range part {
			ids[i] = part[i].ID
		}
		err := m.DB.CustomersOfDispatches(ctx, ids, func(dispatch int64, run string, c id.Customer) {
			g := seen[dispatch]
			if g == nil {
				if g = m.gatherDispatch(by[dispatch], run); g == nil {
					return
				}
				seen[dispatch] = g
			}
			g.customers = append(g.customers, c)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// wordsOf returns what a mass message says.
func wordsOf(x *delivery.Dispatch) string { return x.Material + "\x00" + x.Text }

func (m *calendarMaker) gatherDispatch(x *delivery.Dispatch, run string) *gathered {
	day, ok := m.dayOf(x.From)
	if p := m.processes[x.Process]; !ok || x.State == delivery.Planned && p != nil && p.State == flow.ProcessPaused {
		return nil
	}
	key := comingKey{kind: web.ComesOut, day: day, words: wordsOf(x), purpose: x.Purpose}
	switch {
	case x.State == delivery.Planned && x.ApprovedBy == "":
		key.kind = web.ComesWaiting
	case x.State == delivery.Planned:
		key.kind = web.ComesApproved
	}
	coming := web.Coming{Purpose: x.Purpose, Channel: event.MassSend, Batch: x.ID, At: x.From}
	if number, ok := processOfRun(run); ok {
		key.process = number
		if p := m.processes[number]; p != nil {
			coming.Process, coming.Title = p.Name, p.Document.Title
		}
	}
	g := m.gather(key, coming)
	g.Batches++
	return g
}

// processOfRun returns the process whose run a touch's run names.
func processOfRun(run string) (number int64, ok bool) {
	rest, ok := strings.CutPrefix(run, "sop/")
	if !ok {
		return 0, false
	}
	text, _, _ := strings.Cut(rest, "/")
	number, err := strconv.ParseInt(text, 10, 64)
	return number, err == nil
}

func (m *calendarMaker) addByHand(ctx context.Context) error {
	return m.DB.EachHandTask(ctx, m.now, func(t storage.HandTask) {
		if day, ok := m.dayOf(t.From); ok {
			g := m.gather(comingKey{kind: web.ComesOut, day: day, purpose: t.Purpose, words: "hand"}, web.Coming{Purpose: t.Purpose, Channel: event.OneToOne, At: t.From})
			g.customers = append(g.customers, t.Customer)
		}
	})
}

// addRuns adds the steps of runs that fall due, and those of the same lane after
// them, which come if no condition and no stop rule is in the way.
func (m *calendarMaker) addRuns(ctx context.Context) error {
	end := event.At(m.today.AddDate(0, 0, web.CalendarDays))
	var failed error
	err := m.DB.EachRunDue(ctx, end, func(r *sop.Run) {
		p, err := m.version(ctx, r.Process, r.Version)
		installed := m.processes[r.Process]
		if failed = errors.Join(failed, err); p == nil || installed == nil || installed.State != flow.ProcessActive {
			return
		}
		if r.Subject == sop.OfCustomer {
			m.addRun(r, p, end)
		} else {
			m.addPostRun(r, p, end)
		}
		m.addTasks(r, p, end)
	})
	return errors.Join(failed, err)
}

func (m *calendarMaker) addRun(r *sop.Run, p *sop.Process, end event.Instant) {
	reaches := func(s *sop.Step) bool { return s.Channel.Reaches() }
	m.eachStep(r, p, end, reaches, func(key comingKey, s *sop.Step, due time.Time) {
		if s.Service {
			key.kind = web.ComesService
		}
		g := m.gather(key, comingStep(p, s, due))
		g.customers = append(g.customers, r.Customer())
	})
}

// eachStep visits the steps that a run comes to before an end, of those that are wanted:
// the one it waits for, and the later ones of its lane.
func (m *calendarMaker) eachStep(r *sop.Run, p *sop.Process, end event.Instant, wanted func(*sop.Step) bool, visit func(comingKey, *sop.Step, time.Time)) {
	anchor := event.Instant(r.Occurrence).Time()
	for at := r.Step; at < len(p.Steps); at++ {
		s := &p.Steps[at]
		if !wanted(s) || at != r.Step && s.Lane != r.Lane {
			continue
		}
		kind, due := web.ComesStep, r.DueAt
		if at != r.Step {
			kind, due = web.ComesLater, event.At(s.At.From(anchor, m.Zone))
		}
		day, ok := m.dayOf(due.Time())
		if due >= end || !ok {
			return
		}
		visit(comingKey{kind: kind, day: day, process: r.Process, version: r.Version, step: at}, s, due.Time())
	}
}

func comingStep(p *sop.Process, s *sop.Step, at time.Time) web.Coming {
	channel := event.OneToOne
	if s.Channel == sop.Mass {
		channel = event.MassSend
	}
	step := s.Title
	if step.Empty() {
		step = sop.Text{ZH: s.Name, EN: s.Name}
	}
	return web.Coming{Process: p.Name, Title: p.Title, Step: step, Purpose: s.Purpose, Channel: channel, At: at}
}
