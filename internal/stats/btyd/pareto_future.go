package btyd

import "math"

// paretoFuture is an active Pareto/NBD customer ahead of a horizon: the rate
// of ordering is Gamma(shape, alpha), that of dropping out Gamma(s, beta).
type paretoFuture struct {
	shape, alpha, s, beta, horizon float64
}

// expected returns the mean number of orders.
func (f paretoFuture) expected() float64 {
	return f.shape / f.alpha * f.beta * tilted(f.s-1, math.Log1p(f.horizon/f.beta))
}

// survival appends P(X >= k) for k = 1, 2, ... until it is negligible, at
// least one number. The k-th order falls at time u with density
// (k/u) P(N(u) = k), N(u) the negative binomial count of orders by then, and
// counts if the customer has not dropped out by then:
//
//	P(X >= k) = integral from 0 to horizon of (k/u) P(N(u)=k) (1+u/beta)^-s du.
//
// All factors are positive. Panels are as in dropout, and no longer than the
// spread of the time of the order that is due at their beginning.
func (f paretoFuture) survival(buffer []float64) []float64 {
	above := append(buffer, 0)
	c, nodes := min(f.alpha, f.beta), eightNodes()
	for u := 0.; u < f.horizon; {
		steep := f.s * (u + c) / (u + f.beta)
		spread := (f.alpha/f.shape + math.Sqrt(u*(f.alpha+u)/f.shape)) / (u + c)
		length := min(math.Log1p((f.horizon-u)/(u+c)), panelLength, panelDecay/steep, spread)
		end := min(f.horizon, u+(u+c)*math.Expm1(length))
		if end <= u || f.s*math.Log1p(u/f.beta) > negligibleDecay {
			break
		}
		for i, at := range nodes.at[:nodes.n] {
			grow := math.Exp(at * length)
			v := u + (u+c)*(grow-1)
			weight := nodes.weight[i] * length * (u + c) * grow / v * math.Exp(-f.s*math.Log1p(v/f.beta))
			above = f.add(above, v, weight)
		}
		u = end
	}
	return descending(above)
}

// add adds weight k P(N(u) = k) for all k to the list that begins with k = 1.
func (f paretoFuture) add(above []float64, u, weight float64) []float64 {
	odds := u / f.alpha
	failure := odds / (1 + odds)
	logNone := -f.shape * math.Log1p(odds)
	if logNone > -600 {
		// From k = 1 upwards.
		return f.addUp(above, 1, weight*math.Exp(logNone)*f.shape*failure, failure)
	}
	// P(N = 0) would underflow: from the mean both ways.
	k := min(math.Floor(f.shape*odds), distributionLimit)
	rising, _ := math.Lgamma(f.shape + k)
	prior, _ := math.Lgamma(f.shape)
	places, _ := math.Lgamma(k)
	mass := weight * math.Exp(logNone+rising-prior-places+k*math.Log(failure))
	for len(above) < int(k) {
		above = append(above, 0)
	}
	for j, p := k-1, mass; j >= 1; j-- {
		p *= j / (failure * (f.shape + j))
		if p < negligible*negligible {
			break
		}
		above[int(j)-1] += p
	}
	return f.addUp(above, k, mass, failure)
}

// addUp adds from k on, where the term is p; the next is
// failure (shape+k)/k times as large.
func (f paretoFuture) addUp(above []float64, k, p, failure float64) []float64 {
	peak := f.shape * failure / (1 - failure)
	for ; p > negligible/1e3 || k < peak; k++ {
		if int(k) > distributionLimit {
			break
		}
		if int(k) > len(above) {
			above = append(above, 0)
		}
		above[int(k)-1] += p
		p *= failure * (f.shape + k) / k
	}
	return above
}

// descending cuts the list where it becomes negligible and keeps rounding from
// making it exceed 1 or rise.
func descending(above []float64) []float64 {
	most := 1.
	for i, p := range above {
		most = min(most, p)
		above[i] = most
		if most < negligible {
			return above[:i+1]
		}
	}
	return above
}
