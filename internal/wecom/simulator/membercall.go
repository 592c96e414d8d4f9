package simulator

import (
	"slices"
	"strconv"
)

const maxIDPage = 10_000

func memberRoutes(t map[string]route) {
	const path = "/cgi-bin/"
	t[path+"department/list"] = get(RightContacts, listDepartments)
	t[path+"department/simplelist"] = get(RightContacts, simpleDepartments)
	t[path+"department/get"] = get(RightContacts, getDepartment)
	t[path+"user/simplelist"] = get(RightContacts, simpleMembers)
	t[path+"user/list"] = get(RightContacts, listMembers)
	t[path+"user/list_id"] = post(RightContacts, listMemberIDs)
	t[path+"user/get"] = get(RightContacts, getMember)
	t[path+"user/getuserid"] = post(RightContacts, memberByMobile)
	t[path+"user/get_userid_by_email"] = post(RightContacts, memberByEmail)
	t[path+"user/convert_to_openid"] = post(RightContacts, memberOpenID)
	t[path+"user/convert_to_userid"] = post(RightContacts, memberByOpenID)
	t[path+"tag/list"] = get(RightContacts, listMemberTags)
	t[path+"tag/get"] = get(RightContacts, getMemberTag)
}

// departments returns the visible part of the subtree under the id asked for.
func (c *call) departments() ([]*Department, error) {
	root := RootDepartment
	if id := c.query("id"); id != "" {
		n, err := strconv.Atoi(id)
		if err != nil || c.org.depts[n] == nil {
			return nil, refuse(codeBadDepartment, "invalid party id")
		}
		root = n
	}
	list := c.org.sortedDepartments(root)
	return slices.DeleteFunc(list, func(d *Department) bool { return !c.seesDepartment(d.ID) }), nil
}

func (c *call) seesDepartment(id int) bool {
	return (c.app.members == nil && c.app.depts == nil) || c.org.within(id, c.app.depts)
}

func (d *Department) row() map[string]any {
	return map[string]any{
		"id": d.ID, "name": d.Name, "name_en": "", "parentid": d.Parent, "order": d.Order,
		"department_leader": orEmpty(d.Leaders),
	}
}

func listDepartments(c *call) (any, error) {
	list, err := c.departments()
	rows := []any{}
	for _, d := range list {
		rows = append(rows, d.row())
	}
	return map[string]any{"department": rows}, err
}

func simpleDepartments(c *call) (any, error) {
	list, err := c.departments()
	rows := []any{}
	for _, d := range list {
		rows = append(rows, map[string]any{"id": d.ID, "parentid": d.Parent, "order": d.Order})
	}
	return map[string]any{"department_id": rows}, err
}

func getDepartment(c *call) (any, error) {
	id, err := strconv.Atoi(c.query("id"))
	d := c.org.depts[id]
	if err != nil || d == nil {
		return nil, refuse(codeBadDepartment, "invalid party id")
	}
	if !c.seesDepartment(id) {
		return nil, refuse(codeNotYours, "department is out of the visible scope of the app")
	}
	return map[string]any{"department": d.row()}, nil
}

// membersOf returns the visible members of the department asked for, with
// those of its sub-departments if the call wants them.
func (c *call) membersOf() ([]*member, error) {
	id, err := strconv.Atoi(c.query("department_id"))
	if err != nil || c.org.depts[id] == nil {
		return nil, refuse(codeNoSuchDepartment, "department not found")
	}
	deep := c.query("fetch_child") == "1"
	var list []*member
	for _, m := range c.org.order {
		inside := slices.ContainsFunc(m.Departments, func(d int) bool {
			return d == id || (deep && c.org.within(d, map[int]bool{id: true}))
		})
		if inside && m.status != MemberLeft && c.sees(c.app, m) {
			list = append(list, m)
		}
	}
	return list, nil
}

func simpleMembers(c *call) (any, error) {
	list, err := c.membersOf()
	rows := []any{}
	for _, m := range list {
		rows = append(rows, map[string]any{"userid": m.UserID, "name": m.Name, "department": m.Departments, "open_userid": ""})
	}
	return map[string]any{"userlist": rows}, err
}

func listMembers(c *call) (any, error) {
	list, err := c.membersOf()
	rows := []any{}
	for _, m := range list {
		rows = append(rows, c.memberDetail(m))
	}
	return map[string]any{"userlist": rows}, err
}

// memberDetail is thin: apps made since 2022-06-20 do not see how a member
// can be reached.
func (c *call) memberDetail(m *member) map[string]any {
	leader := 0
	if m.Leader {
		leader = 1
	}
	orders, leaders := make([]int, len(m.Departments)), make([]int, len(m.Departments))
	for i := range leaders {
		leaders[i] = leader
	}
	row := map[string]any{
		"userid": m.UserID, "name": m.Name, "department": m.Departments, "order": orders, "position": m.Position,
		"is_leader_in_dept": leaders, "direct_leader": []string{}, "telephone": "", "alias": m.Alias,
		"status": m.status, "main_department": m.Departments[0], "extattr": map[string]any{"attrs": []any{}},
		"external_position": m.Position,
	}
	if c.app.FullContacts {
		row["mobile"], row["email"], row["biz_mail"] = m.Mobile, m.Email, m.Email
		row["gender"], row["avatar"], row["address"], row["qr_code"] = strconv.Itoa(m.Gender), "", "", ""
	}
	return row
}

func listMemberIDs(c *call, q cursorRequest) (any, error) {
	rows, next, err := gather(q.Cursor, pageSize(q.Limit, maxIDPage, maxIDPage), c.org.order, func(m *member) any {
		if m.status == MemberLeft || !c.sees(c.app, m) {
			return nil
		}
		return map[string]any{"userid": m.UserID, "department": m.Departments[0]}
	})
	return map[string]any{"next_cursor": next, "dept_user": rows}, err
}

func getMember(c *call) (any, error) {
	if c.query("userid") == "" {
		return nil, refuse(codeNoUserID, "missing userid")
	}
	m, err := c.seenMember(c.query("userid"))
	if err != nil {
		return nil, err
	}
	if m.status == MemberLeft {
		return nil, refuse(codeNoSuchMember, "userid not found")
	}
	return c.memberDetail(m), nil
}

type memberRequest struct {
	Mobile string `json:"mobile"`
	Email  string `json:"email"`
	UserID string `json:"userid"`
	OpenID string `json:"openid"`
}

func (c *call) findMember(match func(*member) bool, otherwise error) (any, error) {
	for _, m := range c.org.order {
		if m.status != MemberLeft && c.sees(c.app, m) && match(m) {
			return map[string]any{"userid": m.UserID}, nil
		}
	}
	return nil, otherwise
}

func memberByMobile(c *call, q memberRequest) (any, error) {
	return c.findMember(func(m *member) bool { return q.Mobile != "" && m.Mobile == q.Mobile }, refuse(codeNoMobile, "mobile not found"))
}

func memberByEmail(c *call, q memberRequest) (any, error) {
	return c.findMember(func(m *member) bool { return q.Email != "" && m.Email == q.Email }, refuse(codeNoEmail, "email not found"))
}

func memberOpenID(c *call, q memberRequest) (any, error) {
	m, err := c.seenMember(q.UserID)
	if err != nil {
		return nil, err
	}
	return map[string]any{"openid": openID(m.UserID)}, nil
}

func memberByOpenID(c *call, q memberRequest) (any, error) {
	return c.findMember(func(m *member) bool { return openID(m.UserID) == q.OpenID }, refuse(codeBadOpenID, "invalid openid"))
}

func listMemberTags(c *call) (any, error) {
	rows := []any{}
	for _, t := range c.org.tags {
		rows = append(rows, map[string]any{"tagid": t.ID, "tagname": t.Name})
	}
	return map[string]any{"taglist": rows}, nil
}

func getMemberTag(c *call) (any, error) {
	for _, t := range c.org.tags {
		if strconv.Itoa(t.ID) == c.query("tagid") {
			rows := []any{}
			for _, id := range t.Members {
				if m := c.org.members[id]; m != nil && c.sees(c.app, m) {
					rows = append(rows, map[string]any{"userid": id, "name": m.Name})
				}
			}
			return map[string]any{"tagname": t.Name, "userlist": rows, "partylist": []int{}}, nil
		}
	}
	return nil, refuse(codeBadTag, "invalid tagid")
}
