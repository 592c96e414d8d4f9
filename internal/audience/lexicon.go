package audience

import (
	"fmt"
	"slices"
	"strings"
)

// Lexicon is the words of one language in which rules are said and read. It
// is built from the texts under "audience.rule." in the locale files and
// safe for concurrent use.
//
// A text lists its variants apart by |; the first is said, all are
// understood. In a phrase {field} is the field's name, {window} "in the last
// 90 days" or nothing, {v} the value, {a} and {b} the two of a range, {names}
// the list of things or words, always last. What stands in [ ] is said where
// the number before it, or of the names, is not one.
type Lexicon struct {
	words   map[string][]string   // by key
	said    map[phraseName]phrase // of each form of each field
	heard   map[rune][]*candidate // all variants, by the character they begin with behind a window, 0: any
	windows []phrase
	dates   []phrase
	joining []joining
}

// candidate is a variant of a phrase that may stand in a text.
type candidate struct {
	phrase   phrase // behind the window
	windowed bool   // begins with a window or nothing
	about    asked
}

// joining is a word between two parts of a rule.
type joining struct {
	how    joint
	word   string // without the comma before it
	folded []rune
}

// form is a test as phrases know it: some tests of some values have words of
// their own.
type form string

// Forms beyond the tests' own.
const (
	formNone    form = "none"     // Equal with 0: "has not bought"
	formNotLast form = "not_last" // Not of Last: "not contacted for 10 days"
)

// forms names the tests in keys.
var forms = map[Test]form{
	Equal: "equal", IsNot: "is_not", Less: "less", AtMost: "at_most", More: "more", AtLeast: "at_least", Between: "between",
	OneOf: "in", NoneOf: "not_in", AllOf: "all_of", Last: "last", Ago: "ago", Next: "next", Since: "since", Before: "before",
	Never: "never", Known: "known", ThisWeek: "this_week", ThisMonth: "this_month",
}

// phraseName says which phrase.
type phraseName struct {
	field string
	form  form
}

// own are the phrases that fields have for themselves, because the general
// ones of their kind would not sound like an operator.
var own = map[string][]form{
	"limiting":         {"in", "not_in"},
	"due":              {"next", "ago", "never"},
	"birthday":         {"next", "this_week", "this_month", "never", "known"},
	"last_order":       {"last", formNotLast, "never"},
	"last_touch":       {"last", formNotLast, "never"},
	"last_answer":      {"last", formNotLast, "never"},
	"last_message_in":  {"last", formNotLast, "never"},
	"last_message_out": {"last", formNotLast, "never"},
	"last_need":        {"last", formNotLast, "never"},
	"last_opened":      {"last", formNotLast, "never"},
	"since":            {"last"},
	"orders":           {formNone, "at_least"},
	"turnover":         {"less", "at_least"},
	"touches":          {formNone, "at_least"},
	"messages_in":      {formNone, "at_least"},
	"messages_out":     {formNone, "at_least"},
	"reactions":        {formNone, "at_least"},
	"openings":         {formNone, "at_least"},
	"referrals":        {formNone, "at_least"},
	"tags":             {"in", "all_of", "not_in", "never", "known"},
	"groups":           {"in", "all_of", "not_in", "never", "known"},
	"staff":            {"in", "all_of", "not_in", "never", "known"},
	"lines":            {"in", "all_of", "not_in", "never", "known"},
	"asked":            {"in", "all_of", "not_in", "never", "known"},
	"stores":           {"in", "all_of", "not_in", "never", "known"},
	AudienceField:      {"in", "all_of", "not_in"},
}

// Keys under which single texts stand.
const (
	prefix     = "audience.rule."
	keyAnd     = prefix + "and"
	keyOr      = prefix + "or"
	keyNot     = prefix + "not"
	keyAll     = prefix + "everybody"
	keyGroup   = prefix + "group"  // {rule} in brackets
	keyList    = prefix + "list"   // between names
	keyWindow  = prefix + "window" // {v}
	keyAverage = prefix + "average"
	keyMoney   = prefix + "money" // {v}
	keyYuan    = prefix + "yuan"
	keyTimes   = prefix + "times"   // 万=4: so many zeros
	keyNumeral = prefix + "numeral" // 三=3: numbers in words
	keyDate    = prefix + "date"    // {y} {m} {d}
)

// expectations are what a reader can miss, as people are told it.
const (
	missCondition = prefix + "miss.condition"
	missNumber    = prefix + "miss.number"
	missMoney     = prefix + "miss.money"
	missShare     = prefix + "miss.share"
	missScore     = prefix + "miss.score"
	missDate      = prefix + "miss.date"
	missName      = prefix + "miss.name"
	missQuote     = prefix + "miss.quote"
	missEnd       = prefix + "miss.end"
)

// LexiconKeys returns the locale keys that a Lexicon is built from.
func LexiconKeys() []string {
	keys := []string{keyAnd, keyOr, keyNot, keyAll, keyGroup, keyList, keyWindow, keyAverage, keyMoney, keyYuan, keyTimes, keyNumeral, keyDate,
		missCondition, missNumber, missMoney, missShare, missScore, missDate, missName, missQuote, missEnd}
	for _, f := range fields {
		keys = append(keys, fieldKey(f.Name))
		for _, word := range f.Words {
			keys = append(keys, wordKey(f.Name, word))
		}
		for _, form := range f.forms() {
			keys = append(keys, f.phraseKey(form))
		}
	}
	for _, k := range []Kind{Number, Money, Share, Score, Date, Annual, Word, Ref, Refs} {
		keys = append(keys, prefix+"kind."+string(k))
	}
	for _, t := range []Thing{OfStore, OfStaff, OfLine, OfGroup, OfTag, OfAudience, OfText} {
		keys = append(keys, prefix+"kind."+string(t))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func fieldKey(field string) string      { return prefix + "field." + field }
func wordKey(field, word string) string { return prefix + "word." + field + "." + word }

// forms returns in which forms the field is spoken of.
func (f Field) forms() []form {
	var all []form
	for _, t := range f.Tests() {
		all = append(all, forms[t])
	}
	for _, form := range own[f.Name] {
		if form == formNone || form == formNotLast {
			all = append(all, form)
		}
	}
	return all
}

// phraseKey returns where the phrase of a form stands: under the field, or
// under what kinds have in common.
func (f Field) phraseKey(form form) string {
	if slices.Contains(own[f.Name], form) {
		return prefix + "say." + f.Name + "." + string(form)
	}
	switch f.Kind {
	case Number, Money, Share:
		return prefix + "say.amount." + string(form)
	}
	return prefix + "say." + string(f.Kind) + "." + string(form)
}

// NewLexicon builds the words of a language. say returns the text of a locale
// key as it stands, empty where there is none. The error names the key that
// is missing or cannot be read.
func NewLexicon(say func(key string) string) (*Lexicon, error) {
	l := &Lexicon{words: map[string][]string{}, said: map[phraseName]phrase{}, heard: map[rune][]*candidate{}}
	for _, key := range LexiconKeys() {
		text := say(key)
		if text == "" {
			return nil, fmt.Errorf("words of rules: %s is missing", key)
		}
		l.words[key] = strings.Split(text, "|")
	}
	for _, f := range fields {
		if err := l.field(f); err != nil {
			return nil, fmt.Errorf("words of rules: %w", err)
		}
	}
	var err error
	if l.windows, err = l.compile(keyWindow, slotValue); err != nil {
		return nil, fmt.Errorf("words of rules: %w", err)
	}
	if l.dates, err = l.compile(keyDate, slotYear, slotMonth, slotDay); err != nil {
		return nil, fmt.Errorf("words of rules: %w", err)
	}
	l.joining = append(joiningBy(byAnd, l.words[keyAnd]), joiningBy(byOr, l.words[keyOr])...)
	slices.SortStableFunc(l.joining, func(a, b joining) int { return len(b.folded) - len(a.folded) }) // one may begin another
	return l, nil
}

func joiningBy(how joint, words []string) []joining {
	var all []joining
	for _, word := range words {
		bare := strings.TrimSpace(strings.TrimLeft(word, ",，;； "))
		all = append(all, joining{how, bare, folded(bare)})
	}
	return all
}

// field reads all phrases of a field.
func (l *Lexicon) field(f Field) error {
	for _, form := range f.forms() {
		key := f.phraseKey(form)
		for i, text := range l.variants(key, f) {
			p, err := newPhrase(text, f, f.slots(form))
			if err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
			if i == 0 {
				l.said[phraseName{f.Name, form}] = p
			}
			l.hear(p, asked{f, form, form.test()})
		}
	}
	return nil
}

// variants returns the texts under a key with every name of the field.
func (l *Lexicon) variants(key string, f Field) []string {
	var all []string
	for _, text := range l.words[key] {
		if !strings.Contains(text, "{field}") {
			all = append(all, text)
			continue
		}
		for _, name := range l.words[fieldKey(f.Name)] {
			all = append(all, strings.ReplaceAll(text, "{field}", name))
		}
	}
	return all
}

func (l *Lexicon) hear(p phrase, about asked) {
	c := &candidate{phrase: p, about: about}
	if p[0].slot == slotWindow {
		c.phrase, c.windowed = p[1:], true
	}
	begins := rune(0)
	if first := c.phrase[0]; first.slot == "" && !first.maybe {
		begins = first.folded[0]
	}
	l.heard[begins] = append(l.heard[begins], c)
}

// compile reads the variants under a key that stand for no field.
func (l *Lexicon) compile(key string, slots ...slot) ([]phrase, error) {
	var all []phrase
	for _, text := range l.words[key] {
		p, err := newPhrase(text, Field{}, slots)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		all = append(all, p)
	}
	return all, nil
}

// say returns the first variant under a key.
func (l *Lexicon) say(key string) string { return l.words[key][0] }

// Field returns what a field is called, its name where there is no such field.
func (l *Lexicon) Field(name string) string { return l.known(fieldKey(name), name) }

// Word returns what a word of a field is called.
func (l *Lexicon) Word(field, word string) string { return l.known(wordKey(field, word), word) }

func (l *Lexicon) known(key, otherwise string) string {
	if words := l.words[key]; len(words) > 0 {
		return words[0]
	}
	return otherwise
}

// Explain returns what fills a flaw's sentence, with fields, tests and words
// as the language calls them.
func (l *Lexicon) Explain(flaw Flaw) map[string]string {
	said := map[string]string{}
	for name, text := range flaw.Parts {
		said[name] = text
	}
	field := flaw.Parts["Field"]
	if field != "" {
		said["Field"] = l.Field(field)
	}
	if kind := flaw.Parts["Kind"]; kind != "" {
		said["Kind"] = l.known(prefix+"kind."+kind, kind)
	}
	f, known := FieldOf(field)
	switch {
	case known && flaw.Mistake == UnknownTest:
		said["Test"] = l.test(f, Test(flaw.Parts["Test"]))
		said["Known"] = strings.Join(each(f.Tests(), func(t Test) string { return l.test(f, t) }), l.say(keyList))
	case known && flaw.Mistake == UnknownWord:
		said["Known"] = strings.Join(each(f.Words, func(word string) string { return l.Word(f.Name, word) }), l.say(keyList))
	}
	return said
}

// test says a test of the field without values: "orders at least …".
func (l *Lexicon) test(f Field, t Test) string {
	said, known := l.said[phraseName{f.Name, forms[t]}]
	if !known {
		return string(t)
	}
	blank := map[slot]string{slotValue: "…", slotLow: "…", slotHigh: "…", slotNames: "…"}
	return said.say(filling{texts: blank, numbers: map[slot]int64{slotValue: 1, slotNames: 1}})
}

func each[T any](list []T, say func(T) string) []string {
	said := make([]string, len(list))
	for i, one := range list {
		said[i] = say(one)
	}
	return said
}
