package world

import (
	"maps"
	"slices"
	"testing"
)

func course(t *testing.T, config Config) *Course {
	t.Helper()
	c, err := NewCourse(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func live(t *testing.T, c *Course, o Operation, days int) {
	t.Helper()
	if err := c.Live(t.Context(), o, days); err != nil {
		t.Fatal(err)
	}
}

// That a plan lived on the platform and a practice lived without differ by what is
// sent alone rests on this.
func TestWhoIsLeftAloneLivesTheSameWithAPlatformAndWithout(t *testing.T) {
	config := Config{Customers: 400, Seed: 12}
	const days = 20
	on, platform, virtual := onClock(t, config)
	stepHours(t, on, platform, virtual, 24*days)
	off := course(t, config)
	live(t, off, Operation{Practice: Alone}, days)
	begin := on.epoch.AddDate(0, 0, HistoryDays)
	bought := func(w *World) map[uint64][]string {
		all := receipts(w)
		maps.DeleteFunc(all, func(_ uint64, of []string) bool { return len(of) == 0 })
		return all
	}
	if a, b := bought(on), bought(off.w); !maps.EqualFunc(a, b, slices.Equal) {
		t.Errorf("%d people bought on the platform, %d without: not the same orders", len(a), len(b))
	}
	a, b := on.Tally(HistoryDays, HistoryDays+days), off.Tally(HistoryDays, HistoryDays+days)
	if a != b || a.Orders == 0 || a.Margin <= 0 || a.Margin >= a.Turnover || a.ByHand+a.Mass != 0 {
		t.Errorf("since %s: on the platform %+v, without %+v", begin, a, b)
	}
}

func TestABlastReachesEverybodyOfWhoeverSends(t *testing.T) {
	c := course(t, Config{Customers: 300, Seed: 5})
	reachable := c.Customers()
	live(t, c, Operation{Practice: WeeklyBlast, Confirming: 1}, 7)
	got := c.Tally(HistoryDays, HistoryDays+7)
	// Who came or went within the week may have been reached or not.
	if got.Mass < reachable-15 || got.Mass > reachable+15 || got.ByHand != 0 || got.Sends == 0 {
		t.Errorf("%d customers, but %+v", reachable, got)
	}
	live(t, c, Operation{Practice: Blast, Confirming: .4}, 70)
	more := c.Tally(HistoryDays+7, HistoryDays+77)
	if share := float64(more.Mass) / float64(20*c.Customers()); share < .3 || share > .5 {
		t.Errorf("%.2f of all messages were sent where two in five are", share)
	}
}

func TestNobodyIsRemindedTwiceAWeekNorBeforeAnythingIsDueNorForEver(t *testing.T) {
	c := course(t, Config{Customers: 500, Seed: 7})
	o := Operation{Practice: DueDate, Confirming: .7, Capacity: 1}
	before := map[int]int{}
	for range 60 {
		live(t, c, o, 1)
		for i, day := range c.reached {
			if day != c.w.day || before[i] == day {
				continue
			}
			if last, known := before[i]; known && day-last < restDays {
				t.Fatalf("reached after %d days", day-last)
			}
			before[i] = day
		}
		for _, d := range c.due() {
			if d.cycles < 1 || d.cycles >= givesUpAt || c.reached[d.person] > c.w.day-restDays && c.reached[d.person] > 0 {
				t.Fatalf("due: %+v, last reached on day %d of %d", d, c.reached[d.person], c.w.day)
			}
		}
	}
	got := c.Tally(HistoryDays, HistoryDays+60)
	if got.ByHand == 0 || got.Mass == 0 || got.ByHand > 60*len(c.w.crew) {
		t.Errorf("%+v", got)
	}
}

func TestWhatCameBackPartlyCostsThatPartOfTheGoods(t *testing.T) {
	var tally Tally
	tally.add(&order{gross: 1000, discount: 200, refund: 400}, 500)
	if tally != (Tally{Orders: 1, Turnover: 400, Margin: 400 - 250}) {
		t.Errorf("%+v", tally)
	}
}
