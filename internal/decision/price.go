package decision

import (
	"siyu/internal/event"
	"siyu/internal/id"
)

// Prices are what room that ran out was worth in a day's plan, and what the plan
// believed of gains. A turn of the day decides by the same.
type Prices struct {
	Staff map[id.Staff]Price `json:"staff"`
	// OneToOne and MassSend are what a manager's cap on all members together takes
	// from each contact and each mass send, fen; 0 where it does not bind.
	OneToOne float64 `json:"one_to_one"`
	MassSend float64 `json:"mass_send"`
	// Beliefs are by part: trust, need, exposure.
	Beliefs [len(planned)]Belief `json:"beliefs"`
	Bound   Bound                `json:"bound"`
}

// Price is what a member's room is worth, fen; 0 where there is room left.
type Price struct {
	Contact      float64 `json:"contact"`      // one more contact by hand
	Hour         float64 `json:"hour"`         // one more hour of them
	Confirmation float64 `json:"confirmation"` // one more mass send
	// UsualContact and UsualConfirmation are what the two were worth in the last nights,
	// faded by a seventh a night: what room of the next days will be worth, too.
	UsualContact      float64 `json:"usual_contact,omitempty"`
	UsualConfirmation float64 `json:"usual_confirmation,omitempty"`
}

// usualNights is over how many nights what is usual is averaged.
const usualNights = 7

// follow adds a night's price to what is usual.
func (p *Price) follow(before Price) {
	p.UsualContact = faded(before.UsualContact, p.Contact)
	p.UsualConfirmation = faded(before.UsualConfirmation, p.Confirmation)
}

func faded(usual, now float64) float64 {
	if usual += (now - usual) / usualNights; usual < leastPrice {
		return 0
	}
	return usual
}

// leastPrice in fen is what is not worth keeping.
const leastPrice = 1

// Prices returns the prices of what Choose chose.
func (p *Planner) Prices() Prices { return p.prices }

// Caps are a manager's caps on a day, over all members together; 0 is no cap.
type Caps struct {
	OneToOne  int // contacts by hand
	MassSends int
}

// caps is what is left of Caps while a plan is made, -1 for no cap.
type caps struct{ hands, sends int }

func (p *Planner) openCaps() caps {
	left := caps{-1, -1}
	contacts, confirmations := 0, 0
	for _, load := range p.Given {
		contacts += load.Contacts()
		confirmations += load.Confirmations
	}
	if most := p.Settings.Caps.OneToOne; most > 0 {
		left.hands = max(0, most-contacts)
	}
	if most := p.Settings.Caps.MassSends; most > 0 {
		left.sends = max(0, most-confirmations)
	}
	return left
}

// priceCaps sets the prices of caps: lowest at which all members together stay
// below, by bisection, because at given prices members have nothing to do with
// each other. What is left to rounding is held by counting.
func (p *Planner) priceCaps(members func(do func(m *memberPlan))) {
	p.caps = p.openCaps()
	if p.caps.hands < 0 && p.caps.sends < 0 {
		return
	}
	used := func() (u caps) {
		members(func(m *memberPlan) { u.hands, u.sends = u.hands+len(m.hands), u.sends+m.sends() })
		return u
	}
	highest := 0.0
	members(func(m *memberPlan) { highest = max(highest, m.worth) })
	for range capSweeps {
		if p.caps.hands >= 0 {
			bisect(&p.prices.OneToOne, highest, func() bool { return used().hands <= p.caps.hands })
		}
		if p.caps.sends >= 0 {
			bisect(&p.prices.MassSend, highest, func() bool { return used().sends <= p.caps.sends })
		}
	}
}

// capSweeps is how often both caps are priced in turn.
const capSweeps = 2

// capHalvings of a bisection: prices are known to a hundred-thousandth of the
// highest worth.
const capHalvings = 17

func bisect(price *float64, highest float64, fits func() bool) {
	if *price = 0; fits() {
		return
	}
	low, high := 0.0, highest
	for range capHalvings {
		if *price = (low + high) / 2; fits() {
			high = *price
		} else {
			low = *price
		}
	}
	*price = high
}

// channelSet is a set of the channels a plan can choose.
type channelSet uint8

const (
	byHand channelSet = 1 << iota
	byMassSend
	// drawnToday is no channel: the lot chose this day, and nothing else may move it.
	drawnToday
)

// channels returns by which channels the customer's budgets leave room.
func (p *Planner) channels(c Case) (open channelSet) {
	open = byHand | byMassSend
	for _, by := range []struct {
		channel event.Channel
		bit     channelSet
	}{{event.OneToOne, byHand}, {event.MassSend, byMassSend}} {
		most := p.Settings.ChannelBudget.of(by.channel)
		if most != (Budget{}) && most.overdrawn(p.horizons.countBy(by.channel, c.Profile.Touches.Recent, nil)) != "" {
			open &^= by.bit
		}
	}
	return open
}
