package desk

import (
	"context"

	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight/lifecycle"
	"siyu/internal/insight/mind"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// Customer implements web.Customers.
func (d *Desk) Customer(ctx context.Context, scope org.Scope, c id.Customer) (web.CustomerView, error) {
	state, err := d.visible(ctx, scope, c)
	if err != nil {
		return web.CustomerView{}, err
	}
	known, err := d.known(ctx, []id.Customer{state.ID})
	if err != nil {
		return web.CustomerView{}, err
	}
	k := known[state.ID]
	v := web.CustomerView{ID: state.ID, Left: lifecycle.RelationLost(state).Time(), Known: k, Horizon: mind.Defaults().Horizon}
	if m := d.Learned(); m != nil {
		v.Horizon = m.Repurchase.Horizon
	}
	for _, fill := range []func(context.Context, *profile.Customer, *web.CustomerView) error{
		d.addPeople, d.addOrders, d.addConsent, d.addDecision, d.addAsked, d.addComing, d.addIdentity, d.addTags,
	} {
		if err := fill(ctx, state, &v); err != nil {
			return v, err
		}
	}
	v.Described = describedAs(state)
	if err := d.addTold(ctx, state, &v); err != nil {
		return v, err
	}
	if err := d.addReferral(ctx, scope, state, &v); err != nil {
		return v, err
	}
	v.Rank, err = d.rank(ctx, k)
	return v, err
}

func (d *Desk) addPeople(ctx context.Context, c *profile.Customer, v *web.CustomerView) error {
	names, err := d.customerNames(ctx, []id.Customer{c.ID})
	if err != nil {
		return err
	}
	v.Name = names[c.ID]
	staff := make([]id.Staff, len(c.Relations))
	for i, r := range c.Relations {
		staff[i] = r.Staff
	}
	called, err := d.staffNames(ctx, staff)
	if err != nil {
		return err
	}
	for _, r := range c.Relations {
		if r.Since != 0 {
			v.Owners = append(v.Owners, web.Owner{Staff: r.Staff, Name: called[r.Staff], Store: d.Brand.StoreName(d.Brand.StoreOf(r.Staff)),
				Since: r.Since.Time(), Until: r.Until.Time(), End: r.End})
		}
	}
	v.Store = d.Brand.StoreName(d.Brand.StoreOf(newest(c)))
	var groups []id.Group
	for _, m := range c.Groups {
		if m.Until == 0 {
			groups = append(groups, m.Group)
		}
	}
	states, err := d.DB.LoadGroups(ctx, groups)
	if err != nil {
		return err
	}
	for i, g := range states {
		for _, m := range c.Groups {
			if m.Group == groups[i] {
				v.Groups = append(v.Groups, web.GroupOf{ID: g.ID, Name: g.Name, Since: m.Since.Time()})
			}
		}
	}
	return nil
}

func (d *Desk) addOrders(ctx context.Context, c *profile.Customer, v *web.CustomerView) error {
	orders, err := d.Orders(ctx, d.Clock.Now())
	v.Orders = web.OrderSummary{
		Count: c.Orders.Count, First: c.Orders.First.Time(), Last: c.Orders.Last.Time(), Turnover: c.Orders.Net(),
		LinkRate: orders.Links.Of(d.Brand.StoreOf(newest(c))), LinkFloor: d.Brand.Documents().General.LinkFloor,
	}
	v.Discount = d.Brand.Documents().Understanding.Discount
	v.Bulk, v.Due = d.bulkOf(c), d.dueOf(c)
	return err
}

func (d *Desk) addConsent(ctx context.Context, c *profile.Customer, v *web.CustomerView) error {
	if c.RefusesMarketing() {
		v.Refused = c.Refused.Time()
		by, err := d.refusedBy(ctx, c)
		if err != nil {
			return err
		}
		v.RefusedBy = by
	}
	for _, x := range c.Complaints {
		if x.Closed == 0 {
			v.Complaint = x.Opened.Time()
		}
	}
	held, err := d.DB.Holdout(ctx, flow.Whom{List: []id.Customer{c.ID}})
	v.Held = held[c.ID]
	return err
}

// refusedBy looks the last refusal up among the customer's newest facts.
func (d *Desk) refusedBy(ctx context.Context, c *profile.Customer) (string, error) {
	facts, err := d.newestFacts(ctx, c.ID, 0, 500)
	if err != nil {
		return "", err
	}
	for _, f := range facts {
		if f.Kind == event.KindMarketingRefused {
			body, err := event.Read[event.MarketingRefused](f)
			return body.By, err
		}
	}
	return "", nil
}

func (d *Desk) addDecision(ctx context.Context, c *profile.Customer, v *web.CustomerView) error {
	v.Budget = d.budget(c)
	plan, err := d.DB.PlanOf(ctx, d.today(), []id.Customer{c.ID})
	if err != nil {
		return err
	}
	if len(plan.Withheld) > 0 && len(plan.Actions) == 0 {
		v.Withheld = &plan.Withheld[0]
		won, err := d.winners(ctx, v.Withheld.Because, []id.Customer{c.ID}, map[id.Customer]string{c.ID: v.Name})
		if err != nil {
			return err
		}
		v.Won = won[c.ID]
	}
	if len(plan.Actions) == 0 {
		return nil
	}
	a := plan.Actions[0]
	names, err := d.staffNames(ctx, []id.Staff{a.Staff})
	if err != nil {
		return err
	}
	state, why, task, err := d.actionState(ctx, a)
	if err != nil {
		return err
	}
	seen, err := d.DB.Seen(ctx, []storage.SeenTask{task})
	if err != nil {
		return err
	}
	v.Next = &web.NextAction{Action: a, StaffName: names[a.Staff], Text: content.Fill(d.text(a.Material), v.Name, names[a.Staff]), State: state, Why: why, Seen: seen[task]}
	return nil
}

// text returns the words of a material, "" if it was taken out of the library.
func (d *Desk) text(code string) string {
	for _, m := range d.Brand.Documents().Library.Materials {
		if m.Code == code {
			return m.Text
		}
	}
	return ""
}

// actionState says how far an action is, from its touch, and which task of its member
// it is.
func (d *Desk) actionState(ctx context.Context, a decision.Action) (state web.ActionState, why string, task storage.SeenTask, err error) {
	if a.Channel == event.OneToOne {
		return d.handState(ctx, a)
	}
	dispatches, err := d.DB.Dispatches(ctx, delivery.Query{Customers: []id.Customer{a.Customer}, Scope: org.All()})
	if err != nil {
		return "", "", task, err
	}
	state = web.ActionDone // nothing underway any more
	for _, x := range dispatches {
		if x.Staff == a.Staff {
			state, task = dispatchState(x), storage.SeenTask{Staff: x.Staff, Kind: storage.SeenMass, Task: x.ID}
		}
	}
	return state, "", task, nil
}

func dispatchState(x delivery.Dispatch) web.ActionState {
	switch {
	case x.State == delivery.InDoubt:
		return web.ActionInDoubt
	case x.State == delivery.Dropped, x.State == delivery.Rejected:
		return web.ActionRejected
	case x.Task == delivery.Cancelled, x.Task == delivery.Cancelling:
		return web.ActionCancelled
	case x.Task == delivery.Confirmed:
		return web.ActionDone
	case x.Task == delivery.Open:
		return web.ActionUnconfirmed
	case x.ApprovedBy == "":
		return web.ActionWaiting
	}
	return web.ActionApproved
}

// handState says how far an action by hand is, and of one that will not be made why.
func (d *Desk) handState(ctx context.Context, a decision.Action) (state web.ActionState, why string, task storage.SeenTask, err error) {
	tasks, err := d.DB.StaffTasksNamed(ctx, []int64{delivery.TouchID(a)})
	if err != nil || len(tasks) == 0 {
		return web.ActionDone, "", task, err
	}
	t := tasks[0]
	task = storage.SeenTask{Staff: t.Staff, Kind: storage.SeenHand, Task: t.ID}
	switch t.State {
	case delivery.DoneState:
		return web.ActionDone, "", task, nil
	case delivery.Due, delivery.Postponed:
		return web.ActionUnconfirmed, "", task, nil
	case delivery.NoNeed:
		return web.ActionCancelled, "", task, nil
	}
	return web.ActionCancelled, t.Because, task, nil
}

// budget says what is used of each limit on contacts.
func (d *Desk) budget(c *profile.Customer) []web.BudgetLine {
	rules, today := d.Brand.Documents().Rules, d.today()
	since := func(days int) int { return d.touchesSince(c, today.AddDate(0, 0, 1-days)) }
	from, _, limit := rules.QuotaPeriod(today)
	return []web.BudgetLine{
		{Window: "day", Used: since(1), Limit: rules.Budget.Day},
		{Window: "week", Used: since(7), Limit: rules.Budget.Week},
		{Window: "month", Used: since(30), Limit: rules.Budget.Month},
		{Window: "wecom", Used: massSince(c, event.At(from)), Limit: limit},
	}
}
