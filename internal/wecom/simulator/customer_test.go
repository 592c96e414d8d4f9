package simulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestOnlyConnectedPairsAreVisible(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	h := p.People()
	must(t, h.HalfAdd(Friendship{UserID: "ben", ExternalUserID: "wmzhao"}))
	d.refused(codeNoRelation, d.get("get", "external_userid", "wmzhao"))
	d.refused(codeNoRelation, d.post("remark", body{"userid": "ben", "external_userid": "wmzhao", "remark": "x"}))
	must(t, h.ConfirmHalf("ben", "wmzhao"))
	d.ok(d.get("get", "external_userid", "wmzhao"))
	must(t, h.DeleteByMember("ben", "wmzhao"))
	d.refused(codeNoRelation, d.get("get", "external_userid", "wmzhao"))
	must(t, h.DeleteByCustomer("ben", "wmli"))
	if got := d.ok(d.get("get", "external_userid", "wmli")).list("follow_user"); len(got) != 1 {
		t.Errorf("followers of wmli: %v", got)
	}
	d.refused(codeNoRelation, d.get("list", "userid", "ben"))
	d.refused(codeBadExternal, d.get("get", "external_userid", "wmnobody"))
	if got := d.ok(d.post("batch/get_by_user", body{"userid_list": []string{"ben"}})); len(got.list("external_contact_list")) != 0 {
		t.Errorf("ben's customers: %v", got)
	}
}

func TestWhatTheMemberNotedGoesWithADeletionByTheMemberOnly(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	h := p.People()
	tag, err := h.CreateTag("taste", "green")
	must(t, err)
	must(t, h.TagInClient("anna", "wmwang", []string{tag}, nil))
	must(t, h.TagInClient("anna", "wmli", []string{tag}, nil))
	must(t, h.DeleteByCustomer("anna", "wmwang"))
	must(t, h.DeleteByMember("anna", "wmli"))
	must(t, h.AddRelation(Friendship{UserID: "anna", ExternalUserID: "wmwang"}))
	must(t, h.AddRelation(Friendship{UserID: "anna", ExternalUserID: "wmli"}))
	tags := map[string]int{}
	for _, r := range p.Relations() {
		tags[r.UserID+" "+r.ExternalUserID] = len(r.Tags)
	}
	if tags["anna wmwang"] != 1 || tags["anna wmli"] != 0 {
		t.Errorf("tags after adding again: %v", tags)
	}
}

func TestAnAppSeesOnlyItsScope(t *testing.T) {
	p, _ := start(t, func(c *Config) {
		c.Apps = []App{{Secret: "whole"}, {Secret: "south", Departments: []int{2}}, {Secret: "ben", Members: []string{"ben"}}}
	})
	h := p.Past(noon)
	must(t, h.AddDepartment(Department{ID: 2, Name: "south"}))
	must(t, h.AddDepartment(Department{ID: 3, Parent: 2, Name: "south store"}))
	shop(t, p)
	must(t, h.MoveMember("anna", 3))
	south, ben := sit(t, p, 1), sit(t, p, 2)
	if got := south.ok(south.get("get_follow_user_list")).list("follow_user"); len(got) != 1 || got[0] != "anna" {
		t.Errorf("the south sees %v", got)
	}
	south.refused(codeOutOfRange, south.get("list", "userid", "ben"))
	if got := south.ok(south.get("get", "external_userid", "wmli")).list("follow_user"); len(got) != 1 {
		t.Errorf("the south sees followers %v", got)
	}
	if got := south.ok(south.get("/department/list")).list("department"); len(got) != 2 {
		t.Errorf("the south sees departments %v", got)
	}
	if got := ben.ok(ben.post("/user/list_id", body{})).list("dept_user"); len(got) != 1 {
		t.Errorf("ben's app sees members %v", got)
	}
	ben.refused(codeNoRelation, ben.get("get", "external_userid", "wmwang"))
	chat, err := h.CreateGroup(NewGroup{Name: "tea", Owner: "anna"})
	must(t, err)
	if got := ben.ok(ben.post("groupchat/list", body{"limit": 10})).list("group_chat_list"); len(got) != 0 {
		t.Errorf("ben's app sees groups %v", got)
	}
	ben.refused(codeOutOfRange, ben.post("groupchat/get", body{"chat_id": chat}))
}

func TestMembersWithoutCustomerContactHaveNone(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	must(t, p.People().AddMember(Member{UserID: "clerk", NoCustomers: true}))
	d.refused(codeNotServing, d.get("list", "userid", "clerk"))
	if err := p.People().AddRelation(Friendship{UserID: "clerk", ExternalUserID: "wmli"}); err == nil {
		t.Error("a member without customer contact was added")
	}
	must(t, p.People().DisableMember("ben"))
	if got := d.ok(d.get("get_follow_user_list")).list("follow_user"); len(got) != 1 {
		t.Errorf("follow users: %v", got)
	}
	d.refused(codeNoSuchMember, d.get("list", "userid", "nobody"))
}

func TestABatchCrawlFindsEveryPairOnceWhateverHappensMeanwhile(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p, _ := start(t, nil)
		must(t, p.Past(noon).AddMember(Member{UserID: "anna"}))
		n := rapid.IntRange(1, 40).Draw(r, "customers")
		for i := range n {
			id := fmt.Sprint("wm", i)
			_, err := p.Past(noon).AddExternal(Profile{ExternalUserID: id})
			must(t, err)
			must(t, p.Past(noon).AddRelation(Friendship{UserID: "anna", ExternalUserID: id}))
		}
		d := sit(t, p, 0)
		limit := rapid.IntRange(1, 10).Draw(r, "limit")
		gone := rapid.IntRange(0, n-1).Draw(r, "deleted during the crawl")
		seen, cursor := map[string]int{}, ""
		for page := 0; ; page++ {
			got := d.ok(d.post("batch/get_by_user", body{"userid_list": []string{"anna"}, "cursor": cursor, "limit": limit}))
			for _, row := range got.list("external_contact_list") {
				seen[row.(map[string]any)["external_contact"].(map[string]any)["external_userid"].(string)]++
			}
			if page == 0 {
				must(t, p.Past(noon).DeleteByCustomer("anna", fmt.Sprint("wm", gone)))
			}
			if cursor = got["next_cursor"].(string); cursor == "" {
				break
			}
		}
		for i := range n {
			if times := seen[fmt.Sprint("wm", i)]; times > 1 || (times == 0 && i != gone) {
				r.Errorf("customer %d was seen %d times", i, times)
			}
		}
	})
}

func TestRequestsBeyondTheirLimitsAreRefused(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	many := slices.Repeat([]string{"anna"}, 101)
	long := func(n int) string { return strings.Repeat("长", n) }
	for _, test := range []struct {
		name, path string
		q          body
		want       int
	}{
		{"batch of 101", "batch/get_by_user", body{"userid_list": many}, codeUserListLength},
		{"batch of none", "batch/get_by_user", body{}, codeBadUserList},
		{"made-up cursor", "batch/get_by_user", body{"userid_list": many[:1], "cursor": "zz"}, codeBadCursor},
		{"remark of nothing", "remark", body{"userid": "anna", "external_userid": "wmli"}, codeEmptyParameter},
		{"remark of 21", "remark", body{"userid": "anna", "external_userid": "wmli", "remark": long(21)}, codeInvalidParameter},
		{"remark of 20", "remark", body{"userid": "anna", "external_userid": "wmli", "remark": long(20)}, 0},
		{"mark without tags", "mark_tag", body{"userid": "anna", "external_userid": "wmli"}, codeEmptyParameter},
		{"mark with unknown tag", "mark_tag", body{"userid": "anna", "external_userid": "wmli", "add_tag": []string{"etx"}}, codeBadTag},
		{"no userid", "mark_tag", body{"external_userid": "wmli", "add_tag": []string{"etx"}}, codeNoUserID},
		{"tag name of 31", "add_corp_tag", body{"group_name": "g", "tag": []body{{"name": long(31)}}}, codeTagNameLength},
		{"group without tags", "add_corp_tag", body{"group_name": "g"}, codeEmptyParameter},
		{"way without type", "add_contact_way", body{"scene": 2, "user": []string{"anna"}}, codeNoWayType},
		{"way without scene", "add_contact_way", body{"type": 1, "user": []string{"anna"}}, codeNoWayScene},
		{"single way for two", "add_contact_way", body{"type": 1, "scene": 2, "user": []string{"anna", "ben"}}, codeInvalidParameter},
		{"way state of 31", "add_contact_way", body{"type": 1, "scene": 2, "user": []string{"anna"}, "state": long(31)}, codeInvalidParameter},
		{"way for nobody", "add_contact_way", body{"type": 2, "scene": 2}, codeWayTooManyPeople},
		{"way of 15 days", "add_contact_way", body{"type": 1, "scene": 2, "user": []string{"anna"}, "is_temp": true, "expires_in": 15 * 86400}, codeInvalidParameter},
		{"groups without limit", "groupchat/list", body{}, codeInvalidParameter},
		{"unknown group", "groupchat/get", body{"chat_id": "wrx"}, codeNoSuchGroup},
		{"mass message to nobody", "add_msg_template", body{"text": body{"content": "x"}}, codeEmptyParameter},
		{"mass message of nothing", "add_msg_template", body{"sender": "anna", "text": body{"content": ""}}, codeEmptyText},
		{"mass message too long", "add_msg_template", body{"sender": "anna", "text": body{"content": strings.Repeat("x", 4001)}}, codeTooLong},
		{"mass message of strangers", "add_msg_template", body{"external_userid": []string{"wmx"}, "text": body{"content": "x"}}, codeNobodyToSendTo},
		{"attachment without object", "add_msg_template", body{"sender": "anna", "attachments": []body{{"msgtype": "link", "image": body{}}}}, codeBadMsgType},
		{"unknown media", "add_msg_template", body{"sender": "anna", "attachments": []body{{"msgtype": "file", "file": body{"media_id": "x"}}}}, codeBadMediaID},
	} {
		t.Run(test.name, func(t *testing.T) {
			d.t = t
			d.refused(test.want, d.post(test.path, test.q))
		})
	}
}

func TestAnAppChangesOnlyItsOwnTags(t *testing.T) {
	p, _ := start(t, func(c *Config) { c.Apps = []App{{Secret: "a"}, {Secret: "b"}}; c.Limits.Tags = 3 })
	shop(t, p)
	a, b := sit(t, p, 0), sit(t, p, 1)
	console, err := p.People().CreateTag("console", "old")
	must(t, err)
	group := a.ok(a.post("add_corp_tag", body{"group_name": "taste", "agentid": "1000002", "tag": []body{{"name": "green", "order": 1}, {"name": "black", "order": 5}}}))
	id := group.at("tag_group", "tag", 0, "id").(string)
	if group.at("tag_group", "tag", 0, "name") != "black" {
		t.Error("the larger order does not come first")
	}
	a.refused(codeTooManyTags, a.post("add_corp_tag", body{"group_name": "more", "tag": []body{{"name": "x"}}}))
	b.refused(codeNotYours, b.post("edit_corp_tag", body{"id": id, "name": "n"}))
	b.refused(codeNotYours, b.post("del_corp_tag", body{"tag_id": []string{id}}))
	a.refused(codeNotYours, a.post("del_corp_tag", body{"tag_id": []string{console}}))
	b.ok(b.post("mark_tag", body{"userid": "anna", "external_userid": "wmli", "add_tag": []string{id, console}}))
	a.ok(a.post("del_corp_tag", body{"tag_id": []string{id, group.at("tag_group", "tag", 1, "id").(string)}}))
	left := a.ok(a.post("get_corp_tag_list", body{})).list("tag_group")
	if len(left) != 1 {
		t.Errorf("a group without tags did not vanish: %v", left)
	}
	if tags := a.ok(a.get("get", "external_userid", "wmli")).at("follow_user", 0, "tags").([]any); len(tags) != 1 {
		t.Errorf("a deleted tag stays on a customer: %v", tags)
	}
}

func TestPersonalTagsShowInDetailsOnly(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	must(t, p.People().PersonalTag("anna", "wmwang", "talks a lot"))
	tag := d.ok(d.get("get", "external_userid", "wmwang")).at("follow_user", 0, "tags", 0).(map[string]any)
	if tag["type"] != float64(personalTag) || tag["tag_id"] != nil {
		t.Errorf("personal tag: %v", tag)
	}
	row := d.ok(d.post("batch/get_by_user", body{"userid_list": []string{"anna"}})).at("external_contact_list", 0, "follow_info", "tag_id")
	if len(row.([]any)) != 0 {
		t.Errorf("batch shows %v", row)
	}
}

func TestAMemberDeletesInBulkWithACallbackForEach(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	in := listen(t, p, 0)
	h := p.People()
	deleted, err := h.DeleteInBulk("anna", 99)
	must(t, err)
	events := 0
	for _, e := range in.all(p) {
		if e["ChangeType"] == "del_external_contact" && e["UserID"] == "anna" && e["Source"] == nil {
			events++
		}
	}
	if deleted == 0 || events != deleted {
		t.Errorf("%d customers deleted, %d callbacks", deleted, events)
	}
	if again, err := h.DeleteInBulk("anna", 1); again != 0 || err != nil {
		t.Errorf("nobody is left: %d, %v", again, err)
	}
	if _, err := h.DeleteInBulk("nobody", 1); err == nil {
		t.Error("an unknown member deletes")
	}
}
