package btyd

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"siyu/internal/stats/optimum"
)

// priorSD is the standard deviation, on the log scale, of the weak prior that
// holds an estimate at the border: 95 % of it lie within a factor of 350, so
// it decides nothing that data can.
const priorSD = 3.0

// Search limits, for the mean log-likelihood over log parameters.
const (
	borderBound    = 10.0 // e^10: beyond it a parameter is at its border
	searchStep     = 1.5
	searchRounds   = 200
	gradientZero   = 1e-7 // where Newton takes over from BFGS
	gradientDone   = 1e-11
	gradientAccept = 1e-6 // what counts as converged at the end
	newtonSteps    = 3
)

// likelihood is a model's log-likelihood over the logs of its parameters.
type likelihood struct {
	names []string
	// minusMean returns minus the log-likelihood per customer.
	minusMean optimum.Function
	customers float64
	start     []float64 // log parameters
	unit      []float64 // factor from exp(log parameter) to the parameter
	// few is the likelihood of a sample, nil where there are not many: it tells
	// about where the maximum is, and how curved.
	few     *likelihood
	inverse mat.Symmetric // about the inverse Hessian at the start, if known
}

// many is how much more than a sample there must be to look at a sample first,
// in terms of the likelihood that cost time, and fewTerms what is a sample.
const (
	many     = 4
	fewTerms = 8000
)

// sampled returns every n-th of the terms, nil where there are not many.
func sampled[T any](terms []T) []T {
	n := len(terms) / fewTerms
	if n < many {
		return nil
	}
	few := make([]T, 0, len(terms)/n+1)
	for i := 0; i < len(terms); i += n {
		few = append(few, terms[i])
	}
	return few
}

// startedAt moves the start of the search to parameters in their own units,
// if they are possible ones.
func (l likelihood) startedAt(values []float64) likelihood {
	start := make([]float64, len(values))
	for i, v := range values {
		start[i] = math.Log(v / l.unit[i])
		if !(math.Abs(start[i]) < borderBound) {
			return l
		}
	}
	l.start = start
	if l.few != nil {
		few := l.few.startedAt(values)
		l.few = &few
	}
	return l
}

// maximum is where a likelihood is largest.
type maximum struct {
	values  []float64 // parameters in their own units
	fit     Fit
	inverse mat.Symmetric // of the Hessian, nil where it has none
}

// maximise looks for the maximum of the likelihood alone and adds the weak
// prior only if that maximum is at the border or flatter than the prior.
func maximise(l likelihood) maximum {
	if l.customers == 0 {
		return l.report(optimum.Result{X: l.start}, nil, true)
	}
	l = l.afterFew()
	found := optimum.Minimize(l.problem(l.minusMean), l.start)
	if found.Converged && !found.OutOfBounds {
		point, hessian := optimum.Polish(l.minusMean, found.X, gradientDone, newtonSteps)
		found.X = point
		if inverse, errors, ok := l.errors(hessian); ok {
			m := l.report(found, errors, false)
			m.inverse = inverse
			return m
		}
	}
	held := l.withPrior()
	again := optimum.Minimize(l.problem(held), l.start)
	again.Evaluations += found.Evaluations
	point, hessian := optimum.Polish(held, again.X, gradientDone, newtonSteps)
	again.X = point
	_, errors, _ := l.errors(hessian)
	again.Converged = again.Converged || l.flat(held, again.X)
	return l.report(again, errors, true)
}

// afterFew moves the start of the search to the maximum of a sample, if it has
// one inside.
func (l likelihood) afterFew() likelihood {
	if l.few == nil {
		return l
	}
	if few := maximise(*l.few); few.inverse != nil {
		l = l.startedAt(few.values)
		l.inverse = few.inverse
	}
	l.few = nil
	return l
}

func (l likelihood) problem(f optimum.Function) optimum.Problem {
	return optimum.Problem{F: f, Bound: borderBound, Tolerance: gradientZero, MaxStep: searchStep, MaxIterations: searchRounds, Inverse: l.inverse}
}

func (l likelihood) withPrior() optimum.Function {
	weight := 1 / (priorSD * priorSD * l.customers)
	return func(x, gradient []float64) float64 {
		value := l.minusMean(x, gradient)
		for i, v := range x {
			value += weight * v * v / 2
			gradient[i] += weight * v
		}
		return value
	}
}

// errors returns the inverse Hessian and the standard errors of the log
// parameters, from the Hessian of minus the mean log-likelihood. ok is false where some parameter is known
// less well than the prior would tell it.
func (l likelihood) errors(hessian *mat.SymDense) (inverse *mat.SymDense, errors []float64, ok bool) {
	inverse, ok = optimum.Covariance(hessian)
	if !ok {
		return nil, nil, false
	}
	errors = make([]float64, hessian.SymmetricDim())
	for i := range errors {
		errors[i] = math.Sqrt(inverse.At(i, i) / l.customers)
		ok = ok && errors[i] < priorSD
	}
	return inverse, errors, ok
}

func (l likelihood) flat(f optimum.Function, x []float64) bool {
	gradient := make([]float64, len(x))
	f(x, gradient)
	for _, g := range gradient {
		if !(math.Abs(g) <= gradientAccept) {
			return false
		}
	}
	return true
}

func (l likelihood) report(found optimum.Result, errors []float64, atBorder bool) maximum {
	m := maximum{values: make([]float64, len(found.X))}
	m.fit = Fit{Converged: found.Converged, AtBorder: atBorder, Evaluations: found.Evaluations}
	if l.customers > 0 {
		m.fit.LogLikelihood = -l.customers * l.minusMean(found.X, make([]float64, len(found.X)))
	}
	for i, x := range found.X {
		m.values[i] = math.Exp(x) * l.unit[i]
		p := Parameter{Name: l.names[i], Value: m.values[i]}
		if errors != nil {
			p.Error = m.values[i] * errors[i]
		}
		m.fit.Parameters = append(m.fit.Parameters, p)
	}
	return m
}
