package shrink_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"siyu/internal/stats/shrink"
)

func TestAGroupIsItsPosteriorAtTheShape(t *testing.T) {
	factors, shape := shrink.Factors([]shrink.Group{{Events: 30, Expected: 20}, {Events: 0, Expected: 0}, {Events: 5, Expected: 10}})
	want := (shape + 30) / (shape + 20)
	if math.Abs(factors[0].Value-want) > 1e-12 || math.Abs(factors[0].Prior-shape/(shape+20)) > 1e-12 {
		t.Errorf("%+v at shape %v", factors[0], shape)
	}
	if f := factors[1]; f.Value != 1 || f.Prior != 1 || f.Low >= 1 || f.High <= 1 {
		t.Errorf("an unseen group is %+v", f)
	}
}

func TestFactorsAreRecoveredAndIntervalsHoldThem(t *testing.T) {
	source := rand.NewPCG(3, 9)
	var groups []shrink.Group
	var truth []float64
	for i := range 400 {
		f := distuv.Gamma{Alpha: 6, Beta: 6, Src: source}.Rand()
		expected := float64(1 + i%40)
		groups = append(groups, shrink.Group{Events: distuv.Poisson{Lambda: f * expected, Src: source}.Rand(), Expected: expected})
		truth = append(truth, f)
	}
	factors, shape := shrink.Factors(groups)
	held, own, shrunk := 0.0, 0.0, 0.0
	for i, f := range factors {
		if f.Low <= truth[i] && truth[i] <= f.High {
			held++
		}
		own += math.Pow(groups[i].Events/groups[i].Expected-truth[i], 2)
		shrunk += math.Pow(f.Value-truth[i], 2)
	}
	if shape < 4.5 || shape > 8 {
		t.Errorf("shape %v, true 6", shape)
	}
	if held < .75*400 || held > .85*400 {
		t.Errorf("80 %% intervals hold %v of 400", held)
	}
	if shrunk > .75*own {
		t.Errorf("shrunk factors have squared misses of %v, the groups' own by %v", shrunk, own)
	}
}

func TestGroupsThatAreAlikeAreShrunkOntoEachOther(t *testing.T) {
	source := rand.NewPCG(5, 1)
	var groups []shrink.Group
	for range 100 {
		groups = append(groups, shrink.Group{Events: distuv.Poisson{Lambda: 50, Src: source}.Rand(), Expected: 50})
	}
	factors, _ := shrink.Factors(groups)
	for _, f := range factors {
		if math.Abs(f.Value-1) > .15 || f.Prior < .5 {
			t.Fatalf("%+v", f)
		}
	}
}

func TestNoInputGivesNoNumber(t *testing.T) {
	for _, groups := range [][]shrink.Group{
		nil, {{}}, {{Events: 1e9, Expected: 1e-9}}, {{Events: 0, Expected: 1e12}}, {{Events: math.NaN(), Expected: 1}, {Events: 3, Expected: -1}, {Events: 1, Expected: math.Inf(1)}},
	} {
		factors, shape := shrink.Factors(groups)
		for _, f := range append(factors, shrink.Factor{Value: shape}) {
			for _, v := range []float64{f.Value, f.Low, f.High, f.Prior} {
				if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
					t.Errorf("%v gives %+v", groups, f)
				}
			}
		}
	}
}
