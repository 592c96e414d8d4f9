package sop

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"siyu/internal/audience"
	"siyu/internal/event"
)

// What a process may measure.
const (
	MaxSteps    = 100
	MaxVariants = 20
	maxDates    = 100
	maxDepth    = 8    // of conditions
	maxText     = 4000 // bytes: what WeCom takes as the text of one message
	maxTitle    = 200  // characters
	maxWindow   = 60 * day
	maxHorizon  = 400 * day
	maxMinutes  = 8 * 60 // of one step: a working day
)

var names = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,59}$`)

// Check returns an error of type Flaws that lists everything that is wrong with a
// process, nil for one that can be installed.
func Check(p *Process) error {
	c := checker{p: p}
	c.head()
	c.trigger()
	c.clock()
	c.goal()
	c.steps()
	c.lanes()
	c.oneOff()
	return c.flaws.asError()
}

type checker struct {
	p     *Process
	flaws Flaws
	at    int // place of the step whose conditions are looked at
}

// flaw notes a mistake; fill holds names and texts in turn.
func (c *checker) flaw(path string, m Mistake, fill ...string) {
	parts := map[string]string{}
	for i := 0; i+1 < len(fill); i += 2 {
		parts[fill[i]] = fill[i+1]
	}
	c.flaws = append(c.flaws, Flaw{Mistake: m, Path: path, Parts: parts})
}

func below(path, member string) string {
	if path == "" {
		return member
	}
	return path + "." + member
}

func at(path, member string, i int) string { return below(path, member+"["+strconv.Itoa(i)+"]") }

// word checks that a value is one of the known ones.
func word[T ~string](c *checker, path string, value T, known []T) bool {
	if slices.Contains(known, value) {
		return true
	}
	if value == "" {
		c.flaw(path, Missing)
		return false
	}
	list := make([]string, 0, len(known))
	for _, k := range known {
		if k != "" {
			list = append(list, string(k))
		}
	}
	c.flaw(path, WrongWord, "Value", string(value), "Known", strings.Join(list, ", "))
	return false
}

func (c *checker) name(path, value string) {
	if !names.MatchString(value) {
		c.flaw(path, BadText, "Value", value, "Known", "a-z 0-9 -")
	}
}

func (c *checker) text(path string, t Text, most int) {
	for _, one := range []struct{ member, text string }{{"zh", t.ZH}, {"en", t.EN}} {
		if !utf8.ValidString(one.text) || strings.ContainsRune(one.text, 0) {
			c.flaw(below(path, one.member), BadText, "Value", "", "Known", "UTF-8")
		}
		if len(one.text) > most {
			c.flaw(below(path, one.member), TooLong, "N", strconv.Itoa(most))
		}
	}
}

func (c *checker) head() {
	p := c.p
	c.name("name", p.Name)
	if p.Title.Empty() {
		c.flaw("title", Missing)
	}
	c.text("title", p.Title, 3*maxTitle)
	c.text("about", p.About, maxText)
	c.text("owner", Text{ZH: p.Owner}, 3*maxTitle)
	word(c, "subject", p.Subject, Subjects())
	word(c, "language", p.Language, []Language{"", Chinese, English})
	word(c, "again", p.Again, []Again{Once, AfterEnd, Restart, EachTrial})
	if word(c, "executor", p.Executor, []Executor{ByRelation, ByOwner, ByGroupOwner, ByStore, BySelf}) && !slices.Contains(executors[p.Subject], p.Executor) {
		c.flaw("executor", Mismatch, "Value", string(p.Executor), "Known", string(p.Subject))
	}
	if p.PerDay < 0 || p.PerDay > 500 {
		c.flaw("per_day", Range, "Value", strconv.Itoa(p.PerDay), "Known", "0..500")
	}
}

// executors are who can do something for which subject.
var executors = map[Subject][]Executor{
	OfCustomer: {ByRelation, ByOwner},
	OfGroup:    {ByGroupOwner},
	OfStore:    {ByStore},
	OfMember:   {BySelf},
}

func (c *checker) trigger() {
	t := &c.p.Trigger
	kinds := 0
	for _, set := range []bool{t.Fact != "", t.Audience != "", t.Date != "", len(t.Dates) > 0, len(t.Weekdays) > 0, t.Rule != nil && !t.Selects()} {
		if set {
			kinds++
		}
	}
	if kinds != 1 {
		c.flaw("trigger", OneTrigger)
		return
	}
	facts := TriggerFacts(c.p.Subject)
	if c.p.Subject != OfCustomer && len(t.Dates) == 0 && len(t.Weekdays) == 0 && (t.Fact == "" || len(facts) == 0) {
		known := []string{"dates", "weekdays"}
		for _, f := range facts {
			known = append(known, "fact: "+string(f))
		}
		c.flaw("trigger", Mismatch, "Value", string(c.p.Subject), "Known", strings.Join(known, ", "))
	}
	if c.p.Subject == OfCustomer && len(t.Weekdays) > 0 {
		c.flaw("trigger.weekdays", Mismatch, "Value", string(OfCustomer), "Known", "group, store, member")
	}
	if t.Fact != "" && len(facts) > 0 {
		word(c, "trigger.fact", t.Fact, facts)
	}
	if t.Fact != "" && t.Rule != nil && c.p.Subject != OfCustomer {
		c.flaw("trigger.rule", Mismatch, "Value", string(c.p.Subject), "Known", string(OfCustomer))
	}
	if len(t.Lines) > 0 && t.Fact != event.KindOrderPaid {
		c.flaw("trigger.lines", Mismatch, "Value", string(t.Fact), "Known", string(event.KindOrderPaid))
	}
	if t.First && t.Fact != event.KindRelationAdded {
		c.flaw("trigger.first", Mismatch, "Value", "first", "Known", string(event.KindRelationAdded))
	}
	if len(t.By) > 0 && t.Fact != event.KindRelationEnded {
		c.flaw("trigger.by", Mismatch, "Value", string(t.Fact), "Known", string(event.KindRelationEnded))
	}
	for i, by := range t.By {
		word(c, at("trigger", "by", i), by, Enders())
	}
	if t.Present && t.Audience == "" && t.Rule == nil && t.Date == "" || t.Present && (len(t.Dates) > 0 || t.Fact != "") {
		c.flaw("trigger.present", Mismatch, "Value", "present", "Known", "audience, rule, date")
	}
	if len(t.Named) > 0 && c.p.Subject != OfGroup && c.p.Subject != OfStore {
		c.flaw("trigger.named", Mismatch, "Value", string(c.p.Subject), "Known", "group, store")
	}
	if len(t.Kinds) > 0 && c.p.Subject != OfGroup {
		c.flaw("trigger.kinds", Mismatch, "Value", string(c.p.Subject), "Known", string(OfGroup))
	}
	if len(t.Kinds) > 0 && t.Fact != "" { // nobody has classified a group yet that was just created
		c.flaw("trigger.kinds", Mismatch, "Value", string(t.Fact), "Known", "dates, weekdays")
	}
	for i, k := range t.Kinds {
		word(c, at("trigger", "kinds", i), k, GroupKinds())
	}
	if t.Date != "" {
		word(c, "trigger.date", t.Date, []OwnDate{Birthday, DueDate})
	}
	for i, w := range t.Weekdays {
		word(c, at("trigger", "weekdays", i), w, Weekdays())
	}
	if len(t.Dates) > maxDates {
		c.flaw("trigger.dates", TooLong, "N", strconv.Itoa(maxDates))
	}
	if t.Rule != nil {
		c.rule("trigger.rule", t.Rule)
	}
	repeated(c, "trigger.dates", t.Dates)
	repeated(c, "trigger.weekdays", t.Weekdays)
	repeated(c, "trigger.lines", t.Lines)
	repeated(c, "trigger.by", t.By)
}

func repeated[T comparable](c *checker, path string, list []T) {
	for i := range list {
		if slices.Contains(list[:i], list[i]) {
			c.flaw(path+"["+strconv.Itoa(i)+"]", Twice, "Value", fmt.Sprint(list[i]))
		}
	}
}

func (c *checker) rule(path string, r *Rule) {
	for _, f := range audience.FlawsOf(audience.Check(&r.Rule)) {
		c.flaws = append(c.flaws, Flaw{Mistake: RuleFlaw, Path: below(path, f.Path), Parts: map[string]string{"Value": f.String()}, Rule: &f})
	}
}

func (c *checker) clock() {
	p, t := c.p, &c.p.Trigger
	if !word(c, "clock", p.Clock, []Clock{Relative, Calendar, Cycle}) {
		return
	}
	fits := Relative
	switch {
	case t.Date == DueDate:
		fits = Cycle
	case t.Date == Birthday || len(t.Dates) > 0 || len(t.Weekdays) > 0:
		fits = Calendar
	}
	if p.Clock != fits {
		c.flaw("clock", Mismatch, "Value", string(p.Clock), "Known", string(fits))
	}
}

func (c *checker) goal() {
	switch g := c.p.Goal; {
	case g == nil:
	case c.p.Subject != OfCustomer:
		c.flaw("goal", Mismatch, "Value", string(c.p.Subject), "Known", string(OfCustomer))
	default:
		c.condition("goal.if", &g.If, 1)
		c.span("goal.within", g.Within, time.Hour, maxHorizon)
	}
	seen := map[string]bool{}
	for i := range c.p.Stop {
		s := &c.p.Stop[i]
		path := at("", "stop", i)
		c.name(below(path, "name"), s.Name)
		if seen[s.Name] {
			c.flaw(below(path, "name"), Twice, "Value", s.Name)
		}
		seen[s.Name] = true
		if c.p.Subject != OfCustomer {
			c.flaw(path, Mismatch, "Value", string(c.p.Subject), "Known", string(OfCustomer))
			continue
		}
		c.condition(below(path, "if"), &s.If, 1)
	}
}

func (c *checker) span(path string, s Span, low, high time.Duration) {
	if d := time.Duration(s); d < low || d > high {
		c.flaw(path, Range, "Value", s.String(), "Known", Span(low).String()+".."+Span(high).String())
	}
}

func (c *checker) condition(path string, q *Condition, depth int) {
	parts := 0
	for _, set := range []bool{q.All != nil, q.Any != nil, q.Not != nil, q.Did != "", q.Rule != nil, q.Done != ""} {
		if set {
			parts++
		}
	}
	switch {
	case depth > maxDepth:
		c.flaw(path, TooLong, "N", strconv.Itoa(maxDepth))
		return
	case parts != 1, q.Any != nil && len(q.Any) == 0, q.All != nil && len(q.All) == 0:
		c.flaw(path, OnePart)
		return
	case c.p.Subject != OfCustomer && (q.Did != "" || q.Rule != nil):
		c.flaw(path, Mismatch, "Value", string(c.p.Subject), "Known", "done, not, all, any")
		return
	case c.p.Subject == OfCustomer && q.Done != "":
		c.flaw(below(path, "done"), Mismatch, "Value", string(OfCustomer), "Known", "group, store, member")
		return
	}
	if q.Done != "" {
		word(c, below(path, "done"), q.Done, c.p.StepsBefore(c.at))
	}
	for i := range q.All {
		c.condition(at(path, "all", i), &q.All[i], depth+1)
	}
	for i := range q.Any {
		c.condition(at(path, "any", i), &q.Any[i], depth+1)
	}
	if q.Not != nil {
		c.condition(below(path, "not"), q.Not, depth+1)
	}
	if q.Rule != nil {
		c.rule(below(path, "rule"), q.Rule)
	}
	c.signal(path, q)
}

func (c *checker) signal(path string, q *Condition) {
	if q.Did != "" {
		word(c, below(path, "did"), q.Did, Signals())
	}
	if len(q.Lines) > 0 && q.Did != Bought {
		c.flaw(below(path, "lines"), Mismatch, "Value", string(q.Did), "Known", string(Bought))
	}
	word(c, below(path, "since"), q.Since, []Since{"", SinceStep})
	if q.Since != "" && !slices.Contains([]Signal{Bought, Answered, Opened, Complained}, q.Did) {
		c.flaw(below(path, "since"), Mismatch, "Value", string(q.Did), "Known", "bought, answered, opened, complained")
	}
	if t := &c.p.Trigger; q.Did == OutOfIt && t.Audience == "" && t.Date == "" && (t.Rule == nil || t.Fact != "") {
		c.flaw(below(path, "did"), Mismatch, "Value", string(OutOfIt), "Known", "audience, rule, date")
	}
}
