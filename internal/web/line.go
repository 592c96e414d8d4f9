package web

import (
	"context"

	"siyu/internal/org"
)

// Lines are what the brand sells.
type Lines interface {
	// ProductLines returns the brand's product lines.
	ProductLines(ctx context.Context, scope org.Scope) (LinesView, error)
	// SetLine adds a product line, or replaces the one of the same code. It is
	// in force for orders that are read from then on. Errors as of Texts.SetText.
	SetLine(ctx context.Context, by Asker, f LineForm) error
	// DropLine takes a product line out; fault.Conflict while texts are about it.
	DropLine(ctx context.Context, by Asker, e Entry) error
}

// LinesView is every product line of the brand.
type LinesView struct {
	Version int
	Lines   []ProductLine // in the brand's order
}

// ProductLine is products with one purchase cycle.
type ProductLine struct {
	Code       string // does not change: orders name it
	Name       string
	CycleDays  int      // usual days between two purchases, 0: not known
	MarginRate float64  // gross margin over turnover, 0..1; 0: not known
	CostRate   float64  // cost of goods over turnover, 0..1, entered in place of MarginRate; 0: not known
	Words      []string // parts of product names by which orders show the line
	Products   int      // exact product codes of the line, read from files
	Texts      int      // about this line
}

// Margin returns gross margin over turnover, 0 where neither it nor the cost is entered
// and where the cost is all of it.
func (l ProductLine) Margin() float64 {
	if l.CostRate > 0 {
		return 1 - l.CostRate
	}
	return l.MarginRate
}

// LineForm is a product line as a person enters it.
type LineForm struct {
	Version int
	New     bool
	ProductLine
}

// LineFlaws returns what is wrong with a product line by itself.
func LineFlaws(f LineForm) Flaws {
	flaws := Flaws{}
	if f.Code == "" {
		flaws.Add("code", "error.line_code")
	}
	if f.Name == "" {
		flaws.Add("name", "error.line_name")
	}
	if f.MarginRate > 0 && f.CostRate > 0 {
		flaws.Add("cost", "error.line_margin_and_cost")
	}
	return flaws
}
