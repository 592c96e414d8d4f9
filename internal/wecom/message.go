package wecom

import (
	"context"
	"strings"
	"time"
)

// MostReceivers of one message to staff.
const MostReceivers = 1000

// duplicateCheck is how long the platform swallows the same message to the
// same member: its own default.
const duplicateCheck = 30 * time.Minute

// TextCard is a message to staff with a button that opens a page.
type TextCard struct {
	Title       string `json:"title"`       // at most 128 bytes
	Description string `json:"description"` // at most 512 bytes; div classes gray, highlight, normal
	URL         string `json:"url"`
	Button      string `json:"btntxt,omitempty"` // at most 4 characters
}

// MessageSent says who did not get a message to staff.
type MessageSent struct {
	MessageID    string `json:"msgid"`
	InvalidUsers string `json:"invaliduser"` // separated by |
	Unlicensed   string `json:"unlicenseduser"`
}

type staffMessage struct {
	To             string    `json:"touser"`
	Type           string    `json:"msgtype"`
	AgentID        int64     `json:"agentid"`
	Text           *Text     `json:"text,omitempty"`
	TextCard       *TextCard `json:"textcard,omitempty"`
	CheckDuplicate int       `json:"enable_duplicate_check"`
	CheckSeconds   int       `json:"duplicate_check_interval"`
}

// SendText sends text of at most 2,048 bytes to members. The platform drops a
// repetition within half an hour, so the call is repeated freely.
func (c *Client) SendText(ctx context.Context, userIDs []string, text string) (MessageSent, error) {
	return c.toStaff(ctx, userIDs, staffMessage{Type: "text", Text: &Text{text}})
}

// SendTextCard sends a card to members; see SendText.
func (c *Client) SendTextCard(ctx context.Context, userIDs []string, card TextCard) (MessageSent, error) {
	return c.toStaff(ctx, userIDs, staffMessage{Type: "textcard", TextCard: &card})
}

func (c *Client) toStaff(ctx context.Context, userIDs []string, m staffMessage) (MessageSent, error) {
	const path = "message/send"
	if c.config.AgentID == 0 || len(userIDs) == 0 || len(userIDs) > MostReceivers {
		return MessageSent{}, &Error{Call: path, Outcome: NoEffect, Message: "not called: an agent id and 1 to 1,000 receivers are needed", cause: errMisuse}
	}
	m.To, m.AgentID = strings.Join(userIDs, "|"), c.config.AgentID
	m.CheckDuplicate, m.CheckSeconds = 1, int(duplicateCheck/time.Second)
	got, err := set[struct {
		answer
		MessageSent
	}](ctx, c, path, m)
	return got.MessageSent, err
}
