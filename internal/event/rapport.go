package event

import "siyu/internal/id"

// KindRapportJudged is the kind of fact about how a member of staff finds the
// customer to be. Subject: customer.
const KindRapportJudged Kind = "rapport_judged"

// Rapport is how well a member knows a customer.
type Rapport string

// The grades.
const (
	Close    Rapport = "close"    // they know each other
	Lukewarm Rapport = "lukewarm" // neither
	Cold     Rapport = "cold"     // would rather not be bothered
)

// Rapports returns all of them, the best first.
func Rapports() []Rapport { return []Rapport{Close, Lukewarm, Cold} }

// RapportJudged says how a member finds the customer to be from now on. The
// latest word of anybody stands.
type RapportJudged struct {
	Rapport Rapport  `json:"rapport"`
	Staff   id.Staff `json:"staff,omitempty"` // 0: an account that is no member's
	By      string   `json:"by"`              // console account
}

// Kind implements Body.
func (RapportJudged) Kind() Kind { return KindRapportJudged }
