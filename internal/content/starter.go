package content

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
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

// What WeCom takes as the text, the address and the title of one message, in
// bytes. Of an address some is kept for what Siyu puts behind it.
const (
	maxText  = 4000
	maxLink  = 1800
	maxTitle = 128
)

// Flaw is one thing that is wrong with a material.
type Flaw string

// The flaws of a material by itself.
const (
	FlawCode        Flaw = "code"        // missing
	FlawPurpose     Flaw = "purpose"     // none that a text can have
	FlawLength      Flaw = "length"      // empty, longer than WeCom takes, or not UTF-8
	FlawPlaceholder Flaw = "placeholder" // another than {name} and {staff}
	FlawLink        Flaw = "link"        // not an https address, or too long
	FlawTitle       Flaw = "title"       // longer than WeCom takes, or of no link
	FlawKind        Flaw = "kind"        // not one of Kinds
	FlawSurvey      Flaw = "survey"      // without a question, with a link, or in a text that sells
	FlawWordings    Flaw = "wordings"    // too many, or two that are the same
	FlawWeight      Flaw = "weight"      // not from 0 to 100
)

// Flaws returns everything that is wrong with the material by itself.
func (m Material) Flaws() []Flaw {
	var wrong []Flaw
	if m.Code == "" {
		wrong = append(wrong, FlawCode)
	}
	if !slices.Contains(event.WrittenPurposes(), m.Purpose) {
		wrong = append(wrong, FlawPurpose)
	}
	wrong = append(wrong, flawsOf(m.Wordings())...)
	wrong = append(wrong, flawsOfFiles(m.Files)...)
	if m.Link != "" && !leads(m.Link) {
		wrong = append(wrong, FlawLink)
	}
	if len(m.Title) > maxTitle || !utf8.ValidString(m.Title) || m.Title != "" && m.Link == "" && m.Kind != Survey {
		wrong = append(wrong, FlawTitle)
	}
	if m.Kind != "" && !slices.Contains(Kinds(), m.Kind) {
		wrong = append(wrong, FlawKind)
	}
	if m.Kind == Survey && (strings.TrimSpace(m.Title) == "" || m.Link != "" || m.Purpose.Sells()) {
		wrong = append(wrong, FlawSurvey)
	}
	return wrong
}

// flawsOf returns what is wrong with wordings, each flaw once.
func flawsOf(wordings []Wording) (wrong []Flaw) {
	note := func(is bool, flaw Flaw) {
		if is && !slices.Contains(wrong, flaw) {
			wrong = append(wrong, flaw)
		}
	}
	seen := map[string]bool{}
	for _, w := range wordings {
		note(strings.TrimSpace(w.Text) == "" || len(w.Text) > maxText || !utf8.ValidString(w.Text), FlawLength)
		rest := strings.NewReplacer("{name}", "", "{staff}", "").Replace(w.Text)
		note(strings.ContainsAny(rest, "{}"), FlawPlaceholder)
		note(!(w.Weight >= 0 && w.Weight <= maxWeight), FlawWeight)
		note(seen[w.Text], FlawWordings)
		seen[w.Text] = true
	}
	note(len(wordings) > MostWordings, FlawWordings)
	return wrong
}

// maxWeight of a wording: beyond it the others are hardly ever drawn.
const maxWeight = 100

// leads tells whether a browser can be sent to the address.
func leads(link string) bool {
	to, err := url.Parse(link)
	return err == nil && to.Scheme == "https" && to.Host != "" && to.User == nil && len(link) <= maxLink
}

// explain says a flaw to whoever wrote the document.
func (m Material) explain(f Flaw) string {
	switch f {
	case FlawCode:
		return "needs a code of its own"
	case FlawPurpose:
		return fmt.Sprintf("purpose %q: expected serve, ask, remind, promote or greet", m.Purpose)
	case FlawLength:
		return fmt.Sprintf("text: expected 1 to %d bytes of UTF-8, got %d", maxText, len(m.Text))
	case FlawPlaceholder:
		return "text: only {name} and {staff} can be filled in"
	case FlawTitle:
		return fmt.Sprintf("title: expected at most %d bytes of UTF-8, and a link", maxTitle)
	case FlawSurvey:
		return "a survey has its question as title, no link, and a purpose that does not sell"
	case FlawWordings:
		return fmt.Sprintf("wordings: expected at most %d, each another", MostWordings)
	case FlawWeight:
		return fmt.Sprintf("weight: expected 0 to %d", maxWeight)
	case FlawFiles:
		return fmt.Sprintf("files: expected at most %d, each another", MostFiles)
	case FlawKind:
		return fmt.Sprintf("kind %q: expected article, product, form, video or survey", m.Kind)
	}
	return fmt.Sprintf("link: expected an https address of at most %d bytes", maxLink)
}

// Validate names everything that is wrong with the library: the flaws of its
// materials, and codes that are used twice.
func (l Library) Validate() error {
	var wrong []error
	seen := map[string]bool{}
	for i, m := range l.Materials {
		flaws := m.Flaws()
		if m.Code != "" && seen[m.Code] {
			flaws = append(flaws, FlawCode)
		}
		seen[m.Code] = true
		for _, f := range flaws {
			wrong = append(wrong, fmt.Errorf("material %d (%s): %s", i+1, m.Code, m.explain(f)))
		}
	}
	return errors.Join(wrong...)
}

// FreeCode returns a code that no material has, made of purpose and line.
func (l Library) FreeCode(purpose event.Purpose, line string) string {
	stem := string(purpose)
	if line != "" {
		stem += "." + line
	}
	for n := 1; ; n++ {
		code := stem + "." + strconv.Itoa(n)
		if !slices.ContainsFunc(l.Materials, func(m Material) bool { return m.Code == code }) {
			return code
		}
	}
}
