package event

import "siyu/internal/id"

// The kinds of fact about talk. Subject: customer.
const (
	KindMessageExchanged Kind = "message_exchanged"
	KindMomentReacted    Kind = "moment_reacted"
)

// MessageExchanged says that a message passed between staff and customer.
// Texts are in the vault, never here.
type MessageExchanged struct {
	Staff   id.Staff `json:"staff,omitempty"`
	Group   id.Group `json:"group,omitempty"` // 0: one to one
	Inbound bool     `json:"in"`              // the customer wrote
	Form    string   `json:"form"`            // text, image, voice, link ...
	Length  int      `json:"length,omitempty"`
	ReplyTo string   `json:"reply_to,omitempty"` // archive message id
}

// MomentReacted says that the customer liked or commented a Moment.
type MomentReacted struct {
	Staff   id.Staff `json:"staff"`
	Comment bool     `json:"comment,omitempty"`
}

// Kind implements Body.
func (MessageExchanged) Kind() Kind { return KindMessageExchanged }

// Kind implements Body.
func (MomentReacted) Kind() Kind { return KindMomentReacted }
