package cohort

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strconv"

	"siyu/internal/id"
	"siyu/internal/money"
)

// mostCodes is how many contact ways, and campaigns, are told apart, those with most customers
// first: a campaign can have thousands, which no page could show.
const mostCodes = 40

// Whole returns the sums of the whole brand, with one group for each store.
func (t *Tally) Whole() *Sums {
	all, usual := &place{staff: map[id.Staff]*cell{}}, t.usual()
	var stores []Group
	var counts []StageCount
	for store, p := range t.each() {
		all.merge(p)
		stores = append(stores, Group{keyOf(store), p.whole(), usual.rhythm(p)})
		counts = append(counts, p.stages.count(store))
	}
	s := t.told(all)
	s.StoreStages = counts
	s.Stores, s.Spread, s.Shape = sorted(stores), usual.spread, usual.shape
	return s
}

// Stores returns the sums of each store, with one group for each member and one
// for the store itself; of store 0 for customers who belong to none.
func (t *Tally) Stores() iter.Seq2[id.Store, *Sums] {
	return func(yield func(id.Store, *Sums) bool) {
		usual := t.usual()
		for store, p := range t.each() {
			s := t.told(p)
			for staff, sum := range p.staff {
				g := Group{Key: keyOf(staff), Sum: sum.sum()}
				if p.moved != nil {
					g.Moved = p.moved.staff[staff]
				}
				s.Staff = append(s.Staff, g)
			}
			s.Staff, s.Stores = sorted(s.Staff), []Group{{keyOf(store), p.whole(), usual.rhythm(p)}}
			s.StoreStages = []StageCount{p.stages.count(store)}
			s.Spread, s.Shape = usual.spread, usual.shape
			if !yield(store, s) {
				return
			}
		}
	}
}

// each walks over the stores in a fixed order, so that the same customers
// always give the same sums.
func (t *Tally) each() iter.Seq2[id.Store, *place] {
	return func(yield func(id.Store, *place) bool) {
		for _, store := range slices.Sorted(maps.Keys(t.places)) {
			if !yield(store, t.places[store]) {
				return
			}
		}
	}
}

func keyOf[T ~int64](of T) string {
	if of == 0 {
		return ""
	}
	return id.Text(of)
}

// merge adds all sums of another place but those of its members.
func (p *place) merge(o *place) {
	p.all.add(&o.all)
	p.noContact.add(&o.noContact)
	p.noOrder.add(&o.noOrder)
	for i := range o.contact {
		p.contact[i].add(&o.contact[i])
		p.order[i].add(&o.order[i])
		mergeAges(&p.contactAges[i], o.contactAges[i])
		mergeAges(&p.orderAges[i], o.orderAges[i])
	}
	for i := range o.young {
		p.young[i] += o.young[i]
	}
	for _, pair := range []struct{ to, from *[]cell }{{&p.ways, &o.ways}, {&p.codes, &o.codes}, {&p.lines, &o.lines}, {&p.campaigns, &o.campaigns}} {
		for number := range *pair.from {
			addTo(pair.to, number, &(*pair.from)[number])
		}
	}
	for i := range o.values {
		p.values[i].customers += o.values[i].customers
		p.values[i].value += o.values[i].value
	}
	p.stages.merge(&o.stages)
	if o.moved != nil {
		p.moves().add(o.moved)
	}
}

func mergeAges(to *[]money.Fen, from []money.Fen) {
	if *to == nil && from != nil {
		*to = make([]money.Fen, len(from))
	}
	for i, bought := range from {
		(*to)[i] += bought
	}
}

// told returns the sums of a place as they are kept.
func (t *Tally) told(p *place) *Sums {
	s := &Sums{AsOf: t.asOf, OrdersTo: t.ordersTo, All: p.whole(), NoContact: p.noContact.sum(), NoOrder: p.noOrder.sum(), Share: t.Share}
	m := p.moved
	if m == nil {
		m = new(movedPlace)
	}
	s.NoContact.Moved, s.NoOrder.Moved = m.noContact, m.noOrder
	s.Contact, s.Order = t.cohorts(&p.contact, &p.contactAges, &m.contact), t.cohorts(&p.order, &p.orderAges, &m.order)
	for i := range s.Order {
		s.Order[i].Repeats = float64(p.order[t.calendar.placeOf(s.Order[i].Month)].repeats)
	}
	s.Young = slices.Clone(p.young[:])
	s.Ways = groups(p.ways, m.ways, func(number int) string {
		if t.ways.value[number] == noWay {
			return ""
		}
		return strconv.Itoa(t.ways.value[number])
	})
	s.Lines = groups(p.lines, m.lines, func(number int) string { return keyOf(t.lines.value[number]) })
	s.Codes = few(groups(p.codes, m.codes, func(number int) string { return t.codes.value[number] }))
	s.Campaigns = few(groups(p.campaigns, m.campaigns, func(number int) string { return t.campaigns.value[number] }))
	s.Stages = p.stages.told(t.stages)
	for i, b := range p.values {
		if b.customers > 0 {
			s.Values = append(s.Values, Band{From: t.edges[i], Customers: b.customers, Value: b.value})
		}
	}
	return s
}

func (t *Tally) cohorts(sums *[Months + 1]cell, ages *[Months + 1][]money.Fen, moved *[Months + 1]Moved) []Cohort {
	var list []Cohort
	for i := range sums {
		if sums[i].customers > 0 {
			c := Cohort{Month: t.calendar.month(i), Sum: sums[i].sum(), Ages: ages[i]}
			c.Moved = moved[i]
			list = append(list, c)
		}
	}
	return list
}

func groups(sums []cell, moved []Moved, key func(number int) string) []Group {
	var list []Group
	for number := range sums {
		if sums[number].customers > 0 {
			g := Group{Key: key(number), Sum: sums[number].sum()}
			if number < len(moved) {
				g.Moved = moved[number]
			}
			list = append(list, g)
		}
	}
	return sorted(list)
}

// sorted puts the groups with most customers first.
func sorted(list []Group) []Group {
	slices.SortFunc(list, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Customers, a.Customers), cmp.Compare(a.Key, b.Key))
	})
	return list
}

// few puts all groups after mostCodes into one.
func few(list []Group) []Group {
	if len(list) <= mostCodes {
		return list
	}
	rest := Group{Key: Others}
	for i := range list[mostCodes:] {
		rest.add(&list[mostCodes+i])
	}
	return append(list[:mostCodes:mostCodes], rest)
}

// Merge returns the sums of several stores together. Stores and staff are
// those of all of them. Sums of different nights add up as they are; the older time is told.
func Merge(stores []*Sums) *Sums {
	all := &Sums{}
	for i, s := range stores {
		if i == 0 || s.AsOf.Before(all.AsOf) {
			all.AsOf, all.OrdersTo = s.AsOf, s.OrdersTo
		}
		all.All.Add(&s.All)
		all.NoContact.Add(&s.NoContact)
		all.NoOrder.Add(&s.NoOrder)
		all.Contact, all.Order = mergeCohorts(all.Contact, s.Contact), mergeCohorts(all.Order, s.Order)
		all.Ways, all.Codes, all.Lines = mergeGroups(all.Ways, s.Ways), mergeGroups(all.Codes, s.Codes), mergeGroups(all.Lines, s.Lines)
		all.Campaigns, all.Share = mergeGroups(all.Campaigns, s.Campaigns), max(all.Share, s.Share)
		all.Stores, all.Staff = mergeGroups(all.Stores, s.Stores), mergeGroups(all.Staff, s.Staff)
		all.Values = mergeBands(all.Values, s.Values)
		all.Stages, all.StoreStages = mergeStages(all.Stages, s.Stages), append(all.StoreStages, s.StoreStages...)
		for len(all.Young) < len(s.Young) {
			all.Young = append(all.Young, 0)
		}
		for age, net := range s.Young {
			all.Young[age] += net
		}
		all.Spread, all.Shape = max(all.Spread, s.Spread), max(all.Shape, s.Shape)
	}
	return all
}

func mergeCohorts(a, b []Cohort) []Cohort {
	for i := range b {
		at, found := slices.BinarySearchFunc(a, b[i].Month, func(c Cohort, m Month) int { return cmp.Compare(c.Month, m) })
		if !found {
			c := b[i]
			c.Ages = slices.Clone(c.Ages)
			a = slices.Insert(a, at, c)
			continue
		}
		a[at].Add(&b[i].Sum)
		a[at].Repeats += b[i].Repeats
		for len(a[at].Ages) < len(b[i].Ages) {
			a[at].Ages = append(a[at].Ages, 0)
		}
		for age, bought := range b[i].Ages {
			a[at].Ages[age] += bought
		}
	}
	return a
}

func mergeGroups(a, b []Group) []Group {
	at := make(map[string]int, len(a))
	for i := range a {
		at[a[i].Key] = i
	}
	for i := range b {
		if k, found := at[b[i].Key]; found {
			a[k].add(&b[i])
		} else {
			a = append(a, b[i])
		}
	}
	return sorted(a)
}

func mergeBands(a, b []Band) []Band {
	for _, band := range b {
		at, found := slices.BinarySearchFunc(a, band.From, func(x Band, from float64) int { return cmp.Compare(x.From, from) })
		if !found {
			a = slices.Insert(a, at, band)
			continue
		}
		a[at].Customers += band.Customers
		a[at].Value += band.Value
	}
	return a
}
