package event

// The kinds of fact about audiences. Subject: customer. Siyu concludes them
// from other facts and from passing time; they change no state.
const (
	KindAudienceEntered Kind = "audience_entered"
	KindAudienceLeft    Kind = "audience_left"
)

// Concluded tells whether facts of the kind are conclusions of Siyu's own about
// a customer, which fold to nothing.
func (k Kind) Concluded() bool { return k == KindAudienceEntered || k == KindAudienceLeft }

// AudienceEntered says that a watched audience's rule came to hold for the
// customer.
type AudienceEntered struct {
	Audience int64 `json:"audience"`
}

// AudienceLeft says that it no longer holds.
type AudienceLeft struct {
	Audience int64 `json:"audience"`
}

// Kind implements Body.
func (AudienceEntered) Kind() Kind { return KindAudienceEntered }

// Kind implements Body.
func (AudienceLeft) Kind() Kind { return KindAudienceLeft }
