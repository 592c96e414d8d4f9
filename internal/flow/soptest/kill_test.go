package soptest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault/killtest"
	"siyu/internal/flow/soptest"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/storage/postgrestest"
	"siyu/internal/storage/storagetest"
)

// orders tell a child over which database it lives, and when.
type orders struct {
	DB  string
	Now time.Time
	Do  change // to the process first, "": nothing; then no time passes
}

func TestMain(m *testing.M) { killtest.Main(m, live) }

// live carries what was told through the house and takes runs on until it is
// killed: quarter hours pass as fast as they can.
func live(o orders) error {
	ctx := context.Background()
	db, err := storage.Open(ctx, storage.Config{URL: o.DB})
	if err != nil {
		return err
	}
	w, err := soptest.New(ctx, db, o.Now, clock.Shanghai)
	if err != nil {
		return err
	}
	fmt.Println("started")
	if o.Do != "" {
		if err := changed(ctx, w, o.Do); err != nil {
			return err
		}
	}
	for {
		if _, err := w.Turn(ctx); err != nil {
			return err
		}
		if o.Do == "" {
			w.Clock.Set(w.Clock.Now().Add(15 * time.Minute))
		}
	}
}

const (
	killed        = 300                    // customers
	longestSpared = 150 * time.Millisecond // real time a child gets
)

// livelyProcess has a step of every kind, all with windows that no stop outlasts.
const livelyProcess = `sop: 1
name: lively
title: {zh: 全}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
steps:
  - {name: hello, at: 30m, within: 60d, late: postpone, channel: private, purpose: serve, service: true, content: [{text: {zh: 您好}}]}
  - {name: mark, at: 1h, within: 60d, channel: tag, tag: new}
  - {name: way, at: 2h, within: 60d, channel: wait, choose: [{if: {did: answered}, lane: talk}]}
  - {name: news, at: 3h, within: 60d, late: postpone, channel: mass, purpose: ask, content: [{text: {zh: 新闻}}]}
  - {name: note, lane: talk, at: 3h, within: 60d, channel: task, content: [{text: {zh: 记一笔}}]}
  - {name: call, lane: talk, at: 4h, within: 60d, late: postpone, channel: call, purpose: serve, service: true, content: [{text: {zh: 打电话}}]}
`

// groupsLife is of groups that were created, and asks for what nobody does.
const groupsLife = `sop: 1
name: groups-life
title: {zh: 群}
subject: group
trigger: {fact: group_seen}
clock: relative
again: once
executor: group_owner
steps:
  - {name: rules, at: 1h, within: 60d, late: postpone, channel: task, content: [{text: {zh: 写群规}}]}
  - {name: again, at: 2h, within: 60d, late: postpone, channel: task, if: {not: {done: rules}}, content: [{text: {zh: 再写}}]}
  - {name: topic, at: 3h, within: 60d, late: postpone, channel: task, if: {done: rules}, content: [{text: {zh: 话题}}]}
`

// killedGroups is how many groups the killed lives have.
const killedGroups = 50

// killsOfAll: one of so many kills is of processes; on PostgreSQL one of so many of
// those.
const (
	killsOfAll        = 10
	killsOfPostgreSQL = 6
)

func TestKilledAtAnyMomentNoStepIsLostAndNoneHappensTwice(t *testing.T) {
	rounds := max(1, killtest.Rounds(t)/killsOfAll)
	t.Run("SQLite", func(t *testing.T) { killedTown(t, storagetest.SQLite(t), rounds) })
	t.Run("PostgreSQL", func(t *testing.T) {
		killedTown(t, postgrestest.Start(t).Database(t), max(1, rounds/killsOfPostgreSQL))
	})
}

// killedTown kills so many lives of a town on a database.
func killedTown(t *testing.T, url string, rounds int) {
	t.Helper()
	now := morning
	reopen := func() (teller, func()) {
		db := must[*storage.DB](t)(storage.Open(t.Context(), storage.Config{URL: url}))
		w := teller{must[*soptest.Town](t)(soptest.New(t.Context(), db, now, clock.Shanghai)), t}
		return w, func() { ok(t, db.Close()) }
	}
	w, leave := reopen()
	w.install(livelyProcess)
	w.install(groupsLife)
	for n := range killedGroups {
		w.tellOf(event.Group(id.Group(1+n)), event.FromCallback, event.GroupSeen{Name: "g", Owner: soptest.Member, CreatedAt: now})
	}
	for n := range killed {
		ok(t, w.TellAs(t.Context(), id.Customer(1+n), now, fmt.Sprint("added ", n), event.RelationAdded{Staff: soptest.Member}))
		if n%2 == 0 {
			ok(t, w.TellAs(t.Context(), id.Customer(1+n), now.Add(time.Second), fmt.Sprint("wrote ", n), event.MessageExchanged{Staff: soptest.Member, Inbound: true, Form: "text"}))
		}
	}
	leave()
	spare := rand.New(rand.NewPCG(3, 7))
	for range rounds {
		killtest.Start(t, orders{DB: url, Now: now}).Kill(time.Duration(spare.Int64N(int64(longestSpared))))
	}
	w, leave = reopen()
	defer leave()
	w.until(now.Add(8 * time.Hour))
	asAfterALifeWithoutStops(t, w)
	p := must[sop.Process](t)(sop.Parse([]byte(groupsLife)))
	for n := range killedGroups {
		if got := w.storyOf(&p, int64(1+n)); got != "rules given, again given, topic skipped condition" {
			t.Fatalf("group %d: %s", 1+n, got)
		}
	}
	t.Logf("%d kills: %d customers got every step once", rounds, killed)
}

// asAfterALifeWithoutStops compares with what a brand shows in which nothing was
// killed.
func asAfterALifeWithoutStops(t *testing.T, w teller) {
	t.Helper()
	for n := range killed {
		want := "hello given, mark passed, news given"
		if n%2 == 0 {
			want = "hello given, mark passed, note given, call given"
		}
		got := w.story(id.Customer(1 + n))
		if n%2 == 1 && got == "hello given, mark passed, news postponed touch_unconfirmed" {
			continue // waits for the member to have written hello
		}
		if got != want {
			t.Fatalf("customer %d: %s, want %s", n, got, want)
		}
	}
	tasks := must[[]delivery.StaffTask](t)(w.DB.StaffTasks(t.Context(), delivery.TaskQuery{Scope: org.All(), Limit: 10 * killed}))
	if len(tasks) != killed+killed/2 {
		t.Errorf("%d tasks by hand, want %d", len(tasks), killed+killed/2)
	}
	entered := sop.Adherence(must[[]sop.Count](t)(w.DB.StepCounts(t.Context(), 0, 0, 1<<30)), func(c sop.Count) int64 { return c.Process })[1]
	if entered.Entered != killed || entered.Given < killed+killed {
		t.Errorf("%d entered, %d steps given", entered.Entered, entered.Given)
	}
	checked(t, w)
}

// dump is everything that is stored of runs and steps, in an order of its own.
func dump(t *testing.T, w teller) string {
	t.Helper()
	text := ""
	for n := range killed {
		text += fmt.Sprintf("%+v\n", must[[]sop.Run](t)(w.DB.RunsOf(t.Context(), sop.OfCustomer, []int64{int64(1 + n)})))
		text += fmt.Sprintf("%+v\n", must[[]sop.StepRecord](t)(w.DB.StepsOf(t.Context(), sop.OfCustomer, int64(1+n), 100)))
	}
	return text
}

func TestTheSameFactsGiveTheSameRunsToTheLastBit(t *testing.T) {
	life := func(turns int) string {
		w := townAt(t, morning, clock.Shanghai)
		w.install(livelyProcess)
		w.install(threeSteps)
		for n := range killed {
			at := morning.Add(time.Duration(n) * time.Second)
			ok(t, w.TellAs(t.Context(), id.Customer(1+n), at, fmt.Sprint("added ", n), event.RelationAdded{Staff: soptest.Member}))
			if n%turns == 0 { // facts come in other portions
				w.turn()
			}
		}
		w.until(morning.Add(30 * time.Hour))
		w.tell(5, order(1))
		w.until(morning.Add(80 * time.Hour))
		return dump(t, w)
	}
	if a, b := life(7), life(100); a != b {
		t.Errorf("two lives by the same facts differ")
	}
}
