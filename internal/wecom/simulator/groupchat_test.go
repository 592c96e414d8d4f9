package simulator

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func teaGroup(t testing.TB, p *Platform, members ...string) string {
	t.Helper()
	chat, err := p.Past(noon.AddDate(0, 0, -10)).CreateGroup(NewGroup{Name: "tea", Owner: "anna", Members: members})
	must(t, err)
	return chat
}

func TestMemberVersionsFormAChain(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	in, d := listen(t, p, 0), sit(t, p, 0)
	chat := teaGroup(t, p, "wmwang")
	before := d.ok(d.post("groupchat/get", body{"chat_id": chat})).at("group_chat", "member_version")
	h := p.People()
	_, err := h.JoinGroup(Join{ChatID: chat, Who: "wmli", Scene: JoinScanned})
	must(t, err)
	must(t, h.RenameGroup(chat, "green tea"))
	must(t, h.SetNotice(chat, "be kind"))
	must(t, h.RemoveFromGroup(chat, "wmli"))
	must(t, h.ChangeOwner(chat, "ben"))
	must(t, h.SetAdmins(chat, "anna"))
	details := []string{"add_member", "change_name", "change_notice", "del_member", "change_owner"}
	events := in.all(p)
	if len(events) != len(details) {
		t.Fatalf("events %v", events)
	}
	last := before
	for i, e := range events {
		if e["UpdateDetail"] != details[i] || e["LastMemVer"] != last || e["ChatId"] != chat {
			t.Errorf("event %d: %v, want %s after version %v", i, e, details[i], last)
		}
		last = e["CurMemVer"]
	}
	if e := events[0]; e["JoinScene"] != "3" || e["MemChangeCnt"] != "1" || !slices.Equal(e["MemChangeList"].([]string), []string{"wmli"}) {
		t.Errorf("entry %v", e)
	}
	if events[3]["QuitScene"] != "1" {
		t.Errorf("removal %v", events[3])
	}
	got := d.ok(d.post("groupchat/get", body{"chat_id": chat}))
	if got.at("group_chat", "member_version") != last || got.at("group_chat", "owner") != "ben" || got.at("group_chat", "notice") != "be kind" {
		t.Errorf("group %v", got)
	}
}

func TestGroupDataTrailsBehindItsEvent(t *testing.T) {
	p, v := start(t, func(c *Config) { c.GroupLag = 3 * time.Second })
	shop(t, p)
	in, d := listen(t, p, 0), sit(t, p, 0)
	chat, err := p.People().CreateGroup(NewGroup{Name: "tea", Owner: "anna"})
	must(t, err)
	if e := in.last(p); e["ChangeType"] != "create" {
		t.Fatalf("event %v", e)
	}
	d.refused(codeNoSuchGroup, d.post("groupchat/get", body{"chat_id": chat}))
	v.Set(noon.Add(3 * time.Second))
	d.ok(d.post("groupchat/get", body{"chat_id": chat}))
	_, err = p.People().JoinGroup(Join{ChatID: chat, Who: "wmli"})
	must(t, err)
	if got := d.ok(d.post("groupchat/get", body{"chat_id": chat})).at("group_chat", "member_list").([]any); len(got) != 1 {
		t.Errorf("members right after the event: %v", got)
	}
	v.Set(noon.Add(6 * time.Second))
	if got := d.ok(d.post("groupchat/get", body{"chat_id": chat})).at("group_chat", "member_list").([]any); len(got) != 2 {
		t.Errorf("members later: %v", got)
	}
}

func TestADismissedGroupIsGone(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	in, d := listen(t, p, 0), sit(t, p, 0)
	chat := teaGroup(t, p, "wmwang", "wmli")
	must(t, p.People().DismissGroup(chat))
	if got := in.all(p); len(got) != 1 || got[0]["ChangeType"] != "dismiss" {
		t.Errorf("events %v", got)
	}
	d.refused(codeGroupDismissed, d.post("groupchat/get", body{"chat_id": chat}))
	if got := d.ok(d.post("groupchat/list", body{"limit": 10})).list("group_chat_list"); len(got) != 0 {
		t.Errorf("groups %v", got)
	}
	if err := p.People().LeaveGroup(chat, "wmwang"); err == nil {
		t.Error("somebody left a dismissed group")
	}
}

// crowd makes n customers without relations.
func crowd(t testing.TB, p *Platform, n int) []string {
	t.Helper()
	ids := make([]string, n)
	for i := range ids {
		id, err := p.Past(noon).AddExternal(Profile{ExternalUserID: fmt.Sprint("wmcrowd", i)})
		must(t, err)
		ids[i] = id
	}
	return ids
}

func TestAFullGroupOpensTheNextOne(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	in, d := listen(t, p, 0), sit(t, p, 0)
	people := crowd(t, p, scanFull+1)
	chat := teaGroup(t, p, people[:scanFull-2]...)
	way := d.ok(d.post("groupchat/add_join_way", body{
		"scene": 2, "chat_id_list": []string{chat}, "room_base_name": "tea ", "room_base_id": 2, "state": "poster",
	}))["config_id"].(string)
	first, err := p.People().JoinGroup(Join{ConfigID: way, Who: people[scanFull-2]})
	must(t, err)
	second, err := p.People().JoinGroup(Join{ConfigID: way, Who: people[scanFull-1]})
	must(t, err)
	if first != chat || second == chat {
		t.Fatalf("the last seat was in %s, the next person is in %s", first, second)
	}
	got := d.ok(d.post("groupchat/get", body{"chat_id": second, "need_name": 1}))
	if got.at("group_chat", "name") != "tea 2" || got.at("group_chat", "member_list", 1, "state") != "poster" || got.at("group_chat", "member_list", 1, "join_scene") != float64(JoinScanned) {
		t.Errorf("new group %v", got)
	}
	if _, err := p.People().JoinGroup(Join{ChatID: chat, Who: people[scanFull], Scene: JoinScanned}); err == nil {
		t.Error("somebody scanned into a full group")
	}
	_, err = p.People().JoinGroup(Join{ChatID: chat, Who: people[scanFull]})
	must(t, err)
	created := 0
	for _, e := range in.all(p) {
		if e["ChangeType"] == "create" {
			created++
		}
	}
	if created != 1 {
		t.Errorf("%d groups were announced", created)
	}
}

func TestJoinWaysAreOverwrittenWhole(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	chat := teaGroup(t, p)
	d.refused(codeJoinWayGroups, d.post("groupchat/add_join_way", body{"scene": 2, "chat_id_list": slices.Repeat([]string{chat}, 6)}))
	d.refused(codeEmptyParameter, d.post("groupchat/add_join_way", body{"scene": 2}))
	id := d.ok(d.post("groupchat/add_join_way", body{"scene": 2, "chat_id_list": []string{chat}, "state": "a"}))["config_id"]
	d.ok(d.post("groupchat/update_join_way", body{"config_id": id, "scene": 2, "chat_id_list": []string{chat}, "auto_create_room": 0}))
	got := d.ok(d.post("groupchat/get_join_way", body{"config_id": id}))
	if got.at("join_way", "state") != "" || got.at("join_way", "auto_create_room") != float64(0) || got.at("join_way", "qr_code") == "" {
		t.Errorf("join way %v", got)
	}
	d.ok(d.post("groupchat/del_join_way", body{"config_id": id}))
	d.refused(codeBadConfigID, d.post("groupchat/get_join_way", body{"config_id": id}))
}

func TestALargeCorpMustListGroupsByOwner(t *testing.T) {
	p, _ := start(t, func(c *Config) { c.Limits.InScope = 1 })
	shop(t, p)
	d := sit(t, p, 0)
	teaGroup(t, p)
	d.refused(codeTooMany, d.post("groupchat/list", body{"limit": 10}))
	got := d.ok(d.post("groupchat/list", body{"limit": 10, "owner_filter": body{"userid_list": []string{"anna"}}}))
	if len(got.list("group_chat_list")) != 1 {
		t.Errorf("groups %v", got)
	}
}

func TestGroupsOfThoseWhoLeftAreInherited(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	chat := teaGroup(t, p)
	move := body{"chat_id_list": []string{chat, "wrx"}, "new_owner": "ben"}
	failed := func(a answer) []int {
		var codes []int
		for _, row := range d.ok(a).list("failed_chat_list") {
			codes = append(codes, int(row.(map[string]any)["errcode"].(float64)))
		}
		return codes
	}
	if got := failed(d.post("groupchat/transfer", move)); !slices.Equal(got, []int{codeOwnerHasNotLeft, codeNotCustomerGroup}) {
		t.Errorf("while anna works here: %v", got)
	}
	must(t, p.People().MemberLeaves("anna"))
	if got := d.ok(d.post("groupchat/list", body{"limit": 10, "status_filter": 1})).list("group_chat_list"); len(got) != 1 {
		t.Errorf("groups without owner: %v", got)
	}
	if got := failed(d.post("groupchat/onjob_transfer", move)); !slices.Equal(got, []int{codeOwnerHasLeft, codeNotCustomerGroup}) {
		t.Errorf("on the job: %v", got)
	}
	if got := failed(d.post("groupchat/transfer", move)); !slices.Equal(got, []int{codeNotCustomerGroup}) {
		t.Errorf("after anna left: %v", got)
	}
	if g := p.Groups()[0]; g.Owner != "ben" {
		t.Errorf("owner %s", g.Owner)
	}
}

func TestAGroupChangesHandsTwiceInNinetyDays(t *testing.T) {
	p, v := start(t, nil)
	shop(t, p)
	in, d := listen(t, p, 0), sit(t, p, 0)
	chat := teaGroup(t, p)
	move := func(to string) []any {
		return d.ok(d.post("groupchat/onjob_transfer", body{"chat_id_list": []string{chat}, "new_owner": to})).list("failed_chat_list")
	}
	if len(move("ben")) != 0 || len(move("anna")) != 0 {
		t.Error("the first two transfers failed")
	}
	if got := move("ben"); len(got) != 1 {
		t.Errorf("the third transfer: %v", got)
	}
	v.Set(noon.AddDate(0, 0, 91))
	d.login()
	if got := move("ben"); len(got) != 0 {
		t.Errorf("after 91 days: %v", got)
	}
	if got := in.all(p); len(got) != 0 {
		t.Errorf("transfers by API pushed %v", got)
	}
}

func TestMembersOfAGroupAreWhoJoinedAndDidNotLeave(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p, _ := start(t, nil)
		shop(t, p)
		people := crowd(t, p, 6)
		chat := teaGroup(t, p)
		in := map[string]bool{"anna": true}
		for _, who := range rapid.SliceOf(rapid.SampledFrom(people)).Draw(r, "who comes or goes") {
			if in[who] {
				must(t, p.People().LeaveGroup(chat, who))
			} else {
				_, err := p.People().JoinGroup(Join{ChatID: chat, Who: who})
				must(t, err)
			}
			in[who] = !in[who]
		}
		got := p.Groups()[0].Members
		want := 0
		for who, present := range in {
			if present {
				want++
			}
			if present != slices.Contains(got, who) {
				r.Errorf("%s present: %v, members %v", who, present, got)
			}
		}
		if len(got) != want {
			r.Errorf("members %v, want %d", got, want)
		}
	})
}
