package backtest

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/ltv"
	"siyu/internal/profile"
)

var now = time.Date(2026, 3, 12, 4, 0, 0, 0, time.UTC)

// shop fills orders with customers who came over a number of days, each with an
// own rate, until now.
func shop(customers, days int) *Orders {
	o, random := NewOrders(), rand.New(rand.NewPCG(1, 2))
	for i := range customers {
		c := profile.Customer{ID: id.Customer(i + 1)}
		rate := random.ExpFloat64() / 40
		for at := random.Float64() * float64(days); at < float64(days); at += random.ExpFloat64() / rate {
			placed := profile.Order{At: event.At(now.Add(-time.Duration((float64(days) - at) * 24 * float64(time.Hour)))), Amount: 5000}
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
	r := shop(1500, 364).Run(now, now)
	if r.Short || r.End.Sub(r.Cut) != 90*24*time.Hour && r.End.Sub(r.Cut) != 91*24*time.Hour {
		t.Fatalf("judged from %s to %s, short %v", r.Cut, r.End, r.Short)
	}
	if r.Customers+r.TooNew != 1500 || r.TooNew < 250 || r.TooNew > 500 {
		t.Errorf("%d judged, %d too new of 1500", r.Customers, r.TooNew)
	}
	if r.ActualTotal < 500 || len(r.Tracking) == 0 || len(r.Calibration) != 10 {
		t.Errorf("%v orders, %d points, %d tenths", r.ActualTotal, len(r.Tracking), len(r.Calibration))
	}
	if !slices.ContainsFunc(r.Models, func(s ltv.Score) bool { return s.Name == InForce }) {
		t.Errorf("the model in force is not among %+v", r.Models)
	}
	if last := r.Tracking[len(r.Tracking)-1].Actual; last != r.ActualTotal {
		t.Errorf("the curve ends at %v orders, %v came", last, r.ActualTotal)
	}
	if f := r.InForce; f.Origins != 3 || f.Shock < .08 || f.Shock > .5 || f.Bias < -.4 || f.Bias > .4 {
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

func TestTheShockGrowsWithWhatTotalsWereOff(t *testing.T) {
	right := ltv.RollingOrigin{ActualTotal: 1000, PredictedTotal: 1000}
	half := ltv.RollingOrigin{ActualTotal: 1000, PredictedTotal: 500}
	shock := func(origins ...ltv.RollingOrigin) Totals { return totalsOf(&ltv.Rolling{Origins: origins}) }
	if none := shock(); none.Shock != ltv.CommonShock || none.Origins != 0 {
		t.Errorf("without origins %+v", none)
	}
	calm, wild := shock(right, right, right), shock(half, half, half)
	if !(calm.Shock < ltv.CommonShock && wild.Shock > .4) || wild.Bias != -.5 || calm.Bias != 0 {
		t.Errorf("totals that were right %+v, half of what came %+v", calm, wild)
	}
}

func TestLittleHistoryIsNotJudged(t *testing.T) {
	for name, r := range map[string]Result{
		"ten weeks":     shop(1500, 70).Run(now, now),
		"few customers": shop(LeastCustomers-10, 364).Run(now, now),
		"no orders":     NewOrders().Run(now, now),
		"none known":    shop(1500, 364).Run(now, time.Time{}),
	} {
		if !r.Short || len(r.Models) != 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
