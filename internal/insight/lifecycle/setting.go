package lifecycle

import (
	"errors"
	"fmt"

	"siyu/internal/id"
)

// Settings are what the lead sets of stages.
type Settings struct {
	Version int `json:"version"`
	// Mature is from how many days with an order a customer within the rhythm is
	// mature; 0: matureOrders.
	Mature int `json:"mature,omitempty"`
	// Points are cut points that stand in place of those learned from the own data.
	Points []Point `json:"points,omitempty"`
}

// Point is the two cut points of one product line in days of silence.
type Point struct {
	Code      string  `json:"line"` // of the product line; "": of the brand as a whole
	Line      id.Line `json:"-"`
	Declining int     `json:"declining"` // days
	Lost      int     `json:"lost"`      // days
}

// matureOrders are three gaps: from three on a customer has a rhythm to speak of.
const matureOrders = 4

// Bounds of what may be set.
const (
	MostMature = 50
	MostDays   = 3650
)

// Prepare fills in what documents do not hold and names everything that is wrong:
// cut points that are not 1 <= declining < lost <= MostDays, a line that stands
// twice, a number of orders that is not 0 or 2 to MostMature.
func (s *Settings) Prepare() error {
	var wrong []error
	if s.Mature != 0 && (s.Mature < 2 || s.Mature > MostMature) {
		wrong = append(wrong, fmt.Errorf("mature from %d orders: expected 2 to %d", s.Mature, MostMature))
	}
	seen := map[string]bool{}
	for i := range s.Points {
		p := &s.Points[i]
		if p.Declining < 1 || p.Lost <= p.Declining || p.Lost > MostDays {
			wrong = append(wrong, fmt.Errorf("cut points of %q: expected 1 <= declining %d < lost %d <= %d days", p.Code, p.Declining, p.Lost, MostDays))
		}
		if seen[p.Code] {
			wrong = append(wrong, fmt.Errorf("cut points of %q stand twice", p.Code))
		}
		seen[p.Code] = true
		if p.Line = 0; p.Code != "" {
			p.Line = id.LineOf(p.Code)
		}
	}
	return errors.Join(wrong...)
}

// MatureFrom is from how many days with an order a customer is mature.
func (s *Settings) MatureFrom() int {
	if s.Mature == 0 {
		return matureOrders
	}
	return s.Mature
}

// Of returns what is set for a line, 0 for the brand.
func (s *Settings) Of(line id.Line) (Point, bool) {
	for _, p := range s.Points {
		if p.Line == line {
			return p, true
		}
	}
	return Point{}, false
}
