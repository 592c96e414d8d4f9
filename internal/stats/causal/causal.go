// Package causal compares people who were treated at random with people who
// were left alone. Nothing here makes a comparison fair: only the draw does.
package causal

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Arm is what came of the customers of one arm of an experiment.
type Arm struct {
	N    float64
	Mean float64
	// Variance of one customer's outcome, with N-1 below the line.
	Variance float64
}

// ArmOf returns the arm of these outcomes.
func ArmOf(outcomes []float64) Arm {
	mean, variance := stat.MeanVariance(outcomes, nil)
	return Arm{N: float64(len(outcomes)), Mean: mean, Variance: variance}
}

// Effect is a difference between two arms, in the outcome's unit.
type Effect struct {
	Difference float64
	SE         float64
}

// Z returns the difference in standard errors, 0 where there is none.
func (e Effect) Z() float64 {
	if e.SE == 0 {
		return 0
	}
	return e.Difference / e.SE
}

// Compare returns treated minus control by intention to treat, with the
// standard error of unequal variances (Welch 1947).
func Compare(treated, control Arm) Effect {
	return Effect{Difference: treated.Mean - control.Mean, SE: math.Sqrt(treated.Variance/treated.N + control.Variance/control.N)}
}

// Adjusted is an effect with covariates from before the experiment taken out.
type Adjusted struct {
	Effect
	// Cut is the share of the outcome's variance that the covariates explain.
	Cut float64
}

// CompareAdjusted returns treated minus control after the part of the outcome
// that covariates predict is taken out of both arms (CUPED, Deng, Xu, Kohavi
// and Walker 2013, equation 4, with several covariates): rows of covariates are
// known before the draw, one row per outcome, treated ones first. ok is false
// where the covariates are constant or say the same thing twice.
func CompareAdjusted(treated, control []float64, covariates [][]float64) (a Adjusted, ok bool) {
	outcomes := append(append(make([]float64, 0, len(treated)+len(control)), treated...), control...)
	mean, variance := stat.MeanVariance(outcomes, nil)
	fitted, ok := predicted(outcomes, mean, covariates)
	if !ok || variance == 0 {
		return a, false
	}
	for i := range outcomes {
		outcomes[i] -= fitted[i]
	}
	_, left := stat.MeanVariance(outcomes, nil)
	a.Effect = Compare(ArmOf(outcomes[:len(treated)]), ArmOf(outcomes[len(treated):]))
	a.Cut = 1 - left/variance
	return a, true
}

// predicted returns what least squares on the centred covariates say of each
// outcome's distance from the mean.
func predicted(outcomes []float64, mean float64, covariates [][]float64) ([]float64, bool) {
	columns := len(covariates[0])
	means := make([]float64, columns)
	for _, row := range covariates {
		for j, x := range row {
			means[j] += x / float64(len(covariates))
		}
	}
	squares, cross := mat.NewSymDense(columns, nil), mat.NewVecDense(columns, nil)
	apart := make([]float64, columns)
	for i, row := range covariates {
		for j, x := range row {
			apart[j] = x - means[j]
		}
		squares.SymRankOne(squares, 1, mat.NewVecDense(columns, apart))
		cross.AddScaledVec(cross, outcomes[i]-mean, mat.NewVecDense(columns, apart))
	}
	var chol mat.Cholesky
	var slopes mat.VecDense
	if !chol.Factorize(squares) || chol.SolveVecTo(&slopes, cross) != nil {
		return nil, false
	}
	fitted := make([]float64, len(outcomes))
	for i, row := range covariates {
		for j, x := range row {
			fitted[i] += slopes.AtVec(j) * (x - means[j])
		}
	}
	return fitted, true
}
