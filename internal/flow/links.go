package flow

import (
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// links notes what the link rate must count after a batch. Orders count as
// linked while the customer who owns them is known to WeCom; a merged id owns
// none.
type links struct {
	linked   map[id.Customer]bool      // before the batch
	came     []purchase                // in the batch
	rejoined map[id.Customer]purchases // before the batch, of people folded again from the log
}

// purchase is an order as the link rate sees it.
type purchase struct {
	who   id.Customer
	order id.Order
	shop  string
	store id.Store
	at    event.Instant
}

func newLinks() links {
	return links{linked: map[id.Customer]bool{}, rejoined: map[id.Customer]purchases{}}
}

// meet notes how a customer was before the batch.
func (l *links) meet(c *profile.Customer) {
	if len(c.Corps) > 0 {
		l.linked[c.ID] = true
	}
}

// countLinks counts orders that came, and moves those whose owner became
// known.
func (b *batch) countLinks() {
	came := make(map[id.Order]bool, len(b.links.came))
	for _, p := range b.links.came {
		came[p.order] = true
		if c := b.customers[p.who]; !b.rejoined[p.who] && c.MergedInto == 0 {
			b.countOrder(p, len(c.Corps) > 0, 1)
		}
	}
	for cid, c := range b.customers {
		linked := len(c.Corps) > 0
		if linked == b.links.linked[cid] || b.rejoined[cid] || c.MergedInto != 0 {
			continue
		}
		for _, o := range c.Orders.Recent {
			if !came[o.ID] {
				b.countLink(purchaseOf(cid, o), linked)
			}
		}
	}
	for cid, was := range b.links.rejoined {
		b.countRejoined(was, purchasesOf(b.customers[cid]))
	}
}

// purchases are a customer's recent orders.
type purchases struct {
	linked bool
	orders map[id.Order]purchase
}

func purchasesOf(c *profile.Customer) purchases {
	p := purchases{linked: len(c.Corps) > 0}
	if c.MergedInto != 0 {
		return p
	}
	p.orders = make(map[id.Order]purchase, len(c.Orders.Recent))
	for _, o := range c.Orders.Recent {
		p.orders[o.ID] = purchaseOf(c.ID, o)
	}
	return p
}

func purchaseOf(who id.Customer, o profile.Order) purchase {
	return purchase{who, o.ID, o.Shop, o.Store, o.At}
}

// countRejoined counts what came to people, and went from them, when their ids
// were joined or parted. What one loses the other has.
func (b *batch) countRejoined(was, is purchases) {
	for oid, p := range is.orders {
		if _, had := was.orders[oid]; !had {
			b.countOrder(p, is.linked, 1)
		} else if was.linked != is.linked {
			b.countLink(p, is.linked)
		}
	}
	for oid, p := range was.orders {
		if _, kept := is.orders[oid]; !kept {
			b.countOrder(p, was.linked, -1)
		}
	}
}

func (b *batch) countOrder(p purchase, linked bool, delta int64) {
	b.counters.add(CountOrders, p.shop, p.store, p.at, delta)
	if linked {
		b.counters.add(CountOrdersLinked, p.shop, p.store, p.at, delta)
	}
}

func (b *batch) countLink(p purchase, linked bool) {
	delta := int64(-1)
	if linked {
		delta = 1
	}
	b.counters.add(CountOrdersLinked, p.shop, p.store, p.at, delta)
}
