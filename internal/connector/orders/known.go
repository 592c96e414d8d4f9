package orders

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/money"
)

// Known is what is recorded of an order: one row of the orders table, keyed by
// Order. The link rate is counted from these rows.
type Known struct {
	Order    id.Order
	Shop     string
	Store    id.Store
	Customer id.Customer // 0: no usable key, the order belongs to nobody known
	At       time.Time   // when it became a purchase
	Purchase bool        // false: unpaid or closed so far
	Amount   money.Fen   // paid, refunds not taken off
	Refunded money.Fen
	Record   Record // what this package needs to join it with later files
}

// Record is what the files said of an order so far.
type Record struct {
	Whole    Whole  `cbor:"1,keyasint,omitempty"`
	Items    []Item `cbor:"2,keyasint,omitempty"`
	Revision int    `cbor:"3,keyasint,omitempty"` // counts the facts told, so that no two share a key
}

// change is what an order in a file does to what is recorded.
type change struct {
	known   Known
	facts   []event.Fact
	what    outcome
	lacking string // what an incomplete order lacks
}

type outcome int

const (
	unchanged outcome = iota
	fresh             // a purchase not recorded before
	altered
	noPurchase // unpaid or closed
	incomplete
)

// apply joins the order with what is recorded of it (the zero Known for
// nothing) and says which facts follow. customer is whom it belongs to, 0 if
// nobody is known; now is when the file is imported.
func apply(o *Order, was Known, customer id.Customer, now time.Time) (change, error) {
	record := was.Record.joined(o)
	next := Known{Order: o.ID, Shop: o.Shop, Store: o.Store(), Customer: customer, At: o.PurchasedAt()}
	if was.Order != 0 {
		next.Store = was.Store
		if was.Purchase || next.At.IsZero() {
			next.At = was.At
		}
		if was.Customer != 0 {
			next.Customer = was.Customer
		}
	}
	next.Purchase, next.Amount, next.Refunded = record.sums(was.Purchase, was.Refunded)
	switch {
	case next.At.IsZero():
		return change{what: incomplete, lacking: "a time, or the order export imported before the item export"}, nil
	case next.Amount == 0 && next.Refunded > 0:
		return change{what: incomplete, lacking: "the purchase that was refunded, in this file or imported before it"}, nil
	case next.Purchase && next.Amount == 0 && !record.Whole.Known:
		return change{what: incomplete, lacking: "an amount in yuan"}, nil
	case len(record.Items) > maxItems:
		return change{what: incomplete, lacking: "at most 500 items in one order"}, nil
	}
	facts, err := record.follow(was, next, now)
	if err != nil {
		return change{}, err
	}
	next.Record = record
	return change{known: next, facts: facts, what: classify(was, next, len(facts) > 0)}, nil
}

func classify(was, next Known, facts bool) outcome {
	switch {
	case !next.Purchase:
		return noPurchase
	case !was.Purchase:
		return fresh
	case facts:
		return altered
	}
	return unchanged
}

// joined returns r with what the order says. What was paid and is now closed
// was refunded. Amounts of the order export win over those of the item export,
// whichever came first.
func (r Record) joined(o *Order) Record {
	out := Record{Whole: r.Whole.joined(o.Whole), Items: slices.Clone(r.Items), Revision: r.Revision}
	for _, item := range o.Items {
		at := slices.IndexFunc(out.Items, func(known Item) bool { return known.Key == item.Key })
		if at < 0 {
			out.Items = append(out.Items, item)
			continue
		}
		old := out.Items[at]
		if item.Status == Closed && bought(old.Status) {
			item.Status, item.Refunded = Refunded, item.Amount
		}
		item.Refunded = max(item.Refunded, old.Refunded)
		out.Items[at] = item
	}
	return out
}

func (w Whole) joined(news Whole) Whole {
	out := w
	if news.Known {
		out.Known = true
		if news.Amount > 0 {
			out.Amount = news.Amount
		}
	}
	switch {
	case news.Status == Closed && bought(w.Status):
		out.Status, out.Full = Refunded, true
	case news.Status != "":
		out.Status = news.Status
	}
	out.Refunded = max(w.Refunded, news.Refunded)
	out.Full = out.Full || news.Full
	return out
}

func bought(s Status) bool { return s == Paid || s == Refunded }

// sums returns whether the order is a purchase, what was paid, and what of it
// was paid back. Nothing that was once a purchase or refunded ceases to be.
func (r Record) sums(wasPurchase bool, wasRefunded money.Fen) (purchase bool, amount, refunded money.Fen) {
	var itemsPaid, itemsRefunded money.Fen
	open := len(r.Items) == 0
	for _, item := range r.Items {
		if item.Status == Unpaid || item.Status == Closed {
			continue
		}
		open = true
		itemsPaid += item.Amount
		itemsRefunded += item.Refunded
	}
	purchase = wasPurchase || open && r.Whole.Status != Unpaid && r.Whole.Status != Closed
	amount = itemsPaid
	if r.Whole.Known {
		amount = r.Whole.Amount
	}
	refunded = max(r.Whole.Refunded, itemsRefunded)
	if r.Whole.Full && refunded == 0 {
		refunded = amount
	}
	return purchase, amount, min(max(refunded, wasRefunded), max(amount, wasRefunded))
}

// follow returns the facts that lead from was to next.
func (r *Record) follow(was, next Known, now time.Time) ([]event.Fact, error) {
	if !next.Purchase {
		return nil, nil
	}
	subject := event.Store(next.Store)
	if next.Customer != 0 {
		subject = event.Customer(next.Customer)
	}
	w := writer{record: r, order: next.Order}
	told, refundedAt := was.Refunded, next.At
	if was.Purchase && now.After(next.At) {
		refundedAt = now // some time since the file before; what came with the order is dated like it
	}
	linked := was.Purchase && was.Customer != next.Customer
	switch {
	case linked:
		w.tell(event.Store(was.Store), next.At, event.OrderLinked{Order: next.Order, Shop: was.Shop, Amount: was.Amount})
		fallthrough
	case !was.Purchase:
		w.tell(subject, next.At, event.OrderPaid{Order: next.Order, Shop: next.Shop, Store: next.Store, Amount: next.Amount, Items: r.facts()})
		told = 0
	case was.Amount != next.Amount || !slices.Equal(was.Record.facts(), r.facts()):
		w.tell(subject, next.At, event.OrderCorrected{Order: next.Order, Store: next.Store, Was: was.Amount, Amount: next.Amount, Items: r.facts()})
	}
	if next.Refunded > told {
		w.tell(subject, refundedAt, event.OrderRefunded{Order: next.Order, Refunded: next.Refunded})
	}
	return w.facts, w.err
}

// writer makes the facts of one order and counts them in its record.
type writer struct {
	record *Record
	order  id.Order
	facts  []event.Fact
	err    error
}

func (w *writer) tell(subject event.Subject, at time.Time, body event.Body) {
	w.record.Revision++
	key := id.Hash("orders", string(body.Kind()), id.Text(w.order), strconv.Itoa(w.record.Revision))
	fact, err := event.New(subject, at, event.FromOrders, key, body)
	w.facts, w.err = append(w.facts, fact), errors.Join(w.err, err)
}

// facts returns the items as facts have them: what was bought. The only item
// of an order cost what the order cost.
func (r *Record) facts() []event.OrderItem {
	out := make([]event.OrderItem, 0, len(r.Items))
	for _, item := range r.Items {
		if item.Status == Unpaid || item.Status == Closed {
			continue
		}
		out = append(out, event.OrderItem{Line: item.Line, SKU: item.SKU, Quantity: item.Quantity, Amount: item.Amount})
	}
	if len(out) == 1 && out[0].Amount == 0 {
		out[0].Amount = r.Whole.Amount
	}
	return out
}

func (r Record) equal(other Record) bool {
	return r.Whole == other.Whole && r.Revision == other.Revision && slices.Equal(r.Items, other.Items)
}
