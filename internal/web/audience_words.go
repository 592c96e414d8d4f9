package web

import (
	"strconv"
	"time"

	"siyu/internal/audience"
)

// testNames are what the tests are called in the keys of the locale files.
var testNames = map[audience.Test]string{
	audience.Equal: "equal", audience.IsNot: "is_not", audience.Less: "less", audience.AtMost: "at_most", audience.More: "more",
	audience.AtLeast: "at_least", audience.Between: "between", audience.OneOf: "one_of", audience.NoneOf: "none_of", audience.AllOf: "all_of",
	audience.Last: "last", audience.Ago: "ago", audience.Next: "next", audience.Since: "since", audience.Before: "before",
	audience.Never: "never", audience.Known: "known", audience.ThisWeek: "this_week", audience.ThisMonth: "this_month",
}

// testFamily groups kinds whose tests read alike.
func testFamily(k audience.Kind) string {
	switch k {
	case audience.Date:
		return "audience_date"
	case audience.Annual:
		return "audience_annual"
	case audience.Word, audience.Ref:
		return "audience_ref"
	case audience.Refs:
		return "audience_refs"
	case audience.Score:
		return "audience_score"
	}
	return "audience_number"
}

// testWord says a test in the choice of a condition.
func (l *locale) testWord(f audience.Field, t audience.Test) string {
	return l.word(testFamily(f.Kind), testNames[t])
}

// fieldWord says what a field is called.
func (l *locale) fieldWord(name string) string { return l.words.Field(name) }

// wordOf says one of a field's words.
func (l *locale) wordOf(f audience.Field, word string) string { return l.words.Word(f.Name, word) }

// unitOf names the unit of what is typed: of a count, what is counted.
func unitOf(f audience.Field, i input) string {
	if i == inputCount {
		return f.Name
	}
	return string(i)
}

// shareName says what one share of a spread holds.
func (l *locale) shareName(s AudienceSpread, share AudienceShare) string {
	f, _ := audience.FieldOf(s.Field)
	switch {
	case f.Kind == audience.Money && share.High == 0:
		return l.text("audience.from", "Low", l.estimated(float64(share.Low)))
	case f.Kind == audience.Money:
		return l.estimated(float64(share.Low)) + "–" + l.estimated(float64(share.High))
	case share.None:
		return l.text("audience.none")
	case share.Name == "":
		return l.text("audience.rest")
	case f.Kind == audience.Word:
		return l.wordOf(f, share.Name)
	}
	return share.Name
}

// widthOf returns how wide a bar of 100 is.
func widthOf(count, of int) string {
	if of == 0 {
		return "0"
	}
	return strconv.FormatFloat(100*float64(count)/float64(of), 'f', 1, 64)
}

func joins() []join { return []join{joinAll, joinAny, joinNone} }

// took says how long something took, in milliseconds.
func took(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64)
}
