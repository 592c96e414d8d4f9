package btyd

import "math"

// tail runs through P(N > n), n = 0, 1, ..., of a negative binomial count N:
// the orders within a horizon of length odds of a customer whose rate is
// Gamma(shape, 1).
type tail struct {
	shape, failure float64
	n              float64
	mass, logMass  float64 // P(N = n); the log is kept only where mass is tiny
	above          float64 // P(N > n)
}

// tiny is from where on masses are carried as logs: a heavy buyer's P(N = 0)
// is below the smallest float.
const tiny = 1e-250

func newTail(shape, odds float64) tail {
	logMass := -shape * math.Log1p(odds)
	return tail{shape: shape, failure: 1 / (1 + 1/max(odds, 1e-300)), mass: math.Exp(logMass), logMass: logMass, above: -math.Expm1(logMass)}
}

func (t *tail) next() {
	ratio := t.failure * (t.shape + t.n) / (t.n + 1)
	t.n++
	if t.mass > tiny {
		if t.mass *= ratio; t.mass <= tiny {
			t.logMass = math.Log(t.mass)
		}
	} else {
		t.logMass += math.Log(ratio)
		t.mass = math.Exp(t.logMass)
	}
	t.above = max(0, t.above-t.mass)
}

// NegativeBinomialForecast returns the distribution of a count with a mean and a
// variance of mean + mean^2/size. The CDF reuses buffer.
func NegativeBinomialForecast(mean, size float64, buffer []float64) Forecast {
	cdf := buffer[:0]
	for n := newTail(size, mean/size); ; n.next() {
		cdf = append(cdf, 1-n.above)
		if n.above < negligible || len(cdf) == distributionLimit {
			return Forecast{Expected: mean, Variance: mean + mean*mean/size, CDF: cdf}
		}
	}
}

// Tail runs through the probabilities of more than 0, 1, 2, ... of a negative
// binomial count.
type Tail struct{ tail }

// NegativeBinomialTail returns the tail of the count with a mean and a variance
// of mean + mean^2/size, at 0.
func NegativeBinomialTail(mean, size float64) Tail { return Tail{newTail(size, mean/size)} }

// Above returns the probability of more than the number the tail has come to.
func (t *Tail) Above() float64 { return t.above }

// Next goes on to the next number.
func (t *Tail) Next() { t.next() }
