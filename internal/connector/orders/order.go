// Package orders turns the order files of shop systems into facts: it
// recognises the format of a file, reads its lines, combines the lines of an
// order, finds the customer by the keyed hash of the buyer's phone, and
// appends what is new. A file can be imported again, in parts, or go on after
// an interruption without anything being counted twice.
package orders

import (
	"time"

	"siyu/internal/connector/export"
	"siyu/internal/id"
	"siyu/internal/money"
)

// Order is what the lines of one order in a file say.
type Order struct {
	ID        id.Order
	Shop      string // system that took the order: "youzan", "keruyun", ...
	Number    string
	StoreName string // as the file calls it, empty if it does not
	Buyer     []byte // keyed hash of the buyer's phone, nil without a usable one
	Phone     export.PhoneState
	Created   time.Time
	Paid      time.Time
	Finished  time.Time
	Whole     Whole
	Items     []Item
	Staff     []StaffHint

	store   id.Store // of stored, which is a name
	stored  string
	lines   []int // where the order stands in the file
	lastRow int
	spoiled int // line that could not be read, 0 if all could
	repeats int // lines that said nothing new
}

// Whole is what a file says about the order as a whole. Exports that list only
// items say nothing about it.
type Whole struct {
	Known    bool      `cbor:"1,keyasint,omitempty"`
	Amount   money.Fen `cbor:"2,keyasint,omitempty"` // paid by the customer
	Refunded money.Fen `cbor:"3,keyasint,omitempty"`
	Status   Status    `cbor:"4,keyasint,omitempty"`
	// Full says that the file calls the order refunded without an amount.
	Full bool `cbor:"5,keyasint,omitempty"`
}

// Item is one line of an order.
type Item struct {
	Key      uint64    `cbor:"1,keyasint"` // names the item within its order
	SKU      string    `cbor:"2,keyasint,omitempty"`
	Line     id.Line   `cbor:"3,keyasint,omitempty"` // product line, 0: not in the catalogue
	Quantity int       `cbor:"4,keyasint"`
	Amount   money.Fen `cbor:"5,keyasint,omitempty"` // 0 where the file has it only for the order
	Refunded money.Fen `cbor:"6,keyasint,omitempty"`
	Status   Status    `cbor:"7,keyasint,omitempty"` // empty where the file has it only for the order
}

// staffRoles are the fields that name members of staff.
var staffRoles = []export.Field{export.StaffSales, export.StaffDedicated, export.StaffWeCom, export.StaffDistributor, export.StaffCashier}

// StaffHint names a member of staff whom the shop system connects with an
// order. Each role is another claim; they are never mixed.
type StaffHint struct {
	Role export.Field
	Name string
}

// Number of lines one order may have: far more than a shopping basket. It
// bounds the memory a broken file with one order number throughout can take.
const maxItems = 500

// PurchasedAt returns when the order became a purchase: when it was paid, else
// when it was made, else when it was finished. Zero if the file has no time.
func (o *Order) PurchasedAt() time.Time {
	for _, at := range []time.Time{o.Paid, o.Created, o.Finished} {
		if !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

// Store returns the store, or the shop system itself where the file names none.
func (o *Order) Store() id.Store {
	name := o.StoreName
	if name == "" {
		name = o.Shop
	}
	if o.stored != name {
		o.store, o.stored = id.StoreOf(name), name
	}
	return o.store
}
