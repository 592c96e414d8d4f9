package simulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"

	"pgregory.net/rapid"
)

// send makes a mass message and returns its id.
func (d *desk) send(q body) string {
	d.t.Helper()
	q["text"] = body{"content": "new tea"}
	return d.ok(d.post("add_msg_template", q))["msgid"].(string)
}

// results returns the status of every receiver of one member.
func (d *desk) results(msgID, userID string) map[string]int {
	d.t.Helper()
	all := map[string]int{}
	for _, row := range d.ok(d.post("get_groupmsg_send_result", body{"msgid": msgID, "userid": userID})).list("send_list") {
		r := row.(map[string]any)
		id, _ := r["external_userid"].(string)
		if id == "" {
			id = r["chat_id"].(string)
		}
		all[id] = int(r["status"].(float64))
	}
	return all
}

func TestACustomerIsRoutedToWhoChattedLast(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	for i, who := range []string{"ben", "anna"} {
		_, err := p.Past(noon.Add(time.Duration(i) * time.Minute)).ChatMessage(Message{From: who, To: "wmli", Kind: "text", Length: 3})
		must(t, err)
		id := d.send(body{"external_userid": []string{"wmli"}})
		tasks := d.ok(d.post("get_groupmsg_task", body{"msgid": id})).list("task_list")
		if len(tasks) != 1 || tasks[0].(map[string]any)["userid"] != who {
			t.Errorf("%s chatted last, the tasks are %v", who, tasks)
		}
	}
	id := d.send(body{"external_userid": []string{"wmli", "wmwang"}, "sender": "ben"})
	if got := d.results(id, "ben"); len(got) != 1 {
		t.Errorf("ben sends to %v", got)
	}
}

func TestNothingIsSentBeforeTheMemberConfirms(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	in, d := listen(t, p, 0), sit(t, p, 0)
	id := d.send(body{"sender": "anna"})
	if got := d.results(id, "anna"); len(got) != 2 || got["wmwang"] != SendWaiting {
		t.Errorf("before: %v", got)
	}
	var heard []Delivery
	p.OnDelivery(func(x Delivery) {
		heard = append(heard, x)
		_ = p.PendingTasks("") // a listener may ask the platform
	})
	must(t, p.People().DeleteByCustomer("anna", "wmli"))
	must(t, p.People().ConfirmTask("anna", id))
	if got := d.results(id, "anna"); got["wmwang"] != SendDone || got["wmli"] != SendNoFriend {
		t.Errorf("after: %v", got)
	}
	if len(heard) != 1 || heard[0].MsgID != id || heard[0].ExternalUserID != "wmwang" {
		t.Errorf("listeners heard %+v", heard)
	}
	task := d.ok(d.post("get_groupmsg_task", body{"msgid": id})).at("task_list", 0).(map[string]any)
	if task["status"] != float64(taskSent) || task["send_time"] != float64(noon.Unix()) {
		t.Errorf("task %v", task)
	}
	if err := p.People().ConfirmTask("anna", id); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("confirming twice: %v", err)
	}
	if got := in.all(p); len(got) != 1 {
		t.Errorf("events %v: only the deletion is one", got)
	}
}

func TestTheQuotaOfEveryModeIsKept(t *testing.T) {
	monthEnd := time.Date(2026, 5, 31, 12, 0, 0, 0, clock.Shanghai)
	sunday := time.Date(2026, 5, 17, 12, 0, 0, 0, clock.Shanghai)
	for _, test := range []struct {
		mode QuotaMode
		now  time.Time
		most int
		next time.Duration
	}{
		{QuotaMonthDays, monthEnd, 31, 13 * time.Hour},
		{QuotaWeekly, sunday, 7, 13 * time.Hour},
		{QuotaDaily, noon, 1, 13 * time.Hour},
	} {
		t.Run(string(test.mode), func(t *testing.T) {
			p, v := start(t, func(c *Config) { c.Quota = test.mode })
			shop(t, p)
			v.Set(test.now)
			d := sit(t, p, 0)
			confirm := func() int {
				id := d.send(body{"external_userid": []string{"wmwang"}})
				must(t, p.People().ConfirmTask("anna", id))
				return d.results(id, "anna")["wmwang"]
			}
			_, err := p.People().SendOwnMass(OwnMass{UserID: "anna", ExternalUserIDs: []string{"wmwang"}, Text: "mine"})
			must(t, err)
			for i := 1; i < test.most; i++ {
				if got := confirm(); got != SendDone {
					t.Fatalf("message %d of %d: status %d", i+1, test.most, got)
				}
			}
			if got := confirm(); got != SendOverQuota {
				t.Errorf("message %d: status %d, want %d", test.most+1, got, SendOverQuota)
			}
			v.Set(test.now.Add(test.next))
			d.login()
			if got := confirm(); got != SendDone {
				t.Errorf("in the next span: status %d", got)
			}
		})
	}
}

func TestTagFiltersKeepOneOfEveryGroup(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	h := p.People()
	green, err := h.CreateTag("taste", "green")
	must(t, err)
	black, err := h.CreateTag("taste", "black")
	must(t, err)
	vip, err := h.CreateTag("level", "vip")
	must(t, err)
	must(t, h.TagInClient("anna", "wmwang", []string{green, vip}, nil))
	must(t, h.TagInClient("anna", "wmli", []string{black}, nil))
	filter := func(groups ...[]string) []body {
		var list []body
		for _, g := range groups {
			list = append(list, body{"tag_list": g})
		}
		return list
	}
	for _, test := range []struct {
		name   string
		groups []body
		want   int
	}{
		{"nothing", nil, 2},
		{"green or black", filter([]string{green, black}), 2},
		{"green or black, and vip", filter([]string{green, black}, []string{vip}), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			d.t = t
			id := d.send(body{"sender": "anna", "tag_filter": body{"group_list": test.groups}})
			if got := d.results(id, "anna"); len(got) != test.want {
				t.Errorf("receivers %v, want %d", got, test.want)
			}
		})
	}
}

func TestGroupMessagesGoToTheOwnersGroups(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	mine, other := teaGroup(t, p), teaGroup(t, p)
	d.refused(codeEmptyParameter, d.post("add_msg_template", body{"chat_type": "group", "text": hello}))
	id := d.send(body{"chat_type": "group", "sender": "anna", "allow_select": true})
	if got := d.results(id, "anna"); len(got) != 0 {
		t.Errorf("rows before sending: %v", got)
	}
	must(t, p.People().ConfirmTask("anna", id, mine))
	if got := d.results(id, "anna"); len(got) != 1 || got[mine] != SendDone {
		t.Errorf("rows after choosing one of two: %v", got)
	}
	id = d.send(body{"chat_type": "group", "sender": "anna", "chat_id_list": []string{mine, other, "wrx"}})
	must(t, p.People().DismissGroup(other))
	must(t, p.People().ConfirmTask("anna", id))
	if got := d.results(id, "anna"); got[mine] != SendDone || got[other] != SendNoFriend {
		t.Errorf("rows %v", got)
	}
	for _, x := range p.Deliveries() {
		if x.Kind != KindGroup || x.ChatID != mine {
			t.Errorf("delivery %+v", x)
		}
	}
}

func TestRemindersAreRationed(t *testing.T) {
	p, v := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	id := d.send(body{"sender": "anna"})
	for range maxReminders {
		d.ok(d.post("remind_groupmsg_send", body{"msgid": id}))
	}
	d.refused(codeTooManyReminders, d.post("remind_groupmsg_send", body{"msgid": id}))
	if got := p.PendingTasks("anna")[0].Reminders; got != maxReminders {
		t.Errorf("anna was reminded %d times", got)
	}
	v.Set(noon.Add(reminderSpan))
	d.login()
	d.ok(d.post("remind_groupmsg_send", body{"msgid": id}))
}

func TestACancelledMessageReachesNobodyElse(t *testing.T) {
	p, _ := start(t, func(c *Config) { c.Apps = []App{{Secret: "a"}, {Secret: "b"}} })
	shop(t, p)
	d := sit(t, p, 0)
	other := sit(t, p, 1)
	id := d.send(body{"external_userid": []string{"wmwang", "wmli"}})
	other.refused(codeNotYours, other.post("cancel_groupmsg_send", body{"msgid": id}))
	d.ok(d.post("cancel_groupmsg_send", body{"msgid": id}))
	if got := p.PendingTasks(""); len(got) != 0 {
		t.Errorf("pending %v", got)
	}
	if err := p.People().ConfirmTask("anna", id); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("confirming a cancelled message: %v", err)
	}
	d.refused(codeMassCancelled, d.post("remind_groupmsg_send", body{"msgid": id}))
	d.refused(codeBadMsgID, d.post("remind_groupmsg_send", body{"msgid": "x"}))
	d.refused(codeNoMsgID, d.post("cancel_groupmsg_send", body{}))
	if n := len(p.Deliveries()); n != 0 {
		t.Errorf("%d deliveries", n)
	}
}

func TestAMessageIsHandedToMembersBeforeItCanBeAskedAbout(t *testing.T) {
	p, v := start(t, func(c *Config) { c.DispatchLag = 2 * time.Second })
	shop(t, p)
	d := sit(t, p, 0)
	id := d.ok(d.post("add_msg_template", body{"external_userid": []string{"wmli"}, "text": hello}))["msgid"].(string)
	d.refused(codeDispatching, d.post("get_groupmsg_task", body{"msgid": id}))
	if got := p.PendingTasks(""); len(got) != 0 {
		t.Errorf("members see %v already", got)
	}
	v.Set(noon.Add(2 * time.Second))
	d.ok(d.post("get_groupmsg_task", body{"msgid": id}))
	if got := p.PendingTasks(""); len(got) != 1 {
		t.Errorf("members see %v", got)
	}
}

func TestTheListLagsBehind(t *testing.T) {
	p, v := start(t, func(c *Config) { c.ListLag = 5 * time.Second })
	shop(t, p)
	d := sit(t, p, 0)
	d.send(body{"sender": "anna"})
	_, err := p.Past(noon.Add(-time.Hour)).SendOwnMass(OwnMass{UserID: "anna", ExternalUserIDs: []string{"wmli"}, Text: "mine"})
	must(t, err)
	list := func(more body) []any {
		q := body{"chat_type": "single", "start_time": noon.AddDate(0, 0, -20).Unix(), "end_time": noon.Add(time.Hour).Unix()}
		for k, x := range more {
			q[k] = x
		}
		return d.ok(d.post("get_groupmsg_list_v2", q)).list("group_msg_list")
	}
	if got := list(body{"filter_type": 0}); len(got) != 0 {
		t.Errorf("right after the call: %v", got)
	}
	v.Set(noon.Add(5 * time.Second))
	got := list(body{"filter_type": 0})
	if len(got) != 1 || got[0].(map[string]any)["creator"] != nil || got[0].(map[string]any)["create_type"] != float64(0) {
		t.Errorf("made by the corp: %v", got)
	}
	if got := list(body{"filter_type": 1, "creator": "anna"}); len(got) != 1 {
		t.Errorf("made by anna: %v", got)
	}
	if got := list(nil); len(got) != 2 {
		t.Errorf("all: %v", got)
	}
	d.refused(codeInvalidParameter, d.post("get_groupmsg_list_v2", body{
		"chat_type": "single", "start_time": noon.AddDate(0, -2, 0).Unix(), "end_time": noon.Unix(),
	}))
}

func TestTenThousandCustomersFitOneMessage(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	ids := crowd(t, p, maxMassCustomers)
	for _, id := range ids {
		must(t, p.Past(noon).AddRelation(Friendship{UserID: "ben", ExternalUserID: id}))
	}
	d.refused(codeTooMany, d.post("add_msg_template", body{"external_userid": append(slices.Clone(ids), "wmli"), "text": hello}))
	id := d.send(body{"external_userid": ids})
	must(t, p.People().ConfirmTask("ben", id))
	seen, cursor := 0, ""
	for {
		got := d.ok(d.post("get_groupmsg_send_result", body{"msgid": id, "userid": "ben", "limit": 5000, "cursor": cursor}))
		if n := len(got.list("send_list")); n > maxResultPage {
			t.Fatalf("a page of %d rows", n)
		}
		seen += len(got.list("send_list"))
		if cursor = got["next_cursor"].(string); cursor == "" {
			break
		}
	}
	if seen != len(ids) || len(p.Deliveries()) != len(ids) {
		t.Errorf("%d results, %d deliveries, want %d", seen, len(p.Deliveries()), len(ids))
	}
}

// Whatever happens to whom: every customer asked for is either in the fail
// list or ends in exactly one status of one member, and the ledger holds
// exactly those with status sent.
func TestEveryCustomerEndsInOneStatusAndTheLedgerAgrees(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p, _ := start(t, func(c *Config) { c.Quota = QuotaDaily })
		staff, people := []string{"anna", "ben", "cleo"}, crowd(t, p, 8)
		for _, id := range staff {
			must(t, p.Past(noon).AddMember(Member{UserID: id}))
		}
		for _, pair := range rapid.SliceOfDistinct(rapid.IntRange(0, len(staff)*len(people)-1), rapid.ID[int]).Draw(r, "pairs") {
			must(t, p.Past(noon).AddRelation(Friendship{UserID: staff[pair%3], ExternalUserID: people[pair/3]}))
		}
		d := sit(t, p, 0)
		sent := map[string]int{}
		for round := range rapid.IntRange(1, 3).Draw(r, "messages") {
			wanted := rapid.SliceOfDistinct(rapid.SampledFrom(people), rapid.ID[string]).Draw(r, fmt.Sprint("receivers ", round))
			if len(wanted) == 0 {
				continue
			}
			made := d.post("add_msg_template", body{"external_userid": wanted, "text": hello})
			if made.code() == codeNobodyToSendTo {
				continue
			}
			id := d.ok(made)["msgid"].(string)
			for _, s := range p.Relations() {
				if s.Bond == "added" && rapid.Bool().Draw(r, "deletes") {
					must(t, p.People().DeleteByCustomer(s.UserID, s.ExternalUserID))
				}
			}
			times := map[string]int{}
			for _, failed := range made.list("fail_list") {
				times[failed.(string)]++
			}
			for _, userID := range staff {
				if slices.ContainsFunc(p.PendingTasks(userID), func(x Task) bool { return x.ID == id }) && rapid.Bool().Draw(r, "confirms") {
					must(t, p.People().ConfirmTask(userID, id))
				}
				for external, status := range d.results(id, userID) {
					times[external]++
					if status == SendDone {
						sent[id+external]++
					}
				}
			}
			for _, external := range wanted {
				if times[external] != 1 {
					r.Errorf("%s appears %d times in fail list and results", external, times[external])
				}
			}
		}
		for _, x := range p.Deliveries() {
			sent[x.MsgID+x.ExternalUserID]--
		}
		for key, n := range sent {
			if n != 0 {
				r.Errorf("%s: results minus ledger is %d", key, n)
			}
		}
	})
}

func TestTheContentHashTellsContentsApart(t *testing.T) {
	link := func(url string) []Attachment {
		return []Attachment{{MsgType: "link", Link: &Link{Title: "t", URL: url}, Image: &Picture{}}}
	}
	hashes := []string{
		ContentHash("a", nil), ContentHash("b", nil), ContentHash("a", link("u")), ContentHash("a", link("v")),
		ContentHash("a", []Attachment{{MsgType: "image", Image: &Picture{MediaID: "u"}}}),
	}
	slices.Sort(hashes)
	if len(slices.Compact(hashes)) != 5 || strings.ToLower(hashes[0]) != hashes[0] {
		t.Errorf("hashes %v", hashes)
	}
}
