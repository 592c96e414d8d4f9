package ltv

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"siyu/internal/stats/btyd"
)

// weekly is a brand whose customers buy about once a week and stop rarely: what
// they did by the cut lies beyond everything a window before it shows.
func weekly(customers int) *btyd.Log {
	random := rand.New(rand.NewPCG(12, 3))
	ledger := btyd.NewLedger()
	for i := range customers {
		gap := 8 * math.Exp(.7*random.NormFloat64())
		end := 1200 * random.ExpFloat64()
		for at := random.Float64() * 60; at < min(700, end); at += max(1, gap*random.ExpFloat64()) {
			ledger.Add(strconv.Itoa(i), btyd.Day(at), 1)
		}
	}
	return ledger.Close()
}

func TestTheChoiceIsNotMisledOnCustomersOlderThanAnyWindow(t *testing.T) {
	b := RunBacktest(weekly(700), ModelNames(), 400, 700)
	chosen, best := scoreOf(t, b, b.Chosen), math.Inf(1)
	for _, name := range []string{"bgnbd", "mbgnbd", "pnbd"} {
		best = min(best, scoreOf(t, b, name).RPS)
	}
	if chosen.RPS > 1.03*best {
		t.Errorf("%s %v has rps %.4f, the best purchase model %.4f", b.Chosen, b.Members, chosen.RPS, best)
	}
	near(t, "bias", chosen.Bias, 0, .1)
}

func TestInnerOriginsLieBeforeTheDayAndLeaveAHistory(t *testing.T) {
	for _, c := range []struct {
		first, until btyd.Day
		days, want   int
	}{{0, 400, 100, 3}, {0, 400, 400, 2}, {0, 1, 50, 0}, {0, 2, 50, 1}} {
		origins := originsBefore(c.first, c.until, c.days)
		if len(origins) != c.want {
			t.Errorf("%d days of history, %d ahead: %d origins, want %d", c.until-c.first, c.days, len(origins), c.want)
		}
		for i, o := range origins {
			if o.end > c.until || o.at < c.first || i > 0 && o.at <= origins[i-1].at || int(o.end-o.at) > c.days {
				t.Errorf("%+v of %+v", o, c)
			}
		}
	}
}

func TestRegularityIsChosenByWhatItForecasts(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	regular, erratic := btyd.NewLedger(), btyd.NewLedger()
	for i := range 900 {
		gap, name := 20*math.Exp(.4*random.NormFloat64()), strconv.Itoa(i)
		stop := 900 * random.ExpFloat64()
		for at := random.Float64() * 100; at < min(600, stop); at += gap * (.7 + .6*random.Float64()) {
			regular.Add(name, btyd.Day(at), 1)
		}
		for at := random.Float64() * 100; at < min(600, stop); at += gap * random.ExpFloat64() {
			erratic.Add(name, btyd.Day(at), 1)
		}
	}
	names := []string{regularName}
	if k := NewStudy(regular.Close(), names, 400, 180).Choice.K; k < 3 {
		t.Errorf("k of regular buyers is %d", k)
	}
	if k := NewStudy(erratic.Close(), names, 400, 180).Choice.K; k != 1 {
		t.Errorf("k of buyers without a rhythm is %d", k)
	}
}

// The inner origins of both look 60 days ahead and tell the same.
func TestBeyondTheHistoryTheUsualMixtureStandsAndTheShockIsWider(t *testing.T) {
	log := drifting(400, 4)
	within, _ := choose(log, Choosable(), 120, 120)
	beyond, _ := choose(log, Choosable(), 120, 240)
	if slices.Equal(within.Members, usualMembers()) || !slices.Equal(beyond.Members, usualMembers()) {
		t.Errorf("within the history %v, beyond it %v", within.Members, beyond.Members)
	}
	first, _, _ := log.Span()
	if judged := int(120-first) / 2; within.Judged != judged || beyond.Judged != judged {
		t.Errorf("judged for %d and %d days, want %d", within.Judged, beyond.Judged, judged)
	}
	if beyond.Shock.SD < within.Shock.SD || beyond.Shock.SD < 2*CommonShock*.9 {
		t.Errorf("shock %v within the history, %v beyond it", within.Shock, beyond.Shock)
	}
}

// Variance in proportion to time: four times as long, twice the deviation.
func TestAShockGrowsAsTheRootOfTimeBeyondWhatItWasSeenIn(t *testing.T) {
	near(t, "four times as long", Shock{SD: .1}.over(120, 30).SD, .2, 1e-12)
	near(t, "shorter", Shock{SD: .1}.over(20, 30).SD, .1, 0)
}

func TestATotalTooSmallToBeSquaredHasAnInterval(t *testing.T) {
	for _, mean := range []float64{1e-100, 1e-170, 1e-300, math.SmallestNonzeroFloat64} {
		if low, high := (total{mean: mean, variance: mean}).interval(Shock{SD: CommonShock}); !(low >= 0 && high >= low && high < 1e-50) {
			t.Errorf("of %v the interval is %v to %v", mean, low, high)
		}
	}
	// sqrt(ln 2) in the log, 1.2816 times.
	_, high := total{mean: 1, variance: 1}.interval(Shock{})
	near(t, "bound of a total whose variance is its square", high, math.Exp(1.2815516*math.Sqrt(math.Ln2)), 1e-6)
}
