package index

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"siyu/internal/audience"
)

// Share is how many customers have a value.
type Share struct {
	Value int64
	Count int
}

// Split returns how the crowd, as it is now, is spread over the values of a
// Word, Ref or Refs field, the most frequent first and no more than most of
// them; a customer counts for every value of a Refs field. It returns nil for
// a field of another kind.
func (c *Crowd) Split(field string, most int) []Share {
	f, known := audience.FieldOf(field)
	var counts []int
	values := func(code int) int64 { return int64(code) }
	switch {
	case !known || field == audience.AudienceField:
		return nil
	case f.Kind == audience.Refs:
		place := audience.RefsAt(field)
		counts = c.counted(func(b *block, m *mask, counts []int) []int { return b.refs[place].count(m, counts) })
		values = c.index.values(c.index.refsTerms(place))
	case f.Kind == audience.Ref || f.Kind == audience.Word:
		place := audience.ColumnAt(field, audience.Ever)
		counts = c.counted(func(b *block, m *mask, counts []int) []int { return b.columns[place].count(m, counts) })
		if coded := c.index.layout.coded[place]; coded >= 0 {
			values = c.index.values(&c.index.terms[coded])
		}
	}
	var shares []Share
	for code, n := range counts {
		if n > 0 {
			shares = append(shares, Share{values(code), n})
		}
	}
	slices.SortFunc(shares, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return shares[:min(most, len(shares))]
}

// Values returns the values of a Word, Ref or Refs field that occur, as Split
// does of everybody.
func (ix *Index) Values(field string, most int) []Share { return ix.Everybody().Split(field, most) }

// values returns the values by code. Codes that were given keep their value.
func (ix *Index) values(terms *numbers) func(code int) int64 {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	list := terms.list
	return func(code int) int64 { return list[code] }
}

// counted adds up what count says of each block.
func (c *Crowd) counted(count func(b *block, m *mask, counts []int) []int) []int {
	var mu sync.Mutex
	var all []int
	c.index.inParallel(len(c.parts), func(next func() (int, bool)) {
		var mine []int
		for at, more := next(); more; at, more = next() {
			c.read(at, func(b *block, m *mask) { mine = count(b, m, mine) })
		}
		mu.Lock()
		defer mu.Unlock()
		all = reaching(all, len(mine))
		for i, n := range mine {
			all[i] += n
		}
	})
	return all
}

// reaching returns counts with at least n places.
func reaching(counts []int, n int) []int {
	if n <= len(counts) {
		return counts
	}
	return append(counts, make([]int, n-len(counts))...)
}

func (c *column) count(m *mask, counts []int) []int {
	counts = reaching(counts, int(c.base)+1)
	if c.width == 0 {
		counts[c.base] += m.count()
		return counts
	}
	for row := range m.rows() {
		code := int(c.at(int(row)))
		counts = reaching(counts, code+1)
		counts[code]++
	}
	return counts
}

func (p *postings) count(m *mask, counts []int) []int {
	if n := len(p.codes); n > 0 {
		counts = reaching(counts, int(p.codes[n-1])+1)
	}
	for i, code := range p.codes {
		counts[code] += p.rows[i].countIn(m)
	}
	return counts
}

// countIn returns how many of the rows are in the mask.
func (s set) countIn(m *mask) int {
	n := 0
	if !s.dense() {
		for _, row := range s {
			n += int(m[row/wordSize] >> (row % wordSize) & 1)
		}
		return n
	}
	var own mask
	s.into(&own)
	own.and(m)
	return own.count()
}

// Bands returns how many of the crowd, as it is now, have a value of the column
// below the first edge, from there to below the next, and so on, and at or
// above the last: one more than there are edges, which must ascend.
func (c *Crowd) Bands(column int, edges []int64) []int {
	counts := c.counted(func(b *block, m *mask, counts []int) []int {
		counts = reaching(counts, len(edges)+1)
		low := int64(math.MinInt64)
		for i := range counts {
			band := audience.Span{From: low, To: math.MaxInt64}
			if i < len(edges) {
				band.To, low = edges[i]-1, edges[i]
			}
			some := *m
			b.columns[column].narrow(band, &some)
			counts[i] += some.count()
		}
		return counts
	})
	return reaching(counts, len(edges)+1)
}

// Quantiles returns the values of a column of numbers below which these shares
// of the crowd, as it is now, lie: of n values in ascending order that at
// place floor(share*n), the largest for 1. It returns nil for nobody.
func (c *Crowd) Quantiles(column int, shares ...float64) []int64 {
	low, high, n := c.bounds(column)
	if n == 0 {
		return nil
	}
	quantiles := make([]int64, len(shares))
	for i, share := range shares {
		rank := min(n-1, int(share*float64(n)))
		quantiles[i] = c.ranked(column, audience.Span{From: low, To: high}, rank)
	}
	return quantiles
}

// bounds returns the span that the columns can hold and how many values there
// are.
func (c *Crowd) bounds(column int) (low, high int64, n int) {
	low, high = math.MaxInt64, math.MinInt64
	for at := range c.parts {
		c.read(at, func(b *block, m *mask) {
			of := &b.columns[column]
			n += m.count()
			low = min(low, of.base)
			high = max(high, of.highest())
		})
	}
	return low, high, n
}

func (c *column) highest() int64 {
	if top := most(c.width); top <= uint64(math.MaxInt64)-uint64(c.base) {
		return c.base + int64(top)
	}
	return math.MaxInt64
}

// bins is into how many parts a span is cut at a time.
const bins = 1 << 12

// ranked returns the value at a place among those in the span.
func (c *Crowd) ranked(column int, s audience.Span, rank int) int64 {
	for s.From < s.To {
		step := (uint64(s.To)-uint64(s.From))/bins + 1
		counts := c.counted(func(b *block, m *mask, counts []int) []int {
			counts = reaching(counts, bins)
			of := &b.columns[column]
			of.narrow(s, m)
			for row := range m.rows() {
				counts[(uint64(of.at(int(row)))-uint64(s.From))/step]++
			}
			return counts
		})
		bin := 0
		for ; bin < bins-1 && rank >= counts[bin]; bin++ {
			rank -= counts[bin]
		}
		from := min(int64(uint64(s.From)+uint64(bin)*step), s.To)
		s = audience.Span{From: from, To: min(s.To, int64(uint64(from)+(step-1)))}
	}
	return s.From
}
