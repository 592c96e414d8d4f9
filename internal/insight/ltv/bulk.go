package ltv

import (
	"cmp"
	"math"
	"slices"

	"siyu/internal/id"
	"siyu/internal/insight/past"
	"siyu/internal/money"
	"siyu/internal/profile"
)

// Bulk tells bulk orders, of a company or a reseller, from those of a household:
// the modified z-score of the log of the amount over what is usual for what was
// bought is above 3.5 (Iglewicz and Hoaglin 1993, how to detect and handle
// outliers), and the amount at least bulkTimes that. Both rest on medians and on
// the median distance from them, which bulk orders themselves do not move. What is
// usual is told by product line: who buys one coffee machine among tea drinkers is
// no company.
type Bulk struct {
	Median float64 `json:"median"` // fen, of an order
	// Times is the multiple of what is usual from which on an order is bulk, Limit
	// that of the median; 0: too few orders to tell.
	Times float64    `json:"times"`
	Limit float64    `json:"limit"`
	Lines []BulkLine `json:"lines"` // with orders enough for a median of their own
	// Cap is the highest amount, of Limit and that of lines, from which on an order is
	// bulk, in fen.
	Cap    float64 `json:"cap"`
	Orders int     `json:"orders"` // learned from
	Above  int     `json:"above"`  // of them
	Buyers int     `json:"buyers"` // customers with a bulk order; who has some of two baskets counts for both
}

// BulkLine is what an order of one product line alone usually amounts to.
type BulkLine struct {
	Line   id.Line `json:"line"`
	Median float64 `json:"median"` // fen
}

const (
	bulkScore = 3.5
	bulkScale = .6745 // median distance of a normal distribution, in standard deviations
	// bulkTimes keeps brands of which all orders cost the same from calling two
	// packets bulk.
	bulkTimes  = 5
	enoughBulk = 200 // orders
)

// usual returns what an order of the lines amounts to, in fen: their medians
// together. A line without one counts as any order.
func (b *Bulk) usual(lines []id.Line) float64 {
	sum := 0.0
	for _, line := range lines {
		median := b.Median
		for i := range b.Lines {
			if b.Lines[i].Line == line {
				median = b.Lines[i].Median
			}
		}
		sum += median
	}
	if sum == 0 {
		return b.Median
	}
	return sum
}

// Is tells whether an order is bulk.
func (b *Bulk) Is(o *profile.Order) bool {
	return b.Limit > 0 && float64(o.Net()) >= b.Times*b.usual(o.Lines)
}

// BulkOrders are those of one customer.
type BulkOrders struct {
	Orders  int
	Largest money.Fen
	From    money.Fen // amount from which on the largest is bulk
}

// OrdersOf returns the customer's kept bulk orders.
func (b *Bulk) OrdersOf(c *profile.Customer) (found BulkOrders) {
	for i := range c.Orders.Recent {
		o := &c.Orders.Recent[i]
		if !b.Is(o) {
			continue
		}
		if found.Orders++; o.Net() > found.Largest {
			found.Largest, found.From = o.Net(), money.Fen(b.Times*b.usual(o.Lines))
		}
	}
	return found
}

// Capped returns a mean amount as the spend model is fitted on it: what is bulk of
// any line counts as the limit (winsorised), so that few customers do not make
// everybody vary like them.
func (b *Bulk) Capped(mean float64) float64 {
	if b.Limit > 0 {
		return math.Min(mean, b.Cap)
	}
	return mean
}

// Amounts are counted in bins of the log: two per cent wide.
const (
	bulkBin  = .02
	bulkBins = 1200 // up to a hundred million yuan
)

// bulkLearner counts orders by what was bought.
type bulkLearner struct {
	groups  []bulkGroup
	baskets []uint64  // of groups
	seen    []seenBin // of the customer at hand
}

// seenBin is a customer's largest order of a group.
type seenBin struct{ group, bin int }

// bulkGroup counts orders of the same lines, and the largest of each customer, by
// the log of the amount in fen.
type bulkGroup struct {
	lines           []id.Line
	orders, largest [bulkBins]int32
	n               int
}

// mostBaskets is how many different sets of lines are told apart; the others count
// together, as orders of which nobody knows what was bought.
const mostBaskets = 64

// enoughLine is from how many orders on a line has a median of its own.
const enoughLine = 50

func binOf(amount money.Fen) int {
	return min(bulkBins-1, max(0, int(math.Log(float64(amount))/bulkBin)))
}

// middle returns the log of the amount in the middle of a bin.
func middle(bin int) float64 { return (float64(bin) + .5) * bulkBin }

func (l *bulkLearner) add(v past.View) {
	orders := v.Bought()
	l.seen = l.seen[:0]
	for i := range orders {
		net := orders[i].Net()
		if net <= 0 {
			continue
		}
		at, bin := l.group(orders[i].Lines), binOf(net)
		l.groups[at].orders[bin]++
		l.groups[at].n++
		l.see(at, bin)
	}
	for _, s := range l.seen {
		l.groups[s.group].largest[s.bin]++
	}
}

// see notes the largest order of a group.
func (l *bulkLearner) see(group, bin int) {
	for i := range l.seen {
		if l.seen[i].group == group {
			l.seen[i].bin = max(l.seen[i].bin, bin)
			return
		}
	}
	l.seen = append(l.seen, seenBin{group, bin})
}

// group returns the number of the group of the lines. The first is that of orders
// of unknown lines.
func (l *bulkLearner) group(lines []id.Line) int {
	if l.groups == nil {
		l.groups, l.baskets = make([]bulkGroup, 1, mostBaskets+1), make([]uint64, 1, mostBaskets+1)
	}
	basket := uint64(0)
	for _, line := range lines {
		basket += uint64(line) * 0x9e3779b97f4a7c15 // in any order the same
	}
	if at := slices.Index(l.baskets, basket); at >= 0 {
		return at
	}
	if len(l.groups) > mostBaskets {
		return 0
	}
	l.groups, l.baskets = append(l.groups, bulkGroup{lines: slices.Clone(lines)}), append(l.baskets, basket)
	return len(l.groups) - 1
}

func (l *bulkLearner) learned() Bulk {
	b := l.medians()
	if b.Orders < enoughBulk {
		return b
	}
	usual := make([]int, len(l.groups)) // bin of what is usual
	for i := range l.groups {
		usual[i] = binOf(money.Fen(b.usual(l.groups[i].lines)))
	}
	apart := medianBin(func(d int) (n int) {
		for i := range l.groups {
			g := &l.groups[i]
			if usual[i]+d < bulkBins {
				n += int(g.orders[usual[i]+d])
			}
			if d > 0 && usual[i]-d >= 0 {
				n += int(g.orders[usual[i]-d])
			}
		}
		return n
	}, b.Orders)
	spread := float64(apart) * bulkBin / bulkScale
	b.Times = math.Max(math.Exp(bulkScore*spread), bulkTimes)
	b.Limit, b.Cap = b.Median*b.Times, b.Median*b.Times
	for _, line := range b.Lines {
		b.Cap = math.Max(b.Cap, line.Median*b.Times)
	}
	for i := range l.groups {
		limit := math.Log(b.Times * b.usual(l.groups[i].lines))
		for bin := range bulkBins {
			if middle(bin) >= limit {
				b.Above += int(l.groups[i].orders[bin])
				b.Buyers += int(l.groups[i].largest[bin])
			}
		}
	}
	return b
}

// medians returns how many orders there are and what they usually amount to.
func (l *bulkLearner) medians() (b Bulk) {
	for i := range l.groups {
		g := &l.groups[i]
		b.Orders += g.n
		if len(g.lines) == 1 && g.n >= enoughLine {
			b.Lines = append(b.Lines, BulkLine{g.lines[0], math.Exp(middle(medianBin(func(bin int) int { return int(g.orders[bin]) }, g.n)))})
		}
	}
	if b.Orders > 0 {
		b.Median = math.Exp(middle(medianBin(func(bin int) (n int) {
			for i := range l.groups {
				n += int(l.groups[i].orders[bin])
			}
			return n
		}, b.Orders)))
	}
	slices.SortFunc(b.Lines, func(x, y BulkLine) int { return cmp.Compare(x.Line, y.Line) })
	return b
}

// medianBin returns the bin that holds the middle one of all.
func medianBin(count func(bin int) int, all int) int {
	seen := 0
	for bin := range bulkBins {
		if seen += count(bin); 2*seen >= all {
			return bin
		}
	}
	return bulkBins - 1
}
