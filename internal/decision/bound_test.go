package decision

import (
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawMemberDay draws a member's day with a few customers and mass sends of any gains.
func drawMemberDay(t *rapid.T) (m *memberPlan, possible []send) {
	const most = 7
	n := rapid.IntRange(1, most).Draw(t, "customers")
	gains := rapid.Float32Range(0, 100)
	m = &memberPlan{Planner: &Planner{}, own: make([]uint32, n), rank: make([]float32, n), reach: make([]float32, n), by: make([]purposeSet, n), hands: map[int]bool{}}
	m.caps = caps{-1, -1}
	m.prices.OneToOne, m.prices.MassSend = rapid.SampledFrom([]float64{0, 0, 10}).Draw(t, "contact"), rapid.SampledFrom([]float64{0, 0, 20}).Draw(t, "send")
	for at := range m.rank {
		if gain := gains.Draw(t, "by hand"); float64(gain) > m.prices.OneToOne {
			m.rank[at] = gain
		}
	}
	slices.SortFunc(m.rank, func(a, b float32) int { return int(b*1000) - int(a*1000) })
	m.room, m.most = rapid.IntRange(0, 3).Draw(t, "room"), rapid.IntRange(0, 3).Draw(t, "confirmations")
	for range rapid.IntRange(0, 6).Draw(t, "sends") {
		s := send{contents: contents{part: uint8(rapid.IntRange(0, 2).Draw(t, "part"))}} //nolint:gosec // small
		for at := range n {
			if rapid.Bool().Draw(t, "reached") {
				s.who, s.gain = append(s.who, at), append(s.gain, gains.Draw(t, "gain"))
			}
		}
		possible = append(possible, s)
	}
	return m, possible
}

// best tries every choice.
func best(m *memberPlan, possible []send) (most float64) {
	for set := range uint(1) << len(possible) {
		if bits.OnesCount(set) > m.most {
			continue
		}
		reach := make([]float64, len(m.own))
		sum := -m.prices.MassSend * float64(bits.OnesCount(set))
		for k, s := range possible {
			for i, at := range s.who {
				if set&(1<<k) != 0 {
					reach[at] = max(reach[at], float64(s.gain[i]))
				}
			}
		}
		var more []float64 // by hand, beyond what a send gains
		for at := range reach {
			sum += reach[at]
			if gain := float64(m.rank[at]) - m.prices.OneToOne - reach[at]; m.rank[at] > 0 && gain > 0 {
				more = append(more, gain)
			}
		}
		slices.Sort(more)
		for _, gain := range more[max(0, len(more)-m.room):] {
			sum += gain
		}
		most = max(most, sum)
	}
	return most
}

func TestNoChoiceExceedsTheBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m, possible := drawMemberDay(t)
		optimum := best(m, possible)
		m.openSends(slices.Clone(possible))
		m.takeHands()
		if bound := m.mostGains(); optimum > bound+1e-3 {
			t.Fatalf("the best choice gains %g, the bound is %g", optimum, bound)
		}
		gains := -m.prices.MassSend * float64(len(m.open))
		for at := range m.own {
			if m.hands[at] {
				gains += float64(m.rank[at]) - m.prices.OneToOne
			} else {
				gains += float64(m.reach[at])
			}
		}
		if gains > optimum+1e-3 {
			t.Fatalf("the plan gains %g, the best choice %g", gains, optimum)
		}
	})
}

func TestWhereHandsAreAllThatIsScarceTheBoundIsReached(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m, _ := drawMemberDay(t)
		m.prices.MassSend = 0
		m.openSends(nil)
		m.takeHands()
		if optimum, bound := best(m, nil), m.mostGains(); bound > optimum+1e-3 {
			t.Fatalf("the best choice gains %g, the bound is %g", optimum, bound)
		}
	})
}
