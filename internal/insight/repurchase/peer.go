package repurchase

import (
	"math"
	"slices"

	"siyu/internal/insight"
	"siyu/internal/insight/past"
	"siyu/internal/stats"
)

// Peer is the kind of customer one is compared with: Newcomer before the first
// order, then 1, 2, ... the more orders a month the whole history amounts to.
// What can be due depends on how much one uses up.
type Peer int

// Newcomer has not bought.
const Newcomer Peer = 0

// rates are the bounds of kinds in orders a month.
func rates() [6]float64 { return [6]float64{.2, 1. / 3, .5, .75, 1, 1.5} }

const peers = Peer(len([6]float64{}) + 2)

// A first order is taken to stand for two months: by itself it says little of
// a rate.
const (
	firstStands = 2.
	monthDays   = 30.
)

func peerOf(v past.View) Peer {
	p := v.Purchases()
	if p.Days == 0 {
		return Newcomer
	}
	rate := float64(p.Days) / (v.Days(p.First)/monthDays + firstStands)
	kind := Newcomer + 1
	for _, bound := range rates() {
		if rate >= bound {
			kind++
		}
	}
	return kind
}

// Level is how a part is spread among comparable customers.
type Level struct {
	Mean float64 `json:"mean"`
	Best float64 `json:"best"` // the middle of the best fifth
}

// Reach returns what the best fifth have when the part is spread by unseen,
// a standard deviation, beyond what its features show.
func (l Level) Reach(unseen float64) float64 {
	return l.Mean + math.Hypot(l.Best-l.Mean, bestFifthSDs*unseen)
}

// Top is how the parts are spread among customers of one kind.
type Top struct {
	Need     Level `json:"need"`
	Trust    Level `json:"trust"`
	Exposure Level `json:"exposure"`
	N        int   `json:"n"` // customers compared
}

// Of returns the level of a part.
func (t Top) Of(part insight.Part) Level {
	switch part {
	case insight.Need:
		return t.Need
	case insight.Trust:
		return t.Trust
	default:
		return t.Exposure
	}
}

// fewPeers is below how many a kind is compared with all buyers, and these
// with everybody.
const fewPeers = 50

// bestFifthMiddle is the quantile in the middle of the best fifth,
// bestFifthSDs the same of a standard normal distribution.
const (
	bestFifthMiddle = .9
	bestFifthSDs    = stats.Central80
)

func (m *Model) tops(rows []row, kinds []Peer) []Top {
	everybody := m.top(rows, func(int) bool { return true })
	buyers := m.top(rows, func(i int) bool { return kinds[i] != Newcomer }).or(everybody)
	tops := make([]Top, peers)
	tops[Newcomer] = m.top(rows, func(i int) bool { return kinds[i] == Newcomer }).or(everybody)
	for kind := Newcomer + 1; kind < peers; kind++ {
		tops[kind] = m.top(rows, func(i int) bool { return kinds[i] == kind }).or(buyers)
	}
	return tops
}

// Buyer is the mean customer who has bought.
type Buyer struct {
	Eta  float64 `json:"eta"`
	Tops Top     `json:"tops"` // how the parts are spread among all who have bought
}

func (m *Model) settleBuyer(rows []row, kinds []Peer) {
	bought := func(i int) bool { return kinds[i] != Newcomer }
	m.Buyer.Tops = m.top(rows, bought)
	for i := range rows {
		if !bought(i) {
			m.Newcomers += 1 / float64(len(rows))
			continue
		}
		eta := m.base()
		for _, part := range []span{needSpan(), trustSpan(), exposureSpan()} {
			value, _ := m.part(part, &rows[i])
			eta += value
		}
		m.Buyer.Eta += eta / float64(m.Buyer.Tops.N)
	}
}

// or returns the other where too few were compared.
func (t Top) or(other Top) Top {
	if t.N < fewPeers {
		return other
	}
	return t
}

func (m *Model) top(rows []row, among func(i int) bool) Top {
	var chosen []*row
	for i := range rows {
		if among(i) {
			chosen = append(chosen, &rows[i])
		}
	}
	return Top{Need: m.level(needSpan(), chosen), Trust: m.level(trustSpan(), chosen), Exposure: m.level(exposureSpan(), chosen), N: len(chosen)}
}

func (m *Model) level(part span, rows []*row) (l Level) {
	if len(rows) == 0 {
		return l
	}
	values := make([]float64, len(rows))
	for i, r := range rows {
		values[i], _ = m.part(part, r)
		l.Mean += values[i] / float64(len(rows))
	}
	slices.Sort(values)
	l.Best = values[int(bestFifthMiddle*float64(len(values)-1))]
	return l
}
