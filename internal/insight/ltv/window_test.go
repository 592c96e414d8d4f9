package ltv

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// seasonal is a brand whose customers never stop and buy with a season of
// strength around the year.
func TestParametersHaveTheNamesThatAreToldOfThem(t *testing.T) {
	f := NewHistory(drifting(1500, 9), everyModel()).Until(500, 90, 0)
	for _, m := range f.Members {
		var names []string
		for _, p := range m.Fit.Parameters {
			names = append(names, p.Name)
		}
		if want := ParameterNames(m.Name); !slices.Equal(names, want) {
			t.Errorf("%s has the parameters %v, told are %v", m.Name, names, want)
		}
	}
}

// There is no season below two years, and thousands of windows tell the own rate.
func TestTheRegressionTellsHowMuchOfItIsStillPrior(t *testing.T) {
	f := NewHistory(drifting(3000, 9), Choice{Members: []string{windowName}, K: 1}).Until(400, 90, 0)
	w := f.Members[0].Window
	for j, name := range windowTerms() {
		season := name == "season_sin" || name == "season_cos"
		if weight := w.Priors[j]; season != (weight > .999) || !(weight >= 0 && weight <= 1+1e-9) || name == "rate" && weight > .2 {
			t.Errorf("%s is %.3f still prior", name, weight)
		}
	}
}

func seasonal(customers, days int, strength float64) *btyd.Log {
	random := rand.New(rand.NewPCG(5, 8))
	ledger := btyd.NewLedger()
	for i := range customers {
		rate := .02 * math.Exp(.5*random.NormFloat64())
		for d := random.IntN(60); d < days; d++ {
			if random.Float64() < rate*math.Exp(strength*math.Sin(2*math.Pi*float64(d)/seasonDays)) {
				ledger.Add(strconv.Itoa(i), btyd.Day(d), 1)
			}
		}
	}
	return ledger.Close()
}

func fittedWindow(log *btyd.Log, until btyd.Day, days int) (*forecastWindow, *panel) {
	p := newPanel(log, panelOf{until: until, window: windowBefore(log, until, days)})
	f := newFitter(days).fit(windowName, p)
	return f.predictor.(*forecastWindow), p
}

func TestTheRegressionLearnsASeasonFromTwoYearsAndNoneFromOne(t *testing.T) {
	const until, ahead = 900, 91
	log := seasonal(3000, until+ahead, .6)
	w, p := fittedWindow(log, until, ahead)
	actual := 0
	for _, y := range p.placed(until + ahead) {
		actual += y
	}
	if total := w.total(p, stats.WeeksOfDays(ahead)); math.Abs(total/float64(actual)-1) > .12 {
		t.Errorf("forecast %v of %d orders in a season", total, actual)
	}
	young, _ := fittedWindow(log, 400, ahead)
	if young.Season != [2]float64{} || young.fit.Coefficients[windowColumns-1] != 0 {
		t.Errorf("a season %v, %v after a year", young.Season, young.fit.Coefficients)
	}
}

func TestAWindowOfAYearHasNoSeason(t *testing.T) {
	year := calendar(true).over(100, 365)
	if math.Hypot(year[0], year[1]) > .01 {
		t.Errorf("the mean of a year is %v", year)
	}
	day := calendar(true).over(91, 1)
	near(t, "a day in spring", day[0], 1, .01)
}

func TestTheRegressionForecastsWhoItLearnedFrom(t *testing.T) {
	log := drifting(3000, 11)
	w, p := fittedWindow(log, 400, 120)
	if w.factor < .9 || w.factor > 1.1 {
		t.Errorf("factor %v for a horizon as long as the window", w.factor)
	}
	var expected, actual float64
	for i, y := range p.placed(520) {
		expected += w.inWindow(p.cases[i])
		actual += float64(y)
	}
	near(t, "forecast over actual", expected*w.factor/actual, 1, .15)
	long, _ := fittedWindow(log, 400, 800)
	if long.factor <= 1 || long.factor >= 4 {
		t.Errorf("four windows bring %v times the orders of one, though customers stop", long.factor)
	}
}

func TestASampleStandsForEverybody(t *testing.T) {
	log := drifting(5000, 2)
	all, some := newPanel(log, panelOf{until: 365, window: 90}), newPanel(log, panelOf{until: 365, window: 90, most: 1000})
	if n := len(some.cases); n < 700 || n > 1300 {
		t.Errorf("%d of %d customers sampled, want about 1000", n, len(all.cases))
	}
	mean := func(p *panel) float64 {
		sum := 0.
		for _, c := range p.cases {
			sum += float64(c.Frequency)
		}
		return sum / float64(len(p.cases))
	}
	near(t, "orders in the sample", mean(some)/mean(all), 1, .15)
}
