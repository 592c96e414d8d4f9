package btyd

// Course is how usual time, in which customers keep their rates, passes in the
// weeks ahead. Without knots both are the same.
type Course []Knot

// Knot is from when on usual time passes at another pace. Knots ascend, the first
// is at 0; the last pace goes on for ever.
type Knot struct {
	At    float64 `json:"at"`    // weeks ahead
	Usual float64 `json:"usual"` // weeks that have passed by then
	Pace  float64 `json:"pace"`  // usual weeks in a week
}

// Within returns the usual weeks in the first weeks ahead.
func (c Course) Within(weeks float64) float64 {
	if len(c) == 0 {
		return weeks
	}
	k := c[0]
	for _, next := range c[1:] {
		if next.At > weeks {
			break
		}
		k = next
	}
	return k.Usual + k.Pace*(weeks-k.At)
}

// Next returns the first knot later than some weeks ahead, but at most some other.
func (c Course) Next(weeks, most float64) float64 {
	for _, k := range c {
		if k.At > weeks {
			return min(k.At, most)
		}
	}
	return most
}
