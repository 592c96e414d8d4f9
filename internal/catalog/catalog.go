// Package catalog is what the brand sells: product lines with their cycles
// and margins, and the products that belong to them.
package catalog

import (
	"strings"
	"time"

	"siyu/internal/id"
)

// Line is a product line.
type Line struct {
	ID    id.Line
	Code  string
	Name  string
	Cycle time.Duration // usual time between two purchases, 0: not known
	// MarginRate is gross margin over turnover, 0..1; negative: not known.
	MarginRate float64
	// Words are parts of product names by which shop exports show the line.
	Words []string
	// SKUs are exact product codes of the line.
	SKUs []string
}

// Catalog is a version of what is sold.
type Catalog struct {
	Version int
	Lines   []Line
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
