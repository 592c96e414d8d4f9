package audience

import "slices"

// Normal returns the rule's plain form, which asks the same: no part within a
// part of the same kind, no part of one, no not of a not, no value twice. Two
// rules that read the same have the same plain form.
func Normal(rule Rule) Rule {
	switch {
	case rule.Any != nil:
		return joined(rule.Any, Rule.anyParts, func(parts []Rule) Rule { return Rule{Any: parts} })
	case rule.Not != nil:
		inner := Normal(*rule.Not)
		if inner.Not != nil {
			return *inner.Not
		}
		return Rule{Not: &inner}
	case rule.Ask != nil:
		ask := *rule.Ask
		if _, most := ask.Is.Values(); most == MaxValues {
			ask.Values = once(ask.Values)
		}
		return Rule{Ask: &ask}
	}
	return joined(rule.All, Rule.allParts, func(parts []Rule) Rule { return Rule{All: parts} })
}

// joined takes the parts of parts of the same kind for its own.
func joined(parts []Rule, same func(Rule) ([]Rule, bool), join func([]Rule) Rule) Rule {
	flat := []Rule{}
	for _, part := range parts {
		part = Normal(part)
		if inner, ok := same(part); ok {
			flat = append(flat, inner...)
			continue
		}
		flat = append(flat, part)
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return join(flat)
}

func (r Rule) anyParts() ([]Rule, bool) { return r.Any, r.Any != nil }

func (r Rule) allParts() ([]Rule, bool) { return r.All, r.Any == nil && r.Not == nil && r.Ask == nil }

// once drops values that came before.
func once(values []Value) []Value {
	var kept []Value
	for _, v := range values {
		if !slices.Contains(kept, v) {
			kept = append(kept, v)
		}
	}
	return kept
}
