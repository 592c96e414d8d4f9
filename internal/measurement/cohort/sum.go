// Package cohort adds up what groups of customers bought and what they are
// expected to buy: by month of first contact and of first order, by way, code,
// product line, store and member. A night tallies it while it passes over
// everybody; pages read the sums and never walk customers.
package cohort

import (
	"math"
	"time"

	"siyu/internal/insight"
	"siyu/internal/money"
	"siyu/internal/stats"
)

// Sum is what a group of customers bought and is expected to buy. Sums of
// groups without a common customer add up.
type Sum struct {
	Customers int       `json:"n"`
	Related   int       `json:"related"` // whom the brand can reach
	Buyers    int       `json:"buyers"`  // with an order
	Bought    money.Fen `json:"bought"`  // so far, net of refunds
	// Measured counts those whose value is measurable; what follows is of them.
	Measured int     `json:"measured"`
	Fitted   int     `json:"fitted"`   // whose value speaks from the brand's own history
	Margin   int     `json:"margin"`   // whose value is margin
	Mixed    int     `json:"mixed"`    // whose value is margin for some of what they buy, turnover for the rest
	Orders   float64 `json:"orders"`   // expected in the next year
	Value    float64 `json:"value"`    // fen, expected in the next year
	Variance float64 `json:"variance"` // fen squared, of customers who know nothing of each other
	Moved
}

// Add adds another group's sum.
func (s *Sum) Add(o *Sum) {
	s.Customers += o.Customers
	s.Related += o.Related
	s.Buyers += o.Buyers
	s.Bought += o.Bought
	s.Measured += o.Measured
	s.Fitted += o.Fitted
	s.Margin += o.Margin
	s.Mixed += o.Mixed
	s.Orders += o.Orders
	s.Value += o.Value
	s.Variance += o.Variance
	s.Moved.add(o.Moved)
}

// Fewest is of how many customers a group's value is told at least: of fewer
// the interval is wider than anything it could be compared with.
const Fewest = 10

// Outlook is when and under which common shock values of sums hold.
type Outlook struct {
	AsOf time.Time
	// Shock is the standard deviation, on the log scale, of what moves all
	// customers of a brand together.
	Shock float64
}

// Total returns the expected value of the whole group in the next year, fen.
// Its central 80 % is that of a log-normal with the customers' own variance
// and the common shock. It is not measurable with fewer than Fewest measurable
// customers.
func (s Sum) Total(o Outlook) insight.Estimate {
	e := insight.Estimate{Unit: insight.Fen, AsOf: o.AsOf, Evidence: insight.NotMeasurable}
	if s.Measured < Fewest {
		return e
	}
	e.Evidence = insight.Prior
	if 2*s.Fitted >= s.Measured {
		e.Evidence = insight.Fitted
	}
	if e.Value = s.Value; s.Value > 0 {
		spread := stats.Central80 * math.Sqrt(s.Variance/(s.Value*s.Value)+o.Shock*o.Shock)
		e.Low, e.High = s.Value*math.Exp(-spread), s.Value*math.Exp(spread)
	}
	return e
}

// Each returns the expected value of one measurable customer of the group on
// average.
func (s Sum) Each(o Outlook) insight.Estimate {
	e := s.Total(o)
	n := float64(max(1, s.Measured))
	e.Value, e.Low, e.High = e.Value/n, e.Low/n, e.High/n
	return e
}

// BoughtEach returns what one customer of the group bought so far on average,
// fen.
func (s Sum) BoughtEach() float64 { return float64(s.Bought) / float64(max(1, s.Customers)) }

// Group is the sum of the customers with one key: the text of an id, the
// number of a way, a code; "" where there is none.
type Group struct {
	Key string `json:"key"`
	Sum
	// Rhythm is known of stores only.
	Rhythm
}

func (g *Group) add(o *Group) {
	g.Sum.Add(&o.Sum)
	g.Rhythm.add(&o.Rhythm)
}

// Others is the key of the groups that are too small to be told apart.
const Others = "*"

// Cohort is the sum of the customers of one month.
type Cohort struct {
	Month Month `json:"month"`
	Sum
	// Ages is what they bought in the month itself, the month after, and so on,
	// net of refunds; empty for Earlier.
	Ages []money.Fen `json:"ages,omitempty"`
	// Repeats is how many repeat orders its buyers have placed; of cohorts of first
	// order only.
	Repeats float64 `json:"repeats,omitempty"`
}

// Band is the customers whose expected value lies from From, fen, up to the
// next band's.
type Band struct {
	From      float64 `json:"from"`
	Customers int     `json:"n"`
	Value     float64 `json:"value"` // fen, of all of them
}

// Sums is what is known of the customers of one store, or of the whole brand.
// Each of its divisions adds up to All: the cohorts with those who are in none,
// and each list of groups. Values adds up to the measurable ones.
type Sums struct {
	AsOf      time.Time `json:"as_of"`
	OrdersTo  time.Time `json:"orders_to"` // until when orders are known
	All       Sum       `json:"all"`
	Contact   []Cohort  `json:"contact"`    // by month of first contact, earliest first
	NoContact Sum       `json:"no_contact"` // who only bought
	Order     []Cohort  `json:"order"`      // by month of first order
	NoOrder   Sum       `json:"no_order"`
	Ways      []Group   `json:"ways"`                // how the first relation came about
	Codes     []Group   `json:"codes"`               // the contact way of the first relation
	Lines     []Group   `json:"lines"`               // the product line bought most often
	Campaigns []Group   `json:"campaigns,omitempty"` // through which shops say the first contact came
	// Share of the value of a referred customer who stayed that Moved moves.
	Share  float64 `json:"share,omitempty"`
	Stores []Group `json:"stores,omitempty"`
	Staff  []Group `json:"staff,omitempty"`
	Values []Band  `json:"values"`
	// Stages is empty where nobody has one yet; StoreStages tells them by store.
	Stages      []StageSum   `json:"stages,omitempty"`
	StoreStages []StageCount `json:"store_stages,omitempty"`
	// Young is the turnover, net of refunds, of orders of each of ltv.RefundAges:
	// some of it will still come back.
	Young []money.Fen `json:"young,omitempty"`
	// Spread is the variance of customers' numbers of repeat orders over their mean,
	// within cohorts of first order in the whole brand; 0 where nobody came back.
	Spread float64 `json:"spread,omitempty"`
	// Shape is how alike the brand's stores are in how often their customers buy
	// again: that of shrink.Factors.
	Shape float64 `json:"shape,omitempty"`
}

// Top returns which share of the expected value the best customers bring, best
// being a share of the measurable ones. Within a band customers count as
// equal.
func (s *Sums) Top(best float64) float64 {
	customers, value := 0, 0.0
	for _, b := range s.Values {
		customers += b.Customers
		value += b.Value
	}
	if value <= 0 {
		return 0
	}
	left, top := best*float64(customers), 0.0
	for i := len(s.Values) - 1; i >= 0 && left > 0; i-- {
		b := s.Values[i]
		taken := min(left, float64(b.Customers))
		top += b.Value * taken / float64(b.Customers)
		left -= taken
	}
	return top / value
}
