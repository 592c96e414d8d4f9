package web

import (
	"cmp"

	"siyu/internal/audience"
	"siyu/internal/fault"
)

type apiFields struct {
	Fields []apiField `json:"fields"`
}

type apiField struct {
	Name    string    `json:"name" doc:"as rules name it"`
	Title   apiSaid   `json:"title" doc:"as people call it"`
	Kind    string    `json:"kind" enum:"number,money,share,score,date,annual,word,ref,refs"`
	Unit    string    `json:"unit" doc:"of its values in rules: count, fen, share (0 to 1), score (0 is the brand's average), date (2026-03-12), word, or the thing that ids name"`
	Windows []int     `json:"windows" doc:"days over which it is also summed up, today included; without a window it is of all time"`
	Words   []apiWord `json:"words" doc:"values of a field of words"`
	Tests   []apiWord `json:"tests" doc:"how it can be compared"`
	Values  bool      `json:"values" doc:"values can be suggested"`
}

type apiWord struct {
	Name  string  `json:"name" doc:"as rules name it"`
	Title apiSaid `json:"title" doc:"as people say it"`
}

func (c *call) listFields() (apiFields, error) {
	var all apiFields
	for _, f := range audience.Fields() {
		all.Fields = append(all.Fields, c.fieldOf(f))
	}
	return all, nil
}

func (c *call) fieldOf(f audience.Field) apiField {
	one := apiField{Name: f.Name, Kind: string(f.Kind), Unit: ruleUnit(f), Windows: append([]int{}, f.Windows...), Words: []apiWord{}, Tests: []apiWord{},
		Title: c.both(func(l *locale) string { return l.fieldWord(f.Name) }), Values: f.Of != ""}
	for _, w := range f.Words {
		one.Words = append(one.Words, apiWord{w, c.both(func(l *locale) string { return l.wordOf(f, w) })})
	}
	for _, t := range f.Tests() {
		one.Tests = append(one.Tests, apiWord{string(t), c.both(func(l *locale) string { return l.testWord(f, t) })})
	}
	return one
}

// both says something in both languages.
func (c *call) both(say func(*locale) string) apiSaid {
	return apiSaid{say(c.locales[chinese]), say(c.locales[english])}
}

// ruleUnit names the unit of a field's values in rules.
func ruleUnit(f audience.Field) string {
	switch f.Kind {
	case audience.Number:
		return "count"
	case audience.Money:
		return "fen"
	case audience.Annual:
		return "date"
	}
	return cmp.Or(string(f.Of), string(f.Kind))
}

type apiValues struct {
	Values []apiValue `json:"values"`
}

type apiValue struct {
	Value string `json:"value" doc:"as it stands in values of a rule"`
	Name  string `json:"name"`
	Count *int   `json:"count,omitempty" doc:"customers within the key's scope; absent where it is not counted"`
}

// Numbers of suggested values.
const (
	usualValues = 20
	mostValues  = 100
)

func (c *call) listValues() (apiValues, error) {
	list := apiValues{Values: []apiValue{}}
	f, ok := audience.FieldOf(c.r.PathValue("field"))
	if !ok || f.Of == "" {
		return list, fault.New(fault.NotFound, "no field of values")
	}
	limit, err := c.whole("limit", usualValues, mostValues)
	if err != nil {
		return list, err
	}
	found, err := c.Audiences.Values(c.r.Context(), c.seat.Scope, ValueQuery{Field: f.Name, Text: c.r.URL.Query().Get("text"), Limit: limit})
	for _, v := range found {
		one := apiValue{Value: v.Typed(), Name: v.Name}
		if v.Count >= 0 {
			one.Count = &v.Count
		}
		list.Values = append(list.Values, one)
	}
	return list, err
}
