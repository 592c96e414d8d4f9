// Package catalog is what the brand sells: product lines with their cycles
// and margins, and the products that belong to them.
package catalog

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"siyu/internal/id"
)

// Line is a product line.
type Line struct {
	ID    id.Line       `json:"-"` // id.LineOf(Code)
	Code  string        `json:"code"`
	Name  string        `json:"name"`
	Cycle time.Duration `json:"-"` // usual time between two purchases, 0: not known
	// CycleDays is Cycle as documents hold it.
	CycleDays int `json:"cycle_days,omitempty"`
	// MarginRate is gross margin over turnover, 0..1; 0: not known.
	MarginRate float64 `json:"margin_rate,omitempty"`
	// CostRate is cost of goods over turnover, 0..1; 0: not known. It is entered in
	// place of MarginRate.
	CostRate float64 `json:"cost_rate,omitempty"`
	// Words are parts of product names by which shop exports show the line.
	Words []string `json:"words,omitempty"`
	// SKUs are exact product codes of the line.
	SKUs []string `json:"skus,omitempty"`
}

// Margin returns gross margin over turnover; known is false where neither it nor the
// cost is entered.
func (l *Line) Margin() (rate float64, known bool) {
	switch {
	case l.MarginRate > 0:
		return l.MarginRate, true
	case l.CostRate > 0:
		return 1 - l.CostRate, true
	}
	return 0, false
}

// Catalog is a version of what is sold.
type Catalog struct {
	Version int    `json:"version"`
	Lines   []Line `json:"lines"`
}

// Prepare fills in what documents do not hold (ids, cycles) and names
// everything that is wrong: a code missing or used twice, a margin rate
// or cost rate outside 0..1 or both of them, a negative cycle.
func (c *Catalog) Prepare() error {
	var wrong []error
	seen := map[string]bool{}
	for i := range c.Lines {
		l := &c.Lines[i]
		bad := func(what string) { wrong = append(wrong, fmt.Errorf("product line %d (%s): %s", i+1, l.Code, what)) }
		if l.Code == "" || seen[l.Code] {
			bad("needs a code of its own")
		}
		seen[l.Code] = true
		if l.MarginRate < 0 || l.MarginRate > 1 {
			bad("margin rate: expected 0 to 1")
		}
		if l.CostRate < 0 || l.CostRate > 1 {
			bad("cost rate: expected 0 to 1")
		}
		if l.MarginRate > 0 && l.CostRate > 0 {
			bad("margin rate and cost rate: expected one of the two")
		}
		if l.CycleDays < 0 {
			bad("cycle: expected days")
		}
		l.ID, l.Cycle = id.LineOf(l.Code), time.Duration(l.CycleDays)*24*time.Hour
	}
	return errors.Join(wrong...)
}

// LineOf returns the line of a product by its code or else by the longest
// word of any line that stands in its name. It is 0 when none does.
func (c Catalog) LineOf(sku, name string) id.Line {
	var best id.Line
	longest := 0
	for _, l := range c.Lines {
		for _, s := range l.SKUs {
			if sku != "" && s == sku {
				return l.ID
			}
		}
		for _, w := range l.Words {
			if len(w) > longest && strings.Contains(name, w) {
				best, longest = l.ID, len(w)
			}
		}
	}
	return best
}

// Line returns the line with this id.
func (c Catalog) Line(line id.Line) (Line, bool) {
	for _, l := range c.Lines {
		if l.ID == line {
			return l, true
		}
	}
	return Line{}, false
}
