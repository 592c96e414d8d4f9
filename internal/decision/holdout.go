package decision

import (
	"encoding/binary"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// ShareOf returns the share of customers to hold out in a brand with this
// many related customers.
func (h HoldoutRule) ShareOf(customers int) float64 {
	switch {
	case customers < h.OffBelow:
		return 0
	case customers < h.LargeFrom:
		return h.SmallShare
	default:
		return h.Share
	}
}

// Assign tells whether the customer belongs to the hold-out. It depends on
// nothing but salt, customer and share; with one salt, whoever is held out at
// a share is held out at every larger one. The caller asks once per customer
// and stores the answer for ever.
func Assign(salt string, customer id.Customer, share float64) bool {
	const steps = 1 << 53 // as many values as a float64 tells apart in 0..1
	sum := id.Hash("holdout", salt, id.Text(customer))
	return float64(binary.BigEndian.Uint64(sum[:8])>>11)/steps < share
}

// Contamination counts how many held-out customers the brand reached all the
// same. Each figure counts customers, not contacts; one may stand in several.
type Contamination struct {
	Held     int // customers in the hold-out
	Welcomed int // got the welcome, as everybody does
	Served   int // a member wrote to them by hand, from a task or not, or by a mass message of their own
	Groups   int // sit in a group of the brand
	Moments  int // were shown or reacted to Moments
	Marketed int // got a mass send or a contact that sells: must stay 0
	Clean    int // none of these
}

// Count adds one held-out customer. Only contacts since that instant count;
// group membership counts while it lasts.
func (n *Contamination) Count(c *profile.Customer, since event.Instant) {
	var welcomed, served, moments, marketed bool
	served = c.Talk.LastOut >= since && c.Talk.Outbound > 0
	for _, t := range c.Touches.Recent {
		if t.At < since {
			continue
		}
		welcomed = welcomed || t.Channel == event.Welcome
		if t.Channel == event.MassElsewhere {
			served = true
			continue
		}
		served = served || t.Channel == event.OneToOne
		moments = moments || t.Channel == event.Moments
		marketed = marketed || t.Channel == event.MassSend || t.Purpose.Sells()
	}
	for _, at := range c.Reactions {
		moments = moments || at >= since
	}
	groups := false
	for _, m := range c.Groups {
		groups = groups || m.Until == 0 || m.Until >= since
	}
	n.Held++
	add(&n.Welcomed, welcomed)
	add(&n.Served, served)
	add(&n.Groups, groups)
	add(&n.Moments, moments)
	add(&n.Marketed, marketed)
	add(&n.Clean, !welcomed && !served && !groups && !moments && !marketed)
}

func add(figure *int, reached bool) {
	if reached {
		*figure++
	}
}
