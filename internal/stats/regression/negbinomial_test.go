package regression

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// counted draws negative binomial counts with mean exp(.3 + .8 x - .5 z) and
// shapes between 1 and 3.
func counted(rows int, size float64, seed uint64) Counts {
	source := rand.NewPCG(seed, 5)
	random := rand.New(source)
	c := Counts{Columns: 3}
	for range rows {
		x, z, shape := random.NormFloat64(), random.Float64(), 1+2*random.Float64()
		mean := math.Exp(.3 + .8*x - .5*z)
		rate := distuv.Gamma{Alpha: size * shape, Beta: size * shape / mean, Src: source}.Rand()
		c.Append([]float64{1, x, z}, Seen{int(distuv.Poisson{Lambda: rate, Src: source}.Rand()), 1, shape})
	}
	return c
}

func TestCoefficientsAndSizeOfSimulatedCountsAreRecovered(t *testing.T) {
	fit := NegativeBinomial(counted(20_000, .7, 1), wide(3))
	if !fit.Converged {
		t.Error("not converged")
	}
	for j, want := range []float64{.3, .8, -.5} {
		if sd := math.Sqrt(fit.Covariance[j][j]); math.Abs(fit.Coefficients[j]-want) > 3*sd || sd > .05 {
			t.Errorf("coefficient %d is %v +- %v, want %v", j, fit.Coefficients[j], sd, want)
		}
	}
	if math.Abs(fit.Size-.7) > 3*fit.SizeError || fit.SizeError > .05 {
		t.Errorf("size %v +- %v, want .7", fit.Size, fit.SizeError)
	}
}

func TestTheFitIsAtAMaximum(t *testing.T) {
	c := counted(500, 2, 3)
	fit := NegativeBinomial(c, wide(3))
	n := negativeBinomial{Counts: c, priors: wide(3)}
	at := func(b []float64, size float64) float64 {
		logSize := math.Log(size)
		return n.penalised(b, size) + n.logLikelihood(b, size) - n.given(b, size) - logSize*logSize/(2*logSizeSD*logSizeSD)
	}
	best := at(fit.Coefficients, fit.Size)
	for j := range 4 {
		for _, step := range []float64{-1e-3, 1e-3} {
			b, size := append([]float64(nil), fit.Coefficients...), fit.Size
			if j < 3 {
				b[j] += step
			} else {
				size *= math.Exp(step)
			}
			if at(b, size) > best {
				t.Errorf("moving parameter %d by %v gains", j, step)
			}
		}
	}
}

func TestCountGradientsAgreeWithDifferences(t *testing.T) {
	c := counted(200, 1, 4)
	n := negativeBinomial{Counts: c, priors: wide(3)}
	rapid.Check(t, func(rt *rapid.T) {
		b := rapid.SliceOfN(rapid.Float64Range(-1, 1), 3, 3).Draw(rt, "b")
		logSize := rapid.Float64Range(-3, 3).Draw(rt, "log size")
		const step = 1e-5
		score, _ := n.score(b, math.Exp(logSize))
		for j := range b {
			up, down := append([]float64(nil), b...), append([]float64(nil), b...)
			up[j], down[j] = up[j]+step, down[j]-step
			difference := (n.penalised(up, math.Exp(logSize)) - n.penalised(down, math.Exp(logSize))) / (2 * step)
			if math.Abs(difference-score[j]) > 1e-5*(1+math.Abs(score[j])) {
				rt.Fatalf("derivative %d is %v, by differences %v", j, score[j], difference)
			}
		}
		size := func(l float64) float64 { return n.logLikelihood(b, math.Exp(l)) - l*l/(2*logSizeSD*logSizeSD) }
		slope, curvature := n.sizeSlope(b, logSize)
		if d := (size(logSize+step) - size(logSize-step)) / (2 * step); math.Abs(d-slope) > 1e-5*(1+math.Abs(slope)) {
			rt.Fatalf("derivative in the log of the size is %v, by differences %v", slope, d)
		}
		up, _ := n.sizeSlope(b, logSize+step)
		down, _ := n.sizeSlope(b, logSize-step)
		if d := (up - down) / (2 * step); math.Abs(d-curvature) > 1e-4*(1+math.Abs(curvature)) {
			rt.Fatalf("curvature is %v, by differences %v", curvature, d)
		}
	})
}

func TestHardCountsGiveFiniteFits(t *testing.T) {
	cases := map[string]Counts{
		"none":              {Columns: 2},
		"all zero":          {X: []float64{1, 0, 1, 1}, Seen: []Seen{{0, 5, 1}, {0, 5, 1}}, Columns: 2},
		"one huge":          {X: []float64{1, 3, 1, 2}, Seen: []Seen{{0, 1e6, 1}, {100_000, 1, 900}}, Columns: 2},
		"equal columns":     {X: []float64{1, 1, 1, 1}, Seen: []Seen{{2, 1, 1}, {3, 1, 1}}, Columns: 2},
		"less than Poisson": {X: []float64{1, 0, 1, 0}, Seen: []Seen{{4, 50, 1}, {4, 50, 1}}, Columns: 2},
	}
	for name, c := range cases {
		fit := NegativeBinomial(c, []Prior{{SD: 3}, {SD: 1}})
		for _, v := range append(fit.Coefficients, fit.Size, fit.SizeError, fit.LogLikelihood, fit.Covariance[0][0]) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%s: %+v", name, fit)
			}
		}
	}
}
