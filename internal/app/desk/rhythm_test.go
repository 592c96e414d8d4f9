package desk

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/mind"
	"siyu/internal/insight/need"
	"siyu/internal/insight/past"
	"siyu/internal/insight/repurchase"
	"siyu/internal/measurement/cohort"
	"siyu/internal/money"
	"siyu/internal/profile"
	"siyu/internal/web"
)

// still is a clock that stands.
type still time.Time

func (s still) Now() time.Time { return time.Time(s) }

// teaDesk knows a brand whose tea is bought every 40 days, usually for 50 yuan.
func teaDesk(now time.Time) *Desk {
	m := &mind.Model{Repurchase: &repurchase.Model{Cycles: need.Cycles{{Line: 7, Days: 40}, {Line: 8, Days: 90}}}}
	m.Value.Amounts.Bulk = ltv.Bulk{Median: 5000, Times: 8, Limit: 40_000, Lines: []ltv.BulkLine{{Line: 8, Median: 50_000}}}
	return &Desk{Clock: still(now), Learned: func() *mind.Model { return m }}
}

func bought(now time.Time, days int, amount money.Fen, lines ...id.Line) profile.Order {
	return profile.Order{ID: id.Order(1000 - days), At: event.At(now.AddDate(0, 0, -days)), Amount: amount, Lines: lines}
}

func TestACustomersPageTellsOfOrdersFarBeyondUsualOnes(t *testing.T) {
	now := time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)
	d := teaDesk(now)
	c := &profile.Customer{Orders: profile.Orders{Recent: []profile.Order{bought(now, 90, 45_000, 7), bought(now, 60, 130_000, 7), bought(now, 30, 39_900, 7), bought(now, 10, 390_000, 8)}}}
	if got, want := d.bulkOf(c), (web.BulkView{Orders: 2, Largest: 130_000, From: 40_000}); got != want {
		t.Errorf("two large orders of tea, a machine at its price: %+v, should be %+v", got, want)
	}
	c.Orders.Recent[1].Refunded = 130_000
	if got := d.bulkOf(c); got.Orders != 1 || got.Largest != 45_000 {
		t.Errorf("one of them came back: %+v", got)
	}
	d.Learned = func() *mind.Model { return nil }
	if got := d.bulkOf(c); got.Orders != 0 {
		t.Errorf("nothing was learned, and %+v", got)
	}
}

func TestACustomersPageTellsWhenEachLineIsDue(t *testing.T) {
	now := time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)
	c := &profile.Customer{Orders: profile.Orders{Recent: []profile.Order{bought(now, 50, 5000, 7), bought(now, 30, 5000, 7, 8), bought(now, 10, 5000, 7)}}}
	list := teaDesk(now).dueOf(c)
	want := []web.LineDue{{Line: 7, At: now.AddDate(0, 0, 20), Days: 30, Gaps: 2}, {Line: 8, At: now.AddDate(0, 0, 60), Days: 90}}
	if len(list) != 2 {
		t.Fatalf("due %+v", list)
	}
	for i := range want {
		if !list[i].At.Equal(want[i].At) || list[i].Line != want[i].Line || list[i].Days != want[i].Days || list[i].Gaps != want[i].Gaps {
			t.Errorf("due %+v, should be %+v", list[i], want[i])
		}
	}
}

// Customers began over two years and stop after one order in six; the regression, which
// knows nobody's beginning, is one of the two models in force.
func TestMonthsOfFirstOrdersAreComparedWithWhatTheBrandsNewCustomersDid(t *testing.T) {
	now := time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)
	random, learner, tally := rand.New(rand.NewPCG(3, 9)), ltv.NewLearner(), cohort.NewTally(now, now)
	for i := range 3000 {
		c, mean := &profile.Customer{ID: id.Customer(i + 1)}, 25*math.Exp(.6*random.NormFloat64())
		for ago := 720 * random.Float64(); ago > 0; ago -= mean * random.ExpFloat64() {
			at := event.At(now.Add(-time.Duration(ago * 24 * float64(time.Hour))))
			if n := len(c.Orders.Recent); n == 0 || past.DayOf(c.Orders.Recent[n-1].At) != past.DayOf(at) {
				c.Orders.Days++
			}
			c.Orders.Recent = append(c.Orders.Recent, profile.Order{At: at, Amount: 5000})
			if random.IntN(6) == 0 {
				break
			}
		}
		c.Orders.Count, c.Orders.First = len(c.Orders.Recent), c.Orders.Recent[0].At
		c.Orders.Recent = c.Orders.Recent[max(0, len(c.Orders.Recent)-profile.RecentOrders):]
		learner.Add(c, event.At(now))
		tally.Add(c, &insight.Customer{Value: insight.Estimate{Evidence: insight.NotMeasurable}}, cohort.Owner{})
	}
	m := &mind.Model{Value: learner.Model(learner.History(ltv.Choice{Members: []string{"mbgcnbdk", "glm"}, K: 1}))}
	d := &Desk{Clock: still(now), Learned: func() *mind.Model { return m }}
	v := web.WorthView{Sums: tally.Whole()}
	d.addRhythm(&v)
	placed, expected, above, below := 0., 0., 0, 0
	for i, r := range v.OrderRates {
		if v.Sums.Order[i].Month == cohort.Earlier {
			continue
		}
		if placed, expected = placed+r.Repeats, expected+r.Usual; r.Repeats > r.Usual {
			above++
		} else {
			below++
		}
	}
	if math.Abs(placed/expected-1) > .03 || above < 6 || below < 6 {
		t.Errorf("over all months %.0f repeat orders, %.0f are to be expected; %d months are above, %d below", placed, expected, above, below)
	}
	if !slices.Equal(v.Newcomers.Models, []string{"mbgcnbdk"}) || v.Newcomers.Weeks < 80 {
		t.Errorf("%+v speaks of new customers", v.Newcomers)
	}
}
