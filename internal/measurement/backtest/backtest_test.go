package backtest

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/need"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
	"siyu/internal/stats/btyd"
)

var now = time.Date(2026, 3, 12, 4, 0, 0, 0, time.UTC)

// shop fills orders with customers who came over a number of days, each with an
// own rate, until now.
func shop(customers, days int) *Orders {
	o, random := NewOrders(now, nil), rand.New(rand.NewPCG(1, 2))
	for i := range customers {
		c := profile.Customer{ID: id.Customer(i + 1)}
		rate := random.ExpFloat64() / 40
		for at := random.Float64() * float64(days); at < float64(days); at += random.ExpFloat64() / rate {
			placed := profile.Order{At: event.At(now.Add(-time.Duration((float64(days) - at) * 24 * float64(time.Hour)))), Amount: 5000, Store: id.Store(i%20 + 1)}
			if n := len(c.Orders.Recent); n == 0 || past.DayOf(c.Orders.Recent[n-1].At) != past.DayOf(placed.At) {
				c.Orders.Days++
			}
			if c.Orders.Count++; c.Orders.First == 0 {
				c.Orders.First = placed.At
			}
			c.Orders.Recent = append(c.Orders.Recent, placed)
		}
		c.Orders.Recent = c.Orders.Recent[max(0, len(c.Orders.Recent)-profile.RecentOrders):]
		o.Add(&c)
	}
	return o
}

func TestModelsAreJudgedOnTheLastQuarterOfTheHistory(t *testing.T) {
	r := shop(1500, 364).Run(now)
	if r.Short || r.End.Sub(r.Cut) != 90*24*time.Hour && r.End.Sub(r.Cut) != 91*24*time.Hour {
		t.Fatalf("judged from %s to %s, short %v", r.Cut, r.End, r.Short)
	}
	if r.Customers+r.TooNew != 1500 || r.TooNew < 250 || r.TooNew > 500 {
		t.Errorf("%d judged, %d too new of 1500", r.Customers, r.TooNew)
	}
	if r.ActualTotal < 500 || len(r.Tracking) == 0 || len(r.Calibration) != 10 {
		t.Errorf("%v orders, %d points, %d tenths", r.ActualTotal, len(r.Tracking), len(r.Calibration))
	}
	if !slices.ContainsFunc(r.Models, func(s ltv.Score) bool { return s.Name == r.Chosen }) {
		t.Errorf("the chosen is not among %+v", r.Models)
	}
	if last := r.Tracking[len(r.Tracking)-1].Actual; last != r.ActualTotal {
		t.Errorf("the curve ends at %v orders, %v came", last, r.ActualTotal)
	}
	if f := r.InForce; f.Origins != 5 || f.Cuts != 5 || f.Shock < .06 || f.Shock > .5 || f.Bias < -.4 || f.Bias > .4 {
		t.Errorf("the model in force: %+v", f)
	}
	document, err := json.Marshal(r)
	var again Result
	if err == nil {
		err = json.Unmarshal(document, &again)
	}
	if err != nil || again.ActualTotal != r.ActualTotal || !again.Cut.Equal(r.Cut) {
		t.Errorf("came back as %+v, %v", again, err)
	}
}

func TestWhatIsBelievedWasChosenBeforeTheDaysItIsJudgedOn(t *testing.T) {
	r := shop(1500, 364).Run(now)
	believed := r.Believed()
	if len(believed.Members) == 0 || believed.Origins == 0 || believed.RPS <= 0 || len(believed.Alone) != len(ltv.Choosable()) {
		t.Fatalf("believed %+v", believed)
	}
	if !slices.ContainsFunc(r.Models, func(s ltv.Score) bool { return s.Name == believed.Name }) || r.Chosen != believed.Name {
		t.Errorf("%s is believed, judged are %+v", believed.Name, r.Models)
	}
	for _, rule := range []string{"recent", "pooled"} {
		r.Choice.Members = []string{rule}
		if got := r.Believed(); len(got.Members) > 0 {
			t.Errorf("forecasts of single customers would rest on the rule %s", rule)
		}
	}
}

// Who stood on the day of an earlier cut would have said the same.
func TestWhatIsSaidOfPastTotalsWasKnownOnTheirDay(t *testing.T) {
	r, log := shop(1500, 364).Run(now), shop(1500, 364).book.Close()
	if len(r.Totals) != 5 {
		t.Fatalf("totals of %d days", len(r.Totals))
	}
	held := 0
	for _, said := range r.Totals {
		if said.ActualTotal >= said.TotalLow && said.ActualTotal <= said.TotalHigh {
			held++
		}
	}
	if held != r.InForce.Held {
		t.Errorf("%d intervals are said to hold what came, %d do", r.InForce.Held, held)
	}
	said := r.Totals[2]
	cut, end := dayOf(t, said.Cut), dayOf(t, said.End)
	if past.StartOf(end).Time().After(r.Cut) {
		t.Fatalf("the third total is until %s, after the cut of %s", said.End, r.Cut)
	}
	until := btyd.NewLedger()
	for i := range log.Customers() {
		for _, o := range log.Orders(i) {
			if o.Day <= cut {
				until.Add(log.Name(i), o.Day, o.Amount)
			}
		}
	}
	then := ltv.RunBacktest(until.Close(), ltv.Choosable(), cut, end)
	for what, pair := range map[string][2]float64{"total": {said.PredictedTotal, then.PredictedTotal}, "low end": {said.TotalLow, then.TotalLow}, "high end": {said.TotalHigh, then.TotalHigh}} {
		if math.Abs(pair[0]/pair[1]-1) > 1e-9 {
			t.Errorf("%s of %s is %v, on that day %v would have been said", what, said.Cut, pair[0], pair[1])
		}
	}
}

func dayOf(t *testing.T, text string) btyd.Day {
	t.Helper()
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return btyd.DayOf(at)
}

func TestTotalsAreLookedAheadToFromAsManyDaysAsHistoryAllows(t *testing.T) {
	for _, c := range []struct{ history, view, want int }{{84, 28, 5}, {273, 91, 5}, {900, 182, 8}, {200, 182, 1}, {182, 182, 1}, {4000, 182, 8}} {
		if got := originsIn(c.history, c.view); got != c.want {
			t.Errorf("with %d days before the cut %d days ahead are judged from %d days, should be %d", c.history, c.view, got, c.want)
		}
	}
}

func TestWhoBoughtOnceLessThanACycleAgoIsTooNewToJudge(t *testing.T) {
	day := func(n int) event.Instant { return event.At(now.AddDate(0, 0, -n)) }
	o := NewOrders(now, need.Cycles{{Line: 3, Days: 60}})
	for i, ago := range [][]int{{59}, {61}, {200}, {50, 30}} {
		c := profile.Customer{ID: id.Customer(i + 1)}
		for _, n := range ago {
			c.Orders.Recent = append(c.Orders.Recent, profile.Order{At: day(n), Amount: 5000, Lines: []id.Line{3}})
			c.Orders.Count, c.Orders.Days = c.Orders.Count+1, c.Orders.Days+1
		}
		c.Orders.First = c.Orders.Recent[0].At
		o.Add(&c)
	}
	o.Add(&profile.Customer{ID: 9})
	if r := o.Run(now); r.Young != 1 {
		t.Errorf("%d too new, it is the one of 59 days", r.Young)
	}
}

func TestLittleHistoryIsNotJudged(t *testing.T) {
	for name, r := range map[string]Result{
		"ten weeks":     shop(1500, 70).Run(now),
		"few customers": shop(LeastCustomers-10, 364).Run(now),
		"no orders":     NewOrders(now, nil).Run(now),
		"none known":    NewOrders(time.Time{}, nil).Run(now),
	} {
		if !r.Short || len(r.Models) != 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
