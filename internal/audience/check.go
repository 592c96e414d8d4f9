package audience

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"siyu/internal/id"
)

// What a rule may measure. People write a dozen parts; the limits keep what
// programs send from holding up a turn.
const (
	MaxDepth  = 16
	MaxParts  = 200
	MaxValues = 1_000
	maxText   = 200 // characters of a value
)

// Check returns an error that lists every flaw of a rule, see FlawsOf; its
// code is fault.Invalid. It returns nil for a rule that all evaluators take.
func Check(rule *Rule) error {
	c := checker{}
	c.rule(rule, "", 1)
	if c.parts > MaxParts {
		c.flaw("", TooLarge, "N", strconv.Itoa(MaxParts))
	}
	return c.flaws.asError()
}

type checker struct {
	flaws flaws
	parts int
}

// flaw notes a mistake; fill holds names and texts in turn.
func (c *checker) flaw(path string, m Mistake, fill ...string) {
	c.flaws = append(c.flaws, flawAt(path, m, fill...))
}

func flawAt(path string, m Mistake, fill ...string) Flaw {
	parts := make(map[string]string, len(fill)/2)
	for i := 0; i+1 < len(fill); i += 2 {
		parts[fill[i]] = fill[i+1]
	}
	return Flaw{Mistake: m, Path: path, From: -1, To: -1, Parts: parts}
}

func (c *checker) rule(r *Rule, path string, depth int) {
	c.parts++
	switch {
	case depth > MaxDepth:
		c.flaw(path, TooDeep, "N", strconv.Itoa(MaxDepth))
		return
	case c.parts > MaxParts:
		return
	case r.parts() > 1:
		c.flaw(path, SeveralParts)
		return
	case r.Any != nil && len(r.Any) == 0:
		c.flaw(path, EmptyAny)
	case r.Ask != nil:
		c.condition(r.Ask, path)
	}
	for i := range r.All {
		c.rule(&r.All[i], at(path, "all", i), depth+1)
	}
	for i := range r.Any {
		c.rule(&r.Any[i], at(path, "any", i), depth+1)
	}
	if r.Not != nil {
		c.rule(r.Not, below(path, "not"), depth+1)
	}
}

// parts counts which of the rule's parts are set.
func (r *Rule) parts() int {
	n := 0
	for _, set := range []bool{r.All != nil, r.Any != nil, r.Not != nil, r.Ask != nil} {
		if set {
			n++
		}
	}
	return n
}

func below(path, member string) string {
	if path == "" {
		return member
	}
	return path + "." + member
}

func at(path, member string, i int) string {
	return below(path, member+"["+strconv.Itoa(i)+"]")
}

func (c *checker) condition(ask *Condition, path string) {
	f, known := FieldOf(ask.Field)
	if !known {
		c.flaw(below(path, "field"), UnknownField, "Field", ask.Field)
		return
	}
	if ask.Window != Ever && !slices.Contains(f.Windows, ask.Window) {
		c.flaw(below(path, "window"), UnknownWindow, "Field", f.Name, "Window", strconv.Itoa(ask.Window), "Known", listed(f.Windows))
	}
	if !slices.Contains(f.Tests(), ask.Is) {
		c.flaw(below(path, "is"), UnknownTest, "Field", f.Name, "Test", string(ask.Is), "Known", listed(f.Tests()))
		return
	}
	c.values(f, ask, path)
}

func listed[T any](values []T) string {
	said := make([]string, len(values))
	for i, v := range values {
		said[i] = fmt.Sprint(v)
	}
	return strings.Join(said, ", ")
}

// Tests returns the tests that values of the field can be put to. Whether a
// customer is in any audience at all is not asked.
func (f Field) Tests() []Test {
	if f.Name == AudienceField {
		return []Test{OneOf, AllOf, NoneOf}
	}
	return f.Kind.Tests()
}

// Values returns how few and how many values the test takes.
func (t Test) Values() (fewest, most int) {
	switch t {
	case Never, Known, ThisWeek, ThisMonth:
		return 0, 0
	case Between:
		return 2, 2
	case OneOf, NoneOf, AllOf:
		return 1, MaxValues
	}
	return 1, 1
}

func (c *checker) values(f Field, ask *Condition, path string) {
	fewest, most := ask.Is.Values()
	switch n := len(ask.Values); {
	case n > MaxValues:
		c.flaw(below(path, "values"), TooMany, "N", strconv.Itoa(MaxValues))
		return
	case n < fewest || n > most:
		c.flaw(below(path, "values"), ValueCount, "Field", f.Name, "N", strconv.Itoa(fewest))
		return
	}
	before := len(c.flaws)
	for i, v := range ask.Values {
		if flaw, bad := f.flawOf(ask.Is, v); bad {
			flaw.Path = at(path, "values", i)
			c.flaws = append(c.flaws, flaw)
		}
	}
	if ask.Is == Between && len(c.flaws) == before && ask.Values[0].Number > ask.Values[1].Number {
		c.flaw(below(path, "values"), Backwards, "Low", ask.show(0), "High", ask.show(1))
	}
}

// flawOf tells what is wrong with a value of the field.
func (f Field) flawOf(is Test, v Value) (flaw Flaw, bad bool) {
	switch f.Kind {
	case Word:
		if v.Number < 0 || v.Number >= int64(len(f.Words)) || f.Words[v.Number] != v.Text {
			return flawAt("", UnknownWord, "Field", f.Name, "Value", v.Text, "Known", listed(f.Words)), true
		}
	case Ref, Refs:
		return f.flawOfRef(v)
	default:
		low, high := f.bounds(is)
		if v.Text != "" {
			return flawAt("", ValueKind, "Field", f.Name, "Value", v.Text, "Kind", string(f.Kind)), true
		}
		if v.Number < low || v.Number > high {
			return flawAt("", OutOfRange, "Field", f.Name, "Value", f.show(is, v), "Low", f.show(is, Value{Number: low}), "High", f.show(is, Value{Number: high})), true
		}
	}
	return Flaw{}, false
}

func (f Field) flawOfRef(v Value) (flaw Flaw, bad bool) {
	if !f.Of.Coded() {
		if v.Number <= 0 || v.Text != "" {
			return flawAt("", ValueKind, "Field", f.Name, "Value", strconv.FormatInt(v.Number, 10)+v.Text, "Kind", string(f.Of)), true
		}
		return Flaw{}, false
	}
	if !clean(v.Text) {
		return flawAt("", BadText, "N", strconv.Itoa(maxText)), true
	}
	if v.Number != int64(id.CodeOf(v.Text)) {
		return flawAt("", ValueKind, "Field", f.Name, "Value", v.Text, "Kind", string(f.Of)), true
	}
	return Flaw{}, false
}

// Coded tells whether values are the id.Code of a text.
func (t Thing) Coded() bool { return t == OfTag || t == OfText }

// clean tells whether a text can be a value: some characters, none of them a
// control character, no space around them.
func clean(text string) bool {
	return text != "" && utf8.ValidString(text) && utf8.RuneCountInString(text) <= maxText &&
		strings.TrimSpace(text) == text && !strings.ContainsFunc(text, unicode.IsControl)
}

// The bounds of values: wider than anything true, narrow enough that no sum
// of days or steps leaves an int64.
const (
	mostDays   = 3_660                   // ten years: of relative times
	mostYear   = 366                     // days of a year
	lastDay    = 84_005                  // 2199-12-31
	mostCount  = 1_000_000_000           //
	mostMoney  = 100 * 1_000_000_000_000 // fen
	mostScore  = 100 * hundredth         // eta
	wholeShare = thousandth
)

func (f Field) bounds(is Test) (low, high int64) {
	switch f.Kind {
	case Money:
		return -mostMoney, mostMoney
	case Share:
		return 0, wholeShare
	case Score:
		return -mostScore, mostScore
	case Annual:
		return 1, mostYear
	case Date:
		if is.counts() {
			return 1, mostDays
		}
		return 1, lastDay
	}
	return 0, mostCount
}

// counts tells whether the test's value is a number of days.
func (t Test) counts() bool { return t == Last || t == Ago || t == Next }
