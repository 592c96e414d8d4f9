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
	"siyu/internal/decision/sop"
	"siyu/internal/event"
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
	w := work{}
	for _, fill := range []func(context.Context, work) error{d.addPlanned, d.addMassSends, d.addLeftOver, d.addSteps, d.addGroups} {
		if err := fill(ctx, w); err != nil {
			return v, err
		}
	}
	teams := d.teams(scope)
	names, areas := d.storeNames()
	for store, team := range teams {
		b := web.StoreBalance{Store: store, Name: names[store], Area: areas[store], Balance: v.Settings.BalanceOf(team, w[store])}
		v.Stores = append(v.Stores, b)
	}
	slices.SortFunc(v.Stores, func(a, b web.StoreBalance) int {
		return cmp.Or(cmp.Compare(a.Left(), b.Left()), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Store, b.Store))
	})
	addStops(&v)
	if err := d.addDays(ctx, scope, &v); err != nil {
		return v, err
	}
	if !scope.Everything {
		return v, nil
	}
	return v, d.addTeams(ctx, &v, teams)
}

// addStops adds up what to stop in the stores that are short: what others have
// left does not help them.
func addStops(v *web.OrganisationView) {
	stops := map[capacity.Kind]capacity.Stop{}
	for _, b := range v.Stores {
		v.Whole.Add(b.Balance)
		if !b.Short() {
			continue
		}
		v.Short++
		v.Missing -= b.Left()
		list, lacks := b.Stops()
		v.Lacks += lacks
		for _, s := range list {
			sum := stops[s.Kind]
			stops[s.Kind] = capacity.Stop{Kind: s.Kind, Stops: sum.Stops + s.Stops, Of: sum.Of + s.Of, Frees: sum.Frees + s.Frees, Lacks: sum.Lacks + s.Lacks, Needed: sum.Needed || s.Needed}
		}
	}
	for _, k := range capacity.Kinds() {
		if s, some := stops[k]; some {
			v.Stops = append(v.Stops, s)
		}
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

// work counts pieces of work by store.
type work map[id.Store]map[capacity.Kind]int

func (w work) add(store id.Store, k capacity.Kind, n int) {
	if w[store] == nil {
		w[store] = map[capacity.Kind]int{}
	}
	w[store][k] += n
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
		w.add(c.Store, byHand(c.Purpose, c.Limiting), c.Customers)
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
		w.add(d.Brand.StoreOf(x.Staff), k, x.N)
	}
	return err
}

func (d *Desk) addLeftOver(ctx context.Context, w work) error {
	list, err := d.DB.LeftOver(ctx, d.today())
	for _, x := range list {
		w.add(x.Store, byHand(x.Purpose, ""), x.N)
	}
	return err
}

// addSteps adds the steps of standard processes that members were given today,
// but for mass messages, which are counted as such, and tags, which nobody sets
// by hand.
func (d *Desk) addSteps(ctx context.Context, w work) error {
	list, err := d.DB.StepsGivenOn(ctx, d.today())
	if err != nil || len(list) == 0 {
		return err
	}
	processes, err := d.DB.Processes(ctx)
	if err != nil {
		return err
	}
	documents := map[int64]*sop.Process{}
	for i := range processes {
		documents[processes[i].Number] = &processes[i].Document
	}
	for _, x := range list {
		document := documents[x.Process]
		if document == nil || x.Step >= len(document.Steps) {
			continue
		}
		switch document.Steps[x.Step].Channel {
		case sop.Private, sop.Call, sop.Task, sop.Group, sop.Moments:
			w.add(x.Store, capacity.Process, x.N)
		}
	}
	return nil
}

func (d *Desk) addGroups(ctx context.Context, w work) error {
	groups, err := d.DB.Groups(ctx)
	for i := range groups {
		if groups[i].Dismissed == 0 && groups[i].Owner != 0 {
			w.add(d.Brand.StoreOf(groups[i].Owner), capacity.Groups, 1)
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
			crews[store] = capacity.Crew{Members: team.Members}
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

// SetCapacity implements web.Organisation.
func (d *Desk) SetCapacity(ctx context.Context, by web.Asker, f web.CapacityForm) error {
	e := edit{document: brand.CapacityDoc, version: f.Version, did: "capacity.set"}
	return d.edit(ctx, by, e, func(*brand.Documents) (any, string, error) {
		return f.Settings, "", f.Flaws().Err()
	})
}
