package survival_test

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"siyu/internal/stats/survival"
)

// leukaemia is the remission of 21 children under 6-MP in weeks (Freireich and
// others 1963), as Klein and Moeschberger print it in table 4.1A.
func leukaemia() survival.Curve {
	ended, open := make([]float64, 36), make([]float64, 36)
	for _, t := range []int{6, 6, 6, 7, 10, 13, 16, 22, 23} {
		ended[t]++
	}
	for _, t := range []int{6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35} {
		open[t]++
	}
	return survival.KaplanMeier(ended, open)
}

func TestThePrintedTableOfTheLeukaemiaTrialIsReproduced(t *testing.T) {
	c := leukaemia()
	for _, row := range []struct {
		week     int
		waiting  float64
		standard float64
		atRisk   float64
	}{
		{6, .857, .076, 21}, {7, .807, .087, 17}, {10, .753, .096, 15}, {13, .690, .107, 12},
		{16, .627, .114, 11}, {22, .538, .128, 7}, {23, .448, .135, 6}, {35, .448, .135, 1},
	} {
		s, e := c.Waiting(row.week)
		if math.Abs(s-row.waiting) > 5e-4 || math.Abs(e-row.standard) > 5e-4 || c.AtRisk(row.week) != row.atRisk {
			t.Errorf("week %d: %.4f +- %.4f of %v", row.week, s, e, c.AtRisk(row.week))
		}
	}
	median := c.Quantile(.5, 1.959964)
	if !median.Reached || median.Value != 23 || median.Low != 13 || median.High != 0 {
		t.Errorf("median %+v; R's survfit with conf.type log-log gives 23, from 13, without an end", median)
	}
	if c.Quantile(.8, 1.96).Reached {
		t.Error("four fifths were never over")
	}
}

func TestACurveWithoutOpenWaitsIsTheShareStillWaiting(t *testing.T) {
	c := survival.KaplanMeier([]float64{0, 2, 0, 5, 3}, nil)
	for at, want := range []float64{1, .8, .8, .3, 0} {
		if s, _ := c.Waiting(at); math.Abs(s-want) > 1e-12 {
			t.Errorf("after %d %v, want %v", at, s, want)
		}
	}
	if q := c.Quantile(.2, 1); q.Value != 1 || q.High < q.Value {
		t.Errorf("%+v", q)
	}
}

func TestIntervalsOfTheMedianHoldIt(t *testing.T) {
	random, held := rand.New(rand.NewPCG(1, 6)), 0
	const rounds = 600
	truth := 100 * math.Ln2
	for range rounds {
		ended, open := make([]float64, 2000), make([]float64, 2000)
		for range 150 {
			wait, seen := 100*random.ExpFloat64(), 300*random.Float64()
			if wait < seen {
				ended[int(wait)]++
			} else {
				open[int(seen)]++
			}
		}
		if q := survival.KaplanMeier(ended, open).Quantile(.5, 1.2815515655446004); q.Low <= truth && truth <= q.High+1 {
			held++
		}
	}
	if share := float64(held) / rounds; share < .75 || share > .88 {
		t.Errorf("80 %% intervals hold the median in %.1f %%", 100*share)
	}
}

// Customers differ, and the waits of one resemble each other.
func TestIntervalsHoldWhereWaitsOfOneCustomerResembleEachOther(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 6))
	const rounds, customers, each, z = 500, 60, 8, 1.2815515655446004
	held, naive := 0, 0
	truth := 0.0 // share waiting after 30 of waits with a log-normal mean around 30
	for range 400_000 {
		truth += math.Exp(-1/math.Exp(.7*random.NormFloat64())) / 400_000
	}
	for range rounds {
		ended, open := make([]float64, 400), make([]float64, 400)
		clusters := make([][]survival.Wait, customers)
		for i := range clusters {
			mean := 30 * math.Exp(.7*random.NormFloat64())
			for range each {
				wait, seen := mean*random.ExpFloat64(), 20+200*random.Float64()
				w := survival.Wait{For: int(min(wait, seen, 399)), Over: wait < min(seen, 399)}
				clusters[i] = append(clusters[i], w)
				if w.Over {
					ended[w.For]++
				} else {
					open[w.For]++
				}
			}
		}
		plain := survival.KaplanMeier(ended, open)
		within := func(c survival.Curve) bool {
			low, high := c.Between(29, z) // whole days: a wait of 29.9 ends at 29
			return low <= truth && truth <= high
		}
		if within(plain) {
			naive++
		}
		if within(plain.Clustered(clusters)) {
			held++
		}
	}
	t.Logf("80 %% intervals hold the share in %.1f %%, those that take waits for independent in %.1f %%", 100*float64(held)/rounds, 100*float64(naive)/rounds)
	if share := float64(held) / rounds; share < .74 || share > .86 || naive >= held {
		t.Errorf("80 %% intervals hold the share in %.1f %%, those that take waits for independent in %.1f %%", 100*share, 100*float64(naive)/rounds)
	}
}

func TestWaitsOfAsManyCustomersHaveGreenwoodsDeviation(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 6))
	ended, open, clusters := make([]float64, 300), make([]float64, 300), [][]survival.Wait(nil)
	for range 3000 {
		w := survival.Wait{For: min(299, int(60*random.ExpFloat64())), Over: random.Float64() < .7}
		if clusters = append(clusters, []survival.Wait{w}); w.Over {
			ended[w.For]++
		} else {
			open[w.For]++
		}
	}
	c := survival.KaplanMeier(ended, open)
	robust := c.Clustered(clusters)
	for _, at := range []int{5, 20, 60, 120} {
		s, plain := c.Waiting(at)
		same, own := robust.Waiting(at)
		if same != s || math.Abs(own/plain-1) > .05 {
			t.Errorf("after %d: %.5f +- %.5f, by clusters of one +- %.5f", at, s, plain, own)
		}
	}
}

func TestNothingSeenIsWaiting(t *testing.T) {
	c := survival.KaplanMeier(nil, nil)
	if s, e := c.Waiting(5); s != 1 || e != 0 {
		t.Errorf("%v +- %v", s, e)
	}
	if q := c.Quantile(.5, 1); q.Reached || c.Last(1) != -1 {
		t.Errorf("%+v", q)
	}
}

func TestSilentBuyersMakeTheMedianGapFiveTimesAsLong(t *testing.T) {
	ended, open := gaps(t, "cdnow_full.csv", "1997-09-30")
	naive, all := 0, 0.0
	for _, n := range ended {
		all += n
	}
	for seen := 0.0; 2*seen < all; naive++ {
		seen += ended[naive]
	}
	q := survival.KaplanMeier(ended, open).Quantile(.5, 1.2815515655446004)
	if naive-1 != 27 || q.Value != 147 || q.Low > 147 || q.High < 147 || q.High-q.Low > 20 {
		t.Errorf("%d days between orders, with those who are still silent %+v", naive-1, q)
	}
}

// gaps returns how many orders followed the one before after each number of
// days, and how many customers have been silent for it.
func gaps(t *testing.T, name, until string) (ended, open []float64) {
	t.Helper()
	file, err := os.Open(filepath.Join(os.Getenv("SIYU_DATA"), "ltv", name))
	if os.Getenv("SIYU_DATA") == "" || err != nil {
		t.Skipf("SKIPPED: needs ltv/%s in the folder named by SIYU_DATA", name)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	days := map[string][]int{}
	for _, row := range rows[1:] {
		if day, err := time.Parse(time.DateOnly, row[1]); err == nil && row[1] <= until {
			days[row[0]] = append(days[row[0]], int(day.Unix()/86400))
		}
	}
	last, err := time.Parse(time.DateOnly, until)
	if err != nil {
		t.Fatal(err)
	}
	ended, open = make([]float64, 400), make([]float64, 400)
	for _, bought := range days {
		slices.Sort(bought)
		bought = slices.Compact(bought)
		for i := 1; i < len(bought); i++ {
			ended[bought[i]-bought[i-1]]++
		}
		open[int(last.Unix()/86400)-bought[len(bought)-1]]++
	}
	return ended, open
}
