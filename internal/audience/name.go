package audience

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Names is what stores, staff, lines, groups, tags and audiences are called.
// Texts are their own names, nobody is asked about them.
type Names interface {
	// NameOf returns what a thing is called, empty where that is not known.
	NameOf(of Thing, v Value) string
	// Find returns the things that are called so.
	Find(of Thing, name string) []Named
}

// Named is a thing with its name.
type Named struct {
	Value Value
	Name  string
	Where string // what tells it from others of the name: a city, a group of tags; may be empty
}

// Characters that end a name unless it stands in quotes.
const endsName = ",;、/()\"#。\n"

// names says a list of values: names where the name alone leads back to the
// thing, with the thing's number behind it otherwise.
func (l *Lexicon) names(f Field, values []Value, names Names) string {
	said := make([]string, len(values))
	for i, v := range values {
		said[i] = l.name(f, v, names)
	}
	return strings.Join(said, l.say(keyList))
}

func (l *Lexicon) name(f Field, v Value, names Names) string {
	switch {
	case f.Kind == Word:
		return l.quote(l.Word(f.Name, v.Text))
	case f.Of == OfText:
		return l.quote(v.Text)
	}
	name := names.NameOf(f.Of, v)
	if name != "" {
		if found := names.Find(f.Of, name); len(found) == 1 && found[0].Value == v {
			return l.quote(name)
		}
		name = l.quote(name)
	}
	return name + "#" + l.quote(f.show(OneOf, v))
}

// quote puts a name in quotes if it could not be read without.
func (l *Lexicon) quote(name string) string {
	read := folded(name)
	if name != "" && strings.TrimFunc(name, unicode.IsSpace) == name && l.nameEnd(read, 0) == len(read) {
		return name
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range name {
		b.WriteRune(r)
		if fold(r) == '"' {
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// nameEnd returns where a name without quotes that begins there ends.
func (l *Lexicon) nameEnd(read []rune, from int) int {
	for i := from; i < len(read); i++ {
		if strings.ContainsRune(endsName, read[i]) || l.joins(read, i) || read[i] == '.' && len(trimmed(read[i+1:])) == 0 {
			return i
		}
	}
	return len(read)
}

// joins tells whether a word such as "and" begins there.
func (l *Lexicon) joins(read []rune, at int) bool {
	for _, joining := range l.joining {
		word := joining.folded
		if !startsWith(read[at:], word) {
			continue
		}
		after := at + len(word)
		apart := (at == 0 || !letter(read[at-1])) && (after == len(read) || !letter(read[after]))
		if apart || !letter(word[0]) {
			return true
		}
	}
	return false
}

func startsWith(text, word []rune) bool {
	return len(text) >= len(word) && slices.Equal(text[:len(word)], word)
}

// letter tells whether a character is of those that words with blanks between
// them are made of.
func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }

// called is a name as it was read, and where.
type called struct {
	name     string
	number   string // behind #, as in JSON; empty: the name alone
	from, to int
}

// list reads names apart by what separates them. A comma separates only where
// a quote follows: conditions do not begin with one.
func (p *parser) list(at int) (all []called, next int, ok bool) {
	for {
		one, after, ok := p.called(at)
		if !ok {
			return nil, at, false
		}
		all, next = append(all, one), after
		sep := p.blank(after)
		quoted := p.at(sep) == ',' && p.at(p.blank(sep+1)) == '"'
		if r := p.at(sep); r != '、' && r != '/' && !quoted {
			return all, next, true
		}
		at = sep + 1
	}
}

func (p *parser) called(at int) (one called, next int, ok bool) {
	at = p.blank(at)
	one.from = at
	one.name, next, ok = p.name(at)
	if !ok && p.at(at) != '#' {
		p.miss(at, missName)
		return called{}, at, false
	}
	if p.at(next) == '#' {
		one.number, next, ok = p.name(next + 1)
		if !ok {
			p.miss(next, missName)
			return called{}, at, false
		}
	}
	one.to = next
	return one, next, true
}

// name reads a name in quotes or up to what ends one.
func (p *parser) name(at int) (name string, next int, ok bool) {
	if p.at(at) == '"' {
		return p.quoted(at + 1)
	}
	end := p.lex.nameEnd(p.read, at)
	for end > at && p.read[end-1] == ' ' {
		end--
	}
	return string(p.text[at:end]), end, end > at
}

// quoted reads up to a quote that is not doubled.
func (p *parser) quoted(at int) (name string, next int, ok bool) {
	var b strings.Builder
	for ; at < len(p.read); at++ {
		if p.read[at] == '"' {
			if p.at(at+1) != '"' {
				return b.String(), at + 1, true
			}
			b.WriteRune(p.text[at])
			at++
			continue
		}
		b.WriteRune(p.text[at])
	}
	p.miss(len(p.read), missQuote)
	return "", len(p.read), false
}

// resolve turns names into the field's values; what cannot be is a flaw.
func (p *parser) resolve(f Field, list []called) []Value {
	values := make([]Value, len(list))
	for i, c := range list {
		v, known := p.valueOf(f, c)
		values[i] = v
		if known {
			continue
		}
		flaw := flawAt("", UnknownName, "Value", c.name+c.number)
		if f.Kind == Word {
			flaw = flawAt("", UnknownWord, "Field", f.Name, "Value", c.name, "Known", listed(f.Words))
		} else if found := p.find(f, c); len(found) > 1 {
			flaw = flawAt("", AmbiguousName, "Value", c.name, "Known", p.candidates(f, found))
		}
		flaw.From, flaw.To = c.from, c.to
		p.flaws = append(p.flaws, flaw)
	}
	return values
}

func (p *parser) valueOf(f Field, c called) (v Value, known bool) {
	switch {
	case f.Kind == Word:
		return p.wordOf(f, c.name)
	case c.number != "" && f.Of != OfText:
		return f.parse(OneOf, c.number)
	case f.Of == OfText:
		return f.parse(OneOf, c.name)
	}
	found := p.find(f, c)
	if len(found) != 1 {
		return Value{}, false
	}
	return found[0].Value, true
}

func (p *parser) find(f Field, c called) []Named {
	if f.Kind == Word || f.Of == OfText || c.number != "" {
		return nil
	}
	return p.names.Find(f.Of, c.name)
}

func (p *parser) wordOf(f Field, name string) (v Value, known bool) {
	read := folded(name)
	for i, word := range f.Words {
		for _, variant := range p.lex.words[wordKey(f.Name, word)] {
			if slices.Equal(folded(variant), read) {
				return Value{Number: int64(i), Text: word}, true
			}
		}
	}
	return Value{}, false
}

// mostCandidates is how many things of one name are listed.
const mostCandidates = 5

func (p *parser) candidates(f Field, found []Named) string {
	var said []string
	for _, n := range found[:min(len(found), mostCandidates)] {
		text := p.lex.quote(n.Name) + "#" + p.lex.quote(f.show(OneOf, n.Value))
		if n.Where != "" {
			text += " (" + n.Where + ")"
		}
		said = append(said, text)
	}
	if more := len(found) - mostCandidates; more > 0 {
		said = append(said, "+"+strconv.Itoa(more))
	}
	return strings.Join(said, p.lex.say(keyList))
}
