// Package audiencetest makes random rules and random customers, by which the
// evaluators of rules are held equal.
package audiencetest

import (
	"slices"

	"pgregory.net/rapid"

	"siyu/internal/audience"
	"siyu/internal/id"
)

// Today is the business day around which dates are drawn: 15 May 2026.
const Today = 20_588

// things is how many stores, staff, tags, texts ... there are: few, so that
// rules and customers meet.
const things = 6

// Rules draws rules of up to so many levels that pass audience.Check.
func Rules(depth int) *rapid.Generator[audience.Rule] {
	return rapid.Custom(func(t *rapid.T) audience.Rule {
		kind := rapid.IntRange(0, 9).Draw(t, "part")
		if depth <= 1 || kind < 5 {
			ask := Conditions().Draw(t, "ask")
			return audience.Rule{Ask: &ask}
		}
		below := Rules(depth - 1)
		switch kind {
		case 5, 6:
			return audience.Rule{All: rapid.SliceOfN(below, 0, 4).Draw(t, "all")}
		case 7, 8:
			return audience.Rule{Any: rapid.SliceOfN(below, 1, 4).Draw(t, "any")}
		}
		inner := below.Draw(t, "not")
		return audience.Rule{Not: &inner}
	})
}

// Conditions draws conditions over every field, window and test.
func Conditions() *rapid.Generator[audience.Condition] {
	return rapid.Custom(func(t *rapid.T) audience.Condition {
		f := rapid.SampledFrom(audience.Fields()).Draw(t, "field")
		return ConditionsOn(f).Draw(t, "condition")
	})
}

// ConditionsOn draws conditions over one field.
func ConditionsOn(f audience.Field) *rapid.Generator[audience.Condition] {
	return rapid.Custom(func(t *rapid.T) audience.Condition {
		ask := audience.Condition{
			Field:  f.Name,
			Window: rapid.SampledFrom(append([]int{audience.Ever}, f.Windows...)).Draw(t, "window"),
			Is:     rapid.SampledFrom(f.Tests()).Draw(t, "test"),
		}
		draw := func() audience.Value { return valueOf(t, f, ask.Is) }
		switch ask.Is {
		case audience.Never, audience.Known, audience.ThisWeek, audience.ThisMonth:
		case audience.Between:
			ask.Values = []audience.Value{draw(), draw()}
			slices.SortFunc(ask.Values, func(a, b audience.Value) int { return int(a.Number - b.Number) })
		case audience.OneOf, audience.NoneOf, audience.AllOf:
			for range rapid.IntRange(1, 3).Draw(t, "values") {
				if v := draw(); !slices.Contains(ask.Values, v) {
					ask.Values = append(ask.Values, v)
				}
			}
		default:
			ask.Values = []audience.Value{draw()}
		}
		return ask
	})
}

func valueOf(t *rapid.T, f audience.Field, is audience.Test) audience.Value {
	days := is == audience.Last || is == audience.Ago || is == audience.Next
	switch {
	case f.Kind == audience.Word:
		i := rapid.IntRange(0, len(f.Words)-1).Draw(t, "word")
		return audience.Value{Number: int64(i), Text: f.Words[i]}
	case f.Kind == audience.Ref || f.Kind == audience.Refs:
		return Thing(f.Of, rapid.IntRange(1, things).Draw(t, "thing"))
	case f.Kind == audience.Annual:
		return audience.Value{Number: rapid.SampledFrom([]int64{1, 2, 7, 30, 200, 365, 366}).Draw(t, "days")}
	case days:
		return audience.Value{Number: rapid.SampledFrom([]int64{1, 2, 7, 10, 30, 90, 365}).Draw(t, "days")}
	}
	return audience.Value{Number: number(t, f)}
}

// Thing returns the i-th of a few stores, tags, texts ...
func Thing(of audience.Thing, i int) audience.Value {
	switch of {
	case audience.OfTag, audience.OfText:
		text := string(of) + " " + string(rune('A'+i-1))
		return audience.Value{Number: int64(id.CodeOf(text)), Text: text}
	}
	return audience.Value{Number: int64(i)}
}

// number draws what the field may have, 0 and what is close to it more often.
func number(t *rapid.T, f audience.Field) int64 {
	switch f.Kind {
	case audience.Money:
		return rapid.SampledFrom([]int64{0, 1, 9_900, 10_000, 50_000, 123_456}).Draw(t, "fen")
	case audience.Share:
		return rapid.SampledFrom([]int64{0, 1, 50, 350, 355, 999, 1_000}).Draw(t, "share")
	case audience.Score:
		return rapid.SampledFrom([]int64{-120, -20, -1, 0, 1, 20, 75}).Draw(t, "score")
	case audience.Date:
		return Today + rapid.SampledFrom([]int64{-400, -91, -90, -30, -29, -10, -9, -7, -6, -1, 0, 1, 6, 7, 30}).Draw(t, "date")
	}
	return rapid.Int64Range(0, 5).Draw(t, "count")
}

// Rows draws customers with a value in every column, whether or not such a
// customer can be.
func Rows() *rapid.Generator[audience.Row] {
	return rapid.Custom(func(t *rapid.T) audience.Row {
		row := audience.Row{ID: id.Customer(rapid.Int64Range(1, 1<<62).Draw(t, "id"))}
		for _, c := range audience.Columns() {
			row.Values = append(row.Values, columnValue(t, c.Field))
		}
		for _, f := range audience.RefsFields() {
			var list []int64
			for range rapid.IntRange(0, 3).Draw(t, "several") {
				list = append(list, Thing(f.Of, rapid.IntRange(1, things).Draw(t, "thing")).Number)
			}
			slices.Sort(list)
			row.Refs = append(row.Refs, slices.Compact(list))
		}
		return row
	})
}

func columnValue(t *rapid.T, f audience.Field) int64 {
	absent := rapid.IntRange(0, 3).Draw(t, "absent") == 0
	switch {
	case f.Kind == audience.Word:
		return int64(rapid.IntRange(0, len(f.Words)-1).Draw(t, "word"))
	case f.Kind != audience.Number && f.Kind != audience.Money && absent:
		return 0
	case f.Kind == audience.Ref:
		return Thing(f.Of, rapid.IntRange(1, things).Draw(t, "thing")).Number
	case f.Kind == audience.Annual:
		return rapid.SampledFrom([]int64{101, 228, 229, 301, 514, 515, 516, 521, 522, 531, 601, 1231}).Draw(t, "birthday")
	}
	return number(t, f)
}
