package flow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"siyu/internal/audience"
	"siyu/internal/audience/audiencetest"
	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/money"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
)

// guess understands something else of everybody every day.
type guess struct{}

func (guess) Learn(context.Context, flow.World, iter.Seq2[*profile.Customer, error]) error {
	return nil
}

func (guess) Understand(w *flow.World, c *profile.Customer, into *insight.Customer) {
	draw := rand.New(rand.NewPCG(uint64(c.ID), uint64(event.At(w.Now).Day())+uint64(c.Orders.Count)<<20))
	*into = insight.Customer{ID: c.ID, AsOf: w.Now, Stage: insight.Stages()[draw.IntN(6)], Limiting: insight.None, Fatigue: draw.Float64()}
	for _, e := range []*insight.Estimate{&into.Repurchase, &into.Alive, &into.Need, &into.Trust, &into.Exposure} {
		*e = insight.Estimate{Value: draw.Float64(), Unit: insight.Eta, Evidence: insight.Fitted}
	}
	into.Value = insight.Estimate{Value: 200_000 * draw.Float64(), Unit: insight.Fen, Evidence: insight.Fitted}
	if draw.IntN(3) > 0 {
		into.NextDue = w.Now.AddDate(0, 0, draw.IntN(60)-30)
	}
}

// town is a brand whose people buy, write, join and leave by chance, and the
// audiences that look at them.
type town struct {
	db     *storage.DB
	log    *eventlog.Log
	flow   *flow.Flow
	random *rand.Rand
	clock  *clock.Virtual
	store  id.Store // that staff 1 has moved to
	serial int
	rules  map[int64]*audience.Rule // of dynamic audiences
	frozen map[int64][]id.Customer
	merged map[id.Customer]bool
	shared bool // other nodes turn too

	audiences flow.Audiences
}

const townsfolk = 60

func newTown(db *storage.DB, seed uint64) *town {
	return townOn(db, seed, event.StartOfDay(audiencetest.Today-8).Time().Add(10*time.Hour))
}

// townOn is a town of a process that has just begun.
func townOn(db *storage.DB, seed uint64, now time.Time) *town {
	w := &town{db: db, random: rand.New(rand.NewPCG(seed, 1)), clock: clock.NewVirtual(now), store: 1,
		shared: db.Dialect() == storage.Postgres, audiences: db,
		rules: map[int64]*audience.Rule{}, frozen: map[int64][]id.Customer{}, merged: map[id.Customer]bool{}}
	w.log = eventlog.New(db, w.clock)
	w.open()
	return w
}

// open starts the process anew.
func (w *town) open() {
	w.flow = flow.New(flow.Parts{
		Log: w.log, States: w.db, Others: w.db, Understandings: w.db, Plans: w.db, Facets: w.db, Audiences: w.audiences, Heirs: w.db, Cohorts: w.db, Gate: idle{}, Mind: guess{},
		Shared: w.shared,
		StoreOf: func(s id.Staff) id.Store {
			if s == 1 {
				return w.store
			}
			return id.Store(s)
		},
		Calm: func() bool { return true }, Pace: func() func() { return func() {} },
		World: func(_ context.Context, now time.Time) (flow.World, error) {
			return flow.World{Day: clock.Day(now, clock.Shanghai), Now: now, OrdersAsOf: now, Related: townsfolk, Settings: decision.Defaults()}, nil
		},
	})
}

func (w *town) thing() int64 { return 1 + w.random.Int64N(6) }

// happen lets a few things happen to anybody.
func (w *town) happen(t *testing.T, n int) {
	t.Helper()
	for range n {
		w.serial++
		text := audiencetest.Thing(audience.OfText, int(w.thing())).Text
		bodies := []event.Body{
			event.OrderPaid{Order: id.Order(w.serial), Shop: "shop", Store: id.Store(w.thing()), Amount: money.Fen(5_000 * w.thing()),
				Items: []event.OrderItem{{Line: id.Line(w.thing()), Quantity: 1, Amount: 1}}},
			event.OrderRefunded{Order: id.Order(1 + w.random.IntN(w.serial)), Refunded: 30_000},
			event.RelationAdded{Staff: id.Staff(w.thing()), State: text},
			event.RelationAdded{Staff: id.Staff(w.thing())},
			event.RelationEnded{Staff: id.Staff(w.thing()), By: event.ByCustomer},
			event.RelationTagged{Staff: id.Staff(w.thing()), Tags: []string{audiencetest.Thing(audience.OfTag, int(w.thing())).Text}},
			event.GroupJoined{Group: id.Group(w.thing())}, event.GroupLeft{Group: id.Group(w.thing())},
			event.MessageExchanged{Staff: 1, Inbound: w.random.IntN(2) == 0, Form: "text"},
			event.TouchDelivered{Touch: int64(w.serial), Staff: 1, Channel: event.MassSend, Purpose: event.Remind},
			event.NeedExpressed{Line: id.Line(w.thing()), How: "asked"}, event.MomentReacted{Staff: 1},
			event.ComplaintOpened{}, event.ComplaintClosed{}, event.MarketingRefused{By: "customer"}, event.MarketingAllowed{By: "customer"},
			event.CustomerDescribed{BirthMonth: 1 + w.random.IntN(12), BirthDay: 1 + w.random.IntN(28), City: text, Level: text},
		}
		who := id.Customer(1 + w.random.IntN(townsfolk))
		body := bodies[w.random.IntN(len(bodies))]
		switch {
		case w.random.IntN(40) > 0 || who == 1:
		case w.merged[who]:
			body, w.merged[who] = event.CustomerUnmerged{From: who - 1}, false
		default:
			body, w.merged[who] = event.CustomerMerged{Into: who - 1, Identity: event.ByUnionID, Key: []byte{byte(who)}}, true
		}
		at := w.clock.Now()
		if w.random.IntN(3) == 0 { // told late
			at = at.Add(-time.Duration(w.random.IntN(100)) * 24 * time.Hour)
		}
		f, err := event.New(event.Customer(who), at, event.FromOrders, id.Hash("town", fmt.Sprint(w.serial)), body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.log.Append(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *town) turn(t *testing.T) {
	t.Helper()
	if _, err := w.flow.Turn(t.Context(), w.clock.Now()); err != nil {
		t.Fatal(err)
	}
}

// save stores an audience by a rule drawn by chance: the first six name no
// others, the sixth is frozen.
func (w *town) save(t *testing.T, number int) {
	t.Helper()
	rule := audiencetest.Rules(3).Example(w.random.IntN(1 << 30))
	for number <= 6 && len(audience.ReadsOf(&rule).Audiences) > 0 {
		rule = audiencetest.Rules(3).Example(w.random.IntN(1 << 30))
	}
	a := flow.Audience{Name: fmt.Sprint("audience ", number), Kind: flow.Dynamic, Rule: rule, Watched: number%3 > 0, Created: w.clock.Now(), CreatedBy: "lin"}
	if number == 6 {
		a.Kind, a.Watched = flow.Frozen, false
	}
	given, err := w.db.AddAudience(t.Context(), a)
	if err != nil || given != int64(number) {
		t.Fatalf("audience %d: %d, %v", number, given, err)
	}
	if a.Kind == flow.Dynamic {
		w.rules[given] = &rule
	}
}

// fill stores who is in audiences.
func (w *town) fill(t *testing.T) {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = w.flow.FillMembers(t.Context(), w.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *town) members(t *testing.T, number int64) (list []id.Customer) {
	t.Helper()
	if err := w.db.EachMember(t.Context(), number, 7, func(some []id.Customer) error {
		list = append(list, some...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

// checked fails unless everybody is where a fresh question to the database puts
// them, in the stored members and in the index.
func (w *town) checked(t *testing.T, when string) {
	t.Helper()
	today := event.At(w.clock.Now()).Day()
	list, err := w.db.Audiences(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		a := &list[i]
		if a.Kind == flow.Frozen {
			w.checkFrozen(t, when, a)
			continue
		}
		want, err := w.db.AudienceCustomers(t.Context(), storage.AudienceQuery{Rule: &a.Rule, Scope: org.All(), Today: today, Nested: w.rules}, -1<<63, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.members(t, a.Number); a.Watched && !slices.Equal(got, want) {
			t.Fatalf("%s: in audience %d are %v, the database finds %v: %+v", when, a.Number, got, want, a.Rule)
		}
		if ix := w.flow.Index(); ix != nil {
			got := slices.Sorted(ix.Members(a.Number).IDs())
			if !slices.Equal(got, want) {
				t.Fatalf("%s: the index has %v in audience %d, the database finds %v", when, got, a.Number, want)
			}
		}
	}
}

// checkFrozen fails unless those are in a frozen audience who answer now for
// somebody in it.
func (w *town) checkFrozen(t *testing.T, when string, a *flow.Audience) {
	t.Helper()
	var want []id.Customer
	for _, c := range w.frozen[a.Number] {
		for w.merged[c] {
			c--
		}
		want = append(want, c)
	}
	slices.Sort(want)
	want = slices.Compact(want)
	named := audience.Rule{Ask: &audience.Condition{Field: audience.AudienceField, Is: audience.OneOf, Values: []audience.Value{{Number: a.Number}}}}
	got, err := w.db.AudienceCustomers(t.Context(), storage.AudienceQuery{Rule: &named, Scope: org.All()}, -1<<63, 10_000)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("%s: in the frozen audience are %v, want %v; %v", when, got, want, err)
	}
	if ix := w.flow.Index(); ix != nil {
		if got := slices.Sorted(ix.Members(a.Number).IDs()); !slices.Equal(got, want) {
			t.Fatalf("%s: the index has %v in the frozen audience, want %v", when, got, want)
		}
	}
}

// told fails unless the facts of entering and leaving lead to who is in the
// watched audiences, from who was in them when they were filled, with at least so
// many changes.
func (w *town) told(t *testing.T, filled map[int64][]id.Customer, least int) {
	t.Helper()
	in := map[int64]map[id.Customer]bool{}
	for number, list := range filled {
		in[number] = map[id.Customer]bool{}
		for _, c := range list {
			in[number][c] = true
		}
	}
	changes := 0
	if _, err := w.log.Each(t.Context(), 0, func(f event.Fact) error {
		is := f.Kind == event.KindAudienceEntered
		if !is && f.Kind != event.KindAudienceLeft {
			return nil
		}
		var entered event.AudienceEntered // leaving has the same body
		if err := json.Unmarshal(f.Body, &entered); err != nil {
			return err
		}
		changes++
		who := id.Customer(f.Subject.ID)
		if in[entered.Audience][who] == is {
			t.Errorf("customer %d came to audience %d, or left it, twice", who, entered.Audience)
		}
		in[entered.Audience][who] = is
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for number := range filled {
		for _, c := range w.members(t, number) {
			if !in[number][c] {
				t.Errorf("nobody told that %d entered audience %d", c, number)
			}
			delete(in[number], c)
		}
		for c, still := range in[number] {
			if still {
				t.Errorf("nobody told that %d left audience %d", c, number)
			}
		}
	}
	if changes < least {
		t.Errorf("only %d changes were told", changes)
	}
}

func TestOnThirtyMidnightsEverybodyIsWhereAFreshQuestionPutsThem(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		w := newTown(db, 7)
		w.happen(t, 300)
		w.turn(t)
		for n := range 24 {
			w.save(t, n+1)
		}
		w.fill(t)
		filled := map[int64][]id.Customer{}
		for n := int64(1); n <= 24; n++ {
			filled[n] = w.members(t, n)
			if n == 6 {
				w.frozen[n] = filled[n]
			}
			if n%3 == 0 {
				delete(filled, n)
			}
		}
		w.checked(t, "at first")
		for day := range 30 {
			w.clock.Set(event.StartOfDay(event.At(w.clock.Now()).Day() + 1).Time().Add(time.Minute))
			w.day(t, day)
		}
		w.told(t, filled, 100)
		if problems, err := db.CheckAudiences(t.Context()); err != nil || len(problems) > 0 {
			t.Errorf("the database finds %v, %v", problems, err)
		}
		if again, err := w.flow.Verify(t.Context()); err != nil || again.Differences != 0 || again.Customers == 0 {
			t.Errorf("folded again: %+v, %v", again, err)
		}
	})
}

// day is a day in the town from midnight on.
func (w *town) day(t *testing.T, day int) {
	t.Helper()
	if day%4 == 1 { // a turn comes before the day is opened
		w.happen(t, 5)
		w.turn(t)
	}
	if day%3 == 2 { // staff 1 works elsewhere
		w.store = id.Store(w.thing())
	}
	if day%5 == 2 {
		w.open() // the process began anew
	}
	if day%7 != 3 { // otherwise the night is the first that runs
		if err := w.flow.PassDay(t.Context(), w.clock.Now()); err != nil {
			t.Fatal(err)
		}
		w.checked(t, fmt.Sprint("after midnight ", day))
	}
	if day%3 == 0 {
		w.clock.Set(w.clock.Now().Add(4 * time.Hour))
		w.happen(t, 5)
		night(t, w.flow, w.clock.Now())
		w.checked(t, fmt.Sprint("after night ", day))
	}
	for hour := range 3 {
		w.clock.Set(w.clock.Now().Add(3 * time.Hour))
		w.happen(t, w.random.IntN(20))
		w.turn(t)
		w.checked(t, fmt.Sprint("on day ", day, ", turn ", hour))
	}
}
