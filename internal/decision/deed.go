package decision

import (
	"time"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/id"
)

// Deed is what a customer does after a message.
type Deed string

// The deeds.
const (
	DidAnswer  Deed = "answered"
	DidBuy     Deed = "bought"
	Deleted    Deed = "deleted"
	Complained Deed = "complained"
)

// HarmWithin is for how long a deletion or complaint is put down to a message: the
// usual count of deletions by message takes a day.
const HarmWithin = 24 * time.Hour

// FollowAfter is how long after it was told a deed is put down to messages: results of
// mass messages are read every five minutes, and a deletion is told at once.
const FollowAfter = 6 * time.Minute

// EffectWithin is for how long what a customer does is put down to the wording of a
// message: a week, in which a next message is rare.
const EffectWithin = 7 * 24 * time.Hour

// Effect is a deed that is put down to one message.
type Effect struct {
	Touch int64
	Deed  string // the Deed, behind "harm " where it counts for the breaker
	At    time.Time
}

// harmful marks effects that the breaker counts.
const harmful = "harm "

// Harmful tells whether the effect counts for the breaker, and as what.
func (e Effect) Harmful() (d Deed, is bool) {
	if len(e.Deed) > len(harmful) && e.Deed[:len(harmful)] == harmful {
		return Deed(e.Deed[len(harmful):]), true
	}
	return Deed(e.Deed), false
}

// Reached is a message that arrived.
type Reached struct {
	Touch    int64
	Customer id.Customer
	Staff    id.Staff
	Purpose  event.Purpose
	Channel  event.Channel
	At       time.Time
	Send     int64 // 0: none
	Material string
	content.Drawn
}

// Done is what a customer did. Staff is whom the customer deleted, else 0.
type Done struct {
	Deed  Deed
	At    time.Time
	Staff id.Staff
}

// DoneIn returns the deed that a fact about a customer tells of; ok is false where it
// tells of none.
func DoneIn(f event.Fact) (d Done, ok bool) {
	d.At = f.At
	switch f.Kind {
	case event.KindRelationEnded:
		b, err := event.Read[event.RelationEnded](f)
		d.Deed, d.Staff = Deleted, b.Staff
		return d, err == nil && b.By == event.ByCustomer
	case event.KindComplaintOpened:
		d.Deed = Complained
		return d, true
	case event.KindOrderPaid:
		d.Deed = DidBuy
		return d, true
	case event.KindMessageExchanged:
		b, err := event.Read[event.MessageExchanged](f)
		d.Deed = DidAnswer
		return d, err == nil && b.Inbound && b.Group == 0
	}
	return d, false
}

// EffectsOf returns what a deed is put down to: for the breaker the last mass message
// that arrived before it within HarmWithin, of a deletion by the member who was
// deleted; and every message with a drawn wording within EffectWithin.
func EffectsOf(d Done, reached []Reached) (effects []Effect) {
	var last *Reached
	for i := range reached {
		r := &reached[i]
		age := d.At.Sub(r.At)
		if age < 0 || d.Staff != 0 && d.Staff != r.Staff {
			continue
		}
		if r.Send != 0 && age < HarmWithin && (last == nil || r.At.After(last.At)) {
			last = r
		}
		if r.Wording != 0 && age < EffectWithin && d.Deed != Complained {
			effects = append(effects, Effect{r.Touch, string(d.Deed), d.At})
		}
	}
	if last != nil && (d.Deed == Deleted || d.Deed == Complained) {
		effects = append(effects, Effect{last.Touch, harmful + string(d.Deed), d.At})
	}
	return effects
}
