package content

import (
	"strconv"
	"strings"

	"siyu/internal/id"
)

// Wording is one way to say something of which there are several. Everybody who
// is told it gets one, drawn by weight.
type Wording struct {
	Text   string  `json:"text"`
	Weight float64 `json:"weight,omitempty"` // against those of the others; 0: 1
}

// Code names the wording by its text: another text is another wording, of which
// nothing is known yet.
func (w Wording) Code() id.Code { return id.CodeOf("wording\n" + w.Text) }

// MostWordings is how many wordings a material has at most.
const MostWordings = 5

// Wordings returns all wordings of the material, its Text first.
func (m Material) Wordings() []Wording {
	return append([]Wording{{m.Text, m.Weight}}, m.Others...)
}

// Said returns the text of a wording of the material, and its own Text where it has
// no such wording; ok is false then.
func (m Material) Said(wording id.Code) (text string, ok bool) {
	for _, w := range m.Wordings() {
		if w.Code() == wording {
			return w.Text, true
		}
	}
	return m.Text, false
}

// Draw returns which of things with weights (0: 1) a lot from [0,1) falls on.
func Draw(weights []float64, lot float64) int {
	total := 0.0
	for _, w := range weights {
		total += weighed(w)
	}
	left := lot * total
	for i, w := range weights {
		if left -= weighed(w); left < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// Share returns the share of a thing among things with weights (0: 1): the
// probability with which Draw returns it.
func Share(weights []float64, at int) float64 {
	total := 0.0
	for _, w := range weights {
		total += weighed(w)
	}
	return weighed(weights[at]) / total
}

func weighed(w float64) float64 {
	if w == 0 {
		return 1
	}
	return w
}

// Drawn says which wording one customer gets, and how it was drawn. The zero Drawn
// is of a text that has one wording only.
type Drawn struct {
	Wording id.Code
	Chance  float64 // with which it was drawn among those that could be used
	Among   string  // their codes, those of one sort beside each other: see AmongOf
}

// AmongOf returns the codes of wordings as Drawn keeps them.
func AmongOf(codes []id.Code) string {
	texts := make([]string, len(codes))
	for i, c := range codes {
		texts[i] = strconv.FormatInt(int64(c), 36)
	}
	return strings.Join(texts, " ")
}

// WordingsOf returns the codes that AmongOf wrote.
func WordingsOf(among string) (codes []id.Code) {
	for _, text := range strings.Fields(among) {
		if c, ok := id.Parse[id.Code](text); ok {
			codes = append(codes, c)
		}
	}
	return codes
}
