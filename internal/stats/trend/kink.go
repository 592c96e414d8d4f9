// Package trend tells whether one number moves with another, by models simple
// enough to be said in a sentence, with intervals that say how sure that is.
package trend

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Point is one observation. Weight is the inverse of its variance, up to a
// factor common to all points.
type Point struct{ X, Y, Weight float64 }

// Kink is a line that is flat up to At and has the slope Slope from there on:
// y = Level + Slope * max(0, x - At).
type Kink struct {
	At, Level, Slope float64
	Error            float64 // weighted sum of squares that is left
	Flat             float64 // the same of a line that is flat throughout
}

// FitKink returns the line of least weighted squares among those that bend at
// one of the knots, by trying each (segmented regression by grid search, Lerman,
// Applied Statistics 29, 1980, pp. 77-84). Without a knot below the largest x,
// or with fewer than three points, the line is flat. The points are sorted.
func FitKink(points []Point, knots []float64) Kink {
	slices.SortFunc(points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
	return fitSorted(points, knots)
}

// sums are the weighted sums that a least-squares line needs.
type sums struct{ w, x, y, xx, xy float64 }

func (s *sums) add(p Point) {
	s.w += p.Weight
	s.x += p.Weight * p.X
	s.y += p.Weight * p.Y
	s.xx += p.Weight * p.X * p.X
	s.xy += p.Weight * p.X * p.Y
}

// fitSorted goes once over the points from the largest x down, so that trying a
// knot costs nothing more.
func fitSorted(points []Point, knots []float64) Kink {
	const least = 3
	var all sums
	yy := 0.0
	for _, p := range points {
		all.add(p)
		yy += p.Weight * p.Y * p.Y
	}
	if all.w <= 0 {
		return Kink{}
	}
	best := Kink{Level: all.y / all.w, At: points[len(points)-1].X}
	best.Flat = max(0, yy-all.y*all.y/all.w)
	best.Error = best.Flat
	if len(points) < least {
		return best
	}
	var beyond sums
	next := len(points) - 1
	for i := len(knots) - 1; i >= 0; i-- {
		for ; next >= 0 && points[next].X > knots[i]; next-- {
			beyond.add(points[next])
		}
		best = better(best, all, beyond, knots[i])
	}
	return best
}

// better returns the line that bends at the knot if it fits better. With
// z = max(0, x - knot) this is the simple regression of y on z.
func better(best Kink, all, beyond sums, knot float64) Kink {
	z := beyond.x - knot*beyond.w
	zz := beyond.xx - 2*knot*beyond.x + knot*knot*beyond.w
	zy := beyond.xy - knot*beyond.y
	spread := zz - z*z/all.w
	if spread <= 1e-12*zz || spread <= 0 {
		return best
	}
	slope := (zy - z*all.y/all.w) / spread
	left := max(0, best.Flat-slope*slope*spread)
	if left >= best.Error {
		return best
	}
	return Kink{At: knot, Slope: slope, Level: (all.y - slope*z) / all.w, Error: left, Flat: best.Flat}
}

// Resampled is what samples with replacement say of a Kink, sorted.
type Resampled struct {
	Slopes []float64
	Ats    []float64 // of the lines that fall
}

// ResampleKink fits the line to as many samples of the points, drawn with
// replacement (bootstrap of pairs, Efron & Tibshirani 1993, section 9.5): what
// the points scatter beyond their weights is then in the interval.
func ResampleKink(points []Point, knots []float64, times int, lot *rand.Rand) (r Resampled) {
	points = slices.Clone(points)
	slices.SortFunc(points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
	drawn, sample := make([]int, len(points)), make([]Point, 0, len(points))
	for range times {
		clear(drawn)
		for range points {
			drawn[lot.IntN(len(points))]++
		}
		sample = sample[:0]
		for i, n := range drawn {
			for range n {
				sample = append(sample, points[i])
			}
		}
		k := fitSorted(sample, knots)
		r.Slopes = append(r.Slopes, k.Slope)
		if k.Slope < 0 {
			r.Ats = append(r.Ats, k.At)
		}
	}
	slices.Sort(r.Slopes)
	slices.Sort(r.Ats)
	return r
}

// Between returns the bounds of the central share of sorted values, 0 and 0 of
// none.
func Between(sorted []float64, share float64) (low, high float64) {
	if len(sorted) == 0 {
		return 0, 0
	}
	tail := (1 - share) / 2
	return Quantile(sorted, tail), Quantile(sorted, 1-tail)
}

// Quantile returns the value below which a share of the sorted values lies,
// between neighbours in proportion (Hyndman & Fan 1996, type 7). It is not
// defined for no values.
func Quantile(sorted []float64, share float64) float64 {
	at := share * float64(len(sorted)-1)
	low := int(math.Floor(at))
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}
