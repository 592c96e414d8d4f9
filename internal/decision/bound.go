package decision

import "slices"

// Bound tells how near a night's plan comes to the best one.
type Bound struct {
	// Gains is what the day's contacts gain over waiting, fen, as the plan believes.
	Gains float64 `json:"gains"`
	// Most is what no plan with the same room, texts and beliefs could exceed, fen.
	Most float64 `json:"most"`
}

// Gap returns the share of Most that the plan may have left; 0 where nothing was to
// gain.
func (b Bound) Gap() float64 {
	if b.Most <= 0 {
		return 0
	}
	return max(0, 1-b.Gains/b.Most)
}

// mostGains returns what no choice of this member's mass sends and contacts by hand could
// exceed, prices of caps paid.
//
// The room for contacts by hand is relaxed by a price for each (Fisher 1981, The
// Lagrangian relaxation method, section 3): at any price no less comes out, and whom a
// send reaches no longer takes anything from others. What a set of sends gains is then
// submodular, so that no set of so many gains more than a given one and, beside it,
// what that many others would add one by one (Nemhauser, Wolsey, Fisher 1978, An
// analysis of approximations for maximizing submodular set functions, proposition 2.1
// (iv)). The set given is the one that was opened, or none, whichever bounds lower.
func (m *memberPlan) mostGains() float64 {
	price := m.handsPrice()
	opened := m.beside(m.reach, m.closed, price)
	return price*float64(m.room) + min(opened, m.beside(make([]float32, len(m.own)), append(slices.Clone(m.open), m.closed...), price))
}

// handsPrice is the price at which no more contacts by hand gain than there is room.
func (m *memberPlan) handsPrice() float64 {
	var more []float64
	for at, rank := range m.rank {
		if gain := float64(rank) - m.prices.OneToOne - float64(m.reach[at]); rank > 0 && gain > 0 {
			more = append(more, gain)
		}
	}
	if len(more) <= m.room {
		return 0
	}
	slices.Sort(more)
	return more[len(more)-1-m.room]
}

// beside returns what everybody gains at a price of contacts by hand where some sends
// reach them, and what as many others as there is room for add one by one.
func (m *memberPlan) beside(reach []float32, others []send, price float64) (sum float64) {
	has := func(at int) float64 {
		gain := float64(reach[at])
		if m.rank[at] > 0 {
			gain = max(gain, float64(m.rank[at])-m.prices.OneToOne-price)
		}
		return gain
	}
	for at := range m.own {
		sum += has(at)
	}
	adds := make([]float64, 0, len(others))
	for _, s := range others {
		add := -m.prices.MassSend
		for i, at := range s.who {
			add += max(0, float64(s.gain[i])-has(at))
		}
		adds = append(adds, max(0, add))
	}
	slices.Sort(adds)
	for _, add := range adds[max(0, len(adds)-m.most):] {
		sum += add
	}
	return sum
}
