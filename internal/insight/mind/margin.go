package mind

import (
	"siyu/internal/catalog"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/past"
	"siyu/internal/money"
)

// Sold is what a brand's kept orders brought, net of refunds, by product line; line 0
// is of orders that show none. Of an order over several lines each has the same part,
// for states keep what an order came to and not what each product did.
type Sold struct {
	Lines map[id.Line]money.Fen `json:"lines"`
	All   money.Fen             `json:"all"`
}

func (s *Sold) add(v past.View) {
	orders := v.Bought()
	for i := range orders {
		o := &orders[i]
		net := o.Net()
		if net <= 0 {
			continue
		}
		if s.Lines == nil {
			s.Lines = map[id.Line]money.Fen{}
		}
		s.All += net
		if len(o.Lines) == 0 {
			s.Lines[0] += net
			continue
		}
		each := net / money.Fen(len(o.Lines))
		for _, line := range o.Lines {
			s.Lines[line] += each
		}
	}
}

// margin is what of turnover counts as value.
type margin struct {
	rate    float64 // by money: the rate of lines that have one, all of the others
	known   float64 // share of the money whose rate is known; 0: value is turnover
	brand   bool    // no own order tells: both are the brand's
	unshown float64 // share of the money that shows no line: there both are the brand's
}

// marginOf returns what counts of the turnover of the customer in the view, by the
// money of the kept orders. Who has none is expected to buy as the brand sells, and so
// are orders that show no line: to count those whole would make who buys unseen worth
// more than who is known to buy what the brand lives by.
func marginOf(known *catalog.Catalog, sold *Sold, v past.View) margin {
	var all, told, kept, unshown float64
	orders := v.Bought()
	for i := range orders {
		o := &orders[i]
		net := float64(o.Net())
		if net <= 0 {
			continue
		}
		all += net
		if len(o.Lines) == 0 {
			unshown += net
		}
		for _, line := range o.Lines {
			if rate, ok := rateOf(known, line); ok {
				each := net / float64(len(o.Lines))
				told, kept = told+each, kept+each*rate
			}
		}
	}
	if all > 0 && unshown == 0 {
		return marginFrom(all, told, kept)
	}
	brand := marginOfSold(known, sold)
	if all == 0 {
		brand.brand = brand.known > 0
		return brand
	}
	m := marginFrom(all, told+unshown*brand.known, kept+unshown*(brand.rate-(1-brand.known)))
	if brand.known > 0 {
		m.unshown = unshown / all
	}
	return m
}

// marginOfSold returns what counts of the turnover of the brand, by the money of the lines
// it sold; before anything was sold every line counts as much.
func marginOfSold(known *catalog.Catalog, sold *Sold) margin {
	all, weigh := float64(sold.All-sold.Lines[0]), func(line id.Line) float64 { return float64(sold.Lines[line]) }
	if all <= 0 {
		all, weigh = float64(len(known.Lines)), func(id.Line) float64 { return 1 }
	}
	var told, kept float64
	for i := range known.Lines {
		if rate, ok := known.Lines[i].Margin(); ok {
			each := weigh(known.Lines[i].ID)
			told, kept = told+each, kept+each*rate
		}
	}
	return marginFrom(all, told, kept)
}

// discounted returns the margin of value of which a share is left.
func (m margin) discounted(left float64) margin {
	m.rate *= left
	return m
}

// because says what of a value is margin where that is not plain: a part of it, or by
// what the brand sells.
func (m margin) because() []insight.Reason {
	var list []insight.Reason
	if m.brand {
		list = append(list, marginOfBrand(m.rate))
	}
	if m.unshown > 0 {
		list = append(list, marginOfUnshown(m.unshown))
	}
	if m.known > 0 && m.known < 1 {
		list = append(list, marginOfPart(m.known))
	}
	return list
}

// allKnown is from which share of the money on the rate of all of it counts as known.
const allKnown = 1 - 1e-6

func marginOfBrand(rate float64) insight.Reason {
	return insight.Reason{Key: "value.margin_brand", Number: 100 * rate}
}

func marginOfUnshown(share float64) insight.Reason {
	return insight.Reason{Key: "value.margin_unshown", Number: 100 * share}
}

func marginOfPart(known float64) insight.Reason {
	return insight.Reason{Key: "value.margin_part", Number: 100 * known}
}

func rateOf(known *catalog.Catalog, line id.Line) (rate float64, ok bool) {
	for i := range known.Lines {
		if known.Lines[i].ID == line {
			return known.Lines[i].Margin()
		}
	}
	return 0, false
}

// marginFrom returns the margin of money of which some has a known rate; kept is what
// of that stays.
func marginFrom(all, told, kept float64) margin {
	switch {
	case told <= 0:
		return margin{rate: 1}
	case told >= allKnown*all:
		return margin{rate: kept / told, known: 1}
	}
	return margin{rate: (kept + all - told) / all, known: told / all}
}
