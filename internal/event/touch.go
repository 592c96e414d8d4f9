package event

import "siyu/internal/id"

// The kinds of fact about what the brand sent. Touch facts are about the
// customer, task facts about the member of staff.
const (
	KindTouchDelivered Kind = "touch_delivered"
	KindTouchFailed    Kind = "touch_failed"
	KindTaskConfirmed  Kind = "task_confirmed"
	KindTaskCancelled  Kind = "task_cancelled"
	KindMassReceived   Kind = "mass_received"
)

// Channel is a way to reach a customer.
type Channel string

// The channels.
const (
	MassSend  Channel = "mass_send"  // WeCom task a member confirms
	OneToOne  Channel = "one_to_one" // staff task done by hand
	Welcome   Channel = "welcome"
	Moments   Channel = "moments"
	GroupPost Channel = "group_post"
	// MassElsewhere is a mass message that Siyu did not make: a member's own, or
	// one of another tool. Nothing is sent by it.
	MassElsewhere Channel = "mass_elsewhere"
)

// Purpose is what a touch works on.
type Purpose string

// The purposes. Only Promote and Remind sell.
const (
	Serve   Purpose = "serve"   // works on trust
	Ask     Purpose = "ask"     // works on need: asks, listens, shows
	Remind  Purpose = "remind"  // works on exposure
	Promote Purpose = "promote" // an offer
	Greet   Purpose = "greet"   // welcome
	Invite  Purpose = "invite"  // into a group
)

// Purposes returns all of them.
func Purposes() []Purpose { return []Purpose{Serve, Ask, Remind, Promote, Greet, Invite} }

// WrittenPurposes returns those for which the brand keeps texts. The words of an
// invitation belong to that one invitation.
func WrittenPurposes() []Purpose { return []Purpose{Serve, Ask, Remind, Promote, Greet} }

// Sells tells whether the purpose asks the customer to buy.
func (p Purpose) Sells() bool { return p == Remind || p == Promote }

// TouchDelivered says that the customer received a message of the brand.
type TouchDelivered struct {
	Touch    int64    `json:"touch"`
	Dispatch int64    `json:"dispatch,omitempty"`
	Staff    id.Staff `json:"staff"`
	Channel  Channel  `json:"channel"`
	Purpose  Purpose  `json:"purpose"`
	Content  id.Code  `json:"content,omitempty"` // whose openings its link counts, 0 where none are counted
	Service  bool     `json:"service,omitempty"` // answers the customer or serves a purchase: no budget counts it
}

// TouchFailed says that a message did not reach the customer.
type TouchFailed struct {
	Touch   int64    `json:"touch"`
	Staff   id.Staff `json:"staff"`
	Channel Channel  `json:"channel"`
	Reason  string   `json:"reason"` // "not_a_relation", "quota", "rejected"
}

// MassReceived says that the customer received a mass message that Siyu did not
// make. What it works on is read from its words.
type MassReceived struct {
	Staff   id.Staff `json:"staff"`
	Purpose Purpose  `json:"purpose"`
}

// TaskConfirmed says that a member confirmed a WeCom task.
type TaskConfirmed struct {
	Dispatch int64 `json:"dispatch"`
	Touches  int   `json:"touches"`
}

// TaskCancelled says that an unconfirmed task was taken back.
type TaskCancelled struct {
	Dispatch int64  `json:"dispatch"`
	Because  string `json:"because"` // "window_over", "objection", "complaint", "purchase", "person"
}

// Kind implements Body.
func (TouchDelivered) Kind() Kind { return KindTouchDelivered }

// Kind implements Body.
func (TouchFailed) Kind() Kind { return KindTouchFailed }

// Kind implements Body.
func (MassReceived) Kind() Kind { return KindMassReceived }

// Kind implements Body.
func (TaskConfirmed) Kind() Kind { return KindTaskConfirmed }

// Kind implements Body.
func (TaskCancelled) Kind() Kind { return KindTaskCancelled }
