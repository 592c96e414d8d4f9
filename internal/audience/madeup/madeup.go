// Package madeup makes up customers by the million for benchmarks: rows whose
// values belong together as those of people do. Whoever bought often bought
// lately more often, writes more and is worth more; staff belong to stores and
// stores to cities; three in five have bought; some tags are on every third
// customer and most on few. None of it is learned from a brand.
package madeup

import (
	"slices"
	"strconv"

	"siyu/internal/audience"
	"siyu/internal/id"
)

// How many of each there are.
const (
	Stores   = 500
	PerStore = 4 // staff
	Cities   = 50
	Channels = 200
	Levels   = 5
	Lines    = 20
	Tags     = 300
	perGroup = 150 // customers
)

// Maker makes customers up. The same number of the same many is always the
// same customer. It is safe for concurrent use.
type Maker struct {
	many   int
	today  int64
	groups int
	places places
	words  [][]int64 // codes by Thing: cities, channels, levels, tags
}

// places are where the first column of each group of columns lies.
type places map[string]int

const (
	cities = iota
	channels
	levels
	tags
	kinds
)

// New returns a maker of so many customers as of a business day.
func New(many int, today int64) *Maker {
	m := &Maker{many: many, today: today, groups: max(1, many/perGroup), places: places{}, words: make([][]int64, kinds)}
	for _, f := range audience.Fields() {
		if f.Kind != audience.Refs {
			m.places[f.Name] = audience.ColumnAt(f.Name, audience.Ever)
		}
	}
	for kind, n := range []int{Cities, Channels, Levels, Tags} {
		for i := range n {
			m.words[kind] = append(m.words[kind], int64(id.CodeOf(m.Text(kind, i))))
		}
	}
	return m
}

// Text returns the text behind a code.
func (m *Maker) Text(kind, i int) string {
	return []string{"city ", "channel ", "level ", "tag "}[kind] + strconv.Itoa(i)
}

// Tag returns the i-th tag, from the one most customers have.
func Tag(i int) audience.Value { return text("tag " + strconv.Itoa(i)) }

// City returns the i-th city, from the largest.
func City(i int) audience.Value { return text("city " + strconv.Itoa(i)) }

func text(t string) audience.Value {
	return audience.Value{Number: int64(id.CodeOf(t)), Text: t}
}

// Blank returns a row with room for everything Row sets.
func Blank() audience.Row {
	return audience.Row{Values: make([]int64, len(audience.Columns())), Refs: make([][]int64, len(audience.RefsFields()))}
}

// luck is a stream of random numbers (splitmix64, Steele, Lea and Flood 2014).
type luck uint64

func (l *luck) next() uint64 {
	*l += 0x9e3779b97f4a7c15
	z := uint64(*l)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number below n.
func (l *luck) below(n int) int { return int((l.next() >> 32) * uint64(n) >> 32) }

// low returns a number below n, small ones much more often.
func (l *luck) low(n int) int {
	x := float64(l.next()>>11) / (1 << 53)
	return int(x * x * x * float64(n))
}

// person is what a customer's values come from.
type person struct {
	luck
	row      *audience.Row
	pace     int // days between orders
	orders   int
	last     int64 // day of the last order, 0 never
	warmth   int   // 0..99: how much the customer has to do with the brand
	spending int   // fen an order
	store    int
}

// Row overwrites a row, see Blank, with the i-th customer. Ids rise with i, as
// they do where a database is read by key.
func (m *Maker) Row(i int, row *audience.Row) {
	clear(row.Values)
	p := person{luck: luck(i) * 0x632be59bd9b4e019, row: row}
	row.ID = id.Customer(1 + int64(i)*(1<<62/int64(m.many)) + int64(p.below(1000)))
	p.warmth, p.pace, p.spending = p.below(100), 14+p.low(120), 1900+p.low(60_000)
	m.belongs(&p)
	m.buys(&p)
	m.talks(&p)
	m.judged(&p)
	m.lists(&p)
}

func (m *Maker) set(p *person, field string, v int64) { p.row.Values[m.places[field]] = v }

func (m *Maker) belongs(p *person) {
	p.store = p.low(Stores)
	seen := m.today - int64(30+p.low(1_000))
	m.set(p, "first_seen", seen)
	m.set(p, "city", m.words[cities][p.store%Cities])
	m.set(p, "channel", m.words[channels][p.low(Channels)])
	if p.below(100) < 85 {
		m.set(p, "relation", 1)
		m.set(p, "store", int64(1+p.store))
		m.set(p, "owner", int64(1+p.store*PerStore+p.below(PerStore)))
		m.set(p, "since", seen+int64(p.below(30)))
		m.set(p, "staff_count", 1)
	} else if p.below(3) == 0 {
		m.set(p, "relation", 3)
		m.set(p, "lost_on", m.today-int64(p.below(30)))
	}
	if p.below(100) < 40 {
		m.set(p, "birthday", int64(100*(1+p.below(12))+1+p.below(28)))
	}
	m.set(p, "consent", int64(min(2, p.low(4))))
	m.set(p, "complaint", int64(p.low(300)/298))
}

// windows are those of fields over windows, Ever first.
var windows = [...]int64{1 << 40, 7, 30, 90, 180, 365}

// over adds what happened some days ago to the field and its windows.
func (p *person) over(place int, ago, much int64) {
	for i, w := range windows {
		if ago < w {
			p.row.Values[place+i] += much
		}
	}
}

func (m *Maker) buys(p *person) {
	if p.below(100) >= 45+p.warmth/3 {
		return
	}
	p.orders = 1 + p.low(4+p.warmth/5)
	ago := int64(p.low(40 + 5*p.pace))
	p.last = m.today - ago
	m.set(p, "last_order", p.last)
	m.set(p, "level", m.words[levels][min(Levels-1, p.orders/4)])
	for range p.orders {
		p.over(m.places["orders"], ago, 1)
		p.over(m.places["turnover"], ago, int64(p.spending/2+p.below(p.spending)))
		m.set(p, "first_order", m.today-ago)
		ago += int64(p.pace/2 + p.below(p.pace))
	}
	m.set(p, "referrals", int64(p.low(200)/197))
}

func (m *Maker) talks(p *person) {
	for n, ago := p.below(4+p.warmth/8), int64(p.low(30)); n > 0; n-- {
		if p.over(m.places["touches"], ago, 1); p.row.Values[m.places["last_touch"]] == 0 {
			m.set(p, "last_touch", m.today-ago)
		}
		ago += int64(3 + p.below(20))
	}
	for n, ago := p.low(2+p.warmth/6), int64(p.below(60)); n > 0; n-- {
		p.over(m.places["messages_in"], ago, int64(1+p.low(6)))
		p.over(m.places["messages_out"], ago, int64(1+p.low(8)))
		if p.row.Values[m.places["last_message_in"]] == 0 {
			m.set(p, "last_message_in", m.today-ago)
			m.set(p, "last_message_out", m.today-ago)
			m.set(p, "last_answer", m.today-ago)
		}
		ago += int64(1 + p.below(40))
	}
	if p.warmth > 80 {
		m.set(p, "reactions", int64(p.low(9)))
		m.set(p, "last_need", m.today-int64(p.low(200)))
	}
}

func (m *Maker) judged(p *person) {
	away := int64(0)
	if p.orders > 0 {
		away = (m.today - p.last) * 100 / int64(p.pace) // in hundredths of the pace
	}
	stage := 1
	switch {
	case p.orders == 0:
	case away > 400:
		stage = 5
	case away > 200:
		stage = 4
	case p.orders > 3:
		stage = 3
	default:
		stage = 2
	}
	alive := max(20, 1000-away*2)
	m.set(p, "stage", int64(stage))
	m.set(p, "limiting", int64(1+p.low(4)))
	m.set(p, "alive", alive)
	m.set(p, "repurchase", alive*int64(10+p.warmth)/200)
	m.set(p, "value", int64(p.spending)*alive*365/int64(p.pace)/1000*int64(p.orders)/int64(p.orders+3))
	m.set(p, "need", int64(p.below(300)-150))
	m.set(p, "trust", int64(p.warmth*3+p.below(60)-180))
	m.set(p, "exposure", int64(p.below(200)-100))
	m.set(p, "fatigue", p.row.Values[m.places["touches"]+2]*90)
	if p.orders > 0 {
		m.set(p, "due", max(m.today-60, p.last+int64(p.pace)))
	}
}

func (m *Maker) lists(p *person) {
	refs := p.row.Refs
	for i := range refs {
		refs[i] = refs[i][:0]
	}
	for range p.low(16) {
		refs[0] = append(refs[0], m.words[tags][p.low(Tags)])
	}
	if p.warmth > 70 {
		refs[1] = append(refs[1], int64(1+p.below(m.groups)))
		m.set(p, "group_count", 1)
	}
	if owner := p.row.Values[m.places["owner"]]; owner != 0 {
		refs[2] = append(refs[2], owner)
	}
	for range min(3, p.orders) {
		refs[3] = append(refs[3], int64(1+p.low(Lines)))
		refs[5] = append(refs[5], int64(1+p.store))
	}
	if p.warmth > 80 {
		refs[4] = append(refs[4], int64(1+p.below(Lines)))
	}
	for i := range refs {
		slices.Sort(refs[i])
		refs[i] = slices.Compact(refs[i])
	}
}
