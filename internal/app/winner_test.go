package app

import (
	"fmt"
	"testing"

	"siyu/internal/app/brand"
	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

func TestWhoIsLeftAloneSaysWhichMessageTookThePlace(t *testing.T) {
	inBothHouses(t, func(h *house) {
		ctx := t.Context()
		rules := h.brand.Documents().Rules
		rules.Capacity, rules.MaxConfirmations = 0, 0 // so that nothing but what stands below is sent
		must(t, h.brand.Set(ctx, brand.RulesDoc, rules, "lead"))
		must(t, h.Reopen(ctx))
		for _, c := range people(9001, 9004) {
			h.tell(h.related(c, monday.AddDate(0, -1, 0))...)
		}
		number := h.install(visits)
		p, err := sop.Parse([]byte(visits))
		must(t, err)
		// A batch waits for two customers; another one reached the second of them three days ago, and a
		// step of a process the third one, yesterday and the week before.
		h.batchTo(1, 3, "{name}, the tea is here", 9001, 9002)
		h.batchTo(2, 3, "other words", 9002)
		arrives := func(dispatch int64, days int) {
			must(t, h.db.ChangeDispatch(ctx, dispatch, func(r *delivery.Record) error {
				for i := range r.Touches {
					r.Touches[i].State, r.Touches[i].At = delivery.Delivered, h.clock.Now().AddDate(0, 0, -days)
				}
				return nil
			}))
		}
		arrives(2, 3)
		for days, step := range map[int]int{0: p.Steps[0].Number(), 1: p.Steps[1].Number(), 8: p.Steps[3].Number()} {
			who := id.Customer(9003)
			if days == 0 {
				who = 9004 // got something today, and nothing is on its way
			}
			key := delivery.TouchKey{Customer: who, Run: fmt.Sprintf("sop/%d/%d", number, days), Step: step, Channel: event.OneToOne}
			task := delivery.StaffTask{ID: key.ID(), Corp: corp, Staff: guide, Store: 3, Customer: who, Purpose: event.Ask, Text: "How is it", From: monday, Until: monday, State: delivery.DoneState, Since: monday}
			touch := delivery.Touch{ID: key.ID(), TouchKey: key, Staff: guide, Purpose: event.Ask, State: delivery.Delivered, At: h.clock.Now().AddDate(0, 0, -days)}
			must(t, second(h.db.AddStaffTasks(ctx, []delivery.StaffTask{task}, []delivery.Touch{touch})))
		}
		today := clock.Day(h.clock.Now(), h.zone)
		leave := func(because decision.Because, customers ...id.Customer) {
			plan := decision.Plan{Day: today}
			for _, c := range customers {
				plan.Withheld = append(plan.Withheld, decision.Withheld{Day: today, Customer: c, Store: 3, Because: because, Purpose: event.Remind, Gain: 900})
			}
			h.save(flow.PlanPart{Plan: plan, Of: flow.Whom{List: customers}})
		}
		asked := func(because decision.Because) (said []string) {
			page, err := h.desk.Withheld(ctx, org.All(), web.WithheldQuery{Because: because, Limit: 50})
			must(t, err)
			for _, c := range page.Customers {
				if c.Won == nil {
					said = append(said, fmt.Sprintf("%d nothing", c.Customer))
					continue
				}
				w := c.Won
				if w.Over {
					said = append(said, fmt.Sprintf("%d over", c.Customer))
					continue
				}
				said = append(said, fmt.Sprintf("%d %s/%s %q %s underway %t batch %d more %d", c.Customer, w.Process, w.Step.EN, w.Says, w.Kind, w.Underway, w.Batch, w.More))
			}
			return said
		}
		leave(decision.BecausePending, 9001, 9002, 9004)
		equal(t, "what is on its way wins", fmt.Sprint(asked(decision.BecausePending)),
			`[9001 / ", the tea is here" waiting underway true batch 1 more 0 9002 / ", the tea is here" waiting underway true batch 1 more 0 9004 over]`)
		leave(decision.BecauseBudgetWeek, 9002, 9003)
		equal(t, "the last that arrived in the week wins", fmt.Sprint(asked(decision.BecauseBudgetWeek)),
			`[9002 / "other words"  underway false batch 0 more 1 9003 visits/ask "How is it"  underway false batch 0 more 0]`)
		leave(decision.BecauseBudgetMonth, 9003)
		equal(t, "in the month", fmt.Sprint(asked(decision.BecauseBudgetMonth)), `[9003 visits/ask "How is it"  underway false batch 0 more 1]`)
		leave(decision.BecauseHoldout, 9003)
		equal(t, "no message is behind it", fmt.Sprint(asked(decision.BecauseHoldout)), "[9003 nothing]")
		leave(decision.BecauseBudgetWeek, 9002)
		if v := h.page(9002); v.Won == nil || v.Won.Says != "other words" {
			t.Errorf("on the customer's page: %+v", v.Won)
		}
		if v := h.page(9003); v.Won != nil {
			t.Errorf("on the page of who is held out: %+v", v.Won)
		}
	})
}
