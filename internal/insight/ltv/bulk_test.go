package ltv

import (
	"math"
	"math/rand/v2"
	"testing"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/money"
	"siyu/internal/profile"
)

func paid(amounts ...float64) *profile.Customer {
	c := &profile.Customer{}
	for i, a := range amounts {
		c.Orders.Recent = append(c.Orders.Recent, profile.Order{ID: id.Order(i + 1), At: event.Instant(10+i) * oneDay, Amount: money.Fen(a)})
	}
	return c
}

func TestBulkOrdersAreToldWithoutMovingWhatIsUsual(t *testing.T) {
	random, with, without := rand.New(rand.NewPCG(6, 2)), &bulkLearner{}, &bulkLearner{}
	for i := range 4000 {
		c := paid(8000 * math.Exp(.5*random.NormFloat64()))
		without.add(on(c, 100))
		if i%100 == 0 {
			c = paid(8000, 400_000*math.Exp(.3*random.NormFloat64()))
		}
		with.add(on(c, 100))
	}
	b, usual := with.learned(), without.learned()
	if want := 8000 * math.Exp(bulkScore*.5); math.Abs(b.Limit/want-1) > .15 || math.Abs(b.Limit/usual.Limit-1) > .08 || math.Abs(b.Median/8000-1) > .04 {
		t.Errorf("%+v, without bulk orders %+v", b, usual)
	}
	if b.Buyers < 40 || b.Buyers > 45 || usual.Buyers > 5 {
		t.Errorf("%d bulk buyers of 40, %d of none", b.Buyers, usual.Buyers)
	}
	if n, largest := b.BulkOrders(paid(8000, 600_000, 500_000)); n != 2 || largest != 600_000 {
		t.Errorf("%d, largest %d", n, largest)
	}
	if b.Capped(9000) != 9000 || b.Capped(1e7) != b.Limit {
		t.Error("the cap is not the limit")
	}
}

func TestABrandOfOnePriceHasItsBulkOrdersToo(t *testing.T) {
	l := &bulkLearner{}
	for range 300 {
		l.add(on(paid(5000, 5000, 10_000), 100))
	}
	l.add(on(paid(60_000), 100))
	if b := l.learned(); b.Buyers != 1 || b.Is(10_000) || !b.Is(60_000) {
		t.Errorf("%+v", b)
	}
}

func TestFewOrdersTellNoBulk(t *testing.T) {
	l := &bulkLearner{}
	l.add(on(paid(100, 1e8), 100))
	if b := l.learned(); b.Limit != 0 || b.Is(1e8) {
		t.Errorf("%+v", b)
	}
}
