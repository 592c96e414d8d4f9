package delivery

import (
	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/id"
)

// Sayable returns the texts without what the circuit breaker stopped, by the codes of
// WordsOf: all wordings together, or one that stood alone when it was stopped. A text of which nothing is left is gone from plan, so that another
// one is chosen, and stands as it was in all, so that what was planned with it is found.
func Sayable(l content.Library, stopped map[id.Code]bool) (plan, all content.Library) {
	if len(stopped) == 0 {
		return l, l
	}
	plan, all = content.Library{Version: l.Version}, content.Library{Version: l.Version}
	for _, m := range l.Materials {
		left := withoutStopped(m, stopped)
		if len(left) == 0 {
			all.Materials = append(all.Materials, m)
			continue
		}
		m.Text, m.Weight, m.Others = left[0].Text, left[0].Weight, left[1:]
		plan.Materials, all.Materials = append(plan.Materials, m), append(all.Materials, m)
	}
	return plan, all
}

func withoutStopped(m content.Material, stopped map[id.Code]bool) (left []content.Wording) {
	if m.Purpose != event.Greet && stopped[wordsOfMaterial(m)] {
		return nil
	}
	for _, w := range m.Wordings() {
		said := m
		said.Text = w.Text
		words := Dispatch{Purpose: m.Purpose, Text: massText(said), Title: m.Title, Files: content.FilesText(m.Files)}
		if m.Purpose == event.Greet || !stopped[WordsOf(&words)] { // a welcome is no mass send
			left = append(left, w)
		}
	}
	return left
}
