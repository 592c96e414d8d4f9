package sop

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/audience"
)

// Words says processes in one language.
type Words struct {
	// Say returns the sentence under a locale key with its places filled; pairs are
	// names and values, and an int called N chooses the plural.
	Say      func(key string, pairs ...any) string
	Rules    *audience.Lexicon
	Names    audience.Names // of what rules name
	Language Language
	Of       *Process // whose steps conditions name, nil: they are called by their names
}

// Keys returns the locale keys that Words says, all of them.
func Keys() []string {
	keys := []string{"sop.trigger.fact_lines", "sop.trigger.fact_first", "sop.trigger.fact_by", "sop.trigger.fact_rule", "sop.trigger.audience", "sop.trigger.rule", "sop.trigger.date_rule", "sop.trigger.dates", "sop.trigger.dates_rule",
		"sop.trigger.weekdays", "sop.trigger.named", "sop.trigger.kinds", "sop.goal.say", "sop.goal.none", "sop.none", "sop.step_done", "sop.step_not_done", "sop.and", "sop.or", "sop.not", "sop.list",
		"sop.turn", "sop.wording.material", "sop.wording.link", "sop.wording.files", "sop.wording.weight", "sop.since_step", "sop.did.bought_lines", "sop.stop.say", "sop.stop.none", "sop.because.stop",
		"sop.at.once", "sop.at.minutes", "sop.at.hours", "sop.at.days_later", "sop.at.days_later_timed", "sop.at.same_day_timed",
		"sop.at.days_before_timed", "sop.at.on_the_day_timed", "sop.at.days_after_timed", "sop.lane.main", "sop.class.service", "sop.class.promised", "sop.class.marketing"}
	keys = append(keys, family("sop.flaw.", Mistakes())...)
	keys = append(keys, family("sop.change.", ChangeKinds())...)
	keys = append(keys, family("sop.did.", Signals())...)
	keys = append(keys, family("sop.did_not.", Signals())...)
	for _, of := range Subjects() {
		keys = append(keys, family("sop.trigger.fact.", TriggerFacts(of))...)
	}
	keys = append(keys, family("sop.trigger.date.", []OwnDate{Birthday, DueDate})...)
	keys = append(keys, family("sop.ended_by.", Enders())...)
	keys = append(keys, family("sop.weekday.", Weekdays())...)
	keys = append(keys, family("sop.channel.", Channels())...)
	keys = append(keys, family("sop.subject.", Subjects())...)
	keys = append(keys, family("sop.clock.", []Clock{Relative, Calendar, Cycle})...)
	keys = append(keys, family("sop.again.", []Again{Once, AfterEnd, Restart, EachTrial})...)
	keys = append(keys, family("sop.executor.", []Executor{ByRelation, ByOwner, ByGroupOwner, ByStore, BySelf, asProcess})...)
	keys = append(keys, family("sop.proof.", []Proof{ByPlatform, ByTap, ByPhoto})...)
	keys = append(keys, family("sop.late.", []Late{Drop, Postpone})...)
	keys = append(keys, family("sop.language.", []Language{Chinese, English})...)
	keys = append(keys, family("sop.outcome.", Outcomes())...)
	keys = append(keys, family("sop.run_state.", []RunState{Waiting, Watching, Ended})...)
	keys = append(keys, family("group_kind.", GroupKinds())...)
	keys = append(keys, family("sop.goal.", []GoalState{Reached, Missed})...)
	return append(keys, family("sop.because.", Becauses())...)
}

func family[T ~string](prefix string, words []T) (keys []string) {
	for _, w := range words {
		keys = append(keys, prefix+string(w))
	}
	return keys
}

// Offset says when a step falls.
func (w Words) Offset(o Offset, c Clock) string {
	clock := clockText(o.Clock)
	switch {
	case c != Relative && o.Days < 0:
		return w.Say("sop.at.days_before_timed", "N", -o.Days, "Clock", clock)
	case c != Relative && o.Days > 0:
		return w.Say("sop.at.days_after_timed", "N", o.Days, "Clock", clock)
	case c != Relative:
		return w.Say("sop.at.on_the_day_timed", "Clock", clock)
	case o.Timed && o.Days == 0:
		return w.Say("sop.at.same_day_timed", "Clock", clock)
	case o.Timed:
		return w.Say("sop.at.days_later_timed", "N", o.Days, "Clock", clock)
	case o.Days > 0:
		return w.Say("sop.at.days_later", "N", o.Days)
	case o.After == 0:
		return w.Say("sop.at.once")
	case o.After%time.Hour == 0:
		return w.Say("sop.at.hours", "N", int(o.After/time.Hour))
	}
	return w.Say("sop.at.minutes", "N", int(o.After/time.Minute))
}

// Condition says a condition, the word for none where there is none.
func (w Words) Condition(c *Condition) string {
	switch {
	case c == nil:
		return w.Say("sop.none")
	case c.Any != nil:
		return w.joined(c.Any, "sop.or")
	case c.All != nil:
		return w.joined(c.All, "sop.and")
	case c.Not != nil && c.Not.Did != "" && len(c.Not.Lines) == 0:
		return w.since(c.Not, w.Say("sop.did_not."+string(c.Not.Did)))
	case c.Not != nil && c.Not.Done != "":
		return w.Say("sop.step_not_done", "Step", w.stepNamed(c.Not.Done))
	case c.Done != "":
		return w.Say("sop.step_done", "Step", w.stepNamed(c.Done))
	case c.Not != nil:
		return w.Say("sop.not", "Condition", w.Condition(c.Not))
	case c.Rule != nil:
		return w.rule(c.Rule)
	case len(c.Lines) > 0:
		return w.since(c, w.Say("sop.did.bought_lines", "Lines", w.list(c.Lines)))
	}
	return w.since(c, w.Say("sop.did."+string(c.Did)))
}

func (w Words) stepNamed(name string) string {
	if w.Of == nil || w.Of.Step(name) < 0 {
		return name
	}
	return w.title(&w.Of.Steps[w.Of.Step(name)])
}

// since adds to what a customer did since when that counts.
func (w Words) since(c *Condition, said string) string {
	if c.Since == SinceStep {
		return w.Say("sop.since_step", "Condition", said)
	}
	return said
}

func (w Words) joined(parts []Condition, by string) string {
	said := make([]string, len(parts))
	for i := range parts {
		said[i] = w.Condition(&parts[i])
		if parts[i].Any != nil || parts[i].All != nil {
			said[i] = "(" + said[i] + ")"
		}
	}
	return strings.Join(said, w.Say(by))
}

func (w Words) rule(r *Rule) string {
	if audience.Check(&r.Rule) != nil {
		return "?"
	}
	return w.Rules.Sentence(&r.Rule, w.Names)
}

func (w Words) list(texts []string) string { return strings.Join(texts, w.Say("sop.list")) }

// Trigger says what begins a run.
func (w Words) Trigger(p *Process) string {
	t := &p.Trigger
	var said string
	switch {
	case len(t.Lines) > 0:
		said = w.Say("sop.trigger.fact_lines", "Lines", w.list(t.Lines))
	case t.First:
		said = w.Say("sop.trigger.fact_first")
	case len(t.By) > 0:
		by := make([]string, len(t.By))
		for i, one := range t.By {
			by[i] = w.Say("sop.ended_by." + string(one))
		}
		said = w.Say("sop.trigger.fact_by", "Trigger", w.Say("sop.trigger.fact."+string(t.Fact)), "By", w.list(by))
	case t.Fact != "":
		said = w.Say("sop.trigger.fact." + string(t.Fact))
	case t.Audience != "":
		said = w.Say("sop.trigger.audience", "Audience", t.Audience)
	case t.Date != "" && t.Rule != nil:
		said = w.Say("sop.trigger.date_rule", "Date", w.Say("sop.trigger.date."+string(t.Date)), "Rule", w.rule(t.Rule))
	case t.Date != "":
		said = w.Say("sop.trigger.date." + string(t.Date))
	case len(t.Dates) > 0 && t.Rule != nil:
		said = w.Say("sop.trigger.dates_rule", "Dates", w.days(t.Dates), "Rule", w.rule(t.Rule))
	case len(t.Dates) > 0:
		said = w.Say("sop.trigger.dates", "Dates", w.days(t.Dates))
	case t.Rule != nil:
		said = w.Say("sop.trigger.rule", "Rule", w.rule(t.Rule))
	default:
		days := make([]string, len(t.Weekdays))
		for i, d := range t.Weekdays {
			days[i] = w.Say("sop.weekday." + string(d))
		}
		said = w.Say("sop.trigger.weekdays", "Days", w.list(days))
	}
	if t.Fact != "" && t.Rule != nil {
		said = w.Say("sop.trigger.fact_rule", "Trigger", said, "Rule", w.rule(t.Rule))
	}
	if len(t.Kinds) > 0 {
		kinds := make([]string, len(t.Kinds))
		for i, k := range t.Kinds {
			kinds[i] = w.Say("group_kind." + string(k))
		}
		said = w.Say("sop.trigger.kinds", "Trigger", said, "Kinds", w.list(kinds))
	}
	if len(t.Named) > 0 {
		said = w.Say("sop.trigger.named", "Trigger", said, "Names", w.list(t.Named))
	}
	return said
}

func (w Words) days(dates []Day) string {
	texts := make([]string, len(dates))
	for i, d := range dates {
		texts[i] = d.String()
	}
	return w.list(texts)
}

// Goal says what a process is for.
func (w Words) Goal(g *Goal) string {
	if g == nil {
		return w.Say("sop.goal.none")
	}
	return w.Say("sop.goal.say", "Condition", w.Condition(&g.If), "N", int(time.Duration(g.Within)/day))
}

// Stops says what ends a run early.
func (w Words) Stops(stops []Stop) string {
	if len(stops) == 0 {
		return w.Say("sop.stop.none")
	}
	said := make([]string, len(stops))
	for i := range stops {
		said[i] = w.Condition(&stops[i].If)
	}
	return w.Say("sop.stop.say", "Conditions", strings.Join(said, w.Say("sop.or")))
}

// Change says one difference between two versions. is is the later version.
func (w Words) Change(c Change, is *Process) string {
	w.Of = is
	step := ""
	if c.Step != nil {
		step = w.title(c.Step)
	}
	was, now := w.part(c.Was, is.Clock), w.part(c.Is, is.Clock)
	return w.Say("sop.change."+string(c.Kind), "Step", step, "Stop", c.Stop, "Was", was, "Is", now)
}

func (w Words) title(s *Step) string {
	if s.Title.Empty() {
		return s.Name
	}
	return s.Title.In(w.Language)
}

func (w Words) part(p Part, c Clock) string {
	switch {
	case p.Offset != nil:
		return w.Offset(*p.Offset, c)
	case p.Condition != nil:
		return w.Condition(p.Condition)
	case p.Trigger != nil:
		return w.Trigger(p.Trigger)
	case p.Goal != nil:
		return w.Goal(p.Goal)
	case len(p.Choices) > 0:
		return w.choices(p.Choices)
	case p.Wording != nil:
		return w.wording(p.Wording, p.Beside)
	case !p.Text.Empty():
		return p.Text.In(w.Language)
	case p.Word == "":
		return w.Say("sop.none")
	case p.Family != "":
		return w.Say(p.Family + "." + p.Word)
	}
	return p.Word
}

func (w Words) choices(list []Choice) string {
	said := make([]string, len(list))
	for i := range list {
		lane := list[i].Lane
		if lane == "" {
			lane = w.Say("sop.lane.main")
		}
		said[i] = w.Say("sop.turn", "If", w.Condition(&list[i].If), "Lane", lane)
	}
	return w.list(said)
}

// wording says a wording: of two languages the one in which it differs from what it is
// compared with.
func (w Words) wording(v, beside *Variant) string {
	in := w.Language
	if other := in.other(); beside != nil && v.Text.In(in) == beside.Text.In(in) && v.Text.In(other) != beside.Text.In(other) {
		in = other
	}
	said := v.Text.In(in)
	if v.Material != "" {
		said = w.Say("sop.wording.material", "Code", v.Material)
	}
	if v.Link != "" {
		said += w.Say("sop.wording.link", "Link", v.Link)
	}
	if v.Files != "" {
		said += w.Say("sop.wording.files", "Files", v.Files)
	}
	if v.Weight != 0 && v.Weight != 1 {
		said += w.Say("sop.wording.weight", "Weight", strconv.FormatFloat(v.Weight, 'g', -1, 64))
	}
	return said
}

// Flaw says one flaw.
func (w Words) Flaw(f Flaw) string {
	if f.Rule != nil {
		pairs := []any{}
		for name, text := range w.Rules.Explain(*f.Rule) {
			pairs = append(pairs, name, text)
		}
		return w.Say(f.Rule.Key(), pairs...)
	}
	var pairs []any
	for name, text := range f.Parts {
		pairs = append(pairs, name, text)
	}
	return w.Say(f.Key(), pairs...)
}

// Because says why a step did not happen or a run ended. Reasons of the plan are
// said by its own sentences, under "because.".
func (w Words) Because(b Because, p *Process) string {
	if name := b.StopName(); name != "" {
		i := slices.IndexFunc(p.Stop, func(s Stop) bool { return s.Name == name })
		if i < 0 {
			return w.Say("sop.because.stop", "Condition", name)
		}
		return w.Say("sop.because.stop", "Condition", w.Condition(&p.Stop[i].If))
	}
	if slices.Contains(Becauses(), b) {
		return w.Say(b.Key())
	}
	return w.Say("because." + string(b))
}
