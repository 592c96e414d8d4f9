package world

import "time"

// order is one order as the shop's till knows it; amounts in fen.
type order struct {
	at       time.Time
	serial   int // unique over the brand
	person   int
	store    int
	staff    int // who sold, -1 for nobody
	items    [2]item
	count    int // of items
	gross    int64
	discount int64
	refund   int64
	refunded time.Time // zero if never
	masked   bool      // the till hid the buyer's phone
}

type item struct{ product, quantity int }

func (o *order) paid() int64 { return o.gross - o.discount }

const (
	discountShare = 0.28 // of orders
	refundShare   = 0.022
	fullRefund    = 0.6 // of refunds
	refundWithin  = 9   // days
)

// order records that the person bought and keeps it for the export files.
func (w *World) order(i int, did acts, at time.Time) {
	p := &w.people[i]
	o := order{at: at, serial: len(w.orders) + 1, person: i, store: p.store, staff: p.guide, count: 1}
	o.items[0] = w.choose(p, int(did.line), 0)
	if did.basket >= 0 {
		o.items[1], o.count = w.choose(p, int(did.basket), 1), 2
	}
	for _, it := range o.items[:o.count] {
		o.gross += w.brand.Products[it.product].Price * int64(it.quantity)
	}
	if u := p.uniform(w.day, drawDiscount); u < discountShare {
		o.discount = o.gross * int64(5+u/discountShare*15) / 100
	}
	if u := p.uniform(w.day, drawRefund); u < refundShare {
		o.refund = o.paid()
		if u > refundShare*fullRefund && !w.brand.Stores[o.store].Franchise { // their till cannot give part back
			o.refund /= 2
		}
		o.refunded = at.AddDate(0, 0, 1+p.below(refundWithin, w.day, drawDelay))
	}
	o.masked = p.uniform(w.day, drawMask) >= w.unmasked
	w.orders = append(w.orders, o)
	p.lastOrder, p.orders = w.day, p.orders+1
}

// choose picks a product of the line; people mostly stay with what they know,
// which is why the choice hangs on the person rather than the day.
func (w *World) choose(p *person, line, part int) item {
	var shelf []int
	for i, product := range w.brand.Products {
		if product.Line == line {
			shelf = append(shelf, i)
		}
	}
	day := 0
	if p.apart(uint64(part)).uniform(w.day, drawKind) < tries {
		day = w.day
	}
	one := item{product: shelf[p.below(len(shelf), day, drawProduct)], quantity: 1}
	if u := p.apart(uint64(part)).uniform(w.day, drawQuantity); u > 0.93 {
		one.quantity = 3
	} else if u > 0.75 {
		one.quantity = 2
	}
	return one
}

// tries is the share of purchases at which something else is tried.
const tries = 0.3
