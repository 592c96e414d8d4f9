// Package measurement says what was worth what: effects against people left alone, and
// wordings against each other.
package measurement

import "siyu/internal/stats"

// Wording is what came of messages with one wording of several that were drawn.
type Wording struct {
	Given     int // messages that members were given
	Delivered int
	Did       [Outcomes]int // of the delivered ones
}

// Outcomes are answers, purchases and deletions, in this order.
const Outcomes = 3

// Verdict says what is known of a wording beside the first one.
type Verdict string

// The verdicts. Unlike means that members passed one of the two on more often than
// the other: whom they reached are then no longer alike, and nothing is compared.
const (
	First    Verdict = "first"
	More     Verdict = "more"
	Fewer    Verdict = "fewer"
	OpenYet  Verdict = "open" // too few to tell
	Unlike   Verdict = "unlike"
	NotKnown Verdict = "unknown" // this brand cannot see the outcome
)

// WordingEffect is one outcome of one wording: the share of delivered messages with a
// 95 % interval, and the difference to the first wording.
type WordingEffect struct {
	Share, Low, High     float64
	Difference, From, To float64
	Verdict              Verdict
}

// CompareWordings returns the outcomes of every wording. Customers got theirs by lot,
// so that shares of delivered messages can be compared with those of the first
// wording. Intervals of differences are Newcombe's (see stats.Newcombe) and wide
// enough that all of an outcome together are right 19 times in 20 (Bonferroni).
func CompareWordings(list []Wording) [][Outcomes]WordingEffect {
	effects := make([][Outcomes]WordingEffect, len(list))
	z := stats.NormalQuantile(1 - .025/float64(max(1, len(list)-1)))
	for i := range list {
		for o := range effects[i] {
			effects[i][o] = list[i].effect(o)
			if i > 0 {
				effects[i][o].compare(&list[i], &list[0], o, z)
			}
		}
	}
	return effects
}

func (w *Wording) effect(outcome int) (e WordingEffect) {
	e.Verdict = First
	e.Low, e.High = stats.Wilson(w.Did[outcome], w.Delivered, stats.NormalQuantile(.975))
	if w.Delivered > 0 {
		e.Share = float64(w.Did[outcome]) / float64(w.Delivered)
	}
	return e
}

func (e *WordingEffect) compare(w, first *Wording, outcome int, z float64) {
	if low, high := stats.Newcombe(w.Delivered, w.Given, first.Delivered, first.Given, z); low > 0 || high < 0 {
		e.Verdict = Unlike
		return
	}
	if e.Verdict = OpenYet; w.Delivered == 0 || first.Delivered == 0 {
		return
	}
	e.Difference = e.Share - float64(first.Did[outcome])/float64(first.Delivered)
	e.From, e.To = stats.Newcombe(w.Did[outcome], w.Delivered, first.Did[outcome], first.Delivered, z)
	switch {
	case e.From > 0:
		e.Verdict = More
	case e.To < 0:
		e.Verdict = Fewer
	}
}
