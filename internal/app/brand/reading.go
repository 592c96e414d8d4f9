package brand

import (
	"fmt"

	"siyu/internal/profile"
)

// ReadingDoc names the document that says whose openings are kept.
const ReadingDoc = "reading"

// Reading is tracked reading as a lead sets it. The zero Reading keeps nothing.
type Reading struct {
	Whose Whose `json:"whose"`
}

// Whose says of whom openings of the brand's content are kept.
type Whose string

// The answers. Whoever refused marketing is never counted.
const (
	OfNobody     Whose = ""
	OfAgreed     Whose = "agreed"      // customers who said that they agree
	OfNotRefused Whose = "not_refused" // everybody but those who refused: the brand has told them of it
)

// On tells whether anything is kept.
func (r Reading) On() bool { return r.Whose != OfNobody }

// Of tells whether openings of the customer are kept.
func (r Reading) Of(c *profile.Customer) bool {
	switch r.Whose {
	case OfAgreed:
		return c.Refused < 0
	case OfNotRefused:
		return c.Refused <= 0
	}
	return false
}

func checkReading(r Reading) error {
	switch r.Whose {
	case OfNobody, OfAgreed, OfNotRefused:
		return nil
	}
	return fmt.Errorf("whose %q: expected agreed, not_refused or nothing", r.Whose)
}
