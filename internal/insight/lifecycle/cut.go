// Package lifecycle tells where customers stand in the brand's own rhythm of
// buying: introduced, growing, mature, declining or lost. The rhythm is that of the
// gaps between orders, waits that are not over included.
package lifecycle

import (
	"siyu/internal/id"
)

// Cuts are the days of silence at which stages change, of the brand as a whole and
// of each product line. They are stored as JSON and never changed.
type Cuts struct {
	Brand Cut   `json:"brand"`
	Lines []Cut `json:"lines,omitempty"`
}

// Cut is the cut points of one product line.
type Cut struct {
	Line id.Line `json:"line"` // 0: orders of all lines, and those of which the line is not known
	// Declining and Lost are days of silence: whoever is silent for longer is
	// declining, or lost. Lost is the larger.
	Declining int  `json:"declining"`
	Lost      int  `json:"lost"`
	From      From `json:"from"`
	// Own is the weight of the line's own gaps beside the expectation, 0..1.
	Own float64 `json:"own"`
	Seen
}

// From is where cut points come from.
type From string

// The sources of cut points.
const (
	FromSetting From = "set"     // by a person
	FromGaps    From = "gaps"    // the own gaps, leaning on what is expected by 1 - Own
	FromCycle   From = "cycle"   // too few gaps: by the line's cycle in the catalogue
	FromBrand   From = "brand"   // too few gaps: the brand's
	FromNothing From = "nothing" // too few gaps in the whole brand: the stated prior
)

// Seen is what the gaps themselves say.
type Seen struct {
	Gaps    int `json:"gaps"`    // that ended with an order
	Open    int `json:"open"`    // not over when they were last seen
	Returns int `json:"returns"` // customers with a gap that ended
	// Watched is for how many days gaps can be followed: after that too few are left,
	// or longestGap is over. 0: too few gaps, what follows means nothing.
	Watched int `json:"watched"`
	// Back is the share of all waits that ended with an order by then.
	Back float64 `json:"back"`
	Half float64 `json:"half"` // days by which half of those have
	// By when 80 and 90 % have of those who come back within Watched.
	Most    Percentile `json:"most"`
	NearAll Percentile `json:"near_all"`
	// Steps is the curve at up to steps+1 days, the first one 0.
	Steps []Step `json:"steps,omitempty"`
}

// Percentile is a number of days with its central 80 %, which respects that gaps of
// one customer are alike.
type Percentile struct {
	Days int `json:"days"`
	Low  int `json:"low"`
	High int `json:"high"` // 0: the interval is open
	// Naive is the percentile of the gaps that ended, as if nobody were waiting.
	Naive int `json:"naive"`
	// Later is the share of those who are silent for so long who come back within
	// Watched all the same.
	Later float64 `json:"later"`
}

// Step is a point of the curve.
type Step struct {
	Day   int     `json:"day"`
	Over  float64 `json:"over"`  // share of gaps that are over by Day, of those that end within Watched
	Naive float64 `json:"naive"` // the same by the gaps that ended alone
	Ended int     `json:"ended"` // gaps that ended since the step before
}

// Of returns the cut points of a line: the brand's where the line is not known.
func (c *Cuts) Of(line id.Line) *Cut {
	if line != 0 {
		for i := range c.Lines {
			if c.Lines[i].Line == line {
				return &c.Lines[i]
			}
		}
	}
	return &c.Brand
}
