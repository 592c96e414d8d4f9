package mind

import (
	"cmp"
	"math"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/insight/past"
	"siyu/internal/insight/repurchase"
)

// Judgement is what a model said of a horizon beside what then happened.
type Judgement struct {
	From      time.Time `json:"from"` // when the model was learned
	Until     time.Time `json:"until"`
	Customers int       `json:"customers"` // who could be reached then, of the sample
	Expected  float64   `json:"expected"`  // of them, how many should have bought
	Actual    int       `json:"actual"`    // and how many did
	// Low and High bound Actual in 95 of 100 horizons if the model is right.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Error is the mean over Groups of the distance between said and actual
	// share, Chance what it would be for a model that is right, by luck alone.
	Error  float64      `json:"error"`
	Chance float64      `json:"chance"`
	Groups []JudgeGroup `json:"groups"`
}

// JudgeGroup is a tenth of the customers, by what was said of them.
type JudgeGroup struct {
	Customers int     `json:"customers"`
	Said      float64 `json:"said"`   // mean probability
	Bought    float64 `json:"bought"` // share
}

// Parted tells whether what happened lies outside what the model allows.
func (j Judgement) Parted() bool { return float64(j.Actual) < j.Low || float64(j.Actual) > j.High }

const (
	judgeGroups = 10
	// fewestJudged is below how many customers nothing is said.
	fewestJudged = 200
	// central95 is how many standard deviations bound the central 95 % of a
	// normal distribution: an alarm that is right by chance alone comes in one
	// week of twenty.
	central95 = 1.959963984540054
)

// over tells whether orders are known until the end of the forecast's horizon.
func (l *Learner) over(f Forecast) bool { return f.until() <= l.situation.ordersUntil() }

func (f Forecast) until() event.Instant {
	return event.At(f.At) + event.Instant(f.Model.Horizon*past.Day)
}

// Judge asks the model, as it spoke at a moment, about everybody of those added
// whom the brand could reach then, and compares with the horizon that followed.
// ok is false while that horizon is not over, and with too few customers.
func (l *Learner) Judge(f Forecast) (j Judgement, ok bool) {
	if !l.over(f) {
		return j, false
	}
	from, until := event.At(f.At), f.until()
	var all []outcome
	for _, c := range l.sample.Kept() {
		v := repurchase.View(&c, from, from)
		if !v.Related() {
			continue
		}
		parts := f.Model.Of(v)
		all = append(all, outcome{repurchase.Probability(parts.Eta()), past.BoughtBetween(&c, from, until)})
	}
	if len(all) < fewestJudged {
		return j, false
	}
	j = judged(all, l.situation.shock())
	j.From, j.Until = f.At, until.Time()
	return j, true
}

// outcome is what was said of one customer and what happened.
type outcome struct {
	said   float64
	bought bool
}

// judged compares; shock is the standard deviation of what moves all customers, on the
// log scale.
func judged(all []outcome, shock float64) Judgement {
	slices.SortStableFunc(all, func(a, b outcome) int { return cmp.Compare(a.said, b.said) })
	j := Judgement{Customers: len(all)}
	variance := 0.0
	for k := range judgeGroups {
		group := all[k*len(all)/judgeGroups : (k+1)*len(all)/judgeGroups]
		g, spread := JudgeGroup{Customers: len(group)}, 0.0
		for _, o := range group {
			g.Said += o.said
			spread += o.said * (1 - o.said)
			if o.bought {
				g.Bought++
			}
		}
		j.Expected, j.Actual, variance = j.Expected+g.Said, j.Actual+int(g.Bought), variance+spread
		n := float64(len(group))
		g.Said, g.Bought = g.Said/n, g.Bought/n
		j.Error += math.Abs(g.Said-g.Bought) / judgeGroups
		j.Chance += math.Sqrt(2/math.Pi*spread) / n / judgeGroups
		j.Groups = append(j.Groups, g)
	}
	margin := central95 * math.Hypot(math.Sqrt(variance), shock*j.Expected)
	j.Low, j.High = max(0, j.Expected-margin), min(float64(j.Customers), j.Expected+margin)
	return j
}
