package btyd

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// quadratureNodes reach a relative error below 1e-8 up to horizons of a
// thousand times age plus alpha; see the test against adaptive integration.
const quadratureNodes = 128

// gaussJacobi returns nodes in [0, 1] and weights such that the weighted sum
// of a function is its mean under Beta(a, b), exactly for polynomials up to
// degree 2n-1 (Golub and Welsch, 1969, Mathematics of Computation 23).
func gaussJacobi(n int, a, b float64) (nodes, weights []float64) {
	jacobi := mat.NewSymDense(n, nil)
	s := a + b - 2
	jacobi.SetSym(0, 0, a/(a+b))
	for k := 1; k < n; k++ {
		i := float64(k)
		m := 2*i + s
		jacobi.SetSym(k, k, (1+(a-b)*s/(m*(m+2)))/2)
		side := i * (i + a - 1) * (i + b - 1) * (i + s) / (m * m * (m + 1) * (m - 1))
		if k == 1 {
			side = a * b / ((a + b) * (a + b) * (a + b + 1))
		}
		jacobi.SetSym(k-1, k, math.Sqrt(side))
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(jacobi, true) {
		return []float64{a / (a + b)}, []float64{1}
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	nodes = eigen.Values(nil)
	weights = make([]float64, n)
	for i := range weights {
		nodes[i] = min(max(nodes[i], 0), 1)
		weights[i] = vectors.At(0, i) * vectors.At(0, i)
	}
	return nodes, weights
}
