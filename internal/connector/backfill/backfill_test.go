package backfill_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/connector/backfill"
	"siyu/internal/connector/intake"
	"siyu/internal/connector/intake/intaketest"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/wecom"
	"siyu/internal/wecom/simulator"
)

var noon = time.Date(2026, time.May, 15, 12, 0, 0, 0, clock.Shanghai)

// corp is a simulated WeCom that a backfill reads over HTTP.
type corp struct {
	t        testing.TB
	platform *simulator.Platform
	clock    *clock.Virtual
	memory   *intaketest.Memory
	client   *wecom.Client
	backfill *backfill.Backfill
	id       id.Corp
	calls    atomic.Int64
	tags     int // that were last seen
	sent     sent
	// breakAt, if not 0, makes the platform unreachable from this call on.
	breakAt atomic.Int64
}

func open(t testing.TB) *corp {
	t.Helper()
	c := &corp{t: t, clock: clock.NewVirtual(noon), memory: intaketest.New()}
	var err error
	c.platform, err = simulator.New(simulator.Config{Clock: c.clock, Seed: 3, Limits: simulator.Limits{PerMinute: -1, PerHour: -1}})
	must(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, limit := c.calls.Add(1), c.breakAt.Load(); limit > 0 && n >= limit {
			panic(http.ErrAbortHandler)
		}
		c.platform.ServeHTTP(w, r)
	}))
	server.Config.ErrorLog = nil
	t.Cleanup(func() { c.platform.Close(); server.Close() })
	own := c.platform.Credentials(0)
	c.id = id.Corp(own.Corp)
	c.client, err = wecom.New(wecom.Config{
		BaseURL: server.URL, Corp: c.id, Secret: wecom.Secret(own.Secret), Clock: c.clock,
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	must(t, err)
	c.backfill = backfill.New(c.client, c.memory.Intake(c.id, c.clock), c.lookAtTags, &c.sent)
	return c
}

func (c *corp) lookAtTags(ctx context.Context) error {
	groups, err := c.client.Tags(ctx)
	if err == nil {
		c.tags = len(groups[0].Tags)
	}
	return err
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill gives the corp staff, customers, of whom three in ten know two members,
// tags and groups.
func (c *corp) fill(staff, customers, groups int) {
	past := c.platform.Past(noon.AddDate(0, -6, 0))
	must(c.t, past.AddDepartment(simulator.Department{ID: 2, Name: "store one"}))
	for i := range staff {
		must(c.t, past.AddMember(simulator.Member{UserID: staffName(i), Name: "Name", Departments: []int{1 + i%2}}))
	}
	tag, err := past.CreateTag("taste", "green tea")
	must(c.t, err)
	names := make([]string, customers)
	for i := range names {
		names[i] = fmt.Sprintf("wm%05d", i)
		_, err := past.AddExternal(simulator.Profile{ExternalUserID: names[i], Name: "Name", UnionID: "union" + names[i]})
		must(c.t, err)
		must(c.t, past.AddRelation(simulator.Friendship{UserID: staffName(i % staff), ExternalUserID: names[i], AddWay: 1, State: "counter"}))
		if i%10 < 3 {
			must(c.t, past.AddRelation(simulator.Friendship{UserID: staffName((i + 1) % staff), ExternalUserID: names[i], AddWay: 3}))
		}
		if i%4 == 0 {
			must(c.t, past.TagInClient(staffName(i%staff), names[i], []string{tag}, nil))
		}
	}
	for i := range groups {
		_, err := past.CreateGroup(simulator.NewGroup{Name: fmt.Sprint("group ", i), Owner: staffName(i % staff), Members: names[(i*50)%customers : min(customers, (i*50)%customers+50)]})
		must(c.t, err)
	}
}

func staffName(i int) string { return fmt.Sprintf("staff%03d", i) }

func kinds(facts []event.Fact) map[event.Kind]int {
	count := map[event.Kind]int{}
	for _, f := range facts {
		count[f.Kind]++
	}
	return count
}

func TestABackfillTellsEverythingOnceAndRepeatedNothing(t *testing.T) {
	c := open(t)
	c.fill(10, 400, 6)
	must(t, c.backfill.Run(t.Context()))
	facts := c.memory.Facts(0)
	want := map[event.Kind]int{
		event.KindStaffSeen: 10, event.KindCustomerSeen: 400, event.KindCustomerIdentified: 400, event.KindRelationAdded: 520,
		event.KindRelationTagged: 100, event.KindGroupSeen: 6, event.KindGroupJoined: 300,
	}
	if got := kinds(facts); !maps.Equal(got, want) {
		t.Errorf("told %v\nwant %v", got, want)
	}
	for _, f := range facts {
		if f.Source != event.FromBackfill {
			t.Fatalf("%s from %s", f.Kind, f.Source)
		}
		if strings.Contains(string(f.Body), "Name") || strings.Contains(string(f.Body), "union") && f.Kind != event.KindCustomerIdentified {
			t.Fatalf("personal data in %s: %s", f.Kind, f.Body)
		}
	}
	p := c.backfill.Progress()
	if p.Running || p.Err != nil || p.Facts != len(facts) || p.Ended.IsZero() {
		t.Errorf("progress %+v", p)
	}
	departments, err := intake.Departments(t.Context(), c.memory, c.id)
	must(t, err)
	if departments["2"].Name != "store one" || c.tags != 1 {
		t.Errorf("departments %v, %d tags", departments, c.tags)
	}
	c.clock.Set(noon.Add(time.Hour))
	must(t, c.backfill.Run(t.Context()))
	must(t, c.backfill.Reconcile(t.Context()))
	if again := c.memory.Facts(len(facts)); len(again) != 0 {
		t.Errorf("a repetition told %v", kinds(again))
	}
}

func TestAnInterruptedBackfillContinuesWhereItWas(t *testing.T) {
	whole := open(t)
	whole.fill(8, 2000, 4)
	must(t, whole.backfill.Run(t.Context()))
	all := whole.calls.Load()

	c := open(t)
	c.fill(8, 2000, 4)
	interruptions := 0
	for stop := int64(12); ; stop += 12 {
		c.calls.Store(0)
		c.breakAt.Store(stop)
		err := c.backfill.Run(t.Context())
		if err == nil {
			break
		}
		if interruptions++; interruptions > 100 {
			t.Fatalf("never ends: %v", err)
		}
		if p := c.backfill.Progress(); p.Err == nil || p.Running {
			t.Fatalf("progress hides the interruption: %+v", p)
		}
	}
	if got, want := kinds(c.memory.Facts(0)), kinds(whole.memory.Facts(0)); !maps.Equal(got, want) {
		t.Errorf("after %d interruptions told %v\nwithout %v", interruptions, got, want)
	}
	if interruptions < 2 || !c.backfill.Progress().Resumed {
		t.Errorf("%d interruptions", interruptions)
	}
	if last := c.calls.Load(); last >= all {
		t.Errorf("the last leg took %d calls, a whole run %d", last, all)
	}
}

func TestAStoreThatFailsInTheMiddleOnlyCostsRepetition(t *testing.T) {
	whole, c := open(t), open(t)
	whole.fill(6, 300, 3)
	c.fill(6, 300, 3)
	must(t, whole.backfill.Run(t.Context()))
	var n atomic.Int64
	c.memory.Fail = func(string) error {
		if n.Add(1)%5 == 0 {
			return errors.New("disk full")
		}
		return nil
	}
	for tries := 0; c.backfill.Run(t.Context()) != nil; tries++ {
		if tries > 200 {
			t.Fatal("never ends")
		}
	}
	if got, want := kinds(c.memory.Facts(0)), kinds(whole.memory.Facts(0)); !maps.Equal(got, want) {
		t.Errorf("told %v\nwant %v", got, want)
	}
}

// standing folds relation facts into the set of relations that stand.
func standing(facts []event.Fact) map[string]bool {
	type period struct{ since, until time.Time }
	all := map[string]period{}
	for _, f := range facts {
		if body, err := event.Read[event.RelationAdded](f); err == nil {
			key := fmt.Sprint(f.Subject.ID, " ", body.Staff)
			if p := all[key]; !f.At.Before(p.since) {
				p.since = f.At
				all[key] = p
			}
		}
		if body, err := event.Read[event.RelationEnded](f); err == nil {
			key := fmt.Sprint(f.Subject.ID, " ", body.Staff)
			if p := all[key]; f.At.After(p.until) {
				p.until = f.At
				all[key] = p
			}
		}
	}
	set := map[string]bool{}
	for key, p := range all {
		if p.since.After(p.until) {
			set[key] = true
		}
	}
	return set
}

func (c *corp) truth() map[string]bool {
	set := map[string]bool{}
	for _, r := range c.platform.Relations() {
		if r.Bond == "added" {
			set[fmt.Sprint(int64(id.CustomerOf(c.id, r.ExternalUserID)), " ", id.StaffOf(c.id, r.UserID))] = true
		}
	}
	return set
}

func TestReconciliationFindsWhatNoCallbackBrought(t *testing.T) {
	c := open(t)
	c.fill(5, 200, 2)
	must(t, c.backfill.Run(t.Context()))
	dice := rand.New(rand.NewPCG(1, 2))
	for round := range 10 {
		for range 40 {
			c.clock.Set(c.clock.Now().Add(10 * time.Minute))
			staff, customer := staffName(dice.IntN(5)), fmt.Sprintf("wm%05d", dice.IntN(200))
			h := c.platform.People()
			switch dice.IntN(3) { // some are impossible: the platform says so and nothing happens
			case 0:
				_ = h.AddRelation(simulator.Friendship{UserID: staff, ExternalUserID: customer})
			case 1:
				_ = h.DeleteByCustomer(staff, customer)
			case 2:
				_ = h.DeleteByMember(staff, customer)
			}
		}
		c.clock.Set(c.clock.Now().Add(10 * time.Minute))
		before := len(c.memory.Facts(0))
		must(t, c.backfill.Reconcile(t.Context()))
		want, got := c.truth(), standing(c.memory.Facts(0))
		if !maps.Equal(want, got) {
			t.Fatalf("round %d: %d relations stand, the platform has %d", round, len(got), len(want))
		}
		for _, f := range c.memory.Facts(before) {
			if f.Source != event.FromReconcile {
				t.Fatalf("%s from %s", f.Kind, f.Source)
			}
			if body, err := event.Read[event.RelationEnded](f); err == nil && body.By != event.ByNobody {
				t.Fatalf("who ended it is guessed: %+v", body)
			}
		}
	}
}

func TestARepeatedRunFindsChangedStaffGroupsAndTags(t *testing.T) {
	c := open(t)
	c.fill(4, 120, 2)
	must(t, c.backfill.Run(t.Context()))
	before := len(c.memory.Facts(0))
	c.clock.Set(noon.Add(time.Hour))
	h := c.platform.People()
	must(t, h.MemberLeaves(staffName(3)))
	must(t, h.MoveMember(staffName(2), 2))
	tag, err := h.CreateTag("taste", "black tea")
	must(t, err)
	must(t, h.TagInClient(staffName(1), "wm00001", []string{tag}, nil))
	chat := c.platform.Groups()[0].ChatID
	must(t, h.LeaveGroup(chat, "wm00000"))
	must(t, h.DismissGroup(c.platform.Groups()[1].ChatID))
	must(t, c.backfill.Run(t.Context()))
	got := kinds(c.memory.Facts(before))
	for kind, n := range map[event.Kind]int{event.KindStaffLeft: 1, event.KindRelationTagged: 1, event.KindGroupDismissed: 1, event.KindGroupSeen: 1, event.KindGroupLeft: 51} {
		if got[kind] != n {
			t.Errorf("%d %s, want %d; all %v", got[kind], kind, n, got)
		}
	}
	if got[event.KindStaffSeen] != 1 {
		t.Errorf("%d members changed, want the moved one", got[event.KindStaffSeen])
	}
	if !slices.ContainsFunc(c.memory.Facts(before), func(f event.Fact) bool { return f.Source == event.FromReconcile }) {
		t.Error("what a later run finds is not said to be found")
	}
}

// BenchmarkBackfill reads 45 staff, 20,000 customers with 26,000 relations and
// 60 groups over loopback.
func BenchmarkBackfill(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		c := open(b)
		c.fill(45, 20_000, 60)
		b.StartTimer()
		must(b, c.backfill.Run(b.Context()))
		b.ReportMetric(float64(len(c.memory.Facts(0))), "facts")
		b.ReportMetric(float64(c.calls.Load()), "calls")
	}
}
