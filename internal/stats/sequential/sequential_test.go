package sequential_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"siyu/internal/stats/sequential"
)

// binomialTail adds up what the incomplete beta function says.
func binomialTail(events, all int, share float64) (tail float64) {
	for k := events; k <= all; k++ {
		choose, _ := math.Lgamma(float64(all + 1))
		a, _ := math.Lgamma(float64(k + 1))
		b, _ := math.Lgamma(float64(all - k + 1))
		tail += math.Exp(choose - a - b + float64(k)*math.Log(share) + float64(all-k)*math.Log(1-share))
	}
	return tail
}

func TestTheTailIsTheExactConditionalTestOfTwoRates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		past, cases, events int
		n                   float64
	}{{3, 1000, 5, 400}, {0, 300, 4, 100}, {40, 9000, 12, 1000}} {
		past := sequential.Past{Events: float64(c.past), Cases: float64(c.cases)}
		want := binomialTail(c.events, c.past+c.events, c.n/(float64(c.cases)+c.n))
		if got := past.Tail(c.events, c.n); math.Abs(got-want) > 1e-12 {
			t.Errorf("%+v: %g, want %g", c, got, want)
		}
	}
}

func TestTheBandWidensWithCasesAndNarrowsWithHistory(t *testing.T) {
	t.Parallel()
	short := sequential.Band{Past: sequential.Past{Events: 2, Cases: 400}, Level: 0.005, First: 100}
	long := short
	long.Past = sequential.Past{Events: 500, Cases: 100_000}
	before := 0
	for cases := 1; cases < 20_000; cases += 7 {
		most := short.Most(cases)
		if most < before {
			t.Fatalf("after %d cases the band is %d, it was %d", cases, most, before)
		}
		if before = most; long.Most(cases) > most {
			t.Fatalf("after %d cases a long history allows %d, a short one %d", cases, long.Most(cases), most)
		}
	}
	if nothing := (sequential.Band{Level: 0.005, First: 100}).Most(1000); nothing != math.MaxInt {
		t.Errorf("of a past that is not known the band is %d", nothing)
	}
}

func TestLookingAtEveryCaseLeavesTheBandNoMoreOftenThanStated(t *testing.T) {
	t.Parallel()
	const rate, past, cases, runs, level = 0.005, 20_000, 3000, 4000, 0.05
	lot := rand.New(rand.NewPCG(1, 2))
	left, found := 0, 0
	for range runs {
		band := sequential.Band{Past: sequential.Past{Events: binomial(lot, past, rate), Cases: past}, Level: level, First: 100}
		if leaves(lot, band, cases, rate) {
			left++
		}
		if leaves(lot, band, cases, 4*rate) {
			found++
		}
	}
	// Three standard errors above the level; the test is conservative by nature.
	if most := level + 3*math.Sqrt(level*(1-level)/runs); float64(left)/runs > most {
		t.Errorf("%d of %d runs left the band by chance, want at most %.3f", left, runs, most)
	}
	if float64(found)/runs < 0.9 {
		t.Errorf("four times the rate was noticed in %d of %d runs", found, runs)
	}
}

func binomial(lot *rand.Rand, n int, p float64) (events float64) {
	for at := geometric(lot, p); at < n; at += 1 + geometric(lot, p) {
		events++
	}
	return events
}

// geometric returns how many cases pass before the next event.
func geometric(lot *rand.Rand, p float64) int {
	return int(math.Log(1-lot.Float64()) / math.Log1p(-p))
}

// leaves asks at every event; between events the band only widens.
func leaves(lot *rand.Rand, band sequential.Band, cases int, rate float64) bool {
	count := 0
	for at := geometric(lot, rate); at < cases; at += 1 + geometric(lot, rate) {
		if count++; count > band.Most(at+1) {
			return true
		}
	}
	return false
}
