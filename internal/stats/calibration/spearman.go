package calibration

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// SpearmanP returns the two-sided probability of a rank correlation at least as
// far from 0 among n pairs that have nothing to do with each other, by Student's
// t on n-2 degrees of freedom (Kendall's approximation). It is 1 for fewer
// than four pairs.
func SpearmanP(correlation float64, n int) float64 {
	const least = 4
	if n < least || math.IsNaN(correlation) {
		return 1
	}
	if math.Abs(correlation) >= 1 {
		return 0
	}
	free := float64(n - 2)
	t := math.Abs(correlation) * math.Sqrt(free/(1-correlation*correlation))
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: free}.Survival(t)
}
