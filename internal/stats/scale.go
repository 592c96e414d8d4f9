package stats

import "math"

// ScaleMean returns the mean of answers on a scale of 1 to len(counts), counts[i] of
// which were i+1, with the interval of so many standard deviations: normal around
// the posterior of a multinomial under a Dirichlet prior worth one answer spread
// over the scale (Gelman et al., Bayesian Data Analysis, 3rd edition, 3.4). Without
// answers all are 0.
func ScaleMean(counts []int, z float64) (mean, low, high float64) {
	n, sum := 0, 0
	for i, k := range counts {
		n, sum = n+k, sum+(i+1)*k
	}
	if n == 0 {
		return 0, 0, 0
	}
	prior, total := 1/float64(len(counts)), float64(n)+1
	first, second := 0.0, 0.0
	for i, k := range counts {
		p, x := (float64(k)+prior)/total, float64(i+1)
		first, second = first+p*x, second+p*x*x
	}
	half := z * math.Sqrt((second-first*first)/(total+1))
	return float64(sum) / float64(n), max(1, first-half), min(float64(len(counts)), first+half)
}
