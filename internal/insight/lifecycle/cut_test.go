package lifecycle

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/catalog"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
	"siyu/internal/stats"
	"siyu/internal/stats/survival"
)

const (
	day       = event.Instant(past.Day)
	tea, ware = id.Line(1), id.Line(2)
)

func buyer(number int, line id.Line, days ...int) *profile.Customer {
	c := &profile.Customer{ID: id.Customer(number)}
	for _, d := range days {
		at := past.StartOf(10_000) + event.Instant(d)*day + day/2
		o := profile.Order{ID: id.Order(d), At: at, Amount: 1000}
		if line != 0 {
			o.Lines = []id.Line{line}
		}
		c.Orders.Recent = append(c.Orders.Recent, o)
		c.Orders.Days, c.Orders.Count, c.Orders.Last = c.Orders.Days+1, c.Orders.Count+1, at
	}
	if len(days) > 0 {
		c.Orders.First = c.Orders.Recent[0].At
	}
	return c
}

// on is a customer at noon of a day on which orders are known.
func on(c *profile.Customer, d int) past.View {
	at := past.StartOf(10_000) + event.Instant(d)*day + day/2
	return past.View{Customer: c, At: at, Orders: at}
}

// The survival of patients with acute myelogenous leukaemia in weeks, with and without
// maintenance chemotherapy (Miller 1997, as R's survival package has it in aml); +:
// alive when last seen. R's survfit prints these curves.
func TestThePrintedCurvesOfTheLeukaemiaStudyAreReproduced(t *testing.T) {
	for name, study := range map[string]struct {
		ended, open []int
		waiting     map[int]float64
		most, near  int // by when 80 and 90 % are over, 0: never
	}{
		"maintained": {[]int{9, 13, 18, 23, 31, 34, 48}, []int{13, 28, 45, 161},
			map[int]float64{9: .909, 13: .818, 18: .716, 23: .614, 31: .491, 34: .368, 48: .184}, 48, 0},
		"not maintained": {[]int{5, 5, 8, 8, 12, 23, 27, 30, 33, 43, 45}, []int{16},
			map[int]float64{5: .8333, 8: .6667, 12: .5833, 23: .4861, 27: .3889, 30: .2917, 33: .1944, 43: .0972, 45: 0}, 33, 43},
	} {
		ended, open := make([]float64, longestGap+1), make([]float64, longestGap+1)
		for _, w := range study.ended {
			ended[w]++
		}
		for _, w := range study.open {
			open[w]++
		}
		km := survival.KaplanMeier(ended, open)
		watched := km.Last(1)
		c := curveOf(ended, km, watched)
		for week, want := range study.waiting {
			if math.Abs(c.waiting[week]-want) > 6e-4 {
				t.Errorf("%s: after %d weeks %.4f, printed %.4f", name, week, c.waiting[week], want)
			}
			if height := 1 - c.waiting[watched]; math.Abs(c.over[week]*height-(1-c.waiting[week])) > 1e-12 {
				t.Errorf("%s: after %d weeks %.4f of those who end", name, week, c.over[week])
			}
		}
		for p, want := range map[float64]int{most: study.most, nearAll: study.near} {
			if q := km.Quantile(p, 1); q.Reached != (want > 0) || q.Reached && int(q.Value) != want {
				t.Errorf("%s: %.0f %% after %+v, want %d", name, 100*p, q, want)
			}
			if want > 0 && c.waiting[watched] == 0 && first(c.over, p) != want {
				t.Errorf("%s: where nobody is left waiting the percentile is Kaplan and Meier's %d, got %d", name, want, first(c.over, p))
			}
		}
	}
}

// anyWaits draws counts of waits, at least one of which ended.
func anyWaits(t *rapid.T) (ended, open []float64) {
	ended, open = make([]float64, longestGap+1), make([]float64, longestGap+1)
	for range rapid.IntRange(1, 80).Draw(t, "ended") {
		ended[rapid.IntRange(1, 60).Draw(t, "gap")]++
	}
	for range rapid.IntRange(0, 80).Draw(t, "open") {
		open[rapid.IntRange(0, 90).Draw(t, "waits")]++
	}
	return ended, open
}

func TestPercentilesAreNeverShorterThanTheNaiveOnesAndRiseWithTheShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ended, open := anyWaits(t)
		km := survival.KaplanMeier(ended, open)
		watched := min(km.Last(1), longestGap)
		c := curveOf(ended, km, watched)
		before := 0
		for _, p := range []float64{.1, .5, most, nearAll, 1} {
			aware, naive := first(c.over, p), first(c.naive, p)
			if aware < naive || aware < before {
				t.Fatalf("%.0f %%: %d, naive %d, the smaller share %d", 100*p, aware, naive, before)
			}
			if plain := km.Quantile(p, 1); plain.Reached && p < 1 && int(plain.Value) < aware {
				t.Fatalf("%.0f %%: all waits %v, those that end %d", 100*p, plain.Value, aware)
			}
			before = aware
		}
	})
}

func TestWithoutOpenWaitsThePercentileIsTheNaiveOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ended, _ := anyWaits(t)
		km := survival.KaplanMeier(ended, nil)
		c := curveOf(ended, km, km.Last(1))
		for _, p := range []float64{.2, .5, most, nearAll} {
			if first(c.over, p) != first(c.naive, p) {
				t.Fatalf("%.0f %%: %d, naive %d", 100*p, first(c.over, p), first(c.naive, p))
			}
		}
	})
}

// habit draws a young customer who buys a line again after waits around a mean, until
// today, unless the customer never comes back.
func habit(random *rand.Rand, number int, mean, never float64) past.View {
	const today = 800
	var days []int
	for at := today - 260*random.Float64(); at < today; at += mean * (.5 + random.Float64()) {
		days = append(days, int(at))
		if random.Float64() < never {
			break
		}
	}
	return on(buyer(number, tea, days...), today)
}

func TestTheNaivePercentilesCallCustomersLostWhoAreWaitingTheirUsualTime(t *testing.T) {
	random, l := rand.New(rand.NewPCG(5, 5)), NewLearner()
	for i := range 4000 {
		l.Add(habit(random, i, 150, .2))
	}
	c := l.Learned(catalog.Catalog{}).Lines[0]
	// The truth: uniform from 75 to 225 days.
	if c.From != FromGaps || abs(c.Declining-195) > 4 || abs(c.Lost-210) > 4 {
		t.Errorf("declining after %d days, lost after %d", c.Declining, c.Lost)
	}
	if c.Most.Naive > 183 || c.NearAll.Naive > 200 {
		t.Errorf("the gaps that ended are not too short: %+v, %+v", c.Most, c.NearAll)
	}
	called := (225 - float64(c.NearAll.Naive)) / 150
	if called < .15 {
		t.Errorf("by the naive 90 %% point %.0f %% of those who come back were called lost; it should be wrong", 100*called)
	}
}

func abs(n int) int { return max(n, -n) }

// moody draws a customer with an own rhythm: gaps of one are alike.
func moody(random *rand.Rand, number int) past.View {
	mean := 40 * math.Exp(.6*random.NormFloat64())
	var days []int
	for at := 300 * random.Float64(); at < 1500; at += max(1, mean*random.ExpFloat64()) {
		days = append(days, int(at))
	}
	return on(buyer(number, tea, days...), 1500)
}

func TestIntervalsHoldThePercentileThoughGapsOfOneCustomerAreAlike(t *testing.T) {
	truth := first(learnMoody(rand.New(rand.NewPCG(1, 1)), 60_000).curve().over, most)
	held, rounds, narrow := 0, 200, 0
	for i := range rounds {
		l := learnMoody(rand.New(rand.NewPCG(2, uint64(i))), 150)
		p := l.seen().Most
		if p.Low <= truth && (p.High == 0 || truth <= p.High) {
			held++
		}
		ended, open := l.counts(-1)
		if q := survival.KaplanMeier(ended, open).Quantile(most, stats.Central80); q.Low <= float64(truth) && float64(truth) <= q.High {
			narrow++
		}
	}
	if share := float64(held) / float64(rounds); share < .74 || share > .92 {
		t.Errorf("80 %% intervals hold the percentile in %.0f %%", 100*share)
	}
	if share := float64(narrow) / float64(rounds); share > .72 {
		t.Errorf("intervals that take gaps for independent hold it in %.0f %%: the test shows nothing", 100*share)
	}
}

func learnMoody(random *rand.Rand, customers int) *waits {
	l := NewLearner()
	for i := range customers {
		l.Add(moody(random, i))
	}
	return l.lines[tea]
}

// curve is all that was seen.
func (w *waits) curve() curve {
	ended, open := w.counts(-1)
	km := survival.KaplanMeier(ended, open)
	return curveOf(ended, km, min(km.Last(enoughOpen), longestGap))
}

func TestFiveTimesTheSameGapsOfTheSameCustomersTellNoMore(t *testing.T) {
	once, often := new(waits), new(waits)
	random := rand.New(rand.NewPCG(8, 8))
	for range 400 {
		gap, group := int(60*random.ExpFloat64())%longestGap, random.IntN(groups)
		once.parts[group].ended[gap]++
		often.parts[group].ended[gap] += 5
		once.parts[group].open[gap/2]++
		often.parts[group].open[gap/2] += 5
	}
	once.returns, often.returns = 400, 400
	a, b := once.between(once.curve().over), often.between(once.curve().over)
	for d := range a.low {
		if math.Abs(a.low[d]-b.low[d]) > 1e-9 || math.Abs(a.high[d]-b.high[d]) > 1e-9 {
			t.Fatalf("day %d: %v to %v, five times as many gaps %v to %v", d, a.low[d], a.high[d], b.low[d], b.high[d])
		}
	}
}

func TestALineWithFewGapsLeansOnWhatIsExpected(t *testing.T) {
	random, l := rand.New(rand.NewPCG(3, 1)), NewLearner()
	for i := range 3000 {
		l.Add(habit(random, i, 40, .1))
	}
	for i := range 60 {
		l.Add(on(buyer(10_000+i, ware, 100+i%7, 250+i%50), 800))
	}
	l.Add(on(buyer(20_000, 3, 10, 20), 800))
	known := catalog.Catalog{Lines: []catalog.Line{{ID: ware}, {ID: 4, Cycle: 300 * 24 * time.Hour}, {ID: 5}}}
	cuts := l.Learned(known)
	if c := cuts.Of(tea); c.From != FromGaps || c.Own < .95 || abs(c.Declining-c.Most.Days) > 1 {
		t.Errorf("a line with many gaps: %+v", c)
	}
	if c := cuts.Of(3); c.From != FromBrand || c.Declining != cuts.Brand.Declining || c.Lost != cuts.Brand.Lost {
		t.Errorf("a line with one gap: %+v", c)
	}
	if c := cuts.Of(5); c.From != FromBrand || c.Declining != cuts.Brand.Declining {
		t.Errorf("a line nobody bought: %+v", c)
	}
	if c := cuts.Of(4); c.From != FromCycle || c.Declining <= 300 || c.Lost <= c.Declining {
		t.Errorf("a line of which the cycle is entered: %+v", c)
	}
	if c := cuts.Of(99); c != &cuts.Brand {
		t.Errorf("an unknown line: %+v", c)
	}
}

func TestABrandWithoutGapsHasThePriorAndSaysSo(t *testing.T) {
	l := NewLearner()
	for i := range 29 {
		l.Add(on(buyer(i, tea, 10, 40), 60))
	}
	cuts := l.Learned(catalog.Catalog{})
	if c := cuts.Brand; c.From != FromNothing || c.Declining != 90 || c.Lost != 180 || c.Gaps != 29 || c.Watched != 0 {
		t.Errorf("%+v", c)
	}
	if c := cuts.Lines[0]; c.From != FromNothing || c.Declining != 90 {
		t.Errorf("%+v", c)
	}
}

func TestManyGapsOfAFewCustomersAreTooFew(t *testing.T) {
	l := NewLearner()
	for i := range 10 {
		var days []int
		for d := 0; d < 700; d += 20 {
			days = append(days, d)
		}
		l.Add(on(buyer(i, tea, days...), 710))
	}
	if c := l.Learned(catalog.Catalog{}).Brand; c.From != FromNothing || c.Gaps < 300 || c.Returns != 10 {
		t.Errorf("%+v", c)
	}
}
