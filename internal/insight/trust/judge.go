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

// calibrate judges the log odds of the score that is used (Cox 1958 for slope and
// intercept, Brier 1950).
func (j *Judged) calibrate(odds []float64, happened []bool) {
	line, share := regression.Data{Columns: 2}, 0.0
	for i, h := range happened {
		line.Append([]float64{1, odds[i]}, h)
		if h {
			share += 1 / float64(len(happened))
		}
	}
	for i, h := range happened {
		y := 0.0
		if h {
			y = 1
		}
		p := regression.Odds(odds[i])
		j.Brier += (p - y) * (p - y) / float64(len(happened))
	}
	j.Blind = share * (1 - share)
	const loose = 10
	f := regression.Logistic(line, []regression.Prior{{SD: loose}, {Mean: 1, SD: loose}})
	j.Intercept, j.Slope = f.Coefficients[0], f.Coefficients[1]
}
