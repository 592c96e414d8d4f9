package causal

import (
	"math"
	"testing"
)

// Of 100 drawn for treatment 60 are treated, of whom 30 buy, and 4 of the others; of
// 100 left alone 10 are treated, of whom 5 buy, and 9 of the others. Intention to
// treat is .34 - .14, shares treated are .6 - .1 apart, so that treatment adds .4 to
// whom the draw moved. By the delta method its error is that of outcome minus .4 x
// treated, of both arms, over .5.
func TestADrawAndTreatmentGiveTheLocalAverageEffect(t *testing.T) {
	type cell struct {
		drawn, treated, buys float64
		n                    int
	}
	const buyers, treated = (34 + 14) / 200., (60 + 10) / 200.
	m := NewMoments(1, 1)
	errors := [2]float64{} // sums of squares of outcome - .4 treated, in each arm
	for _, c := range []cell{{1, 1, 1, 30}, {1, 1, 0, 30}, {1, 0, 1, 4}, {1, 0, 0, 36}, {0, 1, 1, 5}, {0, 1, 0, 5}, {0, 0, 1, 9}, {0, 0, 0, 81}} {
		for range c.n {
			z := c.drawn - .5
			m.Add([]Line{{Outcome: z * (c.buys - buyers), Doses: []float64{z * (c.treated - treated)}}})
			left := c.buys - .4*c.treated - (.34 - .4*.6)
			errors[int(c.drawn)] += left * left
		}
	}
	b := m.Update(Belief{Mean: []float64{0}, SD: []float64{1e4}})
	se := math.Sqrt(errors[1]/100/100+errors[0]/100/100) / .5
	if math.Abs(b.Mean[0]-.4) > 1e-6 || math.Abs(b.SD[0]-se) > 1e-6 {
		t.Errorf("%.6f +- %.6f, want .4 +- %.6f", b.Mean[0], b.SD[0], se)
	}
}
