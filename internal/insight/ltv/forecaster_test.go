package ltv

import (
	"encoding/json"
	"math"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

func everyModel() Choice { return Choice{Name: Mixture, Members: Choosable(), K: 2} }

func TestTablesSayWhatTheModelsSayOneByOne(t *testing.T) {
	history := NewHistory(drifting(3000, 8), everyModel())
	for _, days := range []int{30, 365} {
		f := history.Until(500, days, 0)
		if len(f.Members) != len(Choosable()) || !f.Fitted {
			t.Fatalf("%d models are fitted, fitted %v", len(f.Members), f.Fitted)
		}
		rapid.Check(t, func(rt *rapid.T) {
			var c Case
			c.Frequency = rapid.IntRange(0, 60).Draw(rt, "orders")
			age := rapid.IntRange(c.Frequency, f.Longest+40).Draw(rt, "age")
			if c.Frequency > 0 {
				c.Recency = stats.WeeksOfDays(rapid.IntRange(c.Frequency, age).Draw(rt, "recency"))
				c.Recent = int32(rapid.IntRange(0, c.Frequency).Draw(rt, "recent"))
				c.Latest = int32(rapid.IntRange(0, int(c.Recent)).Draw(rt, "latest"))
			}
			c.Age = stats.WeeksOfDays(age)
			a, o := f.Of(c), f.Over(c, f.Horizon())
			if math.Abs(a.None-o.None()) > 1e-8 || math.Abs(a.None-f.None(c)) > 1e-12 ||
				math.Abs(a.Expected-o.Expected) > 1e-7*(1+o.Expected) || math.Abs(a.Variance-o.Variance) > 1e-6*(1+o.Variance) {
				rt.Fatalf("%+v: %+v, one by one none %v, orders %v, variance %v", c, a, o.None(), o.Expected, o.Variance)
			}
			for point, k := range map[float64]int{lowPoint: a.Low, highPoint: a.High} {
				if below := k > 0 && o.CDF[k-1] >= point+2*enoughAbove; below || k < len(o.CDF) && o.CDF[k] < point-2*enoughAbove {
					rt.Fatalf("%+v: the %v point is %d, one by one %d", c, point, k, o.Quantile(point))
				}
			}
			if !(a.Alive >= 0 && a.Alive <= 1+1e-12) {
				rt.Fatalf("%+v: active with %v", c, a.Alive)
			}
		})
	}
}

func TestManyMayAskAForecasterAtOnceAndAgainAfterItWasStored(t *testing.T) {
	f := NewHistory(drifting(1500, 9), everyModel()).Until(500, 365, 0)
	document, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	again := new(Forecaster)
	if err := json.Unmarshal(document, again); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for age := range 300 {
				c := Case{Summary: btyd.Summary{Frequency: age % 9, Recency: stats.WeeksOfDays(age * (age % 9) / 9), Age: stats.WeeksOfDays(age)}}
				if a, b := f.Of(c), again.Of(c); a != b {
					t.Errorf("%+v: %+v, after storing %+v", c, a, b)
					return
				}
			}
		})
	}
	all.Wait()
}

func TestAForecastUntilADayKnowsNothingOfLaterDays(t *testing.T) {
	log := drifting(1200, 5)
	ledger := btyd.NewLedger()
	for i := range log.Customers() {
		for _, o := range log.Orders(i) {
			if o.Day <= 400 {
				ledger.Add(log.Name(i), o.Day, o.Amount)
			}
		}
	}
	c := Case{Summary: btyd.Summary{Frequency: 3, Recency: 20, Age: 30}, Recent: 2, Latest: 1}
	full, cut := NewHistory(log, everyModel()).Until(400, 90, 0).Of(c), NewHistory(ledger.Close(), everyModel()).Until(400, 90, 0).Of(c)
	if math.Abs(full.Expected-cut.Expected) > 1e-9 || math.Abs(full.None-cut.None) > 1e-9 {
		t.Errorf("%+v, without later orders %+v", full, cut)
	}
}

func TestWithoutAChoiceOrWithShortWindowsTheUsualModelSpeaks(t *testing.T) {
	log := drifting(1200, 6)
	if f := NewHistory(log, Choice{}).Until(500, 90, 0); f.Name() != untilChosen || !f.Fitted {
		t.Errorf("without a choice %s, fitted %v", f.Name(), f.Fitted)
	}
	first, _, _ := log.Span()
	alone := Choice{Name: windowName, Members: []string{windowName}, K: 1}
	if f := NewHistory(log, alone).Until(first+2*shortestWindow-2, 90, 0); f.Name() != untilChosen {
		t.Errorf("a regression on windows of less than %d days: %+v", shortestWindow, f.Members)
	}
	f := NewHistory(log, alone).Until(500, 90, 0)
	if f.Name() != windowName || f.Judge == nil {
		t.Fatalf("the regression alone: %s, judge %v", f.Name(), f.Judge)
	}
	c := Case{Summary: btyd.Summary{Frequency: 3, Recency: 4, Age: 60}}
	if a := f.Of(c); !(a.Alive > 0 && a.Alive < 1) {
		t.Errorf("active with %v", a.Alive)
	}
}

func TestOrdersThatAreNotKeptFallEvenlyBetweenTheFirstAndTheKept(t *testing.T) {
	c := &profile.Customer{ID: id.Customer(1)}
	for d := event.Instant(10); d < 210; d += 2 {
		note(c, d*oneDay, 5000)
	}
	c.Orders.Recent = c.Orders.Recent[len(c.Orders.Recent)-profile.RecentOrders:]
	orders := OrdersOf(c, 300*oneDay)
	ledger := btyd.NewLedger()
	for _, o := range orders {
		ledger.Add("one", o.Day, o.Amount)
	}
	log := ledger.Close()
	got := btyd.SummaryOf(log.Orders(0), past.DayOf(300*oneDay-1))
	want, _ := on(c, 300).Summary()
	if got.Frequency != want.Frequency || got.Recency != want.Recency || got.Age != want.Age || math.Abs(got.Monetary-want.Monetary) > 60 {
		t.Errorf("summary %+v, of the customer %+v", got, want)
	}
	if longest := longestGap(log.Orders(0)); longest > 3 {
		t.Errorf("a gap of %d days where orders came every other day", longest)
	}
	if OrdersOf(c, 10*oneDay) != nil {
		t.Error("orders before the first")
	}
}

func longestGap(orders []btyd.Order) (longest btyd.Day) {
	for i := 1; i < len(orders); i++ {
		longest = max(longest, orders[i].Day-orders[i-1].Day)
	}
	return longest
}

func TestACaseCountsTheDaysOfTheWindow(t *testing.T) {
	f := NewHistory(drifting(1200, 6), everyModel()).Until(500, 90, 0)
	window := f.window()
	c := &profile.Customer{ID: 1}
	for _, before := range []int{400, window, window - 1, window/4 - 1, 1, 1} {
		note(c, event.Instant(500-before)*oneDay+event.Instant(len(c.Orders.Recent)), 5000)
	}
	got, ok := f.CaseOf(past.View{Customer: c, At: 500 * oneDay, Orders: 500 * oneDay})
	if !ok || got.Frequency != 4 || got.Recent != 3 || got.Latest != 2 {
		t.Errorf("%d orders, %d in the window of %d days, %d in its last quarter", got.Frequency, got.Recent, window, got.Latest)
	}
}
