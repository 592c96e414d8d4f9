package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/audience"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// draft is a rule while it is being built: a group of drafts, or one condition
// that may not be complete.
type draft struct {
	Path  string // places from the root, "0.2.1"
	Join  join   // "" of a condition
	Parts []*draft
	Ask   draftAsk
	Flaw  string // key of what the condition still lacks
}

// join says how the parts of a group belong together.
type join string

// The joins.
const (
	joinAll  join = "all"
	joinAny  join = "any"
	joinNone join = "none"
)

// draftAsk is a condition as the form holds it.
type draftAsk struct {
	Field  audience.Field
	Window int
	Is     audience.Test
	Values []string // as typed; of chosen values the number, or the text it stands for
	Named  []AudienceValue
}

const (
	draftRoot  = "0"
	conditions = 200 // as many as a rule may have parts
)

// Group tells whether the draft has parts.
func (d *draft) Group() bool { return d.Join != "" }

// Deep tells whether no group may stand in this one: three levels are as many as
// can be read.
func (d *draft) Deep() bool { return strings.Count(d.Path, ".") >= 2 }

// Input returns what the condition's values are typed as.
func (d *draft) Input() input { return inputOf(d.Ask.Field.Kind, d.Ask.Is) }

// Values returns the values with room for those still to be typed.
func (d *draft) Values() []string {
	values := slices.Clone(d.Ask.Values)
	for len(values) < needs(d.Ask.Is) {
		values = append(values, "")
	}
	return values[:needs(d.Ask.Is)]
}

// Has tells whether a word is chosen.
func (d *draft) Has(place int) bool { return slices.Contains(d.Ask.Values, strconv.Itoa(place)) }

// Asks returns every condition.
func (d *draft) Asks() []*draft {
	if !d.Group() {
		return []*draft{d}
	}
	var all []*draft
	for _, p := range d.Parts {
		all = append(all, p.Asks()...)
	}
	return all
}

// readDraft reads the tree from a form: a "part" for each group and condition,
// in the order in which they stand.
func readDraft(form url.Values) (*draft, error) {
	root := &draft{Path: draftRoot, Join: joinAll}
	if len(form["part"]) > conditions {
		return nil, fault.WithKey(fault.Invalid, "error.audience_large", fmt.Errorf("rule of %d parts", len(form["part"])))
	}
	at := map[string]*draft{draftRoot: root}
	for _, path := range form["part"] {
		d := at[path]
		if d == nil {
			cut := strings.LastIndexByte(path, '.')
			if cut < 0 || at[path[:cut]] == nil || !at[path[:cut]].Group() {
				return nil, fault.New(fault.Invalid, "rule form: part %q stands in no group", path)
			}
			d = &draft{Path: path}
			at[path], at[path[:cut]].Parts = d, append(at[path[:cut]].Parts, d)
		}
		if j := join(form.Get("join." + path)); slices.Contains([]join{joinAll, joinAny, joinNone}, j) {
			d.Join = j
		} else if path != draftRoot {
			d.Ask = readAsk(form, path)
		}
	}
	return root, nil
}

func readAsk(form url.Values, path string) draftAsk {
	f, known := audience.FieldOf(form.Get("field." + path))
	if !known || f.Name != form.Get("was."+path) {
		if !known {
			f = audience.Fields()[0]
		}
		return usualAsk(f)
	}
	a := draftAsk{Field: f, Is: audience.Test(form.Get("is." + path)), Values: form["value."+path]}
	if w, err := strconv.Atoi(form.Get("window." + path)); err == nil && slices.Contains(f.Windows, w) {
		a.Window = w
	}
	if !slices.Contains(f.Kind.Tests(), a.Is) {
		a.Is = usualTest(f.Kind)
	}
	return a
}

// usualAsk is the condition that a field begins with.
func usualAsk(f audience.Field) draftAsk { return draftAsk{Field: f, Is: usualTest(f.Kind)} }

func usualTest(k audience.Kind) audience.Test {
	switch k {
	case audience.Number, audience.Money, audience.Share, audience.Score:
		return audience.AtLeast
	}
	return k.Tests()[0]
}

// draftOf writes a rule as the form shows it.
func draftOf(r *audience.Rule) *draft {
	root := &draft{Join: joinAll}
	switch {
	case r.Ask != nil:
		root.Parts = []*draft{partOf(r)}
	case r.Not != nil || r.Any != nil || r.All != nil:
		root = partOf(r)
	}
	root.number(draftRoot)
	return root
}

func partOf(r *audience.Rule) *draft {
	switch {
	case r.Ask != nil:
		return &draft{Ask: askOf(r.Ask)}
	case r.Not != nil && r.Not.Any != nil:
		return &draft{Join: joinNone, Parts: ruleParts(r.Not.Any)}
	case r.Not != nil:
		return &draft{Join: joinNone, Parts: []*draft{partOf(r.Not)}}
	case r.Any != nil:
		return &draft{Join: joinAny, Parts: ruleParts(r.Any)}
	}
	return &draft{Join: joinAll, Parts: ruleParts(r.All)}
}

func ruleParts(rules []audience.Rule) []*draft {
	parts := make([]*draft, len(rules))
	for i := range rules {
		parts[i] = partOf(&rules[i])
	}
	return parts
}

func askOf(c *audience.Condition) draftAsk {
	f, _ := audience.FieldOf(c.Field)
	a := draftAsk{Field: f, Window: c.Window, Is: c.Is}
	for _, v := range c.Values {
		a.Values = append(a.Values, typed(f, c.Is, v))
	}
	return a
}

// number gives every part its path.
func (d *draft) number(path string) {
	d.Path = path
	for i, p := range d.Parts {
		p.number(path + "." + strconv.Itoa(i))
	}
}

// do changes the draft as a button of the form asks: "ask:0", "group:0.1",
// "drop:0.1.0", "add:0.2:17", "cut:0.2:17".
func (d *draft) do(what string) {
	words := strings.SplitN(what, ":", 3)
	if len(words) < 2 {
		return
	}
	at, above := d.find(words[1]), d.above(words[1])
	if at == nil {
		return
	}
	switch verb := words[0]; {
	case verb == "ask" && at.Group():
		at.Parts = append(at.Parts, &draft{Ask: usualAsk(audience.Fields()[0])})
	case verb == "group" && at.Group() && !at.Deep():
		at.Parts = append(at.Parts, &draft{Join: joinAny})
	case verb == "drop" && above != nil:
		above.Parts = slices.DeleteFunc(above.Parts, func(p *draft) bool { return p == at })
	case verb == "add" && len(words) == 3 && !at.Group() && !slices.Contains(at.Ask.Values, words[2]):
		at.Ask.Values = append(at.Ask.Values, words[2])
	case verb == "cut" && len(words) == 3 && !at.Group():
		at.Ask.Values = slices.DeleteFunc(at.Ask.Values, func(v string) bool { return v == words[2] })
	}
	d.number(draftRoot)
}

func (d *draft) find(path string) *draft {
	if d.Path == path {
		return d
	}
	for _, p := range d.Parts {
		if found := p.find(path); found != nil {
			return found
		}
	}
	return nil
}

func (d *draft) above(path string) *draft {
	cut := strings.LastIndexByte(path, '.')
	if cut < 0 {
		return nil
	}
	return d.find(path[:cut])
}

// rule returns the rule of all conditions that are complete; the others are
// marked with what they lack.
func (d *draft) rule() audience.Rule {
	if r := d.partRule(); r != nil {
		return *r
	}
	return audience.Rule{}
}

func (d *draft) partRule() *audience.Rule {
	if !d.Group() {
		return d.askRule()
	}
	var parts []audience.Rule
	for _, p := range d.Parts {
		if r := p.partRule(); r != nil {
			parts = append(parts, *r)
		}
	}
	switch {
	case len(parts) == 0:
		if len(d.Parts) == 0 && d.Path != draftRoot {
			d.Flaw = flawMissing
		}
		return nil
	case d.Join == joinNone:
		return &audience.Rule{Not: &audience.Rule{Any: parts}}
	case d.Join == joinAny:
		return &audience.Rule{Any: parts}
	}
	return &audience.Rule{All: parts}
}

func (d *draft) askRule() *audience.Rule {
	a := &d.Ask
	c := audience.Condition{Field: a.Field.Name, Window: a.Window, Is: a.Is}
	for _, text := range a.Values {
		if strings.TrimSpace(text) == "" {
			continue
		}
		v, ok := readTyped(a.Field, a.Is, text)
		if !ok {
			d.Flaw = "audience_flaw." + string(d.Input())
			return nil
		}
		c.Values = append(c.Values, v)
	}
	if len(c.Values) < needs(a.Is) {
		d.Flaw = flawMissing
		return nil
	}
	return &audience.Rule{Ask: &c}
}

// flawMissing is the key of what is said where nothing was entered yet.
const flawMissing = "audience_flaw.missing"

// needs returns how many values a test wants at least.
func needs(t audience.Test) int {
	fewest, _ := t.Values()
	return fewest
}

// input names what a value is typed as.
type input string

// The inputs.
const (
	inputCount input = "count"
	inputYuan  input = "yuan"
	inputShare input = "share" // per cent
	inputScore input = "score"
	inputDays  input = "days"
	inputDate  input = "date"
	inputPick  input = "pick" // one or more of many values
	inputWords input = "words"
	inputNone  input = "none"
)

func inputOf(k audience.Kind, t audience.Test) input {
	if needs(t) == 0 {
		return inputNone
	}
	switch k {
	case audience.Money:
		return inputYuan
	case audience.Share:
		return inputShare
	case audience.Score:
		return inputScore
	case audience.Word:
		return inputWords
	case audience.Ref, audience.Refs:
		return inputPick
	case audience.Date, audience.Annual:
		if t == audience.Since || t == audience.Before || t == audience.Between {
			return inputDate
		}
		return inputDays
	}
	return inputCount
}

// Decimals of the steps of what is typed: yuan in fen, per cent in thousandths,
// scores in hundredths.
const (
	yuanDigits  = 2
	shareDigits = 1
	scoreDigits = 2
)

func digitsOf(i input) int {
	switch i {
	case inputYuan:
		return yuanDigits
	case inputShare:
		return shareDigits
	case inputScore:
		return scoreDigits
	}
	return 0
}

// readTyped returns the value that a typed text stands for.
func readTyped(f audience.Field, t audience.Test, text string) (v audience.Value, ok bool) {
	text = strings.TrimSpace(text)
	switch i := inputOf(f.Kind, t); i {
	case inputWords:
		place, err := strconv.Atoi(text)
		if err != nil || place < 0 || place >= len(f.Words) {
			return v, false
		}
		return audience.Value{Number: int64(place), Text: f.Words[place]}, true
	case inputPick:
		if f.Of.Coded() {
			return audience.Value{Number: int64(id.CodeOf(text)), Text: text}, true
		}
		n, err := strconv.ParseInt(text, 10, 64)
		return audience.Value{Number: n}, err == nil
	case inputDate:
		day, err := time.ParseInLocation(time.DateOnly, text, time.UTC)
		return audience.Value{Number: day.Unix() / int64((24*time.Hour)/time.Second)}, err == nil
	default:
		n, ok := readNumber(i, text)
		return audience.Value{Number: n}, ok
	}
}

func readNumber(i input, text string) (int64, bool) {
	text = strings.TrimPrefix(strings.ReplaceAll(text, ",", ""), "+")
	if strings.HasPrefix(text, ".") {
		text = "0" + text
	}
	n, ok := audience.Steps(text, digitsOf(i))
	if !ok || n > mostTyped || n < -mostTyped || i == inputDays && (n < 1 || n > maxCycle) {
		return 0, false
	}
	return n, true
}

// mostTyped is more than anything that is counted or paid.
const mostTyped = 1e15

// typed writes a value as readTyped reads it.
func typed(f audience.Field, t audience.Test, v audience.Value) string {
	switch i := inputOf(f.Kind, t); {
	case i == inputDate:
		return dayText(v.Number)
	case i == inputYuan || i == inputShare || i == inputScore:
		return strings.TrimSuffix(strings.TrimRight(audience.Decimal(v.Number, digitsOf(i)), "0"), ".")
	case i == inputPick && f.Of.Coded():
		return v.Text
	}
	return strconv.FormatInt(v.Number, 10)
}

// dayText writes a business day.
func dayText(day int64) string {
	const noon = 12 * time.Hour // of the business day is on the same date in UTC
	return event.StartOfDay(day).Time().Add(noon).Format(time.DateOnly)
}
