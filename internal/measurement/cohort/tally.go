package cohort

import (
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/money"
	"siyu/internal/profile"
)

// Tally adds customers up, store by store. It is for one goroutine.
type Tally struct {
	// Share of the value of a referred customer who stayed that is moved to who
	// brought the customer, 0..1.
	Share          float64
	asOf, ordersTo time.Time
	young          youth
	squares        [Months + 1]float64 // of customers' repeat orders, by cohort of first order
	calendar       calendar
	edges          [bands]float64
	stages         [stageKinds]insight.Stage
	places         map[id.Store]*place
	ways           index[int]
	codes          index[string]
	lines          index[id.Line]
	campaigns      index[string]
	moves          moves
}

// NewTally returns an empty tally at a time. ordersTo is until when orders are
// known.
func NewTally(now, ordersTo time.Time) *Tally {
	t := &Tally{asOf: now, ordersTo: ordersTo, young: youthAt(ordersTo), calendar: newCalendar(event.At(now)), edges: edges(), stages: stageOrder(), places: map[id.Store]*place{}}
	t.ways, t.codes, t.lines, t.campaigns = newIndex[int](), newIndex[string](), newIndex[id.Line](), newIndex[string]()
	return t
}

// index numbers values in the order of their first appearance.
type index[K comparable] struct {
	number map[K]int
	value  []K
	latest K // asked again most often
	at     int
}

func newIndex[K comparable]() index[K] { return index[K]{number: map[K]int{}} }

func (x *index[K]) of(value K) int {
	if len(x.value) > 0 && x.latest == value {
		return x.at
	}
	n, known := x.number[value]
	if !known {
		n = len(x.value)
		x.number[value] = n
		x.value = append(x.value, value)
	}
	x.latest, x.at = value, n
	return n
}

// place is the sums of the customers of one store.
type place struct {
	all                cell
	contact, order     [Months + 1]cell
	noContact, noOrder cell
	ways, codes, lines []cell // by number
	campaigns          []cell
	staff              map[id.Staff]*cell
	moved              *movedPlace // nil: referrals move nothing
	values             [bands]bandCell
	stages             stageCells
	// What each cohort bought in each month of its age.
	contactAges, orderAges [Months + 1][]money.Fen
	young                  [youthGroups]money.Fen
}

// bandCell is a band of values while it is added up.
type bandCell struct {
	customers int
	value     float64
}

// Owner is who a customer belongs to; 0 for nobody.
type Owner struct {
	Staff id.Staff
	Store id.Store
}

// Add adds a customer, whose state may be reused afterwards.
func (t *Tally) Add(c *profile.Customer, known *insight.Customer, owner Owner) {
	p := t.place(owner.Store)
	one := cellOf(c, known)
	p.all.add(&one)
	t.addContact(p, c, &one)
	t.addOrders(p, c, &one)
	addTo(&p.campaigns, t.campaigns.of(c.Described.Campaign), &one)
	t.addValue(p, known)
	t.addStage(p, c, known)
	member := p.staff[owner.Staff]
	if member == nil {
		member = new(cell)
		p.staff[owner.Staff] = member
	}
	member.add(&one)
	if c.Referrer.Stayed != 0 || len(c.Referrals) > 0 {
		t.addReferral(p, c, known, owner.Staff)
	}
}

func (t *Tally) place(store id.Store) *place {
	p := t.places[store]
	if p == nil {
		p = &place{staff: map[id.Staff]*cell{}}
		t.places[store] = p
	}
	return p
}

// addContact adds the customer to the cohort, the way and the code of the
// first relation.
func (t *Tally) addContact(p *place, c *profile.Customer, one *cell) {
	first := firstRelation(c)
	if first == nil {
		p.noContact.add(one)
		addTo(&p.ways, t.ways.of(noWay), one)
		addTo(&p.codes, t.codes.of(""), one)
		return
	}
	cohort := t.calendar.of(first.Since)
	p.contact[cohort].add(one)
	t.age(&p.contactAges[cohort], cohort, c)
	addTo(&p.ways, t.ways.of(first.AddWay), one)
	addTo(&p.codes, t.codes.of(first.State), one)
}

// noWay stands for the way of a customer without any relation.
const noWay = -1

// firstRelation returns the relation that began first, nil if there is none
// whose beginning is known.
func firstRelation(c *profile.Customer) *profile.Relation {
	var first *profile.Relation
	for i := range c.Relations {
		if r := &c.Relations[i]; r.Since != 0 && (first == nil || r.Since < first.Since) {
			first = r
		}
	}
	return first
}

// addOrders adds the customer to the cohort of the first order and to the
// product line that was bought most often.
func (t *Tally) addOrders(p *place, c *profile.Customer, one *cell) {
	addTo(&p.lines, t.lines.of(mainLine(c)), one)
	if c.Orders.Count == 0 || c.Orders.First == 0 {
		p.noOrder.add(one)
		return
	}
	cohort := t.calendar.of(c.Orders.First)
	p.order[cohort].add(one)
	t.squares[cohort] += float64(one.repeats) * float64(one.repeats)
	t.young.add(&p.young, c)
	t.age(&p.orderAges[cohort], cohort, c)
}

// age adds what the customer bought to the months of the cohort's age. Orders
// that are no longer kept count with the oldest that is.
func (t *Tally) age(ages *[]money.Fen, cohort int, c *profile.Customer) {
	orders := c.Orders.Recent
	if cohort == 0 || len(orders) == 0 {
		return
	}
	if *ages == nil {
		*ages = make([]money.Fen, Months-cohort+1)
	}
	older := c.Orders.Net()
	for i := range orders {
		older -= orders[i].Net()
	}
	for i := range orders {
		if age := t.calendar.of(orders[i].At) - cohort; age >= 0 {
			(*ages)[age] += orders[i].Net() + older
		}
		older = 0
	}
}

// mainLines bounds the lines of one customer that are told apart.
const mainLines = 8

// mainLine returns the product line of most kept orders, of two the one bought
// first; 0 without any.
func mainLine(c *profile.Customer) id.Line {
	var lines [mainLines]id.Line
	var times [mainLines]int
	n, best := 0, 0
	for i := range c.Orders.Recent {
		for _, line := range c.Orders.Recent[i].Lines {
			k := 0
			for k < n && lines[k] != line {
				k++
			}
			if k == mainLines {
				continue
			}
			if k == n {
				lines[k], n = line, n+1
			}
			if times[k]++; times[k] > times[best] {
				best = k
			}
		}
	}
	return lines[best]
}

func addTo(sums *[]cell, number int, one *cell) {
	for len(*sums) <= number {
		*sums = append(*sums, cell{})
	}
	(*sums)[number].add(one)
}

// Bands of value begin at 0 and at 1, 2 and 5 yuan times the powers of ten up
// to a million.
const bands = 20

const fenOfYuan = 100

func edges() (from [bands]float64) {
	power := float64(fenOfYuan)
	for i := 1; i < bands; i += 3 {
		from[i] = power
		if i+2 < bands {
			from[i+1], from[i+2] = 2*power, 5*power
		}
		power *= 10
	}
	return from
}

func (t *Tally) addValue(p *place, known *insight.Customer) {
	if known.Value.Evidence == insight.NotMeasurable {
		return
	}
	band := 0
	for band+1 < bands && known.Value.Value >= t.edges[band+1] {
		band++
	}
	p.values[band].customers++
	p.values[band].value += known.Value.Value
}
