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
	if found := b.OrdersOf(paid(8000, 600_000, 500_000)); found.Orders != 2 || found.Largest != 600_000 || float64(found.From) != math.Floor(b.Limit) {
		t.Errorf("%+v", found)
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
	if b := l.learned(); b.Buyers != 1 || b.Is(order(10_000)) || !b.Is(order(60_000)) {
		t.Errorf("%+v", b)
	}
}

func order(amount money.Fen, lines ...id.Line) *profile.Order {
	return &profile.Order{Amount: amount, Lines: lines}
}

// Tea costs 80 yuan, a machine 3,000, and one order in twenty is a machine, alone
// or with tea. Twenty companies buy tea for 6,000.
func TestADearLineIsNotBulkAndABulkOrderOfACheapOneIs(t *testing.T) {
	const tea, machine = id.Line(1), id.Line(2)
	random, l := rand.New(rand.NewPCG(8, 2)), &bulkLearner{}
	machines := []*profile.Order(nil)
	for i := range 4000 {
		amount := func(mean float64) money.Fen { return money.Fen(mean * math.Exp(.3*random.NormFloat64())) }
		o := order(amount(8000), tea)
		switch {
		case i%200 == 0:
			o = order(amount(600_000), tea)
		case i%40 == 1:
			o = order(amount(300_000), machine)
			machines = append(machines, o)
		case i%40 == 2:
			o = order(amount(8000)+amount(300_000), machine, tea)
			machines = append(machines, o)
		}
		o.At = 10 * oneDay
		l.add(on(&profile.Customer{Orders: profile.Orders{Recent: []profile.Order{*o}}}, 100))
	}
	b := l.learned()
	flagged := 0
	for _, o := range machines {
		if b.Is(o) {
			flagged++
		}
	}
	if flagged > 2 || b.Buyers < 19 || b.Buyers > 23 || len(b.Lines) != 2 {
		t.Errorf("%d of %d machines are bulk; %+v", flagged, len(machines), b)
	}
	if !b.Is(order(600_000, tea)) || b.Is(order(310_000, tea, machine)) || !b.Is(order(600_000)) || !b.Is(order(6_000_000, machine)) {
		t.Errorf("%+v", b)
	}
	if b.Capped(300_000) != 300_000 || b.Cap < b.Limit {
		t.Errorf("a machine counts as %v", b.Capped(300_000))
	}
}

func TestBasketsOfManyLinesCountTogether(t *testing.T) {
	l := &bulkLearner{}
	for n := range 500 {
		o := order(8000, id.Line(n), id.Line(n+1))
		o.At = 10 * oneDay
		l.add(on(&profile.Customer{Orders: profile.Orders{Recent: []profile.Order{*o}}}, 100))
	}
	if b := l.learned(); b.Orders != 500 || b.Above != 0 || len(l.groups) > mostBaskets+1 {
		t.Errorf("%d groups, %+v", len(l.groups), b)
	}
}

func TestFewOrdersTellNoBulk(t *testing.T) {
	l := &bulkLearner{}
	l.add(on(paid(100, 1e8), 100))
	if b := l.learned(); b.Limit != 0 || b.Is(order(1e8)) {
		t.Errorf("%+v", b)
	}
}
