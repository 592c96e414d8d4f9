package wecom

import (
	"context"
	"time"
)

// MassSendTo says whom a mass message addresses.
type MassSendTo string

// Addressees of mass messages.
const (
	ToCustomers MassSendTo = "single"
	ToGroups    MassSendTo = "group"
)

// Most addressees of one mass message.
const (
	MostMassCustomers = 10_000
	MostMassGroups    = 2_000
)

// MassSend is a mass message. The platform makes a task of it which members
// of staff have to confirm; it does not send by itself.
type MassSend struct {
	To          MassSendTo `json:"chat_type"`
	CustomerIDs []string   `json:"external_userid,omitempty"`
	ChatIDs     []string   `json:"chat_id_list,omitempty"`
	Sender      string     `json:"sender,omitempty"`       // required for groups
	AllowSelect bool       `json:"allow_select,omitempty"` // groups: the owner may leave some out
	Content
}

// MassSendAccepted is the task the platform has made.
type MassSendAccepted struct {
	MessageID string   `json:"msgid"`
	Failed    []string `json:"fail_list"` // ids it did not take
}

// AddMassSend makes a mass-message task. It has no idempotency key: a call
// that ends InDoubt may have made one.
func (c *Client) AddMassSend(ctx context.Context, m MassSend) (MassSendAccepted, error) {
	got, err := effect[struct {
		answer
		MassSendAccepted
	}](ctx, c, "externalcontact/add_msg_template", m)
	return got.MassSendAccepted, err
}

type messageID struct {
	ID string `json:"msgid"`
}

// RemindMassSend urges members who have not confirmed; at most three times a
// day and message.
func (c *Client) RemindMassSend(ctx context.Context, id string) error {
	_, err := effect[answer](ctx, c, "externalcontact/remind_groupmsg_send", messageID{id})
	return err
}

// CancelMassSend stops what is not yet confirmed. Nothing is recalled.
func (c *Client) CancelMassSend(ctx context.Context, id string) error {
	_, err := set[answer](ctx, c, "externalcontact/cancel_groupmsg_send", messageID{id})
	return err
}

// MassSendRecord is a mass message in the platform's list.
type MassSendRecord struct {
	MessageID  string  `json:"msgid"`
	Creator    string  `json:"creator"` // empty if made by API
	Created    Seconds `json:"create_time"`
	CreateType Number  `json:"create_type"` // 0 corp, 1 personal
	Content
}

// MassSendPage is a page of mass messages.
type MassSendPage struct {
	Records []MassSendRecord `json:"group_msg_list"`
	Next    string           `json:"next_cursor"`
}

// MassSendSpan is the longest time MassSends looks at.
const MassSendSpan = 30 * 24 * time.Hour

const massSendPage = 100

// MassSendQuery selects mass messages by the time they were made.
type MassSendQuery struct {
	To         MassSendTo
	Start, End time.Time
	Cursor     string
}

// MassSends returns a page of the corp's mass messages. A message may appear
// in it only some time after it was made.
func (c *Client) MassSends(ctx context.Context, q MassSendQuery) (MassSendPage, error) {
	got, err := read[struct {
		answer
		MassSendPage
	}](ctx, c, "externalcontact/get_groupmsg_list_v2", struct {
		To     MassSendTo `json:"chat_type"`
		Start  Seconds    `json:"start_time"`
		End    Seconds    `json:"end_time"`
		Filter int        `json:"filter_type"`
		Limit  int        `json:"limit"`
		Cursor string     `json:"cursor,omitempty"`
	}{q.To, secondsOf(q.Start), secondsOf(q.End), 2, massSendPage, q.Cursor})
	return got.MassSendPage, err
}

// Task states of a member.
const (
	TaskOpen      = 0
	TaskConfirmed = 2
)

// MassSendTask is a member's part of a mass message.
type MassSendTask struct {
	UserID string  `json:"userid"`
	Status Number  `json:"status"`
	Sent   Seconds `json:"send_time"` // zero if open
}

// MassSendTaskPage is a page of members' tasks.
type MassSendTaskPage struct {
	Tasks []MassSendTask `json:"task_list"`
	Next  string         `json:"next_cursor"`
}

const massSendRows = 1000

// MassSendTasks returns a page of who has confirmed.
func (c *Client) MassSendTasks(ctx context.Context, id, cursor string) (MassSendTaskPage, error) {
	got, err := read[struct {
		answer
		MassSendTaskPage
	}](ctx, c, "externalcontact/get_groupmsg_task", struct {
		messageID
		Limit  int    `json:"limit"`
		Cursor string `json:"cursor,omitempty"`
	}{messageID{id}, massSendRows, cursor})
	return got.MassSendTaskPage, err
}

// States of one addressee of a mass message.
const (
	SendOpen        = 0
	SendDone        = 1
	SendNotRelated  = 2 // not a customer of the member any more
	SendQuotaFilled = 3 // has had his mass messages for the period
)

// SendResult is what happened to one addressee.
type SendResult struct {
	ExternalUserID string  `json:"external_userid"`
	ChatID         string  `json:"chat_id"`
	UserID         string  `json:"userid"`
	Status         Number  `json:"status"`
	Sent           Seconds `json:"send_time"`
}

// SendResultPage is a page of addressees. Of groups only those sent to come.
type SendResultPage struct {
	Results []SendResult `json:"send_list"`
	Next    string       `json:"next_cursor"`
}

// SendResults returns a page of one member's addressees.
func (c *Client) SendResults(ctx context.Context, id, userID, cursor string) (SendResultPage, error) {
	got, err := read[struct {
		answer
		SendResultPage
	}](ctx, c, "externalcontact/get_groupmsg_send_result", struct {
		messageID
		UserID string `json:"userid"`
		Limit  int    `json:"limit"`
		Cursor string `json:"cursor,omitempty"`
	}{messageID{id}, userID, massSendRows, cursor})
	return got.SendResultPage, err
}
