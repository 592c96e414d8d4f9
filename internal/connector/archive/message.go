package archive

import (
	"strings"
	"time"
	"unicode/utf8"

	"siyu/internal/connector/intake"
	"siyu/internal/event"
	"siyu/internal/id"
)

// row is a decrypted message as the platform's library gives it, with its
// sequence number.
type row struct {
	Seq     int64    `json:"seq"`
	ID      string   `json:"msgid"`
	Action  string   `json:"action"` // send, recall or switch
	From    string   `json:"from"`
	To      []string `json:"tolist"`
	Room    string   `json:"roomid"`  // empty: one to one
	Time    int64    `json:"msgtime"` // milliseconds
	Type    string   `json:"msgtype"`
	ReplyTo string   `json:"reply_to"` // not of the platform: an exporter may know it
	Text    *struct {
		Content string `json:"content"`
	} `json:"text"`
	Info *struct { // of markdown
		Content string `json:"content"`
	} `json:"info"`
}

func (r row) text() string {
	switch {
	case r.Text != nil:
		return r.Text.Content
	case r.Info != nil:
		return r.Info.Content
	default:
		return ""
	}
}

const actionSend = "send"

// tell tells a message that passed between staff and customers. Messages of
// robots, among staff, and of staff to a whole group are about no customer.
func (a *Archive) tell(batch *intake.Batch, r row) error {
	if r.Action != actionSend || r.ID == "" || r.Type == "agree" || r.Type == "disagree" {
		return nil
	}
	said := intake.Message{
		ID: r.ID, At: time.UnixMilli(r.Time), Text: r.text(), KeepText: a.Texts,
		Body: event.MessageExchanged{Form: r.Type, Length: utf8.RuneCountInString(r.text()), ReplyTo: r.ReplyTo},
	}
	if r.Room != "" {
		said.Body.Group = id.GroupOf(a.Intake.Corp, r.Room)
	}
	if a.isCustomer(r.From) {
		said.Body.Inbound = true
		if r.Room == "" {
			said.Body.Staff = a.firstStaff(r.To)
		}
		return batch.Message(r.From, said)
	}
	if isRobot(r.From) || r.Room != "" {
		return nil
	}
	said.Body.Staff = id.StaffOf(a.Intake.Corp, r.From)
	for _, to := range r.To {
		if !a.isCustomer(to) {
			continue
		}
		if err := batch.Message(to, said); err != nil {
			return err
		}
	}
	return nil
}

func (a *Archive) firstStaff(to []string) id.Staff {
	for _, userID := range to {
		if !a.isCustomer(userID) && !isRobot(userID) {
			return id.StaffOf(a.Intake.Corp, userID)
		}
	}
	return 0
}

// isCustomer tells by the prefix the platform gives external ids, unless the
// corp has a member of that name.
func (a *Archive) isCustomer(name string) bool {
	return (strings.HasPrefix(name, "wm") || strings.HasPrefix(name, "wo")) && !a.staff[name]
}

func isRobot(id string) bool { return strings.HasPrefix(id, "wb") }
