package simulator

import (
	"testing"
	"time"
)

func (d *desk) transfer(from, to string, ids ...string) []int {
	d.t.Helper()
	var codes []int
	got := d.ok(d.post("transfer_customer", body{"handover_userid": from, "takeover_userid": to, "external_userid": ids}))
	for _, row := range got.list("customer") {
		codes = append(codes, int(row.(map[string]any)["errcode"].(float64)))
	}
	return codes
}

func TestATransferTakesEffectAfterADay(t *testing.T) {
	p, v := start(t, nil)
	shop(t, p)
	in, d := listen(t, p, 0), sit(t, p, 0)
	if got := d.transfer("anna", "ben", "wmwang", "wmzhao", "wmx"); got[0] != 0 || got[1] != codeBadExternal || got[2] != codeBadExternal {
		t.Errorf("rows %v", got)
	}
	if got := d.transfer("anna", "ben", "wmwang"); got[0] != codeInTransfer {
		t.Errorf("a second transfer: %v", got)
	}
	result := func() (int, int64) {
		row := d.ok(d.post("transfer_result", body{"handover_userid": "anna", "takeover_userid": "ben"})).at("customer", 0).(map[string]any)
		return int(row["status"].(float64)), int64(row["takeover_time"].(float64))
	}
	due := noon.Add(transferDelay)
	if status, at := result(); status != transferWaiting || at != due.Unix() {
		t.Errorf("waiting: %d at %d", status, at)
	}
	v.Set(due.Add(-time.Second))
	d.login()
	if got := in.all(p); len(got) != 0 {
		t.Errorf("before the day is over: %v", got)
	}
	v.Set(due)
	p.Tick()
	events := in.all(p)
	if len(events) != 2 || events[0]["Source"] != "DELETE_BY_TRANSFER" || events[0]["UserID"] != "anna" ||
		events[1]["ChangeType"] != "add_external_contact" || events[1]["UserID"] != "ben" || events[1]["WelcomeCode"] != nil {
		t.Errorf("events %v", events)
	}
	if status, _ := result(); status != transferDone {
		t.Errorf("done: %d", status)
	}
	if got := d.ok(d.get("get", "external_userid", "wmwang")).at("follow_user", 0).(map[string]any); got["userid"] != "ben" || got["add_way"] != float64(AddWayAdmin) {
		t.Errorf("follower %v", got)
	}
}

func TestATakeoverWhoKnowsTheCustomerHearsNothing(t *testing.T) {
	p, v := start(t, nil)
	shop(t, p)
	in, d := listen(t, p, 0), sit(t, p, 0)
	d.transfer("anna", "ben", "wmli")
	v.Set(noon.Add(transferDelay))
	p.Tick()
	if got := in.all(p); len(got) != 1 || got[0]["ChangeType"] != "del_external_contact" {
		t.Errorf("events %v", got)
	}
}

func TestACustomerCanRefuseOrAcceptATransfer(t *testing.T) {
	p, v := start(t, nil)
	shop(t, p)
	in, d := listen(t, p, 0), sit(t, p, 0)
	d.transfer("anna", "ben", "wmwang", "wmli")
	must(t, p.People().RefuseTransfer("wmwang"))
	e := in.last(p)
	if e["ChangeType"] != "transfer_fail" || e["FailReason"] != "customer_refused" || e["UserID"] != "ben" || e["ExternalUserID"] != "wmwang" {
		t.Errorf("event %v", e)
	}
	must(t, p.People().AcceptTransfer("wmli"))
	if err := p.People().RefuseTransfer("wmli"); err == nil {
		t.Error("a finished transfer was refused")
	}
	v.Set(noon.Add(2 * transferDelay))
	d.login()
	rows := d.ok(d.post("transfer_result", body{"handover_userid": "anna", "takeover_userid": "ben"})).list("customer")
	if rows[0].(map[string]any)["status"] != float64(transferRefused) || rows[1].(map[string]any)["status"] != float64(transferDone) {
		t.Errorf("rows %v", rows)
	}
	if got := d.ok(d.get("list", "userid", "anna")).list("external_userid"); len(got) != 1 {
		t.Errorf("anna keeps %v", got)
	}
}

func TestACustomerIsTransferredTwiceInNinetyDays(t *testing.T) {
	p, v := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	for i, pair := range [][2]string{{"anna", "ben"}, {"ben", "anna"}, {"anna", "ben"}} {
		want := 0
		if i == 2 {
			want = codeTransferTooOften
		}
		if got := d.transfer(pair[0], pair[1], "wmwang"); got[0] != want {
			t.Errorf("transfer %d: %v, want %d", i+1, got, want)
		}
		v.Set(v.Now().Add(transferDelay))
		d.login()
	}
	v.Set(noon.AddDate(0, 0, 92))
	d.login()
	if got := d.transfer("anna", "ben", "wmwang"); got[0] != 0 {
		t.Errorf("after 90 days: %v", got)
	}
	d.refused(codeSameFollower, d.post("transfer_customer", body{"handover_userid": "ben", "takeover_userid": "ben", "external_userid": []string{"wmli"}}))
}

func TestCustomersOfThoseWhoLeftWaitToBeAssigned(t *testing.T) {
	p, v := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	move := body{"handover_userid": "anna", "takeover_userid": "ben", "external_userid": []string{"wmwang"}}
	d.refused(codeNotLeft, d.post("resigned/transfer_customer", move))
	must(t, p.People().MemberLeaves("anna"))
	d.refused(codeNotServing, d.post("transfer_customer", move))
	waiting := func(q body) []any { return d.ok(d.post("get_unassigned_list", q)).list("info") }
	if got := waiting(body{}); len(got) != 2 || got[0].(map[string]any)["dimission_time"] != float64(noon.Unix()) {
		t.Errorf("unassigned %v", got)
	}
	if got := waiting(body{"page_id": 1, "page_size": 1}); len(got) != 1 {
		t.Errorf("second page %v", got)
	}
	d.ok(d.post("resigned/transfer_customer", move))
	if got := waiting(body{}); len(got) != 1 {
		t.Errorf("unassigned while waiting: %v", got)
	}
	v.Set(noon.Add(transferDelay))
	d.login()
	row := d.ok(d.post("resigned/transfer_result", body{"handover_userid": "anna", "takeover_userid": "ben"})).at("customer", 0).(map[string]any)
	if row["status"] != float64(transferDone) {
		t.Errorf("result %v", row)
	}
	d.refused(codeNoSuchMember, d.get("/user/get", "userid", "anna"))
}
