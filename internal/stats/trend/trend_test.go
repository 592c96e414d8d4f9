package trend_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/stats/trend"
)

func near(t testing.TB, what string, got, want, by float64) {
	t.Helper()
	if math.Abs(got-want) > by {
		t.Errorf("%s: got %g, want %g", what, got, want)
	}
}

func line(at, level, slope float64, xs ...float64) (points []trend.Point) {
	for _, x := range xs {
		points = append(points, trend.Point{X: x, Y: level + slope*max(0, x-at), Weight: 1})
	}
	return points
}

func TestALineThatBendsIsFoundWhereItBends(t *testing.T) {
	points := line(300, .9, -.001, 100, 500, 200, 300, 400, 600)
	k := trend.FitKink(points, []float64{150, 200, 300, 400, 500})
	near(t, "where", k.At, 300, 0)
	near(t, "level", k.Level, .9, 1e-12)
	near(t, "slope", k.Slope, -.001, 1e-12)
	near(t, "left", k.Error, 0, 1e-12)
	if k.Flat <= .01 {
		t.Errorf("a flat line leaves %g", k.Flat)
	}
}

// Two points of weight 1 and 3 at x = 0 and two at x = 2, knot 1: z is 0, 0, 1, 1,
// so that the level is the weighted mean of the first two and the slope the
// difference of the means.
func TestWeightsCountAsOftenAsTheySay(t *testing.T) {
	k := trend.FitKink([]trend.Point{{0, 1, 1}, {0, 2, 3}, {2, 4, 1}, {2, 8, 1}}, []float64{1})
	near(t, "level", k.Level, 1.75, 1e-12)
	near(t, "slope", k.Slope, 6-1.75, 1e-12)
	near(t, "left", k.Error, .75+8, 1e-12)
}

func TestWithoutARoomToBendTheLineIsFlat(t *testing.T) {
	for name, points := range map[string][]trend.Point{
		"two points": line(0, 1, -1, 1, 2),
		"equal x":    {{5, 1, 1}, {5, 2, 1}, {5, 3, 1}},
	} {
		if k := trend.FitKink(points, []float64{0, 5}); k.Slope != 0 {
			t.Errorf("%s: %+v", name, k)
		}
	}
	if k := trend.FitKink(nil, []float64{1}); k != (trend.Kink{}) {
		t.Errorf("nothing: %+v", k)
	}
}

func TestNoKnotFitsWorseThanTheFlatLineAndNoneBetterThanTheBest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(3, 30).Draw(t, "n")
		var points []trend.Point
		for range n {
			points = append(points, trend.Point{X: rapid.Float64Range(0, 100).Draw(t, "x"), Y: rapid.Float64Range(0, 1).Draw(t, "y"), Weight: rapid.Float64Range(.1, 9).Draw(t, "w")})
		}
		best := trend.FitKink(points, []float64{10, 30, 50, 70})
		if best.Error > best.Flat+1e-9 {
			t.Fatalf("left %g of %g", best.Error, best.Flat)
		}
		left := 0.0
		for _, p := range points {
			e := p.Y - best.Level - best.Slope*max(0, p.X-best.At)
			left += p.Weight * e * e
		}
		if math.Abs(left-best.Error) > 1e-6*(1+left) {
			t.Fatalf("says that %g is left, it is %g", best.Error, left)
		}
		for _, knot := range []float64{10, 30, 50, 70} {
			if one := trend.FitKink(points, []float64{knot}); one.Error < best.Error-1e-9 {
				t.Fatalf("knot %g leaves %g, the best one %g", knot, one.Error, best.Error)
			}
		}
	})
}

func TestSamplesOfACleanLineAllSayTheSame(t *testing.T) {
	points := line(300, .9, -.001, 100, 150, 200, 250, 350, 400, 450, 500, 550, 600)
	r := trend.ResampleKink(points, []float64{200, 300, 400}, 200, rand.New(rand.NewPCG(1, 2)))
	low, high := trend.Between(r.Slopes, .8)
	near(t, "low", low, -.001, 1e-9)
	near(t, "high", high, -.001, 1e-9)
	if len(r.Ats) != 200 || r.Ats[20] != 300 || r.Ats[180] != 300 {
		t.Errorf("%d kinks", len(r.Ats))
	}
}

func TestQuantilesLieBetweenNeighbours(t *testing.T) {
	near(t, "median", trend.Quantile([]float64{1, 2, 4, 8}, .5), 3, 0)
	low, high := trend.Between([]float64{0, 10}, .8)
	near(t, "low", low, 1, 1e-12)
	near(t, "high", high, 9, 1e-12)
	if low, high = trend.Between(nil, .8); low != 0 || high != 0 {
		t.Error("of nothing", low, high)
	}
}

// By hand: ranks 1..8 against 2 1 4 3 6 5 8 7 differ by 1 each, so that Spearman's
// is 1 - 6*8/(8*63) = 0.90476; z = 1.4979, standard error sqrt(1.40930/5) =
// 0.53090, times 1.28155 = 0.68038: 0.6738 to 0.9746.
func TestARankCorrelationHasItsInterval(t *testing.T) {
	r := trend.RankOf([]float64{1, 2, 3, 4, 5, 6, 7, 8}, []float64{2, 1, 4, 3, 6, 5, 8, 7})
	near(t, "value", r.Value, .90476, 1e-5)
	near(t, "low", r.Low, .6738, 1e-3)
	near(t, "high", r.High, .9746, 1e-3)
}

func TestOfFewPairsNothingIsSaid(t *testing.T) {
	r := trend.RankOf([]float64{1, 2, 3}, []float64{3, 2, 1})
	if r.Low != -1 || r.High != 1 || r.Value != 0 {
		t.Errorf("%+v", r)
	}
}

func TestTheIntervalHoldsTheTruthAboutAsOftenAsItSays(t *testing.T) {
	lot, held := rand.New(rand.NewPCG(3, 4)), 0
	const worlds = 1000
	for range worlds {
		x, y := make([]float64, 30), make([]float64, 30)
		for i := range x {
			x[i], y[i] = lot.Float64(), lot.Float64()
		}
		if r := trend.RankOf(x, y); r.Low <= 0 && r.High >= 0 {
			held++
		}
	}
	if held < 760 || held > 840 {
		t.Errorf("holds 0 in %d of %d worlds without a correlation", held, worlds)
	}
}
