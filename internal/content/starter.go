package content

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"siyu/internal/event"
)

//go:embed starter.json
var starter []byte

// Starter returns the texts a new installation begins with, so that the first
// plan has something to say. The brand replaces them with its own.
func Starter() (Library, error) {
	l := Library{Version: 1}
	if err := json.Unmarshal(starter, &l.Materials); err != nil {
		return Library{}, fmt.Errorf("read starter texts: %w", err)
	}
	return l, nil
}

// maxText is what WeCom takes as the text of one message, in bytes.
const maxText = 4000

// Validate names everything that is wrong with the library: a code that is
// missing or used twice, an unknown purpose, a text that is empty or too long,
// a placeholder other than {name} and {staff}, a link that is not https.
func (l Library) Validate() error {
	var wrong []error
	seen := map[string]bool{}
	for i, m := range l.Materials {
		bad := func(format string, args ...any) {
			wrong = append(wrong, fmt.Errorf("material %d (%s): %s", i+1, m.Code, fmt.Sprintf(format, args...)))
		}
		if m.Code == "" || seen[m.Code] {
			bad("needs a code of its own")
		}
		seen[m.Code] = true
		switch m.Purpose {
		case event.Serve, event.Ask, event.Remind, event.Promote, event.Greet:
		default:
			bad("purpose %q: expected serve, ask, remind, promote or greet", m.Purpose)
		}
		if strings.TrimSpace(m.Text) == "" || len(m.Text) > maxText || !utf8.ValidString(m.Text) {
			bad("text: expected 1 to %d bytes of UTF-8, got %d", maxText, len(m.Text))
		}
		if rest := strings.NewReplacer("{name}", "", "{staff}", "").Replace(m.Text); strings.ContainsAny(rest, "{}") {
			bad("text: only {name} and {staff} can be filled in")
		}
		if m.Link != "" && !strings.HasPrefix(m.Link, "https://") {
			bad("link: expected an https address")
		}
	}
	return errors.Join(wrong...)
}
