package ltv

import (
	"math"
	"slices"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// Prediction is what is expected of one customer over a study's horizon. Low
// and High bound at least 80 % of what is likely: counts are discrete.
type Prediction struct {
	Customer []byte // its id, valid until the next prediction
	Summary  btyd.Summary
	// Pattern numbers customers whose predictions differ in amounts at most,
	// from 0.
	Pattern int
	// Alike: their amounts are equal too.
	Alike      bool
	Alive      float64
	Orders     float64
	OrdersLow  int
	OrdersHigh int
	CDF        []float64 // CDF[k]: probability of at most k orders
	PerOrder   float64   // expected amount of an order; all amounts are 0 without a spend model
	Value      float64
	ValueLow   float64
	ValueHigh  float64
	// DiscountedOrders are those of the horizon, Residual those of the whole
	// future, each discounted; 0 unless asked for. Only Pareto/NBD tells Residual:
	// it is 0 where that is not among the chosen.
	DiscountedOrders float64
	ResidualOrders   float64
}

// PredictSpec says what predictions are to hold.
type PredictSpec struct {
	Spend    *btyd.Spend // nil: no amounts
	Discount float64     // continuous rate per week; 0: no discounted orders
	CDF      bool        // keep distributions up to EnoughProbability
}

// EnoughProbability is where distributions are cut off when they are kept.
const EnoughProbability = .9999

// Totals is what is expected of all customers together.
type Totals struct {
	Orders float64 `json:"expected_total"`
	Low    float64 `json:"total_low"` // central 80 % with the shock
	High   float64 `json:"total_high"`
	*ValueTotal
}

// ValueTotal is what they are expected to bring; nil without amounts.
type ValueTotal struct {
	Value     float64 `json:"total_value"`
	ValueLow  float64 `json:"total_value_low"` // central 80 % with the shock
	ValueHigh float64 `json:"total_value_high"`
}

// Predict fits the chosen models and gives the prediction of every customer,
// in the sequence of the log; it is overwritten by the next. It ends with the
// first error that give returns.
func (s *Study) Predict(spec PredictSpec, give func(p *Prediction) error) (Totals, error) {
	chosen := s.fitAll(s.Choice.Members)
	judges := s.judges(chosen, spec.Discount)
	kept, which := s.predictPatterns(chosen, judges, spec)
	log := s.panel.log
	var p Prediction
	value := total{}
	for i := range log.Customers() {
		if which[i] < 0 {
			continue
		}
		p.Customer, p.Pattern, p.Summary = log.ID(i), int(which[i]), log.Summary(i, s.panel.until)
		pattern := &kept.patterns[p.Pattern]
		pattern.tell(&p, spec)
		value.mean += p.Value
		value.variance += max(0, p.PerOrder*p.PerOrder*pattern.square-p.Value*p.Value)
		if err := give(&p); err != nil {
			return Totals{}, err
		}
	}
	all := make([]int, len(chosen))
	for i := range all {
		all[i] = i
	}
	t := kept.outcome.mixedTotal(all)
	low, high := t.interval(s.Choice.Shock)
	totals := Totals{Orders: t.mean, Low: low, High: high}
	if spec.Spend != nil {
		value.dissent = t.dissent
		low, high := value.interval(s.Choice.Shock)
		totals.ValueTotal = &ValueTotal{value.mean, low, high}
	}
	return totals, nil
}

// judge tells who still buys, and how much is left of orders after discounting
// if there is a discount.
type judge struct {
	model     btyd.Divided
	discounts *btyd.Discounts
	chosen    bool
}

// judges are those of one step after the other.
type judges struct {
	models   []btyd.Divided // of the usual step
	chosen   bool           // they are, none is beside the chosen
	discount float64
	horizon  stats.Weeks
	course   btyd.Course
	bySteps  map[int8][]judge
}

// of returns the judges of customers of a step.
func (j *judges) of(step int8) []judge {
	list, known := j.bySteps[step]
	if !known {
		for _, m := range j.models {
			one := judge{model: quickened(m, step), chosen: j.chosen}
			if j.discount > 0 {
				one.discounts = btyd.NewDiscounts(one.model, j.horizon, j.discount).Along(j.course)
			}
			list = append(list, one)
		}
		j.bySteps[step] = list
	}
	return list
}

// judges returns the purchase models among the chosen, or one beside them.
func (s *Study) judges(chosen []Fitted, discount float64) *judges {
	j := &judges{discount: discount, horizon: s.Horizon, course: s.fitter.tempoAt(s.panel).course(), bySteps: map[int8][]judge{}}
	for _, m := range chosen {
		if l, ok := m.predictor.(lifetime); ok {
			j.models = append(j.models, l.Divided)
		}
	}
	if j.chosen = len(j.models) > 0; !j.chosen {
		j.models = append(j.models, s.fitter.lifetime("pnbd", s.panel).model)
	}
	return j
}

// patternPrediction is what is the same for all customers of one case.
type patternPrediction struct {
	mean, alive          float64
	lowest, highest      int32
	least, most          float64 // bounds of the value, in orders
	square               float64 // second moment of the value, in orders squared
	discounted, residual float64
	cdf                  []float64
}

// tell adds what is expected to a prediction that has the customer's summary.
func (k *patternPrediction) tell(p *Prediction, spec PredictSpec) {
	p.Alive, p.Orders, p.OrdersLow, p.OrdersHigh = k.alive, k.mean, int(k.lowest), int(k.highest)
	p.DiscountedOrders, p.ResidualOrders, p.CDF = k.discounted, k.residual, k.cdf
	p.Alike = spec.Spend == nil || p.Summary.Frequency == 0
	if spec.Spend != nil {
		p.PerOrder = spec.Spend.Expected(p.Summary)
		p.Value, p.ValueLow, p.ValueHigh = k.mean*p.PerOrder, k.least*p.PerOrder, k.most*p.PerOrder
	}
}

type keptPatterns struct {
	patterns []patternPrediction
	outcome  *outcome
}

// predictPatterns predicts every case that the models can tell apart; which tells the one of each
// customer in the log, -1 for who is not known yet.
func (s *Study) predictPatterns(chosen []Fitted, judges *judges, spec PredictSpec) (kept keptPatterns, which []int32) {
	which = make([]int32, s.panel.log.Customers())
	for i := range which {
		which[i] = -1
	}
	kept.outcome, kept.patterns = newOutcome(chosen), make([]patternPrediction, 0, len(s.panel.tuples))
	same := samePattern
	if slices.ContainsFunc(chosen, func(m Fitted) bool { return m.looksCloser }) {
		same = sameCase
	}
	var mix btyd.Forecast
	s.panel.each(chosen, func(i int, forecasts []btyd.Forecast) {
		c := &s.panel.cases[i]
		kept.outcome.add(forecasts, 0)
		if i == 0 || !same(c, &s.panel.cases[i-1]) {
			mix = mixed(forecasts, mix.CDF)
			kept.patterns = append(kept.patterns, s.predictPattern(c.Summary, mix, judges.of(c.Step), spec))
		}
		which[c.Customer] = int32(len(kept.patterns) - 1)
	})
	return kept, which
}

func (s *Study) predictPattern(of btyd.Summary, mix btyd.Forecast, judges []judge, spec PredictSpec) patternPrediction {
	p := patternPrediction{mean: mix.Expected, lowest: int32(mix.Quantile(.1)), highest: int32(mix.Quantile(.9))}
	if spec.Spend != nil {
		k := orderMoments{mix.None(), mix.Expected, mix.Variance}
		p.least, p.most = k.interval(*spec.Spend, of)
		p.square = orderSquare(*spec.Spend, of, k)
	}
	for _, j := range judges {
		alive := j.model.Alive(of)
		p.alive += alive / float64(len(judges))
		if j.discounts != nil {
			p.discounted += p.mean * j.discounts.Share(of) / float64(len(judges))
			if orders, ok := j.discounts.Residual(of, alive); ok && j.chosen {
				p.residual = orders
			}
		}
	}
	if spec.CDF {
		p.cdf = cutOff(mix.CDF)
	}
	return p
}

func cutOff(cdf []float64) []float64 {
	kept := make([]float64, 0, 8)
	for _, p := range cdf {
		kept = append(kept, math.Max(0, p))
		if p >= EnoughProbability {
			break
		}
	}
	return kept
}
