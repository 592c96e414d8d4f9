// Package vault keeps personal data: names, phones, message texts and raw
// callback bodies, sealed under a key that lives outside the database and
// erasable without touching the log of facts.
package vault

import (
	"context"
	"fmt"
	"strconv"

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

// Vault seals and opens personal texts. It is safe for concurrent use.
type Vault struct {
	store Store
	key   Key
	names names
}

// Open returns the vault kept in store under the key.
func Open(store Store, key Key) *Vault { return &Vault{store: store, key: key} }

// Put keeps texts; one with the same subject, field and part is replaced.
func (v *Vault) Put(ctx context.Context, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	rows := make([]Sealed, len(entries))
	for i, e := range entries {
		rows[i] = Sealed{Subject: e.Subject, Field: e.Field, Part: e.Part, Box: v.key.Seal([]byte(e.Text), place(e.Subject, e.Field, e.Part))}
	}
	if err := v.store.PutSealed(ctx, rows); err != nil {
		return err
	}
	v.names.learn(entries)
	return nil
}

// Of returns the texts of the subjects with one of the fields.
func (v *Vault) Of(ctx context.Context, subjects []event.Subject, fields []Field) ([]Entry, error) {
	rows, err := v.store.SealedOf(ctx, subjects, fields)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(rows))
	for i, r := range rows {
		if entries[i], err = v.open(r); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

func (v *Vault) open(r Sealed) (Entry, error) {
	text, err := v.key.Open(r.Box, place(r.Subject, r.Field, r.Part))
	if err != nil {
		return Entry{}, fmt.Errorf("open %s of %s %d: %w", r.Field, r.Subject.Type, r.Subject.ID, err)
	}
	return Entry{Subject: r.Subject, Field: r.Field, Part: r.Part, Text: string(text)}, nil
}

// PhoneHash returns the keyed hash by which the phone with these digits is
// found; see PhoneDigits.
func (v *Vault) PhoneHash(digits string) []byte { return v.key.PhoneHash(digits) }

// KeyedHash returns a hash of the text that nobody without the key can
// recompute.
func (v *Vault) KeyedHash(text string) []byte { return v.key.Hash(text) }

// Erase removes everything personal about the subject, for good.
func (v *Vault) Erase(ctx context.Context, subject event.Subject) error {
	if err := v.store.EraseSealed(ctx, subject); err != nil {
		return err
	}
	v.names.forget(subject)
	return nil
}

// place binds a box to where it stands: a box that is moved to another row does
// not open.
func place(s event.Subject, f Field, part string) []byte {
	const room = 64
	at := append(append(make([]byte, 0, room), s.Type...), '/')
	at = append(strconv.AppendInt(at, s.ID, 10), '/')
	return append(append(append(at, f...), '/'), part...)
}
