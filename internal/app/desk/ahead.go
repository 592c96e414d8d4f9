package desk

import (
	"cmp"
	"context"
	"slices"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/web"
)

// addComing says when a customer who is left alone today is expected to be contacted.
func (d *Desk) addComing(ctx context.Context, c *profile.Customer, v *web.CustomerView) error {
	if v.Withheld == nil || d.Coming == nil {
		return nil
	}
	on, found, err := d.Coming(ctx, d.Clock.Now(), c)
	if err != nil || !found {
		return err
	}
	v.Coming = &web.ComingContact{Day: on.Day.In(d.Zone), Purpose: on.Purpose, Channel: on.Channel}
	return nil
}

// Expected returns what the newest night expects of the next days by day, store,
// purpose and channel: what a calendar shows beside what is decided.
func (d *Desk) Expected(ctx context.Context, scope org.Scope) ([]decision.Ahead, error) {
	return d.DB.AheadSums(ctx, d.today(), stores(scope))
}

// addDays adds what the next days ask of stores against the time of who is there: what
// the plan expects, steps of processes, groups and Moments. Mass messages of the plan
// are left out: how many members will confirm them is not known.
func (d *Desk) addDays(ctx context.Context, scope org.Scope, coming comingWork, v *web.OrganisationView) error {
	sums, err := d.Expected(ctx, scope)
	if err != nil || len(sums) == 0 && coming == nil {
		return err
	}
	groups := work{}
	if err := d.addGroups(ctx, groups); err != nil {
		return err
	}
	rules, names := d.Brand.Documents().Rules, map[id.Store]string{}
	for _, s := range v.Stores {
		names[s.Store] = s.Name
	}
	for on := 1; on < rules.DaysAhead; on++ {
		a := web.DayAhead{Day: d.today().AddDate(0, 0, on), Planned: len(sums) > 0}
		d.addPlannedDay(scope, sums, &a)
		w := work{}
		for _, row := range sums {
			if row.Day.Equal(a.Day) && row.Channel == event.OneToOne {
				w.of(row.Store).Add(byHand(row.Purpose, ""), row.Customers)
			}
		}
		if err := d.addStepCounts(ctx, w, coming.of(on)); err != nil {
			return err
		}
		for store := range groups {
			w.of(store).AddAll(groups[store])
		}
		for store, b := range d.balances(scope, w, a.Day) {
			a.Whole.Add(b)
			if b.Short() {
				a.Short = append(a.Short, web.StoreBalance{Store: store, Name: names[store], Balance: b})
			}
		}
		slices.SortFunc(a.Short, func(x, y web.StoreBalance) int {
			return cmp.Or(cmp.Compare(x.Left(), y.Left()), cmp.Compare(x.Store, y.Store))
		})
		v.Ahead = append(v.Ahead, a)
	}
	return nil
}

// addPlannedDay adds the contacts that the plan expects on a day, beside the room that
// members have.
func (d *Desk) addPlannedDay(scope org.Scope, sums []decision.Ahead, a *web.DayAhead) {
	for _, contacts := range d.hands(scope, a.Day) {
		a.Room += contacts
	}
	for _, row := range sums {
		switch {
		case !row.Day.Equal(a.Day):
		case row.Channel == event.OneToOne:
			a.ByHand += row.Customers
		default:
			a.BySend += row.Customers
		}
	}
}

// addProcesses adds the hours of each process today and on the next days, those that
// need most first.
func (d *Desk) addProcesses(ctx context.Context, coming comingWork, v *web.OrganisationView) error {
	v.Counting = coming == nil
	list, err := d.DB.Processes(ctx)
	if err != nil {
		return err
	}
	v.Titles = map[int64]web.ProcessName{}
	for i := range list {
		p := &list[i]
		name := web.ProcessName{Name: p.Name, Title: p.Document.Title}
		v.Titles[p.Number] = name
		h := web.ProcessHours{ProcessName: name, Today: v.Whole.Of(p.Number)}
		sum := h.Today.Takes
		for _, a := range v.Ahead {
			h.Ahead = append(h.Ahead, a.Whole.Of(p.Number))
			sum += a.Whole.Of(p.Number).Takes
		}
		if sum > 0 {
			v.Processes = append(v.Processes, h)
		}
	}
	slices.SortStableFunc(v.Processes, func(a, b web.ProcessHours) int { return cmp.Compare(b.Sum(), a.Sum()) })
	return nil
}

// coming is flow's answer about one customer.
type coming func(ctx context.Context, now time.Time, c *profile.Customer) (on decision.Ahead, found bool, err error)
