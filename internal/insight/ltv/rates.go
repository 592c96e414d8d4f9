package ltv

import (
	"cmp"
	"math"
	"slices"
	"time"

	"siyu/internal/id"
	"siyu/internal/insight/past"
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
	"siyu/internal/stats/shrink"
)

// Rates are how much more often than usual customers order who placed the first
// order in one store, or in one month, before anything is known of their own
// orders: factors on the mean of the rate that purchase models draw customers'
// from. What a customer ordered since speaks beside it, the louder the longer.
type Rates struct {
	Stores []Rate `json:"stores,omitempty"` // empty: stores make no difference
	Months []Rate `json:"months,omitempty"` // the same
}

// Rate is one group's.
type Rate struct {
	Key       int64   `json:"key"` // a store, or a month as MonthOf numbers it
	Customers int     `json:"customers"`
	Repeats   int     `json:"repeats"` // repeat orders of them
	Factor    float64 `json:"factor"`
	Low       float64 `json:"low"` // central 80 %
	High      float64 `json:"high"`
	Prior     float64 `json:"prior"` // share of its log that is still the brand's
}

// RateKinds says by what customers' rates may differ.
type RateKinds struct {
	Stores bool `json:"stores"`
	Months bool `json:"months"`
}

func (k RateKinds) any() bool { return k.Stores || k.Months }

// MonthOf numbers the month of a day: twelve times the year plus the month
// counted from 0.
func MonthOf(day btyd.Day) int64 {
	t := day.Time()
	return int64(12*t.Year() + int(t.Month()) - 1)
}

// FirstStore returns the store of the first order in the view that is kept and
// was not refunded in full, 0 without any.
func FirstStore(v past.View) id.Store {
	orders := v.Bought()
	for i := range orders {
		if orders[i].Net() > 0 {
			return orders[i].Store
		}
	}
	return 0
}

// Factors are put to customers in steps, which are finer than they are known, so
// that tables serve all customers of one step. Mostly they are between a third
// and three.
const (
	rateStep  = .05 // on the log scale
	mostSteps = 22
)

// stepped returns the factor of a step.
func stepped(step int8) float64 { return math.Exp(rateStep * float64(step)) }

// quickened returns the model of customers whose rates are a step higher in the
// mean.
func quickened(m btyd.Divided, step int8) btyd.Divided {
	if step == 0 {
		return m
	}
	return faster(m, stepped(step))
}

// faster returns the model of customers whose rates are higher by a factor in the
// mean: the gamma they are drawn from has its scale divided by it. How customers stop
// stays as it is.
func faster(m btyd.Divided, factor float64) btyd.Divided {
	switch m := m.(type) {
	case btyd.BGNBD:
		m.Alpha /= factor
		return m
	case btyd.MBGNBD:
		m.Alpha /= factor
		return m
	case btyd.ParetoNBD:
		m.Alpha /= factor
		return m
	case btyd.MBGCNBD:
		m.Alpha /= factor
		return m
	}
	return m
}

// rateIndex finds a customer's step.
type rateIndex struct {
	stores map[int64]float64 // logs of factors
	first  btyd.Day          // that months are kept from
	months []float64         // by day
}

// index returns the index for customers whose first order was not later than a
// day.
func (r *Rates) index(until btyd.Day) *rateIndex {
	x := &rateIndex{stores: make(map[int64]float64, len(r.Stores)), first: until + 1}
	for _, s := range r.Stores {
		x.stores[s.Key] = math.Log(s.Factor)
	}
	logs := make(map[int64]float64, len(r.Months))
	for _, m := range r.Months {
		logs[m.Key] = math.Log(m.Factor)
		x.first = min(x.first, btyd.DayOf(time.Date(0, time.Month(m.Key+1), 1, 0, 0, 0, 0, time.UTC)))
	}
	for day := x.first; day <= until; day++ {
		x.months = append(x.months, logs[MonthOf(day)])
	}
	return x
}

// step returns the step of a customer who placed the first order on a day in a
// store.
func (x *rateIndex) step(store int64, first btyd.Day) int8 {
	sum := 0.
	if len(x.stores) > 0 {
		sum = x.stores[store]
	}
	if at := int(first - x.first); at >= 0 && at < len(x.months) {
		sum += x.months[at]
	}
	return int8(min(max(math.Round(sum/rateStep), -mostSteps), mostSteps))
}

// buyer is some customers of one pattern as rates are learned from them.
type buyer struct {
	store        int64
	first        btyd.Day
	repeats      int32
	recency, age int32 // days
	count        float64
}

// buyersOf returns the panel's customers, who need no telling apart where their
// stores are not known.
func buyersOf(p *panel) []buyer {
	var list []buyer
	if !p.log.Grouped() {
		for _, t := range p.tuples {
			age := daysOf(t.Age)
			list = append(list, buyer{first: p.until - btyd.Day(age), repeats: int32(t.Frequency), recency: int32(daysOf(t.Recency)), age: int32(age), count: t.Count})
		}
		return list
	}
	for i := range p.cases {
		c := &p.cases[i]
		age := daysOf(c.Age)
		list = append(list, buyer{store: p.log.Group(int(c.Customer)), first: p.until - btyd.Day(age), repeats: int32(c.Frequency), recency: int32(daysOf(c.Recency)), age: int32(age), count: 1})
	}
	return list
}

// rateRounds is how often the factors of stores and those of months are taken to
// their maximum in turn.
const rateRounds = 3

// learnRates returns the factors of the kinds under a purchase model of all
// customers. Each is the mode of its likelihood times a normal belief on its log
// whose spread the groups tell (shrink.Logs), by Newton steps on sums of scores.
func learnRates(buyers []buyer, m btyd.MBGNBD, by RateKinds) *Rates {
	if !by.any() {
		return nil
	}
	var stores, months rateSums
	if by.Stores {
		stores = newRateSums(buyers, func(b *buyer) int64 { return b.store })
	}
	if by.Months {
		months = newRateSums(buyers, func(b *buyer) int64 { return MonthOf(b.first) })
	}
	for range rateRounds {
		stores.improve(buyers, m, &months)
		months.improve(buyers, m, &stores)
	}
	return &Rates{Stores: stores.told(), Months: months.told()}
}

// rateSums are the groups of one kind while their factors are learned; without
// groups they say nothing.
type rateSums struct {
	group  []int32 // of each buyer, -1 for none
	list   []rateGroup
	spread float64
}

// rateGroup sums up the scores of one group's customers.
type rateGroup struct {
	key                           int64
	customers, repeats            float64
	score, information, curvature float64
	shrink.Log
}

func newRateSums(buyers []buyer, keyOf func(*buyer) int64) rateSums {
	s, number := rateSums{group: make([]int32, len(buyers))}, map[int64]int32{}
	for i := range buyers {
		key := keyOf(&buyers[i])
		if key == 0 {
			s.group[i] = -1
			continue
		}
		n, known := number[key]
		if !known {
			n = int32(len(s.list))
			number[key], s.list = n, append(s.list, rateGroup{key: key, Log: shrink.Log{Prior: 1}})
		}
		g := &s.list[n]
		g.customers += buyers[i].count
		g.repeats += buyers[i].count * float64(buyers[i].repeats)
		s.group[i] = n
	}
	return s
}

// of returns the log of the factor of a buyer's group.
func (s *rateSums) of(i int) float64 {
	if len(s.list) == 0 || s.group[i] < 0 {
		return 0
	}
	return s.list[s.group[i]].Value
}

// improve takes the groups one step towards their mode, the others' factors
// given. Scores vary more than the model says: how much more, all buyers tell,
// and groups are known so much less (sandwich variance).
func (s *rateSums) improve(buyers []buyer, m btyd.MBGNBD, others *rateSums) {
	if len(s.list) == 0 {
		return
	}
	for j := range s.list {
		g := &s.list[j]
		g.score, g.information, g.curvature = 0, 0, 0
	}
	squares, information, curvature := 0., 0., 0.
	for i := range buyers {
		if s.group[i] < 0 {
			continue
		}
		b, g := &buyers[i], &s.list[s.group[i]]
		e := b.evidence(m, math.Exp(g.Value+others.of(i)))
		g.score += b.count * e.score
		g.information += b.count * e.information
		squares, information, curvature = squares+b.count*e.score*e.score, information+b.count*e.information, curvature+b.count*e.curvature
	}
	if !(information > 0 && squares > 0) {
		return
	}
	bend, spread := max(curvature/information, leastBend), squares/information
	seen := make([]shrink.Seen, len(s.list))
	for j, g := range s.list {
		if g.information > 0 {
			seen[j] = shrink.Seen{Log: g.Value + g.score/(bend*g.information), Precision: bend * bend * g.information / spread}
		}
	}
	var logs []shrink.Log
	logs, s.spread = shrink.Logs(seen)
	for j := range s.list {
		s.list[j].Log = logs[j]
	}
}

// leastBend keeps steps finite where customers' dropping out hides their rates.
const leastBend = .1

// evidence is what one customer tells of the log of the factor.
type evidence struct {
	score float64
	// information is that of the orders were it known when the customer stopped,
	// curvature that without knowing it.
	information, curvature float64
}

// evidence takes the derivatives of MBG/NBD's log-likelihood in the log of a factor
// on the mean rate from the posterior of the rate, which is a mixture of two
// gammas: of customers who are active, and of those who stopped at the last order.
// The score is the rate's posterior mean over its prior scale less R (Fisher's
// identity), the curvature the mean less the variance (Louis 1982, JRSS B 44).
func (b *buyer) evidence(m btyd.MBGNBD, factor float64) evidence {
	alpha, shape := m.Alpha/factor, m.R+float64(b.repeats)
	until, last := alpha+float64(stats.WeeksOfDays(int(b.age))), alpha+float64(stats.WeeksOfDays(int(b.recency)))
	active, stopped := alpha/until, alpha/last
	odds := m.A / (m.B + float64(b.repeats)) * math.Pow(until/last, shape)
	alive := 1 / (1 + odds)
	mean := shape * (alive*active + (1-alive)*stopped)
	information := shape * (alive*active*(1-active) + (1-alive)*stopped*(1-stopped))
	apart := shape * (active - stopped)
	return evidence{score: mean - m.R, information: information, curvature: information - apart*apart*alive*(1-alive)}
}

// told returns the factors by key.
func (s *rateSums) told() []Rate {
	rates := make([]Rate, len(s.list))
	for i, g := range s.list {
		value := min(max(g.Value, -mostSteps*rateStep), mostSteps*rateStep)
		spread := stats.Central80 * g.SD
		rates[i] = Rate{Key: g.key, Customers: int(g.customers), Repeats: int(g.repeats), Factor: math.Exp(value), Low: math.Exp(value - spread), High: math.Exp(value + spread), Prior: g.Prior}
	}
	slices.SortFunc(rates, func(a, b Rate) int { return cmp.Compare(a.Key, b.Key) })
	return rates
}
