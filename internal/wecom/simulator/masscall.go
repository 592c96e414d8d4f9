package simulator

import (
	"slices"
	"time"
)

const (
	maxMassCustomers   = 10_000
	maxMassGroups      = 2_000
	maxReminders       = 3
	reminderSpan       = 24 * time.Hour
	massListSpan       = 31 * 24 * time.Hour
	standardResultPage = 500
	maxResultPage      = 1000
)

func massRoutes(t map[string]route) {
	t[contactPath+"add_msg_template"] = post(RightCustomers, addMass)
	t[contactPath+"remind_groupmsg_send"] = post(RightCustomers, remindMass)
	t[contactPath+"cancel_groupmsg_send"] = post(RightCustomers, cancelMass)
	t[contactPath+"get_groupmsg_list_v2"] = post(RightCustomers, listMass)
	t[contactPath+"get_groupmsg_task"] = post(RightCustomers, listMassTasks)
	t[contactPath+"get_groupmsg_send_result"] = post(RightCustomers, listMassResults)
}

type massRequest struct {
	ChatType    string     `json:"chat_type"`
	External    []string   `json:"external_userid"`
	Chats       []string   `json:"chat_id_list"`
	Filter      *tagFilter `json:"tag_filter"`
	Sender      string     `json:"sender"`
	AllowSelect bool       `json:"allow_select"`
	content
}

// tagFilter keeps customers who have, of every group, at least one tag. The
// platform's page does not say so; this reading is the simulator's.
type tagFilter struct {
	Groups []struct {
		Tags []string `json:"tag_list"`
	} `json:"group_list"`
}

func (f *tagFilter) passes(rel *relation) bool {
	if f == nil {
		return true
	}
	for _, g := range f.Groups {
		if len(g.Tags) > 0 && !slices.ContainsFunc(g.Tags, func(id string) bool { return slices.Contains(rel.tags, id) }) {
			return false
		}
	}
	return true
}

func addMass(c *call, q massRequest) (any, error) {
	if err := q.check(c); err != nil {
		return nil, err
	}
	msg := &massMessage{app: c.app, created: c.now, listed: c.wire.Add(c.cfg.ListLag), handed: c.wire.Add(c.cfg.DispatchLag), content: q.content, allowSelect: q.AllowSelect}
	var failed []string
	var err error
	switch q.ChatType {
	case "", "single":
		msg.kind = KindMass
		failed, err = c.routeCustomers(msg, q)
	case "group":
		msg.kind = KindGroup
		failed, err = c.routeGroups(msg, q)
	default:
		err = refuse(codeInvalidParameter, "invalid chat_type")
	}
	if err != nil {
		return nil, err
	}
	if len(msg.tasks) == 0 {
		return nil, refuse(codeNobodyToSendTo, "no customer to send")
	}
	c.mass.add(c.Platform, msg)
	if failed == nil {
		failed = []string{}
	}
	return map[string]any{"fail_list": failed, "msgid": msg.id}, nil
}

// routeCustomers gives every customer to one member: the sender, or the one
// who last chatted with them.
func (c *call) routeCustomers(msg *massMessage, q massRequest) (failed []string, err error) {
	if len(q.External) > maxMassCustomers {
		return nil, refuse(codeTooMany, "more than 10000 external_userid")
	}
	var sender *member
	if q.Sender != "" {
		if sender, err = c.seenMember(q.Sender); err != nil {
			return nil, err
		}
	}
	if len(q.External) == 0 {
		if sender == nil {
			return nil, refuse(codeEmptyParameter, "external_userid and sender are both empty")
		}
		for _, rel := range sender.relations {
			if rel.bond == bondAdded && sender.serves() && q.Filter.passes(rel) {
				msg.assign(sender, target{ext: rel.ext})
			}
		}
		return nil, nil
	}
	for _, id := range unique(q.External) {
		rel := c.massRelation(id, sender)
		if rel == nil {
			failed = append(failed, id)
		} else if q.Filter.passes(rel) {
			msg.assign(rel.member, target{ext: rel.ext})
		}
	}
	return failed, nil
}

func (c *call) massRelation(externalUserID string, sender *member) *relation {
	e := c.people.byID[externalUserID]
	if e == nil {
		return nil
	}
	var best *relation
	for _, rel := range e.relations {
		ok := rel.bond == bondAdded && rel.member.serves() && c.sees(c.app, rel.member) && (sender == nil || sender == rel.member)
		if ok && (best == nil || later(rel, best)) {
			best = rel
		}
	}
	return best
}

// later orders pairs by last chat, then by when they were added.
func later(a, b *relation) bool {
	if a.lastChat != b.lastChat {
		return a.lastChat > b.lastChat
	}
	return a.added.After(b.added)
}

func (c *call) routeGroups(msg *massMessage, q massRequest) (failed []string, err error) {
	if q.Sender == "" {
		return nil, refuse(codeEmptyParameter, "sender is required for chat_type group")
	}
	if len(q.Chats) > maxMassGroups {
		return nil, refuse(codeTooMany, "more than 2000 chat_id")
	}
	sender, err := c.seenMember(q.Sender)
	if err != nil {
		return nil, err
	}
	if len(q.Chats) == 0 {
		for _, g := range c.groups.order {
			if g.owner == sender && !g.dismissed {
				msg.assign(sender, target{group: g})
			}
		}
		return nil, nil
	}
	for _, id := range unique(q.Chats) {
		g := c.groups.byID[id]
		if g == nil || g.dismissed || g.owner != sender {
			failed = append(failed, id)
			continue
		}
		msg.assign(sender, target{group: g})
	}
	return failed, nil
}

func (m *massMessage) assign(who *member, to target) {
	t := m.taskOf(who)
	if t == nil {
		t = &massTask{member: who}
		m.tasks = append(m.tasks, t)
	}
	t.targets = append(t.targets, to)
}

func unique(list []string) []string {
	seen := make(map[string]bool, len(list))
	var once []string
	for _, v := range list {
		if !seen[v] {
			seen[v] = true
			once = append(once, v)
		}
	}
	return once
}

type massQuery struct {
	MsgID  string `json:"msgid"`
	UserID string `json:"userid"`
	Limit  int    `json:"limit"`
	Cursor string `json:"cursor"`
}

func (c *call) ownMass(id string) (*massMessage, error) {
	if id == "" {
		return nil, refuse(codeNoMsgID, "missing msgid")
	}
	msg := c.mass.byID[id]
	if msg == nil {
		return nil, refuse(codeBadMsgID, "invalid msgid")
	}
	if c.wire.Before(msg.handed) {
		return nil, refuse(codeDispatching, "the message is being dispatched, try again later")
	}
	return msg, nil
}

func remindMass(c *call, q massQuery) (any, error) {
	msg, err := c.ownMass(q.MsgID)
	if err != nil {
		return nil, err
	}
	if msg.cancelled {
		return nil, refuse(codeMassCancelled, "message was cancelled")
	}
	msg.reminders = slices.DeleteFunc(msg.reminders, func(at time.Time) bool { return !c.now.Before(at.Add(reminderSpan)) })
	if len(msg.reminders) >= maxReminders {
		return nil, refuse(codeTooManyReminders, "remind out of limit")
	}
	msg.reminders = append(msg.reminders, c.now)
	for _, t := range msg.tasks {
		if t.status == taskOpen {
			t.remind++
		}
	}
	return nil, nil
}

func cancelMass(c *call, q massQuery) (any, error) {
	msg, err := c.ownMass(q.MsgID)
	if err != nil {
		return nil, err
	}
	if msg.app != c.app {
		return nil, refuse(codeNotYours, "no permission to cancel the message of another app")
	}
	msg.cancelled = true
	return nil, nil
}

type massListRequest struct {
	ChatType string `json:"chat_type"`
	Start    int64  `json:"start_time"`
	End      int64  `json:"end_time"`
	Creator  string `json:"creator"`
	Filter   *int   `json:"filter_type"`
	Limit    int    `json:"limit"`
	Cursor   string `json:"cursor"`
}

// listed reports whether a message made by the corp (0) or by a member (1)
// passes the filter; 2 and none mean both.
func listed(filter *int, creator *member) bool {
	return filter == nil || *filter == 2 || (*filter == 1) == (creator != nil)
}

func listMass(c *call, q massListRequest) (any, error) {
	if q.ChatType != "single" && q.ChatType != "group" {
		return nil, refuse(codeInvalidParameter, "invalid chat_type")
	}
	start, end := time.Unix(q.Start, 0), time.Unix(q.End, 0)
	if q.Start == 0 || q.End == 0 || end.Before(start) || end.Sub(start) > massListSpan {
		return nil, refuse(codeInvalidParameter, "invalid start_time or end_time")
	}
	rows, next, err := gather(q.Cursor, pageSize(q.Limit, 50, 100), c.mass.order, func(msg *massMessage) any {
		shown := !c.wire.Before(msg.listed) && (msg.kind == KindGroup) == (q.ChatType == "group")
		inside := msg.created.Unix() >= q.Start && msg.created.Unix() <= q.End
		by := q.Creator == "" || (msg.creator != nil && msg.creator.UserID == q.Creator)
		if !shown || !inside || !by || !listed(q.Filter, msg.creator) {
			return nil
		}
		return msg.listRow()
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"next_cursor": next, "group_msg_list": rows}, nil
}

// listRow is the message as the list shows it.
func (m *massMessage) listRow() map[string]any {
	row := map[string]any{"msgid": m.id, "create_time": m.created.Unix(), "create_type": 0}
	if m.creator != nil {
		row["creator"], row["create_type"] = m.creator.UserID, 1
	}
	if m.Text != nil {
		row["text"] = m.Text
	}
	if len(m.Attachments) > 0 {
		row["attachments"] = m.Attachments
	}
	return row
}

func listMassTasks(c *call, q massQuery) (any, error) {
	msg, err := c.ownMass(q.MsgID)
	if err != nil {
		return nil, err
	}
	from, to, next, err := c.cut(q.Cursor, pageSize(q.Limit, standardResultPage, maxResultPage), len(msg.tasks))
	if err != nil {
		return nil, err
	}
	rows := []any{}
	for _, t := range msg.tasks[from:to] {
		row := map[string]any{"userid": t.member.UserID, "status": t.status}
		if t.status == taskSent {
			row["send_time"] = t.sent.Unix()
		}
		rows = append(rows, row)
	}
	return map[string]any{"next_cursor": next, "task_list": rows}, nil
}

func listMassResults(c *call, q massQuery) (any, error) {
	msg, err := c.ownMass(q.MsgID)
	if err != nil {
		return nil, err
	}
	if q.UserID == "" {
		return nil, refuse(codeNoUserID, "missing userid")
	}
	m, err := c.seenMember(q.UserID)
	if err != nil {
		return nil, err
	}
	var rows []target
	if t := msg.taskOf(m); t != nil {
		rows = t.targets
	}
	if msg.kind == KindGroup {
		rows = slices.DeleteFunc(slices.Clone(rows), func(t target) bool { return t.at == 0 })
	}
	from, to, next, err := c.cut(q.Cursor, pageSize(q.Limit, standardResultPage, maxResultPage), len(rows))
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, t := range rows[from:to] {
		out = append(out, t.resultRow(q.UserID))
	}
	return map[string]any{"next_cursor": next, "send_list": out}, nil
}

func (t target) resultRow(userID string) map[string]any {
	row := map[string]any{"userid": userID, "status": t.status}
	if t.ext != nil {
		row["external_userid"] = t.ext.ExternalUserID
	} else {
		row["chat_id"] = t.group.id
	}
	if t.status == SendDone {
		row["send_time"] = t.at / 1000
	}
	return row
}
