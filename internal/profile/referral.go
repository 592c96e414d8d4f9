package profile

import (
	"siyu/internal/event"
	"siyu/internal/id"
)

// Referral is somebody the customer brought who stayed.
type Referral struct {
	At       event.Instant `cbor:"1,keyasint"`           // since when
	Customer id.Customer   `cbor:"2,keyasint,omitempty"` // as known then; 0: not told
}

func (r Referral) when() event.Instant { return r.At }

// Referrer is who brought the customer.
type Referrer struct {
	By    id.Customer   `cbor:"1,keyasint,omitempty"` // 0: nobody is known to have
	As    id.Customer   `cbor:"2,keyasint,omitempty"` // the customer's id at which it was told; merges leave it
	Since event.Instant `cbor:"3,keyasint,omitempty"` // when the customer came
	// Stayed is when the customer was found to have stayed, 0: not yet. From then
	// on the referrer stands.
	Stayed event.Instant `cbor:"4,keyasint,omitempty"`
}

// refer keeps who brought the customer first.
func (c *Customer) refer(f event.Fact, at event.Instant) error {
	body, err := event.Read[event.CustomerReferred](f)
	if err != nil {
		return err
	}
	since := body.Since
	if since == 0 {
		since = at
	}
	r := &c.Referrer
	if body.By == 0 || body.By == c.ID || r.Stayed != 0 || r.By != 0 && r.Since <= since {
		return nil
	}
	r.By, r.As, r.Since = body.By, id.Customer(f.Subject.ID), since
	return nil
}

// StayedBy tells whether the customer, whom somebody brought, is still there at
// an instant, so long after having come: related to somebody, or has bought
// since.
func (c *Customer) StayedBy(at, after event.Instant) bool {
	r := &c.Referrer
	return r.By != 0 && at-r.Since >= after && (c.Related() || c.Orders.Last > r.Since)
}
