package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
)

type sendListPage struct {
	Rows    []OneOffRow
	Next    string
	Columns int
}

func (v *visit) sendList() error {
	found, err := v.OneOffs.OneOffs(v.r.Context(), v.seat.Scope, v.r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	page := sendListPage{Rows: found.Rows, Columns: 7}
	if found.Next != "" {
		page.Next = "/sends?" + url.Values{"after": {found.Next}}.Encode()
	}
	if v.partial() {
		return v.part("sends", "rows", page)
	}
	return v.showSend("sends", page)
}

// showSend shows a page of one-off messages, which is one of Touch.
func (v *visit) showSend(name string, data any) error {
	return v.show(name, Page{Title: v.lang.text("touch.title"), Menu: "touch", Data: touchPage{Tab: "sends", Seat: v.seat, Decides: lead(v.seat), Data: data}})
}

// sendForm is the form of a one-off message.
type sendForm struct {
	OneOffForm
	Audiences []AudienceRow
	Look      sendLook
	Building  string // why nothing can be counted now
	Channels  []sop.Channel
	Purposes  []event.Purpose
	Executors []sop.Executor
	Signals   []sop.Signal
	When      string   // as its input holds it
	More      []string // further wordings, with blank ones up to what there can be
	Limited   bool     // to the asker's own stores
	Wrong     string
	Flaws     Flaws
}

// First returns the first wording.
func (f sendForm) First() string {
	if len(f.Texts) == 0 {
		return ""
	}
	return f.Texts[0]
}

// Stopped tells whether the signal is ticked.
func (f sendForm) Stopped(s sop.Signal) bool { return slices.Contains(f.Stops, s) }

// sendLook is whom an audience describes.
type sendLook struct {
	Known    bool
	Number   int64
	Size     int
	Sentence string
}

// What a new form holds: a goal that most products can reach, and the time that a
// message by hand takes.
const (
	usualGoalDays = 14
	usualMinutes  = 3
)

func (v *visit) sendNew() error {
	audience, err := strconv.ParseInt(v.r.URL.Query().Get("audience"), 10, 64)
	if err != nil {
		audience = 0 // none is chosen yet
	}
	return v.showSendForm(OneOffForm{Key: rand.Text(), Audience: audience, Channel: sop.Mass, Purpose: event.Serve, Now: true, Days: 1, Executor: sop.ByRelation,
		Stops: OneOffStops(), GoalDays: usualGoalDays, Minutes: usualMinutes}, nil)
}

func (v *visit) sendEdit() error {
	form, err := v.OneOffs.OneOffForm(v.r.Context(), v.asker(), v.r.PathValue("name"))
	if err != nil {
		return err
	}
	return v.showSendForm(form, nil)
}

func (v *visit) showSendForm(form OneOffForm, wrong error) error {
	page := sendForm{OneOffForm: form, Channels: OneOffChannels(), Purposes: OneOffPurposes(), Executors: []sop.Executor{sop.ByRelation, sop.ByOwner},
		Signals: OneOffStops(), Limited: !v.seat.Scope.Everything, More: make([]string, content.MostWordings-1)}
	if !form.At.IsZero() {
		page.When = form.At.In(v.Zone).Format(whenInput)
	}
	if len(form.Texts) > 1 {
		page.More = append(slices.Clone(form.Texts[1:]), make([]string, max(0, content.MostWordings-len(form.Texts)))...)
	}
	var err error
	if page.Audiences, err = v.Audiences.Audiences(v.r.Context(), v.seat.Scope); building(err) {
		page.Building = fault.KeyOf(err)
	} else if err != nil {
		return err
	}
	if page.Look, err = v.audienceAt(page.Audiences, form.Audience); err != nil {
		return err
	}
	page.Flaws, page.Wrong = v.wrong(wrong)
	return v.showSend("send_new", page)
}

// audienceAt says whom an audience of a list describes.
func (v *visit) audienceAt(list []AudienceRow, number int64) (l sendLook, err error) {
	i := slices.IndexFunc(list, func(a AudienceRow) bool { return a.Number == number && a.Broken == "" })
	if i < 0 {
		return l, nil
	}
	names, err := v.Audiences.Names(v.r.Context(), v.seat.Scope)
	return sendLook{Known: true, Number: number, Size: list[i].Size, Sentence: v.lang.words.Sentence(&list[i].Rule, names)}, err
}

// sendLookAt answers with whom the chosen audience describes.
func (v *visit) sendLookAt() error {
	number, err := strconv.ParseInt(v.r.URL.Query().Get("audience"), 10, 64)
	if err != nil {
		number = 0
	}
	list, err := v.Audiences.Audiences(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	look, err := v.audienceAt(list, number)
	if err != nil {
		return err
	}
	return v.part("send_new", "send-look", look)
}

// typedOneOff reads the form of a one-off message.
func (v *visit) typedOneOff() (form OneOffForm, err error) {
	const inMemory = 1 << 20
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, mostBrought+maxForm)
	tooLarge := v.r.ParseMultipartForm(inMemory)
	if errors.Is(tooLarge, http.ErrNotMultipart) {
		tooLarge = nil
	}
	f := formReader{values: v.r.FormValue}
	form = OneOffForm{Key: v.said("key"), Name: v.said("name"), Title: v.said("title"), Channel: sop.Channel(v.said("channel")), Purpose: event.Purpose(v.said("purpose")),
		Link: v.said("link"), Now: v.said("when") != "at", Executor: sop.Executor(v.said("executor"))}
	if tooLarge != nil {
		return form, fault.WithKey(fault.Invalid, "error.post_brought", fmt.Errorf("read one-off message: %w", tooLarge))
	}
	form.Audience, err = strconv.ParseInt(v.said("audience"), 10, 64)
	if err != nil {
		form.Audience = 0 // none is chosen
	}
	for _, text := range v.r.Form["text"] {
		if text = strings.TrimSpace(unixLines(text)); text != "" {
			form.Texts = append(form.Texts, text)
		}
	}
	for _, s := range OneOffStops() {
		if slices.Contains(v.r.Form["stop"], string(s)) {
			form.Stops = append(form.Stops, s)
		}
	}
	if form.Name != "" {
		form.Version = f.whole("version", 1, maxVersion)
	}
	flaws := Flaws{}
	for field, to := range map[string]*int{"days": &form.Days, "goal": &form.GoalDays, "minutes": &form.Minutes} {
		n, err := strconv.Atoi(cmp.Or(v.said(field), "0"))
		if *to = n; err != nil {
			*to = -1 // OneOffFlaws says what is wrong with it
		}
	}
	if !form.Now {
		if form.At, err = time.ParseInLocation(whenInput, v.said("at"), v.Zone); err != nil {
			flaws.Add("at", "error.post_at")
		}
	}
	brought := PostForm{}
	if err := v.broughtFiles(&brought); err != nil {
		return form, err
	}
	form.Files, form.Brought = brought.Files, brought.Brought
	return form, flaws.Err()
}

func (v *visit) sendSave() error {
	form, err := v.typedOneOff()
	files, unkept := v.OneOffs.KeepFiles(v.r.Context(), form)
	if form.Files, form.Brought = files, nil; err == nil {
		err = unkept
	}
	name := ""
	if err == nil {
		name, err = v.OneOffs.SaveOneOff(v.r.Context(), v.asker(), form)
	}
	if refused(err) || building(err) {
		return v.showSendForm(form, err)
	}
	if err != nil {
		return err
	}
	v.redirect("/sends/" + name)
	return nil
}

// sendPage is the page of a one-off message.
type sendPage struct {
	OneOffView
	Sentence string // whom its rule describes
	Who      string // does it
	Stops    string
	Goal     string
	Texts    []string
	Link     string
	Review   sendReview
	Meets    *Meeting // nil where nothing is known
	Because  []tallied
	Staff    []sendMember
	Done     *ApprovalDone
	Wrong    bool // a number was typed, and it is another one
	Building bool // what else reaches the same customers is added up
}

// sendMember is what a member made of what was given.
type sendMember struct{ ProcessLine }

// Undone returns how much came to nothing that was the member's to do.
func (m sendMember) Undone() int { return m.Dropped + m.Unmade + m.Failed }

// sendReview is a review in words.
type sendReview struct {
	*OneOffReview
	Name    string
	Channel sop.Channel
	Because []tallied
	Sum     int // of who would not get it
}

func (v *visit) sendShow() error {
	return v.showOneOff(nil, 0)
}

func (v *visit) showOneOff(done *ApprovalDone, typed int) error {
	found, err := v.OneOffs.OneOff(v.r.Context(), v.asker(), v.r.PathValue("name"))
	if err != nil {
		return err
	}
	w, err := v.speaker()
	if err != nil {
		return err
	}
	p := &found.Document
	page := sendPage{OneOffView: found, Sentence: w.Rules.Sentence(&p.Trigger.Rule.Rule, w.Names), Who: w.Say("sop.executor." + string(p.Executor)), Stops: w.Stops(p.Stop), Goal: w.Goal(p.Goal),
		Link: p.Steps[0].Content[0].Link, Because: reasonsOf(w, p, found.Followed.Because), Done: done, Wrong: done != nil && typed != 0 && len(done.Typed) > 0}
	for i := range p.Steps[0].Content {
		page.Texts = append(page.Texts, p.Steps[0].Content[i].Text.In(p.Speaks()))
	}
	for _, line := range found.Staff {
		page.Staff = append(page.Staff, sendMember{line})
	}
	if found.Review != nil {
		page.Review = reviewed(w, &found)
		meets, err := v.Calendars.ProcessMeets(v.r.Context(), v.seat.Scope, found.Name)
		switch page.Building = building(err); {
		case err != nil && !page.Building:
			return fmt.Errorf("look for what else reaches its customers: %w", err)
		case err == nil && meets.Known:
			page.Meets = &meets.Meeting
		}
	}
	switch {
	case v.partial() && found.Review == nil: // it was started meanwhile
		v.w.Header().Set("HX-Refresh", "true")
		return nil
	case v.partial():
		return v.part("send", "send-review", page.Review)
	}
	return v.showSend("send", page)
}

func reviewed(w sop.Words, found *OneOffView) sendReview {
	r := sendReview{OneOffReview: found.Review, Name: found.Name, Channel: found.Channel(), Because: reasonsOf(w, &found.Document, found.Review.Withheld)}
	for _, because := range r.Because {
		r.Sum += because.N
	}
	return r
}

func (v *visit) sendStart() error { return v.sendDecided(v.OneOffs.StartOneOff, "send_started") }

func (v *visit) sendApprove() error { return v.sendDecided(v.OneOffs.ApproveOneOff, "send_ahead") }

// sendDecided lets decide act on the version that was seen, and says that it is done, or
// what is missing.
func (v *visit) sendDecided(decide func(context.Context, Asker, OneOffStart) (ApprovalDone, error), said string) error {
	name := v.r.PathValue("name")
	f := formReader{values: func(name string) string { return strings.ReplaceAll(v.r.FormValue(name), ",", "") }}
	start := OneOffStart{Name: name, Version: f.whole("version", 1, maxVersion)}
	if v.said("typed") != "" {
		start.Typed = f.whole("typed", 0, mostLimit)
	}
	done, err := decide(v.r.Context(), v.asker(), start)
	if err != nil {
		return err
	}
	if !done.Whole() {
		return v.showOneOff(&done, start.Typed)
	}
	v.redirect("/sends/" + name + "?done=" + said)
	return nil
}

func (v *visit) sendState() error {
	name, to := v.r.PathValue("name"), ProcessState(v.said("to"))
	if to != ProcessActive && to != ProcessPaused && to != ProcessRetired {
		return fault.New(fault.Invalid, "one-off message %s: no such state", name)
	}
	before, err := v.OneOffs.OneOff(v.r.Context(), v.asker(), name)
	if err != nil {
		return err
	}
	if err := v.OneOffs.SetOneOff(v.r.Context(), v.asker(), name, to); err != nil {
		return err
	}
	switch {
	case before.Stage == OneOffDraft || before.Stage == OneOffSecond:
		v.redirect("/sends?done=send_thrown")
	case to == ProcessActive:
		v.redirect("/sends/" + name + "?done=process_active")
	case to == ProcessPaused:
		v.redirect("/sends/" + name + "?done=process_paused")
	default:
		v.redirect("/sends/" + name + "?done=send_ended")
	}
	return nil
}

// Underway returns to how many customers it is still on its way.
func (r OneOffRow) Underway() int { return max(0, r.Followed.Open()) }

// Missed returns to how many customers what was given did not happen.
func (r OneOffRow) Missed() int {
	return r.Followed.Unmade + r.Followed.Failed + r.Followed.NoNeed + r.Followed.TakenBack
}

// AudienceLink returns the address of the audience it is for.
func (r OneOffRow) AudienceLink() string {
	return "/audiences/" + strconv.Itoa(r.Document.OneOff.Audience)
}

// Pauses tells whether it can be held up.
func (r OneOffRow) Pauses() bool {
	return slices.Contains([]OneOffStage{OneOffPlanned, OneOffApproval, OneOffRunning}, r.Stage)
}

// Draft tells whether it has not started.
func (r OneOffRow) Draft() bool { return r.Stage == OneOffDraft || r.Stage == OneOffSecond }
