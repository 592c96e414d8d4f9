package decision

import (
	"cmp"
	"slices"

	"siyu/internal/content"
	"siyu/internal/id"
)

// fewestPerWording is to how many customers of a member each wording goes at least:
// for fewer, one more confirmation teaches too little.
const fewestPerWording = 10

// sayings is among which wordings of a text customers are drawn.
type sayings struct {
	codes   []id.Code
	weights []float64
	among   string
}

func sayingsOf(wordings []content.Wording) *sayings {
	s := &sayings{}
	for _, w := range wordings {
		s.codes, s.weights = append(s.codes, w.Code()), append(s.weights, w.Weight)
	}
	s.among = content.AmongOf(s.codes)
	return s
}

// draw says which wording a customer gets.
func (s *sayings) draw(lot float64) content.Drawn {
	at := content.Draw(s.weights, lot)
	return content.Drawn{Wording: s.codes[at], Chance: content.Share(s.weights, at), Among: s.among}
}

// wordingStream tells draws of wordings from the other draws of a day.
const wordingStream = 0x776f7264

// say draws the wording of an action by hand, among all of them: messages by hand
// cost no confirmation.
func (p *Planner) say(a *Action, material uint32, by *sayings) {
	wordings := p.Library.Materials[material-1].Wordings()
	if len(wordings) < 2 {
		return
	}
	if by == nil {
		by = sayingsOf(wordings)
	}
	l := newLot(mix(p.seed^wordingStream), int64(a.Customer))
	a.Drawn = by.draw(l.uniform())
}

// allotWordings says among which wordings the customers of the open mass sends are
// drawn, by material. Each wording beyond the first is one more confirmation, so
// that there are as many as the member's day has left, and the larger mass sends
// come first. Which wordings they are is drawn for the member and day.
func (m *memberPlan) allotWordings() map[uint32]*sayings {
	left := m.most - m.sends()
	if m.caps.sends >= 0 {
		left = 0 // a cap on all mass sends together leaves none for trying wordings
	}
	order := slices.Clone(m.open)
	slices.SortStableFunc(order, func(a, b send) int { return cmp.Compare(len(b.who), len(a.who)) })
	allotted := map[uint32]*sayings{}
	for i := range order {
		s := &order[i]
		wordings := m.Library.Materials[s.material-1].Wordings()
		if len(wordings) < 2 || allotted[s.material] != nil {
			continue
		}
		most := 1
		if !m.shared(order, s.material) && len(s.who) <= m.Settings.MaxPerMassSend {
			most = max(1, min(len(wordings), len(s.who)/fewestPerWording, 1+left))
		}
		left -= most - 1
		allotted[s.material] = sayingsOf(m.some(wordings, most, s.material))
	}
	return allotted
}

// shared tells whether more than one of the mass sends has the material: they are
// told apart by something else, and each wording would cost a confirmation in each.
func (m *memberPlan) shared(open []send, material uint32) bool {
	n := 0
	for i := range open {
		if open[i].material == material {
			n++
		}
	}
	return n > 1
}

// some draws so many wordings by weight, and returns them in their order.
func (m *memberPlan) some(wordings []content.Wording, most int, material uint32) []content.Wording {
	l := newLot(mix(m.seed^wordingStream^uint64(material)), int64(m.Org.Staff[m.staff].ID))
	left := make([]int, len(wordings))
	for i := range left {
		left[i] = i
	}
	var chosen []int
	for len(chosen) < min(most, len(wordings)) {
		weights := make([]float64, len(left))
		for i, at := range left {
			weights[i] = wordings[at].Weight
		}
		at := content.Draw(weights, l.uniform())
		chosen, left = append(chosen, left[at]), slices.Delete(left, at, at+1)
	}
	slices.Sort(chosen)
	said := make([]content.Wording, len(chosen))
	for i, at := range chosen {
		said[i] = wordings[at]
	}
	return said
}
