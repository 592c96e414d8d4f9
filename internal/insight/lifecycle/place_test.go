package lifecycle

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/past"
	"siyu/internal/money"
	"siyu/internal/profile"
	"siyu/internal/stats/btyd"
)

// learned has 60 and 90 days for tea, 200 and 300 for ware, 100 and 150 for all else.
func learned() *Cuts {
	return &Cuts{Brand: Cut{Declining: 100, Lost: 150, From: FromGaps}, Lines: []Cut{
		{Line: tea, Declining: 60, Lost: 90, From: FromGaps}, {Line: ware, Declining: 200, Lost: 300, From: FromGaps}, {Line: 3, Declining: 100, Lost: 150, From: FromBrand}}}
}

func TestStagesFollowOrdersAndSilence(t *testing.T) {
	rule := Rule{learned(), &Settings{}}
	for _, c := range []struct {
		what   string
		who    *profile.Customer
		on     int
		stage  insight.Stage
		change int // day, 0: never
	}{
		{"never bought", buyer(1, tea), 500, insight.Introduced, 0},
		{"a young first order", buyer(1, tea, 100), 160, insight.Introduced, 161},
		{"a first order that was not followed", buyer(1, tea, 100), 161, insight.Declining, 191},
		{"a second order", buyer(1, tea, 100, 140), 150, insight.Growing, 201},
		{"a fourth order", buyer(1, tea, 100, 110, 120, 140), 200, insight.Mature, 201},
		{"silent for longer than most", buyer(1, tea, 100, 110, 120, 140), 201, insight.Declining, 231},
		{"silent on the last day", buyer(1, tea, 100, 110, 120, 140), 230, insight.Declining, 231},
		{"silent for longer than nearly all", buyer(1, tea, 100, 110, 120, 140), 231, insight.Lost, 0},
		{"an order of no line", buyer(1, 0, 100), 200, insight.Introduced, 201},
		{"an unknown line", buyer(1, 77, 100), 200, insight.Introduced, 201},
	} {
		stage, until := rule.Place(on(c.who, c.on), true)
		var want time.Time
		if c.change > 0 {
			want = past.StartOf(btyd.Day(10_000 + c.change)).Time()
		}
		if stage != c.stage || !until.Equal(want) {
			t.Errorf("%s: %s until %s, want %s until %s", c.what, stage, until, c.stage, want)
		}
	}
}

func TestTheLineThatIsGivenUpLastDecides(t *testing.T) {
	both := buyer(1, ware, 50)
	both.Orders.Recent = append(both.Orders.Recent, buyer(1, tea, 100).Orders.Recent...)
	both.Orders.Days, both.Orders.Last = 2, both.Orders.Recent[1].At
	if stage, _ := (Rule{learned(), &Settings{}}).Place(on(both, 249), true); stage != insight.Growing {
		t.Errorf("tea is past its time, ware is not: %s", stage)
	}
	if stage, _ := (Rule{learned(), &Settings{}}).Place(on(both, 251), true); stage != insight.Declining {
		t.Errorf("ware's day has passed, too: %s", stage)
	}
}

func TestARefundedOrderIsNoSignOfLife(t *testing.T) {
	c := buyer(1, tea, 100, 110)
	c.Orders.Recent = append(c.Orders.Recent, profile.Order{At: on(c, 240).At, Amount: 500, Refunded: 500, Lines: []id.Line{tea}})
	if stage, _ := (Rule{learned(), &Settings{}}).Place(on(c, 250), true); stage != insight.Lost {
		t.Errorf("%s", stage)
	}
}

func TestWhoseOrdersCannotBeLinkedIsNeverCalledLost(t *testing.T) {
	rule := Rule{learned(), &Settings{}}
	for days, want := range map[int]insight.Stage{150: insight.Mature, 201: insight.Unmeasurable, 800: insight.Unmeasurable} {
		if stage, _ := rule.Place(on(buyer(1, tea, 100, 110, 120, 140), days), false); stage != want {
			t.Errorf("on day %d: %s, want %s", days, stage, want)
		}
	}
	for name, c := range map[string]*profile.Customer{"never bought": buyer(1, tea), "one order": buyer(1, tea, 100), "two": buyer(1, tea, 90, 100)} {
		if stage, until := rule.Place(on(c, 110), false); stage != insight.Unmeasurable || !until.IsZero() {
			t.Errorf("%s: %s", name, stage)
		}
	}
}

func TestDaysOfWhichOrdersAreNotKnownAreNoSilence(t *testing.T) {
	rule, v := Rule{learned(), &Settings{}}, on(buyer(1, tea, 100, 110), 200)
	v.Orders = past.StartOf(10_000 + 121) // everything up to day 120 is known
	stage, until := rule.Place(v, true)
	if want := past.StartOf(10_000 + 171 + 80).Time(); stage != insight.Growing || !until.Equal(want) {
		t.Errorf("%s until %s, want growing until %s", stage, until, want)
	}
}

func TestWhatIsSetStandsInPlaceOfWhatWasLearned(t *testing.T) {
	set := Settings{Mature: 2, Points: []Point{{Code: "", Declining: 10, Lost: 20}, {Code: "tea", Declining: 30, Lost: 40}}}
	if err := set.Prepare(); err != nil {
		t.Fatal(err)
	}
	line := id.LineOf("tea")
	cuts := learned()
	cuts.Lines[0].Line = line
	rule := Rule{cuts, &set}
	for asked, want := range map[id.Line]struct {
		days int
		from From
	}{line: {30, FromSetting}, 0: {10, FromSetting}, 3: {10, FromBrand}, 99: {10, FromBrand}, ware: {200, FromGaps}} {
		if p, from := rule.Of(asked); p.Declining != want.days || from != want.from || p.Line != asked {
			t.Errorf("line %d: %+v from %s, want %+v", asked, p, from, want)
		}
	}
	if stage, _ := rule.Place(on(buyer(1, line, 100, 110), 112), true); stage != insight.Mature {
		t.Errorf("two orders make mature: %s", stage)
	}
}

func TestCutPointsThatAreNoneAreRefused(t *testing.T) {
	for name, s := range map[string]Settings{
		"equal":      {Points: []Point{{Code: "a", Declining: 10, Lost: 10}}},
		"none":       {Points: []Point{{Code: "a", Declining: 0, Lost: 10}}},
		"twice":      {Points: []Point{{Code: "a", Declining: 1, Lost: 10}, {Code: "a", Declining: 2, Lost: 10}}},
		"ages":       {Points: []Point{{Code: "a", Declining: 1, Lost: MostDays + 1}}},
		"one order":  {Mature: 1},
		"fifty-one":  {Mature: MostMature + 1},
		"minus one":  {Mature: -1},
		"turned":     {Points: []Point{{Declining: 30, Lost: 20}}},
		"minus days": {Points: []Point{{Declining: -30, Lost: 20}}},
	} {
		if s.Prepare() == nil {
			t.Errorf("%s: %+v is taken", name, s)
		}
	}
}

// anybody draws a customer with orders of any lines on the days before today.
func anybody(t *rapid.T, today int) *profile.Customer {
	c := buyer(1, tea)
	days := rapid.SliceOfN(rapid.IntRange(0, today), 0, 8).Draw(t, "days")
	slices.Sort(days)
	for i, d := range days {
		at := past.StartOf(10_000) + event.Instant(d)*day + event.Instant(rapid.IntRange(0, 11).Draw(t, "hour"))*day/24
		o := profile.Order{ID: id.Order(i), At: at, Amount: 100}
		if rapid.IntRange(0, 5).Draw(t, "refunded") == 0 {
			o.Refunded = money.Fen(100)
		}
		for range rapid.IntRange(0, 2).Draw(t, "lines") {
			o.Lines = append(o.Lines, id.Line(rapid.IntRange(1, 4).Draw(t, "line")))
		}
		c.Orders.Recent = append(c.Orders.Recent, o)
		if o.Net() > 0 {
			if c.Orders.Last.Day() != at.Day() || c.Orders.Days == 0 {
				c.Orders.Days++
			}
			if c.Orders.Last = at; c.Orders.First == 0 {
				c.Orders.First = at
			}
		}
	}
	return c
}

func TestAStageLastsExactlyUntilTheTimeThatIsNamed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const today = 300
		rule, c := Rule{learned(), &Settings{}}, anybody(t, today)
		measurable := rapid.Bool().Draw(t, "measurable")
		see := func(at event.Instant) past.View { return past.View{Customer: c, At: at, Orders: at} }
		stage, until := rule.Place(on(c, today), measurable)
		if until.IsZero() {
			if later, never := rule.Place(on(c, today+5000), measurable); later != stage || !never.IsZero() {
				t.Fatalf("%s for ever became %s", stage, later)
			}
			return
		}
		if !until.After(on(c, today).At.Time()) {
			t.Fatalf("%s until %s, which has passed", stage, until)
		}
		if before, same := rule.Place(see(event.At(until)-1), measurable); before != stage || !same.Equal(until) {
			t.Fatalf("a moment before: %s until %s, was %s until %s", before, same, stage, until)
		}
		if after, _ := rule.Place(see(event.At(until)), measurable); after == stage {
			t.Fatalf("%s does not change at %s", stage, until)
		}
	})
}

func TestMoreSilenceNeverBringsACustomerBack(t *testing.T) {
	rank := func(s insight.Stage) int {
		return map[insight.Stage]int{insight.Introduced: 0, insight.Growing: 0, insight.Mature: 0, insight.Declining: 1, insight.Lost: 2}[s]
	}
	rapid.Check(t, func(t *rapid.T) {
		rule, c := Rule{learned(), &Settings{}}, anybody(t, 300)
		a := rapid.IntRange(300, 900).Draw(t, "first look")
		b := rapid.IntRange(a, 900).Draw(t, "second look")
		early, _ := rule.Place(on(c, a), true)
		late, _ := rule.Place(on(c, b), true)
		if rank(late) < rank(early) || rank(late) == 0 && late != early {
			t.Fatalf("%s on day %d, %s on day %d", early, a, late, b)
		}
	})
}

func BenchmarkPlace(b *testing.B) {
	rule, v := Rule{learned(), &Settings{}}, on(buyer(1, tea, 100, 110, 120, 140), 150)
	for range b.N {
		rule.Place(v, true)
	}
}

func BenchmarkLearn(b *testing.B) {
	l, v := NewLearner(), on(buyer(1, tea, 100, 110, 120, 140), 150)
	for i := range b.N {
		v.Customer.ID = id.Customer(i)
		l.Add(v)
	}
}
