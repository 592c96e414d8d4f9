package simulator

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// StaffMessage is a message an app sent to one member.
type StaffMessage struct {
	MsgID    string          `json:"msgid"`
	UserID   string          `json:"userid"`
	MsgType  string          `json:"msgtype"`
	Body     json.RawMessage `json:"body"` // the object named after the type
	At       time.Time       `json:"at"`
	Recalled bool            `json:"recalled"`
}

type staffMailBook struct {
	sent   []StaffMessage
	recent map[string]time.Time // by content, for duplicate checks
	cards  map[string]time.Time // response codes of template cards
}

func newStaffMailBook() staffMailBook {
	return staffMailBook{recent: map[string]time.Time{}, cards: map[string]time.Time{}}
}

// StaffMessages returns what apps sent to the member, oldest first. Empty
// means to everybody.
func (p *Platform) StaffMessages(userID string) []StaffMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.staffMail.sent), func(m StaffMessage) bool { return userID != "" && m.UserID != userID })
}

const (
	perMemberMinute   = 30
	perMemberHour     = 1000
	recallSpan        = 24 * time.Hour
	cardSpan          = 72 * time.Hour
	standardDuplicate = 1800
	maxMailText       = 2048
	maxCardTitle      = 128
	maxCardText       = 512
	maxReceivers      = 1000
)

func staffMailRoutes(t map[string]route) {
	const path = "/cgi-bin/message/"
	t[path+"send"] = post(RightMessages, sendStaff)
	t[path+"recall"] = post(RightMessages, recallStaff)
	t[path+"update_template_card"] = post(RightMessages, updateCard)
}

type staffRequest struct {
	ToUser    string      `json:"touser"`
	ToParty   string      `json:"toparty"`
	ToTag     string      `json:"totag"`
	MsgType   string      `json:"msgtype"`
	AgentID   agentNumber `json:"agentid"`
	Duplicate int         `json:"enable_duplicate_check"`
	Interval  int         `json:"duplicate_check_interval"`
	MsgID     string      `json:"msgid"`
	Response  string      `json:"response_code"`
}

func sendStaff(c *call, q staffRequest) (any, error) {
	if q.AgentID == 0 {
		return nil, refuse(codeNoAgent, "missing agentid")
	}
	if int(q.AgentID) != c.app.AgentID {
		return nil, refuse(codeBadAgent, "invalid agentid")
	}
	body, err := c.mailBody(q.MsgType)
	if err != nil {
		return nil, err
	}
	to, badUsers, badParties := c.receivers(q)
	if len(to) == 0 {
		return nil, refuse(codeNobodyReached, "user & party & tag all invalid")
	}
	id := c.nextID("msg")
	answer := map[string]any{
		"invaliduser": strings.Join(badUsers, "|"), "invalidparty": strings.Join(badParties, "|"),
		"invalidtag": "", "unlicenseduser": "", "msgid": id,
	}
	if q.MsgType == "template_card" {
		code := c.nextID("RC")
		c.staffMail.cards[code] = c.wire
		answer["response_code"] = code
	}
	for _, m := range to {
		c.mail(q, m, id, body)
	}
	return answer, nil
}

// mail hands the message to one member. What is over the member's limits or
// a repetition is dropped without a word, as the platform does.
func (c *call) mail(q staffRequest, m *member, id string, body json.RawMessage) {
	key := m.UserID + " " + string(body)
	if q.Duplicate == 1 {
		span := time.Duration(orNumber(q.Interval, standardDuplicate)) * time.Second
		if last, ok := c.staffMail.recent[key]; ok && c.wire.Sub(last) < span {
			return
		}
		c.staffMail.recent[key] = c.wire
	}
	window := "mail " + m.UserID
	if !c.limiter.admit(window+" minute", perMemberMinute, time.Minute, c.wire) ||
		!c.limiter.admit(window+" hour", perMemberHour, time.Hour, c.wire) {
		return
	}
	c.staffMail.sent = append(c.staffMail.sent, StaffMessage{MsgID: id, UserID: m.UserID, MsgType: q.MsgType, Body: body, At: c.now})
}

// mailBody returns the object named after the type and checks its lengths.
func (c *call) mailBody(msgType string) (json.RawMessage, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(c.raw, &all); err != nil || msgType == "" || len(all[msgType]) == 0 {
		return nil, refuse(codeBadMsgType, "invalid message type")
	}
	var text struct {
		Content, Title, Description, URL string
	}
	if err := json.Unmarshal(all[msgType], &text); err != nil {
		return nil, refuse(codeBadMsgType, "invalid message body")
	}
	switch {
	case (msgType == "text" || msgType == "markdown") && text.Content == "":
		return nil, refuse(codeEmptyText, "text content is empty")
	case len(text.Content) > maxMailText || len(text.Title) > maxCardTitle || len(text.Description) > maxCardText:
		return nil, refuse(codeTooLong, "message content is too long")
	case msgType == "textcard" && text.Title == "":
		return nil, refuse(codeNoTitle, "missing title")
	case msgType == "textcard" && (text.Description == "" || text.URL == ""):
		return nil, refuse(codeEmptyParameter, "missing description or url")
	}
	return all[msgType], nil
}

// receivers expands users, departments and tags to active members in scope.
func (c *call) receivers(q staffRequest) (to []*member, badUsers, badParties []string) {
	users := strings.Split(q.ToUser, "|")
	parties := map[int]bool{}
	for _, id := range splitList(q.ToParty) {
		if d := c.org.depts[atoi(id)]; d != nil {
			parties[d.ID] = true
		} else {
			badParties = append(badParties, id)
		}
	}
	for _, id := range splitList(q.ToTag) {
		for _, t := range c.org.tags {
			if t.ID == atoi(id) {
				users = append(users, t.Members...)
			}
		}
	}
	wanted := setOf(users)
	for _, m := range c.org.order {
		in := wanted["@all"] || wanted[m.UserID] || slices.ContainsFunc(m.Departments, func(d int) bool { return c.org.within(d, parties) })
		if in && m.status == MemberActive && c.sees(c.app, m) && len(to) < maxReceivers {
			to = append(to, m)
		}
	}
	for _, id := range splitList(q.ToUser) {
		if m := c.org.members[id]; id != "@all" && (m == nil || m.status != MemberActive || !c.sees(c.app, m)) {
			badUsers = append(badUsers, id)
		}
	}
	return to, badUsers, badParties
}

func recallStaff(c *call, q staffRequest) (any, error) {
	found := false
	for i := range c.staffMail.sent {
		m := &c.staffMail.sent[i]
		if m.MsgID == q.MsgID && c.now.Sub(m.At) <= recallSpan {
			m.Recalled, found = true, true
		}
	}
	if !found {
		return nil, refuse(codeInvalidParameter, "invalid msgid")
	}
	return nil, nil
}

func updateCard(c *call, q staffRequest) (any, error) {
	at, ok := c.staffMail.cards[q.Response]
	if !ok || c.wire.Sub(at) > cardSpan {
		return nil, refuse(codeInvalidParameter, "invalid response_code")
	}
	delete(c.staffMail.cards, q.Response)
	return map[string]any{"invaliduser": []string{}}, nil
}

func splitList(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "|")
}
