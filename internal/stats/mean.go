package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// MeanInterval returns the mean of independent draws and the ends of its central
// interval of the share (0 to 1) by Student's t (Student 1908, Biometrika 6). The ends
// are infinite for fewer than two draws, which tell nothing of their spread.
func MeanInterval(draws []float64, share float64) (mean, low, high float64) {
	mean, sd := stat.MeanStdDev(draws, nil)
	n := float64(len(draws))
	if n < 2 {
		return mean, math.Inf(-1), math.Inf(1)
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(.5 + share/2)
	half := t * sd / math.Sqrt(n)
	return mean, mean - half, mean + half
}
