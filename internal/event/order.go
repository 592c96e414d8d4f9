package event

import (
	"siyu/internal/id"
	"siyu/internal/money"
)

// The kinds of fact about orders. Subject: the customer, or the store when
// the order carries nothing by which a customer could be recognised.
const (
	KindOrderPaid      Kind = "order_paid"
	KindOrderRefunded  Kind = "order_refunded"
	KindOrderCorrected Kind = "order_corrected"
	KindOrderLinked    Kind = "order_linked"
)

// OrderPaid says that an order was paid at the fact's time.
type OrderPaid struct {
	Order  id.Order    `json:"order"`
	Shop   string      `json:"shop"` // system the order comes from: "youzan", "keruyun", ...
	Store  id.Store    `json:"store,omitempty"`
	Amount money.Fen   `json:"amount"` // paid by the customer, refunds not yet taken off
	Items  []OrderItem `json:"items,omitempty"`
}

// OrderItem is one product of an order.
type OrderItem struct {
	Line     id.Line   `json:"line,omitempty"` // 0: not in the catalogue
	SKU      string    `json:"sku,omitempty"`
	Quantity int       `json:"quantity"`
	Amount   money.Fen `json:"amount"`
}

// OrderRefunded says that, of the order, Refunded has been paid back in all.
type OrderRefunded struct {
	Order    id.Order  `json:"order"`
	Refunded money.Fen `json:"refunded"` // positive, total so far
}

// OrderCorrected says that a later file knows more of an order already told by
// OrderPaid: its amount and items are these, whatever was told before.
type OrderCorrected struct {
	Order  id.Order    `json:"order"`
	Store  id.Store    `json:"store,omitempty"`
	Was    money.Fen   `json:"was"` // amount told before
	Amount money.Fen   `json:"amount"`
	Items  []OrderItem `json:"items,omitempty"`
}

// OrderLinked says of a store that an order told about the store itself has
// found its customer: an OrderPaid about the customer was told with it.
type OrderLinked struct {
	Order  id.Order  `json:"order"`
	Shop   string    `json:"shop"`
	Amount money.Fen `json:"amount"` // as told about the store
}

// Kind implements Body.
func (OrderPaid) Kind() Kind { return KindOrderPaid }

// Kind implements Body.
func (OrderRefunded) Kind() Kind { return KindOrderRefunded }

// Kind implements Body.
func (OrderCorrected) Kind() Kind { return KindOrderCorrected }

// Kind implements Body.
func (OrderLinked) Kind() Kind { return KindOrderLinked }
