package profile

import "siyu/internal/event"

// Description is what shops' lists of members say of the customer.
type Description struct {
	At         event.Instant `cbor:"1,keyasint,omitempty"` // of the newest word; 0: none
	BirthMonth int           `cbor:"2,keyasint,omitempty"` // 1 to 12, 0: not known
	BirthDay   int           `cbor:"3,keyasint,omitempty"`
	City       string        `cbor:"4,keyasint,omitempty"`
	Level      string        `cbor:"5,keyasint,omitempty"` // of the shop's membership
	Campaign   string        `cbor:"6,keyasint,omitempty"` // through which the first contact came
	Tags       []string      `cbor:"7,keyasint,omitempty"` // of the shop, sorted
}

// describe keeps the newest word on each thing. An older one that is told late
// says only what nobody has said since.
func (c *Customer) describe(b event.CustomerDescribed, at event.Instant) {
	d := &c.Described
	newest := at >= d.At
	d.At = max(d.At, at)
	if b.BirthMonth != 0 && (newest || d.BirthMonth == 0) {
		d.BirthMonth, d.BirthDay = b.BirthMonth, b.BirthDay
	}
	if len(b.Tags) > 0 && (newest || len(d.Tags) == 0) {
		d.Tags = b.Tags
	}
	for _, word := range []struct {
		to   *string
		said string
	}{{&d.City, b.City}, {&d.Level, b.Level}, {&d.Campaign, b.Campaign}} {
		if word.said != "" && (newest || *word.to == "") {
			*word.to = word.said
		}
	}
}
