package web

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
)

// stepForm is a step as a person edits it on its lane.
type stepForm struct {
	*sop.Step
	Called                      string // in the language of the page
	N                           int    // of the offset
	Unit, Clock                 string
	Relative                    bool
	WithinN                     int
	WithinUnit                  string
	Class                       string
	Says                        []saysForm
	Asks                        []conditionForm // of the step: one, or none where its subject is no customer
	Turns                       []conditionForm // branches
	Lanes                       []pick
	Channels, Proofs            []string
	Purposes                    []event.Purpose
	Classes, Units, WithinUnits []string
	Executors                   []sop.Executor // who can do it in the process's place, with "" for nobody; none where the process alone says it
	Wrong                       string
}

// saysForm is one wording; the last one is empty, to be filled in.
type saysForm struct{ Text, Material, Link, Files string }

// headForm is what concerns the whole process.
type headForm struct {
	*sop.Process
	Called              string
	Dates, Lines, Named string // with commas between
	Days                []sop.Weekday
	GoalDays            int
	AboutSays           string // in the language of the page
	Begin               beginForm
	New                 bool // not installed: name and subject can still be chosen
	Subjects            []sop.Subject
	Languages           []sop.Language
	Executors           []sop.Executor
	Goals               []conditionForm // one, or none where the subject is no customer
	Signs               []stopSign
	Owners              []pick   // who may answer for it
	Stops               []string // stop rules that are changed in the text
	Wrong               string
}

// Enders returns who can end a relation, for the form.
func (headForm) Enders() []sop.EndedBy { return sop.Enders() }

// GroupKinds returns the kinds that groups can be of.
func (headForm) GroupKinds() []sop.GroupKind { return sop.GroupKinds() }

// Concerns tells whether the trigger names a kind of groups.
func (f headForm) Concerns(k sop.GroupKind) bool { return slices.Contains(f.Trigger.Kinds, k) }

// EndedBy tells whether the trigger names who ended a relation.
func (f headForm) EndedBy(by sop.EndedBy) bool { return slices.Contains(f.Trigger.By, by) }

// Falls tells whether the process begins on a day of the week.
func (f headForm) Falls(d sop.Weekday) bool { return slices.Contains(f.Trigger.Weekdays, d) }

func (v *visit) formOf(w sop.Words, p *sop.Process, s *sop.Step) *stepForm {
	f := &stepForm{Step: s, Called: s.Title.In(v.lang.process()), Relative: p.Clock == sop.Relative, Class: classOf(s), Classes: []string{"marketing", "service", "promised"},
		Purposes: []event.Purpose{event.Serve, event.Ask, event.Remind, event.Promote, event.Greet}, Units: []string{"m", "h", "d"}, WithinUnits: []string{"m", "h", "d"}}
	f.N, f.Unit, f.Clock = s.At.Parts()
	if !f.Relative {
		f.Units = []string{"d"}
	}
	f.WithinN, f.WithinUnit = sop.Span(s.Window()).Parts()
	if p.Subject == sop.OfCustomer {
		f.Purposes = append(f.Purposes, "") // of tasks that customers do not notice
		f.Executors = []sop.Executor{"", sop.ByStore}
	}
	for _, c := range sop.Channels() {
		if p.Subject == sop.OfCustomer || c.Manual() || c == sop.Wait {
			f.Channels = append(f.Channels, string(c))
		}
	}
	f.Proofs = []string{string(sop.ByTap), string(sop.ByPhoto)}
	if slices.ContainsFunc(sop.Channels(), func(c sop.Channel) bool { return c.Reported(p.Subject) }) {
		f.Proofs = append(f.Proofs, string(sop.ByPlatform))
	}
	for i := range s.Content {
		f.Says = append(f.Says, saysForm{s.Content[i].Text.In(v.spoken(p, s)), s.Content[i].Material, s.Content[i].Link, s.Content[i].Files})
	}
	f.Says = append(f.Says, saysForm{})
	v.asksOf(w, p, f)
	return f
}

// spoken returns the language in which a step's wordings are edited: the customers',
// or of what only members read the reader's own.
func (v *visit) spoken(p *sop.Process, s *sop.Step) sop.Language {
	if s.Channel == sop.Task {
		return v.lang.process()
	}
	return p.Speaks()
}

func (v *visit) headOf(w sop.Words, p *sop.Process) *headForm {
	f := &headForm{Process: p, Called: p.Title.In(v.lang.process()), Lines: strings.Join(p.Trigger.Lines, ", "), Named: strings.Join(p.Trigger.Named, ", "), Days: sop.Weekdays(),
		AboutSays: p.About.In(v.lang.process()), Executors: sop.Executors(p.Subject), Subjects: sop.Subjects(), Languages: []sop.Language{sop.Chinese, sop.English}}
	dates := make([]string, len(p.Trigger.Dates))
	for i, d := range p.Trigger.Dates {
		dates[i] = d.String()
	}
	f.Dates = strings.Join(dates, ", ")
	if p.Goal != nil {
		f.GoalDays = int(time.Duration(p.Goal.Within) / (24 * time.Hour))
	}
	v.endsOf(w, f)
	return f
}

// ownersFor returns who may answer for a process: accounts in use, roles, and whom it
// names already.
func (v *visit) ownersFor(p *sop.Process) ([]pick, error) {
	users, err := v.Users.Users(v.r.Context(), v.seat.Scope)
	if err != nil {
		return nil, err
	}
	list := []pick{{"", v.lang.text("process.owner_none")}}
	offer := func(value, said string) {
		if !slices.ContainsFunc(list, func(p pick) bool { return strings.EqualFold(p.Value, value) }) {
			list = append(list, pick{value, said})
		}
	}
	for _, u := range users {
		if u.Active {
			offer(u.Account, u.Account+" · "+v.lang.word("role", u.Role))
		}
	}
	for _, r := range roles() {
		offer(string(r), v.lang.text("process.owner_role", "Role", v.lang.word("role", r)))
	}
	offer(p.Owner, p.Owner)
	return list, nil
}

// processForm changes a step or the head of the text in the form, as a button of
// its lane asks, and shows what the text says then. What would be wrong is not
// taken over.
func (v *visit) processForm() error {
	v.limitDocument()
	page := v.editedText()
	p, err := sop.Parse([]byte(page.Document))
	if err != nil {
		return v.showProcessText(page, nil)
	}
	do, name, _ := strings.Cut(v.r.FormValue("do"), ":")
	changed := p
	opened, wrong := v.change(&changed, do, name)
	if wrong == nil {
		var text []byte
		if text, wrong = sop.Rewrite([]byte(page.Document), &changed); wrong == nil {
			page.Document = string(text)
		}
	}
	w, err := v.speaker()
	if err != nil {
		return err
	}
	said := ""
	if wrong != nil {
		opened, said = name, v.flawsSaid(w, wrong)
	}
	switch {
	case do == "head" || do == "apply-head" && (wrong != nil || changed.Subject != p.Subject): // other subjects begin otherwise
		page.Head = v.headOf(w, &changed)
		page.Head.Wrong, page.Head.New = said, page.Of == ""
		if page.Head.Owners, err = v.ownersFor(&changed); err != nil {
			return err
		}
		if page.Head.Begin, err = v.beginOf(w, &changed); err != nil {
			return err
		}
	case changed.Step(opened) >= 0:
		page.Step = v.formOf(w, &changed, &changed.Steps[changed.Step(opened)])
		page.Step.Wrong = said
	case wrong != nil:
		page.Wrong = said
	}
	return v.showProcessText(page, nil)
}

// change does what a button asks and returns the step whose form is to be open, ""
// for none.
func (v *visit) change(p *sop.Process, do, name string) (opened string, err error) {
	switch do {
	case "open":
		return name, nil
	case "earlier":
		p.Swap(name, -1)
	case "later":
		p.Swap(name, +1)
	case "remove":
		p.Remove(name)
	case "add":
		text := v.lang.text("process.new_says")
		return p.Add(name, sop.Text{ZH: text, EN: text}), nil
	case "apply":
		return "", v.applyStep(p, name)
	case "apply-head":
		return "", v.applyHead(p)
	}
	return "", nil
}

// flawsSaid says why a change was not taken over.
func (v *visit) flawsSaid(w sop.Words, wrong error) string {
	flaws := sop.FlawsOf(wrong)
	if flaws == nil {
		return v.lang.text("process.form_wrong", "Value", wrong.Error())
	}
	said := make([]string, len(flaws))
	for i, f := range flaws {
		said[i] = w.Flaw(f)
	}
	return strings.Join(said, " ")
}

// applyStep takes the fields of a step over.
func (v *visit) applyStep(p *sop.Process, name string) error {
	at := p.Step(name)
	if at < 0 {
		return nil
	}
	s := p.Steps[at]
	n, err := v.whole("s.n")
	if err != nil {
		return err
	}
	if s.At, err = sop.OffsetOf(n, v.said("s.unit"), v.said("s.clock")); err != nil {
		return err
	}
	within, err := sop.ParseSpan(v.said("s.within") + v.said("s.within_unit"))
	if err != nil {
		return err
	}
	if within != sop.Span(s.Window()) {
		s.Within = within
	}
	s.Title = put(s.Title, v.lang.process(), v.said("s.title"))
	s.Late, s.Channel, s.Tag = sop.Late(v.said("s.late")), sop.Channel(v.said("s.channel")), v.said("s.tag")
	s.Service, s.Promised = v.said("s.class") == "service", v.said("s.class") == "promised"
	if _, asked := v.r.PostForm["s.executor"]; asked {
		s.Executor = sop.Executor(v.said("s.executor"))
	}
	if s.Minutes, err = v.fraction("s.minutes"); err != nil {
		return err
	}
	v.applyHow(p.Subject, &p.Steps[at], &s)
	v.applyAsks(p, &s)
	s.Content = v.wordings(v.spoken(p, &s), s.Content)
	if !s.Channel.Reaches() && !s.Channel.Manual() {
		s.Content = nil
	}
	p.Put(s)
	return nil
}

// applyHow takes over what depends on the channel; what does not fit it is left
// out.
func (v *visit) applyHow(of sop.Subject, was, s *sop.Step) {
	aboutOne := s.Channel.Reaches() || s.Channel.Manual() && of == sop.OfCustomer
	s.Purpose = ""
	if aboutOne || s.Channel == sop.Group || s.Channel == sop.Moments {
		s.Purpose = event.Purpose(v.said("s.purpose"))
	}
	s.Service, s.Promised = s.Service && aboutOne, s.Promised && s.Channel.Reaches()
	if s.Channel != sop.Tag {
		s.Tag = ""
	}
	switch proof := sop.Proof(v.said("s.proof")); {
	case proof != was.ProofOf():
		s.Proof = proof
	case s.Channel != was.Channel && proof != sop.ByPhoto: // the proof that goes with a channel is the channel's own
		s.Proof = ""
	}
}

// wordings returns the wordings of the form: those without text and material are
// left out.
func (v *visit) wordings(l sop.Language, was []sop.Variant) (list []sop.Variant) {
	texts, materials := v.r.PostForm["s.text"], v.r.PostForm["s.material"]
	for i := range texts {
		one := sop.Variant{}
		if i < len(was) {
			one = was[i]
		}
		text := strings.TrimSpace(unixLines(texts[i]))
		one.Material = ""
		if i < len(materials) {
			one.Material = strings.TrimSpace(materials[i])
		}
		if len(v.r.PostForm["s.link"]) > 0 {
			one.Link, one.Files = strings.TrimSpace(v.nth("s.link", i)), strings.TrimSpace(v.nth("s.files", i))
		}
		switch {
		case text == "" && one.Material == "":
			continue
		case one.Material != "" && text == "":
			one.Text = sop.Text{}
		default:
			one.Text = put(one.Text, l, text)
		}
		list = append(list, one)
	}
	return list
}

// put sets what a text says in one language.
func put(t sop.Text, l sop.Language, text string) sop.Text {
	if t.In(l) == text {
		return t
	}
	if l == sop.English {
		t.EN = text
	} else {
		t.ZH = text
	}
	return t
}

// applyHead takes the fields of the whole process over. Where they make it about other
// subjects, those that say what begins it and when it ends are of what it was about.
func (v *visit) applyHead(p *sop.Process) error {
	if v.said("of") == "" {
		p.Name = cmp.Or(v.said("h.name"), p.Name)
	}
	if language := sop.Language(v.said("h.language")); language != "" && language != p.Speaks() {
		p.Language = language
	}
	p.Title = put(p.Title, v.lang.process(), v.said("h.title"))
	p.Again = sop.Again(cmp.Or(v.said("h.again"), string(p.Again)))
	if _, asked := v.r.PostForm["h.owner"]; asked {
		p.Owner = v.said("h.owner")
	}
	perDay, err := v.whole("h.per_day")
	if err != nil {
		return err
	}
	p.PerDay = perDay
	if len(v.r.PostForm["h.about"]) > 0 {
		p.About = put(p.About, v.lang.process(), unixLines(v.said("h.about")))
	}
	if of := sop.Subject(v.said("h.subject")); of != "" && of != p.Subject && v.said("of") == "" {
		p.Concern(of)
		return nil
	}
	if executor := sop.Executor(v.said("h.executor")); executor != "" {
		p.Executor = executor
	}
	if err := v.applyEnds(p); err != nil {
		return err
	}
	if err := v.applyBegin(p); err != nil {
		return err
	}
	t := &p.Trigger
	if t.Fact == event.KindOrderPaid {
		t.Lines = listedIn(v.said("h.lines"))
	}
	if t.Fact == event.KindRelationAdded && v.said("h.first_asked") != "" {
		t.First = v.said("h.first") != ""
	}
	if t.Fact == event.KindRelationEnded && v.said("h.by_asked") != "" {
		t.By = nil
		for _, by := range v.r.PostForm["h.by"] {
			t.By = append(t.By, sop.EndedBy(by))
		}
	}
	if p.Subject == sop.OfGroup || p.Subject == sop.OfStore {
		t.Named = listedIn(v.said("h.named"))
	}
	if p.Subject == sop.OfGroup && v.said("h.kinds_asked") != "" {
		t.Kinds = nil
		for _, kind := range v.r.PostForm["h.kind"] {
			t.Kinds = append(t.Kinds, sop.GroupKind(kind))
		}
	}
	return nil
}

// listedIn returns what stands between commas of either script.
func listedIn(text string) (list []string) {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '，' || r == '、' }) {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// whole reads a whole number, 0 where nothing is said.
func (v *visit) whole(field string) (int, error) {
	n, err := strconv.Atoi(cmp.Or(v.said(field), "0"))
	if err != nil {
		return 0, fmt.Errorf("%q is no whole number", v.said(field))
	}
	return n, nil
}

// fraction reads a number, 0 where nothing is said.
func (v *visit) fraction(field string) (float64, error) {
	n, err := strconv.ParseFloat(cmp.Or(v.said(field), "0"), 64)
	if err != nil || n != n {
		return 0, fmt.Errorf("%q is no number", v.said(field))
	}
	return n, nil
}
