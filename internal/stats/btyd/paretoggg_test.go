package btyd

import (
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"siyu/internal/stats"
)

// typicalGGG is about what a grocery's customers are like.
var typicalGGG = ParetoGGG{T: 1.7, Gamma: .4, R: .9, Alpha: 5, S: .6, Beta: 6}

// gggLife is a customer of a population, watched until the age, and the orders of
// a horizon after it.
type gggLife struct {
	gggCustomer
	ahead float64
}

func simulateGGG(m ParetoGGG, customers int, weeks, horizon float64, seed uint64) []gggLife {
	c := newGGGChain(nil, seed, m)
	lives := make([]gggLife, customers)
	for i := range lives {
		u := &lives[i]
		u.lambda, u.mu = c.gamma(m.R, m.Alpha), c.gamma(m.S, m.Beta)
		for u.k <= leastRegularity {
			u.k = c.gamma(m.T, m.Gamma)
		}
		u.Age = stats.WeeksOfDays(int(7 * weeks * (.3 + .7*c.random.Float64())))
		gone, age, last := c.random.ExpFloat64()/u.mu, float64(u.Age), 0.
		for now := c.gamma(u.k, u.k*u.lambda); now < min(gone, age+horizon); now += c.gamma(u.k, u.k*u.lambda) {
			if now > age {
				u.ahead++
				continue
			}
			u.Frequency, u.Recency, u.LogGaps = u.Frequency+1, stats.Weeks(now), u.LogGaps+math.Log(now-last)
			last = now
		}
		u.alive, u.silent = gone > age, min(gone, age)-last
	}
	return lives
}

// The customers of a population are, given what they did, a draw from the
// posterior distribution, so that a chain that starts there stays there: whatever
// it draws differs by chance alone, also among those who did alike. So do the
// orders that it foretells.
func TestDrawsOfParetoGGGStayInTheirPosterior(t *testing.T) {
	const horizon = 30
	c := newGGGChain(nil, 2, typicalGGG)
	names := []string{"k", "ln k", "rate", "ln rate", "root of the dropout", "activity", "silence", "silence in orders", "orders ahead"}
	of := func(u gggCustomer, ahead float64) []float64 {
		alive := 0.
		if u.alive {
			alive = 1
		}
		return []float64{u.k, math.Log(u.k), u.lambda, math.Log(u.lambda), math.Sqrt(u.mu), alive, u.silent, math.Sqrt(u.silent * u.lambda), ahead}
	}
	type sums struct{ n, sum, squares float64 }
	groups := map[string][]sums{}
	for _, life := range simulateGGG(typicalGGG, 50_000, 60, horizon, 1) {
		u, ahead := life.gggCustomer, 0.
		for range 4 {
			c.drawCustomer(&u)
		}
		if u.alive {
			ahead = c.orders(&u, horizon)
		}
		group := fmt.Sprintf("%d orders", min(u.Frequency, 4)/2*2)
		if u.Recency > u.Age*3/4 && u.Frequency > 1 {
			group += ", lately"
		}
		if groups[group] == nil {
			groups[group] = make([]sums, len(names))
		}
		then := of(life.gggCustomer, life.ahead)
		for i, now := range of(u, ahead) {
			s, off := &groups[group][i], now-then[i]
			s.n, s.sum, s.squares = s.n+1, s.sum+off, s.squares+off*off
		}
	}
	if len(groups) != 5 {
		t.Errorf("%d groups", len(groups))
	}
	for group, all := range groups {
		for i, s := range all {
			t.Logf("%s, %s: %.2f standard errors of %v customers", group, names[i], s.sum/math.Sqrt(s.squares), s.n)
			if z := s.sum / math.Sqrt(s.squares); !(math.Abs(z) < 4) || s.n < 300 {
				t.Errorf("%s: %s is off by %.1f standard errors of %v customers", group, names[i], z, s.n)
			}
		}
	}
}

func TestHardDataGiveFiniteSamplesOfParetoGGG(t *testing.T) {
	for name, customers := range hardData() {
		customers = slices.DeleteFunc(customers, func(s Summary) bool { return !s.possible() })
		for _, sample := range []func([]Summary, Sampling) Sample{SampleParetoGGG, SampleParetoNBD} {
			s := sample(customers, Sampling{Warmup: 5, Draws: 5, Every: 1, Horizon: 10, Seed: 1})
			for i := range customers {
				if !(s.Alive[i] >= 0 && s.Alive[i] < 1+1e-9 && s.Expected[i] >= 0) || math.IsInf(s.Expected[i], 1) {
					t.Fatalf("%s: %+v is active with probability %v and expected to place %v orders", name, customers[i], s.Alive[i], s.Expected[i])
				}
			}
		}
	}
}

// What populations of known parameters are like is recovered.
func TestSimulatedParetoGGGParametersAreRecovered(t *testing.T) {
	var customers []Summary
	for _, life := range simulateGGG(typicalGGG, 1500, 60, 0, 3) {
		customers = append(customers, life.Summary)
	}
	s := SampleParetoGGG(customers, Sampling{Warmup: 100, Draws: 60, Every: 5, Horizon: 30, Seed: 1})
	of := parametersOf(typicalGGG)
	for i, name := range parameterNames {
		median, spread := spreadOf(s.Parameters, i)
		if math.Abs(median-of[i]) > 3.5*spread {
			t.Errorf("%s is %v +- %v, want %v", name, median, spread, of[i])
		}
	}
}

var parameterNames = []string{"t", "gamma", "r", "alpha", "s", "beta"}

func parametersOf(m ParetoGGG) []float64 { return []float64{m.T, m.Gamma, m.R, m.Alpha, m.S, m.Beta} }

// spreadOf returns the median and the standard deviation of the draws of a
// parameter.
func spreadOf(draws []ParetoGGG, parameter int) (median, spread float64) {
	var v []float64
	for _, m := range draws {
		v = append(v, parametersOf(m)[parameter])
	}
	_, within := meanOver(v)
	return medianOf(v), within * math.Sqrt(float64(len(v)))
}

func medianOf(v []float64) float64 {
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// meanOver returns the mean over chains and its standard error.
func meanOver(chains []float64) (mean, within float64) {
	n := float64(len(chains))
	for _, v := range chains {
		mean += v / n
	}
	for _, v := range chains {
		within += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(within / (n * (n - 1)))
}

// grocery returns the customers of the grocery log until the end of 2006, with
// their names and the orders of each in the 52 weeks after it.
func grocery(t *testing.T) (customers []Summary, names []string, orders []float64) {
	t.Helper()
	ledger := NewLedger()
	for _, row := range dataFile(t, "grocery_elog.csv") {
		ledger.Add(row[0], day(row[1]), 0)
	}
	cut, log := day("2006-12-31"), ledger.Close()
	customers = knownBy(log, cut)
	for i := range customers {
		placed, _ := log.Placed(i, cut, day("2007-12-30"))
		names, orders = append(names, log.Name(i)), append(orders, float64(placed))
	}
	return customers, names, orders
}

// errorShare is the sum of absolute errors over all orders, which BTYDplus prints
// as MAE.
func errorShare(forecast, orders []float64) float64 {
	off, all := 0., 0.
	for i := range orders {
		off, all = off+math.Abs(forecast[i]-orders[i]), all+orders[i]
	}
	return off / all
}

// known is a published figure of chains, and three times its standard deviation
// between pairs of chains as short as the publisher's.
type known struct {
	name              string
	published, within float64
}

// gggChains are how many chains a test runs. SIYU_DRAWS makes them longer, so that
// their own standard error counts for less.
const gggChains = 4

func gggSampling(t *testing.T) Sampling {
	how := Sampling{Warmup: 200, Draws: 100, Every: 10, Horizon: 52}
	if text := os.Getenv("SIYU_DRAWS"); text != "" {
		how.Draws = int(number(t, text))
	}
	return how
}

// holdSample compares chains with what is published, within that and three
// standard errors over our own chains.
func holdSample(t *testing.T, sample func([]Summary, Sampling) Sample, published []known) {
	t.Helper()
	customers, _, orders := grocery(t)
	figures := map[string][]float64{}
	for seed := range uint64(gggChains) {
		how := gggSampling(t)
		how.Seed = seed
		s, total := sample(customers, how), 0.
		for _, expected := range s.Expected {
			total += expected
		}
		figures["total"] = append(figures["total"], total)
		figures["error"] = append(figures["error"], errorShare(s.Expected, orders))
		for i, name := range parameterNames {
			median, _ := spreadOf(s.Parameters, i)
			figures[name] = append(figures[name], median)
		}
	}
	for _, k := range published {
		mean, within := meanOver(figures[k.name])
		t.Logf("%s: %.4f +- %.4f over chains, published %v", k.name, mean, within, k.published)
		if math.Abs(mean-k.published) > k.within+3*within {
			t.Errorf("%s is %.4f +- %.4f, published %v +- %v", k.name, mean, within, k.published, k.within)
		}
		if within > k.within {
			t.Errorf("%s: chains tell no more than %v +- %v", k.name, mean, within)
		}
	}
}

// Published: BTYDplus, medians and means of two chains of 50 draws. r and alpha are
// a little below ours there, by half a standard deviation of their posterior, and
// so they are in another edition (.942 and 5.150) and another run (.938 and 5.249).
// Neither its priors, which are on the log scale, nor its rule of twelve panels for
// P(alive), nor how slowly its s and beta mix make that difference when they are
// put into this chain; so they have the width of that.
func TestGroceryGivesThePublishedParetoGGG(t *testing.T) {
	holdSample(t, SampleParetoGGG, []known{
		{"t", 1.695, .06}, {"gamma", .373, .014}, {"r", .948, .05}, {"alpha", 5.243, .2}, {"s", .432, .024}, {"beta", 4.348, .8},
		{"total", 3815, 25}, {"error", .621, .007},
	})
}

// Published: BTYDplus. The parameters are those of BTYD at the maximum of the
// likelihood, which the prior is too weak to move.
func TestGroceryGivesThePublishedBayesianParetoNBD(t *testing.T) {
	holdSample(t, SampleParetoNBD, []known{
		{"r", .786, .03}, {"alpha", 5.679, .15}, {"s", .386, .024}, {"beta", 5.718, .8}, {"total", 4018, 60}, {"error", .688, .01},
	})
}

// Published: the second edition of that walk-through, the mean over customers of
// the medians of what they are, and six of them.
func TestGroceryCustomersAreLikeThePublishedOfParetoGGG(t *testing.T) {
	customers, names, orders := grocery(t)
	c := newGGGChain(customers, 9, ParetoGGG{T: 1, Gamma: 1, R: 1, Alpha: 1, S: 1, Beta: 1})
	drawn := make([][4][]float64, len(customers))
	alive, ahead := make([]float64, len(customers)), make([][]float64, len(customers))
	how := gggSampling(t)
	c.run(how, func() {
		for i := range c.customers {
			u := &c.customers[i]
			isAlive, placed := 0., 0.
			if u.alive {
				isAlive, placed = 1, c.orders(u, 52)
			}
			ahead[i] = append(ahead[i], placed)
			alive[i] += isAlive / float64(how.Draws)
			for j, v := range []float64{u.k, u.lambda, u.mu, isAlive} {
				drawn[i][j] = append(drawn[i][j], v)
			}
		}
	})
	for j, k := range []known{{"k", 3.889, .12}, {"rate", .159, .008}, {"rate of dropping out", .064, .01}, {"activity", .314, .01}} {
		mean := 0.
		for i := range drawn {
			mean += medianOf(drawn[i][j]) / float64(len(drawn))
		}
		t.Logf("%s: mean of the customers' medians %.4f, published %v", k.name, mean, k.published)
		if math.Abs(mean-k.published) > k.within {
			t.Errorf("%s: mean of the customers' medians is %v, published %v +- %v", k.name, mean, k.published, k.within)
		}
	}
	for _, c := range []struct {
		name                    string
		alive, expected, within float64
	}{{"1", .10, .08, .12}, {"2", .97, .96, .4}, {"3", .87, 15.45, 2.5}, {"4", .10, .11, .15}, {"5", .93, 2.21, .6}, {"6", .98, 4.57, .7}} {
		i := slices.Index(names, c.name)
		expected, _ := meanOver(ahead[i])
		t.Logf("customer %s: active %.2f, published %.2f; %.2f orders, published %.2f", c.name, alive[i], c.alive, expected, c.expected)
		if math.Abs(alive[i]-c.alive) > .12 || math.Abs(expected-c.expected) > c.within {
			t.Errorf("customer %s is active with probability %.2f and expected to place %.2f orders, published %.2f and %.2f", c.name, alive[i], expected, c.alive, c.expected)
		}
	}
	score := 0.
	for i, drawn := range ahead {
		score += rankedScore(drawn, orders[i]) / float64(len(ahead))
	}
	// Of the mixture that the product chooses on the same customers: .9256, which
	// internal/insight/ltv holds to .9600.
	t.Logf("ranked probability score %.4f", score)
	if score < .995 || score > 1.02 {
		t.Errorf("ranked probability score %.4f", score)
	}
}

// rankedScore returns the ranked probability score of what was drawn, E|X - y| -
// E|X - X'|/2, without what few draws add (Ferro 2014, Quarterly Journal of the
// Royal Meteorological Society 140, 1917-1923).
func rankedScore(drawn []float64, outcome float64) float64 {
	n, far, apart := float64(len(drawn)), 0., 0.
	for i, x := range drawn {
		far += math.Abs(x - outcome)
		for _, y := range drawn[:i] {
			apart += math.Abs(x - y)
		}
	}
	return far/n - apart/(n*(n-1))
}
