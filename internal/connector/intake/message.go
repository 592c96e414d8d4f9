package intake

import (
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/vault"
)

// Message is a message between staff and a customer.
type Message struct {
	ID       string // of the archive
	At       time.Time
	Body     event.MessageExchanged
	Text     string
	KeepText bool // in the vault
}

// Message tells a message that passed between staff and a customer.
func (b *Batch) Message(externalUserID string, m Message) error {
	subject := event.Customer(id.CustomerOf(b.Corp, externalUserID))
	if m.KeepText {
		b.keep(subject, vault.Message, m.ID, m.Text)
	}
	return b.tell(subject, m.At, m.Body, m.ID)
}
