package trust

import (
	"math"

	"siyu/internal/event"
	"siyu/internal/insight/feature"
	"siyu/internal/insight/past"
	"siyu/internal/stats/regression"
)

// Score is trust as one number: how much likelier than an ordinary customer
// this one is to show trust without being sold to, on the log scale.
type Score struct {
	Coefficients []float64   `json:"coefficients"` // intercept, then one for each of Features
	Covariance   [][]float64 `json:"covariance"`
	PriorWeights []float64   `json:"prior_weights"` // 1: only the prior speaks
	Rows         int         `json:"rows"`
	Acts         int         `json:"acts"` // rows followed by an act of trust
}

// Acted tells whether the customer showed trust from one instant on and before
// another: wrote first, answered a touch that does not sell, liked or
// commented, referred somebody, joined a group; and did not delete anybody.
func Acted(v past.View, from event.Instant, brand Brand) bool {
	c := v.Customer
	for i := range c.Relations {
		if r := &c.Relations[i]; r.End == event.ByCustomer && r.Until >= from && r.Until < v.At {
			return false
		}
	}
	if after(v.Before(c.Reactions), from) {
		return true
	}
	if brought := v.Referrals(); len(brought) > 0 && brought[len(brought)-1].At >= from {
		return true
	}
	for _, m := range c.Groups {
		if m.Since >= from && m.Since < v.At {
			return true
		}
	}
	return brand.Archive && spoke(v, from)
}

func after(marks []event.Instant, from event.Instant) bool {
	return len(marks) > 0 && marks[len(marks)-1] >= from
}

func spoke(v past.View, from event.Instant) bool {
	for _, d := range v.Talk() {
		if d.At >= from && d.Started {
			return true
		}
	}
	for _, t := range v.Touches() {
		if !t.Purpose.Sells() && v.Answered(t) && t.Answered >= from {
			return true
		}
	}
	return false
}

// Windows is over how many past horizons a score is learned at most.
const Windows = 5

// ScoreLearner collects customers at past moments and what they did then. Each
// window has a level of its own: what can be seen of acts of trust grows, not
// least on the day the message archive begins.
type ScoreLearner struct{ data regression.Data }

// NewScoreLearner returns a learner that has seen nobody.
func NewScoreLearner() *ScoreLearner {
	return &ScoreLearner{data: regression.Data{Columns: Windows + Count}}
}

// Add counts a customer with these features at the start of the window, which
// is below Windows and 0 for the newest, and whether an act of trust followed.
func (l *ScoreLearner) Add(window int, measured []feature.Measured, acted bool) {
	var row [Windows + Count]float64
	row[window] = 1
	for j := range measured {
		row[Windows+j] = measured[j].Value
	}
	l.data.Append(row[:], acted)
}

// Learned fits the score.
func (l *ScoreLearner) Learned() Score {
	var priors []regression.Prior
	for range Windows {
		priors = append(priors, regression.Prior{Mean: math.Log(.1), SD: 2})
	}
	for _, f := range Features() {
		priors = append(priors, f.Prior)
	}
	fit := regression.CLogLog(l.data, priors)
	s := Score{Rows: l.data.Rows(), Coefficients: []float64{fit.Coefficients[0]}, PriorWeights: []float64{fit.PriorWeight(0, priors[0])}}
	kept := []int{0} // the newest level, then the features
	for j := Windows; j < len(priors); j++ {
		kept = append(kept, j)
		s.Coefficients = append(s.Coefficients, fit.Coefficients[j])
		s.PriorWeights = append(s.PriorWeights, fit.PriorWeight(j, priors[j]))
	}
	for _, i := range kept {
		var line []float64
		for _, j := range kept {
			line = append(line, fit.Covariance[i][j])
		}
		s.Covariance = append(s.Covariance, line)
	}
	for _, acted := range l.data.Y {
		if acted {
			s.Acts++
		}
	}
	return s
}

// Of returns the score of measured features, not centred.
func (s *Score) Of(measured []feature.Measured) float64 {
	sum := 0.0
	for j := range measured {
		sum += s.Coefficients[1+j] * measured[j].Value
	}
	return sum
}

// Deviation returns the standard deviation of the score's distance from that
// of a customer with mean features.
func (s *Score) Deviation(measured []feature.Measured, means []float64) float64 {
	var apart [Count]float64
	for j := range measured {
		apart[j] = measured[j].Value - means[j]
	}
	sum := 0.0
	for j, x := range apart {
		if x == 0 {
			continue
		}
		line, cross := s.Covariance[1+j], 0.0
		for k := j + 1; k < Count; k++ {
			cross += line[1+k] * apart[k]
		}
		sum += x * (line[1+j]*x + 2*cross)
	}
	return math.Sqrt(max(0, sum))
}
