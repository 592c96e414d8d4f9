package ltv

import (
	"cmp"
	"slices"

	"siyu/internal/stats/btyd"
)

// Case is a customer as known on a day.
type Case struct {
	btyd.Summary
	Customer int32 // in the log
	Recent   int32 // repeat orders within the panel's window before the day
	Latest   int32 // those within the last quarter of the window
	Step     int8  // of the rate before any own orders, 0 for the usual one
}

// panel is everybody first seen by a day, or a sample of them.
type panel struct {
	log    *btyd.Log
	first  btyd.Day // of the log
	until  btyd.Day
	window int // days
	most   int // customers
	cases  []Case
	tuples []btyd.Tuple // of the cases
	paced  bool         // cases differ in their steps
}

// sight is what purchase models see of a panel: they know no window.
type sight struct {
	log   *btyd.Log
	until btyd.Day
	most  int
}

func (p *panel) sight() sight { return sight{p.log, p.until, p.most} }

// quarters of a window tell whether a customer has just begun to buy more.
const quarters = 4

// panelOf says whom a panel is to show.
type panelOf struct {
	until  btyd.Day
	window int // days that count as recent
	// most bounds the customers; where there are more, a fixed sample of them
	// stands for all. 0 is no bound.
	most int
}

// newPanel returns a panel with equal cases side by side, by frequency, age
// and recency.
func newPanel(log *btyd.Log, of panelOf) *panel {
	p := &panel{log: log, until: of.until, window: max(of.window, quarters), most: of.most}
	p.first, _, _ = log.Span()
	keys := p.collect(of.most)
	keys = inOrder(keys)
	p.cases = make([]Case, len(keys))
	for i, k := range keys {
		c := &p.cases[i]
		*c = k.known()
		if i == 0 || !samePattern(c, &p.cases[i-1]) {
			p.tuples = append(p.tuples, btyd.Tuple{Frequency: c.Frequency, Recency: c.Recency, Age: c.Age})
		}
		t := &p.tuples[len(p.tuples)-1]
		t.Count++
		t.LogGaps += c.LogGaps
	}
	return p
}

// collect finds the customers.
func (p *panel) collect(most int) []caseKey {
	known := 0
	for i := range p.log.Customers() {
		if p.knows(i) {
			known++
		}
	}
	stride := uint64(1)
	if most > 0 {
		stride = uint64((known + most - 1) / most)
	}
	keys := make([]caseKey, 0, known/int(max(1, stride)))
	for i := range p.log.Customers() {
		if (stride <= 1 || scattered(i)%stride == 0) && p.knows(i) {
			keys = append(keys, p.keyOf(i))
		}
	}
	return keys
}

func (p *panel) knows(customer int) bool {
	orders := p.log.Orders(customer)
	return len(orders) > 0 && orders[0].Day <= p.until
}

// scattered is a fixed permutation of numbers, so that samples have nothing
// to do with the sequence of a file (the finaliser of splitmix64).
func scattered(i int) uint64 {
	z := uint64(i) + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (p *panel) keyOf(customer int) caseKey {
	orders, s := p.log.Orders(customer), p.log.Summary(customer, p.until)
	first, last := orders[0].Day, orders[s.Frequency].Day
	k := caseKey{customer: int32(customer), repeats: int32(s.Frequency), age: int32(p.until - first), recency: int32(last - first),
		monetary: s.Monetary, logGaps: s.LogGaps}
	for _, o := range slices.Backward(orders[1 : 1+s.Frequency]) {
		if o.Day <= p.until-btyd.Day(p.window) {
			break
		}
		if k.recent++; o.Day > p.until-btyd.Day(p.window/quarters) {
			k.latest++
		}
	}
	return k
}

// samePattern tells that purchase models cannot tell two cases apart.
func samePattern(a, b *Case) bool {
	return a.Frequency == b.Frequency && a.Age == b.Age && a.Recency == b.Recency && a.Step == b.Step
}

// sameCase tells that no model can.
func sameCase(a, b *Case) bool {
	return samePattern(a, b) && a.Recent == b.Recent && a.Latest == b.Latest
}

// pacedBy returns the panel with the steps of its cases by the rates; nil rates
// make none.
func (p *panel) pacedBy(r *Rates) *panel {
	if r == nil {
		return p
	}
	paced, x := *p, r.index(p.until)
	paced.paced, paced.cases = true, slices.Clone(p.cases)
	for i := range paced.cases {
		c := &paced.cases[i]
		c.Step = x.step(p.log.Group(int(c.Customer)), p.until-btyd.Day(daysOf(c.Age)))
	}
	if len(r.Stores) > 0 { // months are of age, by which cases are ordered
		slices.SortFunc(paced.cases, Case.compare)
	}
	return &paced
}

// compare orders cases so that equal ones are side by side.
func (c Case) compare(other Case) int {
	return cmp.Or(cmp.Compare(c.Frequency, other.Frequency), cmp.Compare(c.Age, other.Age), cmp.Compare(c.Recency, other.Recency), cmp.Compare(c.Step, other.Step),
		cmp.Compare(c.Recent, other.Recent), cmp.Compare(c.Latest, other.Latest), cmp.Compare(c.Customer, other.Customer))
}

// placed returns the orders of each case after the panel's day, up to and
// including end.
func (p *panel) placed(end btyd.Day) []int {
	outcome := make([]int, len(p.cases))
	for i, c := range p.cases {
		outcome[i], _ = p.log.Placed(int(c.Customer), p.until, end)
	}
	return outcome
}

// each gives every case and what each model forecasts for it. The forecasts
// are overwritten by the next.
func (p *panel) each(models []Fitted, visit func(i int, forecasts []btyd.Forecast)) {
	forecasts := make([]btyd.Forecast, len(models))
	for i := range p.cases {
		c := &p.cases[i]
		for j, m := range models {
			if i == 0 || !samePattern(c, &p.cases[i-1]) || m.looksCloser && !sameCase(c, &p.cases[i-1]) {
				forecasts[j] = m.forecast(*c, forecasts[j].CDF)
			}
		}
		visit(i, forecasts)
	}
}
