package web

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
)

// beginForm is what begins a process, as a person picks it.
type beginForm struct {
	Is      string // value of the pick
	Picks   []pick
	Rule    string // value of its pick, "" where everybody is meant
	Rules   []pick // none where the subject is no customer
	Present bool   // who fits already may be let in
}

// What begins a process but facts, which stand behind their own prefix.
const (
	byFact     = "fact:"
	byAudience = "audience:"
	byDate     = "date:"
	byRule     = "rule"
	byDates    = "dates"
	byWeekdays = "weekdays"
)

// beginOf returns what begins a process and what else could.
func (v *visit) beginOf(w sop.Words, p *sop.Process) (f beginForm, err error) {
	if p.Subject != sop.OfCustomer {
		f.Is, f.Picks = byDates, []pick{{byDates, v.lang.text("process.begin_dates")}, {byWeekdays, v.lang.text("process.begin_weekdays")}}
		for _, k := range sop.TriggerFacts(p.Subject) {
			f.Picks = append(f.Picks, pick{byFact + string(k), v.lang.text("sop.trigger.fact." + string(k))})
		}
		switch {
		case p.Trigger.Fact != "":
			f.Is = byFact + string(p.Trigger.Fact)
		case len(p.Trigger.Weekdays) > 0:
			f.Is = byWeekdays
		}
		return f, nil
	}
	t := &p.Trigger
	audiences, err := v.Audiences.Audiences(v.r.Context(), v.seat.Scope)
	if err != nil && !building(err) {
		return f, err
	}
	for _, k := range sop.TriggerFacts(p.Subject) {
		f.Picks = append(f.Picks, pick{byFact + string(k), v.lang.text("sop.trigger.fact." + string(k))})
	}
	for _, d := range []sop.OwnDate{sop.Birthday, sop.DueDate} {
		f.Picks = append(f.Picks, pick{byDate + string(d), v.lang.text("sop.trigger.date." + string(d))})
	}
	f.Picks = append(f.Picks, pick{byDates, v.lang.text("process.begin_dates")}, pick{byRule, v.lang.text("process.begin_rule")})
	f.Rules = []pick{{"", v.lang.text("process.begin_anybody")}}
	if t.Rule != nil {
		f.Rule, f.Rules = asWritten, append(f.Rules, pick{asWritten, w.Rules.Sentence(&t.Rule.Rule, w.Names)})
	}
	named := map[string]bool{}
	for _, a := range audiences {
		if a.Watched && !named[a.Name] {
			named[a.Name] = true
			f.Picks = append(f.Picks, pick{byAudience + a.Name, v.lang.text("sop.trigger.audience", "Audience", a.Name)})
		}
		if a.Broken == "" && a.Kind == Dynamic {
			f.Rules = append(f.Rules, pick{strconv.FormatInt(a.Number, 10), v.lang.text("process.begin_as", "Audience", a.Name)})
		}
	}
	switch {
	case t.Fact != "":
		f.Is = byFact + string(t.Fact)
	case t.Audience != "":
		if f.Is = byAudience + t.Audience; !named[t.Audience] {
			f.Picks = append(f.Picks, pick{f.Is, v.lang.text("sop.trigger.audience", "Audience", t.Audience)})
		}
	case t.Date != "":
		f.Is = byDate + string(t.Date)
	case len(t.Dates) > 0:
		f.Is = byDates
	default:
		f.Is = byRule
	}
	f.Present = f.Is == byRule || t.Audience != "" || t.Date != ""
	return f, nil
}

// applyBegin takes over what begins a run.
func (v *visit) applyBegin(p *sop.Process) error {
	is := v.said("h.begins")
	if is == "" {
		return nil
	}
	was := p.Trigger
	t := sop.Trigger{Named: was.Named, Kinds: was.Kinds, Present: was.Present}
	switch kind, name, _ := strings.Cut(is, ":"); kind + ":" {
	case byFact:
		if t.Fact = event.Kind(name); t.Fact == was.Fact {
			t.Lines, t.First, t.By = was.Lines, was.First, was.By
		}
	case byAudience:
		t.Audience = name
	case byDate:
		t.Date = sop.OwnDate(name)
	case byDates + ":":
		t.Dates = was.Dates
	case byWeekdays + ":":
		t.Weekdays = was.Weekdays
	case byRule + ":":
	default:
		return fault.New(fault.Invalid, "%q begins no process", is)
	}
	if err := v.applyDates(&t); err != nil {
		return err
	}
	if err := v.applyRule(&was, &t); err != nil {
		return err
	}
	begins := t.Fact == "" && len(t.Dates) == 0 && len(t.Weekdays) == 0
	if t.Present = t.Present && begins; v.said("h.present_asked") != "" {
		t.Present = begins && v.said("h.present") != ""
	}
	p.Begin(t)
	return nil
}

// applyDates takes over dates and days of the week, where they begin runs.
func (v *visit) applyDates(t *sop.Trigger) error {
	switch v.said("h.begins") {
	case byWeekdays:
		t.Weekdays = nil
		for _, d := range v.r.PostForm["h.weekday"] {
			t.Weekdays = append(t.Weekdays, sop.Weekday(d))
		}
	case byDates:
		t.Dates = nil
		for _, text := range listedIn(v.said("h.dates")) {
			var d sop.Day
			if err := d.UnmarshalText([]byte(text)); err != nil {
				return err
			}
			t.Dates = append(t.Dates, d)
		}
		if len(t.Dates) == 0 {
			return errors.New(v.lang.text("process.begin_no_dates"))
		}
	}
	return nil
}

// applyRule takes over for whom it is: the rule that stands there, or that of an
// audience as it is now.
func (v *visit) applyRule(was, t *sop.Trigger) error {
	picked := v.said("h.rule")
	switch {
	case t.Audience != "" || len(v.r.PostForm["h.rule"]) > 0 && picked == "":
		return nil
	case picked == asWritten || picked == "":
		t.Rule = was.Rule
		return nil
	}
	number, err := strconv.ParseInt(picked, 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no audience", picked)
	}
	list, err := v.Audiences.Audiences(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(a AudienceRow) bool { return a.Number == number })
	if i < 0 {
		return fmt.Errorf("%q is no audience", picked)
	}
	t.Rule = &sop.Rule{Rule: list[i].Rule}
	return nil
}
