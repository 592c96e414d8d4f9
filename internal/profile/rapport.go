package profile

import "siyu/internal/event"

// Judgement is how a member found the customer to be from a time on.
type Judgement struct {
	At      event.Instant `cbor:"1,keyasint"`
	Rapport event.Rapport `cbor:"2,keyasint"`
}

// Rapport returns the latest word on how the customer is, and since when; ""
// where nobody said.
func (c *Customer) Rapport() (event.Rapport, event.Instant) {
	if len(c.Judged) == 0 {
		return "", 0
	}
	newest := c.Judged[len(c.Judged)-1]
	return newest.Rapport, newest.At
}

func (c *Customer) judge(b event.RapportJudged, at event.Instant) {
	c.Judged = last(insert(c.Judged, Judgement{At: at, Rapport: b.Rapport}, Judgement.when), RecentMarks)
}

func (j Judgement) when() event.Instant { return j.At }
