package repurchase

import (
	"math"

	"siyu/internal/insight/past"
)

// An order leads to a customer where the shop shows the buyer's phone and a relation
// holds it. The first fails for one order, the second for all orders of a customer.

const (
	// linkDays is over how long orders are looked at: that of the link rate.
	linkDays = 30
	// fewestLinks is from how many orders with a phone on the two ways of failing
	// are told apart. Below it both are taken to fail alike.
	fewestLinks = 50
)

// shown returns the share of orders of which the shop shows the phone, 0 where no
// orders are known: of the orders of a customer whose phone is held, how many lead
// to the customer. An order with a phone that nobody holds is that of a buyer
// without any relation. Passers-by are such buyers, too; they make phones seem held
// less often, and neither more nor fewer of them seem shown.
func (l Learning) shown() float64 {
	if l.LinkRate <= 0 {
		return 0
	}
	from, led, all := l.Until-linkDays*past.Day, 0, 0
	for i := range l.Customers {
		n := past.OrdersBetween(&l.Customers[i], from, l.Until)
		all += n
		if len(l.Customers[i].Relations) > 0 {
			led += n
		}
	}
	if all < fewestLinks || led == 0 {
		return math.Sqrt(l.LinkRate)
	}
	return min(1, l.LinkRate*float64(all)/float64(led))
}
