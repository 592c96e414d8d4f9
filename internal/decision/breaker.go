package decision

import (
	"siyu/internal/stats/sequential"
)

// Harm is what came of mass messages within HarmWithin of their arrival.
type Harm struct{ Delivered, Deletions, Complaints int }

// Of returns how often customers did a deed.
func (h Harm) Of(d Deed) int {
	if d == Complained {
		return h.Complaints
	}
	return h.Deletions
}

// Plus returns both together.
func (h Harm) Plus(o Harm) Harm {
	return Harm{h.Delivered + o.Delivered, h.Deletions + o.Deletions, h.Complaints + o.Complaints}
}

// Evidence is what the breaker compared.
type Evidence struct {
	Delivered int     `json:"delivered"`
	Events    int     `json:"events"`
	Most      int     `json:"most"`      // that the band allows
	Usual     float64 `json:"usual"`     // events in so many deliveries by the own history, prior included
	Past      int     `json:"past"`      // events of the own history
	PastSent  int     `json:"past_sent"` // deliveries of the own history
}

// What the breaker allows. One send in a hundred is stopped by chance alone: half of
// it by deletions, half by complaints.
const (
	breakerLevel = 0.005
	breakerFirst = 100 // deliveries of the first step of the band
	// PastDays is how far back the own history goes. Its last days are left out:
	// what they came to is not known yet.
	PastDays   = 90
	PastLatest = 2
)

// priorOf is what is believed before a brand has a history, as if it had been seen: a
// deletion in 200 mass messages, a complaint in 1,000. Four hundred messages of the
// brand weigh as much; no published rate of deletions by message is known to us, so
// that this is an assumption.
func priorOf(d Deed) sequential.Past {
	if d == Complained {
		return sequential.Past{Events: 0.4, Cases: 400}
	}
	return sequential.Past{Events: 2, Cases: 400}
}

// History is what messages of a purpose came to in the past, and those of all
// purposes: where the purpose has little history, the brand's speaks for it.
type History struct{ Purpose, All Harm }

// past returns the history of a deed with what is believed without one: the brand's
// own rate, which itself begins with the prior, weighs as much as 400 messages.
func (h History) past(d Deed) sequential.Past {
	prior := priorOf(d)
	brand := sequential.Past{Events: float64(h.All.Of(d)), Cases: float64(h.All.Delivered)}.Plus(prior)
	own := sequential.Past{Events: float64(h.Purpose.Of(d)), Cases: float64(h.Purpose.Delivered)}
	return own.Plus(sequential.Past{Events: brand.Rate() * prior.Cases, Cases: prior.Cases})
}

// Judge returns the deed by which a send is above the band of the own history, ""
// if it is inside, and what it was compared with.
func (h History) Judge(counted Harm) (Deed, Evidence) {
	for _, d := range []Deed{Deleted, Complained} {
		past := h.past(d)
		most := sequential.Band{Past: past, Level: breakerLevel, First: breakerFirst}.Most(counted.Delivered)
		if counted.Of(d) > most {
			return d, Evidence{Delivered: counted.Delivered, Events: counted.Of(d), Most: most, Usual: past.Rate() * float64(counted.Delivered),
				Past: h.Purpose.Of(d), PastSent: h.Purpose.Delivered}
		}
	}
	return "", Evidence{}
}
