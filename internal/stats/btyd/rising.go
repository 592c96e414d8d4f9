package btyd

import "math"

// rising holds, for n = 0, 1, ..., the log of the rising factorial
// a (a+1) ... (a+n-1) = Gamma(a+n)/Gamma(a) and its derivative in a. Summing
// logs keeps every digit where a difference of log-gammas of a huge a loses
// them.
type rising struct {
	log, slope []float64
}

func newRising(limit int) rising {
	return rising{log: make([]float64, limit+1), slope: make([]float64, limit+1)}
}

func (r rising) fill(a float64) {
	for n := 1; n < len(r.log); n++ {
		factor := a + float64(n-1)
		r.log[n] = r.log[n-1] + math.Log(factor)
		r.slope[n] = r.slope[n-1] + 1/factor
	}
}
