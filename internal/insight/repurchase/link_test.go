package repurchase

import (
	"math"
	"math/rand/v2"
	"testing"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
)

// An order leads to nobody because the shop hides the phone or because no relation
// holds it: the one fails for an order, the other for a customer.
func TestWhyOrdersLeadToNobodyIsToldApart(t *testing.T) {
	for _, truth := range []struct{ shown, held float64 }{{.63, .63}, {.95, .42}, {.42, .95}, {1, 1}} {
		random := rand.New(rand.NewPCG(4, 2))
		l := Learning{Until: 100 * past.Day}
		placed, led := 0, 0
		for i := range 4000 {
			known, stranger := profile.Customer{ID: id.Customer(i + 1), Relations: []profile.Relation{{Staff: 1}}}, profile.Customer{ID: id.Customer(10_000 + i)}
			buyer := &stranger
			if random.Float64() < truth.held {
				buyer = &known
			}
			for day := event.Instant(100 - linkDays); day < 100; day += 10 {
				placed++
				if random.Float64() >= truth.shown {
					continue
				}
				buyer.Orders.Recent = append(buyer.Orders.Recent, profile.Order{At: day*past.Day + 1, Amount: 100})
				if buyer == &known {
					led++
				}
			}
			l.Customers = append(l.Customers, known, stranger)
		}
		l.LinkRate = float64(led) / float64(placed)
		if got := l.shown(); math.Abs(got-truth.shown) > .02 {
			t.Errorf("of %.0f %% of orders the shop shows the phone, told %.3f (%.0f %% of buyers' phones held)", 100*truth.shown, got, 100*truth.held)
		}
	}
	few := Learning{LinkRate: .49, Until: 100 * past.Day, Customers: []profile.Customer{{ID: 1}}}
	if got := few.shown(); math.Abs(got-.7) > 1e-12 {
		t.Errorf("with few orders both fail alike, told %v", got)
	}
	if none := (Learning{LinkRate: -1}); none.shown() != 0 {
		t.Error("no orders are known and a share of them is told")
	}
}
