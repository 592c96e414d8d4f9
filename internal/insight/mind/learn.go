// Package mind is what has been learned of a brand's customers, and what it
// says of one: value, the three parts of the next purchase, which of them
// limits, and when something is due.
package mind

import (
	"time"

	"siyu/internal/catalog"
	"siyu/internal/event"
	"siyu/internal/insight/exposure"
	"siyu/internal/insight/lifecycle"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/past"
	"siyu/internal/insight/repurchase"
	"siyu/internal/profile"
)

// Situation is what holds for everybody at a moment.
type Situation struct {
	Now time.Time
	// OrdersAsOf is until when orders are known; zero: until Now.
	OrdersAsOf time.Time
	Catalog    catalog.Catalog
	// Chosen is which purchase models are believed.
	Chosen Chosen
	// Effects are what is known of contacts beside the assumptions, Tiring what is
	// known of fatigue beside its hazard.
	Effects []Effect
	Tiring  Effect
	// Shock is the standard deviation, on the log scale, of what moves all customers of
	// the brand together; 0: it was not measured.
	Shock float64
	// Stages are the cut points that people set.
	Stages lifecycle.Settings
	// LinkRate is the share of recent orders that belong to a known customer,
	// negative without orders; below LinkFloor need and value are not
	// measurable.
	LinkRate, LinkFloor float64
	// Archive tells whether messages are known.
	Archive bool
}

// Chosen is which purchase models a backtest chose, and when; without models
// while there is too little history to choose by.
type Chosen struct {
	At time.Time `json:"at"`
	ltv.Choice
}

func (s Situation) now() event.Instant { return event.At(s.Now) }

// ordersUntil is until when orders are known.
func (s Situation) ordersUntil() event.Instant {
	if s.OrdersAsOf.IsZero() || s.OrdersAsOf.After(s.Now) {
		return s.now()
	}
	return event.At(s.OrdersAsOf)
}

func (s Situation) measurable() bool { return s.LinkRate >= 0 && s.LinkRate >= s.LinkFloor }

func (s Situation) shock() float64 {
	if s.Shock > 0 {
		return s.Shock
	}
	return ltv.CommonShock
}

// Model is what was learned. It is stored as JSON and never changed, so that
// it can be used from many goroutines.
type Model struct {
	LearnedAt  time.Time         `json:"learned_at"`
	Chosen     Chosen            `json:"chosen"`
	Effects    []Effect          `json:"effects,omitempty"`
	Tiring     Effect            `json:"tiring"`
	Value      ltv.Model         `json:"value"`
	Repurchase *repurchase.Model `json:"repurchase"`
	Loss       exposure.Fatigue  `json:"fatigue"`  // of relations: what contacts are charged with
	Fatigue    exposure.Fatigue  `json:"negative"` // of any negative event
	Stages     lifecycle.Cuts    `json:"stages"`
	Sold       Sold              `json:"sold"`
	Sampled    int               `json:"sampled"` // customers the parts were learned from
}

// sampleSize is how many customers the parts are learned from at most. With
// five past moments that gives 60,000 rows: coefficients are then known far
// better than the model is true.
const sampleSize = 12_000

// Learner learns from a pass over all customers.
type Learner struct {
	settings  Settings
	situation Situation
	value     *ltv.Learner
	stages    *lifecycle.Learner
	sold      Sold
	sample    past.Sample[profile.Customer]
}

// NewLearner returns a learner for the situation.
func NewLearner(settings Settings, situation Situation) *Learner {
	return &Learner{settings: settings, situation: situation, value: ltv.NewLearner(), stages: lifecycle.NewLearner(), sample: past.NewSample[profile.Customer](sampleSize)}
}

// Add looks at one customer, whose state may be reused afterwards.
func (l *Learner) Add(c *profile.Customer) {
	if c.MergedInto != 0 {
		return
	}
	l.value.Add(c, l.situation.ordersUntil())
	v := repurchase.View(c, l.situation.now(), l.situation.ordersUntil())
	l.stages.Add(v)
	l.sold.add(v)
	if l.sample.Wants(int64(c.ID)) {
		l.sample.Add(int64(c.ID), c.Clone())
	}
}

// Learned fits all models on what was added.
func (l *Learner) Learned() *Model {
	orders := l.value.History(l.situation.Chosen.Choice)
	m := &Model{LearnedAt: l.situation.Now, Chosen: l.situation.Chosen, Effects: l.situation.Effects, Tiring: l.situation.Tiring, Value: l.value.Model(orders), Sold: l.sold}
	customers := l.sample.Kept()
	m.Sampled = len(customers)
	m.Repurchase = repurchase.Learn(repurchase.Learning{
		Customers: customers, Now: l.situation.now(), Until: startOfDay(l.situation.ordersUntil()),
		Horizon: l.settings.Horizon, Catalog: l.situation.Catalog, Orders: orders, Present: orders.Until(m.Value.UntilDay, l.settings.Horizon, 0),
		Archive: l.situation.Archive, LinkRate: l.situation.LinkRate,
	})
	m.Loss, m.Fatigue = l.fatigue(exposure.Loss, customers), l.fatigue(exposure.Negative, customers)
	m.Stages = l.stages.Learned(l.situation.Catalog)
	return m
}

func (l *Learner) fatigue(harm exposure.Harm, customers []profile.Customer) exposure.Fatigue {
	learner := exposure.NewFatigueLearner(harm, harm.Known(customers))
	for i := range customers {
		learner.Add(&customers[i], l.situation.now())
	}
	return learner.Learned()
}

// startOfDay returns the start of the business day of the instant.
func startOfDay(at event.Instant) event.Instant {
	return past.StartOf(past.DayOf(at))
}

// Unlearned returns the model of an installation that has not learned yet:
// the stated priors.
func Unlearned(settings Settings, situation Situation) *Model {
	return NewLearner(settings, situation).Learned()
}
