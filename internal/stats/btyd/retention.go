package btyd

import "math"

// Retention is the shifted beta-geometric model of Fader and Hardie (2007,
// Journal of Interactive Marketing 21(1), 76-90): a customer under contract ends
// it at each renewal with a chance drawn from Beta(Alpha, Beta).
type Retention struct {
	Alpha, Beta float64
}

// FitRetention returns the model with the largest likelihood for the customers
// of one cohort who were still there after 0, 1, 2, ... renewals, none more than
// before.
func FitRetention(left []float64) (Retention, Fit) {
	l := retentionLikelihood{left: left, stayed: newRising(len(left)), both: newRising(len(left))}
	start := likelihood{names: []string{"alpha", "beta"}, minusMean: l.minusMean, start: make([]float64, 2), unit: []float64{1, 1}}
	if len(left) > 1 {
		start.customers = left[0]
	}
	m := maximise(start)
	return Retention{m.values[0], m.values[1]}, m.fit
}

// Left returns the probability of still being there after so many renewals
// (eq. 6).
func (m Retention) Left(renewals int) float64 {
	n := float64(renewals)
	return math.Exp(logRising(m.Beta, n) - logRising(m.Alpha+m.Beta, n))
}

// Rate returns the share of those there who stay at the next renewal, after so
// many (eq. 8).
func (m Retention) Rate(renewals int) float64 {
	n := float64(renewals)
	return (m.Beta + n) / (m.Alpha + m.Beta + n)
}

type retentionLikelihood struct {
	left         []float64
	stayed, both rising
}

// minusMean is minus the log-likelihood per customer at the logs of the
// parameters.
func (l *retentionLikelihood) minusMean(theta, gradient []float64) float64 {
	alpha, beta := math.Exp(theta[0]), math.Exp(theta[1])
	l.stayed.fill(beta)
	l.both.fill(alpha + beta)
	last := len(l.left) - 1
	sum := l.left[last] * (l.stayed.log[last] - l.both.log[last])
	slopeA := -l.left[last] * l.both.slope[last]
	slopeB := l.left[last] * (l.stayed.slope[last] - l.both.slope[last])
	for n := 1; n <= last; n++ {
		ended := l.left[n-1] - l.left[n]
		sum += ended * (theta[0] + l.stayed.log[n-1] - l.both.log[n])
		slopeA += ended * (1/alpha - l.both.slope[n])
		slopeB += ended * (l.stayed.slope[n-1] - l.both.slope[n])
	}
	gradient[0], gradient[1] = -slopeA*alpha/l.left[0], -slopeB*beta/l.left[0]
	return -sum / l.left[0]
}
