package web

import (
	"slices"
	"strconv"
	"strings"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/fault"
)

type textsPage struct {
	Version int
	Groups  []textGroup
	Lacking []event.Purpose // wanted, and nothing is written for them
}

// textGroup is the texts of one purpose.
type textGroup struct {
	Purpose event.Purpose
	Wanted  bool // the plan or a welcome chooses it by itself
	Texts   []textRow
}

type textRow struct {
	Text
	About string // name of the product line, "" for any
}

func (v *visit) textList() error {
	found, err := v.Texts.Texts(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	page := textsPage{Version: found.Version}
	for _, purpose := range event.WrittenPurposes() {
		group := textGroup{Purpose: purpose, Wanted: purpose != event.Promote}
		for _, text := range found.Texts {
			if text.Purpose == purpose {
				group.Texts = append(group.Texts, textRow{Text: text, About: lineName(found.Lines, text.Line)})
			}
		}
		if group.Wanted && len(group.Texts) == 0 {
			page.Lacking = append(page.Lacking, purpose)
		}
		page.Groups = append(page.Groups, group)
	}
	return v.showSetting("texts", page)
}

func lineName(lines []LineName, code string) string {
	i := slices.IndexFunc(lines, func(l LineName) bool { return l.Code == code })
	if i < 0 {
		return code
	}
	return lines[i].Name
}

type textPage struct {
	TextForm
	Lines     []LineName
	Purposes  []event.Purpose
	Kinds     []content.Kind
	Spare     map[int]content.Wording // further wordings by number, the empty ones of the form among them
	Most      int
	MostFiles int
	Flaws     Flaws
	Wrong     string
}

// textEdit opens the form for the text of a code, or for a new one of a
// purpose.
func (v *visit) textEdit() error {
	found, err := v.Texts.Texts(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	form := TextForm{New: true, Text: Text{Purpose: event.Purpose(query.Get("purpose"))}}
	if code := query.Get("code"); code != "" {
		i := slices.IndexFunc(found.Texts, func(t Text) bool { return t.Code == code })
		if i < 0 {
			return fault.New(fault.NotFound, "no text %q", code)
		}
		form = TextForm{Text: found.Texts[i]}
	}
	return v.showText(found, form, nil)
}

// showText shows the form, with what is wrong with it. It carries the version
// of now, so that who was told of a change can save once more.
func (v *visit) showText(found TextsView, form TextForm, wrong error) error {
	form.Version = found.Version
	page := textPage{TextForm: form, Lines: found.Lines, Purposes: event.WrittenPurposes(), Kinds: content.Kinds(),
		Spare: map[int]content.Wording{}, Most: content.MostWordings, MostFiles: content.MostFiles}
	for i := range content.MostWordings - 1 {
		if page.Spare[i+2] = (content.Wording{}); i < len(form.Others) {
			page.Spare[i+2] = form.Others[i]
		}
	}
	page.Flaws, page.Wrong = v.wrong(wrong)
	return v.showSetting("text", page)
}

func (v *visit) textSave() error {
	entry := v.entry()
	form := TextForm{Version: entry.Version, New: entry.Key == "", Text: Text{
		Code: entry.Key, Purpose: event.Purpose(v.said("purpose")), Line: v.said("line"), Text: unixLines(v.said("text")), Link: v.said("link"),
		Title: v.said("title"), Kind: content.Kind(v.said("kind")),
	}}
	if form.New {
		form.Code = v.said("code")
	}
	form.Weight, form.Others = weightSaid(v.said("weight")), v.wordingsSaid()
	err := v.Texts.SetText(v.r.Context(), v.asker(), form)
	if refused(err) {
		found, unread := v.Texts.Texts(v.r.Context(), v.seat.Scope)
		if unread != nil {
			return unread
		}
		return v.showText(found, form, err)
	}
	if err != nil {
		return err
	}
	v.redirect("/settings/texts?done=text")
	return nil
}

// wordingsSaid returns the further wordings of a form, without those left empty.
func (v *visit) wordingsSaid() (others []content.Wording) {
	weights := v.r.PostForm["other_weight"]
	for i, text := range v.r.PostForm["other"] {
		if text = unixLines(strings.TrimSpace(text)); text == "" {
			continue
		}
		w := content.Wording{Text: text}
		if i < len(weights) {
			w.Weight = weightSaid(weights[i])
		}
		others = append(others, w)
	}
	return others
}

// weightSaid reads a weight; what is none is a flaw of the text.
func weightSaid(text string) float64 {
	if text = strings.TrimSpace(text); text == "" {
		return 0
	}
	weight, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return -1
	}
	return weight
}

func (v *visit) textDrop() error {
	if err := v.Texts.DropText(v.r.Context(), v.asker(), v.entry()); err != nil {
		return err
	}
	v.redirect("/settings/texts?done=text_dropped")
	return nil
}
