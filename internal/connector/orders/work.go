package orders

import (
	"fmt"
	"strings"

	"siyu/internal/connector/export"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/sheet"
)

// work is one batch being turned into facts.
type work struct {
	run      *run
	known    map[id.Order]Known
	owners   map[string]id.Customer
	result   Result
	facts    []event.Fact
	orders   []Known
	changed  map[id.Order]int // position in orders
	rejected []export.Rejected
}

func (w *work) take(s step) error {
	if s.rejection != nil {
		w.rejected = append(w.rejected, w.result.reject(s.rejection))
		return nil //nolint:nilerr // a rejected line is a result
	}
	o := s.order
	if o.spoiled != 0 {
		w.spoil(o)
		return nil
	}
	w.result.Phones[o.Phone]++
	w.result.Duplicates += o.repeats
	before, known := w.known[o.ID]
	customer, matched := w.owner(o, before)
	c, err := apply(o, before, customer, w.run.at.Started)
	if err != nil {
		return err
	}
	w.count(o, c, matched)
	if c.what == incomplete {
		return nil
	}
	if c.known.Purchase && c.known.Customer == customer {
		if err := w.meet(o, c.known, matched); err != nil {
			return err
		}
	}
	w.facts = append(w.facts, c.facts...)
	if !known || c.what != unchanged || c.known.Customer != before.Customer || !c.known.Record.equal(before.Record) {
		w.keep(c.known)
	}
	return nil
}

// spoil lists the other lines of an order that has one that cannot be read:
// an order without one of its lines would have a wrong amount.
func (w *work) spoil(o *Order) {
	w.result.Incomplete++
	for _, line := range o.lines {
		if line != o.spoiled {
			w.rejected = append(w.rejected, w.result.reject(&sheet.Problem{
				Line: line, Expected: fmt.Sprintf("all lines of the order to be readable; line %d is not", o.spoiled),
			}))
		}
	}
}

// owner returns to whom the phone of the order belongs, 0 without a phone.
// matched tells that he was known before this import: what it has told may be
// folded already.
func (w *work) owner(o *Order, before Known) (customer id.Customer, matched bool) {
	if o.Buyer == nil {
		return 0, false
	}
	if owner, ok := w.owners[string(o.Buyer)]; ok {
		return owner, !w.run.newcomers.Has(o.Buyer)
	}
	buyer := id.BuyerOf(o.Buyer)
	return buyer, before.Purchase && before.Customer == buyer
}

// meet counts the customers of the file, each once, and says of one not known
// before by what he can be recognised.
func (w *work) meet(o *Order, known Known, matched bool) error {
	if o.Buyer == nil || !w.run.seen.Add(o.Buyer) {
		return nil
	}
	if matched {
		w.result.CustomersMatched++
		return nil
	}
	w.result.CustomersNew++
	w.run.newcomers.Add(o.Buyer)
	fact, err := export.Met(known.Customer, known.At, event.FromOrders, o.Buyer)
	w.facts = append(w.facts, fact)
	return err
}

func (w *work) count(o *Order, c change, matched bool) {
	switch c.what {
	case fresh:
		w.result.Orders++
		w.link(o, matched)
	case altered:
		w.result.Updated++
	case unchanged:
		w.result.Duplicates++
	case noPurchase:
		w.result.NotPurchases++
	case incomplete:
		w.result.Incomplete++
		w.rejected = append(w.rejected, w.result.reject(&sheet.Problem{
			Line: o.lines[0], Column: w.run.table.Mapping.Column(export.OrderNo),
			Value: strings.Clone(sheet.Masked(o.Number)), Expected: c.lacking,
		}))
	}
}

// link counts a new purchase by shop system and store.
func (w *work) link(o *Order, matched bool) {
	if o.Buyer == nil {
		w.result.Unlinked++
	}
	key := linkKey{o.Shop, o.Store()}
	at, ok := w.run.links[key]
	if !ok {
		if len(w.result.Links) >= keptLinks {
			return
		}
		at = len(w.result.Links)
		w.run.links[key] = at
		w.result.Links = append(w.result.Links, Link{Shop: o.Shop, Store: key.store, Name: strings.Clone(o.StoreName)})
	}
	l := &w.result.Links[at]
	l.Orders++
	switch {
	case matched:
		l.Matched++
	case o.Buyer != nil:
		l.Buyers++
	default:
		l.Unlinked++
	}
}

// keep notes what is to be recorded; an order that comes twice in one batch is
// one row.
func (w *work) keep(k Known) {
	w.known[k.Order] = k
	if at, ok := w.changed[k.Order]; ok {
		w.orders[at] = k
		return
	}
	w.changed[k.Order] = len(w.orders)
	w.orders = append(w.orders, k)
}
