// Package vault keeps personal data: names, phones, message texts and raw
// callback bodies, sealed under a key that lives outside the database and
// erasable without touching the log of facts.
package vault

import (
	"context"

	"siyu/internal/event"
)

// Field names one kind of personal text about a subject.
type Field string

// The fields.
const (
	Name    Field = "name"     // of a customer, as WeCom shows it; of a member of staff
	Remark  Field = "remark"   // written by staff about a customer
	Phone   Field = "phone"    // digits only
	UserID  Field = "external" // external_userid, needed to call WeCom
	ChatID  Field = "chat"     // WeCom chat_id of a group
	Message Field = "message"  // text of a message, by archive id
	Note    Field = "note"     // written by a person in the console, by number
)

// Entry is one personal text in clear.
type Entry struct {
	Subject event.Subject
	Field   Field
	Part    string // which of several: corp+staff of a remark, message id; "" if one
	Text    string
}

// Sealed is an Entry as the database holds it.
type Sealed struct {
	Subject event.Subject
	Field   Field
	Part    string
	Box     []byte // nonce and AES-256-GCM ciphertext, bound to subject, field and part
}

// Store is what the vault needs of a database.
type Store interface {
	PutSealed(ctx context.Context, rows []Sealed) error
	// SealedOf returns all rows of the subjects with one of the fields.
	SealedOf(ctx context.Context, subjects []event.Subject, fields []Field) ([]Sealed, error)
	// EachSealed streams all rows of a field, for the in-memory name index.
	EachSealed(ctx context.Context, field Field, do func(Sealed) error) error
	// EraseSealed removes everything kept about the subject.
	EraseSealed(ctx context.Context, subject event.Subject) error
}
