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

// The fields that are set, in the order of fieldNames.
const (
	atAlive = iota
	atBirthday
	atChannel
	atCity
	atComplaint
	atConsent
	atDue
	atExposure
	atFatigue
	atFirstOrder
	atFirstSeen
	atGroupCount
	atLastAnswer
	atLastMessageIn
	atLastMessageOut
	atLastNeed
	atLastOrder
	atLastTouch
	atLevel
	atLimiting
	atLostOn
	atMessagesIn
	atMessagesOut
	atNeed
	atOrders
	atOwner
	atReactions
	atReferrals
	atRelation
	atRepurchase
	atSince
	atStaffCount
	atStage
	atStore
	atTouches
	atTrust
	atTurnover
	atValue
	fieldCount
)

var fieldNames = [fieldCount]string{"alive", "birthday", "channel", "city", "complaint", "consent", "due", "exposure", "fatigue", "first_order", "first_seen", "group_count", "last_answer", "last_message_in", "last_message_out", "last_need", "last_order", "last_touch", "level", "limiting", "lost_on", "messages_in", "messages_out", "need", "orders", "owner", "reactions", "referrals", "relation", "repurchase", "since", "staff_count", "stage", "store", "touches", "trust", "turnover", "value"}

// places are where the first column of each field lies in a row.
type places [fieldCount]int

const (
	cities = iota
	channels
	levels
	tags
	kinds
)

// New returns a maker of so many customers as of a business day.
func New(many int, today int64) *Maker {
	m := &Maker{many: many, today: today, groups: max(1, many/perGroup), words: make([][]int64, kinds)}
	for i, name := range fieldNames {
		m.places[i] = audience.ColumnAt(name, audience.Ever)
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
	at       *places
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
	p := person{luck: luck(i) * 0x632be59bd9b4e019, row: row, at: &m.places}
	row.ID = id.Customer(1 + int64(i)*(1<<62/int64(m.many)) + int64(p.below(1000)))
	p.warmth, p.pace, p.spending = p.below(100), 14+p.low(120), 1900+p.low(60_000)
	m.belongs(&p)
	m.buys(&p)
	m.talks(&p)
	m.judged(&p)
	m.lists(&p)
}

func (p *person) set(field int, v int64) { p.row.Values[p.at[field]] = v }

func (p *person) value(field, window int) int64 { return p.row.Values[p.at[field]+window] }

func (m *Maker) belongs(p *person) {
	p.store = p.low(Stores)
	seen := m.today - int64(30+p.low(1_000))
	p.set(atFirstSeen, seen)
	p.set(atCity, m.words[cities][p.store%Cities])
	p.set(atChannel, m.words[channels][p.low(Channels)])
	if p.below(100) < 85 {
		p.set(atRelation, 1)
		p.set(atStore, int64(1+p.store))
		p.set(atOwner, int64(1+p.store*PerStore+p.below(PerStore)))
		p.set(atSince, seen+int64(p.below(30)))
		p.set(atStaffCount, 1)
	} else if p.below(3) == 0 {
		p.set(atRelation, 3)
		p.set(atLostOn, m.today-int64(p.below(30)))
	}
	if p.below(100) < 40 {
		p.set(atBirthday, int64(100*(1+p.below(12))+1+p.below(28)))
	}
	p.set(atConsent, int64(min(2, p.low(4))))
	p.set(atComplaint, int64(p.low(300)/298))
}

// windows are those of fields over windows, Ever first.
var windows = [...]int64{1 << 40, 7, 30, 90, 180, 365}

// over adds what happened some days ago to the field and its windows.
func (p *person) over(field int, ago, much int64) {
	place := p.at[field]
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
	p.set(atLastOrder, p.last)
	p.set(atLevel, m.words[levels][min(Levels-1, p.orders/4)])
	for range p.orders {
		p.over(atOrders, ago, 1)
		p.over(atTurnover, ago, int64(p.spending/2+p.below(p.spending)))
		p.set(atFirstOrder, m.today-ago)
		ago += int64(p.pace/2 + p.below(p.pace))
	}
	p.set(atReferrals, int64(p.low(200)/197))
}

func (m *Maker) talks(p *person) {
	for n, ago := p.below(4+p.warmth/8), int64(p.low(30)); n > 0; n-- {
		if p.over(atTouches, ago, 1); p.value(atLastTouch, 0) == 0 {
			p.set(atLastTouch, m.today-ago)
		}
		ago += int64(3 + p.below(20))
	}
	for n, ago := p.low(2+p.warmth/6), int64(p.below(60)); n > 0; n-- {
		p.over(atMessagesIn, ago, int64(1+p.low(6)))
		p.over(atMessagesOut, ago, int64(1+p.low(8)))
		if p.value(atLastMessageIn, 0) == 0 {
			p.set(atLastMessageIn, m.today-ago)
			p.set(atLastMessageOut, m.today-ago)
			p.set(atLastAnswer, m.today-ago)
		}
		ago += int64(1 + p.below(40))
	}
	if p.warmth > 80 {
		p.set(atReactions, int64(p.low(9)))
		p.set(atLastNeed, m.today-int64(p.low(200)))
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
	p.set(atStage, int64(stage))
	p.set(atLimiting, int64(1+p.low(4)))
	p.set(atAlive, alive)
	p.set(atRepurchase, alive*int64(10+p.warmth)/200)
	p.set(atValue, int64(p.spending)*alive*365/int64(p.pace)/1000*int64(p.orders)/int64(p.orders+3))
	p.set(atNeed, int64(p.below(300)-150))
	p.set(atTrust, int64(p.warmth*3+p.below(60)-180))
	p.set(atExposure, int64(p.below(200)-100))
	p.set(atFatigue, p.value(atTouches, 2)*90)
	if p.orders > 0 {
		p.set(atDue, max(m.today-60, p.last+int64(p.pace)))
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
		p.set(atGroupCount, 1)
	}
	if owner := p.value(atOwner, 0); owner != 0 {
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
