package insight

// Basis is what a value counts.
type Basis string

// The bases.
const (
	OfMargin   Basis = "margin"   // gross margin
	OfBoth     Basis = "mixed"    // margin where a product line has a rate, turnover of the others
	OfTurnover Basis = "turnover" // no rate is known
)

// Basis returns what Value counts.
func (c *Customer) Basis() Basis {
	switch {
	case c.Margin >= 1:
		return OfMargin
	case c.Margin > 0:
		return OfBoth
	}
	return OfTurnover
}
