package optimum

import (
	"math"
	"testing"
)

// rosenbrock has its minimum at (1, 1) at the end of a bent valley.
func rosenbrock(x, gradient []float64) float64 {
	a, b := 1-x[0], x[1]-x[0]*x[0]
	gradient[0], gradient[1] = -2*a-400*x[0]*b, 200*b
	return a*a + 100*b*b
}

func usual(f Function) Problem {
	return Problem{F: f, Bound: 100, Tolerance: 1e-9, MaxStep: 2, MaxIterations: 500}
}

func TestTheEndOfABentValleyIsFound(t *testing.T) {
	r := Minimize(usual(rosenbrock), []float64{-1.2, 1})
	if !r.Converged || r.OutOfBounds || math.Abs(r.X[0]-1) > 1e-7 || math.Abs(r.X[1]-1) > 1e-7 {
		t.Errorf("%+v", r)
	}
	if r.Evaluations > 120 {
		t.Errorf("%d evaluations", r.Evaluations)
	}
}

func TestAMinimumAtInfinityIsReportedNotChased(t *testing.T) {
	r := Minimize(usual(func(x, gradient []float64) float64 {
		gradient[0] = -math.Exp(-x[0] / 50)
		return 50 * math.Exp(-x[0]/50)
	}), []float64{0})
	if !r.OutOfBounds || r.Converged {
		t.Errorf("%+v", r)
	}
}

func TestWhereTheFunctionIsUndefinedTheSearchTurnsBack(t *testing.T) {
	r := Minimize(usual(func(x, gradient []float64) float64 {
		gradient[0] = 1 - 1/x[0]
		return x[0] - math.Log(x[0])
	}), []float64{.01})
	if !r.Converged || math.Abs(r.X[0]-1) > 1e-6 {
		t.Errorf("%+v", r)
	}
}

func TestTheEndIsNeverWorseThanTheStart(t *testing.T) {
	start := []float64{3, -7}
	p := usual(rosenbrock)
	p.MaxIterations = 3
	if r := Minimize(p, start); r.Value > rosenbrock(start, make([]float64, 2)) || r.Converged {
		t.Errorf("%+v", r)
	}
}

// Sums of many terms are rough: neither does their gradient reach zero nor does
// their value tell which way it is.
func TestARoughFunctionEndsTheSearch(t *testing.T) {
	for _, height := range []float64{0, 1e9} {
		r := Minimize(usual(func(x, gradient []float64) float64 {
			value := 1e3*rosenbrock(x, gradient) + 1e-6*math.Sin(1e8*x[0])
			gradient[0], gradient[1] = 1e3*gradient[0]+1e-6*math.Sin(1e9*x[0]), 1e3*gradient[1]+1e-6*math.Sin(1e9*x[1])
			return height + value
		}), []float64{-1.2, 1})
		if r.Evaluations > 400 || math.Abs(r.X[0]-1) > 1e-4 {
			t.Errorf("%v: %+v", height, r)
		}
	}
}

func quadratic(x, gradient []float64) float64 {
	gradient[0], gradient[1] = 4*x[0]+x[1]-1, x[0]+2*x[1]
	return 2*x[0]*x[0] + x[0]*x[1] + x[1]*x[1] - x[0]
}

func TestCurvatureOfAQuadraticIsExact(t *testing.T) {
	h := Hessian(quadratic, []float64{.3, -.2})
	for i, want := range []float64{4, 1, 1, 2} {
		if got := h.At(i/2, i%2); math.Abs(got-want) > 1e-8 {
			t.Errorf("entry %d is %v, want %v", i, got, want)
		}
	}
	covariance, ok := Covariance(h)
	if !ok || math.Abs(covariance.At(0, 0)-2./7) > 1e-8 || math.Abs(covariance.At(0, 1)+1./7) > 1e-8 {
		t.Errorf("inverse %v, %v", covariance, ok)
	}
	h.SetSym(0, 0, -1)
	if _, ok := Covariance(h); ok {
		t.Error("an indefinite matrix has a covariance")
	}
}

func TestPolishGivesTheLastDigits(t *testing.T) {
	x, _ := Polish(rosenbrock, []float64{1.001, 1.003}, 1e-12, 10)
	gradient := make([]float64, 2)
	rosenbrock(x, gradient)
	if largest(gradient) > 1e-10 {
		t.Errorf("gradient %v at %v", gradient, x)
	}
}
