package shrink

import "math"

// Seen is what the data of one group alone say of the log of its rate over the
// common one. A group of which nothing was seen has a precision of 0.
type Seen struct {
	Log       float64
	Precision float64 // of Log: one over its variance
}

// Log is the log of a group's rate over the common one.
type Log struct {
	Value float64 // posterior mean
	SD    float64 // posterior standard deviation
	Prior float64 // share of the value that is still the common rate, 0..1
}

// Before anything is seen groups are some usualSpread apart on the log scale;
// twice or half of that is one standard deviation of the belief away.
const (
	usualSpread  = .2
	spreadSpread = math.Ln2
)

// Bounds of the spread: groups that are all alike, and groups ten times apart.
const (
	leastSpread = .01
	mostSpread  = 2.5
)

// Logs returns the logs of groups whose estimates are normal around them, the logs
// being N(0, spread^2): the normal model with known variances (Morris 1983, JASA
// 78, parametric empirical Bayes). The spread maximises the marginal likelihood
// of the estimates, weighted with a log-normal belief, so that two groups are
// enough to get an answer. A group whose numbers are not finite counts as unseen.
func Logs(groups []Seen) (logs []Log, spread float64) {
	spread = math.Exp(peak(math.Log(leastSpread), math.Log(mostSpread), func(logSpread float64) float64 { return logMarginal(groups, logSpread) }))
	logs = make([]Log, len(groups))
	for i, g := range groups {
		if !g.possible() {
			g = Seen{}
		}
		prior := 1 / (spread * spread)
		precision := prior + g.Precision
		logs[i] = Log{Value: g.Log * g.Precision / precision, SD: 1 / math.Sqrt(precision), Prior: prior / precision}
	}
	return logs, spread
}

func (g Seen) possible() bool {
	return g.Precision > 0 && !math.IsInf(g.Precision, 1) && !math.IsNaN(g.Log) && !math.IsInf(g.Log, 0)
}

// logMarginal leaves out what does not depend on the spread.
func logMarginal(groups []Seen, logSpread float64) float64 {
	apart := (logSpread - math.Log(usualSpread)) / spreadSpread
	sum, variance := -apart*apart/2, math.Exp(2*logSpread)
	for _, g := range groups {
		if g.possible() {
			all := variance + 1/g.Precision
			sum -= (math.Log(all) + g.Log*g.Log/all) / 2
		}
	}
	return sum
}
