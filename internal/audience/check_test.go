package audience_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/audience"
	"siyu/internal/audience/audiencetest"
	"siyu/internal/fault"
	"siyu/internal/id"
)

func ask(field string, is audience.Test, values ...int64) audience.Rule {
	c := &audience.Condition{Field: field, Is: is}
	for _, v := range values {
		c.Values = append(c.Values, audience.Value{Number: v})
	}
	return audience.Rule{Ask: c}
}

func over(window int, rule audience.Rule) audience.Rule {
	rule.Ask.Window = window
	return rule
}

func said(field string, is audience.Test, texts ...string) audience.Rule {
	f, _ := audience.FieldOf(field)
	c := &audience.Condition{Field: field, Is: is}
	for _, text := range texts {
		v := audience.Value{Number: int64(id.CodeOf(text)), Text: text}
		for i, word := range f.Words {
			if word == text {
				v.Number = int64(i)
			}
		}
		c.Values = append(c.Values, v)
	}
	return audience.Rule{Ask: c}
}

func all(rules ...audience.Rule) audience.Rule   { return audience.Rule{All: rules} }
func anyOf(rules ...audience.Rule) audience.Rule { return audience.Rule{Any: rules} }
func not(rule audience.Rule) audience.Rule       { return audience.Rule{Not: &rule} }

func TestEveryFlawPointsAtItsPart(t *testing.T) {
	fine := ask("orders", audience.AtLeast, 2)
	deep := fine
	for range audience.MaxDepth {
		deep = all(deep)
	}
	many := make([]int64, audience.MaxValues+1)
	for i := range many {
		many[i] = int64(i + 1)
	}
	long := strings.Repeat("长", 201)
	for name, c := range map[string]struct {
		rule    audience.Rule
		path    string
		mistake audience.Mistake
	}{
		"no such field":             {all(fine, anyOf(ask("mood", audience.AtLeast, 1))), "all[1].any[0].field", audience.UnknownField},
		"no such test":              {all(fine, ask("orders", audience.Last, 1)), "all[1].is", audience.UnknownTest},
		"any audience at all":       {ask(audience.AudienceField, audience.Known), "is", audience.UnknownTest},
		"no such window":            {not(over(60, ask("orders", audience.AtLeast, 2))), "not.window", audience.UnknownWindow},
		"window of a day":           {over(7, ask("due", audience.Next, 7)), "window", audience.UnknownWindow},
		"no such word":              {said("stage", audience.OneOf, "mature", "asleep"), "values[1]", audience.UnknownWord},
		"word at another's place":   {ask("stage", audience.OneOf, 3), "values[0]", audience.UnknownWord},
		"no value":                  {ask("orders", audience.Equal), "values", audience.ValueCount},
		"too many for a comparison": {ask("orders", audience.Equal, 1, 2), "values", audience.ValueCount},
		"value where none is":       {ask("due", audience.Never, 1), "values", audience.ValueCount},
		"text where a number is":    {said("orders", audience.Equal, "two"), "values[0]", audience.ValueKind},
		"text beside an id":         {said("store", audience.OneOf, "Hangzhou"), "values[0]", audience.ValueKind},
		"no id":                     {ask("store", audience.OneOf, 0), "values[0]", audience.ValueKind},
		"code without its text":     {ask("city", audience.OneOf, 17), "values[0]", audience.BadText},
		"control character":         {said("city", audience.OneOf, "Hang\x00zhou"), "values[0]", audience.BadText},
		"text too long":             {said("city", audience.OneOf, long), "values[0]", audience.BadText},
		"share above one":           {ask("alive", audience.AtLeast, 1001), "values[0]", audience.OutOfRange},
		"no days":                   {ask("due", audience.Next, 0), "values[0]", audience.OutOfRange},
		"more days than a year has": {ask("birthday", audience.Next, 367), "values[0]", audience.OutOfRange},
		"day before the first":      {ask("first_order", audience.Since, -5), "values[0]", audience.OutOfRange},
		"from high to low":          {ask("orders", audience.Between, 5, 2), "values", audience.Backwards},
		"nothing to choose from":    {all(fine, audience.Rule{Any: []audience.Rule{}}), "all[1]", audience.EmptyAny},
		"two parts":                 {all(fine, audience.Rule{Ask: fine.Ask, Not: &fine}), "all[1]", audience.SeveralParts},
		"too deep":                  {deep, strings.TrimPrefix(strings.Repeat(".all[0]", audience.MaxDepth), "."), audience.TooDeep},
		"too large":                 {all(make([]audience.Rule, audience.MaxParts)...), "", audience.TooLarge},
		"too many values":           {ask("store", audience.OneOf, many...), "values", audience.TooMany},
	} {
		err := audience.Check(&c.rule)
		flaws := audience.FlawsOf(err)
		if len(flaws) != 1 || flaws[0].Path != c.path || flaws[0].Mistake != c.mistake || flaws[0].From != -1 {
			t.Errorf("%s: %v, expected %s at %q", name, err, c.mistake, c.path)
		}
		if fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: code %q", name, fault.CodeOf(err))
		}
	}
}

func TestACodeMustBeThatOfItsText(t *testing.T) {
	rule := said("tags", audience.OneOf, "vip")
	rule.Ask.Values[0].Number++
	if f := audience.FlawsOf(audience.Check(&rule)); len(f) != 1 || f[0].Mistake != audience.ValueKind {
		t.Errorf("%v", f)
	}
}

func TestAllFlawsOfARuleAreNamedAtOnce(t *testing.T) {
	rule := all(ask("mood", audience.Equal, 1), ask("alive", audience.AtLeast, 2000), said("stage", audience.OneOf, "asleep"))
	if f := audience.FlawsOf(audience.Check(&rule)); len(f) != 3 {
		t.Errorf("%v", f)
	}
}

func TestRandomRulesPass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := audiencetest.Rules(4).Draw(t, "rule")
		if err := audience.Check(&rule); err != nil && audience.FlawsOf(err)[0].Mistake != audience.TooLarge {
			t.Fatal(err)
		}
	})
}
