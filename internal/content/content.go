// Package content is what is said: message texts and materials by purpose,
// versioned. A text holds fixed placeholders only; nothing in it is executed.
package content

import (
	"strings"

	"siyu/internal/event"
)

// Material is one text staff or a mass message can send.
type Material struct {
	Code    string        `json:"code"` // unique: "remind.tea.1"
	Purpose event.Purpose `json:"purpose"`
	Line    string        `json:"line,omitempty"`  // code of the product line, "" for any
	Text    string        `json:"text"`            // at most 4000 bytes; {name} and {staff} are filled in
	Link    string        `json:"link,omitempty"`  // https address, "" for none
	Title   string        `json:"title,omitempty"` // of the card that shows the link, "" puts the bare address under the text; of a survey the question
	Kind    Kind          `json:"kind,omitempty"`  // of what the link shows, "" for an article
	// Others are further wordings of Text, which weighs Weight (0: 1) against them.
	Weight float64   `json:"weight,omitempty"`
	Others []Wording `json:"others,omitempty"`
	Files  []File    `json:"files,omitempty"` // that go with it, at most MostFiles
}

// Library is a version of all materials.
type Library struct {
	Version   int        `json:"version"`
	Materials []Material `json:"materials"`
}

// For returns the materials of a purpose that fit the line, those of the line
// itself first. It is empty when nothing was written for the purpose.
func (l Library) For(purpose event.Purpose, line string) []Material {
	var own, general []Material
	for _, m := range l.Materials {
		switch {
		case m.Purpose != purpose:
		case m.Line != "" && m.Line == line:
			own = append(own, m)
		case m.Line == "":
			general = append(general, m)
		}
	}
	return append(own, general...)
}

// Fill puts what the customer and the member are called into a text.
func Fill(text, customer, staff string) string {
	return strings.NewReplacer("{name}", customer, "{staff}", staff).Replace(text)
}

// Beginning returns so much of a text as tells it from others in a list: of its first
// line at most 24 characters, with an ellipsis where that line goes on.
func Beginning(text string) string {
	const most = 24
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	runes := []rune(text)
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
