package trust

import (
	"math"

	"siyu/internal/event"
	"siyu/internal/insight/feature"
	"siyu/internal/insight/past"
	"siyu/internal/stats/regression"
)

// Score is trust as one number: how much likelier than an ordinary customer
// this one is to show trust without being sold to, as log odds.
type Score struct {
	// Coefficients are the intercept, then one for each of Features: 0 where the feature
	// takes no part.
	Coefficients []float64   `json:"coefficients"`
	Covariance   [][]float64 `json:"covariance"`
	PriorWeights []float64   `json:"prior_weights"` // 1: only the prior speaks
	Rows         int         `json:"rows"`
	Acts         int         `json:"acts"` // rows followed by an act of trust
	// Simple tells that the score has not grown beyond what it starts with: how often and
	// how lately the customer talked or liked, and the way the customer came.
	Simple bool   `json:"simple"`
	Judged Judged `json:"judged"`
	// Slope is by how much the coefficients were stretched since, as the newest month asked
	// for, held near 1; 1 where no month could judge.
	Slope float64 `json:"slope"`
}

// Judged is how scores that were learned on older months foretold who showed trust in the
// newest.
type Judged struct {
	Rows int `json:"rows"` // 0: there was no older month, or none in which acts were seen alike
	// Gain is by how much all features foretold it better than what the score starts with,
	// in log-likelihood, and SE the standard error of that.
	Gain float64 `json:"gain"`
	SE   float64 `json:"se"`
	// Of the one that is used: the mean squared distance of chances from what happened, that
	// of telling everybody the share of the month before, and the line of log odds that would
	// have been right, which is 0 and 1 for a calibrated score.
	Brier     float64 `json:"brier"`
	Blind     float64 `json:"blind"`
	Intercept float64 `json:"intercept"`
	Slope     float64 `json:"slope"`
}

// Better tells whether all features foretold better than what the score starts with, by
// more than a standard error.
func (j Judged) Better() bool { return j.Gain > j.SE }

// Worse tells whether the score foretold no better than telling everybody the same.
func (j Judged) Worse() bool { return j.Rows > 0 && j.Brier >= j.Blind }

// Acted tells whether the customer showed trust from one instant on and before
// another: wrote first, answered a touch that does not sell, liked or
// commented, referred somebody, joined a group, answered a survey; and did not delete anybody.
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
	return answeredSurvey(v, from) || brand.Since != 0 && spoke(v, from)
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
// is below Windows and 0 for the newest, 1 for the one before it, and whether an act of trust followed.
func (l *ScoreLearner) Add(window int, measured []feature.Measured, acted bool) {
	var row [Windows + Count]float64
	row[window] = 1
	for j := range measured {
		row[Windows+j] = measured[j].Value
	}
	l.data.Append(row[:], acted)
}

// start are the features that the score starts with: how often and how lately there were
// real exchanges, talk and likes, of which a like counts less the longer ago it is; and
// whoever had none is taken for what others are who came the same way, held to the
// brand's mean by the prior. What people say outright stands under its prior from the
// first word on (docs/decision/0038).
func start() []int {
	list := []int{talk, lately, liked, surveyed, familiar, distant}
	for slot := range WaySlots {
		list = append(list, cameBy+slot)
	}
	return list
}

func all() []int {
	list := make([]int, Count)
	for j := range list {
		list[j] = j
	}
	return list
}

// Learned fits the score to windows of which the newest was seen as the one before: what it
// starts with, or all features if they foretold the newest month better by more than a
// standard error (docs/decision/0036), stretched to what that month asked for.
func (l *ScoreLearner) Learned() Score {
	older, newest := l.split()
	if older.Rows() == 0 || newest.Rows() == 0 {
		return l.Unjudged()
	}
	few, many := foretell(older, newest, start()), foretell(older, newest, all())
	taken, used, judged := start(), few, compared(many, few, newest.Y)
	if judged.Better() {
		taken, used = all(), many
	}
	everybody := foretell(older, newest, nil)
	judged.calibrate(used, everybody, newest.Y)
	s := scored(l.data, taken)
	s.Simple, s.Judged = len(taken) < Count, judged
	s.recalibrate(stretch(used, everybody[0], newest.Y), everybody[0], newest)
	return s
}

// Unjudged fits what the score starts with, where no two months can be compared.
func (l *ScoreLearner) Unjudged() Score {
	s := scored(l.data, start())
	s.Simple = true
	return s
}

// split returns the rows of the older windows and of the newest.
func (l *ScoreLearner) split() (older, newest regression.Data) {
	older.Columns, newest.Columns = l.data.Columns, l.data.Columns
	for i, acted := range l.data.Y {
		if row := l.data.Row(i); row[0] == 1 {
			newest.Append(row, acted)
		} else {
			older.Append(row, acted)
		}
	}
	return older, newest
}

// columnsOf returns the columns of the levels of all windows and of some features.
func columnsOf(features []int) []int {
	columns := make([]int, 0, Windows+len(features))
	for w := range Windows {
		columns = append(columns, w)
	}
	for _, j := range features {
		columns = append(columns, Windows+j)
	}
	return columns
}

// fit fits some features and the level of each window.
func fit(d regression.Data, features []int) (f regression.Fit, priors []regression.Prior) {
	for range Windows {
		priors = append(priors, regression.Prior{Mean: math.Log(.1), SD: 2})
	}
	beliefs := Features()
	for _, j := range features {
		priors = append(priors, beliefs[j].Prior)
	}
	columns := columnsOf(features)
	part := regression.Data{Columns: len(columns), Y: d.Y, X: make([]float64, 0, len(columns)*d.Rows())}
	for i := range d.Y {
		row := d.Row(i)
		for _, j := range columns {
			part.X = append(part.X, row[j])
		}
	}
	return regression.Logistic(part, priors), priors
}

// foretell returns the log odds that a fit on older windows gives each row of the newest,
// at the level of the window before it.
func foretell(older, newest regression.Data, features []int) []float64 {
	f, _ := fit(older, features)
	const before = 1 // the window before the newest
	odds := make([]float64, newest.Rows())
	for i := range odds {
		odds[i] = f.Coefficients[before]
		for k, j := range features {
			odds[i] += f.Coefficients[Windows+k] * newest.Row(i)[Windows+j]
		}
	}
	return odds
}

func scored(d regression.Data, features []int) Score {
	f, priors := fit(d, features)
	s := Score{Slope: 1, Rows: d.Rows(), Coefficients: make([]float64, 1+Count), PriorWeights: make([]float64, 1+Count), Covariance: make([][]float64, 1+Count)}
	for i := range s.Covariance {
		s.Covariance[i] = make([]float64, 1+Count)
	}
	place := func(k int) (from, to int) { // of the newest level, then of the features
		if k == 0 {
			return 0, 0
		}
		return Windows + k - 1, 1 + features[k-1]
	}
	for k := range 1 + len(features) {
		from, to := place(k)
		s.Coefficients[to], s.PriorWeights[to] = f.Coefficients[from], f.PriorWeight(from, priors[from])
		for other := range 1 + len(features) {
			across, along := place(other)
			s.Covariance[to][along] = f.Covariance[from][across]
		}
	}
	for _, acted := range d.Y {
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
