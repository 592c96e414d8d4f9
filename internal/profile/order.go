package profile

import (
	"siyu/internal/event"
	"siyu/internal/money"
)

func (c *Customer) buy(b event.OrderPaid, at event.Instant) {
	o := &c.Orders
	for _, known := range o.Recent {
		if known.ID == b.Order {
			return
		}
	}
	order := Order{ID: b.Order, At: at, Amount: b.Amount, Store: b.Store, Shop: b.Shop}
	order.list(b.Items)
	if !o.boughtOn(at) {
		o.Days++
	}
	o.Count++
	o.Turnover += b.Amount
	if o.First == 0 || at < o.First {
		o.First = at
	}
	o.Last = max(o.Last, at)
	o.Recent = last(insert(o.Recent, order, Order.when), RecentOrders)
}

// list notes which product lines the items belong to.
func (o *Order) list(items []event.OrderItem) {
	o.Lines = nil
	for _, item := range items {
		if item.Line != 0 && !o.has(item) {
			o.Lines = append(o.Lines, item.Line)
		}
	}
}

func (o Order) has(item event.OrderItem) bool {
	for _, l := range o.Lines {
		if l == item.Line {
			return true
		}
	}
	return false
}

// boughtOn looks at recent orders only: an order older than all of them
// counts as a day of its own.
func (o *Orders) boughtOn(at event.Instant) bool {
	for _, known := range o.Recent {
		if known.At.Day() == at.Day() && known.Net() > 0 {
			return true
		}
	}
	return false
}

// correct replaces what was told of an order's amount and items. An order
// older than the recent ones keeps what was told first.
func (c *Customer) correct(b event.OrderCorrected, _ event.Instant) {
	o := &c.Orders
	for i := range o.Recent {
		known := &o.Recent[i]
		if known.ID != b.Order {
			continue
		}
		was, sameDay := known.Net(), o.boughtOn(known.At)
		o.Turnover += b.Amount - known.Amount
		known.Amount = b.Amount
		known.list(b.Items)
		switch is := known.Net(); {
		case was > 0 && is <= 0:
			o.forget(*known)
		case was <= 0 && is > 0:
			o.remember(*known, sameDay)
		}
		return
	}
}

// refund takes back part or all of an order. An order refunded in full is no
// purchase any more: it leaves the counts and, if it was alone, its day.
func (c *Customer) refund(b event.OrderRefunded, _ event.Instant) {
	o := &c.Orders
	for i := range o.Recent {
		known := &o.Recent[i]
		if known.ID != b.Order || b.Refunded <= known.Refunded {
			continue
		}
		was := known.Net()
		o.Refunded += b.Refunded - known.Refunded
		known.Refunded = b.Refunded
		if was > 0 && known.Net() <= 0 {
			o.forget(*known)
		}
		return
	}
}

// remember counts an order in that forget had taken out.
func (o *Orders) remember(back Order, sameDay bool) {
	o.Count++
	if !sameDay {
		o.Days++
	}
	if o.First == 0 || back.At < o.First {
		o.First = back.At
	}
	o.Last = max(o.Last, back.At)
}

func (o *Orders) forget(gone Order) {
	o.Count--
	if !o.boughtOn(gone.At) {
		o.Days--
	}
	o.First, o.Last = 0, 0
	for _, kept := range o.Recent {
		if kept.Net() <= 0 {
			continue
		}
		if o.First == 0 {
			o.First = kept.At
		}
		o.Last = kept.At
	}
}

// Net returns turnover less refunds.
func (o Orders) Net() money.Fen { return o.Turnover - o.Refunded }

// Kept returns the recent orders that were not refunded in full, oldest first.
func (o Orders) Kept() []Order {
	kept := make([]Order, 0, len(o.Recent))
	for _, x := range o.Recent {
		if x.Net() > 0 {
			kept = append(kept, x)
		}
	}
	return kept
}
