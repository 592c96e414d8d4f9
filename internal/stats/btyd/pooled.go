package btyd

import (
	"math"

	"siyu/internal/stats"
)

// PooledRate gives every customer the same Poisson rate, whatever they did:
// what one would say knowing only totals. A model must beat it.
type PooledRate struct {
	Rate float64 // repeat orders per customer and week
}

// FitPooledRate returns repeat orders over weeks since the first order. Its
// likelihood is that of the order times, comparable with the other models'.
func FitPooledRate(tuples []Tuple) (PooledRate, Fit) {
	orders, weeks := 0.0, 0.0
	for _, t := range tuples {
		orders += t.Count * float64(t.Frequency)
		weeks += t.Count * float64(t.Age)
	}
	m := PooledRate{}
	fit := Fit{Converged: true, AtBorder: orders == 0 || weeks == 0}
	if weeks > 0 {
		m.Rate = orders / weeks
	}
	if m.Rate > 0 {
		fit.LogLikelihood = orders*math.Log(m.Rate) - orders
		fit.Parameters = []Parameter{{Name: "rate", Value: m.Rate, Error: math.Sqrt(orders) / weeks}}
	}
	return m, fit
}

// Name returns "pooled".
func (PooledRate) Name() string { return "pooled" }

// Forecast returns a Poisson distribution, the same for everybody.
func (m PooledRate) Forecast(_ Summary, horizon stats.Weeks, buffer []float64) Forecast {
	return PoissonForecast(m.Rate*float64(horizon), buffer)
}

// PoissonForecast returns the distribution of a count with a mean and no
// further spread. The CDF reuses buffer.
func PoissonForecast(mean float64, buffer []float64) Forecast {
	cdf := append(buffer[:0], math.Exp(-mean))
	logMass := -mean
	for k := 1.0; cdf[len(cdf)-1] < distributionEnd && len(cdf) < distributionLimit; k++ {
		logMass += math.Log(mean / k)
		cdf = append(cdf, min(1, cdf[len(cdf)-1]+math.Exp(logMass)))
	}
	return Forecast{Expected: mean, Variance: mean, CDF: cdf}
}
