package effect

import (
	"siyu/internal/insight"
	"siyu/internal/stats/causal"
)

// fewestLosses is below how many ended relations sums are not yet normal enough
// for an interval.
const fewestLosses = 30

// Tiring returns what is known of fatigue, as a multiple of the hazard that is
// fitted on what followed contacts: 1 is as fitted, 0 where those customers would
// have left all the same. It has no Part. assumed is the standard deviation of the
// belief that the hazard is right.
func (r *Record) Tiring(assumed float64) Finding {
	f := Finding{Times: 1, SD: assumed, Assumed: assumed, Grade: insight.Assumed}
	for _, c := range r.Counts {
		f.Open, f.Held, f.Reached, f.Contacted, f.AtOnce, f.Later = f.Open+c.Open, f.Held+c.Held, f.Reached+c.Reached, f.Contacted+c.Contacted, f.AtOnce+c.AtOnce, f.Later+c.Later
	}
	if r.Losses < fewestLosses || !f.enough() {
		return f
	}
	after := r.Tired.Update(causal.Belief{Mean: []float64{1}, SD: []float64{assumed}})
	alone := r.Tired.Update(causal.Belief{Mean: []float64{1}, SD: []float64{anything}})
	f.learn(after.Mean[0], after.SD[0])
	f.tell(alone.Mean[0], alone.SD[0])
	return f
}
