package profile

import (
	"cmp"
	"slices"

	"siyu/internal/event"
	"siyu/internal/id"
)

// Tagged is the last word on one of the brand's own tags.
type Tagged struct {
	Tag id.Tag        `cbor:"1,keyasint"`
	At  event.Instant `cbor:"2,keyasint"`           // put on at t, or taken off at -t
	By  string        `cbor:"3,keyasint,omitempty"` // see event.CustomerTagged
}

// On tells whether the customer carries the tag.
func (t Tagged) On() bool { return t.At > 0 }

// When returns when the tag was put on, or taken off.
func (t Tagged) When() event.Instant { return max(t.At, -t.At) }

// Carries tells whether the customer carries one of the brand's own tags.
func (c *Customer) Carries(tag id.Tag) bool {
	i, known := c.tagPlace(tag)
	return known && c.Tags[i].On()
}

// OwnTags returns the brand's own tags that the customer carries.
func (c *Customer) OwnTags() []Tagged {
	var on []Tagged
	for _, t := range c.Tags {
		if t.On() {
			on = append(on, t)
		}
	}
	return on
}

func (c *Customer) tag(b event.CustomerTagged, at event.Instant) {
	c.tagWord(Tagged{Tag: b.Tag, At: at, By: b.By})
}

func (c *Customer) untag(b event.CustomerUntagged, at event.Instant) {
	c.tagWord(Tagged{Tag: b.Tag, At: -at, By: b.By})
}

// tagWord keeps the later word on a tag.
func (c *Customer) tagWord(said Tagged) {
	i, known := c.tagPlace(said.Tag)
	switch {
	case !known:
		c.Tags = slices.Insert(c.Tags, i, said)
	case said.When() >= c.Tags[i].When():
		c.Tags[i] = said
	}
}

func (c *Customer) tagPlace(tag id.Tag) (int, bool) {
	return slices.BinarySearchFunc(c.Tags, tag, func(t Tagged, tag id.Tag) int { return cmp.Compare(t.Tag, tag) })
}
