package need

import (
	"siyu/internal/id"
	"siyu/internal/insight/past"
)

// Newness is how long a customer without a repeat order is known, beside how
// long the line is usually used.
type Newness struct {
	Line  id.Line
	Days  float64 // since the first order
	Cycle float64 // of the line; 0: the customer has bought again, or never
}

// NewnessOf returns how new a customer is by the view. Of several lines in the first
// order the shortest cycle counts: by its end there could have been another.
func NewnessOf(v past.View, usual Cycles) (n Newness) {
	p := v.Purchases()
	if p.Days != 1 {
		return n
	}
	n.Days = v.Days(p.First)
	all, lines := rhythms(v)
	for _, r := range all[:lines] {
		if cycle := usual.Of(r.line); n.Cycle == 0 || cycle < n.Cycle {
			n.Line, n.Cycle = r.line, cycle
		}
	}
	return n
}

// TooNew tells whether the customer is too new to be judged by an own rhythm: one
// order, and less than a cycle since. What is then said is the brand's.
func (n Newness) TooNew() bool { return n.Days < n.Cycle }
