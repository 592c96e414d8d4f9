package btyd

import "siyu/internal/stats"

// Divided is a lifetime model that knows a customer in two steps: which of a
// few states an active customer is in depends on the whole summary, what comes
// of a state on the number of orders and the age alone. A million customers
// have hundreds of thousands of summaries but ten thousands of those.
type Divided interface {
	Lifetime
	// States appends the probability of being active and in each state.
	States(s Summary, states []float64) []float64
	// Futures returns for each state the probabilities of at least 1, 2, ...
	// orders in the horizon, until they are negligible; at least one of each.
	Futures(frequency int, age, horizon stats.Weeks) [][]float64
	// Active appends for each state the expected orders in the horizon.
	Active(frequency int, age, horizon stats.Weeks, orders []float64) []float64
}

// States implements Divided: there is one.
func (m BGNBD) States(s Summary, states []float64) []float64 { return append(states, m.Alive(s)) }

// Futures implements Divided.
func (m BGNBD) Futures(frequency int, age, horizon stats.Weeks) [][]float64 {
	return [][]float64{m.future(Summary{Frequency: frequency, Age: age}, horizon).survival(nil)}
}

// Active implements Divided.
func (m BGNBD) Active(frequency int, age, horizon stats.Weeks, orders []float64) []float64 {
	return append(orders, m.future(Summary{Frequency: frequency, Age: age}, horizon).expected())
}

// States implements Divided: there is one.
func (m MBGNBD) States(s Summary, states []float64) []float64 { return append(states, m.Alive(s)) }

// Futures implements Divided.
func (m MBGNBD) Futures(frequency int, age, horizon stats.Weeks) [][]float64 {
	return [][]float64{m.future(Summary{Frequency: frequency, Age: age}, horizon).survival(nil)}
}

// Active implements Divided.
func (m MBGNBD) Active(frequency int, age, horizon stats.Weeks, orders []float64) []float64 {
	return append(orders, m.future(Summary{Frequency: frequency, Age: age}, horizon).expected())
}

// States implements Divided: there is one.
func (m ParetoNBD) States(s Summary, states []float64) []float64 { return append(states, m.Alive(s)) }

// Futures implements Divided.
func (m ParetoNBD) Futures(frequency int, age, horizon stats.Weeks) [][]float64 {
	return [][]float64{m.future(Summary{Frequency: frequency, Age: age}, horizon).survival(nil)}
}

// Active implements Divided.
func (m ParetoNBD) Active(frequency int, age, horizon stats.Weeks, orders []float64) []float64 {
	return append(orders, m.future(Summary{Frequency: frequency, Age: age}, horizon).expected())
}

// States implements Divided: there is one for each number of hidden events
// since the last order.
func (m MBGCNBD) States(s Summary, states []float64) []float64 {
	p := m.phases(s)
	alive := logistic(-m.deadOdds(s, p.sum))
	for _, w := range p.weight {
		states = append(states, alive*w/p.sum)
	}
	return states
}

// Futures implements Divided: as survival, state by state.
func (m MBGCNBD) Futures(frequency int, age, horizon stats.Weeks) [][]float64 {
	futures := make([][]float64, m.K)
	shape, odds := m.R+float64(m.K*frequency), float64(horizon)/(m.Alpha+float64(age))
	for j := range futures {
		n := newTail(shape+float64(j), odds)
		for range m.K - 1 - j {
			n.next()
		}
		stay, reach := m.B+float64(frequency)+1, 1.
		for k := 1.; ; k++ {
			above := min(1, reach*n.above)
			futures[j] = append(futures[j], above)
			if above < negligible || len(futures[j]) == distributionLimit {
				break
			}
			for range m.K {
				n.next()
			}
			reach *= (stay + k - 1) / (m.A + stay + k - 1)
		}
	}
	return futures
}

// Active implements Divided.
func (m MBGCNBD) Active(frequency int, age, horizon stats.Weeks, orders []float64) []float64 {
	for _, survival := range m.Futures(frequency, age, horizon) {
		sum := 0.
		for _, p := range survival {
			sum += p
		}
		orders = append(orders, sum)
	}
	return orders
}
