package bench

import (
	"siyu/internal/audience"
	"siyu/internal/audience/madeup"
)

func condition(field string, window int, is audience.Test, values ...int64) audience.Rule {
	c := &audience.Condition{Field: field, Window: window, Is: is}
	f, _ := audience.FieldOf(field)
	for _, v := range values {
		value := audience.Value{Number: v}
		if f.Kind == audience.Word {
			value.Text = f.Words[v]
		}
		c.Values = append(c.Values, value)
	}
	return audience.Rule{Ask: c}
}

func tagged(is audience.Test, tags ...int) audience.Rule {
	c := &audience.Condition{Field: "tags", Is: is}
	for _, i := range tags {
		c.Values = append(c.Values, madeup.Tag(i))
	}
	return audience.Rule{Ask: c}
}

func all(rules ...audience.Rule) audience.Rule   { return audience.Rule{All: rules} }
func anyOf(rules ...audience.Rule) audience.Rule { return audience.Rule{Any: rules} }
func not(rule audience.Rule) audience.Rule       { return audience.Rule{Not: &rule} }

// The places of words among those of their fields.
const (
	growing, mature, declining = 2, 3, 4
	limitedByTrust             = 2
	relationActive             = 1
	complaintOpen              = 1
)

// fourPredicates is growing or mature, bought twice in 90 days, worth more than
// 200 yuan a year, due within a week.
func fourPredicates() audience.Rule {
	return all(
		condition("stage", 0, audience.OneOf, growing, mature),
		condition("orders", 90, audience.AtLeast, 2),
		condition("value", 0, audience.More, 20_000),
		condition("due", 0, audience.Next, 7),
	)
}

// mixedRule has 20 nodes: 14 conditions, among them six sums over orders, and
// six that join them.
func mixedRule() audience.Rule {
	city := &audience.Condition{Field: "city", Is: audience.OneOf}
	for i := range 5 {
		city.Values = append(city.Values, madeup.City(i))
	}
	return all(
		anyOf(
			condition("turnover", 365, audience.AtLeast, 50_000),
			condition("orders", 180, audience.AtLeast, 3),
			all(condition("turnover", 90, audience.Between, 10_000, 60_000), condition("orders", 30, audience.AtLeast, 1)),
		),
		anyOf(
			tagged(audience.OneOf, 2, 7, 40, 120),
			audience.Rule{Ask: city},
			condition("groups", 0, audience.Known),
			condition("turnover", 30, audience.More, 9_900),
		),
		not(anyOf(
			condition("complaint", 0, audience.OneOf, complaintOpen),
			tagged(audience.AllOf, 0, 1),
			condition("orders", 7, audience.AtLeast, 1),
		)),
		condition("relation", 0, audience.OneOf, relationActive),
		condition("last_touch", 0, audience.Ago, 3),
		condition("limiting", 0, audience.NoneOf, limitedByTrust),
	)
}

// oneOfMany is the i-th of many audiences, each another.
func oneOfMany(i int) audience.Rule {
	n := int64(i)
	return all(
		anyOf(condition("orders", 90, audience.AtLeast, n%5), tagged(audience.OneOf, i%madeup.Tags, (i*7)%madeup.Tags)),
		condition("turnover", 365, audience.Between, 100*n, 50_000+100*n),
		condition("store", 0, audience.OneOf, 1+n%madeup.Stores, 2+n*3%madeup.Stores),
		passing(i),
	)
}

// passing is the i-th of many audiences that change as days pass.
func passing(i int) audience.Rule {
	n := 1 + int64(i%60)
	switch i % 5 {
	case 0:
		return all(condition("due", 0, audience.Next, n), condition("stage", 0, audience.OneOf, growing, mature))
	case 1:
		return all(condition("last_order", 0, audience.Ago, n), condition("last_order", 0, audience.Last, 90+n), condition("turnover", 365, audience.More, 10_000))
	case 2:
		return all(condition("last_touch", 0, audience.Ago, n), condition("messages_in", 30, audience.Equal, 0), not(condition("groups", 0, audience.Known)))
	case 3:
		return all(condition("birthday", 0, audience.Next, n), condition("orders", 0, audience.AtLeast, 1))
	}
	return anyOf(condition("since", 0, audience.Last, n), all(condition("stage", 0, audience.OneOf, declining), condition("last_message_in", 0, audience.Last, 3*n)))
}
