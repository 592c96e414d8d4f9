package customers

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"siyu/internal/sheet"
)

// longestWord is how many characters a city, a level, a campaign or a tag may
// have: longer texts are no names of such things.
const longestWord = 40

// wordOf returns a word as facts may hold it. ok is false for texts that are too
// long, cannot be read, or could be a phone number: facts hold no personal data.
func wordOf(cell string) (word string, ok bool) {
	word, ok = readable(cell)
	return word, ok && utf8.RuneCountInString(word) <= longestWord && sheet.Masked(word) == sheet.Narrow(word)
}

// readable returns a text without spaces around it. ok is false if its encoding
// has destroyed it or it holds signs that control something.
func readable(cell string) (text string, ok bool) {
	text = strings.TrimSpace(cell)
	return text, utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) })
}

// cityOf returns the city out of what shops write for one, such as 浙江省杭州市
// or 浙江/杭州/西湖: without province, district, and the word for city.
func cityOf(text string) string {
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("/ -·", r) })
	if len(parts) > 1 {
		text = parts[1]
		for _, part := range parts {
			if strings.HasSuffix(part, "市") {
				text = part
				break
			}
		}
	}
	for _, end := range []string{"省", "自治区"} {
		if _, after, found := strings.Cut(text, end); found && after != "" {
			text = after
		}
	}
	if before, _, found := strings.Cut(text, "市"); found && before != "" {
		text = before
	}
	return text
}
