package exposure

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/event"
	"siyu/internal/insight/feature"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
)

const day = event.Instant(past.Day)

func on(c *profile.Customer, d float64) past.View {
	return past.View{Customer: c, At: event.Instant(d * past.Day), Orders: event.Instant(d * past.Day)}
}

func touched(channel event.Channel, days ...int) *profile.Customer {
	c := &profile.Customer{ID: 1, Relations: []profile.Relation{{Staff: 1, Since: day}}}
	for _, d := range days {
		c.Touches.Recent = append(c.Touches.Recent, profile.Touch{At: event.Instant(d) * day, Channel: channel, Purpose: event.Remind})
	}
	return c
}

// month is the horizon that memory is measured for, in days.
const month = 30

func TestOneContactHalvesWithTheHalfLife(t *testing.T) {
	c := touched(event.OneToOne, 100)
	for _, halfLife := range HalfLives() {
		m := Remembered(on(c, 100+halfLife), halfLife, month)
		if math.Abs(m.Value-(1-math.Exp(-.5*MeanLeft(halfLife, month)))) > 1e-9 || m.Number != halfLife {
			t.Errorf("half-life %v: %+v", halfLife, m)
		}
	}
}

func TestMemoryIsWhatIsLeftOnAverageOverTheHorizon(t *testing.T) {
	for _, halfLife := range HalfLives() {
		sum := 0.
		const steps = 100_000
		for i := range steps {
			sum += math.Exp2(-month * (float64(i) + .5) / steps / halfLife)
		}
		if got := MeanLeft(halfLife, month); math.Abs(got-sum/steps) > 1e-8 {
			t.Errorf("half-life %v: %v is left, by adding up %v", halfLife, got, sum/steps)
		}
	}
}

func TestMemoryIsAShareThatContactsRaiseAndTimeLowers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		days := rapid.SliceOfN(rapid.IntRange(1, 200), 1, 20).Draw(rt, "days")
		sorted := append([]int(nil), days...)
		for i := range sorted {
			for j := i; j > 0 && sorted[j] < sorted[j-1]; j-- {
				sorted[j], sorted[j-1] = sorted[j-1], sorted[j]
			}
		}
		c := touched(event.MassSend, sorted...)
		fewer := touched(event.MassSend, sorted[:len(sorted)-1]...)
		now, later := Remembered(on(c, 201), 14, month).Value, Remembered(on(c, 220), 14, month).Value
		if now < 0 || now > 1 || later > now || Remembered(on(fewer, 201), 14, month).Value > now {
			rt.Fatalf("now %v, later %v", now, later)
		}
	})
}

func TestAPersonalMessageIsRememberedBetterThanAMoment(t *testing.T) {
	last := 1.0
	for _, channel := range []event.Channel{event.OneToOne, event.MassSend, event.GroupPost, event.Moments} {
		got := Remembered(on(touched(channel, 100), 101), 14, month).Value
		if got >= last {
			t.Errorf("%s leaves %v, what comes before it %v", channel, got, last)
		}
		last = got
	}
}

func TestVisitsAndTalkBringTheBrandToMindToo(t *testing.T) {
	c := &profile.Customer{ID: 1}
	if Remembered(on(c, 100), 14, month).Value != 0 {
		t.Error("memory of nothing")
	}
	c.Talk.Days = []profile.TalkDay{{At: 95 * day, Out: 3}}
	if Remembered(on(c, 100), 14, month).Value != 0 {
		t.Error("what staff wrote without an answer counts as talk")
	}
	c.Orders.Recent = []profile.Order{{ID: 1, At: 95 * day, Amount: 5}}
	if Remembered(on(c, 100), 14, month).Value <= 0 {
		t.Error("a visit left nothing")
	}
}

func TestOnlyMoreContactThanIsEasilyBorneIsCrowded(t *testing.T) {
	out := make([]feature.Measured, Count)
	Measure(on(touched(event.OneToOne, 98, 99), 100), 14, month, out)
	if out[crowded].Value != 0 {
		t.Errorf("two contacts: %+v", out[crowded])
	}
	Measure(on(touched(event.OneToOne, 95, 96, 97, 98, 99), 100), 14, month, out)
	if out[crowded].Value <= 0 {
		t.Errorf("five contacts: %+v", out[crowded])
	}
	if greeted := touched(event.Welcome, 99); true {
		greeted.Touches.Recent[0].Purpose = event.Greet
		if Load(on(greeted, 100)) != 0 {
			t.Error("a welcome is a burden")
		}
	}
}

// Customers who get ten messages in ten days leave far oftener.
func TestFatigueIsLearnedFromDeletions(t *testing.T) {
	l := NewFatigueLearner(Loss, 0)
	for i := range 2000 {
		c := touched(event.MassSend, 100)
		if i%2 == 0 {
			c = touched(event.MassSend, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100)
		}
		if i%20 == 0 {
			c.Relations[0].Until, c.Relations[0].End = 103*day, event.ByCustomer
		}
		l.Add(c, 200*day)
	}
	f := l.Learned()
	rested, tired := f.Next(on(touched(event.MassSend), 120)), f.Next(on(touched(event.MassSend, 91, 92, 93, 94, 95, 96, 97, 98, 99), 100))
	if !f.Fitted || !(tired > 3*rested) || rested > .02 {
		t.Errorf("rested %v, tired %v, %+v", rested, tired, f)
	}
}

// Five contacts in a week and one deletion: one contact cost the relation, not five.
func TestADeletionCountsAgainstTheLatestContactAlone(t *testing.T) {
	l := NewFatigueLearner(Loss, 0)
	c := touched(event.MassSend, 95, 96, 97, 98, 99)
	c.Relations[0].Until, c.Relations[0].End = 101*day, event.ByCustomer
	l.Add(c, 200*day)
	if f := l.Learned(); f.Contacts != 5 || f.Events != 1 {
		t.Errorf("%d contacts, %d losses", f.Contacts, f.Events)
	}
}

// Half of the customers are contacted once. Two relations in a hundred end in the week
// after, with contact or without.
func TestWhoWouldHaveLeftAllTheSameCostsNothing(t *testing.T) {
	learned := func(contactCosts bool) Fatigue {
		l := NewFatigueLearner(Loss, 95*day)
		for i := range 20_000 {
			c := touched(event.MassSend)
			if i%2 == 0 {
				c = touched(event.MassSend, 100)
				c.Touches.Recent[0].Purpose = event.Serve
			}
			if i%100 < 2 || contactCosts && i%50 == 2 {
				c.Relations[0].Until, c.Relations[0].End = 102*day, event.ByCustomer
			}
			l.Add(c, 107*day)
		}
		return l.Learned()
	}
	free, dear := learned(false), learned(true)
	rested := on(touched(event.MassSend), 120)
	if free.Next(rested) > .003 {
		t.Errorf("a contact that costs nothing costs %v, %+v", free.Next(rested), free)
	}
	if cost := dear.Next(rested) - free.Next(rested); math.Abs(cost-.04) > .01 {
		t.Errorf("a contact that costs one relation in 25 costs %v, %+v", cost, dear)
	}
	if free.IdleWeeks != 10_000 || free.IdleEvents != 200 {
		t.Errorf("%+v", free)
	}
}

// Members contact those who buy and leave alone those who have nothing left to buy.
func TestWeeksWithoutContactAreComparedAmongLikeCustomers(t *testing.T) {
	l := NewFatigueLearner(Loss, 95*day)
	for i := range 100_000 {
		c := touched(event.MassSend)
		if i%2 == 0 {
			c = touched(event.MassSend, 100)
		}
		buys := i%2 == 0 || i%10 == 1
		if buys {
			c.Orders = profile.Orders{Count: 1, Days: 1, First: 95 * day, Recent: []profile.Order{{At: 95 * day, Amount: 1}}}
		}
		if buys && i%1000 < 10 || !buys && i%10 == 3 {
			c.Relations[0].Until, c.Relations[0].End = 102*day, event.ByCustomer
		}
		l.Add(c, 107*day)
	}
	if f := l.Learned(); math.Abs(f.Idle-.01) > .002 {
		t.Errorf("of customers like those contacted one in a hundred leaves in a week, %+v", f)
	}
}

// Who is contacted at regular intervals is without a contact for a whole week only after
// leaving; that says nothing about how many leave.
func TestWeeksBetweenContactsAreNotOnlyOfThoseWhoLeft(t *testing.T) {
	const weekly = .01 // of the relations end, whatever anybody does
	for _, every := range []int{10, 14, 30} {
		l, chance := NewFatigueLearner(Loss, day), rand.New(rand.NewPCG(7, 1))
		for range 10_000 {
			c := touched(event.MassSend)
			end := 1 + chance.ExpFloat64()*FatigueDays/weekly
			for d := 2 + chance.IntN(every); d < 200 && float64(d) < end; d += every {
				c.Touches.Recent = append(c.Touches.Recent, profile.Touch{At: event.Instant(d) * day, Channel: event.MassSend, Purpose: event.Remind})
			}
			if end < 200 {
				c.Relations[0].Until, c.Relations[0].End = event.Instant(end*past.Day), event.ByCustomer
			}
			l.Add(c, 200*day)
		}
		if f := l.Learned(); math.Abs(f.Idle-weekly) > .0015 {
			t.Errorf("contacted every %d days: %v of relations end in a week without contact, want %v; %d ends in %d weeks", every, f.Idle, weekly, f.IdleEvents, f.IdleWeeks)
		}
	}
}

func TestEndsOfRelationsAreKnownFromTheFirstOn(t *testing.T) {
	stays, left, later := touched(event.MassSend), touched(event.MassSend), touched(event.MassSend)
	left.Relations[0].Until, left.Relations[0].End = 50*day, event.ByCustomer
	later.Relations[0].Until, later.Relations[0].End = 60*day, event.ByCustomer
	if from := Loss.Known([]profile.Customer{*stays, *later, *left}); from != 50*day {
		t.Errorf("known from %v", from)
	}
	l := NewFatigueLearner(Loss, Loss.Known([]profile.Customer{*stays}))
	l.Add(touched(event.MassSend, 20), 100*day)
	if f := l.Learned(); f.Contacts != 0 || f.IdleWeeks != 0 {
		t.Errorf("nobody is known to have left, and yet %+v", f)
	}
}

func TestHelpBringsTheBrandToMindLessThanAReminder(t *testing.T) {
	remind, serve := touched(event.OneToOne, 100), touched(event.OneToOne, 100)
	remind.Touches.Recent[0].Purpose, serve.Touches.Recent[0].Purpose = event.Remind, event.Serve
	more, less := Remembered(on(remind, 101), 14, month).Value, Remembered(on(serve, 101), 14, month).Value
	if !(more > 2*less && less > 0) {
		t.Errorf("a reminder leaves %v, help %v", more, less)
	}
}

// A complaint, a group that was left and a refusal are told to the brand as surely as a
// deletion, and a contact too many brings them sooner.
func TestEveryWayToBeTiredOfTheBrandCounts(t *testing.T) {
	ways := map[string]func(*profile.Customer){
		"deletes the member": func(c *profile.Customer) { c.Relations[0].Until, c.Relations[0].End = 102*day, event.ByCustomer },
		"leaves the group": func(c *profile.Customer) {
			c.Groups = []profile.Membership{{Group: 1, Since: 10 * day, Until: 102 * day}}
		},
		"complains":           func(c *profile.Customer) { c.Complaints = []profile.Complaint{{Opened: 102 * day}} },
		"refuses marketing":   func(c *profile.Customer) { c.Refused = 102 * day },
		"stays in the group":  func(c *profile.Customer) { c.Groups = []profile.Membership{{Group: 1, Since: 10 * day}} },
		"allows marketing":    func(c *profile.Customer) { c.Refused = -102 * day },
		"complained long ago": func(c *profile.Customer) { c.Complaints = []profile.Complaint{{Opened: 20 * day, Closed: 102 * day}} },
	}
	harms := map[string]struct{ negative, loss int }{"deletes the member": {1, 1}, "leaves the group": {1, 0}, "complains": {1, 0}, "refuses marketing": {1, 0}}
	for name, do := range ways {
		c := touched(event.MassSend, 100)
		do(c)
		all, lost := NewFatigueLearner(Negative, 0), NewFatigueLearner(Loss, 0)
		all.Add(c, 200*day)
		lost.Add(c, 200*day)
		if got, want := all.Learned().Events, harms[name].negative; got != want {
			t.Errorf("who %s within two days of a contact: %d negative events, want %d", name, got, want)
		}
		if got, want := lost.Learned().Events, harms[name].loss; got != want {
			t.Errorf("who %s within two days of a contact: %d ended relations, want %d", name, got, want)
		}
	}
}

// Half of the customers are contacted, one in ten of those complains and nobody leaves.
func TestComplaintsTireWithoutCostingRelations(t *testing.T) {
	all, lost := NewFatigueLearner(Negative, 95*day), NewFatigueLearner(Loss, 95*day)
	for i := range 4000 {
		c := touched(event.MassSend)
		if i%2 == 0 {
			c = touched(event.MassSend, 100)
			if i%20 == 0 {
				c.Complaints = []profile.Complaint{{Opened: 101 * day}}
			}
		}
		all.Add(c, 107*day)
		lost.Add(c, 107*day)
	}
	rested := on(touched(event.MassSend), 120)
	if tired, left := all.Learned(), lost.Learned(); !(tired.Next(rested) > .05) || left.Next(rested) > .003 || !tired.Fitted || left.Fitted {
		t.Errorf("a contact brings a negative event with %v, costs the relation with %v", tired.Next(rested), left.Next(rested))
	}
}

func TestContactsTooRecentToJudgeAreLeftOut(t *testing.T) {
	l := NewFatigueLearner(Loss, 0)
	l.Add(touched(event.MassSend, 96, 99), 100*day)
	if f := l.Learned(); f.Contacts != 0 || f.Fitted || !(f.Next(on(touched(event.MassSend), 100)) > 0) {
		t.Errorf("%+v", f)
	}
}

func TestVisitsByChanceLeaveWhatAsManyAtKnownTimesLeaveOnAverage(t *testing.T) {
	const every, lived = 10, 2000
	for _, halfLife := range HalfLives() {
		sum := 0.0
		for phase := range every {
			c := touched(event.OneToOne)
			for d := phase; d < lived; d += every {
				c.Orders.Recent = append(c.Orders.Recent, profile.Order{At: event.Instant(d) * day, Amount: 100})
			}
			sum += -math.Log1p(-Remembered(on(c, lived-.5), halfLife, month).Value)
		}
		measured := make([]feature.Measured, Count)
		Visit(measured, 1./every, halfLife, month)
		if got, want := -math.Log1p(-measured[memory].Value), sum/every; math.Abs(got-want) > .005*want {
			t.Errorf("half-life %v: by chance %v, at known times %v", halfLife, got, want)
		}
	}
}
