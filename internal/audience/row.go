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
	w := writer{values: make([]int64, 0, 64), today: today}
	w.judged(s.Insight)
	w.standing(s)
	w.days(s.Profile)
	w.counts(s.Profile)
	return Row{ID: s.Profile.ID, Values: w.values, Refs: refsOf(s.Profile), Moves: w.moves}
}

// writer appends values in the order of Columns.
type writer struct {
	values []int64
	today  int64
	moves  int64
}

func (w *writer) add(values ...int64) { w.values = append(w.values, values...) }

func (w *writer) judged(k *insight.Customer) {
	if k == nil {
		k = &insight.Customer{}
	}
	w.add(wordOf("stage", string(k.Stage)), wordOf("limiting", string(k.Limiting)), rounded(k.Value.Value, 1),
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
	c := s.Profile
	w.add(relationOf(c), consentOf(c), complaintOf(c), int64(s.Store), int64(c.Owner()), channelOf(c),
		codeOf(c.Described.Campaign), codeOf(c.Described.City), codeOf(c.Described.Level), birthdayOf(c.Described))
}

// birthdayOf returns month*100 + day, 0 where one of them is not known.
func birthdayOf(d profile.Description) int64 {
	if d.BirthMonth == 0 || d.BirthDay == 0 {
		return 0
	}
	return int64(d.BirthMonth*100 + d.BirthDay)
}

// codeOf returns the code of a text, 0 where there is none.
func codeOf(text string) int64 {
	if text == "" {
		return 0
	}
	return int64(id.CodeOf(text))
}

func (w *writer) days(c *profile.Customer) {
	var answered, need event.Instant
	for _, t := range c.Touches.Recent {
		answered = max(answered, t.Answered)
	}
	for _, n := range c.Needs {
		need = max(need, n.At)
	}
	for _, at := range []event.Instant{c.FirstSeen, sinceOf(c), c.LostAt(), c.Orders.First, c.Orders.Last, c.Touches.Last,
		answered, c.Talk.LastIn, c.Talk.LastOut, need} {
		w.add(dayOf(at))
	}
}

func (w *writer) counts(c *profile.Customer) {
	orders, talk := c.Orders.Recent, c.Talk.Days
	w.over("orders", int64(c.Orders.Count), len(orders), func(i int) (event.Instant, int64) { return orders[i].At, one(orders[i].Net() > 0) })
	w.over("turnover", int64(c.Orders.Net()), len(orders), func(i int) (event.Instant, int64) { return orders[i].At, int64(orders[i].Net()) })
	w.over("touches", int64(c.Touches.Count), len(c.Touches.Recent), func(i int) (event.Instant, int64) { return c.Touches.Recent[i].At, 1 })
	w.over("messages_in", int64(c.Talk.Inbound), len(talk), func(i int) (event.Instant, int64) { return talk[i].At, int64(talk[i].In) })
	w.over("messages_out", int64(c.Talk.Outbound), len(talk), func(i int) (event.Instant, int64) { return talk[i].At, int64(talk[i].Out) })
	w.over("reactions", int64(len(c.Reactions)), len(c.Reactions), func(i int) (event.Instant, int64) { return c.Reactions[i], 1 })
	active := 0
	for _, m := range c.Groups {
		if m.Until == 0 {
			active++
		}
	}
	w.add(int64(len(c.Referrals)), int64(len(c.Staff())), int64(active))
}

// over adds what happened ever and over each window of the field. list returns
// the i-th of n things: when, and how much.
func (w *writer) over(field string, ever int64, n int, list func(i int) (event.Instant, int64)) {
	f, _ := FieldOf(field)
	w.add(ever)
	for _, window := range f.Windows {
		sum := int64(0)
		for i := range n {
			at, much := list(i)
			day := at.Day()
			leaves := day + int64(window)
			if much == 0 || day > w.today || leaves <= w.today {
				continue
			}
			sum += much
			if w.moves == 0 || leaves < w.moves {
				w.moves = leaves
			}
		}
		w.add(sum)
	}
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

// wordOf returns the place of a word in its field, 0 for one that is not there.
func wordOf(field, word string) int64 {
	f, _ := FieldOf(field)
	return int64(max(0, slices.Index(f.Words, word)))
}

func relationOf(c *profile.Customer) int64 {
	word := "none"
	for _, r := range c.Relations {
		switch {
		case r.Active():
			return wordOf("relation", "active")
		case r.Until == 0:
			word = "half"
		case r.End == event.ByCustomer && word != "half":
			word = "deleted_by_customer"
		case word == "none":
			word = "ended"
		}
	}
	return wordOf("relation", word)
}

func consentOf(c *profile.Customer) int64 {
	switch {
	case c.Refused > 0:
		return wordOf("consent", "refused")
	case c.Refused < 0:
		return wordOf("consent", "allowed")
	}
	return wordOf("consent", "not_asked")
}

func complaintOf(c *profile.Customer) int64 {
	switch {
	case c.Complains():
		return wordOf("complaint", "open")
	case len(c.Complaints) > 0:
		return wordOf("complaint", "closed")
	}
	return wordOf("complaint", "none")
}

// channelOf returns the state of the contact way by which the customer came.
func channelOf(c *profile.Customer) int64 {
	var first *profile.Relation
	for i := range c.Relations {
		if r := &c.Relations[i]; r.Since != 0 && (first == nil || r.Since < first.Since) {
			first = r
		}
	}
	if first == nil {
		return 0
	}
	return codeOf(first.State)
}

func sinceOf(c *profile.Customer) event.Instant {
	owner := c.Owner()
	for _, r := range c.Relations {
		if r.Staff == owner && r.Active() {
			return r.Since
		}
	}
	return 0
}

func refsOf(c *profile.Customer) [][]int64 {
	var tags, groups, staff, lines, asked, stores []int64
	for _, r := range c.Relations {
		if r.Active() {
			staff = append(staff, int64(r.Staff))
			for _, t := range r.Tags {
				tags = append(tags, int64(id.CodeOf(t)))
			}
		}
	}
	for _, t := range c.OwnTags() {
		tags = append(tags, int64(id.CodeOf(id.Text(t.Tag))))
	}
	for _, m := range c.Groups {
		if m.Until == 0 {
			groups = append(groups, int64(m.Group))
		}
	}
	for _, o := range c.Orders.Kept() {
		for _, l := range o.Lines {
			lines = append(lines, int64(l))
		}
		if o.Store != 0 {
			stores = append(stores, int64(o.Store))
		}
	}
	for _, n := range c.Needs {
		if n.Line != 0 {
			asked = append(asked, int64(n.Line))
		}
	}
	refs := [][]int64{tags, groups, staff, lines, asked, stores}
	for i, list := range refs {
		slices.Sort(list)
		refs[i] = slices.Compact(list)
	}
	return refs
}
