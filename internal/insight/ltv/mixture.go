package ltv

import "siyu/internal/stats/btyd"

// mixed returns the equal mixture of forecasts. The CDF reuses buffer.
func mixed(forecasts []btyd.Forecast, buffer []float64) btyd.Forecast {
	length, n := 0, float64(len(forecasts))
	for _, f := range forecasts {
		length = max(length, len(f.CDF))
	}
	m := btyd.Forecast{CDF: buffer[:0]}
	second := 0.
	for _, f := range forecasts {
		m.Expected += f.Expected / n
		second += (f.Variance + f.Expected*f.Expected) / n
	}
	m.Variance = max(0, second-m.Expected*m.Expected)
	for k := range length {
		sum := 0.
		for _, f := range forecasts {
			if k < len(f.CDF) {
				sum += f.CDF[k]
			} else {
				sum++
			}
		}
		m.CDF = append(m.CDF, min(1, sum/n))
	}
	return m
}

// contest compares all equal mixtures of some models at once. The ranked
// probability score of a mixture is quadratic in its weights, so the sums over
// customers of products of two models' misses tell all of them.
type contest struct {
	names     []string
	products  [][]float64
	customers float64
}

func newContest(names []string) *contest {
	c := &contest{names: names, products: make([][]float64, len(names))}
	for i := range names {
		c.products[i] = make([]float64, len(names))
	}
	return c
}

// add counts a customer who placed y orders.
func (c *contest) add(forecasts []btyd.Forecast, y int) {
	c.customers++
	for i, f := range forecasts {
		for j := range i + 1 {
			c.products[i][j] += missProduct(f.CDF, forecasts[j].CDF, y)
		}
	}
}

// missProduct returns the sum over k of (F(k) - 1[y<=k]) (G(k) - 1[y<=k]).
// Beyond its end a distribution function is 1.
func missProduct(f, g []float64, y int) float64 {
	if len(f) > len(g) {
		f, g = g, f
	}
	sum := 0.
	below := min(y, len(f))
	for k := range below {
		sum += f[k] * g[k]
	}
	for k := below; k < len(f); k++ {
		sum += (f[k] - 1) * (g[k] - 1)
	}
	for k := len(f); k < min(y, len(g)); k++ {
		sum += g[k]
	}
	return sum + float64(max(0, y-len(g)))
}

// rps returns the mean ranked probability score of the equal mixture of the
// models numbered by members.
func (c *contest) rps(members []int) float64 {
	sum := 0.
	for _, i := range members {
		for _, j := range members {
			sum += c.products[max(i, j)][min(i, j)]
		}
	}
	n := float64(len(members))
	return sum / (n * n * max(1, c.customers))
}
