package trust

import (
	"math"

	"siyu/internal/stats/regression"
)

// likelihood returns the log-likelihood of what happened at log odds.
func likelihood(odds float64, happened bool) float64 {
	if happened {
		odds = -odds
	}
	return -math.Log1p(math.Exp(odds))
}

// compared returns by how much one list of log odds foretold the outcomes better than
// another.
func compared(many, few []float64, happened []bool) Judged {
	j, squares := Judged{Rows: len(happened)}, 0.0
	for i, h := range happened {
		d := likelihood(many[i], h) - likelihood(few[i], h)
		j.Gain, squares = j.Gain+d, squares+d*d
	}
	j.SE = math.Sqrt(max(0, squares-j.Gain*j.Gain/float64(max(1, j.Rows))))
	return j
}

// calibrate judges the log odds of the score that is used, beside one that tells everybody
// the same (Cox 1958 for slope and intercept, Brier 1950).
func (j *Judged) calibrate(odds, everybody []float64, happened []bool) {
	j.Brier, j.Blind = brierOf(odds, happened), brierOf(everybody, happened)
	const loose = 10
	f := regression.Logistic(lineOf(odds, happened), []regression.Prior{{SD: loose}, {Mean: 1, SD: loose}})
	j.Intercept, j.Slope = f.Coefficients[0], f.Coefficients[1]
}

func brierOf(odds []float64, happened []bool) float64 {
	sum := 0.0
	for i, h := range happened {
		p := regression.Odds(odds[i])
		if h {
			p = 1 - p
		}
		sum += p * p / float64(len(happened))
	}
	return sum
}

// lineOf returns rows of 1 and the log odds.
func lineOf(odds []float64, happened []bool) regression.Data {
	line := regression.Data{Columns: 2}
	for i, h := range happened {
		line.Append([]float64{1, odds[i]}, h)
	}
	return line
}

// How far the newest month may move the score: its slope from 1, and its level from that of
// the month before, in log odds. A brand of some thousand customers sees a hundred acts a
// month, which tell a slope to some .5.
const (
	slopeSD = .3
	levelSD = .5
)

// stretch returns by how much the distance of the log odds from the level of the month
// before must be stretched to fit what happened.
func stretch(odds []float64, before float64, happened []bool) float64 {
	apart := make([]float64, len(odds))
	for i := range odds {
		apart[i] = odds[i] - before
	}
	f := regression.Logistic(lineOf(apart, happened), []regression.Prior{{Mean: before, SD: levelSD}, {Mean: 1, SD: slopeSD}})
	return f.Coefficients[1]
}

// recalibrate stretches the score and matches how many showed trust in the newest month,
// from the level of the month before.
func (s *Score) recalibrate(slope, before float64, newest regression.Data) {
	s.Slope = slope
	for j := range s.Coefficients {
		if j > 0 {
			s.Coefficients[j] *= slope
		}
		for k := range s.Coefficients {
			if j > 0 {
				s.Covariance[j][k] *= slope
			}
			if k > 0 {
				s.Covariance[j][k] *= slope
			}
		}
	}
	odds := make([]float64, newest.Rows())
	for i := range odds {
		for j, x := range newest.Row(i)[Windows:] {
			odds[i] += s.Coefficients[1+j] * x
		}
	}
	const fixed = 1e-6
	f := regression.Logistic(lineOf(odds, newest.Y), []regression.Prior{{Mean: before, SD: levelSD}, {Mean: 1, SD: fixed}})
	s.Coefficients[0] = f.Coefficients[0]
}
