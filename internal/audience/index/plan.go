package index

import (
	"cmp"
	"slices"

	"siyu/internal/audience"
	"siyu/internal/org"
)

// test is a part of a rule that narrows the rows of a block to those of whom
// it holds.
type test interface {
	narrow(*reader, *mask)
	// cost is about how many microseconds narrowing a whole block takes.
	cost(*block) float64
}

// reader evaluates blocks one after the other.
type reader struct {
	block *block
	at    int // of the block
	spare []*mask
}

func (r *reader) take() *mask {
	if n := len(r.spare); n > 0 {
		m := r.spare[n-1]
		r.spare = r.spare[:n-1]
		return m
	}
	return new(mask)
}

func (r *reader) give(m *mask) { r.spare = append(r.spare, m) }

type (
	allOf  []test
	anyOf  []test
	noneOf struct{ of test }
	// within: the column's value lies in one of the spans.
	within struct {
		column int
		spans  []audience.Span
	}
	// among: the table marks the column's code.
	among struct {
		column int
		table  []uint8
	}
	// holding: who has any of the codes; every customer who has any at all
	// where there are none.
	holding struct {
		field int
		codes []uint32
	}
	// member: who is in the crowd.
	member struct{ of *Crowd }
)

func (t allOf) narrow(r *reader, m *mask) {
	for _, part := range t {
		part.narrow(r, m)
		if m.empty() {
			return
		}
	}
}

func (t anyOf) narrow(r *reader, m *mask) {
	got, left := r.take(), r.take()
	*got = mask{}
	for _, part := range t {
		*left = *m
		left.andNot(got)
		if left.empty() {
			break
		}
		part.narrow(r, left)
		got.or(left)
	}
	m.and(got)
	r.give(got)
	r.give(left)
}

func (t noneOf) narrow(r *reader, m *mask) {
	out := r.take()
	*out = *m
	t.of.narrow(r, out)
	m.andNot(out)
	r.give(out)
}

func (t within) narrow(r *reader, m *mask) {
	c := &r.block.columns[t.column]
	switch len(t.spans) {
	case 0:
		*m = mask{}
		return
	case 1:
		c.narrow(t.spans[0], m)
		return
	}
	got, some := r.take(), r.take()
	*got = mask{}
	for _, s := range t.spans {
		*some = *m
		c.narrow(s, some)
		got.or(some)
	}
	*m = *got
	r.give(got)
	r.give(some)
}

func (t among) narrow(r *reader, m *mask) { r.block.columns[t.column].choose(t.table, m) }

func (t holding) narrow(r *reader, m *mask) {
	p, got := &r.block.refs[t.field], r.take()
	*got = mask{}
	if len(t.codes) == 0 {
		p.some.into(got)
	}
	for _, code := range t.codes {
		p.of(code).into(got)
	}
	m.and(got)
	r.give(got)
}

func (t member) narrow(r *reader, m *mask) {
	got := r.take()
	*got = mask{}
	t.of.part(r.at).into(got)
	m.and(got)
	r.give(got)
}

func sum[T test](parts []T, b *block) float64 {
	total := 0.
	for _, part := range parts {
		total += part.cost(b)
	}
	return total
}

func (t allOf) cost(b *block) float64  { return sum(t, b) }
func (t anyOf) cost(b *block) float64  { return 1 + sum(t, b) }
func (t noneOf) cost(b *block) float64 { return 1 + t.of.cost(b) }
func (t within) cost(b *block) float64 {
	return 1 + 12*float64(b.columns[t.column].width)*float64(len(t.spans))
}
func (t among) cost(*block) float64   { return 60 }
func (t holding) cost(*block) float64 { return 2 + 2*float64(len(t.codes)) }
func (t member) cost(*block) float64  { return 3 }

// plan makes a rule ready for the blocks, within what the asker may see.
// It must be made, and used, while ix.mu is held at least shared.
func (ix *Index) plan(rule *audience.Rule, scope org.Scope, today int64) test {
	c := compiler{ix, today}
	all := allOf(c.scope(scope))
	if part, isAll := c.rule(rule).(allOf); isAll {
		all = append(all, part...)
	} else {
		all = append(all, c.rule(rule))
	}
	return ix.ordered(all)
}

type compiler struct {
	ix    *Index
	today int64
}

func (c compiler) scope(s org.Scope) []test {
	switch {
	case s.Staff != 0:
		return []test{c.oneOf(audience.ColumnAt("owner", audience.Ever), []int64{int64(s.Staff)})}
	case s.Everything:
		return nil
	}
	stores := make([]int64, len(s.Stores))
	for i, store := range s.Stores {
		stores[i] = int64(store)
	}
	return []test{c.oneOf(audience.ColumnAt("store", audience.Ever), stores)}
}

func (c compiler) rule(r *audience.Rule) test {
	switch {
	case r.Any != nil:
		return anyOf(c.rules(r.Any))
	case r.Not != nil:
		return noneOf{c.rule(r.Not)}
	case r.Ask != nil:
		return c.condition(r.Ask)
	}
	return allOf(c.rules(r.All))
}

func (c compiler) rules(rules []audience.Rule) []test {
	parts := make([]test, len(rules))
	for i := range rules {
		parts[i] = c.rule(&rules[i])
	}
	return parts
}

func (c compiler) condition(ask *audience.Condition) test {
	f, _ := audience.FieldOf(ask.Field)
	values := make([]int64, len(ask.Values))
	for i, v := range ask.Values {
		values[i] = v.Number
	}
	switch {
	case f.Name == audience.AudienceField:
		return c.combined(ask.Is, values, c.member)
	case f.Kind == audience.Refs:
		place := audience.RefsAt(f.Name)
		return c.combined(ask.Is, values, func(v []int64) test { return c.holding(place, v) })
	case f.Kind == audience.Word || f.Kind == audience.Ref:
		column := audience.ColumnAt(f.Name, ask.Window)
		return c.combined(ask.Is, values, func(v []int64) test { return c.oneOf(column, v) })
	}
	return within{audience.ColumnAt(f.Name, ask.Window), ask.Spans(f.Kind, c.today)}
}

// combined makes the tests on sets of a test on one of some values; of none it
// must be the test on any value at all.
func (c compiler) combined(is audience.Test, values []int64, oneOf func([]int64) test) test {
	switch is {
	case audience.NoneOf:
		if len(values) == 0 {
			return allOf{}
		}
		return noneOf{oneOf(values)}
	case audience.AllOf:
		var all allOf
		for _, v := range values {
			all = append(all, oneOf([]int64{v}))
		}
		return all
	case audience.Never:
		return noneOf{oneOf(nil)}
	case audience.Known:
		return oneOf(nil)
	}
	if len(values) == 0 {
		return anyOf{}
	}
	return oneOf(values)
}

func (c compiler) member(audiences []int64) test {
	var parts anyOf
	for _, n := range audiences {
		if crowd := c.ix.members[n]; crowd != nil {
			parts = append(parts, member{crowd})
		}
	}
	return parts
}

func (c compiler) holding(field int, values []int64) test {
	if len(values) == 0 {
		return holding{field: field}
	}
	var codes []uint32
	for _, v := range values {
		if code, known := c.ix.refsTerms(field).place(v); known {
			codes = append(codes, code)
		}
	}
	if len(codes) == 0 {
		return anyOf{}
	}
	return holding{field, codes}
}

// manySpans is from where looking up a code in a table is faster than to
// compare with spans.
const manySpans = 6

// oneOf is of a Word or Ref column; without values of those that are not 0.
func (c compiler) oneOf(column int, values []int64) test {
	place := c.ix.layout.coded[column]
	if place < 0 {
		return within{column, spansOf(values)}
	}
	if values == nil {
		return noneOf{within{column, []audience.Span{{From: 0, To: 0}}}}
	}
	var codes []int64
	for _, v := range values {
		if code, known := c.ix.terms[place].place(v); known {
			codes = append(codes, int64(code))
		}
	}
	spans := spansOf(codes)
	if len(spans) < manySpans {
		return within{column, spans}
	}
	table := make([]uint8, len(c.ix.terms[place].list))
	for _, code := range codes {
		table[code] = 1
	}
	return among{column, table}
}

// spansOf returns the spans that hold exactly the values.
func spansOf(values []int64) []audience.Span {
	values = slices.Clone(values)
	slices.Sort(values)
	var spans []audience.Span
	for _, v := range values {
		if n := len(spans); n > 0 && v-1 <= spans[n-1].To {
			spans[n-1].To = v
		} else {
			spans = append(spans, audience.Span{From: v, To: v})
		}
	}
	return spans
}

// sampleStride: to learn which parts hold of few, one word of so many is
// looked at in one block.
const sampleStride = 16

// ordered puts the parts that cost little and hold of few first in all that
// must hold, and those that hold of many first where one is enough.
func (ix *Index) ordered(t test) test {
	if len(ix.blocks) == 0 {
		return t
	}
	at := len(ix.blocks) / 2
	return sample{&reader{block: ix.blocks[at], at: at}}.ordered(t)
}

type sample struct{ reader *reader }

func (s sample) ordered(t test) test {
	switch t := t.(type) {
	case allOf:
		return allOf(s.sorted(t, func(share float64) float64 { return 1 - share }))
	case anyOf:
		return anyOf(s.sorted(t, func(share float64) float64 { return share }))
	case noneOf:
		return noneOf{s.ordered(t.of)}
	}
	return t
}

func (s sample) sorted(parts []test, decided func(share float64) float64) []test {
	type weighed struct {
		test
		weight float64
	}
	const never = 1e-6 // a part that decides nothing is not worth its cost
	all := make([]weighed, len(parts))
	for i, part := range parts {
		part = s.ordered(part)
		all[i] = weighed{part, part.cost(s.reader.block) / max(never, decided(s.share(part)))}
	}
	slices.SortStableFunc(all, func(a, b weighed) int { return cmp.Compare(a.weight, b.weight) })
	sorted := make([]test, len(all))
	for i, w := range all {
		sorted[i] = w.test
	}
	return sorted
}

// share returns of which share of the sample the test holds.
func (s sample) share(t test) float64 {
	var m mask
	for i := 0; i < words; i += sampleStride {
		m[i] = s.reader.block.live[i]
	}
	asked := m.count()
	t.narrow(s.reader, &m)
	return float64(m.count()) / float64(max(1, asked))
}
