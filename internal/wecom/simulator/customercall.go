package simulator

import "unicode/utf8"

const contactPath = "/cgi-bin/externalcontact/"

const (
	followerPage     = 500
	batchMembers     = 100
	batchStandard    = 50
	batchMost        = 100
	maxRemark        = 20
	maxDescription   = 150
	servedPage       = 1000
	personalTag      = 2
	corpTag          = 1
	ruleTag          = 3
	openIDHeadLength = 24
)

func customerRoutes(t map[string]route) {
	t[contactPath+"get_follow_user_list"] = get(RightCustomers, listFollowers)
	t[contactPath+"list"] = get(RightCustomers, listCustomers)
	t[contactPath+"get"] = get(RightCustomers, getCustomer)
	t[contactPath+"batch/get_by_user"] = post(RightCustomers, batchCustomers)
	t[contactPath+"remark"] = post(RightCustomers, remarkCustomer)
	t[contactPath+"contact_list"] = post(RightCustomers, listServed)
	t[contactPath+"convert_to_openid"] = post(RightCustomers, externalOpenID)
	t[contactPath+"unionid_to_external_userid"] = post(RightCustomers, byUnionID)
}

func listFollowers(c *call) (any, error) {
	ids := []string{}
	for _, m := range c.org.order {
		if m.serves() && c.sees(c.app, m) {
			ids = append(ids, m.UserID)
		}
	}
	return map[string]any{"follow_user": ids}, nil
}

// seenMember returns a member in the app's visible scope.
func (c *call) seenMember(userID string) (*member, error) {
	m := c.org.members[userID]
	if m == nil {
		return nil, refuse(codeNoSuchMember, "userid not found")
	}
	if !c.sees(c.app, m) {
		return nil, refuse(codeOutOfRange, "member is out of the visible scope of the app")
	}
	return m, nil
}

// servingMember returns a member in scope who can have customers.
func (c *call) servingMember(userID string) (*member, error) {
	m, err := c.seenMember(userID)
	if err == nil && !m.serves() {
		err = refuse(codeNotServing, "member has no external contact permission")
	}
	return m, err
}

// seenPair returns the relation of the two if they are connected now.
func (c *call) seenPair(userID, externalUserID string) (*relation, error) {
	if userID == "" {
		return nil, refuse(codeNoUserID, "missing userid")
	}
	if externalUserID == "" {
		return nil, refuse(codeNoExternal, "missing external userid")
	}
	m, err := c.seenMember(userID)
	if err != nil {
		return nil, err
	}
	if e := c.people.byID[externalUserID]; e != nil {
		if rel := e.with(m); rel != nil && rel.bond == bondAdded {
			return rel, nil
		}
	}
	return nil, refuse(codeNoRelation, "not external contact")
}

func listCustomers(c *call) (any, error) {
	m, err := c.servingMember(c.query("userid"))
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, rel := range m.relations {
		if rel.bond == bondAdded {
			ids = append(ids, rel.ext.ExternalUserID)
		}
	}
	if ids == nil {
		return nil, refuse(codeNoRelation, "not external contact")
	}
	return map[string]any{"external_userid": ids}, nil
}

func getCustomer(c *call) (any, error) {
	id := c.query("external_userid")
	if id == "" {
		return nil, refuse(codeNoExternal, "missing external userid")
	}
	e := c.people.byID[id]
	if e == nil {
		return nil, refuse(codeBadExternal, "invalid external userid")
	}
	var followers []any
	for _, rel := range e.relations {
		if rel.bond == bondAdded && rel.member.status != MemberLeft && c.sees(c.app, rel.member) {
			followers = append(followers, c.follower(rel))
		}
	}
	if followers == nil {
		return nil, refuse(codeNoRelation, "not external contact")
	}
	from, to, next, err := c.cut(c.query("cursor"), followerPage, len(followers))
	if err != nil {
		return nil, err
	}
	answer := map[string]any{"external_contact": e.detail(), "follow_user": followers[from:to]}
	if next != "" {
		answer["next_cursor"] = next
	}
	return answer, nil
}

func (e *external) detail() map[string]any {
	d := map[string]any{
		"external_userid": e.ExternalUserID, "name": e.Name, "type": e.Type, "gender": e.Gender,
		"avatar": e.Avatar,
	}
	if e.UnionID != "" && e.Type == ExternalWeChat {
		d["unionid"] = e.UnionID
	}
	if e.Type == ExternalWeCom {
		d["position"], d["corp_name"], d["corp_full_name"] = e.Position, e.CorpName, e.CorpFullName
		d["external_profile"] = map[string]any{"external_attr": []any{map[string]any{
			"type": 0, "name": "position", "text": map[string]any{"value": e.Position},
		}}}
	}
	return d
}

// pairFields are those that single and batch answers share.
func (rel *relation) pairFields() map[string]any {
	f := map[string]any{
		"userid": rel.member.UserID, "remark": rel.remark, "description": rel.desc,
		"createtime": rel.added.Unix(), "add_way": rel.way, "oper_userid": rel.oper,
		"remark_mobiles": orEmpty(rel.mobiles), "remark_corp_name": rel.company,
	}
	if rel.state != "" {
		f["state"] = rel.state
	}
	return f
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (c *call) follower(rel *relation) any {
	tags := []any{}
	for _, id := range rel.tags {
		t := c.tags.byID[id]
		tags = append(tags, map[string]any{"group_name": t.group.name, "tag_name": t.name, "tag_id": id, "type": t.kind()})
	}
	for _, name := range rel.own {
		tags = append(tags, map[string]any{"group_name": "", "tag_name": name, "type": personalTag})
	}
	f := rel.pairFields()
	f["tags"] = tags
	return f
}

// batchRequest names members by userid_list or, as clients of the call's first
// version do, a single one by userid.
type batchRequest struct {
	Users  []string `json:"userid_list"`
	User   string   `json:"userid"`
	Cursor string   `json:"cursor"`
	Limit  int      `json:"limit"`
}

func batchCustomers(c *call, q batchRequest) (any, error) {
	if len(q.Users) == 0 && q.User != "" {
		q.Users = []string{q.User}
	}
	if len(q.Users) == 0 {
		return nil, refuse(codeBadUserList, "userid_list is empty")
	}
	if len(q.Users) > batchMembers {
		return nil, refuse(codeUserListLength, "userid_list has more than 100 members")
	}
	var rels []*relation
	for _, id := range q.Users {
		m, err := c.servingMember(id)
		if err != nil {
			return nil, err
		}
		rels = append(rels, m.relations...)
	}
	rows, next, err := gather(q.Cursor, pageSize(q.Limit, batchStandard, batchMost), rels, (*relation).batchRow)
	if err != nil {
		return nil, err
	}
	return map[string]any{"external_contact_list": rows, "next_cursor": next}, nil
}

func (rel *relation) batchRow() any {
	if rel.bond != bondAdded {
		return nil
	}
	info := rel.pairFields()
	info["tag_id"] = orEmpty(rel.tags)
	return map[string]any{"external_contact": rel.ext.detail(), "follow_info": info}
}

type remarkRequest struct {
	UserID     string   `json:"userid"`
	External   string   `json:"external_userid"`
	Remark     *string  `json:"remark"`
	Desc       *string  `json:"description"`
	Company    *string  `json:"remark_company"`
	Mobiles    []string `json:"remark_mobiles"`
	PicMediaID string   `json:"remark_pic_mediaid"`
}

func remarkCustomer(c *call, q remarkRequest) (any, error) {
	rel, err := c.seenPair(q.UserID, q.External)
	if err != nil {
		return nil, err
	}
	q.Remark, q.Desc, q.Company = given(q.Remark), given(q.Desc), given(q.Company)
	if q.Remark == nil && q.Desc == nil && q.Company == nil && q.Mobiles == nil && q.PicMediaID == "" {
		return nil, refuse(codeEmptyParameter, "remark, description, remark_company, remark_mobiles are all empty")
	}
	if longer(q.Remark, maxRemark) || longer(q.Company, maxRemark) || longer(q.Desc, maxDescription) {
		return nil, refuse(codeInvalidParameter, "remark is too long")
	}
	if q.PicMediaID != "" {
		if err := c.needMedia(q.PicMediaID, "image", inMessages); err != nil {
			return nil, err
		}
	}
	Remark{Remark: q.Remark, Description: q.Desc, Company: q.Company, Mobiles: q.Mobiles}.apply(rel)
	if c.cfg.Push.EchoRemarks {
		c.People().emit(c.Platform, pairEvent("edit_external_contact", rel))
	}
	return nil, nil
}

// given takes an empty text as left out: clients without optional fields send
// every field, and must not wipe what they did not mean.
func given(s *string) *string {
	if s == nil || *s == "" {
		return nil
	}
	return s
}

func longer(s *string, most int) bool { return s != nil && utf8.RuneCountInString(*s) > most }

type cursorRequest struct {
	Cursor string `json:"cursor"`
	Limit  int    `json:"limit"`
}

// listServed answers who was served: customers of members, and people who
// are only in groups. Those are known by a temporary openid alone.
func listServed(c *call, q cursorRequest) (any, error) {
	var rows []any
	for _, e := range c.people.order {
		for _, rel := range e.relations {
			if rel.bond == bondAdded && c.sees(c.app, rel.member) {
				rows = append(rows, map[string]any{
					"is_customer": true, "tmp_openid": openID(e.ExternalUserID), "external_userid": e.ExternalUserID,
					"name": e.Name, "follow_userid": rel.member.UserID, "add_time": rel.added.Unix(),
				})
			}
		}
	}
	for _, g := range c.groups.order {
		rows = append(rows, c.servedInGroup(g)...)
	}
	from, to, next, err := c.cut(q.Cursor, pageSize(q.Limit, servedPage, servedPage), len(rows))
	if err != nil {
		return nil, err
	}
	return map[string]any{"info_list": rows[from:to], "next_cursor": next}, nil
}

func (c *call) servedInGroup(g *group) (rows []any) {
	if g.dismissed || !c.sees(c.app, g.owner) {
		return nil
	}
	for _, m := range g.members {
		e := c.people.byID[m.id]
		if e == nil || e.isCustomer() {
			continue
		}
		rows = append(rows, map[string]any{
			"is_customer": false, "tmp_openid": openID(e.ExternalUserID), "name": e.Name,
			"chat_id": g.id, "chat_name": g.name, "add_time": m.joined.Unix(),
		})
	}
	return rows
}

func (e *external) isCustomer() bool {
	for _, rel := range e.relations {
		if rel.bond == bondAdded {
			return true
		}
	}
	return false
}

type externalRequest struct {
	External string `json:"external_userid"`
	UnionID  string `json:"unionid"`
	OpenID   string `json:"openid"`
}

func externalOpenID(c *call, q externalRequest) (any, error) {
	if c.people.byID[q.External] == nil {
		return nil, refuse(codeBadExternal, "invalid external userid")
	}
	return map[string]any{"openid": openID(q.External)}, nil
}

// openID is the id a public account would know the person by.
func openID(externalUserID string) string {
	return "o" + ContentHash("openid "+externalUserID, nil)[:openIDHeadLength]
}

func byUnionID(c *call, q externalRequest) (any, error) {
	if q.UnionID == "" || q.OpenID == "" {
		return nil, refuse(codeEmptyParameter, "unionid or openid is empty")
	}
	for _, e := range c.people.order {
		if e.UnionID == q.UnionID {
			return map[string]any{"external_userid": e.ExternalUserID}, nil
		}
	}
	return nil, refuse(codeBadOpenID, "unionid is not a customer")
}
