package mind

import (
	"math"
	"slices"
	"testing"

	"siyu/internal/catalog"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/brandtest"
	"siyu/internal/insight/need"
	"siyu/internal/money"
)

// The lines of a brand: tea keeps 60 % of what it sells, coffee costs 70 % of it, of
// cups nobody knows.
const (
	tea    = brandtest.Line
	coffee = id.Line(8)
	cups   = id.Line(9)
)

func shelf() catalog.Catalog {
	return catalog.Catalog{Lines: []catalog.Line{{ID: tea, MarginRate: .6}, {ID: coffee, CostRate: .7}, {ID: cups}}}
}

func (s *story) paid(days float64, amount money.Fen, lines ...id.Line) *story {
	items := make([]event.OrderItem, 0, len(lines))
	for _, line := range lines {
		items = append(items, event.OrderItem{Line: line, Quantity: 1})
	}
	return s.ago(days, event.OrderPaid{Order: id.Order(s.n + 900_000), Amount: amount, Items: items})
}

func TestValueIsTurnoverTimesTheRateOfWhatTheCustomerBuys(t *testing.T) {
	b := usualBrand(800, 30)
	b.m.Sold = Sold{All: 1000, Lines: map[id.Line]money.Fen{tea: 500, cups: 300, 0: 200}}
	end := b.law.End()
	for _, c := range []struct {
		name        string
		lines       []catalog.Line // nil: the shelf
		story       *story
		rate, known float64
		because     []string
	}{
		{name: "who buys tea", story: tell(t, end).known(200).paid(90, 5000, tea).paid(40, 7000, tea), rate: .6, known: 1},
		{name: "who buys what costs 70 %", story: tell(t, end).known(200).paid(90, 5000, coffee).paid(40, 7000, coffee), rate: .3, known: 1},
		{name: "much tea and little coffee", story: tell(t, end).known(200).paid(90, 9000, tea).paid(60, 500, coffee).paid(40, 500, coffee), rate: .9*.6 + .1*.3, known: 1},
		{name: "an order over two lines", story: tell(t, end).known(200).paid(40, 8000, tea, coffee), rate: .45, known: 1},
		{name: "tea, and cups without a rate", story: tell(t, end).known(200).paid(90, 3000, tea).paid(40, 7000, cups), rate: .3*.6 + .7, known: .3, because: []string{"value.margin_part"}},
		{name: "cups alone are turnover, whatever tea keeps", story: tell(t, end).known(200).paid(90, 3000, cups).paid(40, 7000, cups), rate: 1},
		{name: "an order that shows no line is of what the brand sells", story: tell(t, end).known(200).paid(40, 7000), rate: (5*.6 + 3) / 8, known: 5. / 8, because: []string{"value.margin_unshown", "value.margin_part"}},
		{name: "tea, and an order that shows no line", story: tell(t, end).known(200).paid(90, 8000, tea).paid(40, 8000), rate: (.6 + (5*.6+3)/8) / 2, known: (1 + 5./8) / 2, because: []string{"value.margin_unshown", "value.margin_part"}},
		{name: "without any rate an order that shows no line is turnover", lines: []catalog.Line{{ID: tea}}, story: tell(t, end).known(200).paid(40, 7000), rate: 1},
		{name: "what came back does not count", story: tell(t, end).known(200).paid(90, 3000, tea).paid(40, 7000, cups).ago(30, event.OrderRefunded{Order: 900_002, Refunded: 6000}), rate: (3*.6 + 1) / 4, known: .75, because: []string{"value.margin_part"}},
		{name: "who never bought buys as the brand sells", story: tell(t, end).known(200), rate: (5*.6 + 3) / 8, known: 5. / 8, because: []string{"value.margin_brand", "value.margin_part"}},
		{name: "without any rate all is turnover", lines: []catalog.Line{{ID: tea}}, story: tell(t, end).known(200).paid(40, 7000, tea), rate: 1},
		{name: "without any rate a newcomer is turnover, too", lines: []catalog.Line{{ID: tea}}, story: tell(t, end).known(200), rate: 1},
		{name: "a line that costs all of it brings nothing", lines: []catalog.Line{{ID: tea, CostRate: 1}}, story: tell(t, end).known(200).paid(40, 7000, tea), rate: 0, known: 1},
	} {
		told, plain := b, b
		if told.s.Catalog = shelf(); c.lines != nil {
			told.s.Catalog.Lines = c.lines
		}
		plain.s.Catalog = catalog.Catalog{}
		u, turnover := limitOf(told, c.story.c), limitOf(plain, c.story.c)
		if turnover.Margin != 0 || turnover.Basis() != insight.OfTurnover || !(turnover.Value.Value > 0) {
			t.Fatalf("%s: without rates the value is %+v, margin %v", c.name, turnover.Value, turnover.Margin)
		}
		for name, pair := range map[string][2]float64{"value": {u.Value.Value, turnover.Value.Value}, "low": {u.Value.Low, turnover.Value.Low},
			"high": {u.Value.High, turnover.Value.High}, "deviation": {math.Sqrt(u.Variance), math.Sqrt(turnover.Variance)}} {
			if math.Abs(pair[0]-c.rate*pair[1]) > 1e-9*turnover.Value.High {
				t.Errorf("%s: %s is %v, of turnover %v the rate %v", c.name, name, pair[0], pair[1], c.rate)
			}
		}
		if math.Abs(u.Margin-c.known) > 1e-12 {
			t.Errorf("%s: margin is known of %v, should be %v", c.name, u.Margin, c.known)
		}
		var because []string
		for _, r := range u.Value.Because {
			if r.Key != tooNewToJudge(need.Newness{}).Key {
				because = append(because, r.Key)
			}
		}
		if !slices.Equal(because, c.because) {
			t.Errorf("%s: told %v, should tell %v", c.name, because, c.because)
		}
	}
}

func TestBeforeAnythingWasSoldEveryLineCountsAsMuch(t *testing.T) {
	b := usualBrand(300, 31)
	b.m.Sold, b.s.Catalog = Sold{}, shelf()
	u := limitOf(b, tell(t, b.law.End()).known(200).c)
	if math.Abs(u.Margin-2./3) > 1e-12 || u.Basis() != insight.OfBoth || u.Value.Because[0].Key != "value.margin_brand" || math.Abs(u.Value.Because[0].Number-100*(.6+.3+1)/3) > 1e-9 {
		t.Errorf("margin known of %v, told %+v", u.Margin, u.Value.Because)
	}
}

func TestANightLearnsWhatTheBrandSells(t *testing.T) {
	law := brandtest.Usual()
	learner := NewLearner(Defaults(), situation(law))
	learner.Add(tell(t, law.End()).known(200).paid(90, 5000, tea).paid(60, 4001, tea, coffee).paid(40, 700).c)
	learner.Add(tell(t, law.End()).known(200).paid(20, 300, coffee).ago(10, event.OrderRefunded{Order: 900_001, Refunded: 300}).c)
	sold := learner.Learned().Sold
	if sold.All != 9701 || sold.Lines[tea] != 7000 || sold.Lines[coffee] != 2000 || sold.Lines[0] != 700 {
		t.Errorf("sold %+v", sold)
	}
}

func TestADiscountLowersValueAndNotWhatAContactGains(t *testing.T) {
	b := usualBrand(800, 30)
	for name, c := range map[string]*story{"who buys": tell(t, b.law.End()).known(200).bought(190, 150, 110, 70, 30), "who has not bought": tell(t, b.law.End()).known(100)} {
		plain, settings := limitOf(b, c.c), Defaults()
		settings.Discount = .2
		u := b.m.Understand(&settings, &b.s, c.c)
		left := u.Value.Value / plain.Value.Value
		if !(left < 1 && left > 1/1.2) || math.Abs(u.Value.High/plain.Value.High-left) > 1e-9 || math.Abs(u.Variance/plain.Variance-left*left) > 1e-9 {
			t.Errorf("%s: of the value %v is left", name, left)
		}
		for _, l := range u.Levers {
			if before := leverOf(plain, l.Part); l.Gain != before.Gain || l.Lasting != before.Lasting {
				t.Errorf("%s: %s gains %v, without a discount %v", name, l.Part, l.Gain, before.Gain)
			}
		}
		if u.Expected.Value != plain.Expected.Value {
			t.Errorf("%s: orders changed", name)
		}
	}
}
