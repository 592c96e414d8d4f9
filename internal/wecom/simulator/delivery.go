package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Kinds of delivery.
const (
	KindMass    = "mass"    // mass message to a customer
	KindGroup   = "group"   // mass message to a customer group
	KindMoment  = "moment"  // Moment a customer can see
	KindWelcome = "welcome" // welcome message
)

// Delivery is one message that reached one customer or one group. ContentHash
// is what ContentHash returns for the content the app gave.
type Delivery struct {
	MsgID          string    `json:"msgid"`
	Kind           string    `json:"kind"`
	UserID         string    `json:"userid"`
	ExternalUserID string    `json:"external_userid,omitempty"`
	ChatID         string    `json:"chat_id,omitempty"`
	ContentHash    string    `json:"content_hash"`
	At             time.Time `json:"at"`
}

// ledger is the platform's own record of what reached whom. It is compact:
// a year of deliveries to 20,000 customers must fit beside everything else.
type ledger struct {
	messages  []ledgerMessage
	rows      []ledgerRow
	told      int
	listeners []func(Delivery)
}

type ledgerMessage struct{ id, kind, hash string }

type ledgerRow struct {
	at      int64
	message int32
	ext     *external
	group   *group
	member  *member
}

// message registers a message and returns its number for deliver.
func (l *ledger) message(id, kind, hash string) int32 {
	l.messages = append(l.messages, ledgerMessage{id, kind, hash})
	return int32(len(l.messages) - 1)
}

func (l *ledger) deliver(row ledgerRow) { l.rows = append(l.rows, row) }

func (l *ledger) at(i int) Delivery {
	row := l.rows[i]
	msg := l.messages[row.message]
	d := Delivery{MsgID: msg.id, Kind: msg.kind, ContentHash: msg.hash, UserID: row.member.UserID, At: time.UnixMilli(row.at)}
	if row.ext != nil {
		d.ExternalUserID = row.ext.ExternalUserID
	}
	if row.group != nil {
		d.ChatID = row.group.id
	}
	return d
}

func (l *ledger) takeFresh() ([]Delivery, []func(Delivery)) {
	from := l.told
	l.told = len(l.rows)
	if len(l.listeners) == 0 {
		return nil, nil
	}
	var fresh []Delivery
	for i := from; i < len(l.rows); i++ {
		fresh = append(fresh, l.at(i))
	}
	return fresh, l.listeners
}

// Deliveries returns everything that reached anybody, in order.
func (p *Platform) Deliveries() []Delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]Delivery, len(p.ledger.rows))
	for i := range all {
		all[i] = p.ledger.at(i)
	}
	return all
}

// OnDelivery calls f for every delivery from now on, after the act that caused
// it and outside the platform's lock: f may let people act. Calls may come
// from several goroutines at once.
func (p *Platform) OnDelivery(f func(Delivery)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ledger.listeners = append(p.ledger.listeners, f)
}

// ContentHash returns the hex sha256 of a message as the ledger records it:
// the text, then per attachment a line feed, its msgtype, a space and its
// identity (media_id, else url, else pic_url, else appid and page).
func ContentHash(textContent string, attachments []Attachment) string {
	h := sha256.New()
	h.Write([]byte(textContent))
	for _, a := range attachments {
		h.Write([]byte("\n" + a.MsgType + " " + a.identity()))
	}
	return hex.EncodeToString(h.Sum(nil))
}
