package desk

import (
	"cmp"
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"siyu/internal/app/brand"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/capacity"
	"siyu/internal/org"
	"siyu/internal/web"
)

var _ web.Organisation = (*Desk)(nil)

// Organisation implements web.Organisation.
func (d *Desk) Organisation(ctx context.Context, scope org.Scope) (web.OrganisationView, error) {
	doc := d.Brand.Documents()
	v := web.OrganisationView{Day: d.today(), Version: doc.Versions[brand.CapacityDoc], Settings: doc.Capacity, Brand: scope.Everything}
	w, coming, err := d.load(ctx)
	if err != nil {
		return v, err
	}
	teams := d.teams(scope)
	names, areas := d.storeNames()
	for store, balance := range d.balances(scope, w, v.Day) {
		v.Stores = append(v.Stores, web.StoreBalance{Store: store, Name: names[store], Area: areas[store], Balance: balance})
	}
	slices.SortFunc(v.Stores, func(a, b web.StoreBalance) int {
		return cmp.Or(cmp.Compare(a.Left(), b.Left()), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Store, b.Store))
	})
	addStops(&v)
	if err := d.addDays(ctx, scope, coming, &v); err != nil {
		return v, err
	}
	if err := d.addProcesses(ctx, coming, &v); err != nil || !scope.Everything {
		return v, err
	}
	v.Rules, v.Limit, v.Fits = doc.Versions[brand.RulesDoc], doc.Rules.Capacity, d.fits(teams, w)
	return v, d.addTeams(ctx, &v, teams)
}

// balances returns the work of stores against the time of their members on a day: the
// time that the brand says they have, and while nobody has said it, what plans count on.
func (d *Desk) balances(scope org.Scope, w work, day time.Time) map[id.Store]capacity.Balance {
	doc := d.Brand.Documents()
	measured, hands := doc.Versions[brand.CapacityDoc] > 0, d.hands(scope, day)
	list := map[id.Store]capacity.Balance{}
	for store, team := range d.teams(scope) {
		if measured {
			list[store] = doc.Capacity.BalanceOf(team, w[store], d.timeOf(day))
		} else {
			list[store] = doc.Capacity.BalanceByPlan(team, w[store], hands[store])
		}
	}
	return list
}

// hands returns for how many contacts by hand plans have room on a day, by store.
func (d *Desk) hands(scope org.Scope, day time.Time) map[id.Store]int {
	rules, hands := d.Brand.Documents().Rules, map[id.Store]int{}
	for _, s := range d.Brand.Org().Staff {
		if s.Active && s.Contact && d.covers(scope, s.ID) {
			hands[s.Store] += rules.HandsOf(s, day)
		}
	}
	return hands
}

// fits returns which limit of contacts a member and day the time has room for that
// members have on a usual day, beside today's groups, Moments and confirmations.
func (d *Desk) fits(teams map[id.Store]capacity.Team, w work) int {
	settings, whole := d.Brand.Documents().Capacity, capacity.Balance{}
	for store, team := range teams {
		whole.Add(settings.BalanceOf(team, w[store], 1))
	}
	return settings.Contacts(whole)
}

// load returns the work of today by store, and what the calendar says of the days
// after it: nil while that is being added up.
func (d *Desk) load(ctx context.Context) (today work, coming comingWork, err error) {
	today = work{}
	for _, fill := range []func(context.Context, work) error{d.addPlanned, d.addMassSends, d.addLeftOver, d.addSteps, d.addGroups} {
		if err := fill(ctx, today); err != nil {
			return nil, nil, err
		}
	}
	c, err := d.calendar(ctx)
	if fault.CodeOf(err) == fault.Conflict {
		return today, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return today, c.work, d.addStepCounts(ctx, today, c.work.of(0))
}

// timeOf returns which share of a usual day's time for customers the weekday has.
func (d *Desk) timeOf(day time.Time) float64 {
	if shares := d.Brand.Documents().Rules.Weekdays; len(shares) == 7 {
		return shares[day.Weekday()]
	}
	return 1
}

// addStops adds up what to stop in the stores that are short: what others have
// left does not help them.
func addStops(v *web.OrganisationView) {
	for _, b := range v.Stores {
		v.Whole.Add(b.Balance)
		if !b.Short() {
			continue
		}
		v.Short++
		v.Missing -= b.Left()
		list, lacks := b.Stops()
		v.Lacks += lacks
		v.Stops = capacity.AddStops(v.Stops, list)
	}
}

// teams returns who may hold customers, by store.
func (d *Desk) teams(scope org.Scope) map[id.Store]capacity.Team {
	teams, usual := map[id.Store]capacity.Team{}, d.Brand.Documents().Rules.Capacity
	for _, s := range d.Brand.Org().Staff {
		if s.Active && s.Contact && d.covers(scope, s.ID) {
			team := teams[s.Store]
			team.Add(s.Capacity, usual)
			teams[s.Store] = team
		}
	}
	return teams
}

func (d *Desk) storeNames() (names, areas map[id.Store]string) {
	names, areas = map[id.Store]string{}, map[id.Store]string{}
	for _, s := range d.Brand.Org().Stores {
		names[s.ID], areas[s.ID] = s.Name, s.Area
	}
	return names, areas
}

// work is the load of stores.
type work map[id.Store]capacity.Load

func (w work) of(store id.Store) capacity.Load {
	if w[store] == nil {
		w[store] = capacity.Load{}
	}
	return w[store]
}

// byHand returns the kind of a contact by hand.
func byHand(p event.Purpose, limiting insight.Part) capacity.Kind {
	switch {
	case p.Sells() && limiting == insight.Trust:
		return capacity.SellDistrust
	case p.Sells():
		return capacity.Sell
	case p == event.Invite:
		return capacity.Invite
	case p == event.Greet:
		return capacity.Greet
	case p == event.Serve:
		return capacity.Serve
	}
	return capacity.Ask
}

// addPlanned adds what the day's plan gives members by hand, and what it would,
// had they more time.
func (d *Desk) addPlanned(ctx context.Context, w work) error {
	plan, err := d.DB.PlanByStore(ctx, d.today())
	for _, c := range plan {
		w.of(c.Store).Add(byHand(c.Purpose, c.Limiting), c.Customers)
	}
	return err
}

func (d *Desk) addMassSends(ctx context.Context, w work) error {
	list, err := d.DB.MassSendsOf(ctx, d.today())
	for _, x := range list {
		k := capacity.Mass
		if x.Purpose.Sells() {
			k = capacity.SellMass
		}
		w.of(d.Brand.StoreOf(x.Staff)).Add(k, x.N)
	}
	return err
}

func (d *Desk) addLeftOver(ctx context.Context, w work) error {
	list, err := d.DB.LeftOver(ctx, d.today())
	for _, x := range list {
		w.of(x.Store).Add(byHand(x.Purpose, ""), x.N)
	}
	return err
}

func (d *Desk) addGroups(ctx context.Context, w work) error {
	groups, err := d.DB.Groups(ctx)
	for i := range groups {
		if groups[i].Dismissed == 0 && groups[i].Owner != 0 {
			w.of(d.Brand.StoreOf(groups[i].Owner)).Add(capacity.Groups, 1)
		}
	}
	return err
}

// addTeams adds what is said of members and teams of the whole brand.
func (d *Desk) addTeams(ctx context.Context, v *web.OrganisationView, teams map[id.Store]capacity.Team) error {
	done, err := d.executed(ctx)
	if err != nil {
		return err
	}
	crews := map[id.Store]capacity.Crew{}
	for store, team := range teams {
		if store != 0 {
			crews[store] = capacity.Crew{Store: store, Members: team.Members}
		}
	}
	for _, e := range done {
		store := d.Brand.StoreOf(e.Staff)
		if c, known := crews[store]; known {
			c.Due, c.OnTime = c.Due+e.Due, c.OnTime+e.OnTime
			crews[store] = c
		}
	}
	list := make([]capacity.Crew, 0, len(crews))
	for _, c := range crews {
		list = append(list, c)
	}
	v.Span = capacity.SpanOf(list)
	names, areas := d.storeNames()
	for _, c := range v.Span.Watch {
		v.Watch = append(v.Watch, web.WatchedTeam{Crew: c, Name: names[c.Store], Area: areas[c.Store]})
	}
	v.Curves, v.AsOf, err = d.curves(ctx)
	return err
}

// curves keeps the curves of the newest night: their intervals take a few
// hundred fits.
type curves struct {
	mu   sync.Mutex
	asOf time.Time
	list []capacity.Curve
}

func (d *Desk) curves(ctx context.Context) ([]capacity.Curve, time.Time, error) {
	held, asOf, err := d.DB.Held(ctx)
	if err != nil {
		return nil, asOf, err
	}
	orders, err := d.Orders(ctx, d.Clock.Now())
	if err != nil {
		return nil, asOf, err
	}
	d.loads.mu.Lock()
	defer d.loads.mu.Unlock()
	if d.loads.list == nil || !d.loads.asOf.Equal(asOf) {
		d.loads.asOf, d.loads.list = asOf, nil
		for i, o := range capacity.Outcomes() {
			lot := rand.New(rand.NewPCG(uint64(asOf.UnixMilli()), uint64(i)))
			d.loads.list = append(d.loads.list, capacity.CurveOf(held, o, lot))
		}
	}
	list := slices.Clone(d.loads.list)
	if orders.Links.All < d.Brand.Documents().General.LinkFloor {
		for i, c := range list {
			if c.Outcome == capacity.Again {
				list[i] = capacity.Curve{Outcome: c.Outcome, Members: c.Members, Wanting: "orders"}
			}
		}
	}
	return list, asOf, nil
}

// ExecutionBy implements web.Organisation.
func (d *Desk) ExecutionBy(ctx context.Context, scope org.Scope, by web.Place) ([]*web.PlaceExecution, error) {
	done, err := d.executed(ctx)
	if err != nil {
		return nil, err
	}
	before, err := d.urges(ctx)
	if err != nil {
		return nil, err
	}
	places := d.places(scope)
	for _, e := range done {
		p := places[d.Brand.StoreOf(e.Staff)]
		if p == nil || !d.covers(scope, e.Staff) {
			continue
		}
		p.Due, p.Done, p.OnTime, p.Open = p.Due+e.Due, p.Done+e.Done, p.OnTime+e.OnTime, p.Open+e.Open
		p.UrgedAt = latest(p.UrgedAt, before.last(e.Staff))
	}
	list := slices.Collect(maps.Values(places))
	if by == web.ByArea {
		list = byArea(places)
	}
	list = slices.DeleteFunc(list, func(p *web.PlaceExecution) bool { return p.Staff == 0 && p.Due == 0 })
	slices.SortFunc(list, func(a, b *web.PlaceExecution) int {
		return cmp.Or(cmp.Compare(b.Open, a.Open), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Store, b.Store))
	})
	return list, nil
}

// places returns the stores in scope, and headquarters, with their staff.
func (d *Desk) places(scope org.Scope) map[id.Store]*web.PlaceExecution {
	places := map[id.Store]*web.PlaceExecution{}
	if scope.Sees(0) {
		places[0] = &web.PlaceExecution{}
	}
	for _, s := range d.Brand.Org().Stores {
		if scope.Sees(s.ID) {
			places[s.ID] = &web.PlaceExecution{Store: s.ID, Name: s.Name, Area: s.Area}
		}
	}
	for store, team := range d.teams(scope) {
		if p := places[store]; p != nil {
			p.Staff = team.Members
		}
	}
	return places
}

// byArea adds stores up by their area.
func byArea(stores map[id.Store]*web.PlaceExecution) []*web.PlaceExecution {
	areas := map[string]*web.PlaceExecution{}
	for _, s := range stores {
		a := areas[s.Area]
		if a == nil {
			a = &web.PlaceExecution{Name: s.Area}
			areas[s.Area] = a
		}
		a.Stores++
		a.Staff, a.Due, a.Done, a.OnTime, a.Open = a.Staff+s.Staff, a.Due+s.Due, a.Done+s.Done, a.OnTime+s.OnTime, a.Open+s.Open
		if s.UrgedAt.After(a.UrgedAt) {
			a.UrgedAt = s.UrgedAt
		}
	}
	return slices.Collect(maps.Values(areas))
}

// UrgeArea implements web.Organisation.
func (d *Desk) UrgeArea(ctx context.Context, by web.Asker, area string) (staff int, err error) {
	known := false
	var refused error
	for _, s := range d.Brand.Org().Stores {
		if area == "" || s.Area != area || !by.Scope.Sees(s.ID) {
			continue
		}
		known = true
		n, no, err := d.urgeStore(ctx, by, s.ID)
		staff += n
		if no != nil {
			refused = no
		}
		if err != nil {
			return staff, err
		}
	}
	if !known {
		return 0, notFound("area")
	}
	if staff == 0 {
		return 0, refused
	}
	return staff, nil
}

// SetLimit implements web.Organisation.
func (d *Desk) SetLimit(ctx context.Context, by web.Asker, version, contacts int) error {
	e := edit{document: brand.RulesDoc, version: version, did: "settings.brand"}
	err := d.edit(ctx, by, e, func(doc *brand.Documents) (any, string, error) {
		rules := doc.Rules
		rules.Capacity = contacts
		if err := rules.Validate(); err != nil {
			return nil, "", fault.WithKey(fault.Invalid, "error.brand_capacity", err)
		}
		return rules, "", nil
	})
	if err != nil {
		return err
	}
	return d.Reopen(ctx)
}

// SetCapacity implements web.Organisation.
func (d *Desk) SetCapacity(ctx context.Context, by web.Asker, f web.CapacityForm) error {
	e := edit{document: brand.CapacityDoc, version: f.Version, did: "capacity.set"}
	return d.edit(ctx, by, e, func(*brand.Documents) (any, string, error) {
		return f.Settings, "", f.Flaws().Err()
	})
}
