package audience

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// slot is a place in a phrase that is filled.
type slot string

// The slots, as they stand between braces.
const (
	slotWindow slot = "window"
	slotValue  slot = "v"
	slotLow    slot = "a"
	slotHigh   slot = "b"
	slotNames  slot = "names"
	slotYear   slot = "y"
	slotMonth  slot = "m"
	slotDay    slot = "d"
)

// phrase is a text with places to fill.
type phrase []piece

// piece is a literal, a slot, or a literal that may be left out.
type piece struct {
	slot    slot
	literal string
	folded  []rune // of the literal, for reading
	maybe   bool
}

// slots returns which places the phrases of a form have.
func (f Field) slots(form form) []slot {
	switch form {
	case formNone:
		return nil
	case formNotLast:
		return []slot{slotValue}
	}
	for t, name := range forms {
		if name != form {
			continue
		}
		switch fewest, most := t.Values(); {
		case most == 0:
			return nil
		case most == MaxValues:
			return []slot{slotNames}
		case fewest == 2:
			return []slot{slotLow, slotHigh}
		}
	}
	return []slot{slotValue}
}

// newPhrase reads a phrase that must have the slots, each once, and, where
// the field has windows, one for the window.
func newPhrase(text string, f Field, slots []slot) (phrase, error) {
	var p phrase
	for rest := text; rest != ""; {
		next, after, err := cutPiece(rest)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		rest = after
		if next.slot == slotWindow && len(f.Windows) == 0 {
			continue
		}
		p = append(p, next)
	}
	want := slices.Clone(slots)
	if len(f.Windows) > 0 {
		want = append(want, slotWindow)
	}
	var have []slot
	for _, piece := range p {
		if piece.slot != "" {
			have = append(have, piece.slot)
		}
	}
	slices.Sort(want)
	if sorted := slices.Sorted(slices.Values(have)); !slices.Equal(sorted, want) {
		return nil, fmt.Errorf("%q has places for %v, expected %v", text, have, want)
	}
	if len(p) == 0 || p[0].slot == slotWindow && len(p) == 1 {
		return nil, fmt.Errorf("%q says nothing", text)
	}
	if i := slices.IndexFunc(p, func(q piece) bool { return q.slot == slotNames }); i >= 0 && i < len(p)-1 {
		return nil, fmt.Errorf("%q: names stand at the end", text)
	}
	return p, nil
}

func cutPiece(text string) (p piece, rest string, err error) {
	switch text[0] {
	case '{':
		name, rest, ok := strings.Cut(text[1:], "}")
		if !ok {
			return piece{}, "", fmt.Errorf("{ is not closed")
		}
		return piece{slot: slot(name)}, rest, nil
	case '[':
		literal, rest, ok := strings.Cut(text[1:], "]")
		if !ok {
			return piece{}, "", fmt.Errorf("[ is not closed")
		}
		return piece{literal: literal, folded: folded(literal), maybe: true}, rest, nil
	}
	end := strings.IndexAny(text, "{[")
	if end < 0 {
		end = len(text)
	}
	return piece{literal: text[:end], folded: folded(text[:end])}, text[end:], nil
}

// filling is what the places of a phrase are filled with.
type filling struct {
	texts   map[slot]string
	numbers map[slot]int64 // by which [ ] is said or not
}

// say fills the phrase.
func (p phrase) say(with filling) string {
	var said speech
	number := with.numbers[slotNames]
	for _, piece := range p {
		switch {
		case piece.slot != "":
			said.add(with.texts[piece.slot])
			if n, counted := with.numbers[piece.slot]; counted {
				number = n
			}
		case !piece.maybe || number != 1:
			said.add(piece.literal)
		}
	}
	return said.text
}

// speech is a text that is put together, with a blank where a Chinese
// character and a letter or digit meet.
type speech struct{ text string }

func (s *speech) add(text string) {
	before, _ := utf8.DecodeLastRuneInString(s.text)
	after, _ := utf8.DecodeRuneInString(text)
	if unicode.Is(unicode.Han, before) && letter(fold(after)) || letter(fold(before)) && unicode.Is(unicode.Han, after) {
		s.text += " "
	}
	s.text += text
}

// folded returns a text as it is compared: in lower case, full-width
// characters as their plain ones, every space as a blank and every quote as ".
// It has as many characters as the text.
func folded(text string) []rune {
	runes := []rune(text)
	for i, r := range runes {
		runes[i] = fold(r)
	}
	return runes
}

// Full-width characters stand this far above their plain ones.
const (
	firstWide = 0xFF01
	lastWide  = 0xFF5E
	wide      = 0xFEE0
)

// fold returns the character that one is compared as.
func fold(r rune) rune {
	switch {
	case r >= firstWide && r <= lastWide:
		r -= wide
	case unicode.IsSpace(r):
		return ' '
	case strings.ContainsRune("“”„‟「」『』〝〞", r):
		return '"'
	case strings.ContainsRune("−–—", r):
		return '-'
	case r == '￥':
		return '¥'
	}
	return unicode.ToLower(r)
}
