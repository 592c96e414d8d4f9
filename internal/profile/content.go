package profile

import (
	"slices"

	"siyu/internal/event"
	"siyu/internal/id"
)

// Openings sums up which of the brand's content the customer opened.
type Openings struct {
	Count  int           `cbor:"1,keyasint,omitempty"`
	Last   event.Instant `cbor:"2,keyasint,omitempty"`
	Recent []Opening     `cbor:"3,keyasint,omitempty"` // the last RecentOpenings, oldest first
}

// Opening is one business day on which something was opened.
type Opening struct {
	At      event.Instant `cbor:"1,keyasint"`
	Content id.Code       `cbor:"2,keyasint"`
	Touch   int64         `cbor:"3,keyasint,omitempty"` // that carried the link, 0 for none
}

// Knows tells whether the content was opened before, as far as Recent goes
// back.
func (o *Openings) Knows(content id.Code) bool {
	return slices.ContainsFunc(o.Recent, func(x Opening) bool { return x.Content == content })
}

// KnowsTouch tells whether the link of a touch was opened before, as far as
// Recent goes back.
func (o *Openings) KnowsTouch(touch int64) bool {
	return slices.ContainsFunc(o.Recent, func(x Opening) bool { return x.Touch == touch })
}

func (c *Customer) openContent(b event.ContentOpened, at event.Instant) {
	o := &c.Openings
	o.Count++
	o.Last = max(o.Last, at)
	o.Recent = last(insert(o.Recent, Opening{At: at, Content: b.Content, Touch: b.Touch}, Opening.when), RecentOpenings)
}

func (o Opening) when() event.Instant { return o.At }
