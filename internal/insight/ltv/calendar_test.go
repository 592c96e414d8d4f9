package ltv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

func TestTheSpringFestivalIsTheNewMoonAfterTheTwentiethOfJanuary(t *testing.T) {
	// The mean new moon of 6 January 2000, 14:20:44 UTC (Meeus, Astronomical
	// Algorithms, eq. 49.1): the true one is at most 14 hours away.
	mean, month := time.Date(2000, 1, 6, 14, 20, 44, 0, time.UTC), 29.530588861*24*float64(time.Hour)
	for i := range newYears() {
		year := firstNewYear + i
		day, ok := springFestival(year)
		if !ok {
			t.Fatalf("no table of %d", year)
		}
		if early, late := dayIn(year, time.January, 21), dayIn(year, time.February, 20); day < early || day > late {
			t.Errorf("%d: %s", year, day.Time().Format(time.DateOnly))
		}
		noon := day.Time().Add(4 * time.Hour) // in China
		since := math.Mod(float64(noon.Sub(mean)), month) / float64(time.Hour)
		if away := math.Min(since, month/float64(time.Hour)-since); away > 14+12 {
			t.Errorf("%d: %s is %.0f hours from the mean new moon", year, day.Time().Format(time.DateOnly), away)
		}
	}
	if day, _ := springFestival(2026); day != dayIn(2026, time.February, 17) {
		t.Error("2026 began on 17 February")
	}
	if _, ok := springFestival(2100); ok {
		t.Error("nobody knows 2100 here")
	}
}

// festiveLog draws a brand's orders by days with true factors of festivals.
func festiveLog(first, last btyd.Day, each float64, factors map[Festival]float64) *btyd.Log {
	random, ledger := rand.New(rand.NewPCG(3, 3)), btyd.NewLedger()
	for day := first; day <= last; day++ {
		rate := each * math.Exp(.08*random.NormFloat64())
		if f, festive := festivalOf(day); festive {
			rate *= factors[f]
		}
		n := int(rate) + int(random.Float64()+rate-math.Floor(rate))
		for i := range n {
			ledger.Add(fmt.Sprint(int(day)%7, "-", i), day, 1)
		}
	}
	return ledger.Close()
}

func truth() map[Festival]float64 {
	return map[Festival]float64{SpringRush: 1.1, SpringRest: .4, MidYear: 1.8, Doubles: 2.2}
}

func TestBelowTwoYearsTheCalendarIsAnAssumption(t *testing.T) {
	c := NewCalendar(festiveLog(dayIn(2024, 3, 1), dayIn(2025, 12, 1), 30, truth()), dayIn(2025, 12, 1))
	for _, e := range c.Effects {
		if e.Times != 0 || e.Prior != 1 || math.Abs(math.Log(e.Factor)-believed(e.Festival)) > 1e-12 || e.Low >= e.Factor || e.High <= e.Factor {
			t.Errorf("%+v", e)
		}
	}
	if c.Seen() {
		t.Error("nothing was seen")
	}
}

func TestFromTwoYearsOnFestivalsAreRecoveredAndLeanOnTheAssumption(t *testing.T) {
	until, held := dayIn(2026, 12, 31), 0
	c := NewCalendar(festiveLog(dayIn(2023, 1, 1), until, 30, truth()), until)
	for _, e := range c.Effects {
		want := truth()[e.Festival]
		if math.Abs(math.Log(e.Factor/want)) > .2 || e.Times < 3 || e.Prior > .3 {
			t.Errorf("true %.2f: %+v", want, e)
		}
		if e.Low <= want && want <= e.High {
			held++
		}
	}
	if held < 2 || c.Noise > .15 {
		t.Errorf("%d of 4 intervals hold the truth, noise %.3f", held, c.Noise)
	}
}

func TestACurveWithFestivalsFollowsThemWhereTheyAreTrue(t *testing.T) {
	cut, end := dayIn(2026, 9, 30), dayIn(2026, 11, 30)
	log := festiveLog(dayIn(2023, 1, 1), end, 30, truth())
	d := ordersByDay(log, cut+1, end)
	year := ordersByDay(log, cut-364, cut)
	pace, all := 0.0, 0.0
	for _, n := range year.orders {
		pace += n / 365
	}
	var curve []Tracked
	for i, n := range d.orders {
		if all += n; i%7 == 6 {
			curve = append(curve, Tracked{Week: float64(stats.WeeksOfDays(i + 1)), Actual: all, Predicted: pace * float64(i+1)})
		}
	}
	s := SeasonOf(log, cut, curve)
	if len(s.Predicted) != len(curve) || s.Miss > .7*s.Plain || s.Miss > .08 {
		t.Errorf("with festivals %.3f off, without %.3f", s.Miss, s.Plain)
	}
	for i := 1; i < len(s.Predicted); i++ {
		if s.Predicted[i] < s.Predicted[i-1] {
			t.Error("the curve falls")
		}
	}
}

func TestACalendarWithoutOrdersHasItsNumbers(t *testing.T) {
	s := SeasonOf(btyd.NewLedger().Close(), dayIn(2026, 1, 1), nil)
	if len(s.Effects) != 4 || s.Over(0, 0) != 1 || math.IsNaN(s.Noise) {
		t.Errorf("%+v", s)
	}
}

func TestFestivalsThatPassUnnoticedSpeakAgainstTheCalendar(t *testing.T) {
	from, to := dayIn(2025, 6, 15), dayIn(2026, 6, 14)
	for name, c := range map[string]struct {
		factors map[Festival]float64
		speaks  bool
	}{"none": {nil, false}, "as believed": {map[Festival]float64{SpringRush: 1.25, SpringRest: .67, MidYear: 1.34, Doubles: 1.5}, true}, "strong": {strongFestivals(), true}} {
		seen, evidence := ordersByDay(festiveCustomers(dayIn(2025, 1, 1), to, c.factors), from, to).witness()
		if seen < 2 || c.speaks != (evidence > 0) {
			t.Errorf("%s: %d festivals seen, evidence %.2f", name, seen, evidence)
		}
	}
	if seen, evidence := (daily{first: from}).witness(); seen != 0 || evidence != 0 {
		t.Errorf("nothing seen speaks: %d, %v", seen, evidence)
	}
}

// The evidence is the ratio of the marginal densities of what was seen.
func TestEvidenceOfOneFestivalIsTheRatioOfItsMarginalDensities(t *testing.T) {
	const ratio, variance = .21, .03
	before := beliefIn(Doubles)
	after := belief{mean: (before.mean*before.precision + ratio/variance) / (before.precision + 1/variance), precision: before.precision + 1/variance}
	density := func(x, mean, variance float64) float64 {
		return -math.Log(variance)/2 - (x-mean)*(x-mean)/(2*variance)
	}
	want := density(ratio, before.mean, variance+1/before.precision) - density(ratio, 0, variance)
	near(t, "log Bayes factor", before.none()-after.none(), want, 1e-12)
}

func TestACalendarThatPastTotalsCallForIsNotFollowedWhereFestivalsPassUnnoticed(t *testing.T) {
	contest := calendarContest{rps: 3 * .80, plainRPS: 3 * .82, misses: []float64{.2, .21, .2}, plainMisses: []float64{.1, .2, .3}}
	near(t, "what all days are off alike is no miss", contest.choice(0, 0).Miss, .04/9, 1e-12)
	for name, test := range map[string]struct {
		seen     int
		evidence float64
		used     bool
	}{
		"no festival in the history":    {0, 0, true},
		"festivals that were believed":  {2, 1.3, true},
		"festivals that went unnoticed": {2, -2.7, false},
	} {
		if c := contest.choice(test.seen, test.evidence); c.Used != test.used || c.Against() == test.used {
			t.Errorf("%s: %+v", name, c)
		}
	}
}
