package need

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"siyu/internal/catalog"
	"siyu/internal/insight/past"
)

// habit draws a customer who buys a line again after waits around a mean, until
// today, unless the customer never comes back.
func habit(random *rand.Rand, mean, never float64) past.View {
	const today = 400
	var days []int
	for at := today - 180*random.Float64(); at < today; at += mean * (.5 + random.Float64()) {
		days = append(days, int(at))
		if random.Float64() < never {
			break
		}
	}
	return on(buyer(ware, days...), today)
}

func TestWaitsThatAreNotOverDoNotShortenTheCycle(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	l, naive := NewCycleLearner(), []float64(nil)
	for range 2000 {
		v := habit(random, 100, 0)
		l.Add(v)
		orders := v.Bought()
		for i := 1; i < len(orders); i++ {
			naive = append(naive, float64(orders[i].At-orders[i-1].At)/past.Day)
		}
	}
	slices.Sort(naive)
	short := naive[len(naive)/2]
	c := l.Cycles(catalog.Catalog{})[0]
	if short > 92 || math.Abs(c.Half.Days-100) > 4 || c.Half.Low > 100 || c.Half.High < 98 || c.Days < short+4 {
		t.Errorf("gaps seen %.0f days, half are back after %+v, cycle %.0f", short, c.Half, c.Days)
	}
	if math.Abs(c.Most.Days-130) > 5 || math.Abs(c.NearAll.Days-140) > 6 {
		t.Errorf("four fifths after %+v, nine tenths after %+v", c.Most, c.NearAll)
	}
}

func TestWhoNeverComesBackLengthensWhatIsToldAndNotTheCycle(t *testing.T) {
	random, l := rand.New(rand.NewPCG(9, 5)), NewCycleLearner()
	for range 3000 {
		l.Add(habit(random, 40, .3))
	}
	c := l.Cycles(catalog.Catalog{})[0]
	if math.Abs(c.Days-40) > 3 || c.Half.Days < 44 || c.NearAll.Reached || math.Abs(c.Back.Value-.7) > .05 || c.Back.Low > c.Back.Value || c.Back.High < c.Back.Value {
		t.Errorf("%+v", c)
	}
}

func TestAFewGapsMakeNoCycle(t *testing.T) {
	random, l := rand.New(rand.NewPCG(3, 1)), NewCycleLearner()
	for range 8 {
		l.Add(habit(random, 60, 0))
	}
	if c := l.Cycles(catalog.Catalog{})[0]; c.Seen() || c.Half.Reached || c.Days != defaultCycle {
		t.Errorf("%+v", c)
	}
}
