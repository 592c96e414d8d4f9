package need

import (
	"math"

	"siyu/internal/insight/past"
)

// LeftWhenDue returns how much of 1 that halves every halfLife days is left when orders
// come: its mean over the days of a horizon, each weighed by what is ready to be bought
// again on it. Of who has not bought every day counts alike.
func LeftWhenDue(v past.View, usual Cycles, days, halfLife float64) float64 {
	const moments = 6
	step := days / moments
	all, n := rhythms(v)
	ready, left := 0.0, 0.0
	for i := range moments {
		at := (float64(i) + .5) * step
		due := nothingReady
		for _, r := range all[:n] {
			due += readiness((v.Days(r.last) + at) / r.cycle(usual.Of(r.line)))
		}
		ready += due
		left += due * math.Exp2(-at/halfLife)
	}
	return left / ready
}
