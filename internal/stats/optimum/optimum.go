// Package optimum finds the minimum of a smooth function of a few variables
// and measures its curvature there. It is meant for likelihoods in log
// parameters: steps are bounded, and running away to infinity is an answer
// (OutOfBounds), not a failure.
package optimum

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Function returns its value at x and writes its gradient, len(x) numbers.
type Function func(x, gradient []float64) float64

// Problem is what to minimise and when to stop.
type Problem struct {
	F Function
	// Bound stops the search as soon as any |x| exceeds it.
	Bound float64
	// Tolerance is the largest |gradient| that counts as zero.
	Tolerance float64
	// MaxStep bounds the change of any one variable in one step.
	MaxStep float64
	// MaxIterations bounds the search.
	MaxIterations int
	// Inverse is about the inverse Hessian near the start, where it is known
	// from a like problem; nil where it is not.
	Inverse mat.Symmetric
}

// Result is where the search ended.
type Result struct {
	X           []float64
	Value       float64
	Converged   bool
	OutOfBounds bool
	Evaluations int
}

// armijo is the share of the linear decrease that a step must deliver
// (Nocedal and Wright, Numerical Optimization, eq. 3.4).
const armijo = 1e-4

// rounding is the share of a value that its sums are not sure of. A step that
// promises less than that is judged by the gradient, which must shrink by half;
// the value would send the search to and fro between equals.
const rounding = 1e-15

// halvings bounds one line search: 2^-40 of a step is no step.
const halvings = 40

// luckyHalvings is from when on a decrease is luck: the step is a thousandth of
// what the curvature promises.
const luckyHalvings = 10

// mostFails bounds how often a search goes on where no decrease was found, or
// one by luck: on a rough function there would always be another.
const mostFails = 5

// Minimize follows BFGS (Nocedal and Wright, algorithm 6.1) with a
// backtracking line search from start. But for rounding it never
// returns a worse point than start, and never NaN if F(start) is finite.
func Minimize(p Problem, start []float64) Result {
	s := newSearch(p, start)
	for range p.MaxIterations {
		if s.atMinimum() {
			s.converged = true
			break
		}
		if s.outOfBounds() || s.fails >= mostFails || !s.step() {
			break
		}
	}
	return Result{X: s.x, Value: s.value, Converged: s.converged || s.atMinimum(),
		OutOfBounds: s.outOfBounds(), Evaluations: s.evaluations}
}

type search struct {
	Problem
	x, gradient []float64
	value       float64
	inverse     [][]float64 // approximation of the inverse Hessian
	converged   bool
	fresh       bool // inverse is still the identity
	fails       int  // line searches that found no decrease, or one by luck
	evaluations int
}

func newSearch(p Problem, start []float64) *search {
	s := &search{Problem: p, x: append([]float64(nil), start...), gradient: make([]float64, len(start))}
	s.value = s.evaluate(s.x, s.gradient)
	s.forgetCurvature()
	if p.Inverse != nil {
		s.fresh = false
		for i := range s.inverse {
			for j := range s.inverse[i] {
				s.inverse[i][j] = p.Inverse.At(i, j)
			}
		}
	}
	return s
}

func (s *search) evaluate(x, gradient []float64) float64 {
	s.evaluations++
	v := s.F(x, gradient)
	if math.IsNaN(v) {
		return math.Inf(1)
	}
	return v
}

func (s *search) atMinimum() bool { return floats.Norm(s.gradient, math.Inf(1)) <= s.Tolerance }

func (s *search) outOfBounds() bool {
	return s.Bound > 0 && floats.Norm(s.x, math.Inf(1)) > s.Bound
}

// step moves downhill. It returns false when no further decrease is found.
func (s *search) step() bool {
	direction := s.direction()
	slope := floats.Dot(direction, s.gradient)
	if slope >= 0 {
		s.forgetCurvature()
		direction = s.direction()
		slope = floats.Dot(direction, s.gradient)
	}
	x, gradient, noise := make([]float64, len(s.x)), make([]float64, len(s.x)), rounding*math.Abs(s.value)
	for i := range halvings {
		floats.AddTo(x, s.x, direction)
		value := s.evaluate(x, gradient)
		if -slope <= noise {
			if value <= s.value+noise && floats.Norm(gradient, math.Inf(1)) <= floats.Norm(s.gradient, math.Inf(1))/2 {
				s.accept(x, gradient, value)
				return true
			}
			break
		}
		if value <= s.value+armijo*slope && !hasNaN(gradient) {
			if i >= luckyHalvings {
				s.fails++
			}
			s.accept(x, gradient, value)
			return true
		}
		floats.Scale(.5, direction)
		slope *= .5
	}
	s.fails++
	if s.fresh {
		return false
	}
	s.forgetCurvature()
	return true
}

func (s *search) direction() []float64 {
	d := make([]float64, len(s.x))
	for i, row := range s.inverse {
		d[i] = -floats.Dot(row, s.gradient)
	}
	if largest := floats.Norm(d, math.Inf(1)); largest > s.MaxStep {
		floats.Scale(s.MaxStep/largest, d)
	}
	return d
}

func (s *search) accept(x, gradient []float64, value float64) {
	move, change := make([]float64, len(x)), make([]float64, len(x))
	floats.SubTo(move, x, s.x)
	floats.SubTo(change, gradient, s.gradient)
	s.learnCurvature(move, change)
	copy(s.x, x)
	copy(s.gradient, gradient)
	s.value = value
}

// learnCurvature is the BFGS update of the inverse Hessian (eq. 6.17). A pair
// without positive curvature teaches nothing and is left out.
func (s *search) learnCurvature(move, change []float64) {
	curvature := floats.Dot(move, change)
	if curvature <= 1e-14*floats.Norm(move, 2)*floats.Norm(change, 2) {
		return
	}
	if s.fresh {
		scale := curvature / floats.Dot(change, change)
		for i := range s.inverse {
			s.inverse[i][i] = scale
		}
		s.fresh = false
	}
	hy := make([]float64, len(move))
	for i, row := range s.inverse {
		hy[i] = floats.Dot(row, change)
	}
	grow := (1 + floats.Dot(change, hy)/curvature) / curvature
	for i := range s.inverse {
		for j := range s.inverse[i] {
			s.inverse[i][j] += grow*move[i]*move[j] - (hy[i]*move[j]+move[i]*hy[j])/curvature
		}
	}
}

func (s *search) forgetCurvature() {
	s.inverse = make([][]float64, len(s.x))
	for i := range s.inverse {
		s.inverse[i] = make([]float64, len(s.x))
		s.inverse[i][i] = 1
	}
	s.fresh = true
}

func hasNaN(x []float64) bool {
	for _, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return true
		}
	}
	return false
}
