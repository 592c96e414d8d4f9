package orders

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"siyu/internal/catalog"
	"siyu/internal/connector/export"
	"siyu/internal/id"
	"siyu/internal/money"
	"siyu/internal/sheet"
)

// ReceiverPhones says when the phone of the person who receives the parcel may
// stand for the buyer, who may be somebody else.
type ReceiverPhones string

// The choices.
const (
	ReceiverWhenAlone ReceiverPhones = ""      // only in files without a column for the buyer's phone
	ReceiverNever     ReceiverPhones = "never" // orders without a buyer's phone stay unlinked
)

// parser reads rows under one mapping. It keeps no phone.
type parser struct {
	mapping   export.Mapping
	epoch     sheet.Epoch
	zone      *time.Location
	phones    export.PhoneKeys
	receivers ReceiverPhones
	catalog   catalog.Catalog
	called    map[string]string // Importer.StoreNames

	notes    map[string]int
	statuses map[string]Status // texts seen, because a file has a dozen
	previous string            // order number, for rows under a merged cell
}

// rejection is the reason why a row was not read.
type rejection = sheet.Problem

// parse reads one row as an order with at most one item. If the row cannot be
// read, the order still has what could be, so that its other rows are not
// imported without it.
func (p *parser) parse(row sheet.Row) (Order, *rejection) {
	if problem := p.mapping.Whole(row); problem != nil {
		return Order{}, problem
	}
	number, problem := p.number(row)
	if problem != nil {
		return Order{}, problem
	}
	o := Order{Number: number, lines: []int{row.Line}}
	site, _ := p.mapping.Cell(row, export.Site)
	o.Shop = shopOfSite(site, p.mapping.Shop)
	o.ID = id.OrderOf(o.Shop, o.Number)
	o.StoreName, _ = p.mapping.Cell(row, export.StoreName)
	if own, ok := p.called[o.StoreName]; ok {
		o.StoreName = own
	}
	p.readStaff(row, &o)
	p.readBuyer(row, &o)
	for _, read := range []func(sheet.Row, *Order) *rejection{p.readTimes, p.readWhole, p.readItem} {
		if problem := read(row, &o); problem != nil {
			o.spoiled = row.Line
			return o, problem
		}
	}
	return o, nil
}

func (p *parser) refuse(row sheet.Row, column int, value, expected string) *rejection {
	return p.mapping.Problem(row, column, value, expected)
}

const longestNumber = 128 // bytes; shop systems use up to 40

func (p *parser) number(row sheet.Row) (string, *rejection) {
	text, column := p.mapping.Cell(row, export.OrderNo)
	if text == "" && p.continues(row) {
		return p.previous, nil
	}
	number := sheet.Narrow(text)
	switch {
	case number == "":
		return "", p.refuse(row, column, text, "an order number")
	case sheet.Damaged(number):
		return "", p.refuse(row, column, text, "an order number with all its digits; export it as text, Excel has cut this one")
	case len(number) > longestNumber || strings.ContainsAny(number, "*\uFFFD\n"):
		return "", p.refuse(row, column, text, "an order number of at most 128 readable signs")
	}
	p.previous = number
	return number, nil
}

// continues reports whether a row without order number is a further item of
// the order above, as where a workbook has merged the cells of the order.
func (p *parser) continues(row sheet.Row) bool {
	for _, field := range []export.Field{export.CreatedAt, export.PaidAt, export.OrderStatus, export.PaidAmount} {
		if text, _ := p.mapping.Cell(row, field); text != "" {
			return false
		}
	}
	name, _ := p.mapping.Cell(row, export.ItemName)
	return p.previous != "" && name != "" && (p.mapping.Has(export.CreatedAt) || p.mapping.Has(export.PaidAt))
}

func (p *parser) readStaff(row sheet.Row, o *Order) {
	for _, role := range staffRoles {
		if name, _ := p.mapping.Cell(row, role); name != "" {
			o.Staff = append(o.Staff, StaffHint{Role: role, Name: name})
		}
	}
}

func (p *parser) readBuyer(row sheet.Row, o *Order) {
	field := export.BuyerPhone
	if !p.mapping.Has(export.BuyerPhone) && p.receivers == ReceiverWhenAlone {
		field = export.ReceiverPhone
	}
	cell, _ := p.mapping.Cell(row, field)
	digits, state := export.PhoneOf(cell)
	o.Phone = state
	if state == export.PhoneUsable {
		o.Buyer = p.phones.PhoneHash(digits)
	}
}

func (p *parser) readTimes(row sheet.Row, o *Order) *rejection {
	for _, one := range []struct {
		field export.Field
		to    *time.Time
	}{{export.CreatedAt, &o.Created}, {export.PaidAt, &o.Paid}, {export.FinishedAt, &o.Finished}} {
		text, column := p.mapping.Cell(row, one.field)
		if text == "" {
			continue
		}
		at, err := sheet.Time(text, p.epoch, p.zone)
		if err != nil {
			return p.refuse(row, column, text, "a time such as 2026-01-31 18:05:00")
		}
		*one.to = at
	}
	if p.mapping.Format.DatedNumbers && o.PurchasedAt().IsZero() && len(o.Number) >= 6 {
		if day, err := sheet.Time("20"+o.Number[:6], p.epoch, p.zone); err == nil {
			o.Created = day
			p.notes["time taken from the order number"]++
		}
	}
	return nil
}

// readWhole reads what the row says about the order as a whole.
func (p *parser) readWhole(row sheet.Row, o *Order) *rejection {
	amount, column := p.mapping.Cell(row, export.PaidAmount)
	if amount == "" {
		amount, column = p.mapping.Cell(row, export.ReceivedAmount)
	}
	status, problem := p.status(row, export.OrderStatus, !o.Paid.IsZero())
	if problem != nil {
		return problem
	}
	o.Whole.Status = status
	if amount != "" {
		fen, err := fenOf(amount)
		if err != nil {
			return p.refuse(row, column, amount, "an amount in yuan with at most two decimals")
		}
		o.Whole.Known = true
		if fen >= 0 {
			o.Whole.Amount = fen
		} else { // a cash desk writes a refund as a line of its own
			o.Whole.Refunded = -fen
		}
	}
	return p.readRefund(row, o)
}

func (p *parser) readRefund(row sheet.Row, o *Order) *rejection {
	text, column := p.mapping.Cell(row, export.RefundAmount)
	if text != "" {
		fen, err := fenOf(text)
		if err != nil {
			return p.refuse(row, column, text, "an amount in yuan with at most two decimals")
		}
		o.Whole.Refunded = max(o.Whole.Refunded, fen, -fen)
	}
	after, _ := p.mapping.Cell(row, export.AfterSale)
	switch afterSaleOf(after) {
	case refundedInFull:
		o.Whole.Full = true
	case refundedInPart:
		if o.Whole.Refunded == 0 {
			p.notes["refund in part without an amount"]++
		}
	}
	if o.Whole.Status == Refunded && o.Whole.Refunded == 0 {
		o.Whole.Full = true
	}
	return nil
}

// status reads a status text. A text nobody taught us counts as paid where the
// row has a time of payment; else the row is refused, never guessed.
func (p *parser) status(row sheet.Row, field export.Field, paid bool) (Status, *rejection) {
	text, column := p.mapping.Cell(row, field)
	if known, ok := p.statuses[text]; ok {
		return known, nil
	}
	status, ok := statusOf(text)
	if ok {
		const texts = 1000 // a column of free text must not fill the memory
		if len(p.statuses) < texts {
			p.statuses[strings.Clone(text)] = status
		}
		return status, nil
	}
	if paid {
		p.notes["unknown status with a time of payment"]++
		return Paid, nil
	}
	return "", p.refuse(row, column, text, "a status such as 已付款, 已完成, 已退款 or 已关闭")
}

// readItem reads what the row says about one item.
func (p *parser) readItem(row sheet.Row, o *Order) *rejection {
	names, _ := p.mapping.Cell(row, export.ItemNames)
	name, _ := p.mapping.Cell(row, export.ItemName)
	code, _ := p.mapping.Cell(row, export.SKU)
	sub, _ := p.mapping.Cell(row, export.SubOrderNo)
	if name == "" && names == "" && code == "" && sub == "" {
		return nil
	}
	spec, _ := p.mapping.Cell(row, export.ItemSpec)
	item := Item{SKU: strings.Clone(readable(code)), Quantity: 1, Line: p.catalog.LineOf(code, name+names)}
	if text, column := p.mapping.Cell(row, export.Quantity); text != "" {
		quantity, ok := quantityOf(text)
		if !ok {
			return p.refuse(row, column, text, "a number of pieces above 0")
		}
		item.Quantity = quantity
	}
	if problem := p.itemAmount(row, &item); problem != nil {
		return problem
	}
	status, problem := p.status(row, export.LineStatus, !o.Paid.IsZero())
	if problem != nil {
		return problem
	}
	item.Status = status
	if problem := p.itemRefund(row, &item); problem != nil {
		return problem
	}
	gift := strconv.FormatBool(item.Amount == 0)
	sum := id.Hash(sub, code, name, names, spec, gift)
	item.Key = binary.BigEndian.Uint64(sum[:8])
	o.Items = append(o.Items, item)
	return nil
}

func (p *parser) itemAmount(row sheet.Row, item *Item) *rejection {
	text, column := p.mapping.Cell(row, export.LineAmount)
	times := 1
	if text == "" {
		text, column = p.mapping.Cell(row, export.UnitPrice)
		times = item.Quantity
	}
	if text == "" {
		return nil
	}
	fen, rounded, err := sharedFen(text)
	if err != nil {
		return p.refuse(row, column, text, "an amount in yuan")
	}
	if rounded {
		p.notes["item amount rounded to the fen"]++
	}
	item.Amount = fen * money.Fen(times)
	if item.Amount < 0 {
		item.Refunded, item.Amount = -item.Amount, 0
	}
	return nil
}

func (p *parser) itemRefund(row sheet.Row, item *Item) *rejection {
	text, column := p.mapping.Cell(row, export.LineRefund)
	if text != "" {
		fen, _, err := sharedFen(text)
		if err != nil {
			return p.refuse(row, column, text, "an amount in yuan")
		}
		item.Refunded = max(item.Refunded, fen, -fen)
	}
	after, _ := p.mapping.Cell(row, export.LineAfterSale)
	full := item.Status == Refunded || afterSaleOf(after) == refundedInFull
	if full && item.Refunded == 0 {
		item.Refunded = item.Amount
	}
	return nil
}

// readable keeps a product code out of facts that its encoding has destroyed.
func readable(code string) string {
	if utf8.ValidString(code) && !strings.Contains(code, "\x00") {
		return code
	}
	return ""
}

// merge adds what another row says about the same order. It returns false for
// a row with more items than one order may have.
func (o *Order) merge(row Order) bool {
	before := len(o.Items)
	news := o.mergeWhole(row)
	for _, item := range row.Items {
		at := slices.IndexFunc(o.Items, func(known Item) bool { return known.Key == item.Key })
		switch {
		case at >= 0 && o.Items[at] == item:
		case at >= 0:
			o.Items[at], news = item, true
		case len(o.Items) >= maxItems:
			return false
		default:
			o.Items = append(o.Items, item)
		}
	}
	if !news && len(o.Items) == before {
		o.repeats++
	}
	for _, hint := range row.Staff {
		if !slices.Contains(o.Staff, hint) {
			o.Staff = append(o.Staff, hint)
		}
	}
	if o.Buyer == nil && row.Buyer != nil {
		o.Buyer, o.Phone = row.Buyer, row.Phone
	}
	if o.spoiled == 0 {
		o.spoiled = row.spoiled
	}
	o.lines = append(o.lines, row.lines...)
	return true
}

// mergeWhole takes over what the row says and the order does not yet. It
// reports whether there was anything. Some exports write the amounts of the
// order on its first line only and zeros on the others, so the larger counts.
func (o *Order) mergeWhole(row Order) bool {
	was := *o
	o.Whole.Known = o.Whole.Known || row.Whole.Known
	o.Whole.Amount = max(o.Whole.Amount, row.Whole.Amount)
	o.Whole.Refunded = max(o.Whole.Refunded, row.Whole.Refunded)
	o.Whole.Full = o.Whole.Full || row.Whole.Full
	if row.Whole.Status != "" {
		o.Whole.Status = row.Whole.Status
	}
	for _, one := range []struct{ to, from *time.Time }{{&o.Created, &row.Created}, {&o.Paid, &row.Paid}, {&o.Finished, &row.Finished}} {
		if one.to.IsZero() {
			*one.to = *one.from
		}
	}
	if o.StoreName == "" {
		o.StoreName = row.StoreName
	}
	return o.Whole != was.Whole || !o.Created.Equal(was.Created) || !o.Paid.Equal(was.Paid) || !o.Finished.Equal(was.Finished)
}
