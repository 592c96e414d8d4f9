// Package sequential says how high a count that is looked at again and again may
// rise before it is more than chance.
package sequential

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Past is how often something happened in how many cases. Prior knowledge counts
// as cases of its own, so that both may be parts of numbers.
type Past struct{ Events, Cases float64 }

// Plus returns both pasts together.
func (p Past) Plus(o Past) Past { return Past{p.Events + o.Events, p.Cases + o.Cases} }

// Rate returns the events in a case, 0 of no cases.
func (p Past) Rate() float64 {
	if p.Cases == 0 {
		return 0
	}
	return p.Events / p.Cases
}

// Tail returns the probability of at least so many events in further cases if they
// are as frequent as in the past. It is the exact conditional test of two Poisson
// rates (Przyborowski & Wilenski 1940, Biometrika 31, p. 313): of all events
// together those of the further cases are binomial with share cases/(past+cases).
// That tail, the incomplete beta function I(events, past+1), takes pasts in parts.
// It is 1 where nothing is known of the past or no event is asked for.
func (p Past) Tail(events int, cases float64) float64 {
	if events <= 0 || p.Cases <= 0 {
		return 1
	}
	return mathext.RegIncBeta(float64(events), p.Events+1, cases/(p.Cases+cases))
}

// Band is how high a count may rise while cases come in.
type Band struct {
	Past
	Level float64 // probability of ever leaving the band by chance, however often it is looked at
	First float64 // cases of the first step
}

// Most returns the highest count that is still inside the band after so many cases.
// The band is made of steps that double: up to First cases, up to twice as many and
// so on. Of step k it is the smallest count whose Tail over all cases of the step
// is at most Level/(k(k+1)). Counts never fall, so that whoever leaves the band
// anywhere in a step also has too many at its end: looking at every case costs no
// more than one look a step, and the levels of all steps add up to Level
// (Bonferroni; the sum of 1/(k(k+1)) is 1).
func (b Band) Most(cases int) int {
	step := 1.0
	for end := b.First; end < float64(cases); end *= 2 {
		step++
	}
	end, level := b.First*math.Exp2(step-1), b.Level/(step*(step+1))
	low, high := 0, 1 // Tail(low) > level
	for b.Tail(high, end) > level {
		if float64(high) > end {
			return math.MaxInt // no count is too much where nothing is known
		}
		low, high = high, 2*high
	}
	for high-low > 1 {
		if middle := (low + high) / 2; b.Tail(middle, end) > level {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}
