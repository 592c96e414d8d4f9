package audience

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSentence is the longest text that is read, in characters: a condition
// with MaxValues names of forty characters.
const maxSentence = 40 * MaxValues

// Parse reads what Sentence says and what people write much the same way: with
// or without spaces, with full-width or plain digits and punctuation, with
// brackets of both widths. It returns the rule's plain form. FlawsOf its error
// tells what is wrong with which characters, and what could have stood there.
func (l *Lexicon) Parse(text string, names Names) (Rule, error) {
	p := &parser{text: []rune(text), read: folded(text), lex: l, names: names, start: -1, missed: map[string]bool{}}
	n, ok := p.whole()
	if ok && len(p.flaws) == 0 {
		p.flaws = FlawsOf(Check(&n.rule))
		p.locate(n)
	}
	if !ok && len(p.flaws) == 0 {
		p.flaws = flaws{p.expected()}
	}
	if err := p.flaws.asError(); err != nil {
		return Rule{}, err
	}
	return Normal(n.rule), nil
}

type parser struct {
	text  []rune // as written
	read  []rune // folded, of the same length
	lex   *Lexicon
	names Names
	parts int
	flaws flaws
	start int // of the condition that is read
	// How far anything could be read, and what could have stood there, or from
	// began to there.
	far    int
	began  int
	missed map[string]bool
}

// node is a part of the rule, and where it stands.
type node struct {
	rule     Rule
	from, to int
	below    []*node
	values   []called
}

// at returns the character there, 0 behind the end.
func (p *parser) at(i int) rune {
	if i >= len(p.read) {
		return 0
	}
	return p.read[i]
}

func (p *parser) blank(at int) int {
	for p.at(at) == ' ' {
		at++
	}
	return at
}

// miss notes what could have stood there. Of what a condition could begin
// with there is too much.
func (p *parser) miss(at int, what string) {
	if at == p.start && what != missCondition {
		return
	}
	if at > p.far {
		p.far, p.began = at, at
		clear(p.missed)
	}
	if at == p.far {
		p.missed[what] = true
	}
}

// missOver notes what could have stood in place of something.
func (p *parser) missOver(from, to int, what string) {
	p.miss(to, what)
	if p.far == to {
		p.began = from
	}
}

// fail notes a flaw that ends the reading.
func (p *parser) fail(from, to int, m Mistake, fill ...string) {
	f := flawAt("", m, fill...)
	f.From, f.To = from, to
	p.flaws = append(p.flaws, f)
}

func (p *parser) whole() (*node, bool) {
	if len(p.read) > maxSentence {
		p.fail(0, len(p.read), TooLarge, "N", strconv.Itoa(MaxParts))
		return nil, false
	}
	n, at, ok := p.rule(0, 1)
	if !ok {
		return nil, false
	}
	at = p.blank(at)
	if r := p.at(at); r == '.' || r == '。' {
		at = p.blank(at + 1)
	}
	if at < len(p.read) {
		p.miss(at, missEnd)
		return nil, false
	}
	return n, true
}

// joint is how two parts are joined.
type joint int

// The joints. A comma alone joins as the words in the same brackets do, and
// by "and" where there are none.

const (
	noJoint joint = iota
	byComma
	byAnd
	byOr
)

// rule reads parts with the same word between them.
func (p *parser) rule(at, depth int) (n *node, next int, ok bool) {
	first, at, ok := p.part(at, depth)
	if !ok {
		return nil, at, false
	}
	parts, word := []*node{first}, byComma
	for {
		how, after := p.joint(at)
		if how == noJoint || how == byComma && p.ends(after) {
			break
		}
		if how != byComma && word != byComma && how != word {
			p.fail(at, after, Unbracketed)
			return nil, at, false
		}
		if how != byComma {
			word = how
		}
		one, end, ok := p.part(after, depth)
		if !ok {
			return nil, at, false
		}
		parts, at = append(parts, one), end
	}
	if len(parts) == 1 {
		return first, at, true
	}
	return together(parts, word), at, true
}

// ends tells whether nothing more stands there before the text or a bracket
// ends.
func (p *parser) ends(at int) bool {
	r := p.at(p.blank(at))
	return r == 0 || r == ')'
}

func together(parts []*node, word joint) *node {
	n := &node{from: parts[0].from, to: parts[len(parts)-1].to, below: parts}
	rules := make([]Rule, len(parts))
	for i, part := range parts {
		rules[i] = part.rule
	}
	if word == byOr {
		n.rule.Any = rules
	} else {
		n.rule.All = rules
	}
	return n
}

// joint reads a byComma, a word such as "and", or both.
func (p *parser) joint(at int) (how joint, next int) {
	at = p.blank(at)
	next = at
	if r := p.at(at); r == ',' || r == ';' {
		how, next = byComma, p.blank(at+1)
	}
	for _, joining := range p.lex.joining {
		if after, ok := p.word(next, joining.word); ok {
			return joining.how, after
		}
	}
	if how == noJoint {
		p.miss(at, strings.TrimSpace(p.lex.say(keyAnd)))
		p.miss(at, strings.TrimSpace(p.lex.say(keyOr)))
	}
	return how, next
}

// part reads a condition, a rule in brackets, or either with "not" before it.
func (p *parser) part(at, depth int) (n *node, next int, ok bool) {
	at = p.blank(at)
	p.parts++
	switch {
	case depth > MaxDepth:
		p.fail(at, at+1, TooDeep, "N", strconv.Itoa(MaxDepth))
		return nil, at, false
	case p.parts > MaxParts:
		p.fail(at, at+1, TooLarge, "N", strconv.Itoa(MaxParts))
		return nil, at, false
	case p.at(at) == '(':
		return p.brackets(at, depth)
	}
	p.start = at
	if n, next, ok := p.condition(at); ok {
		return n, next, true
	}
	for _, word := range p.lex.words[keyAll] {
		if next, ok := p.word(at, word); ok {
			return &node{from: at, to: next, rule: Rule{All: []Rule{}}}, next, true
		}
	}
	for _, word := range p.lex.words[keyNot] {
		if inner, ok := p.word(at, word); ok {
			return p.not(at, inner, depth)
		}
	}
	p.miss(at, missCondition)
	return nil, at, false
}

func (p *parser) brackets(at, depth int) (n *node, next int, ok bool) {
	n, next, ok = p.rule(at+1, depth+1)
	if !ok {
		return nil, at, false
	}
	next = p.blank(next)
	if p.at(next) != ')' {
		p.miss(next, ")")
		return nil, at, false
	}
	return n, next + 1, true
}

func (p *parser) not(at, inner, depth int) (n *node, next int, ok bool) {
	below, next, ok := p.part(inner, depth+1)
	if !ok {
		return nil, at, false
	}
	return &node{from: at, to: next, rule: Rule{Not: &below.rule}, below: []*node{below}}, next, true
}

func (p *parser) node(m match, from, to int) *node {
	f := m.about.field
	ask := &Condition{Field: f.Name, Window: m.window, Is: m.about.test, Values: m.values}
	if m.about.form == formNone {
		ask.Values = []Value{{}}
	}
	if m.names != nil {
		ask.Values = p.resolve(f, m.names)
	}
	n := &node{from: from, to: to, rule: Rule{Ask: ask}, values: m.names}
	if m.about.form != formNotLast {
		return n
	}
	p.parts++
	return &node{from: from, to: to, rule: Rule{Not: &n.rule}, below: []*node{n}}
}

// test returns what a form tests.
func (f form) test() Test {
	switch f {
	case formNone:
		return Equal
	case formNotLast:
		return Last
	}
	for t, name := range forms {
		if name == f {
			return t
		}
	}
	return ""
}

// locate says of flaws that Check found where their parts stand.
func (p *parser) locate(root *node) {
	places := map[string]called{}
	root.places("", places)
	for i := range p.flaws {
		f := &p.flaws[i]
		for path := f.Path; f.From < 0; {
			if place, known := places[path]; known {
				f.From, f.To = place.from, place.to
			}
			path = path[:max(0, strings.LastIndexByte(path, '.'))]
		}
	}
}

// places notes where each part stands, by its path.
func (n *node) places(path string, all map[string]called) {
	all[path] = called{from: n.from, to: n.to}
	for i, v := range n.values {
		all[at(path, "values", i)] = v
	}
	member := "all"
	if n.rule.Any != nil {
		member = "any"
	}
	for i, part := range n.below {
		if n.rule.Not != nil {
			part.places(below(path, "not"), all)
			continue
		}
		part.places(at(path, member, i), all)
	}
}

// mostExpected is how many things are listed that could have stood there.
const mostExpected = 8

// expected is the flaw of a text that nothing could read on from far.
func (p *parser) expected() Flaw {
	to := p.far
	for p.began == p.far && to < len(p.read) && (to == p.far || !strings.ContainsRune(endsName+" ", p.read[to])) {
		to++
	}
	there := p.lex.say(missEnd)
	if p.began < len(p.text) {
		there = string(p.text[p.began:to])
	}
	f := flawAt("", Expected, "Value", there, "Known", strings.Join(p.could(), p.lex.say(keyList)))
	f.From, f.To = p.began, to
	return f
}

// could returns what could have stood there, words before signs.
func (p *parser) could() []string {
	var words, signs []string
	for what := range p.missed {
		if said := p.lex.words[what]; said != nil {
			what = said[0]
		}
		if first, _ := utf8.DecodeRuneInString(what); unicode.IsLetter(first) {
			words = append(words, what)
		} else {
			signs = append(signs, what)
		}
	}
	slices.Sort(words)
	slices.Sort(signs)
	all := append(words, signs...)
	return all[:min(len(all), mostExpected)]
}
