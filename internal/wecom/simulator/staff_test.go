package simulator

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func card(to string) body {
	return body{
		"touser": to, "msgtype": "textcard", "agentid": "1000002",
		"textcard": body{"title": "task", "description": "call Wang", "url": "https://example.com/t"},
	}
}

func TestMessagesReachStaffInScope(t *testing.T) {
	p, v := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	sent := d.ok(d.post("/message/send", card("anna|nobody")))
	if sent["invaliduser"] != "nobody" {
		t.Errorf("answer %v", sent)
	}
	d.refused(codeNobodyReached, d.post("/message/send", card("nobody")))
	wrong := card("anna")
	wrong["agentid"] = 7
	d.refused(codeBadAgent, d.post("/message/send", wrong))
	delete(wrong, "agentid")
	d.refused(codeNoAgent, d.post("/message/send", wrong))
	d.refused(codeEmptyText, d.post("/message/send", body{"touser": "anna", "agentid": 1000002, "msgtype": "text", "text": body{}}))
	d.refused(codeNoTitle, d.post("/message/send", body{"touser": "anna", "agentid": 1000002, "msgtype": "textcard", "textcard": body{"url": "u"}}))
	d.refused(codeBadMsgType, d.post("/message/send", body{"touser": "anna", "agentid": 1000002, "msgtype": "textcard"}))
	d.ok(d.post("/message/send", card("@all")))
	if a, b := len(p.StaffMessages("anna")), len(p.StaffMessages("ben")); a != 2 || b != 1 {
		t.Errorf("anna received %d, ben %d", a, b)
	}
	d.ok(d.post("/message/recall", body{"msgid": sent["msgid"]}))
	if !p.StaffMessages("anna")[0].Recalled {
		t.Error("the message was not recalled")
	}
	v.Set(noon.Add(25 * time.Hour))
	d.login()
	d.refused(codeInvalidParameter, d.post("/message/recall", body{"msgid": sent["msgid"]}))
}

func TestSurplusAndRepeatedMessagesAreDroppedSilently(t *testing.T) {
	p, v := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	for range perMemberMinute + 5 {
		d.ok(d.post("/message/send", card("anna")))
	}
	if n := len(p.StaffMessages("anna")); n != perMemberMinute {
		t.Errorf("anna received %d in a minute, want %d", n, perMemberMinute)
	}
	v.Set(noon.Add(2 * time.Minute))
	once := card("ben")
	once["enable_duplicate_check"] = 1
	d.ok(d.post("/message/send", once))
	d.ok(d.post("/message/send", once))
	if n := len(p.StaffMessages("ben")); n != 1 {
		t.Errorf("ben received %d copies", n)
	}
}

func TestATemplateCardIsUpdatedOnce(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	code := d.ok(d.post("/message/send", body{
		"touser": "anna", "agentid": 1000002, "msgtype": "template_card", "template_card": body{"card_type": "text_notice", "task_id": "1"},
	}))["response_code"]
	d.ok(d.post("/message/update_template_card", body{"response_code": code}))
	d.refused(codeInvalidParameter, d.post("/message/update_template_card", body{"response_code": code}))
}

// archive reads the exporter's lines.
func archive(t *testing.T, p *Platform, query string) []map[string]any {
	t.Helper()
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/simulator/archive?"+query, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("HTTP %d: %s", w.Code, w.Body)
	}
	var rows []map[string]any
	for lines := bufio.NewScanner(w.Body); lines.Scan(); {
		var row map[string]any
		must(t, json.Unmarshal(lines.Bytes(), &row))
		rows = append(rows, row)
	}
	return rows
}

func TestTheArchiveGivesMessagesAfterASequenceNumber(t *testing.T) {
	p, v := start(t, func(c *Config) { c.Archive = Archive{On: true, Members: []string{"anna"}} })
	shop(t, p)
	in, d := listen(t, p, 0), sit(t, p, 0)
	chat := teaGroup(t, p, "wmwang")
	h := p.People()
	asked, err := h.ChatMessage(Message{From: "wmwang", To: "anna", Kind: "text", Text: "any new tea?"})
	must(t, err)
	_, err = h.ChatMessage(Message{From: "anna", To: "wmwang", Kind: "voice", Length: 7, ReplyTo: asked})
	must(t, err)
	_, err = h.ChatMessage(Message{From: "ben", To: "wmli", Kind: "text", Length: 5})
	must(t, err)
	_, err = h.ChatMessage(Message{From: "wmwang", Room: chat, Kind: "text", Length: 5})
	must(t, err)
	rows := archive(t, p, "seq=0")
	if len(rows) != 3 {
		t.Fatalf("rows %v: only anna is archived", rows)
	}
	first, voice, room := rows[0], rows[1], rows[2]
	if first["text"].(map[string]any)["content"] != "any new tea?" || first["from"] != "wmwang" || first["roomid"] != "" || first["msgtime"] != float64(noon.UnixMilli()) {
		t.Errorf("first row %v", first)
	}
	if voice["voice"].(map[string]any)["play_length"] != float64(7) {
		t.Errorf("voice row %v", voice)
	}
	if room["roomid"] != chat || len(room["tolist"].([]any)) != 1 || room["text"].(map[string]any)["content"] != "xxxxx" {
		t.Errorf("room row %v", room)
	}
	if got := archive(t, p, "seq=1&limit=1"); len(got) != 1 || got[0]["seq"] != float64(2) {
		t.Errorf("after 1: %v", got)
	}
	notified := 0
	for _, e := range in.all(p) {
		if e["Event"] == "msgaudit_notify" {
			notified++
		}
	}
	if notified != 1 {
		t.Errorf("%d notices within 15 s", notified)
	}
	must(t, h.RefuseArchive("wmwang"))
	if got := archive(t, p, "seq=0"); len(got) != 1 {
		t.Errorf("after Wang refused: %v", got)
	}
	pairs := body{"info": []body{{"userid": "anna", "exteranalopenid": "wmwang"}, {"userid": "anna", "exteranalopenid": "wmli"}}}
	agreed := d.ok(d.post("/msgaudit/check_single_agree", pairs))
	if agreed.at("agreeinfo", 0, "agree_status") != "Disagree" || agreed.at("agreeinfo", 1, "agree_status") != "Agree" {
		t.Errorf("agreements %v", agreed)
	}
	must(t, h.AgreeArchive("anna", "wmwang"))
	if e := in.last(p); e["ChangeType"] != "msg_audit_approved" {
		t.Errorf("event %v", e)
	}
	if got := d.ok(d.post("/msgaudit/check_room_agree", body{"roomid": chat})).list("agreeinfo"); len(got) != 1 {
		t.Errorf("room agreements %v", got)
	}
	if got := d.ok(d.post("/msgaudit/get_permit_user_list", body{})).list("ids"); len(got) != 1 || got[0] != "anna" {
		t.Errorf("permitted %v", got)
	}
	v.Set(noon.Add(archiveLife + time.Second))
	if got := archive(t, p, "seq=0"); len(got) != 0 {
		t.Errorf("after five days: %v", got)
	}
}

func TestWithoutArchiveThereIsNothing(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/simulator/archive?seq=0", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("HTTP %d", w.Code)
	}
	d.refused(codeNoArchive, d.post("/msgaudit/get_permit_user_list", body{}))
	d.submit("/simulator/archive?on=1", nil)
	d.ok(d.post("/msgaudit/get_permit_user_list", body{}))
	d.submit("/simulator/archive?on=0", nil)
	d.refused(codeNoArchive, d.post("/msgaudit/check_single_agree", body{}))
	p.SetArchive(Archive{On: true})
	d.ok(d.post("/msgaudit/get_permit_user_list", body{}))
	if _, err := p.People().ChatMessage(Message{From: "anna", To: "wmli", Kind: "telepathy"}); err == nil {
		t.Error("an unknown kind of message was written")
	}
}

// visit opens a login page and returns where it leads.
func visit(t *testing.T, p *Platform, path string, q url.Values) (*httptest.ResponseRecorder, url.Values) {
	t.Helper()
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path+"?"+q.Encode(), nil))
	to, err := url.Parse(w.Header().Get("Location"))
	must(t, err)
	return w, to.Query()
}

func TestALoginCodeWorksOnceForFiveMinutes(t *testing.T) {
	p, v := start(t, func(c *Config) { c.Apps = []App{{Secret: "a", TrustedDomains: []string{"siyu.test"}}, {Secret: "b"}} })
	shop(t, p)
	d, other := sit(t, p, 0), sit(t, p, 1)
	q := url.Values{
		"appid": {p.Credentials(0).Corp}, "agentid": {"1000002"}, "state": {"s1"},
		"redirect_uri": {"https://siyu.test/login?x=1"}, "scope": {"snsapi_privateinfo"},
	}
	page, _ := visit(t, p, "/wwopen/sso/qrConnect", q)
	if !strings.Contains(page.Body.String(), "pick=anna") {
		t.Errorf("the page does not offer anna: %s", page.Body)
	}
	pick := func(who string) url.Values {
		q.Set("pick", who)
		_, back := visit(t, p, "/connect/oauth2/authorize", q)
		if back.Get("state") != "s1" || back.Get("x") != "1" {
			t.Errorf("the browser comes back with %v", back)
		}
		return back
	}
	code := pick("anna").Get("code")
	got := d.ok(d.get("/auth/getuserinfo", "code", code))
	if got["userid"] != "anna" {
		t.Errorf("identity %v", got)
	}
	detail := d.ok(d.post("/auth/getuserdetail", body{"user_ticket": got["user_ticket"]}))
	if detail["userid"] != "anna" {
		t.Errorf("detail %v", detail)
	}
	d.refused(codeBadOAuthCode, d.get("/auth/getuserinfo", "code", code))
	other.refused(codeBadOAuthCode, other.get("/auth/getuserinfo", "code", pick("anna").Get("code")))
	late := pick("anna").Get("code")
	v.Set(noon.Add(codeLife + time.Second))
	d.refused(codeBadOAuthCode, d.get("/auth/getuserinfo", "code", late))
	if back := pick("-"); back.Has("code") {
		t.Errorf("who refuses brings %v", back)
	}
	if got := d.ok(d.get("/auth/getuserinfo", "code", pick("wmli").Get("code"))); got["external_userid"] != "wmli" || got["userid"] != nil {
		t.Errorf("a customer logs in as %v", got)
	}
	q.Set("redirect_uri", "https://evil.test/")
	if w, _ := visit(t, p, "/connect/oauth2/authorize", q); w.Code != http.StatusForbidden {
		t.Errorf("a strange domain: HTTP %d", w.Code)
	}
	direct, err := p.LoginCode(0, "ben")
	must(t, err)
	if got := d.ok(d.get("/user/getuserinfo", "code", direct)); got["userid"] != "ben" {
		t.Errorf("identity %v", got)
	}
	d.refused(codeBadTicket, d.post("/auth/getuserdetail", body{"user_ticket": "x"}))
}

func TestTicketsAreRationedAndStayTheSame(t *testing.T) {
	p, v := start(t, nil)
	d := sit(t, p, 0)
	corp, agent := d.ok(d.get("/get_jsapi_ticket"))["ticket"], d.ok(d.get("/ticket/get", "type", "agent_config"))["ticket"]
	if corp == agent || d.ok(d.get("/get_jsapi_ticket"))["ticket"] != corp {
		t.Errorf("tickets %v, %v", corp, agent)
	}
	for range 99 {
		d.ok(d.get("/ticket/get", "type", "agent_config"))
	}
	d.refused(codeTooManyCalls, d.get("/ticket/get", "type", "agent_config"))
	v.Set(noon.Add(ticketLife))
	d.login()
	if d.ok(d.get("/get_jsapi_ticket"))["ticket"] == corp {
		t.Error("an expired ticket came back")
	}
}
