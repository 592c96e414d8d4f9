// Package allocation divides scarce room among many customers: each has offers
// that are worth something and use hours of one member of staff and one place in
// the quota of a channel, on one of several days. It is a multiple-choice
// knapsack with coupling rows. The rows are priced (Lagrangian relaxation;
// Fisher, Management Science 27, 1981): at given prices every customer decides
// alone, and the prices are those at which the decisions nearly fit. The sum of
// what customers gain at any prices, and of what the rows are worth at them, is a
// bound that no allocation exceeds.
package allocation

import (
	"errors"
	"fmt"
	"math"
)

// MostDays bounds the days of one allocation.
const MostDays = 31

// MostOffers bounds the offers of one customer.
const MostOffers = math.MaxUint16 - 1

// Limits are the rows that customers share.
type Limits struct {
	Days, Staff, Channels int
	// Rest is how many whole days lie at least between two actions of a customer.
	Rest int
	// Hours of member s on day d stand at s*Days+d; +Inf is no limit.
	Hours []float64
	// Quota of channel c on day d, in actions, stands at d*Channels+c; +Inf is no
	// limit.
	Quota []float64
}

// Validate returns what is wrong with the limits, nil if nothing is.
func (l Limits) Validate() error {
	switch {
	case l.Days < 1 || l.Days > MostDays:
		return fmt.Errorf("%d days: expected 1 to %d", l.Days, MostDays)
	case l.Staff < 0 || l.Channels < 0 || l.Days*l.Channels > math.MaxUint16:
		return fmt.Errorf("%d staff and %d channels on %d days: expected at most %d channel days", l.Staff, l.Channels, l.Days, math.MaxUint16)
	case l.Rest < 0 || l.Rest >= MostDays:
		return fmt.Errorf("%d days of rest: expected 0 to %d", l.Rest, MostDays-1)
	case len(l.Hours) != l.Staff*l.Days || len(l.Quota) != l.Channels*l.Days:
		return fmt.Errorf("%d hours and %d quotas: expected %d and %d", len(l.Hours), len(l.Quota), l.Staff*l.Days, l.Channels*l.Days)
	}
	for _, row := range [][]float64{l.Hours, l.Quota} {
		for _, capacity := range row {
			if !(capacity >= 0) {
				return fmt.Errorf("capacity %g: expected 0 or more", capacity)
			}
		}
	}
	return nil
}

// NoStaff is the member of customers whose offers need nobody's hours.
const NoStaff = -1

// Customer is one customer with all offers.
type Customer struct {
	Staff  int // whose hours the offers use; NoStaff: nobody's
	Most   int // actions over all days, at least 1
	Offers []Offer
}

// Offer is one action that may happen.
type Offer struct {
	Day, Channel int // counted from 0
	Value        float64
	Hours        float64 // 0 or more
}

// Block is customers in memory: 14 bytes an offer and 11 a customer. The zero
// value is empty.
type Block struct {
	begins []uint32 // offers of customer i stand from begins[i] to begins[i+1]
	staff  []uint32 // Limits.Staff: nobody
	most   []uint8
	value  []float32
	hours  []float64
	slot   []uint16 // day*Channels+channel
}

// Customers returns how many customers the block holds.
func (b *Block) Customers() int { return len(b.staff) }

// Offers returns how many offers the block holds.
func (b *Block) Offers() int { return len(b.value) }

// Reserve makes room for so many customers and offers, so that adding them does
// not copy.
func (b *Block) Reserve(customers, offers int) {
	b.begins, b.staff, b.most = make([]uint32, 1, customers+1), make([]uint32, 0, customers), make([]uint8, 0, customers)
	b.value, b.hours, b.slot = make([]float32, 0, offers), make([]float64, 0, offers), make([]uint16, 0, offers)
}

// Add appends a customer. Offers that are worth nothing are kept, so that they
// keep their number, and never chosen. It is an error that names the offer where
// a number is impossible within the limits; the block then is as it was.
func (b *Block) Add(l Limits, c Customer) error {
	if err := l.accepts(c); err != nil {
		return err
	}
	if len(b.begins) == 0 {
		b.begins = append(b.begins, 0)
	}
	if len(b.value)+len(c.Offers) > math.MaxUint32 {
		return errors.New("more offers than a block holds: expected several blocks")
	}
	staff := c.Staff
	if staff == NoStaff {
		staff = l.Staff
	}
	for _, o := range c.Offers {
		b.value = append(b.value, float32(o.Value))
		b.hours = append(b.hours, o.Hours)
		b.slot = append(b.slot, uint16(o.Day*l.Channels+o.Channel))
	}
	b.staff, b.most = append(b.staff, uint32(staff)), append(b.most, uint8(min(c.Most, l.Days)))
	b.begins = append(b.begins, uint32(len(b.value)))
	return nil
}

func (l Limits) accepts(c Customer) error {
	switch {
	case c.Staff != NoStaff && (c.Staff < 0 || c.Staff >= l.Staff):
		return fmt.Errorf("member %d: expected 0 to %d", c.Staff, l.Staff-1)
	case c.Most < 1:
		return fmt.Errorf("most %d: expected at least 1 action", c.Most)
	case len(c.Offers) > MostOffers:
		return fmt.Errorf("%d offers: expected at most %d", len(c.Offers), MostOffers)
	}
	for i, o := range c.Offers {
		switch {
		case o.Day < 0 || o.Day >= l.Days:
			return fmt.Errorf("offer %d, day %d: expected 0 to %d", i, o.Day, l.Days-1)
		case o.Channel < 0 || o.Channel >= l.Channels:
			return fmt.Errorf("offer %d, channel %d: expected 0 to %d", i, o.Channel, l.Channels-1)
		case math.IsNaN(o.Value) || math.Abs(o.Value) > math.MaxFloat32:
			return fmt.Errorf("offer %d, value %g: expected a finite number", i, o.Value)
		case !(o.Hours >= 0) || math.IsInf(o.Hours, 0):
			return fmt.Errorf("offer %d, hours %g: expected 0 or more", i, o.Hours)
		case o.Hours > 0 && c.Staff == NoStaff:
			return fmt.Errorf("offer %d, hours %g: expected 0 for a customer without staff", i, o.Hours)
		}
	}
	return nil
}

// sample appends one in so many customers of another block, by lot, so that the
// order in which members' customers stand does not matter.
func (b *Block) sample(of *Block, oneIn uint64) {
	if len(b.begins) == 0 {
		b.begins = append(b.begins, 0)
	}
	for i := range of.Customers() {
		if mix(uint64(i))%oneIn != 0 {
			continue
		}
		from, to := of.begins[i], of.begins[i+1]
		b.value = append(b.value, of.value[from:to]...)
		b.hours = append(b.hours, of.hours[from:to]...)
		b.slot = append(b.slot, of.slot[from:to]...)
		b.staff, b.most = append(b.staff, of.staff[i]), append(b.most, of.most[i])
		b.begins = append(b.begins, uint32(len(b.value)))
	}
}

// mix is the finaliser of splitmix64 (Steele, Lea, Flood 2014) after one step.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Shard is a part of the customers: a block in memory, or one that is read anew
// each time. Customers of all shards share the rows and their prices.
type Shard interface {
	// Block returns the same customers in the same order each time. It is not
	// changed and not kept after the next shard was asked for.
	Block() (*Block, error)
}

// Block returns b itself, so that a block in memory is a shard.
func (b *Block) Block() (*Block, error) { return b, nil }

// rows are all rows as one list: hours of every member and of nobody, then quotas.
type rows struct {
	Limits
	capacity  []float64
	firstSlot int     // where the quotas begin
	dayOf     []uint8 // by slot
}

func newRows(l Limits) *rows {
	r := &rows{Limits: l, firstSlot: (l.Staff + 1) * l.Days, dayOf: make([]uint8, l.Days*l.Channels)}
	r.capacity = append(r.capacity, l.Hours...)
	for range l.Days {
		r.capacity = append(r.capacity, math.Inf(1))
	}
	r.capacity = append(r.capacity, l.Quota...)
	for slot := range r.dayOf {
		r.dayOf[slot] = uint8(slot / l.Channels)
	}
	return r
}

// hoursRow returns the row of a customer's hours on the day of a slot.
func (r *rows) hoursRow(staff uint32, slot uint16) int {
	return int(staff)*r.Days + int(r.dayOf[slot])
}

// worth returns what the rows are worth at the prices.
func (r *rows) worth(price []float64) (sum float64) {
	for i, p := range price {
		if p > 0 {
			sum += p * r.capacity[i]
		}
	}
	return sum
}

// rounding is the share of a capacity that sums of hours are not sure of.
const rounding = 1e-9

// slack is by how much a row may seem to be exceeded.
func (r *rows) slack(row int) float64 { return rounding * max(1, r.capacity[row]) }
