package need

import (
	"cmp"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/catalog"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/feature"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
)

const (
	day       = event.Instant(past.Day)
	tea, ware = id.Line(1), id.Line(2)
)

func buyer(line id.Line, days ...int) *profile.Customer {
	c := &profile.Customer{ID: 1}
	for _, d := range days {
		at := event.Instant(d) * day
		c.Orders.Recent = append(c.Orders.Recent, profile.Order{ID: id.Order(d), At: at, Amount: 1000, Lines: []id.Line{line}})
		c.Orders.Days++
		c.Orders.Last = at
	}
	c.Orders.First = c.Orders.Recent[0].At
	return c
}

func on(c *profile.Customer, d int) past.View {
	return past.View{Customer: c, At: event.Instant(d) * day, Orders: event.Instant(d) * day}
}

func measure(v past.View, cycles Cycles) []feature.Measured {
	out := make([]feature.Measured, Count)
	Measure(v, cycles, Rhythm{Log: -1, Horizon: 30}, out)
	return out
}

var cycles = Cycles{{Line: tea, Days: 40}, {Line: ware, Days: 180}}

func TestTheOwnRhythmMovesTheDueDateAwayFromTheUsualCycle(t *testing.T) {
	once := Next(on(buyer(tea, 100), 105), cycles)
	if want := (140 * day).Time(); once.At != want || once.Line != tea {
		t.Errorf("after one order due %s, want %s", once.At, want)
	}
	// Two usual cycles of 40 days and four own ones of 20: 160/6 days.
	fast := Next(on(buyer(tea, 100, 120, 140, 160, 180), 185), cycles)
	if want := (180 * day).Time().Add(time.Duration(160. / 6 * 24 * float64(time.Hour))); fast.At.Sub(want).Abs() > time.Second {
		t.Errorf("due %s, want %s", fast.At, want)
	}
}

func TestALineNotBoughtForThreeCyclesIsGivenUp(t *testing.T) {
	c := buyer(tea, 100)
	if Next(on(c, 219), cycles).At.IsZero() || !Next(on(c, 221), cycles).At.IsZero() {
		t.Error("a line of 40 days is not given up after 120")
	}
}

func TestEveryLineHasItsOwnDateAndSaysFromHowManyGaps(t *testing.T) {
	c := buyer(tea, 100, 120, 140)
	c.Orders.Recent = append(c.Orders.Recent, profile.Order{ID: 9, At: 130 * day, Amount: 1, Lines: []id.Line{ware}})
	list := All(on(c, 150), cycles)
	if len(list) != 2 || list[0] != Next(on(c, 150), cycles) {
		t.Fatalf("due %+v", list)
	}
	// Two usual cycles of 40 days and two own ones of 20 are 30; of ware only the usual one is known.
	if d := list[0]; d.Line != tea || d.Gaps != 2 || d.Days != 30 || d.At != (170*day).Time() {
		t.Errorf("tea is due %+v", d)
	}
	if d := list[1]; d.Line != ware || d.Gaps != 0 || d.Days != 180 || d.At != (310*day).Time() {
		t.Errorf("ware is due %+v", d)
	}
	if late := All(on(c, 260), cycles); len(late) != 1 || late[0].Line != ware {
		t.Errorf("120 days after the last tea, which is bought every 30: %+v", late)
	}
}

func TestTheLineThatIsDueFirstIsNamed(t *testing.T) {
	c := buyer(ware, 100)
	c.Orders.Recent = append(c.Orders.Recent, profile.Order{ID: 9, At: 130 * day, Amount: 1, Lines: []id.Line{tea}})
	if due := Next(on(c, 135), cycles); due.Line != tea {
		t.Errorf("due %+v", due)
	}
}

// and adds days on which the customer bought another line.
func and(c *profile.Customer, line id.Line, days ...int) *profile.Customer {
	c.Orders.Recent = append(c.Orders.Recent, buyer(line, days...).Orders.Recent...)
	slices.SortFunc(c.Orders.Recent, func(a, b profile.Order) int { return cmp.Compare(a.At, b.At) })
	return c
}

func TestALineBoughtOnceLongAgoDoesNotHideWhatIsBoughtInRhythm(t *testing.T) {
	// A gift box 132 days overdue beside tea every 30 days: the last tea is younger than a day.
	c := and(buyer(ware, 100), tea, 260, 290, 320, 350, 380, 410)
	if list := All(on(c, 411), cycles); len(list) != 1 || list[0].Line != tea || list[0].By(411*day) {
		t.Errorf("due %+v", list)
	}
	// Who bought nothing since then has passed nothing over.
	alone := and(buyer(ware, 100), tea, 260)
	if due := Next(on(alone, 379), cycles); due.Line != ware {
		t.Errorf("due %+v, tea was last bought before the box was due for half a cycle", due)
	}
	// An order that shows no line may have been the box.
	if due := Next(on(and(buyer(ware, 100), 0, 411), 412), cycles); due.Line != ware {
		t.Errorf("due %+v", due)
	}
	// A line with gaps of its own is a habit, and waits for three cycles.
	if list := All(on(and(buyer(ware, 1, 100), tea, 411), 412), cycles); len(list) != 2 || list[0].Line != ware {
		t.Errorf("due %+v", list)
	}
}

func TestTheFreshestOfWhatIsOverdueStandsFirst(t *testing.T) {
	c := and(buyer(ware, 1, 180), tea, 100, 140, 180, 220, 260)
	list := All(on(c, 379), cycles) // the box 20 days late of 180, tea 79 of 40
	if len(list) != 2 || list[0].Line != ware || list[1].Line != tea || !list[1].By(379*day) {
		t.Errorf("due %+v", list)
	}
}

func TestWhatFallsDueTodayStandsBeforeWhatHasWaited(t *testing.T) {
	c := and(buyer(ware, 1, 100), tea, 180, 220, 260) // tea is due on day 300 at eight in the morning, the box since day 273
	const hour = day / 24
	for early, want := range map[event.Instant]id.Line{9 * hour: ware, 3 * hour: tea, -3 * hour: tea} {
		v := on(c, 300)
		v.At -= early
		if due := Next(v, cycles); due.Line != want || !due.By(v.At) {
			t.Errorf("%d hours before tea is due: %+v", early/hour, due)
		}
	}
}

func TestTheLineNotBoughtForTheLongestGivesWayToANinth(t *testing.T) {
	c := buyer(10, 1)
	for i := range 8 {
		and(c, id.Line(11+i), 2+i)
	}
	list := All(on(c, 12), Cycles{})
	if len(list) != maxLines || slices.ContainsFunc(list, func(d Due) bool { return d.Line == 10 }) || list[maxLines-1].Line != 18 {
		t.Errorf("due %+v", list)
	}
}

func TestDuenessRisesWhileTheCycleRunsAndFallsOnceTheHabitBreaks(t *testing.T) {
	c := buyer(tea, 100)
	at := func(d int) float64 { return measure(on(c, d), cycles)[due].Value }
	if !(at(101) < at(115) && at(115) < at(130)) || !(at(140) > at(230)) || !(at(101) >= 0) {
		t.Errorf("after 1, 15, 30, 40, 130 days: %v %v %v %v %v", at(101), at(115), at(130), at(140), at(230))
	}
}

func TestReadinessStaysAShareAndRisesUpToTwoCycles(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x, y := rapid.Float64Range(0, 2).Draw(rt, "x"), rapid.Float64Range(0, 2).Draw(rt, "y")
		if a, b := readiness(min(x, y)), readiness(max(x, y)); a > b || a < 0 || b > 1 {
			rt.Fatalf("readiness %v at %v, %v at %v", a, x, b, y)
		}
	})
}

func TestBuyingMeetsAnExpressedNeed(t *testing.T) {
	c := buyer(tea, 100)
	c.Needs = []profile.Need{{At: 95 * day, Line: tea, Asked: true}, {At: 110 * day, Line: ware, Asked: true}, {At: 112 * day}}
	got := measure(on(c, 124), cycles)
	if math.Abs(got[asked].Value-.5) > 1e-12 || got[asked].Line != ware {
		t.Errorf("asked a half-life ago: %+v", got[asked])
	}
	if math.Abs(got[browsed].Value-math.Exp2(-12./7)) > 1e-12 {
		t.Errorf("browsed: %+v", got[browsed])
	}
	if before := measure(on(c, 105), cycles); before[asked].Value != 0 {
		t.Errorf("the order on day 100 met what was asked on day 95: %+v", before[asked])
	}
}

func TestWhoHasNotBoughtHasNoRhythm(t *testing.T) {
	c := &profile.Customer{ID: 1, FirstSeen: 72 * day}
	got := measure(on(c, 100), cycles)
	if got[rhythm].Value != 0 || got[due].Value != 0 || got[never].Value != 1 || math.Abs(got[neverLong].Value-math.Ln2) > 1e-12 {
		t.Errorf("%+v", got)
	}
}

func TestCyclesComeFromTheCatalogueElseFromGaps(t *testing.T) {
	l := NewCycleLearner()
	for range 20 {
		l.Add(on(buyer(ware, 100, 150, 205), 300))
	}
	learned := l.Cycles(catalog.Catalog{Lines: []catalog.Line{{ID: tea, Cycle: 40 * 24 * time.Hour}}})
	if learned.Of(tea) != 40 || learned.Of(ware) != 50 || learned.Of(99) != defaultCycle {
		t.Errorf("%+v", learned)
	}
	few := NewCycleLearner()
	few.Add(on(buyer(ware, 100, 150), 300))
	if got := few.Cycles(catalog.Catalog{}).Of(ware); got != defaultCycle {
		t.Errorf("one gap made a cycle of %v days", got)
	}
}
