package optimum

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// differenceStep is used on log parameters: large against rounding of the
// gradient, small against its curvature.
const differenceStep = 1e-5

// Hessian returns the matrix of second derivatives of f at x, by central
// differences of the gradient, made symmetric.
func Hessian(f Function, x []float64) *mat.SymDense {
	n := len(x)
	rows := make([][]float64, n)
	at, up, down := append([]float64(nil), x...), make([]float64, n), make([]float64, n)
	for i := range x {
		at[i] = x[i] + differenceStep
		f(at, up)
		at[i] = x[i] - differenceStep
		f(at, down)
		at[i] = x[i]
		rows[i] = make([]float64, n)
		for j := range up {
			rows[i][j] = (up[j] - down[j]) / (2 * differenceStep)
		}
	}
	h := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			h.SetSym(i, j, (rows[i][j]+rows[j][i])/2)
		}
	}
	return h
}

// Covariance returns the inverse of h, the covariance of maximum likelihood
// estimates when h is the Hessian of minus the log-likelihood. ok is false
// where h is not positive definite.
func Covariance(h mat.Symmetric) (covariance *mat.SymDense, ok bool) {
	n := h.SymmetricDim()
	for i := range n {
		for j := range n {
			if v := h.At(i, j); math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, false
			}
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(h) {
		return nil, false
	}
	covariance = mat.NewSymDense(n, nil)
	if err := chol.InverseTo(covariance); err != nil {
		return nil, false
	}
	return covariance, true
}

// Polish takes Newton steps from x while they bring the gradient closer to
// zero, which gives the last digits where BFGS stops. It ends once the largest
// derivative is below tolerance. It returns the point and the last Hessian it
// took, at most one such step away from the point.
func Polish(f Function, x []float64, tolerance float64, steps int) ([]float64, *mat.SymDense) {
	best, gradient := append([]float64(nil), x...), make([]float64, len(x))
	f(best, gradient)
	hessian := Hessian(f, best)
	for range steps {
		next, nextGradient := newtonStep(f, best, gradient, hessian)
		if next == nil || largest(nextGradient) >= largest(gradient) {
			break
		}
		best, gradient = next, nextGradient
		if largest(gradient) < tolerance {
			break
		}
		hessian = Hessian(f, best)
	}
	return best, hessian
}

// newtonStep returns the next point and its gradient, nil where the Hessian
// is not positive definite.
func newtonStep(f Function, x, gradient []float64, hessian *mat.SymDense) (next, nextGradient []float64) {
	covariance, ok := Covariance(hessian)
	if !ok {
		return nil, nil
	}
	var move mat.VecDense
	move.MulVec(covariance, mat.NewVecDense(len(gradient), gradient))
	next, nextGradient = make([]float64, len(x)), make([]float64, len(x))
	for i := range x {
		next[i] = x[i] - move.AtVec(i)
	}
	f(next, nextGradient)
	if hasNaN(nextGradient) {
		return nil, nil
	}
	return next, nextGradient
}

func largest(x []float64) float64 {
	m := 0.0
	for _, v := range x {
		m = max(m, math.Abs(v))
	}
	return m
}
