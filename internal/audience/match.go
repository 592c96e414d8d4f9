package audience

import "slices"

// Asked is one customer on one day, of whom a Matcher tells whether a rule
// holds.
type Asked struct {
	Row     *Row
	Members func(audience int64) bool // is the customer a member of a stored audience
	Today   int64                     // business day
}

// Matcher is a rule made ready for many customers. It is safe for concurrent
// use.
type Matcher struct{ holds func(*Asked) bool }

// Matches tells whether the rule holds of a customer.
func (m Matcher) Matches(a Asked) bool { return m.holds(&a) }

// Matches compiles a rule and tells whether it holds of one customer. Its
// errors are those of Check.
func Matches(rule *Rule, a Asked) (bool, error) {
	m, err := Compile(rule)
	return err == nil && m.Matches(a), err
}

// Compile makes a rule ready. Its errors are those of Check.
func Compile(rule *Rule) (Matcher, error) {
	if err := Check(rule); err != nil {
		return Matcher{}, err
	}
	return Matcher{rule.compile()}, nil
}

func (r *Rule) compile() func(*Asked) bool {
	switch {
	case r.Any != nil:
		return anyOf(compiled(r.Any))
	case r.Not != nil:
		inner := r.Not.compile()
		return func(a *Asked) bool { return !inner(a) }
	case r.Ask != nil:
		return r.Ask.compile()
	}
	return allOf(compiled(r.All))
}

func compiled(rules []Rule) []func(*Asked) bool {
	all := make([]func(*Asked) bool, len(rules))
	for i := range rules {
		all[i] = rules[i].compile()
	}
	return all
}

func allOf(parts []func(*Asked) bool) func(*Asked) bool {
	return func(a *Asked) bool {
		for _, holds := range parts {
			if !holds(a) {
				return false
			}
		}
		return true
	}
}

func anyOf(parts []func(*Asked) bool) func(*Asked) bool {
	return func(a *Asked) bool {
		for _, holds := range parts {
			if holds(a) {
				return true
			}
		}
		return false
	}
}

func (ask *Condition) compile() func(*Asked) bool {
	f, _ := FieldOf(ask.Field)
	switch {
	case f.Name == AudienceField:
		return ask.membership()
	case f.Kind == Refs:
		return ask.several(RefsAt(f.Name))
	case f.Kind == Word || f.Kind == Ref:
		return ask.single(ColumnAt(f.Name, ask.Window))
	case ask.Is.Passing():
		return ask.passing(f.Kind, ColumnAt(f.Name, ask.Window))
	}
	return ask.within(f.Kind, ColumnAt(f.Name, ask.Window))
}

// within compares with bounds that stand.
func (ask *Condition) within(kind Kind, column int) func(*Asked) bool {
	spans := ask.Spans(kind, 0)
	switch len(spans) {
	case 0:
		return func(*Asked) bool { return false }
	case 1:
		from, to := spans[0].From, spans[0].To
		return func(a *Asked) bool { v := a.Row.Values[column]; return v >= from && v <= to }
	}
	return func(a *Asked) bool { return inside(spans, a.Row.Values[column]) }
}

// passing compares with bounds that move with the day.
func (ask *Condition) passing(kind Kind, column int) func(*Asked) bool {
	moving := *ask
	return func(a *Asked) bool {
		v := a.Row.Values[column]
		if v == 0 {
			return false
		}
		if kind == Annual {
			return inside(moving.Spans(kind, a.Today), v)
		}
		s := moving.days(a.Today)
		return v >= s.From && v <= s.To
	}
}

func inside(spans []Span, v int64) bool {
	for _, s := range spans {
		if v >= s.From && v <= s.To {
			return true
		}
	}
	return false
}

// numbers returns the values of a set, sorted.
func (ask *Condition) numbers() []int64 {
	set := make([]int64, len(ask.Values))
	for i, v := range ask.Values {
		set[i] = v.Number
	}
	slices.Sort(set)
	return slices.Compact(set)
}

func (ask *Condition) single(column int) func(*Asked) bool {
	set := ask.numbers()
	switch ask.Is {
	case OneOf:
		return func(a *Asked) bool { return has(set, a.Row.Values[column]) }
	case NoneOf:
		return func(a *Asked) bool { return !has(set, a.Row.Values[column]) }
	case Never:
		return func(a *Asked) bool { return a.Row.Values[column] == 0 }
	}
	return func(a *Asked) bool { return a.Row.Values[column] != 0 }
}

func (ask *Condition) several(place int) func(*Asked) bool {
	set := ask.numbers()
	switch ask.Is {
	case OneOf:
		return func(a *Asked) bool { return meet(set, a.Row.Refs[place]) }
	case NoneOf:
		return func(a *Asked) bool { return !meet(set, a.Row.Refs[place]) }
	case AllOf:
		return func(a *Asked) bool { return contains(a.Row.Refs[place], set) }
	case Never:
		return func(a *Asked) bool { return len(a.Row.Refs[place]) == 0 }
	}
	return func(a *Asked) bool { return len(a.Row.Refs[place]) > 0 }
}

func (ask *Condition) membership() func(*Asked) bool {
	set := ask.numbers()
	switch ask.Is {
	case OneOf:
		return func(a *Asked) bool { return slices.ContainsFunc(set, a.Members) }
	case NoneOf:
		return func(a *Asked) bool { return !slices.ContainsFunc(set, a.Members) }
	}
	return func(a *Asked) bool {
		return !slices.ContainsFunc(set, func(n int64) bool { return !a.Members(n) })
	}
}

// fewValues is up to where looking at each beats searching.
const fewValues = 8

func has(set []int64, v int64) bool {
	if len(set) <= fewValues {
		return slices.Contains(set, v)
	}
	_, found := slices.BinarySearch(set, v)
	return found
}

// meet tells whether two sorted lists share a value.
func meet(set, own []int64) bool {
	for _, v := range own {
		if has(set, v) {
			return true
		}
	}
	return false
}

func contains(own, set []int64) bool {
	for _, v := range set {
		if !has(own, v) {
			return false
		}
	}
	return true
}
