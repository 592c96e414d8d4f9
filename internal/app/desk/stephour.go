package desk

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"siyu/internal/audience/index"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight/capacity"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// busies tells whether a step takes time of a member.
func busies(s *sop.Step) bool { return s.Channel.Reaches() || s.Channel.Manual() }

// stepKind returns which kind of work a step is.
func stepKind(p *sop.Process, s *sop.Step) capacity.Kind {
	switch {
	case p.Subject == sop.OfGroup || s.Channel == sop.Group || s.Channel == sop.Moments:
		return capacity.StepGroup
	case s.Purpose.Sells():
		return capacity.StepSell
	case s.Service || s.Purpose == event.Serve:
		return capacity.StepServe
	}
	return capacity.Step
}

// stepTakes returns how long a step takes its member: what it says itself, else what
// is usual. Of mass messages and posts it is one confirmation.
func stepTakes(p *sop.Process, s *sop.Step, usual capacity.Settings) time.Duration {
	switch {
	case s.Minutes > 0:
		return time.Duration(s.Minutes * float64(time.Minute))
	case s.Channel == sop.Mass || s.Posts(p.Subject):
		return usual.Each(capacity.Mass)
	}
	return usual.Each(capacity.Step)
}

// stepCount is how often a step of a process is a member's to do in a store.
type stepCount struct {
	storage.StepRef
	store id.Store
	n     int
}

// addStepCounts adds steps to the work of stores, as the version says to which they
// belong.
func (d *Desk) addStepCounts(ctx context.Context, w work, counts []stepCount) error {
	usual := d.Brand.Documents().Capacity
	for _, c := range counts {
		p, err := d.document(ctx, c.Process, c.Version)
		if err != nil {
			return err
		}
		if c.Step >= len(p.Steps) || !busies(&p.Steps[c.Step]) {
			continue
		}
		s := &p.Steps[c.Step]
		w.of(c.store).AddSteps(c.Process, stepKind(p, s), c.n, stepTakes(p, s, usual))
	}
	return nil
}

// addSteps adds the steps of standard processes that members were given today, and the
// tasks of days before that still wait. A mass message is one confirmation of each
// member; its customers cost no time.
func (d *Desk) addSteps(ctx context.Context, w work) error {
	given, err := d.DB.StepsGivenOn(ctx, d.today())
	if err != nil {
		return err
	}
	left, err := d.DB.StepsLeft(ctx, d.today())
	if err != nil {
		return err
	}
	tomorrow := d.today().AddDate(0, 0, 1)
	var counts []stepCount
	for _, g := range given {
		c := stepCount{storage.StepRef{Process: g.Process, Version: g.Version, Step: g.Step}, g.Store, g.N}
		if p, err := d.document(ctx, g.Process, g.Version); err == nil && g.Step < len(p.Steps) && p.Steps[g.Step].Channel == sop.Mass {
			c.n = 1
		}
		counts = append(counts, c)
	}
	for _, l := range left {
		if l.From.Before(tomorrow) {
			counts = append(counts, stepCount{l.StepRef, l.Store, l.N})
		}
	}
	return d.addStepCounts(ctx, w, counts)
}

// comingStepKey names a step that comes on a day of the calendar in a store.
type comingStepKey struct {
	storage.StepRef
	day   int // from today
	store id.Store
}

// comingWork is what processes will give members, as far as the calendar looks.
type comingWork map[comingStepKey]int

// of returns the steps of a day.
func (w comingWork) of(day int) (counts []stepCount) {
	for k, n := range w {
		if k.day == day {
			counts = append(counts, stepCount{k.StepRef, k.store, n})
		}
	}
	return counts
}

// busyMaker gathers comingWork while a calendar is added up.
type busyMaker struct {
	work   comingWork
	tasks  map[comingStepKey][]id.Customer // about customers, by step and day
	owners map[id.Group]id.Staff
	teams  map[id.Store]capacity.Team
}

func (m *calendarMaker) readGroups(ctx context.Context) error {
	m.busy = busyMaker{work: comingWork{}, tasks: map[comingStepKey][]id.Customer{}, owners: map[id.Group]id.Staff{}, teams: m.teams(org.All())}
	groups, err := m.DB.Groups(ctx)
	for i := range groups {
		m.busy.owners[groups[i].ID] = groups[i].Owner
	}
	return err
}

// storeOf returns the store whose members work for a subject that is no customer.
func (m *calendarMaker) storeOf(subject sop.Subject, number int64) id.Store {
	switch subject {
	case sop.OfGroup:
		return m.Brand.StoreOf(m.busy.owners[id.Group(number)])
	case sop.OfStore:
		return id.Store(number)
	}
	return m.Brand.StoreOf(id.Staff(number))
}

// addTasks adds the tasks of members that a run comes to. Contacts are added with
// their crowds.
func (m *calendarMaker) addTasks(r *sop.Run, p *sop.Process, end event.Instant) {
	customer := r.Subject == sop.OfCustomer
	wanted := func(s *sop.Step) bool { return s.Channel.Manual() || !customer && busies(s) }
	m.eachStep(r, p, end, wanted, func(key comingKey, _ *sop.Step, _ time.Time) {
		k := comingStepKey{StepRef: storage.StepRef{Process: key.process, Version: key.version, Step: key.step}, day: key.day}
		if customer {
			m.busy.tasks[k] = append(m.busy.tasks[k], r.Customer())
			return
		}
		k.store = m.storeOf(r.Subject, r.ID)
		m.busy.work[k]++
	})
}

// addCrowd adds a step that comes to a crowd of customers, by their stores.
func (m *calendarMaker) addCrowd(k comingStepKey, channel sop.Channel, crowd *index.Crowd) {
	const everyStore = 1 << 20
	for _, share := range crowd.Split("store", everyStore) {
		k.store = id.Store(share.Value)
		n := share.Count
		if channel == sop.Mass { // one confirmation of each member who holds some of them
			n = min(n, m.busy.teams[k.store].Members)
		}
		m.busy.work[k] += n
	}
}

// addGathered adds contacts of runs, of whom the calendar knows the crowds.
func (m *calendarMaker) addGathered(key comingKey, crowd *index.Crowd) {
	if !slices.Contains([]web.CalendarKind{web.ComesStep, web.ComesLater, web.ComesService}, key.kind) {
		return // what was given already has been counted when it was
	}
	if p := m.versions[[2]int64{key.process, int64(key.version)}]; p != nil {
		m.addCrowd(comingStepKey{StepRef: storage.StepRef{Process: key.process, Version: key.version, Step: key.step}, day: key.day}, p.Steps[key.step].Channel, crowd)
	}
}

// eachDated visits the steps of a date for which nobody has entered yet.
func (m *calendarMaker) eachDated(p *flow.Process, date sop.Day, visit func(comingStepKey, *sop.Step)) {
	for at := range p.Document.Steps {
		s := &p.Document.Steps[at]
		due := s.At.From(date.Start(m.Zone), m.Zone)
		if day, ok := m.dayOf(due); ok && s.Lane == "" && busies(s) && !due.Before(m.today) {
			visit(comingStepKey{StepRef: storage.StepRef{Process: p.Number, Version: p.Version, Step: at}, day: day}, s)
		}
	}
}

// addDatedCrowd adds the steps of a date for customers who would enter.
func (m *calendarMaker) addDatedCrowd(p *flow.Process, date sop.Day, crowd *index.Crowd) {
	if crowd.Len() > 0 {
		m.eachDated(p, date, func(k comingStepKey, s *sop.Step) { m.addCrowd(k, s.Channel, crowd) })
	}
}

// addDatedSubjects adds the steps of a date for groups, stores or members.
func (m *calendarMaker) addDatedSubjects(p *flow.Process, date sop.Day, subjects []int64) {
	m.eachDated(p, date, func(k comingStepKey, _ *sop.Step) {
		for _, subject := range subjects {
			k.store = m.storeOf(p.Document.Subject, subject)
			m.busy.work[k]++
		}
	})
}

// busyDays returns all that was gathered, with what those who enter by what happens to
// them on a usual day will come to, and with tasks that members have put off.
func (m *calendarMaker) busyDays(ctx context.Context, usual []web.Unforeseen) (comingWork, error) {
	for k, customers := range m.busy.tasks {
		m.addCrowd(k, sop.Task, m.index.Crowd(slices.Values(customers)))
	}
	left, err := m.DB.StepsLeft(ctx, m.today)
	if err != nil {
		return nil, err
	}
	for _, l := range left {
		if day, ok := m.dayOf(l.From); ok && day > 0 {
			m.busy.work[comingStepKey{l.StepRef, day, l.Store}] += l.N
		}
	}
	for _, p := range m.processes {
		at := slices.IndexFunc(usual, func(u web.Unforeseen) bool { return u.Process.Name == p.Name })
		if at < 0 || usual[at].Usual == 0 {
			continue
		}
		if err := m.addUsual(ctx, p, usual[at].Usual); err != nil {
			return nil, err
		}
	}
	return m.busy.work, nil
}

// addUsual adds the steps of those who will enter a process on the days after today,
// so many a day, as stores were given its steps lately.
func (m *calendarMaker) addUsual(ctx context.Context, p *flow.Process, entering float64) error {
	stores, err := m.usualStores(ctx, p)
	if err != nil {
		return err
	}
	for at := range p.Document.Steps {
		s := &p.Document.Steps[at]
		if s.Lane != "" || !busies(s) {
			continue
		}
		for day := 1 + s.At.Days; day < web.CalendarDays; day++ {
			for _, c := range apportioned(entering, stores) {
				k := comingStepKey{storage.StepRef{Process: p.Number, Version: p.Version, Step: at}, day, c.store}
				n := c.n
				if s.Channel == sop.Mass {
					n = min(n, m.busy.teams[c.store].Members)
				}
				m.busy.work[k] += n
			}
		}
	}
	return nil
}

// usualStores returns how often stores were given steps of a process lately, else how
// many members they have.
func (m *calendarMaker) usualStores(ctx context.Context, p *flow.Process) (stores []stepCount, err error) {
	today := event.At(m.today).Day()
	sums, err := m.DB.StepSums(ctx, storage.StepSumQuery{Scope: org.All(), Process: p.Number, From: today - usualDays, To: today, ByStore: true, Of: storage.OfSteps})
	if err != nil {
		return nil, err
	}
	for _, s := range sums {
		if s.Figure == sop.Figure(sop.Given) {
			stores = append(stores, stepCount{store: s.Store, n: s.N})
		}
	}
	if len(stores) == 0 {
		for store, team := range m.busy.teams {
			stores = append(stores, stepCount{store: store, n: team.Members})
		}
	}
	return stores, nil
}

// apportioned spreads a number over places by their weights: whole numbers that add up
// to it, rounded, by largest remainders.
func apportioned(total float64, weights []stepCount) []stepCount {
	sum := 0
	for _, w := range weights {
		sum += w.n
	}
	if sum == 0 {
		return nil
	}
	left := int(math.Round(total))
	shares := make([]stepCount, len(weights))
	rest := map[id.Store]float64{}
	for i, w := range weights {
		exact := math.Round(total) * float64(w.n) / float64(sum)
		shares[i] = stepCount{store: w.store, n: int(exact)}
		left -= shares[i].n
		rest[w.store] = exact - math.Floor(exact)
	}
	slices.SortFunc(shares, func(a, b stepCount) int {
		return cmp.Or(cmp.Compare(rest[b.store], rest[a.store]), cmp.Compare(a.store, b.store))
	})
	for i := range left {
		shares[i].n++
	}
	return shares
}
