package app

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
)

// house is an installation with a clock that the test moves.
type house struct {
	*App
	t     *testing.T
	clock *clock.Virtual
	keys  int
	ended bool
}

var monday = time.Date(2026, 11, 2, 9, 0, 0, 0, clock.Shanghai)

func openHouse(t *testing.T) *house {
	t.Helper()
	return openHouseOn(t, t.TempDir(), "")
}

// openHouseOn opens what is in a data folder, or in a database beside it.
func openHouseOn(t *testing.T, data, db string) *house {
	t.Helper()
	config, err := LoadConfig("", func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	config.Data, config.DB = data, db
	if db == "" {
		storagetest.SQLiteAt(t, config.DatabasePath())
	}
	c := clock.NewVirtual(monday)
	a, err := Open(t.Context(), config, c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{App: a, t: t, clock: c}
	t.Cleanup(h.end)
	return h
}

// end ends the use of the data, once.
func (h *house) end() {
	if h.ended {
		return
	}
	h.ended = true
	if err := h.Close(); err != nil {
		h.t.Error(err)
	}
}

// tell appends facts and carries them through the house until nothing is left.
func (h *house) tell(facts ...event.Fact) {
	h.t.Helper()
	if _, err := h.facts.Append(h.t.Context(), facts...); err != nil {
		h.t.Fatal(err)
	}
	if err := h.Turn(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) fact(subject event.Subject, at time.Time, body event.Body) event.Fact {
	h.t.Helper()
	h.keys++
	f, err := event.New(subject, at, event.FromConsole, id.Hash(fmt.Sprint(h.keys)), body)
	if err != nil {
		h.t.Fatal(err)
	}
	return f
}

func (h *house) state(c id.Customer) profile.Customer {
	h.t.Helper()
	states, err := h.db.LoadCustomers(h.t.Context(), []id.Customer{c})
	if err != nil {
		h.t.Fatal(err)
	}
	return states[0]
}

func (h *house) figure(name string) (sum int64) {
	h.t.Helper()
	counters, err := h.db.Counters(h.t.Context(), []string{name}, 0, event.At(monday.AddDate(1, 0, 0)))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, c := range counters {
		sum += c.Delta
	}
	return sum
}

func (h *house) verified() {
	h.t.Helper()
	r, err := h.Verify(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	if r.Differences != 0 {
		h.t.Errorf("folding the log again: %d differences", r.Differences)
	}
}

const (
	corp  = id.Corp("wwtest")
	guide = id.Staff(11)
)

// related are the facts by which a customer of WeCom becomes known.
func (h *house) related(c id.Customer, at time.Time) []event.Fact {
	return []event.Fact{
		h.fact(event.Staff(guide), at, event.StaffSeen{Corp: corp, UserID: "guide", Status: 1, Contact: true}),
		h.fact(event.Customer(c), at, event.CustomerSeen{Corp: corp, Type: 1}),
		h.fact(event.Customer(c), at, event.RelationAdded{Staff: guide, State: "counter"}),
	}
}

func (h *house) order(c id.Customer, number int64, at time.Time) event.Fact {
	return h.fact(event.Customer(c), at, event.OrderPaid{Order: id.Order(number), Shop: "youzan", Store: 3, Amount: 9900})
}

func TestABuyerWhosePhoneStaffNotedBecomesTheWeComCustomer(t *testing.T) {
	h := openHouse(t)
	const buyer, customer = id.Customer(100), id.Customer(200)
	phone := event.CustomerIdentified{Identity: event.ByPhone, Key: []byte("hash of a phone")}
	h.tell(h.fact(event.Customer(buyer), monday, phone), h.order(buyer, 1, monday.AddDate(0, -2, 0)), h.order(buyer, 2, monday.AddDate(0, -1, 0)))
	if got := h.figure(flow.CountOrdersLinked); got != 0 {
		t.Fatalf("%d orders of a stranger are linked", got)
	}
	h.tell(append(h.related(customer, monday), h.fact(event.Customer(customer), monday, phone))...)
	h.tell() // the merge that the last turn found

	if s := h.state(customer); s.Orders.Count != 2 || s.Orders.First != event.At(monday.AddDate(0, -2, 0)) {
		t.Errorf("the customer has %d orders since %s, not the buyer's two", s.Orders.Count, s.Orders.First.Time())
	}
	if all, linked := h.figure(flow.CountOrders), h.figure(flow.CountOrdersLinked); all != 2 || linked != 2 {
		t.Errorf("%d of %d orders are linked, want 2 of 2", linked, all)
	}
	h.verified()

	h.tell(h.order(buyer, 3, monday)) // a later file still names the phone
	if s := h.state(customer); s.Orders.Count != 3 {
		t.Errorf("the customer has %d orders, want 3", s.Orders.Count)
	}
	h.tell(h.fact(event.Customer(buyer), monday.Add(time.Hour), event.CustomerUnmerged{From: customer, By: "lead"}))
	if s := h.state(customer); s.Orders.Count != 0 {
		t.Errorf("after parting them the customer keeps %d orders", s.Orders.Count)
	}
	if s := h.state(buyer); s.Orders.Count != 3 || s.MergedInto != 0 {
		t.Errorf("after parting them the buyer has %d orders and answers to %d", s.Orders.Count, s.MergedInto)
	}
	if all, linked := h.figure(flow.CountOrders), h.figure(flow.CountOrdersLinked); all != 3 || linked != 0 {
		t.Errorf("%d of %d orders are linked, want 0 of 3", linked, all)
	}
	h.verified()
}

func TestThePhoneOfAFamilyDoesNotMakeTwoCustomersOne(t *testing.T) {
	h := openHouse(t)
	const mother, son = id.Customer(200), id.Customer(300)
	phone := event.CustomerIdentified{Identity: event.ByPhone, Key: []byte("the family's phone")}
	h.tell(append(h.related(mother, monday), h.fact(event.Customer(mother), monday, phone))...)
	h.tell(append(h.related(son, monday), h.fact(event.Customer(son), monday, phone))...)
	h.tell()
	if s := h.state(son); s.MergedInto != 0 || len(s.Relations) != 1 {
		t.Errorf("the son answers to %d", s.MergedInto)
	}
	same := event.CustomerIdentified{Identity: event.ByUnionID, Key: []byte("one unionid")}
	h.tell(h.fact(event.Customer(mother), monday, same), h.fact(event.Customer(son), monday, same))
	h.tell()
	if s := h.state(son); s.MergedInto != mother {
		t.Errorf("two ids with one unionid stay two customers: %d answers to %d", son, s.MergedInto)
	}
	h.verified()
}

func TestTheSameFactsTwiceChangeNothing(t *testing.T) {
	h := openHouse(t)
	const customer = id.Customer(200)
	facts := append(h.related(customer, monday), h.order(customer, 1, monday))
	h.tell(facts...)
	before, orders := fmt.Sprintf("%+v", h.state(customer)), h.figure(flow.CountOrders)
	h.tell(facts...)
	if after := fmt.Sprintf("%+v", h.state(customer)); after != before {
		t.Errorf("the state changed:\n%s\n%s", before, after)
	}
	if got := h.figure(flow.CountOrders); got != orders {
		t.Errorf("%d orders are counted, %d before", got, orders)
	}
}

func TestEveryRelatedCustomerHasOneAnswerAndTheLostHaveNone(t *testing.T) {
	h := openHouse(t)
	var facts []event.Fact
	for c := id.Customer(1); c <= 50; c++ {
		facts = append(facts, h.related(c, monday.AddDate(0, -3, 0))...)
		for n := range int64(c % 4) {
			facts = append(facts, h.order(c, int64(c)*10+n, monday.AddDate(0, 0, -int(20*(n+1)))))
		}
	}
	h.tell(facts...)
	if _, err := h.Night(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.answers(50)
	h.tell(h.fact(event.Customer(7), monday.Add(time.Minute), event.RelationEnded{Staff: guide, By: event.ByCustomer}))
	h.answers(49)
	h.tell(h.fact(event.Customer(8), monday.Add(time.Minute), event.MarketingRefused{By: "customer"}))
	h.answers(49)
	if _, err := h.Night(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.answers(49)
}

// answers checks that planned and withheld are the related customers, by the
// counts that pages show and customer by customer.
func (h *house) answers(want int) {
	h.t.Helper()
	day := clock.Day(monday, clock.Shanghai)
	counts, err := h.db.PlanCounts(h.t.Context(), day)
	if err != nil {
		h.t.Fatal(err)
	}
	counted := 0
	for _, c := range counts {
		counted += c.Customers
	}
	page, err := h.db.ListCustomers(h.t.Context(), storage.CustomerQuery{Scope: org.All(), Related: true, Sort: storage.ByValue, Limit: 100})
	if err != nil {
		h.t.Fatal(err)
	}
	plan, err := h.db.PlanOf(h.t.Context(), day, page.Customers)
	if err != nil {
		h.t.Fatal(err)
	}
	said := map[id.Customer]int{}
	for _, a := range plan.Actions {
		said[a.Customer]++
	}
	for _, w := range plan.Withheld {
		said[w.Customer]++
	}
	if counted != want || page.Total != want || len(said) != want {
		h.t.Errorf("%d answers are counted, %d customers related, %d have an answer; want %d of each", counted, page.Total, len(said), want)
	}
	for c, n := range said {
		if n != 1 {
			h.t.Errorf("customer %d has %d answers", c, n)
		}
	}
}
