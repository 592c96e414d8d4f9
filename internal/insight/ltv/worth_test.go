package ltv

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/past"
	"siyu/internal/money"
	"siyu/internal/profile"
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

const oneDay = event.Instant(past.Day)

// known is the law of a made-up brand that the models describe exactly.
var (
	orders = btyd.BGNBD{R: .8, Alpha: 6, A: .7, B: 3}
	spend  = btyd.Spend{P: 6, Q: 5, V: 8000}
)

// inForce forecasts a year by the law alone.
func inForce() *Forecaster {
	return &Forecaster{Days: horizonDays, Longest: 1000, Members: []Member{{Name: "bgnbd", BG: &orders}}}
}

// live draws a customer observed for a history of days and gives what was
// spent in the year after it.
func live(number int, history float64, source *rand.PCG) (c *profile.Customer, nextOrders, nextSpend float64) {
	random := rand.New(source)
	rate := distuv.Gamma{Alpha: orders.R, Beta: orders.Alpha, Src: source}.Rand()
	stop := distuv.Beta{Alpha: orders.A, Beta: orders.B, Src: source}.Rand()
	level := distuv.Gamma{Alpha: spend.Q, Beta: spend.V, Src: source}.Rand()
	c = &profile.Customer{ID: id.Customer(number + 1)}
	for at := 100.5; at < 100+history+365; at += 7 * random.ExpFloat64() / rate {
		amount := distuv.Gamma{Alpha: spend.P, Beta: level, Src: source}.Rand()
		if at < 100+history {
			note(c, event.Instant(at*past.Day), money.Fen(amount))
		} else {
			nextOrders, nextSpend = nextOrders+1, nextSpend+amount
		}
		if at > 101 && random.Float64() < stop {
			break
		}
	}
	return c, nextOrders, nextSpend
}

func note(c *profile.Customer, at event.Instant, amount money.Fen) {
	o := &c.Orders
	if o.Count == 0 || past.DayOf(o.Last) != past.DayOf(at) {
		o.Days++
	}
	o.Recent = append(o.Recent, profile.Order{ID: id.Order(at), At: at, Amount: amount})
	o.Count, o.Last, o.First, o.Turnover = o.Count+1, at, o.Recent[0].At, o.Turnover+amount
	if c.FirstSeen == 0 {
		c.FirstSeen = at
	}
}

func on(c *profile.Customer, d event.Instant) past.View {
	return past.View{Customer: c, At: d * oneDay, Orders: d * oneDay}
}

func TestAModelLearnedFromItsOwnCustomersForecastsThem(t *testing.T) {
	source := rand.NewPCG(11, 4)
	learner := NewLearner()
	var customers []*profile.Customer
	var actualOrders, actualSpend []float64
	for i := range 4000 {
		c, o, s := live(i, 200, source)
		customers, actualOrders, actualSpend = append(customers, c), append(actualOrders, o), append(actualSpend, s)
		learner.Add(c, 300*oneDay)
	}
	m := learner.Model(learner.History(Choice{}))
	if !m.Fitted || m.Customers != 4000 {
		t.Fatalf("fitted %v on %d customers", m.Fitted, m.Customers)
	}
	var said, did, saidSpend, didSpend, insideOrders, insideSpend float64
	for i, c := range customers {
		w := m.Of(on(c, 300))
		said, did = said+w.Orders, did+actualOrders[i]
		saidSpend, didSpend = saidSpend+w.Turnover, didSpend+actualSpend[i]
		if actualOrders[i] >= w.OrdersLow && actualOrders[i] <= w.OrdersHigh {
			insideOrders++
		}
		if actualSpend[i] >= w.TurnoverLow && actualSpend[i] <= w.TurnoverHigh {
			insideSpend++
		}
	}
	if math.Abs(said/did-1) > .06 || math.Abs(saidSpend/didSpend-1) > .08 {
		t.Errorf("%.0f orders said and %.0f placed, %.0f fen said and %.0f spent", said, did, saidSpend, didSpend)
	}
	if share := insideOrders / 4000; share < .8 || share > .97 {
		t.Errorf("orders lie inside the 80 %% interval for %.3f of the customers", share)
	}
	if share := insideSpend / 4000; share < .75 || share > .95 {
		t.Errorf("amounts lie inside the 80 %% interval for %.3f of the customers", share)
	}
}

func TestWithFewRepeatsTheStatedPriorSpeaks(t *testing.T) {
	learner := NewLearner()
	c := &profile.Customer{ID: 1}
	note(c, 10*oneDay, 5000)
	note(c, 40*oneDay, 7000)
	learner.Add(c, 100*oneDay)
	m := learner.Model(learner.History(Choice{}))
	if m.Fitted || *m.Orders.Members[0].BG != PriorOrders() || m.Spend != PriorSpend(6000) {
		t.Errorf("%+v", m)
	}
	if w := m.Of(on(c, 100)); !(w.Turnover > 0) || w.TurnoverLow > w.TurnoverHigh {
		t.Errorf("%+v", w)
	}
}

func TestTheFirstOrderIsForecastFromHowLongOthersTook(t *testing.T) {
	learner := NewLearner()
	for i := range 1000 {
		c := &profile.Customer{ID: id.Customer(i + 1), FirstSeen: 10 * oneDay}
		if i%4 == 0 {
			note(c, 13*oneDay, 5000) // a quarter buys on the third day, the others never
		}
		learner.Add(c, 192*oneDay)
	}
	m := learner.Model(learner.History(Choice{}))
	fresh := m.First.Chance(Contact{}, 0, 1)
	later := m.First.Chance(Contact{}, 8, 1)
	if math.Abs(fresh-.25) > .02 || later > .01 || m.First.Events != 250 {
		t.Errorf("in the first week %v, in the ninth %v, %d first orders", fresh, later, m.First.Events)
	}
	newcomer := &profile.Customer{ID: 5000, FirstSeen: 190 * oneDay}
	old := &profile.Customer{ID: 5001, FirstSeen: 20 * oneDay}
	a, b := m.Of(on(newcomer, 192)), m.Of(on(old, 192))
	if a.Bought || a.Orders <= b.Orders || a.TurnoverLow > a.Turnover || a.OrdersHigh < 1 {
		t.Errorf("newcomer %+v, old %+v", a, b)
	}
}

func TestALongerHorizonIsWorthMore(t *testing.T) {
	m := Model{Orders: inForce(), Spend: spend, First: (&firstLearner{}).learned()}
	c := &profile.Customer{ID: 1}
	for _, d := range []event.Instant{10, 40, 80} {
		note(c, d*oneDay, 5000)
	}
	last := 0.0
	for _, weeks := range []float64{4, 13, 26, 52, 104} {
		w := m.Over(on(c, 100), stats.Weeks(weeks))
		if w.Turnover <= last || w.TurnoverHigh < w.TurnoverLow {
			t.Errorf("over %v weeks %+v", weeks, w)
		}
		last = w.Turnover
	}
}

func TestCertaintyOfTheRhythmStaysFinite(t *testing.T) {
	often := &profile.Customer{ID: 1}
	for d := event.Instant(10); d <= 110; d++ {
		note(often, d*oneDay, 5000)
	}
	once := &profile.Customer{ID: 2}
	note(once, 10*oneDay, 5000)
	for name, v := range map[string]past.View{"every day until today": on(often, 111), "every day, long ago": on(often, 20_000), "one order, long ago": on(once, 20_000)} {
		if y, ok := inForce().LogRhythm(v); !ok || math.IsNaN(y) || math.IsInf(y, 0) {
			t.Errorf("%s: %v, %t", name, y, ok)
		}
	}
	if _, ok := inForce().LogRhythm(on(&profile.Customer{ID: 1}, 100)); ok {
		t.Error("somebody who never bought has a rhythm")
	}
}

func TestTheVarianceOfATotalIsTheSumOverCustomers(t *testing.T) {
	const customers, history = 6000, 300
	l, spent, expected, variance := NewLearner(), 0., 0., 0.
	var all []*profile.Customer
	for i := range customers {
		c, _, next := live(i, history, rand.NewPCG(5, uint64(i)))
		all = append(all, c)
		spent += next
		l.Add(c, event.Instant((100+history)*past.Day))
	}
	m := l.Model(l.History(Choice{}))
	m.Orders, m.Spend = inForce(), spend
	for _, c := range all {
		w := m.Over(past.View{Customer: c, At: (100 + history) * oneDay, Orders: (100 + history) * oneDay}, stats.Weeks(365./7))
		expected, variance = expected+w.Turnover, variance+w.Variance
	}
	if off := (spent - expected) / math.Sqrt(variance); math.Abs(off) > 3.5 || math.Sqrt(variance) > .05*expected {
		t.Errorf("spent %.0f, expected %.0f +- %.0f", spent, expected, math.Sqrt(variance))
	}
}

func TestWhatCustomersSpendLiesWithinTheirIntervalsAsOftenAsTold(t *testing.T) {
	const customers, history, year = 12_000, 300, stats.Weeks(365. / 7)
	m := &Model{Orders: inForce(), Spend: spend}
	var sure, sureBelow, likely, above float64
	for i := range customers {
		c, _, next := live(i, history, rand.NewPCG(9, uint64(i)))
		w := m.Over(on(c, 100+history), year)
		if w.TurnoverLow > 0 {
			sure++
			if next < w.TurnoverLow {
				sureBelow++
			}
		}
		if w.TurnoverHigh > 0 {
			likely++
			if next > w.TurnoverHigh {
				above++
			}
		}
	}
	for _, c := range []struct {
		what         string
		share, of    float64
		least, worst float64
	}{{"below, of those whose interval begins above nothing", sureBelow / sure, sure, .085, .16}, {"above", above / likely, likely, .09, .115}} {
		if c.of < 500 || c.share < c.least || c.share > c.worst {
			t.Errorf("%s: %.3f of %.0f", c.what, c.share, c.of)
		}
	}
}
