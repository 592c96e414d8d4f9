package simulator

import (
	"testing"
	"time"
)

// yesterday is 09:00 on the day before noon, Beijing time.
var yesterday = noon.Add(-27 * time.Hour)

func say(t *testing.T, p *Platform, after time.Duration, m Message) {
	t.Helper()
	m.Kind = orElse(m.Kind, "text")
	_, err := p.Past(yesterday.Add(after)).ChatMessage(m)
	must(t, err)
}

func TestBehaviourIsCountedFromChats(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	say(t, p, 0, Message{From: "wmwang", To: "anna"})
	say(t, p, 10*time.Minute, Message{From: "anna", To: "wmwang"})
	say(t, p, 11*time.Minute, Message{From: "anna", To: "wmwang"})
	say(t, p, 0, Message{From: "wmli", To: "anna"})
	say(t, p, 0, Message{From: "ben", To: "wmli"})
	h := p.Past(yesterday)
	must(t, h.AddRelation(Friendship{UserID: "anna", ExternalUserID: "wmzhao"}))
	must(t, h.DeleteByCustomer("anna", "wmli"))
	q := body{"userid": []string{"anna"}, "start_time": yesterday.Unix(), "end_time": yesterday.Unix()}
	row := d.ok(d.post("get_user_behavior_data", q)).at("behavior_data", 0).(map[string]any)
	for name, want := range map[string]float64{
		"stat_time": float64(dayStart(dayNumber(yesterday)).Unix()), "chat_cnt": 1, "message_cnt": 2, "reply_percentage": 50,
		"avg_reply_time": 10, "new_contact_cnt": 1, "new_apply_cnt": 1, "negative_feedback_cnt": 1,
	} {
		if row[name] != want {
			t.Errorf("%s is %v, want %v", name, row[name], want)
		}
	}
	q["userid"], q["partyid"] = nil, []int{RootDepartment}
	row = d.ok(d.post("get_user_behavior_data", q)).at("behavior_data", 0).(map[string]any)
	if row["chat_cnt"] != float64(2) || row["message_cnt"] != float64(3) {
		t.Errorf("the department together: %v", row)
	}
}

func TestAQuietDayHasNoReplyFigures(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	row := d.ok(d.post("get_user_behavior_data", body{"userid": []string{"anna"}, "start_time": yesterday.Unix(), "end_time": yesterday.Unix()})).
		at("behavior_data", 0).(map[string]any)
	if row["reply_percentage"] != nil || row["avg_reply_time"] != nil || row["chat_cnt"] != float64(0) {
		t.Errorf("row %v", row)
	}
}

func TestStatisticsCoverHalfAYearUntilYesterday(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	day := func(back int) int64 { return noon.AddDate(0, 0, -back).Unix() }
	for _, test := range []struct {
		name       string
		start, end int64
		want       int
	}{
		{"yesterday", day(1), day(1), 0},
		{"thirty days", day(31), day(1), 0},
		{"more than thirty days", day(32), day(1), codeInvalidParameter},
		{"today", day(1), day(0), codeInvalidParameter},
		{"180 days back", day(180), day(170), 0},
		{"181 days back", day(181), day(170), codeInvalidParameter},
		{"backwards", day(1), day(3), codeInvalidParameter},
	} {
		t.Run(test.name, func(t *testing.T) {
			d.t = t
			d.refused(test.want, d.post("get_user_behavior_data", body{"userid": []string{"anna"}, "start_time": test.start, "end_time": test.end}))
			d.refused(test.want, d.post("groupchat/statistic_group_by_day", body{
				"day_begin_time": test.start, "day_end_time": test.end, "owner_filter": body{"userid_list": []string{"anna"}},
			}))
		})
	}
	d.t = t
	d.refused(codeEmptyParameter, d.post("get_user_behavior_data", body{"start_time": day(1), "end_time": day(1)}))
	d.refused(codeInvalidParameter, d.post("groupchat/statistic", body{"day_begin_time": day(1)}))
}

func TestGroupFiguresAreCountedPerOwner(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	old := teaGroup(t, p, "wmwang")
	_, err := p.Past(yesterday).CreateGroup(NewGroup{Name: "new", Owner: "anna", Members: []string{"wmli"}})
	must(t, err)
	_, err = p.Past(yesterday).JoinGroup(Join{ChatID: old, Who: "wmzhao"})
	must(t, err)
	must(t, p.Past(yesterday).LeaveGroup(old, "wmwang"))
	say(t, p, 0, Message{From: "wmzhao", Room: old})
	say(t, p, time.Minute, Message{From: "wmzhao", Room: old})
	say(t, p, time.Minute, Message{From: "anna", Room: old})
	q := body{"day_begin_time": yesterday.Unix(), "owner_filter": body{"userid_list": []string{"anna", "ben"}}, "order_by": 2}
	got := d.ok(d.post("groupchat/statistic", q))
	if got.at("items", 0, "owner") != "anna" || got["total"] != float64(2) {
		t.Errorf("items %v", got)
	}
	data := got.at("items", 0, "data").(map[string]any)
	for name, want := range map[string]float64{
		"new_chat_cnt": 1, "chat_total": 2, "chat_has_msg": 1, "new_member_cnt": 3, "member_total": 4, "member_has_msg": 2, "msg_total": 3,
	} {
		if data[name] != want {
			t.Errorf("%s is %v, want %v", name, data[name], want)
		}
	}
	byDay := d.ok(d.post("groupchat/statistic_group_by_day", body{
		"day_begin_time": yesterday.AddDate(0, 0, -1).Unix(), "day_end_time": yesterday.Unix(), "owner_filter": q["owner_filter"],
	})).list("items")
	if len(byDay) != 2 || byDay[0].(map[string]any)["data"].(map[string]any)["member_total"] != float64(2) {
		t.Errorf("by day %v", byDay)
	}
}
