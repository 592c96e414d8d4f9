package audience

import "slices"

// asked is what a phrase is about.
type asked struct {
	field Field
	form  form
	test  Test
}

// match is what filled a phrase's places.
type match struct {
	about    asked
	window   int
	values   []Value
	names    []called
	numbers  map[slot]int64 // of a date
	literals int            // how many characters of the phrase itself stood there
}

// condition reads the phrase that goes furthest; of several that go as far,
// the one that leaves least to its places.
func (p *parser) condition(at int) (n *node, next int, ok bool) {
	var best match
	for _, start := range p.windows(at) {
		for _, begins := range []rune{p.at(p.blank(start.next)), 0} {
			for _, c := range p.lex.heard[begins] {
				if start.days != Ever && !c.windowed {
					continue
				}
				m, end, found := p.phrase(c.phrase, c.about, start.next)
				if found && (end > next || end == next && m.literals > best.literals) {
					best, next, ok = m, end, true
					if start.days != Ever {
						best.window = start.days
					}
				}
			}
		}
	}
	if !ok {
		return nil, at, false
	}
	return p.node(best, at, next), next, true
}

// window is one that stands in the text.
type window struct{ days, next int }

// windows returns what a condition's phrase can begin behind: no window, and
// those that stand there.
func (p *parser) windows(at int) []window {
	all := []window{{Ever, at}}
	for _, ph := range p.lex.windows {
		m, next, ok := p.phrase(ph, asked{field: Field{Kind: Number}, test: Equal}, at)
		if !ok {
			continue
		}
		if found := (window{int(m.values[0].Number), next}); !slices.Contains(all, found) {
			all = append(all, found)
		}
	}
	return all
}

// phrase reads a phrase and what fills its places.
func (p *parser) phrase(ph phrase, about asked, at int) (m match, next int, ok bool) {
	f := fitter{parser: p, asked: about, start: p.blank(at)}
	return f.fit(ph, f.start, match{about: about})
}

// fitter reads one phrase from where it starts.
type fitter struct {
	*parser
	asked
	start int
}

func (f *fitter) fit(ph phrase, at int, m match) (filled match, next int, ok bool) {
	if len(ph) == 0 {
		return m, at, !letter(f.before(at)) || !letter(f.at(at))
	}
	first, rest := ph[0], ph[1:]
	switch {
	case first.slot == slotWindow:
		return f.windowed(rest, at, m)
	case first.slot != "":
		next, ok := f.fill(first.slot, at, &m)
		if !ok {
			return m, at, false
		}
		return f.fit(rest, next, m)
	}
	if next, ok := f.literal(at, first.folded); ok {
		said := m
		said.literals += len(first.folded)
		if filled, end, ok := f.fit(rest, next, said); ok {
			return filled, end, true
		}
	}
	if first.maybe {
		return f.fit(rest, at, m)
	}
	return m, at, false
}

// before returns the character before a place if a word could end there with
// it: one of digits ends by itself.
func (f *fitter) before(at int) rune {
	if at <= f.start || !notDigit(f.read[at-1]) {
		return 0
	}
	return f.read[at-1]
}

// windowed goes on behind a window, or without one.
func (f *fitter) windowed(rest phrase, at int, m match) (filled match, next int, ok bool) {
	for _, start := range f.windows(at)[1:] {
		with := m
		with.window = start.days
		if filled, next, ok := f.fit(rest, start.next, with); ok {
			return filled, next, true
		}
	}
	return f.fit(rest, at, m)
}

func (f *fitter) fill(place slot, at int, m *match) (next int, ok bool) {
	switch place {
	case slotNames:
		m.names, next, ok = f.list(at)
		return next, ok
	case slotYear, slotMonth, slotDay:
		n, next, ok := f.plain(at)
		m.numbers = with(m.numbers, place, n)
		return next, ok
	}
	v, next, ok := f.value(f.field, f.test, at)
	m.values = append(m.values[:len(m.values):len(m.values)], v)
	return next, ok
}

func with(numbers map[slot]int64, place slot, n int64) map[slot]int64 {
	all := map[slot]int64{place: n}
	for k, v := range numbers {
		all[k] = v
	}
	return all
}

// mostDigits is how many digits the parts of a date have at most.
const mostDigits = 4

// plain reads digits alone.
func (f *fitter) plain(at int) (n int64, next int, ok bool) {
	at = f.blank(at)
	for next = at; !notDigit(f.at(next)) && next < at+mostDigits; next++ {
		n = n*10 + int64(f.at(next)-'0')
	}
	if next == at {
		f.miss(at, missNumber)
	}
	return n, next, next > at
}

// literal reads a literal of the phrase and notes what is missing of it.
func (f *fitter) literal(at int, want []rune) (next int, ok bool) {
	next, done := f.prefix(at, want)
	if done == len(want) {
		return next, true
	}
	for done > 0 && next > f.start && letter(want[done-1]) && letter(f.read[next-1]) {
		done, next = done-1, next-1 // people are told of whole words
	}
	if next > f.start {
		f.miss(next, string(trimmed(want[done:])))
	}
	return at, false
}

func trimmed(text []rune) []rune {
	for len(text) > 0 && text[0] == ' ' {
		text = text[1:]
	}
	for len(text) > 0 && text[len(text)-1] == ' ' {
		text = text[:len(text)-1]
	}
	return text
}

// prefix reads as much of a text as stands there. Blanks do not matter,
// unless they are between letters.
func (p *parser) prefix(at int, want []rune) (next, done int) {
	for i, r := range want {
		if r == ' ' {
			at = p.blank(at)
			continue
		}
		from := at
		if !letter(r) {
			from = p.blank(at)
		}
		if p.at(from) != r {
			return at, i
		}
		at = from + 1
	}
	return at, len(want)
}

// word reads one of the lexicon's words. One of letters must end where the
// letters end.
func (p *parser) word(at int, word string) (next int, ok bool) {
	want := trimmed(folded(word))
	at = p.blank(at)
	next, done := p.prefix(at, want)
	if done < len(want) || len(want) == 0 {
		return at, false
	}
	last := want[len(want)-1]
	return next, !letter(last) || !notDigit(last) || !letter(p.at(next))
}
