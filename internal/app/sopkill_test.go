package app

import (
	"context"
	"fmt"
	"testing"
	"time"

	"siyu/internal/app/brand"
	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/fault/killtest"
	"siyu/internal/flow"
	"siyu/internal/wecom/simulator"
)

// The kill test of processes up to WeCom: a child begins runs, gives their steps and
// sends them, a message to each buyer and a post into each group, until it is killed.

// What a child with processes runs of the timetable.
var stepping = []string{"turn", "sop", "send", "posts", "results", "post_results", "in_doubt"}

const (
	killsOfSteps = 50 // one of so many kills is of steps on their way to WeCom
	killsADay    = 4
	killedGroups = 6
	aChildLives  = 1500 * time.Millisecond // of real time, at most
)

// thanks and postOfTheDay say their one thing to each buyer and each group of a day.
const (
	thanks = `sop: 1
name: thanks
title: {zh: 感谢, en: Thanks}
subject: customer
trigger: {fact: order_paid}
clock: relative
again: every_time
executor: relation
steps:
  - {name: thank, at: 1h, within: 8h, late: drop, channel: mass, purpose: serve, minutes: 1, content: [{text: {zh: 谢谢您来, en: Thank you for coming}}]}
`
	postOfTheDay = `sop: 1
name: post-of-the-day
title: {zh: 每天一条, en: One a day}
subject: group
trigger: {weekdays: [mon, tue, wed, thu, fri, sat, sun]}
clock: calendar
again: every_time
executor: group_owner
steps:
  - {name: post, at: 0d 10:00, within: 8h, late: drop, channel: group, purpose: serve, proof: result, minutes: 1, content: [{text: {zh: 今天到货, en: Arrived today}}]}
`
)

func TestKilledWhileProcessesSendEachStepReachesEverybodyOnce(t *testing.T) {
	kills := max(2*killsADay, killtest.Rounds(t)/killsOfSteps)
	b := openKilledBrand(t)
	b.worksByProcesses()
	bought := map[string]int{}
	for done := 0; done < kills; done += killsADay {
		b.clock.Set(clock.Day(b.clock.Now(), clock.Shanghai).AddDate(0, 0, 1).Add(10*time.Hour + time.Minute))
		b.platform.Tick()
		b.days = append(b.days, b.clock.Now())
		b.open(func(a *App) {
			for _, c := range b.dice.Perm(killedMembers * theirCustomers)[:buyersADay] {
				b.buys(a, c, b.clock.Now().Add(-time.Hour-time.Duration(b.dice.IntN(60))*time.Minute))
				bought[external(c)]++
			}
		})
		for range min(killsADay, kills-done) {
			if b.dice.IntN(2) == 0 {
				b.wecom.strike("/cgi-bin/externalcontact/add_msg_template", 1+b.dice.Int64N(callsADay), b.dice.IntN(2) == 0)
			}
			b.killed(time.Duration(b.dice.Int64N(int64(aChildLives))), stepping)
			b.pass(betweenKills)
			if b.dice.IntN(2) == 0 {
				b.confirm()
			}
		}
		b.open(func(a *App) {
			b.sends(a, stepping)
			must(t, a.lived(t.Context(), stepping))
		})
	}
	got, posts := map[string]int{}, map[string]int{}
	for _, row := range b.platform.Deliveries() {
		if row.ChatID != "" {
			posts[row.ChatID]++
		} else {
			got[row.ExternalUserID]++
		}
	}
	for c := range killedMembers * theirCustomers {
		if got[external(c)] != bought[external(c)] {
			t.Errorf("customer %d bought on %d days and was thanked %d times", c, bought[external(c)], got[external(c)])
		}
	}
	for g := range killedGroups {
		if n := posts[chatOf(g)]; n != len(b.days) {
			t.Errorf("group %d got %d posts in %d days", g, n, len(b.days))
		}
	}
	t.Logf("%d kills in %d days: %d messages and posts", kills, len(b.days), len(b.platform.Deliveries()))
}

func chatOf(g int) string { return fmt.Sprint("group", g) }

// worksByProcesses gives the brand groups and puts the two processes to work, without a
// night's plan.
func (b *killedBrand) worksByProcesses() {
	b.Helper()
	for g := range killedGroups {
		var members []string
		for c := range theirCustomers / 2 {
			members = append(members, external(g%killedMembers*theirCustomers+c))
		}
		_, err := b.platform.People().CreateGroup(simulator.NewGroup{Name: "Group", Owner: fmt.Sprint("m", g%killedMembers), Members: members, ChatID: chatOf(g)})
		must(b.T, err)
	}
	b.open(func(a *App) {
		d := a.brand.Documents()
		d.General.Approval = false
		must(b.T, a.brand.Set(b.Context(), brand.GeneralDoc, d.General, "lead"))
		d.Rules.Holdout.OffBelow, d.Rules.Budget = 1_000, decision.Budget{Day: 1, Week: 7, Month: 31} // nothing but stops may lose a message
		must(b.T, a.brand.Set(b.Context(), brand.RulesDoc, d.Rules, "lead"))
		must(b.T, a.Backfill(b.Context()))
		must(b.T, a.Turn(b.Context()))
		for _, text := range []string{thanks, postOfTheDay} {
			p, err := sop.Parse([]byte(text))
			must(b.T, err)
			must(b.T, a.Operate(b.Context(), func(ctx context.Context, o *flow.Operator) error {
				number, _, err := o.Install(ctx, flow.ProcessVersion{Document: p, By: "lead", At: b.clock.Now()})
				if err != nil {
					return err
				}
				return o.Activate(ctx, number, "lead", b.clock.Now())
			}))
		}
	})
}
