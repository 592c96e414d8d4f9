package ltv

import (
	"math"
	"sort"

	"siyu/internal/insight/past"
	"siyu/internal/stats"
	"siyu/internal/stats/survival"
)

// RefundAges returns the ages in days, counted from 0, at which one group of
// orders ends and the next begins; refunds of older orders are over.
func RefundAges() [12]int { return [...]int{1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90} }

// RefundAge returns the number of an order's group by its age in days, that of
// older ones being the last.
func RefundAge(days int) int {
	ages := RefundAges()
	return sort.SearchInts(ages[:], days+1)
}

// Refunds is how much of what is bought comes back, and when. States keep what
// was refunded and not when, so that each order tells what had come back at its
// present age: current status data. It holds as far as returns are as usual as
// they were.
type Refunds struct {
	Orders   int `json:"orders"`
	Refunded int `json:"refunded"` // of them, in part or in full
	// Final is the share of turnover that comes back in the end, By that by the end
	// of each of RefundAges, Error their standard errors, that of Final last.
	Final float64   `json:"final"`
	By    []float64 `json:"by"`
	Error []float64 `json:"error"`
	// Coming is the share of the net turnover of orders of each of RefundAges that
	// is still to come back.
	Coming []Ranged `json:"coming"`
	// Young is the share of all net turnover learned from that is still to come
	// back.
	Young float64 `json:"young"`
}

// From how many refunds, and orders whose refunds are over, on there is
// something to say.
const (
	enoughRefunds = 20
	enoughMature  = 100
)

// Known tells whether there are enough orders and refunds to say anything.
func (r *Refunds) Known() bool { return len(r.Coming) > 0 }

// Mature returns the age in days from which 95 % of what comes back has.
func (r *Refunds) Mature() int {
	const nearly = .95
	for i, by := range r.By {
		if by >= nearly*r.Final {
			return RefundAges()[i]
		}
	}
	ages := RefundAges()
	return ages[len(ages)-1]
}

// refundLearner sums up orders by RefundAge, in fen.
type refundLearner struct {
	orders, refunded int
	groups           [13]refundGroup
}

type refundGroup struct {
	orders                int
	amount, back, squares float64
	// prior is turnover that was never seen, priorBack what of it is back.
	prior, priorBack, priorSquares float64
}

// What is believed of how fast orders come back before the brand's own have told:
// exponentially, with the mean in days that the law of consumers gives them to
// change their minds (China, 2014, article 25). It counts at each age as much as
// orders of which priorRefunds will come back.
const (
	usualReturn  = 7.0
	priorRefunds = 10.0
)

// lean lets groups of young orders lean on what is usual: few refunds of one age
// say little, and what most ages say together - the share that comes back in the
// end - is the brand's own.
func (l *refundLearner) lean() {
	mature := &l.groups[len(l.groups)-1]
	final := mature.back / mature.amount
	if final <= 0 {
		return
	}
	orders := priorRefunds / final
	mean, square := mature.amount/float64(mature.orders), mature.squares/float64(mature.orders)
	from, ages := 0, RefundAges()
	for i, until := range ages {
		middle := float64(from+until) / 2
		g := &l.groups[i]
		g.prior, g.priorSquares = orders*mean, orders*square
		g.priorBack = g.prior * final * -math.Expm1(-middle/usualReturn)
		from = until
	}
}

// add counts the kept orders of a customer.
func (l *refundLearner) add(v past.View) {
	for _, o := range v.Bought() {
		if o.Amount <= 0 {
			continue
		}
		g := &l.groups[RefundAge(int(v.Days(o.At)))]
		amount, back := float64(o.Amount), math.Min(float64(o.Refunded), float64(o.Amount))
		g.orders++
		g.amount, g.back, g.squares = g.amount+amount, g.back+back, g.squares+amount*amount
		l.orders++
		if o.Refunded > 0 {
			l.refunded++
		}
	}
}

func (l *refundLearner) learned() Refunds {
	last := len(l.groups) - 1
	r := Refunds{Orders: l.orders, Refunded: l.refunded}
	if l.refunded < enoughRefunds || l.groups[last].orders < enoughMature {
		return r
	}
	l.lean()
	status := make([]survival.Status, len(l.groups))
	for i, g := range l.groups {
		status[i] = survival.Status{All: g.amount + g.prior, Over: g.back + g.priorBack}
	}
	share, block := survival.CurrentStatus(status)
	deviation := l.deviations(share, block)
	r.Final, r.By, r.Error = share[last], share[:last], deviation
	coming, net := 0.0, 0.0
	for i, by := range r.By {
		c := comingOf(by, r.Final)
		spread := 0.0
		if block[i] != block[last] {
			left := 1 - by
			spread = stats.Central80 * math.Hypot(deviation[last]/left, deviation[i]*(1-r.Final)/(left*left))
		}
		r.Coming = append(r.Coming, Ranged{Value: c, Low: max(0, c-spread), High: min(1, c+spread)})
		coming += c * (l.groups[i].amount - l.groups[i].back)
	}
	for _, g := range l.groups {
		net += g.amount - g.back
	}
	if net > 0 {
		r.Young = coming / net
	}
	return r
}

// comingOf returns the share of what is left that is still to come back.
func comingOf(by, final float64) float64 {
	if by >= 1 {
		return 0
	}
	return max(0, final-by) / (1 - by)
}

// deviations returns the standard errors of shares of turnover: those of a share
// of as many orders of equal amounts as tell as much (Kish 1965).
func (l *refundLearner) deviations(share []float64, block []int) []float64 {
	list := make([]float64, len(share))
	for i := range share {
		amount, squares := 0.0, 0.0
		for j, g := range l.groups {
			if block[j] == block[i] {
				amount, squares = amount+g.amount+g.prior, squares+g.squares+g.priorSquares
			}
		}
		if amount > 0 {
			list[i] = math.Sqrt(share[i] * (1 - share[i]) * squares / (amount * amount))
		}
	}
	return list
}

// Kept returns which share of what the customer bought, net of refunds, will
// stay in the mean: young orders may still come back.
func (r *Refunds) Kept(v past.View) float64 {
	orders := v.Bought()
	ages := RefundAges()
	oldest := float64(ages[len(ages)-1])
	if !r.Known() || len(orders) == 0 || v.Days(orders[len(orders)-1].At) >= oldest {
		return 1
	}
	coming := 0.0
	for i := len(orders) - 1; i >= 0; i-- {
		days := v.Days(orders[i].At)
		if days >= oldest {
			break
		}
		coming += float64(orders[i].Net()) * r.Coming[RefundAge(int(days))].Value
	}
	net := float64(v.Customer.Orders.Net())
	if net <= coming {
		return 1
	}
	return 1 - coming/net
}
