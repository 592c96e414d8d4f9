package audience

import (
	"math"
	"slices"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// Row is a customer as rules see one.
type Row struct {
	ID     id.Customer
	Values []int64   // of every Column
	Refs   [][]int64 // of every field of RefsFields, each sorted
	// Moves is the next business day on which a value over a window changes
	// although nothing happens, 0 never.
	Moves int64
}

// Subject is what a Row is made of.
type Subject struct {
	Profile *profile.Customer
	Insight *insight.Customer // nil where nothing was understood yet
	Store   id.Store          // of the owner
}

// NewRow returns the customer's row as of a business day. Values over windows
// hold what stands in the profile's lists of recent things, see
// profile.RecentOrders and its neighbours.
func NewRow(s Subject, today int64) Row {
	row := Row{Values: make([]int64, 0, columnCount), Refs: make([][]int64, refsCount)}
	new(RowMaker).Fill(&row, s, today)
	return row
}

// Clone returns a row that shares no memory with this one.
func (r Row) Clone() Row {
	r.Values, r.Refs = slices.Clone(r.Values), slices.Clone(r.Refs)
	for i := range r.Refs {
		r.Refs[i] = slices.Clone(r.Refs[i])
	}
	return r
}

// RowMaker makes the rows of many customers: it remembers the codes of texts
// that many share. It is for one goroutine; the zero RowMaker is ready.
type RowMaker struct{ codes map[string]int64 }

// Fill overwrites row with what NewRow returns, in the memory that row has.
func (m *RowMaker) Fill(row *Row, s Subject, today int64) {
	w := writer{values: row.Values[:0], today: today, maker: m}
	w.judged(s.Insight)
	w.standing(s)
	w.days(s.Profile)
	w.counts(s.Profile)
	row.ID, row.Values, row.Moves = s.Profile.ID, w.values, w.moves
	if len(row.Refs) != refsCount {
		row.Refs = make([][]int64, refsCount)
	}
	m.refs(row.Refs, s.Profile)
}

// The lengths of every row.
var (
	columnCount = len(Columns())
	refsCount   = len(RefsFields())
)

// mostCodes is how many texts are remembered: tags, cities, channels of a large
// brand.
const mostCodes = 10_000

// code returns the code of a text, 0 where there is none.
func (m *RowMaker) code(text string) int64 {
	if text == "" {
		return 0
	}
	return m.remembered(text)
}

func (m *RowMaker) remembered(text string) int64 {
	if code, known := m.codes[text]; known {
		return code
	}
	code := int64(id.CodeOf(text))
	if m.codes == nil || len(m.codes) >= mostCodes {
		m.codes = map[string]int64{}
	}
	m.codes[text] = code
	return code
}

// writer appends values in the order of Columns.
type writer struct {
	values []int64
	today  int64
	moves  int64
	maker  *RowMaker
}

func (w *writer) add(values ...int64) { w.values = append(w.values, values...) }

func (w *writer) judged(k *insight.Customer) {
	if k == nil {
		k = &insight.Customer{}
	}
	w.add(placeOf(string(k.Stage), stageWords), placeOf(string(k.Limiting), limitingWords), rounded(k.Value.Value, 1),
		kept(k.Repurchase.Value, thousandth), kept(k.Alive.Value, thousandth),
		kept(k.Need.Value, hundredth), kept(k.Trust.Value, hundredth), kept(k.Exposure.Value, hundredth),
		kept(k.Fatigue, thousandth), dayOf(event.At(k.NextDue)))
}

// The steps in which shares and scores are kept: finer than any of them is known.
const (
	thousandth = 1000
	hundredth  = 100
)

// rounded returns the nearest number of steps, the upper one of two, by the
// operations that databases have too. The conversion keeps processors from
// joining product and sum.
func rounded(x, steps float64) int64 {
	if math.IsNaN(x) {
		return 0
	}
	return int64(math.Floor(float64(x*steps) + 0.5))
}

// kept is rounded of a number that is stored with 32 bits.
func kept(x, steps float64) int64 { return rounded(float64(float32(x)), steps) }

func (w *writer) standing(s Subject) {
	c, code := s.Profile, w.maker.code
	w.add(relationOf(c), consentOf(c), complaintOf(c), int64(s.Store), int64(c.Owner()), code(channelOf(c)),
		code(c.Described.Campaign), code(c.Described.City), code(c.Described.Level), birthdayOf(c.Described))
}

// birthdayOf returns month*100 + day, 0 where one of them is not known.
func birthdayOf(d profile.Description) int64 {
	if d.BirthMonth == 0 || d.BirthDay == 0 {
		return 0
	}
	return int64(d.BirthMonth*100 + d.BirthDay)
}

func (w *writer) days(c *profile.Customer) {
	var answered, need event.Instant
	for _, t := range c.Touches.Recent {
		answered = max(answered, t.Answered)
	}
	for _, n := range c.Needs {
		need = max(need, n.At)
	}
	for _, at := range [...]event.Instant{c.FirstSeen, sinceOf(c), c.LostAt(), c.Orders.First, c.Orders.Last, c.Touches.Last,
		answered, c.Talk.LastIn, c.Talk.LastOut, need, c.Openings.Last} {
		w.add(dayOf(at))
	}
}

func (w *writer) counts(c *profile.Customer) {
	var orders, turnover, touches, in, out, reactions, openings sums
	for i := range c.Orders.Recent {
		order := &c.Orders.Recent[i]
		if at, within := w.window(order.At, windows); within {
			w.count(&orders, at, one(order.Net() > 0))
			w.count(&turnover, at, int64(order.Net()))
		}
	}
	for i := range c.Touches.Recent {
		if at, within := w.window(c.Touches.Recent[i].At, windows); within {
			w.count(&touches, at, 1)
		}
	}
	for i := range c.Talk.Days {
		talk := &c.Talk.Days[i]
		if at, within := w.window(talk.At, windows); within {
			w.count(&in, at, int64(talk.In))
			w.count(&out, at, int64(talk.Out))
		}
	}
	for _, reaction := range c.Reactions {
		if at, within := w.window(reaction, reactionWindows); within {
			w.count(&reactions, at, 1)
		}
	}
	for i := range c.Openings.Recent {
		if at, within := w.window(c.Openings.Recent[i].At, windows); within {
			w.count(&openings, at, 1)
		}
	}
	w.over(int64(c.Orders.Count), &orders, windows)
	w.over(int64(c.Orders.Net()), &turnover, windows)
	w.over(int64(c.Touches.Count), &touches, windows)
	w.over(int64(c.Talk.Inbound), &in, windows)
	w.over(int64(c.Talk.Outbound), &out, windows)
	w.over(int64(len(c.Reactions)), &reactions, reactionWindows)
	w.over(int64(c.Openings.Count), &openings, windows)
	w.add(int64(len(c.Referrals)), staffCount(c), groupCount(c))
}

// sums are by the shortest window that something is in.
type sums [8]int64

// shortest is the shortest window that something is in, and the day on which
// it leaves that.
type shortest struct {
	window int
	leaves int64
}

func (w *writer) window(at event.Instant, windows []int) (s shortest, within bool) {
	day := at.Day()
	for i, length := range windows {
		if leaves := day + int64(length); day <= w.today && leaves > w.today {
			return shortest{i, leaves}, true
		}
	}
	return s, false
}

func (w *writer) count(to *sums, at shortest, much int64) {
	if much == 0 {
		return
	}
	to[at.window] += much
	if w.moves == 0 || at.leaves < w.moves {
		w.moves = at.leaves
	}
}

// over adds what happened ever and over each of the windows, which ascend.
func (w *writer) over(ever int64, of *sums, windows []int) {
	w.add(ever)
	sum := int64(0)
	for i := range windows {
		sum += of[i]
		w.add(sum)
	}
}

func staffCount(c *profile.Customer) (n int64) {
	for i := range c.Relations {
		if r := &c.Relations[i]; r.Active() && r.Since != 0 {
			n++
		}
	}
	return n
}

func groupCount(c *profile.Customer) (n int64) {
	for _, m := range c.Groups {
		if m.Until == 0 {
			n++
		}
	}
	return n
}

func one(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

func dayOf(at event.Instant) int64 {
	if at == 0 {
		return 0
	}
	return at.Day()
}

// The words of fields, and those that are told of relations, consent and
// complaints by their places.
var (
	stageWords, limitingWords = wordsOf("stage"), wordsOf("limiting")

	relationNone     = wordOf("relation", "none")
	relationActive   = wordOf("relation", "active")
	relationHalf     = wordOf("relation", "half")
	relationDeleted  = wordOf("relation", "deleted_by_customer")
	relationEnded    = wordOf("relation", "ended")
	consentRefused   = wordOf("consent", "refused")
	consentAllowed   = wordOf("consent", "allowed")
	consentNotAsked  = wordOf("consent", "not_asked")
	complaintOpen    = wordOf("complaint", "open")
	complaintClosed  = wordOf("complaint", "closed")
	complaintNothing = wordOf("complaint", "none")
)

var reactionWindows = func() []int {
	f, _ := FieldOf("reactions")
	return f.Windows
}()

func wordsOf(field string) []string {
	f, _ := FieldOf(field)
	return f.Words
}

// wordOf returns the place of a word in its field, 0 for one that is not there.
func wordOf(field, word string) int64 { return placeOf(word, wordsOf(field)) }

// placeOf returns the place of a word, 0 for one that is not there.
func placeOf(word string, words []string) int64 { return int64(max(0, slices.Index(words, word))) }

func relationOf(c *profile.Customer) int64 {
	word := relationNone
	for i := range c.Relations {
		r := &c.Relations[i]
		switch {
		case r.Active():
			return relationActive
		case r.Until == 0:
			word = relationHalf
		case r.End == event.ByCustomer && word != relationHalf:
			word = relationDeleted
		case word == relationNone:
			word = relationEnded
		}
	}
	return word
}

func consentOf(c *profile.Customer) int64 {
	switch {
	case c.Refused > 0:
		return consentRefused
	case c.Refused < 0:
		return consentAllowed
	}
	return consentNotAsked
}

func complaintOf(c *profile.Customer) int64 {
	switch {
	case c.Complains():
		return complaintOpen
	case len(c.Complaints) > 0:
		return complaintClosed
	}
	return complaintNothing
}

// channelOf returns the state of the contact way by which the customer came.
func channelOf(c *profile.Customer) string {
	var first *profile.Relation
	for i := range c.Relations {
		if r := &c.Relations[i]; r.Since != 0 && (first == nil || r.Since < first.Since) {
			first = r
		}
	}
	if first == nil {
		return ""
	}
	return first.State
}

func sinceOf(c *profile.Customer) event.Instant {
	owner := c.Owner()
	for i := range c.Relations {
		if r := &c.Relations[i]; r.Staff == owner && r.Active() {
			return r.Since
		}
	}
	return 0
}

// refs fills in the lists in the order of RefsFields.
func (m *RowMaker) refs(lists [][]int64, c *profile.Customer) {
	for i := range lists {
		lists[i] = lists[i][:0]
	}
	tags, groups, staff, lines, asked, stores := &lists[0], &lists[1], &lists[2], &lists[3], &lists[4], &lists[5]
	for i := range c.Relations {
		if r := &c.Relations[i]; r.Active() {
			*staff = append(*staff, int64(r.Staff))
			for _, t := range r.Tags {
				*tags = append(*tags, m.remembered(t))
			}
		}
	}
	for _, t := range c.OwnTags() {
		*tags = append(*tags, m.remembered(id.Text(t.Tag)))
	}
	for _, g := range c.Groups {
		if g.Until == 0 {
			*groups = append(*groups, int64(g.Group))
		}
	}
	for i := range c.Orders.Recent {
		if o := &c.Orders.Recent[i]; o.Net() > 0 {
			for _, l := range o.Lines {
				*lines = append(*lines, int64(l))
			}
			if o.Store != 0 {
				*stores = append(*stores, int64(o.Store))
			}
		}
	}
	for _, n := range c.Needs {
		if n.Line != 0 {
			*asked = append(*asked, int64(n.Line))
		}
	}
	for i, list := range lists {
		slices.Sort(list)
		lists[i] = slices.Compact(list)
	}
}
