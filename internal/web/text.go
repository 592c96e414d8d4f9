package web

import (
	"context"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Texts are what staff and mass messages say.
type Texts interface {
	// Texts returns all texts of the brand.
	Texts(ctx context.Context, scope org.Scope) (TextsView, error)
	// SetText adds a text, or replaces the one of the same code. Flaws name
	// wrong fields; fault.Conflict says that somebody changed texts since the
	// page was shown.
	SetText(ctx context.Context, by Asker, f TextForm) error
	// DropText takes a text out; what was planned with it is still sent.
	DropText(ctx context.Context, by Asker, e Entry) error
	// AddTextFile puts a picture or file to a text. Errors as of SetText.
	AddTextFile(ctx context.Context, by Asker, f TextFile) error
	// DropTextFile takes one off again.
	DropTextFile(ctx context.Context, by Asker, text Entry, file id.Code) error
	// TextFileOf returns the name and the content of a file.
	TextFileOf(ctx context.Context, file id.Code) (name string, data []byte, err error)
}

// TextsView is every text of the brand.
type TextsView struct {
	Version int
	Texts   []Text     // by code
	Lines   []LineName // product lines a text can be about, in the brand's order
}

// Text is one text.
type Text struct {
	Code    string // does not change: plans name it
	Purpose event.Purpose
	Line    string       // code of a product line, "" for any
	Text    string       // {name} and {staff} are filled in
	Link    string       // https address, "" for none
	Title   string       // of the card that shows the link, "" puts the address under the text
	Kind    content.Kind // of what the link shows, "" for an article
	Weight  float64      // of Text against Others, 0: 1
	Others  []content.Wording
	Files   []content.File // pictures and files that go with it
}

// LineName names a product line.
type LineName struct{ Code, Name string }

// TextForm is a text as a person enters it. A new one without a code gets one.
type TextForm struct {
	Version int
	New     bool
	Text
}

// TextFlaws returns what is wrong with a text by itself.
func TextFlaws(m content.Material) Flaws {
	flaws := ContentFlaws(m.Flaws()...)
	if m.Purpose == event.Greet && m.Line != "" {
		flaws.Add("line", "error.text_greet") // nothing is known of a new customer: such a text would never be said
	}
	if m.Purpose == event.Greet && len(m.Others) > 0 {
		flaws.Add("wordings", "error.text_greet_wordings")
	}
	return flaws
}

// ContentFlaws returns the fields of a form where flaws of a text, or of an uploaded
// file, stand.
func ContentFlaws(list ...content.Flaw) Flaws {
	flaws := Flaws{}
	for _, wrong := range list {
		switch wrong {
		case content.FlawCode:
			flaws.Add("code", "error.text_code")
		case content.FlawPurpose:
			flaws.Add("purpose", "error.text_purpose")
		case content.FlawLength:
			flaws.Add("text", "error.text_length")
		case content.FlawPlaceholder:
			flaws.Add("text", "error.text_placeholder")
		case content.FlawLink:
			flaws.Add("link", "error.text_link")
		case content.FlawTitle:
			flaws.Add("title", "error.text_title")
		case content.FlawKind:
			flaws.Add("kind", "error.text_kind")
		case content.FlawSurvey:
			flaws.Add("kind", "error.text_survey")
		case content.FlawFileEmpty:
			flaws.Add("file", "error.file_empty")
		case content.FlawFileSize:
			flaws.Add("file", "error.file_size")
		case content.FlawFileName:
			flaws.Add("file", "error.file_name")
		case content.FlawFiles:
			flaws.Add("file", "error.files_many")
		case content.FlawWordings:
			flaws.Add("wordings", "error.text_wordings")
		case content.FlawWeight:
			flaws.Add("weight", "error.text_weight")
		}
	}
	return flaws
}
