package ltv

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// branches is a brand whose customers come to stores, and in months, that make
// them buy so many times as often, each at an own rate, until they stop.
type branches struct {
	stores []float64 // factors
	month  func(day btyd.Day) float64
	few    int // customers of the last store, 0: as many as of the others
}

func (b branches) log(customers int, seed uint64) *btyd.Log {
	source := rand.NewPCG(seed, 8)
	random, ledger := rand.New(source), btyd.NewLedger()
	first, last := dayIn(2024, 1, 1), dayIn(2026, 6, 30)
	var groups []int64
	for i := range customers {
		store := i % len(b.stores)
		if last := len(b.stores) - 1; b.few > 0 && store == last && i/len(b.stores) >= b.few {
			store = random.IntN(last)
		}
		day := first + btyd.Day(random.IntN(int(last-first)))
		factor := b.stores[store]
		if b.month != nil {
			factor *= b.month(day)
		}
		perDay := factor * distuv.Gamma{Alpha: 1.2, Beta: 1.2 * 60, Src: source}.Rand()
		groups = append(groups, int64(store+1))
		for at := float64(day); at <= float64(last); at += random.ExpFloat64() / perDay {
			ledger.Add(strconv.Itoa(i), btyd.Day(at), 10+10*random.Float64())
			if random.Float64() < .08 {
				break
			}
		}
	}
	return ledger.Close().InGroups(groups)
}

func unlike() branches { return branches{stores: []float64{.45, .6, .8, 1, 1.2, 1.6, 2.2}} }

// judgedWith judges a choice with some kinds of rates in force.
func judgedWith(log *btyd.Log, choice Choice, kinds RateKinds, cut, end btyd.Day) Backtest {
	choice.Rates.RateKinds = kinds
	b, _ := studyOf(log, choice, cut, int(end-cut)).judge(usualMembers(), end)
	return b
}

func TestStoresThatDifferAreForecastByTheirRates(t *testing.T) {
	log, cut, end := unlike().log(4000, 1), dayIn(2026, 3, 31), dayIn(2026, 6, 30)
	b := RunBacktest(log, usualMembers(), cut, end)
	c := b.Choice.Rates
	if !c.Stores || c.Origins < LeastRateOrigins {
		t.Fatalf("%+v", c)
	}
	plain := judgedWith(log, b.Choice, RateKinds{}, cut, end)
	with, without := scoreOf(t, b, b.Chosen), scoreOf(t, plain, b.Chosen)
	if with.RPS > without.RPS*(1-rateGain) || with.Deviance >= without.Deviance {
		t.Errorf("with stores %+v\nwithout %+v", with, without)
	}
	near(t, "coverage", with.Coverage80, .8, .06)
	if b.ActualTotal < b.TotalLow || b.ActualTotal > b.TotalHigh {
		t.Errorf("actual %v outside %v to %v", b.ActualTotal, b.TotalLow, b.TotalHigh)
	}
	last := b.Tracking[len(b.Tracking)-1]
	near(t, "end of the tracking curve", last.Predicted/b.PredictedTotal, 1, .02)
}

func TestFactorsOfStoresAreFoundAndOneOfThreeCustomersIsNearlyUsual(t *testing.T) {
	brand := branches{stores: []float64{.7, .85, 1, 1.15, 1.4, 4}, few: 3}
	log := brand.log(6000, 2)
	choice := everyModel()
	choice.Rates.Stores = true
	f := NewHistory(log, choice).Until(dayIn(2026, 6, 30), 365, 0)
	if len(f.Rates.Stores) != len(brand.stores) || len(f.Rates.Months) != 0 {
		t.Fatalf("%+v", f.Rates)
	}
	usual, n := 0., 0.
	for i, s := range f.Rates.Stores[:5] {
		usual, n = usual+float64(s.Customers)*math.Log(brand.stores[i]), n+float64(s.Customers)
	}
	for i, s := range f.Rates.Stores[:5] {
		truth := brand.stores[i] / math.Exp(usual/n)
		near(t, "log of the factor", math.Log(s.Factor), math.Log(truth), .13)
		if s.Prior > .2 || s.Customers < 900 || s.Repeats < 900 {
			t.Errorf("%+v", s)
		}
	}
	if few := f.Rates.Stores[5]; few.Customers != 3 || few.Prior < .75 || few.Factor > 1.35 || few.Factor < .8 {
		t.Errorf("a store of three customers: %+v", few)
	}
}

func TestMonthsThatDifferAreForecastByTheirRates(t *testing.T) {
	brand := branches{stores: []float64{1}, month: func(day btyd.Day) float64 {
		return map[int64]float64{0: .5, 1: 2, 2: 1}[MonthOf(day)%3]
	}}
	log, cut, end := brand.log(5000, 3), dayIn(2026, 3, 31), dayIn(2026, 6, 30)
	b := RunBacktest(log, usualMembers(), cut, end)
	c := b.Choice.Rates
	if !c.Months || c.Stores {
		t.Fatalf("%+v", c)
	}
	plain := judgedWith(log, b.Choice, RateKinds{}, cut, end)
	if with, without := scoreOf(t, b, b.Chosen), scoreOf(t, plain, b.Chosen); with.RPS > without.RPS*(1-rateGain) {
		t.Errorf("with months %+v\nwithout %+v", with, without)
	}
}

func TestStoresThatDoNotDifferChangeNothing(t *testing.T) {
	for name, brand := range map[string]branches{"ten stores": {stores: []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}}, "two stores": {stores: []float64{1, 1}}} {
		for seed := range uint64(2) {
			log, cut, end := brand.log(1500, 4+seed), dayIn(2026, 3, 31), dayIn(2026, 6, 30)
			b := RunBacktest(log, usualMembers(), cut, end)
			if b.Choice.Rates.any() {
				t.Errorf("%s: %+v", name, b.Choice.Rates)
			}
			never := b.Choice
			never.Rates = RateChoice{}
			a, _ := json.Marshal(NewHistory(log, b.Choice).Until(cut, 50, 0))
			z, _ := json.Marshal(NewHistory(log.InGroups(nil), never).Until(cut, 50, 0))
			if string(a) != string(z) {
				t.Errorf("%s: nightly models differ from those without rates", name)
			}
		}
	}
}

func TestNightlyModelsSayOfStoresWhatModelsSayOneByOne(t *testing.T) {
	log := unlike().log(3000, 5)
	choice := everyModel()
	choice.Rates.RateKinds = RateKinds{Stores: true, Months: true}
	f := NewHistory(log, choice).Until(dayIn(2026, 6, 30), 60, 0)
	text, err := json.Marshal(f)
	var back Forecaster
	if err != nil || json.Unmarshal(text, &back) != nil {
		t.Fatal(err)
	}
	for _, step := range []int8{-mostSteps, -9, 0, 4, 13, mostSteps} {
		for _, s := range []btyd.Summary{{}, {Age: 3}, {Age: 40}, {Frequency: 3, Recency: 20, Age: 25}, {Frequency: 12, Recency: 20, Age: 60}} {
			c := Case{Summary: s, Recent: min(1, int32(s.Frequency)), Step: step}
			all, one := f.Of(c), f.Over(c, f.Horizon())
			if math.Abs(one.Expected/all.Expected-1) > 1e-6 || math.Abs(one.None()-all.None) > 1e-8 || math.Abs(all.None-f.None(c)) > 1e-12 {
				t.Errorf("%+v: %+v, one by one %v, none %v", c, all, one.Expected, one.None())
			}
			if back.Of(c) != all {
				t.Errorf("kept and read again it says %+v, not %+v", back.Of(c), all)
			}
			if !(all.Alive >= 0 && all.Alive <= 1) || math.IsNaN(all.Expected) || all.Low > all.High {
				t.Errorf("%+v: %+v", c, all)
			}
			usual := c
			if usual.Step = 0; s.Age == 0 && (f.Of(usual).Expected-all.Expected)*float64(step) > 0 {
				t.Errorf("%+v: %v orders of a new customer, of a usual one %v", c, all.Expected, f.Of(usual).Expected)
			}
		}
	}
}

func TestNightsTellCustomersByTheStoreOfTheFirstOrder(t *testing.T) {
	random, learner := rand.New(rand.NewPCG(2, 7)), NewLearner()
	const busy, calm, days = id.Store(11), id.Store(12), 400
	for i := range 1200 {
		c, every := &profile.Customer{ID: id.Customer(i + 1)}, 90.
		store := calm
		if i%3 == 0 {
			store, every = busy, 35
		}
		for at := 1 + days*random.Float64(); at < days; at += 1 + every*random.ExpFloat64() {
			note(c, event.Instant(at*past.Day), 5000)
			c.Orders.Recent[len(c.Orders.Recent)-1].Store = store
		}
		learner.Add(c, days*oneDay)
	}
	choice := Choice{Name: Mixture, Members: []string{"pnbd", "glm"}, K: 1}
	choice.Rates.Stores = true
	m := learner.Model(learner.History(choice))
	if r := m.Orders.Rates; r == nil || len(r.Stores) != 2 || r.Stores[0].Customers < 390 || r.Stores[0].Factor < 1.3*r.Stores[1].Factor {
		t.Fatalf("%+v", m.Orders.Rates)
	}
	orders := func(stores ...id.Store) float64 {
		c := &profile.Customer{ID: 9000}
		for i, store := range stores {
			note(c, (days-10+event.Instant(i))*oneDay, 5000)
			c.Orders.Recent[i].Store = store
		}
		return m.Of(on(c, days)).Orders
	}
	if a, b := orders(busy), orders(calm); a < 1.15*b {
		t.Errorf("a new customer of the busy store orders %v times, of the calm one %v", a, b)
	}
	if a, b := orders(calm, busy), orders(calm, calm); a != b {
		t.Errorf("who came by the calm store orders %v and %v times", a, b)
	}
	if a, b := orders(99), orders(0); a != b {
		t.Errorf("of stores nobody was seen of %v and %v", a, b)
	}
}

func TestRatesOfAnInnerDayKnowNothingLater(t *testing.T) {
	log, until := unlike().log(1500, 6), dayIn(2026, 1, 31)
	early, groups := btyd.NewLedger(), []int64(nil)
	for i := range log.Customers() {
		for j, o := range log.Orders(i) {
			if o.Day > until {
				break
			}
			if j == 0 {
				groups = append(groups, log.Group(i))
			}
			early.Add(log.Name(i), o.Day, o.Amount)
		}
	}
	choice := everyModel()
	choice.Rates.RateKinds = RateKinds{Stores: true, Months: true}
	a, _ := json.Marshal(NewHistory(log, choice).Until(until, 60, 0).Rates)
	z, _ := json.Marshal(NewHistory(early.Close().InGroups(groups), choice).Until(until, 60, 0).Rates)
	if string(a) != string(z) {
		t.Errorf("with later orders %s\nwithout %s", a, z)
	}
}

func TestEvidenceOfAFactorIsTheSlopeOfTheLikelihood(t *testing.T) {
	m := btyd.MBGNBD{R: .7, Alpha: 9, A: .6, B: 2.2}
	for _, b := range []buyer{{}, {age: 70}, {repeats: 3, recency: 90, age: 100}, {repeats: 3, recency: 90, age: 700}, {repeats: 40, recency: 300, age: 330}} {
		s := btyd.Summary{Frequency: int(b.repeats), Recency: stats.WeeksOfDays(int(b.recency)), Age: stats.WeeksOfDays(int(b.age))}
		at := func(log float64) float64 {
			faster := m
			faster.Alpha /= 1.3 * math.Exp(log)
			return faster.LogLikelihood(s)
		}
		const h = 1e-4
		e := b.evidence(m, 1.3)
		near(t, "score", e.score, (at(h)-at(-h))/(2*h), 1e-6*(1+math.Abs(e.score)))
		near(t, "curvature", e.curvature, -(at(h)-2*at(0)+at(-h))/(h*h), 1e-4*(1+math.Abs(e.curvature)))
		if e.information < e.curvature-1e-12 {
			t.Errorf("%+v", e)
		}
	}
}

// BenchmarkRates is what a night pays for stores and months: to learn their factors
// beside the models, and to tell 100,000 customers what comes, with nothing kept
// from the night before.
func BenchmarkRates(b *testing.B) {
	few, many, until := unlike().log(20_000, 9), unlike().log(100_000, 10), dayIn(2026, 6, 30)
	for name, kinds := range map[string]RateKinds{"alike": {}, "stores": {Stores: true}, "both": {Stores: true, Months: true}} {
		choice := Choice{Name: Mixture, Members: usualMembers(), K: 2}
		choice.Rates.RateKinds = kinds
		b.Run("learn/"+name, func(b *testing.B) {
			for b.Loop() {
				NewHistory(few, choice).Until(until, horizonDays, 0)
			}
		})
		b.Run("tell/"+name, func(b *testing.B) {
			f := NewHistory(few, choice).Until(until, horizonDays, 0)
			cases := newPanel(many, panelOf{until: until, window: f.window()}).pacedBy(f.Rates).cases
			for b.Loop() {
				fresh := &Forecaster{Until: f.Until, Days: f.Days, Members: f.Members, Fitted: true, Longest: f.Longest, Rates: f.Rates}
				for i := range cases {
					fresh.Of(cases[i])
				}
			}
		})
	}
}
