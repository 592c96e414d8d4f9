// Package survival tells how long things take of which many are not over yet.
package survival

import "math"

// Curve is the Kaplan-Meier estimate (1958, JASA 53) of the share still waiting
// after 0, 1, 2 ... units of time.
type Curve struct {
	waiting []float64 // S(t)
	hazards []float64 // Greenwood's sum of d / (n (n - d)) up to t
	atRisk  []float64 // n(t), just before t
}

// KaplanMeier returns the curve for how many waits ended at each unit of time
// and how many were still going on when they were last seen. Those last seen at
// some time count as waiting at that time.
func KaplanMeier(ended, open []float64) Curve {
	length := max(len(ended), len(open))
	c := Curve{waiting: make([]float64, length), hazards: make([]float64, length), atRisk: make([]float64, length)}
	at := func(counts []float64, t int) float64 {
		if t < len(counts) {
			return counts[t]
		}
		return 0
	}
	n := 0.0
	for t := length - 1; t >= 0; t-- {
		n += at(ended, t) + at(open, t)
		c.atRisk[t] = n
	}
	s, sum := 1.0, 0.0
	for t := range length {
		if d := at(ended, t); d > 0 {
			s *= 1 - d/c.atRisk[t]
			sum += d / (c.atRisk[t] * (c.atRisk[t] - d)) // infinite where everybody's wait ended
		}
		c.waiting[t], c.hazards[t] = s, sum
	}
	return c
}

// Wait is one wait: for how long it was seen, and whether it ended then.
type Wait struct {
	For  int
	Over bool
}

// Clustered returns the curve with deviations that hold where waits of one
// cluster depend on each other, as those of one customer do: the variance of log
// S(t) is the sum over clusters of squares of sum 1/n(u) over waits that ended by
// t, minus the sum up to t of d(u)/n(u)^2 over all while they were waiting (Ying
// and Wei 1994, J. Multivariate Anal. 50, section 2). clusters must hold the waits that the
// curve was made from.
func (c Curve) Clustered(clusters [][]Wait) Curve {
	length := len(c.waiting)
	risen, ended := make([]float64, length), make([]float64, length) // sums of d/n^2; 1/n
	sum := 0.0
	for t := range length {
		if n := c.atRisk[t]; n > 0 {
			before := 1.0
			if t > 0 {
				before = c.waiting[t-1]
			}
			if before > 0 {
				sum += (1 - c.waiting[t]/before) / n
			}
			ended[t] = 1 / n
		}
		risen[t] = sum
	}
	variance, moved := make([]float64, length), make([]float64, length)
	for _, waits := range clusters {
		clear(moved) // by how much the cluster's sum changes at t
		for _, w := range waits {
			at := min(w.For, length-1)
			if w.Over {
				moved[at] += ended[at]
			}
		}
		c.addSquares(variance, moved, waits, risen)
	}
	if n := float64(len(clusters)); n > 1 {
		for t := range variance {
			variance[t] *= n / (n - 1)
		}
	}
	for t := range variance {
		if math.IsInf(c.hazards[t], 1) {
			variance[t] = c.hazards[t]
		}
	}
	return Curve{waiting: c.waiting, hazards: variance, atRisk: c.atRisk}
}

// addSquares adds the squares of one cluster's sums up to each time.
func (c Curve) addSquares(variance, moved []float64, waits []Wait, risen []float64) {
	leaving := make([]int, len(variance)) // waits last seen at t
	for _, w := range waits {
		leaving[min(w.For, len(variance)-1)]++
	}
	own, waiting, before := 0.0, float64(len(waits)), 0.0
	for t := range variance {
		own += moved[t] - waiting*(risen[t]-before)
		before = risen[t]
		waiting -= float64(leaving[t])
		variance[t] += own * own
	}
}

// Waiting returns the share still waiting after t, and its standard error
// (Greenwood 1926). Beyond the last time seen it is the share at that time.
func (c Curve) Waiting(t int) (share, deviation float64) {
	if len(c.waiting) == 0 || t < 0 {
		return 1, 0
	}
	t = min(t, len(c.waiting)-1)
	if c.waiting[t] == 0 {
		return 0, 0
	}
	return c.waiting[t], c.waiting[t] * math.Sqrt(c.hazards[t])
}

// Between returns the interval of the share still waiting that is z standard
// deviations wide to both sides on the scale log(-log S), which keeps it within
// 0 and 1 (Kalbfleisch and Prentice 2002, chapter 1).
func (c Curve) Between(t int, z float64) (low, high float64) {
	s, deviation := c.Waiting(t)
	if s == 0 || s == 1 {
		return s, s
	}
	spread := z * deviation / (s * math.Abs(math.Log(s)))
	return math.Pow(s, math.Exp(spread)), math.Pow(s, math.Exp(-spread))
}

// AtRisk returns how many were waiting just before t.
func (c Curve) AtRisk(t int) float64 {
	if t < 0 || t >= len(c.atRisk) {
		return 0
	}
	return c.atRisk[t]
}

// Last returns the last time at which at least n were waiting, -1 if there is
// none.
func (c Curve) Last(n float64) int {
	last := -1
	for t, waiting := range c.atRisk {
		if waiting >= n {
			last = t
		}
	}
	return last
}

// Quantile is the time by which a share is over.
type Quantile struct {
	Reached   bool    // false: the curve ends before it, the others mean nothing
	Value     float64 // in the curve's unit
	Low, High float64 // High is 0 where the interval has no known end
}

// Quantile returns the first time at which at least the share p is over. Its
// interval holds the times at which the interval of the curve holds 1 - p
// (Brookmeyer and Crowley 1982, Biometrics 38), on the scale of Between.
func (c Curve) Quantile(p, z float64) (q Quantile) {
	const slack = 1e-12 // sums of shares
	for t := range c.waiting {
		low, high := c.Between(t, z)
		if q.Low == 0 && low <= 1-p+slack {
			q.Low = float64(t)
		}
		if !q.Reached && c.waiting[t] <= 1-p+slack {
			q.Reached, q.Value = true, float64(t)
		}
		if high <= 1-p+slack {
			q.High = float64(t)
			break
		}
	}
	return q
}
