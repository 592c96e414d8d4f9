package web

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
)

// processEditPage is the text form of a process and what it says.
type processEditPage struct {
	Document string
	Note     string
	Wrong    string
	Days     int // of dry runs
	Look     processLook
	Step     *stepForm // that is open, nil for none
	Head     *headForm // likewise
}

// processLook is what a text says: its flaws, or its lane and what it would change.
type processLook struct {
	Flaws   []processFlaw
	Lane    *laneView
	Name    string
	Version int // in force, 0 for a process that is not installed
	Changes []string
}

// processFlaw is something wrong in the text, with the lines around it.
type processFlaw struct {
	Line  int // 0: nowhere in particular
	Path  string
	Say   string
	Lines []textLine
}

// textLine is one line of a text.
type textLine struct {
	N     int
	Text  string
	Wrong bool
}

// maxProcessForm is how long a form with a document may be: each byte of it takes
// three where the form is encoded.
const maxProcessForm = 3*sop.MaxDocument + maxForm

func (v *visit) limitDocument() { v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxProcessForm) }

// processEdit shows the text of an installed process, of one of the library, or of
// a first step to begin with.
func (v *visit) processEdit() error {
	q := v.r.URL.Query()
	text := firstDocument
	switch {
	case q.Get("process") != "":
		view, err := v.Processes.Process(v.r.Context(), v.seat.Scope, q.Get("process"))
		if err != nil {
			return err
		}
		text = view.Newest
	case q.Get("library") != "":
		_, raw, err := shelved(q.Get("library"))
		if err != nil {
			return err
		}
		text = string(raw)
	}
	return v.showProcessText(processEditPage{Document: text}, nil)
}

// firstDocument is the smallest process that says something.
const firstDocument = `sop: 1
name: my-process
title: {zh: "", en: My process}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
goal: {if: {did: answered}, within: 7d}
stop:
  - name: left
    if: {did: left}
steps:
  - name: hello
    title: {zh: "", en: Hello}
    at: 30m
    within: 8h
    late: postpone
    channel: private
    purpose: serve
    service: true
    minutes: 2
    content:
      - text:
          en: "Hello {name}, {staff} here."
`

func (v *visit) showProcessText(page processEditPage, wrong error) error {
	look, err := v.lookAt(page.Document)
	if err != nil {
		return err
	}
	page.Look, page.Days = look, ProcessDays
	if wrong != nil {
		_, page.Wrong = v.wrong(wrong)
	}
	title := v.lang.text("process.new")
	if look.Version > 0 {
		title = v.lang.text("process.edit_title", "Title", look.Lane.Title)
	}
	return v.show("sop_edit", Page{Title: title, Menu: "sop", Data: page})
}

// lookAt says what a text says.
func (v *visit) lookAt(text string) (look processLook, err error) {
	w, err := v.speaker()
	if err != nil {
		return look, err
	}
	p, wrong := sop.Parse([]byte(text))
	if flaws := sop.FlawsOf(wrong); flaws != nil {
		look.Flaws = flawsIn(w, text, flaws)
		return look, nil
	}
	if wrong != nil {
		return look, wrong
	}
	lane := drawProcess(w, &p)
	lane.Edit = true
	look.Lane, look.Name = &lane, p.Name
	known, err := v.Processes.Processes(v.r.Context(), v.seat.Scope)
	if err != nil {
		return look, err
	}
	if i := slices.IndexFunc(known, func(r ProcessRow) bool { return r.Name == p.Name }); i >= 0 {
		look.Version = known[i].Version
		for _, c := range sop.Diff(&known[i].Document, &p) {
			look.Changes = append(look.Changes, w.Change(c, &p))
		}
	}
	return look, nil
}

// flawsIn says what is wrong with a text, by line, each with the line before it and
// after it.
func flawsIn(w sop.Words, text string, flaws []sop.Flaw) []processFlaw {
	lines := strings.Split(text, "\n")
	said := make([]processFlaw, len(flaws))
	for i, f := range flaws {
		said[i] = processFlaw{Line: f.Line, Path: f.Path, Say: w.Flaw(f)}
		if f.Line < 1 || f.Line > len(lines) {
			continue
		}
		for n := max(1, f.Line-1); n <= min(len(lines), f.Line+1); n++ {
			said[i].Lines = append(said[i].Lines, textLine{n, lines[n-1], n == f.Line})
		}
	}
	slices.SortStableFunc(said, func(a, b processFlaw) int { return cmp.Compare(a.Line, b.Line) })
	return said
}

// processLookAt says what the text in the form says while it is typed.
func (v *visit) processLookAt() error {
	v.limitDocument()
	look, err := v.lookAt(unixLines(v.r.FormValue("document")))
	if err != nil {
		return err
	}
	return v.part("sop_edit", "sop-look", look)
}

// processRead shows the text of a file, to be looked at before it is saved.
func (v *visit) processRead() error {
	v.limitDocument()
	file, _, err := v.r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return fault.WithKey(fault.Invalid, "error.process_file", err)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, sop.MaxDocument+1))
	if err != nil {
		return err
	}
	return v.showProcessText(processEditPage{Document: unixLines(string(text))}, nil)
}

// processSave installs the text as a new process, or as a new version of the one
// that bears its name.
func (v *visit) processSave() error {
	v.limitDocument()
	page := processEditPage{Document: unixLines(v.r.FormValue("document")), Note: v.said("note")}
	p, err := sop.Parse([]byte(page.Document))
	if err != nil {
		return v.showProcessText(page, fault.WithKey(fault.Invalid, "error.process_flaws", err))
	}
	waits, err := v.Processes.InstallProcess(v.r.Context(), v.asker(), ProcessForm{Document: p, Text: page.Document, Note: page.Note})
	if code := fault.CodeOf(err); err != nil && (code == fault.Conflict || code == fault.Invalid) {
		return v.showProcessText(page, err)
	}
	if err != nil {
		return err
	}
	if waits {
		v.redirect("/sop/" + p.Name + "?done=process_waits")
		return nil
	}
	v.redirect("/sop/" + p.Name + "?done=process_saved")
	return nil
}

// processInstall installs a process of the library as it stands there.
func (v *visit) processInstall() error {
	p, text, err := shelved(v.r.PathValue("name"))
	if err != nil {
		return err
	}
	if _, err := v.Processes.InstallProcess(v.r.Context(), v.asker(), ProcessForm{Document: p, Text: string(text)}); err != nil {
		return err
	}
	v.redirect("/sop/" + p.Name + "?done=process_installed")
	return nil
}
