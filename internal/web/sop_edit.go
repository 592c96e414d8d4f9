package web

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
)

// processEditPage is the text form of a process and what it says.
type processEditPage struct {
	Of       string // name of the installed process that was opened, "" for a new one
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
	Version int  // in force, 0 for a process that is not installed
	New     bool // no process was opened
	Taken   bool // another process bears the name than the one that was opened
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
	switch {
	case q.Get("process") != "":
		view, err := v.Processes.Process(v.r.Context(), v.seat.Scope, q.Get("process"))
		if err != nil {
			return err
		}
		return v.showProcessText(processEditPage{Of: view.Name, Document: view.Newest}, nil)
	case q.Get("library") != "":
		_, raw, err := shelved(q.Get("library"))
		if err != nil {
			return err
		}
		return v.showProcessText(processEditPage{Document: string(raw)}, nil)
	}
	text, err := v.firstText()
	if err != nil {
		return err
	}
	return v.showProcessText(processEditPage{Document: text}, nil)
}

// firstText returns the text to begin a process with, under a name that no other has.
func (v *visit) firstText() (string, error) {
	known, err := v.Processes.Processes(v.r.Context(), v.seat.Scope)
	if err != nil {
		return "", err
	}
	name := sop.FreeName("my-process", func(name string) bool {
		return slices.ContainsFunc(known, func(r ProcessRow) bool { return r.Name == name })
	})
	return fmt.Sprintf(firstDocument, name), nil
}

// firstDocument is the smallest process that says something, without its name.
const firstDocument = `sop: 1
name: %s
title: {zh: 新流程, en: New process}
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
    title: {zh: 问好, en: Hello}
    at: 30m
    within: 8h
    late: postpone
    channel: private
    purpose: serve
    service: true
    minutes: 2
    content:
      - text:
          zh: "{name}您好，我是{staff}。"
          en: "Hello {name}, {staff} here."
`

func (v *visit) showProcessText(page processEditPage, wrong error) error {
	look, err := v.lookAt(page.Of, page.Document)
	if err != nil {
		return err
	}
	page.Look, page.Days = look, ProcessDays
	if wrong != nil {
		_, page.Wrong = v.wrong(wrong)
	}
	title := v.lang.text("process.new")
	if look.Version > 0 && !look.Taken {
		title = v.lang.text("process.edit_title", "Title", look.Lane.Title)
	}
	return v.show("sop_edit", Page{Title: title, Menu: "sop", Data: page})
}

// lookAt says what the text of an installed process says, or of a new one where of is "".
func (v *visit) lookAt(of, text string) (look processLook, err error) {
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
	look.New, look.Lane, look.Name = of == "", &lane, p.Name
	known, err := v.Processes.Processes(v.r.Context(), v.seat.Scope)
	if err != nil {
		return look, err
	}
	if i := slices.IndexFunc(known, func(r ProcessRow) bool { return r.Name == p.Name }); i >= 0 {
		look.Version, look.Taken = known[i].Version, p.Name != of
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
	look, err := v.lookAt(v.said("of"), unixLines(v.r.FormValue("document")))
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

// editedText returns the form with the text as it was sent.
func (v *visit) editedText() processEditPage {
	return processEditPage{Of: v.said("of"), Document: unixLines(v.r.FormValue("document")), Note: v.said("note")}
}

// processSave installs the text as a new process, or as a new version of the one that
// was opened. Of another one that bears its name it becomes a version only if the person
// says so.
func (v *visit) processSave() error {
	v.limitDocument()
	page := v.editedText()
	p, err := sop.Parse([]byte(page.Document))
	if err != nil {
		return v.showProcessText(page, fault.WithKey(fault.Invalid, "error.process_flaws", err))
	}
	of := page.Of
	if v.said("over") == p.Name {
		of = p.Name
	}
	waits, err := v.Processes.InstallProcess(v.r.Context(), v.asker(), ProcessForm{Of: of, Document: p, Text: page.Document, Note: page.Note})
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

// taken is the key of the error that says that another process has the name.
const taken = "error.process_taken"

// processInstall installs a process of the library as it stands there; of one that is
// installed it shows the page.
func (v *visit) processInstall() error {
	p, text, err := shelved(v.r.PathValue("name"))
	if err != nil {
		return err
	}
	_, err = v.Processes.InstallProcess(v.r.Context(), v.asker(), ProcessForm{Document: p, Text: string(text)})
	if fault.KeyOf(err) == taken {
		v.redirect("/sop/" + p.Name)
		return nil
	}
	if err != nil {
		return err
	}
	v.redirect("/sop/" + p.Name + "?done=process_installed")
	return nil
}
