package webtest

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"siyu/internal/decision"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight/capacity"
	"siyu/internal/org"
	"siyu/internal/web"
)

// Area is the area to which the brand's first stores belong.
const Area = "华北"

// hours is how long work takes.
type hours struct {
	set     capacity.Settings
	version int
}

// areaOf returns the area of a store: of the first half Area, of the others none.
func (b *Brand) areaOf(i int) string {
	if i < len(b.stores)/2 {
		return b.text(Area)
	}
	return ""
}

// Organisation implements web.Organisation: every third store is short.
func (b *Brand) Organisation(_ context.Context, scope org.Scope) (web.OrganisationView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := web.OrganisationView{Day: b.now, Version: b.hours.version, Settings: b.hours.set, Brand: scope.Everything, Rules: b.settings.Version, Limit: b.settings.Plan.Capacity, Fits: 17}
	for i, s := range b.stores {
		if !scope.Sees(s.ID) {
			continue
		}
		var team capacity.Team
		for range 4 {
			team.Add(0, 30)
		}
		balance := b.hours.set.BalanceOf(team, b.loadOf(i%3 == 0), 1)
		v.Stores = append(v.Stores, web.StoreBalance{Store: s.ID, Name: s.Name, Area: b.areaOf(i), Balance: balance})
		v.Whole.Add(balance)
		if balance.Short() {
			v.Short++
			v.Missing -= balance.Left()
			list, lacks := balance.Stops()
			v.Stops, v.Lacks = capacity.AddStops(v.Stops, list), v.Lacks+lacks
		}
	}
	slices.SortStableFunc(v.Stores, func(a, b web.StoreBalance) int { return cmp.Compare(a.Left(), b.Left()) })
	for day := 1; day < 7 && len(v.Stores) > 0; day++ {
		a := web.DayAhead{Day: clockDay(b.now).AddDate(0, 0, day), Planned: true, ByHand: 900 / day, Room: 60 * len(v.Stores), BySend: 4000 / (day + 1), Whole: v.Whole}
		for _, s := range v.Stores {
			if s.Short() && day%2 == 1 {
				a.Short = append(a.Short, s)
			}
		}
		v.Ahead = append(v.Ahead, a)
	}
	b.addProcessHours(&v)
	if v.Brand {
		v.AsOf, v.Curves, v.Span = b.now, curves(), b.span()
		for _, c := range v.Span.Watch {
			v.Watch = append(v.Watch, web.WatchedTeam{Crew: c, Name: b.storeName(c.Store)})
		}
	}
	return v, b.Fail
}

// loadOf is a store's work of today, with more where the store is to be short.
func (b *Brand) loadOf(much bool) capacity.Load {
	l := capacity.Load{}
	l.Add(capacity.Ask, 20)
	l.Add(capacity.Serve, 12)
	l.Add(capacity.Groups, 5)
	l.Add(capacity.Mass, 3)
	if much {
		l.Add(capacity.SellDistrust, 6)
		l.Add(capacity.Sell, 30)
	}
	for i := range b.processes {
		l.AddSteps(int64(i+1), capacity.StepServe, 4, 90*time.Second)
		if much {
			l.AddSteps(int64(i+1), capacity.StepSell, 12, 5*time.Minute)
		}
	}
	return l
}

func (b *Brand) addProcessHours(v *web.OrganisationView) {
	v.Titles = map[int64]web.ProcessName{}
	for i := range b.processes {
		number, name := int64(i+1), web.ProcessName{Name: b.processes[i].Name, Title: b.processes[i].Document.Title}
		v.Titles[number] = name
		h := web.ProcessHours{ProcessName: name, Today: v.Whole.Of(number)}
		for _, a := range v.Ahead {
			h.Ahead = append(h.Ahead, a.Whole.Of(number))
		}
		if h.Sum() > 0 {
			v.Processes = append(v.Processes, h)
		}
	}
}

// curves are of members whose customers are kept less well from 800 on, and
// whose buyers are too few.
func curves() []capacity.Curve {
	lot := rand.New(rand.NewPCG(5, 5))
	held := make([]capacity.Held, 60)
	for i := range held {
		n := 200 + 23*i
		kept := int((.93 - .0004*max(0, float64(n)-800)) * float64(n))
		held[i] = capacity.Held{Staff: id.Staff(i + 1), Kept: kept, Lost: n - kept, Buyers: i}
	}
	return []capacity.Curve{capacity.CurveOf(held, capacity.Kept, lot), capacity.CurveOf(held[:40], capacity.Again, lot)}
}

func (b *Brand) span() capacity.Span {
	crews := make([]capacity.Crew, len(b.stores))
	for i := range crews {
		crews[i] = capacity.Crew{Store: b.stores[i].ID, Members: 3 + i, Due: 60, OnTime: 55 - 2*i}
	}
	return capacity.SpanOf(crews)
}

// ExecutionBy implements web.Organisation.
func (b *Brand) ExecutionBy(_ context.Context, scope org.Scope, by web.Place) (list []*web.PlaceExecution, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, s := range b.stores {
		if !scope.Sees(s.ID) {
			continue
		}
		p := &web.PlaceExecution{Store: s.ID, Name: s.Name, Area: b.areaOf(i), Staff: 4 + 3*i, Due: 40, Done: 12 + i, OnTime: 10 + i, Open: max(0, 28-3*i), UrgedAt: b.urged[s.ID]}
		if by == web.ByStore {
			list = append(list, p)
			continue
		}
		at := slices.IndexFunc(list, func(a *web.PlaceExecution) bool { return a.Name == p.Area })
		if at < 0 {
			at = len(list)
			list = append(list, &web.PlaceExecution{Name: p.Area})
		}
		list[at].Stores++
		list[at].Staff, list[at].Due, list[at].Open = list[at].Staff+p.Staff, list[at].Due+p.Due, list[at].Open+p.Open
	}
	return list, b.Fail
}

// UrgeArea implements web.Organisation.
func (b *Brand) UrgeArea(_ context.Context, by web.Asker, area string) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if area == "" || area != b.text(Area) || len(b.stores) == 0 {
		return 0, fault.New(fault.NotFound, "urge: unknown area")
	}
	b.did(by, "touch.urged_area", area)
	return 9, nil
}

// SetCapacity implements web.Organisation.
func (b *Brand) SetCapacity(_ context.Context, by web.Asker, f web.CapacityForm) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := errors.Join(stale(f.Version, b.hours.version), f.Flaws().Err()); err != nil {
		return err
	}
	b.hours = hours{f.Settings, b.hours.version + 1}
	b.did(by, "capacity.set", "")
	return nil
}

// SetLimit implements web.Organisation.
func (b *Brand) SetLimit(_ context.Context, by web.Asker, version, contacts int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := stale(version, b.settings.Version); err != nil {
		return err
	}
	b.settings.Plan.Capacity, b.settings.Version = contacts, b.settings.Version+1
	b.did(by, "settings.brand", "")
	return nil
}

// planRules are as a new brand has them, with a promise.
func planRules() web.PlanRules {
	return web.PlanRules{
		DaysAhead: 7, Weekdays: [7]float64{.5, 1, 1, 1, 1, 1, 1}, Capacity: 30, Confirmations: 3, Silent: 60,
		LowTrust: decision.Budget{Day: 1, Week: 1, Month: 3},
	}
}
