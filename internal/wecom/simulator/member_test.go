package simulator

import "testing"

func TestMembersAndDepartmentsAreRead(t *testing.T) {
	p, _ := start(t, func(c *Config) { c.Apps = []App{{Secret: "thin"}, {Secret: "old", FullContacts: true}} })
	in := listen(t, p, 0)
	h := p.People()
	must(t, h.AddDepartment(Department{ID: 2, Name: "south", Leaders: []string{"anna"}}))
	must(t, h.AddMember(Member{UserID: "anna", Name: "Anna", Mobile: "13800000000", Email: "a@example.com", Gender: 2, Departments: []int{2}, Leader: true}))
	if e := in.last(p); e["ChangeType"] != "create_user" || e["Department"] != "2" || e["Name"] != nil {
		t.Errorf("event %v", e)
	}
	must(t, h.AddMemberTag(MemberTag{ID: 5, Name: "guides", Members: []string{"anna"}}))
	thin, old := sit(t, p, 0), sit(t, p, 1)
	if got := thin.ok(thin.get("/user/get", "userid", "anna")); got["mobile"] != nil || got["gender"] != nil || got["main_department"] != float64(2) {
		t.Errorf("thin %v", got)
	}
	if got := old.ok(old.get("/user/list", "department_id", "1", "fetch_child", "1")).at("userlist", 0).(map[string]any); got["mobile"] != "13800000000" || got["gender"] != "2" {
		t.Errorf("full %v", got)
	}
	if got := old.ok(old.get("/user/simplelist", "department_id", "1")).list("userlist"); len(got) != 0 {
		t.Errorf("direct members of the root: %v", got)
	}
	if got := thin.ok(thin.get("/department/get", "id", "2")); got.at("department", "department_leader", 0) != "anna" {
		t.Errorf("department %v", got)
	}
	if got := thin.ok(thin.get("/department/simplelist", "id", "2")).list("department_id"); len(got) != 1 {
		t.Errorf("departments %v", got)
	}
	if got := thin.ok(thin.post("/user/getuserid", body{"mobile": "13800000000"})); got["userid"] != "anna" {
		t.Errorf("by mobile %v", got)
	}
	if got := thin.ok(thin.post("/user/get_userid_by_email", body{"email": "a@example.com"})); got["userid"] != "anna" {
		t.Errorf("by email %v", got)
	}
	open := thin.ok(thin.post("/user/convert_to_openid", body{"userid": "anna"}))["openid"]
	if got := thin.ok(thin.post("/user/convert_to_userid", body{"openid": open})); got["userid"] != "anna" {
		t.Errorf("by openid %v", got)
	}
	if got := thin.ok(thin.get("/tag/list")).list("taglist"); len(got) != 1 {
		t.Errorf("tags %v", got)
	}
	if got := thin.ok(thin.get("/tag/get", "tagid", "5")).at("userlist", 0, "userid"); got != "anna" {
		t.Errorf("tagged %v", got)
	}
	thin.refused(codeNoMobile, thin.post("/user/getuserid", body{"mobile": "1"}))
	thin.refused(codeNoEmail, thin.post("/user/get_userid_by_email", body{"email": ""}))
	thin.refused(codeBadOpenID, thin.post("/user/convert_to_userid", body{"openid": "x"}))
	thin.refused(codeBadTag, thin.get("/tag/get", "tagid", "6"))
	thin.refused(codeBadDepartment, thin.get("/department/get", "id", "9"))
	thin.refused(codeNoSuchDepartment, thin.get("/user/list", "department_id", "9"))
	thin.refused(codeNoUserID, thin.get("/user/get"))
}

func TestPeopleWhoDoNotExistAreNamed(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	h := p.People()
	for name, err := range map[string]error{
		"member twice":        h.AddMember(Member{UserID: "anna"}),
		"member of nowhere":   h.AddMember(Member{UserID: "dora", Departments: []int{9}}),
		"department in air":   h.AddDepartment(Department{ID: 9, Parent: 8}),
		"unknown member":      h.AddRelation(Friendship{UserID: "dora", ExternalUserID: "wmli"}),
		"unknown customer":    h.AddRelation(Friendship{UserID: "anna", ExternalUserID: "wmx"}),
		"connected already":   h.AddRelation(Friendship{UserID: "anna", ExternalUserID: "wmli"}),
		"never met":           h.DeleteByCustomer("ben", "wmwang"),
		"nothing to confirm":  h.ConfirmHalf("anna", "wmli"),
		"unknown tag":         h.TagInClient("anna", "wmli", []string{"etx"}, nil),
		"unknown group":       h.RenameGroup("wrx", "x"),
		"no such task":        h.ConfirmTask("anna", "msgx"),
		"no such Moment":      h.PublishMoment("anna", "momx"),
		"no such transfer":    h.RefuseTransfer("wmli"),
		"unknown tag renamed": h.RenameTag("etx", "x"),
		"unknown tag deleted": h.DeleteTag("etx"),
		"nobody refuses":      h.RefuseArchive("wmx"),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTagsMadeInTheConsoleAreAnnounced(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	in := listen(t, p, 0)
	h := p.People()
	id, err := h.CreateTag("taste", "green")
	must(t, err)
	_, err = h.CreateTag("taste", "black")
	must(t, err)
	group := p.tags.groups[0].id
	must(t, h.RenameTag(id, "emerald"))
	must(t, h.RenameTag(group, "flavour"))
	must(t, h.ShuffleTags(group))
	must(t, h.DeleteTag(id))
	must(t, h.DeleteTag(group))
	want := [][2]string{
		{"create", "tag_group"}, {"create", "tag"}, {"create", "tag"}, {"update", "tag"}, {"update", "tag_group"},
		{"shuffle", "tag_group"}, {"delete", "tag"}, {"delete", "tag_group"},
	}
	events := in.all(p)
	if len(events) != len(want) {
		t.Fatalf("events %v", events)
	}
	for i, e := range events {
		if e["ChangeType"] != want[i][0] || e["TagType"] != want[i][1] {
			t.Errorf("event %d: %v, want %v", i, e, want[i])
		}
	}
}

func TestServedContactsIncludeThoseInGroupsOnly(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	teaGroup(t, p, "wmwang", "wmzhao")
	rows := d.ok(d.post("contact_list", body{})).list("info_list")
	last := rows[len(rows)-1].(map[string]any)
	if len(rows) != 4 || last["is_customer"] != false || last["external_userid"] != nil || last["chat_name"] != "tea" {
		t.Errorf("rows %v", rows)
	}
	if got := d.ok(d.post("convert_to_openid", body{"external_userid": "wmli"})); got["openid"] == "" {
		t.Errorf("openid %v", got)
	}
	if got := d.ok(d.post("unionid_to_external_userid", body{"unionid": "uwmli", "openid": "x"})); got["external_userid"] != "wmli" {
		t.Errorf("by unionid %v", got)
	}
	d.refused(codeBadOpenID, d.post("unionid_to_external_userid", body{"unionid": "u", "openid": "x"}))
}
