package simulator

import (
	"errors"
	"slices"
	"time"
)

const (
	ownerFilterMost = 100
	maxGroupPage    = 1000
	maxGroupMoves   = 100
	movesPerDay     = 300
	moveSpanDays    = 90
	movesPerSpan    = 2
)

func groupRoutes(t map[string]route) {
	const path = contactPath + "groupchat/"
	t[path+"list"] = post(RightCustomers, listGroups)
	t[path+"get"] = post(RightCustomers, getGroup)
	t[contactPath+"opengid_to_chatid"] = post(RightCustomers, openGroup)
}

type ownerFilter struct {
	Users []string `json:"userid_list"`
}

func (f *ownerFilter) passes(m *member) bool {
	return f == nil || len(f.Users) == 0 || slices.Contains(f.Users, m.UserID)
}

type groupListRequest struct {
	Status int          `json:"status_filter"`
	Owners *ownerFilter `json:"owner_filter"`
	Cursor string       `json:"cursor"`
	Limit  int          `json:"limit"`
}

func listGroups(c *call, q groupListRequest) (any, error) {
	if q.Limit < 1 || q.Limit > maxGroupPage {
		return nil, refuse(codeInvalidParameter, "limit must be 1 to 1000")
	}
	if err := c.checkOwners(q.Owners); err != nil {
		return nil, err
	}
	rows, next, err := gather(q.Cursor, q.Limit, c.groups.order, func(g *group) any {
		view := g.visible(c.wire)
		if view == nil || g.dismissed || !c.sees(c.app, g.owner) || !q.Owners.passes(g.owner) {
			return nil
		}
		if q.Status != 0 && q.Status != g.status {
			return nil
		}
		return map[string]any{"chat_id": g.id, "status": g.status}
	})
	return map[string]any{"group_chat_list": rows, "next_cursor": next}, err
}

func (c *call) checkOwners(f *ownerFilter) error {
	if f != nil && len(f.Users) > ownerFilterMost {
		return refuse(codeUserListLength, "owner_filter has more than 100 members")
	}
	if f != nil && len(f.Users) > 0 {
		return nil
	}
	seen := 0
	for _, m := range c.org.order {
		if c.sees(c.app, m) {
			seen++
		}
	}
	if seen > c.limiter.limits.InScope {
		return refuse(codeTooMany, "too many members in scope, use owner_filter")
	}
	return nil
}

// seenGroup returns a group whose owner is in the app's scope.
func (c *call) seenGroup(chatID string) (*group, error) {
	g := c.groups.byID[chatID]
	if g == nil || g.visible(c.wire) == nil {
		return nil, refuse(codeNoSuchGroup, "invalid group id")
	}
	if g.dismissed {
		return nil, refuse(codeGroupDismissed, "group has been dismissed")
	}
	if !c.sees(c.app, g.owner) {
		return nil, refuse(codeOutOfRange, "group owner is out of the visible scope of the app")
	}
	return g, nil
}

type groupRequest struct {
	ChatID   string `json:"chat_id"`
	NeedName int    `json:"need_name"`
	OpenGID  string `json:"opengid"`
}

func getGroup(c *call, q groupRequest) (any, error) {
	g, err := c.seenGroup(q.ChatID)
	if err != nil {
		return nil, err
	}
	view := g.visible(c.wire)
	members := []any{}
	for _, m := range view.members {
		members = append(members, c.groupMember(m, q.NeedName == 1))
	}
	admins := []any{}
	for _, id := range view.admins {
		admins = append(admins, map[string]any{"userid": id})
	}
	return map[string]any{"group_chat": map[string]any{
		"chat_id": view.id, "name": view.name, "owner": view.owner.UserID, "create_time": view.created.Unix(),
		"notice": view.notice, "member_list": members, "admin_list": admins, "member_version": view.version,
	}}, nil
}

func (c *call) groupMember(m groupMember, named bool) map[string]any {
	row := map[string]any{
		"userid": m.id, "type": 2, "join_time": m.joined.Unix(), "join_scene": m.scene, "group_nickname": m.nickname,
	}
	name := ""
	if e := c.people.byID[m.id]; e != nil {
		name = e.Name
		if e.UnionID != "" {
			row["unionid"] = e.UnionID
		}
	}
	if m.staff {
		row["type"], name = 1, c.org.members[m.id].Name
	}
	if named {
		row["name"] = name
	}
	if m.invitor != "" {
		row["invitor"] = map[string]any{"userid": m.invitor}
	}
	if m.state != "" {
		row["state"] = m.state
	}
	return row
}

func openGroup(c *call, q groupRequest) (any, error) {
	for _, g := range c.groups.order {
		if OpenGID(g.id) == q.OpenGID {
			return map[string]any{"chat_id": g.id}, nil
		}
	}
	return nil, refuse(codeBadOpenGroup, "invalid opengid")
}

// OpenGID returns the id by which a page opened in the group knows it.
func OpenGID(chatID string) string {
	return "o" + ContentHash("opengid "+chatID, nil)[:openIDHeadLength]
}

func groupTransferRoutes(t map[string]route) {
	const path = contactPath + "groupchat/"
	t[path+"onjob_transfer"] = post(RightCustomers, moveGroupsOnJob)
	t[path+"transfer"] = post(RightCustomers, moveGroupsOfLeavers)
}

type groupMoveRequest struct {
	Chats    []string `json:"chat_id_list"`
	NewOwner string   `json:"new_owner"`
}

func moveGroupsOnJob(c *call, q groupMoveRequest) (any, error) {
	return c.moveGroups(q, func(g *group) error {
		if g.owner.status == MemberLeft {
			return refuse(codeOwnerHasLeft, "group owner has left")
		}
		g.moved = slices.DeleteFunc(g.moved, func(at time.Time) bool { return at.Before(c.now.AddDate(0, 0, -moveSpanDays)) })
		if len(g.moved) >= movesPerSpan {
			return refuse(codeTransferTooOften, "group transferred too often")
		}
		g.moved = append(g.moved, c.now)
		return nil
	})
}

func moveGroupsOfLeavers(c *call, q groupMoveRequest) (any, error) {
	return c.moveGroups(q, func(g *group) error {
		switch {
		case g.owner.status != MemberLeft && g.status == groupInheritDone:
			return refuse(codeGroupTransferred, "group has been transferred")
		case g.owner.status != MemberLeft:
			return refuse(codeOwnerHasNotLeft, "group owner has not left")
		}
		g.status = groupInheritDone
		return nil
	})
}

func (c *call) moveGroups(q groupMoveRequest, allow func(*group) error) (any, error) {
	if len(q.Chats) == 0 || len(q.Chats) > maxGroupMoves {
		return nil, refuse(codeInvalidParameter, "chat_id_list must hold 1 to 100 groups")
	}
	to, err := c.servingMember(q.NewOwner)
	if err != nil {
		return nil, err
	}
	failed := []any{}
	for _, id := range q.Chats {
		var no *refusal
		if errors.As(c.moveGroup(id, to, allow), &no) {
			failed = append(failed, map[string]any{"chat_id": id, "errcode": no.code, "errmsg": no.text})
		}
	}
	return map[string]any{"failed_chat_list": failed}, nil
}

func (c *call) moveGroup(id string, to *member, allow func(*group) error) error {
	g := c.groups.byID[id]
	if g == nil || g.dismissed {
		return refuse(codeNotCustomerGroup, "not an external group")
	}
	if g.owner == to {
		return refuse(codeSameOwner, "owner is not changed")
	}
	key := groupMoveKey{g.owner, to, dayNumber(c.now)}
	if c.transfers.groupMoves[key] >= movesPerDay {
		return refuse(codeTransferTooOften, "more than 300 groups a day")
	}
	if err := allow(g); err != nil {
		return err
	}
	c.transfers.groupMoves[key]++
	c.setOwner(g, to, c.now)
	g.step()
	return nil
}
