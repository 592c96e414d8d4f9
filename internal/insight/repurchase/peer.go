package repurchase

import (
	"slices"

	"siyu/internal/insight"
	"siyu/internal/insight/past"
)

// Peer is the kind of customer one is compared with: what a part can be
// depends on how often one has bought.
type Peer string

// The kinds.
const (
	Newcomer Peer = "newcomer" // has not bought
	Once     Peer = "once"
	Repeater Peer = "repeater"
)

func peerOf(v past.View, bought bool) Peer {
	switch {
	case !bought:
		return Newcomer
	case v.Purchases().Days == 1:
		return Once
	}
	return Repeater
}

// Top is what the best fifth of comparable customers have: the middle of that
// fifth, part by part.
type Top struct {
	Need     float64 `json:"need"`
	Trust    float64 `json:"trust"`
	Exposure float64 `json:"exposure"`
	N        int     `json:"n"` // customers compared
}

// Of returns the top of a part.
func (t Top) Of(part insight.Part) float64 {
	switch part {
	case insight.Need:
		return t.Need
	case insight.Trust:
		return t.Trust
	default:
		return t.Exposure
	}
}

// fewPeers is below how many a kind is compared with all customers.
const fewPeers = 50

// bestFifthMiddle is the quantile in the middle of the best fifth.
const bestFifthMiddle = .9

func (m *Model) tops(rows []row, peers []Peer) map[Peer]Top {
	tops := map[Peer]Top{}
	all := m.top(rows, func(int) bool { return true })
	for _, kind := range []Peer{Newcomer, Once, Repeater} {
		tops[kind] = m.top(rows, func(i int) bool { return peers[i] == kind })
		if tops[kind].N < fewPeers {
			tops[kind] = all
		}
	}
	return tops
}

func (m *Model) top(rows []row, among func(i int) bool) Top {
	t := Top{}
	for k, part := range []insight.Part{insight.Need, insight.Trust, insight.Exposure} {
		var values []float64
		for i := range rows {
			if among(i) {
				value, _ := m.part(part, &rows[i])
				values = append(values, value)
			}
		}
		t.N = len(values)
		if len(values) == 0 {
			continue
		}
		slices.Sort(values)
		at := values[int(bestFifthMiddle*float64(len(values)-1))]
		switch k {
		case 0:
			t.Need = at
		case 1:
			t.Trust = at
		default:
			t.Exposure = at
		}
	}
	return t
}
