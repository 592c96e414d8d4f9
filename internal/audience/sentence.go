package audience

import "strings"

// Sentence says a rule, which must pass Check, as a person would; Parse leads
// back to the rule's plain form. Things whose name is not known, or is not
// theirs alone, are said with their number.
func (l *Lexicon) Sentence(rule *Rule, names Names) string {
	s := speaker{l, names}
	plain := Normal(*rule)
	return s.rule(&plain)
}

type speaker struct {
	*Lexicon
	names Names
}

func (s speaker) rule(r *Rule) string {
	switch {
	case r.Any != nil:
		return s.parts(r.Any, keyOr)
	case len(r.All) > 0:
		return s.parts(r.All, keyAnd)
	case r.Not != nil:
		return s.not(r.Not)
	case r.Ask != nil:
		return s.condition(r.Ask, forms[r.Ask.Is])
	}
	return s.say(keyAll)
}

func (s speaker) parts(parts []Rule, joined string) string {
	var said speech
	for i := range parts {
		if i > 0 {
			said.add(s.say(joined))
		}
		part := s.rule(&parts[i])
		if parts[i].Any != nil || len(parts[i].All) > 0 {
			part = s.group(part)
		}
		said.add(part)
	}
	return said.text
}

func (s speaker) group(text string) string {
	return strings.ReplaceAll(s.say(keyGroup), "{rule}", text)
}

func (s speaker) not(inner *Rule) string {
	if ask := inner.Ask; ask != nil && ask.Is == Last && s.Lexicon.said[phraseName{ask.Field, formNotLast}] != nil {
		return s.condition(ask, formNotLast)
	}
	return s.say(keyNot) + s.group(s.rule(inner))
}

func (s speaker) condition(ask *Condition, said form) string {
	f, _ := FieldOf(ask.Field)
	if ask.Is == Equal && ask.Values[0].Number == 0 && s.Lexicon.said[phraseName{f.Name, formNone}] != nil {
		said = formNone
	}
	with := filling{texts: map[slot]string{}, numbers: map[slot]int64{}}
	if ask.Window != Ever {
		with.texts[slotWindow] = s.window(ask.Window)
	}
	for i, place := range f.slots(said) {
		if place == slotNames {
			with.texts[place], with.numbers[place] = s.Lexicon.names(f, ask.Values, s.names), int64(len(ask.Values))
			continue
		}
		with.texts[place], with.numbers[place] = s.amount(f, ask.Is, ask.Values[i]), ask.Values[i].Number
	}
	return s.Lexicon.said[phraseName{f.Name, said}].say(with)
}

// window says a window; one of a day would be said in the singular.
func (s speaker) window(days int) string {
	text := s.amount(Field{Kind: Number}, Equal, Value{Number: int64(days)})
	return s.windows[0].say(filling{map[slot]string{slotValue: text}, map[slot]int64{slotValue: int64(days)}})
}
