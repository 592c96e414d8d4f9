package simulator

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestFilesLiveThreeDaysAndPicturesForEver(t *testing.T) {
	p, v := start(t, nil)
	shop(t, p)
	p.SetPublicURL("http://sim")
	d := sit(t, p, 0)
	up := d.ok(d.upload("/media/upload?type=image"))
	if _, ok := up["created_at"].(string); !ok {
		t.Errorf("created_at is %v, a text was expected", up["created_at"])
	}
	picture := d.ok(d.upload("/media/uploadimg"))["url"].(string)
	fetch := func(target string) (int, string) {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		return w.Code, w.Body.String()
	}
	media := "/cgi-bin/media/get?access_token=" + d.token + "&media_id=" + up["media_id"].(string)
	if _, got := fetch(media); got != "a picture of tea" {
		t.Errorf("file %q", got)
	}
	v.Set(noon.Add(mediaLife + time.Second))
	d.login()
	d.refused(codeBadMediaID, d.get("/media/get", "media_id", up["media_id"].(string)))
	if status, got := fetch(strings.TrimPrefix(picture, "http://sim")); status != http.StatusOK || got != "a picture of tea" {
		t.Errorf("picture: HTTP %d %q", status, got)
	}
	d.refused(codeNoMediaID, d.get("/media/get"))
	d.refused(codeBadMediaType, d.upload("/media/upload?type=poem"))
	d.refused(codeBadParameter, d.upload("/media/upload_attachment?media_type=image"))
	d.refused(codeEmptyFile, d.post("/media/uploadimg", body{}))
}

func TestAFileCanBeReadInParts(t *testing.T) {
	p, _ := start(t, nil)
	d := sit(t, p, 0)
	id := d.ok(d.upload("/media/upload?type=file"))["media_id"].(string)
	r := httptest.NewRequest(http.MethodGet, "/cgi-bin/media/get?access_token="+d.token+"&media_id="+id, nil)
	r.Header.Set("Range", "bytes=2-8")
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	if w.Code != http.StatusPartialContent || w.Body.String() != "picture" {
		t.Errorf("HTTP %d %q", w.Code, w.Body)
	}
}

func TestTheAddressOfACodeScansIt(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	chat := teaGroup(t, p)
	way := d.ok(d.post("add_contact_way", body{"type": 1, "scene": 2, "user": []string{"ben"}}))
	room := d.ok(d.post("groupchat/add_join_way", body{"scene": 2, "chat_id_list": []string{chat}}))["config_id"].(string)
	for _, path := range []string{way["qr_code"].(string), d.ok(d.post("groupchat/get_join_way", body{"config_id": room})).at("join_way", "qr_code").(string)} {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<button>") {
			t.Errorf("%s: HTTP %d", path, w.Code)
		}
	}
	for _, id := range []string{way["config_id"].(string), room} {
		if status, text := d.submit("/simulator/scan", url.Values{"id": {id}}); status != http.StatusOK {
			t.Errorf("HTTP %d %s", status, text)
		}
	}
	if n, in := len(p.Relations()), len(p.Groups()[0].Members); n != 4 || in != 2 {
		t.Errorf("%d relations and %d people in the group, want 4 and 2", n, in)
	}
	if status, _ := d.submit("/simulator/scan", url.Values{"id": {"x"}}); status != http.StatusBadRequest {
		t.Errorf("a made-up code: HTTP %d", status)
	}
}

func TestFilesCanBeTakenFromAnAddress(t *testing.T) {
	p, _ := start(t, nil)
	d := sit(t, p, 0)
	d.refused(codeInvalidParameter, d.post("/media/upload_by_url", body{"scene": 2}))
	job := d.ok(d.post("/media/upload_by_url", body{"scene": 1, "type": "file", "filename": "a.pdf", "url": "https://example.com/a.pdf", "md5": "x"}))["jobid"]
	got := d.ok(d.post("/media/get_upload_by_url_result", body{"jobid": job}))
	if got["status"] != float64(2) || got.at("detail", "media_id") == "" {
		t.Errorf("result %v", got)
	}
	d.refused(codeNoSuchJob, d.post("/media/get_upload_by_url_result", body{"jobid": "x"}))
}

func TestProductsAreKeptByTheirApp(t *testing.T) {
	p, _ := start(t, func(c *Config) { c.Apps = []App{{Secret: "a"}, {Secret: "b"}} })
	d, other := sit(t, p, 0), sit(t, p, 1)
	media := d.ok(d.upload("/media/upload_attachment?media_type=image&attachment_type=2"))["media_id"]
	images := []body{{"type": "image", "image": body{"media_id": media}}}
	for _, test := range []struct {
		name string
		q    body
		want int
	}{
		{"no text", body{"price": 1, "attachments": images}, codeProductTextLength},
		{"no price", body{"description": "tea", "attachments": images}, codeBadPrice},
		{"dear", body{"description": "tea", "price": 5_000_001, "attachments": images}, codeBadPrice},
		{"bad code", body{"description": "tea", "price": 1, "product_sn": "a-b", "attachments": images}, codeBadProductCode},
		{"no picture", body{"description": "tea", "price": 1}, codeNoAttachments},
	} {
		t.Run(test.name, func(t *testing.T) {
			d.t = t
			d.refused(test.want, d.post("add_product_album", test.q))
		})
	}
	d.t = t
	id := d.ok(d.post("add_product_album", body{"description": "tea", "price": 3000, "product_sn": "T1", "attachments": images}))["product_id"]
	d.ok(d.post("update_product_album", body{"product_id": id, "price": 3500}))
	got := d.ok(d.post("get_product_album", body{"product_id": id}))
	if got.at("product", "price") != float64(3500) || got.at("product", "description") != "tea" {
		t.Errorf("product %v", got)
	}
	other.refused(codeNotYours, other.post("delete_product_album", body{"product_id": id}))
	d.ok(d.post("delete_product_album", body{"product_id": id}))
	if got := d.ok(d.post("get_product_album_list", body{})).list("product_list"); len(got) != 0 {
		t.Errorf("products %v", got)
	}
	d.refused(codeBadProductID, d.post("get_product_album", body{"product_id": id}))
}

func TestSensitiveWordsAreKept(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	rule := body{"rule_name": "words", "word_list": []string{"cheap"}, "intercept_type": 1, "applicable_range": body{"user_list": []string{"anna"}}}
	id := d.ok(d.post("add_intercept_rule", rule))["rule_id"]
	d.refused(codeRuleNameTaken, d.post("add_intercept_rule", rule))
	d.refused(codeBadWord, d.post("add_intercept_rule", body{"rule_name": "b", "word_list": []string{""}, "intercept_type": 1, "applicable_range": body{"user_list": []string{"anna"}}}))
	d.refused(codeRuleRange, d.post("add_intercept_rule", body{"rule_name": "b", "word_list": []string{"x"}, "intercept_type": 1}))
	d.ok(d.post("update_intercept_rule", body{
		"rule_id": id, "extra_rule": body{"semantics_list": []int{1, 3}},
		"add_applicable_range": body{"user_list": []string{"ben"}}, "remove_applicable_range": body{"user_list": []string{"anna"}},
	}))
	got := d.ok(d.post("get_intercept_rule", body{"rule_id": id}))
	users := got.at("rule", "applicable_range", "user_list").([]any)
	if len(users) != 1 || users[0] != "ben" || len(got.at("rule", "extra_rule", "semantics_list").([]any)) != 2 {
		t.Errorf("rule %v", got)
	}
	if got := d.ok(d.get("get_intercept_rule_list")).list("rule_list"); len(got) != 1 {
		t.Errorf("rules %v", got)
	}
	d.ok(d.post("del_intercept_rule", body{"rule_id": id}))
	d.refused(codeBadRuleID, d.post("get_intercept_rule", body{"rule_id": id}))
}

func TestAContactWayBringsItsStateAndDiesWhenTemporary(t *testing.T) {
	p, v := start(t, nil)
	shop(t, p)
	in, d := listen(t, p, 0), sit(t, p, 0)
	way := d.ok(d.post("add_contact_way", body{"type": 2, "scene": 2, "party": []int{1}, "state": "door"}))["config_id"].(string)
	who, err := p.People().ScanContactWay("wmzhao", way)
	must(t, err)
	if e := in.last(p); e["State"] != "door" || e["UserID"] != who {
		t.Errorf("event %v, %s was added", e, who)
	}
	strict := d.ok(d.post("add_contact_way", body{"type": 1, "scene": 2, "user": []string{"ben"}, "skip_verify": false}))["config_id"].(string)
	must(t, p.People().DeleteByCustomer("anna", "wmwang"))
	before := len(in.all(p))
	_, err = p.People().ScanContactWay("wmwang", strict)
	must(t, err)
	if n := len(in.all(p)); n != before {
		t.Error("a request that waits for the member was announced")
	}
	must(t, p.People().ConfirmHalf("ben", "wmwang"))
	if e := in.last(p); e["ChangeType"] != "add_external_contact" || e["UserID"] != "ben" {
		t.Errorf("event %v", e)
	}
	brief := d.ok(d.post("add_contact_way", body{"type": 1, "scene": 2, "user": []string{"anna"}, "is_temp": true, "state": "once"}))["config_id"].(string)
	_, err = p.People().ScanContactWay("wmwang", brief)
	must(t, err)
	d.ok(d.post("close_temp_chat", body{"userid": "anna", "external_userid": "wmwang"}))
	d.refused(codeInvalidParameter, d.post("close_temp_chat", body{"userid": "ben", "external_userid": "wmli"}))
	if _, err := p.People().ScanContactWay("wmzhao", brief); err == nil {
		t.Error("a temporary code worked twice")
	}
	v.Set(noon.Add(time.Minute))
	if got := d.ok(d.post("list_contact_way", body{})).list("contact_way"); len(got) != 2 {
		t.Errorf("ways %v: temporary ones are not listed", got)
	}
	d.ok(d.post("update_contact_way", body{"config_id": way, "state": "gate"}))
	if got := d.ok(d.post("get_contact_way", body{"config_id": way})); got.at("contact_way", "state") != "gate" || got.at("contact_way", "type") != float64(2) {
		t.Errorf("way %v", got)
	}
}

func TestAcquisitionLinksUseUpTheirQuota(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	d.refused(codeEmptyParameter, d.post("customer_acquisition/create_link", body{}))
	link := d.ok(d.post("customer_acquisition/create_link", body{"link_name": "ad", "range": body{"user_list": []string{"ben"}}})).at("link", "link_id").(string)
	p.links.balance = lowBalance
	in := listen(t, p, 0)
	people := crowd(t, p, lowBalance+1)
	for _, id := range people[:lowBalance] {
		_, err := p.People().ClickAcquisitionLink(id, link, "poster")
		must(t, err)
	}
	if _, err := p.People().ClickAcquisitionLink(people[lowBalance], link, ""); err == nil {
		t.Error("a link without quota worked")
	}
	must(t, p.People().BuyAcquisitions(5))
	_, err := p.People().ChatMessage(Message{From: people[0], To: "ben", Kind: "text", Length: 2})
	must(t, err)
	kinds := map[string]int{}
	for _, e := range in.all(p) {
		kinds[e["ChangeType"].(string)]++
	}
	for kind, want := range map[string]int{
		"add_external_contact": lowBalance, "friend_request": lowBalance, "balance_low": 1, "balance_exhausted": 1,
		"link_unavailable": 1, "balance_increased": 1, "customer_start_chat": 1,
	} {
		if kinds[kind] != want {
			t.Errorf("%s came %d times, want %d", kind, kinds[kind], want)
		}
	}
	rows := d.ok(d.post("customer_acquisition/customer", body{"link_id": link})).list("customer_list")
	if first := rows[0].(map[string]any); len(rows) != lowBalance || first["chat_status"] != float64(1) || first["state"] != "poster" {
		t.Errorf("customers %v", rows)
	}
	counts := d.ok(d.post("customer_acquisition/statistic", body{"link_id": link, "start_time": noon.Unix(), "end_time": noon.Unix()}))
	if counts["click_link_customer_cnt"] != float64(lowBalance+1) || counts["new_customer_cnt"] != float64(lowBalance) {
		t.Errorf("statistic %v", counts)
	}
	if got := d.ok(d.get("customer_acquisition_quota")); got["balance"] != float64(5) || len(got.list("quota_list")) != 1 {
		t.Errorf("quota %v", got)
	}
	key, err := p.ChatKey(link, people[0], 3)
	must(t, err)
	if got := d.ok(d.post("customer_acquisition/get_chat_info", body{"chat_key": key})); got.at("chat_info", "link_id") != link {
		t.Errorf("chat info %v", got)
	}
	d.ok(d.post("customer_acquisition/update_link", body{"link_id": link, "link_name": "new ad"}))
	if got := d.ok(d.post("customer_acquisition/get", body{"link_id": link})); got.at("link", "link_name") != "new ad" || got.at("link", "skip_verify") != true {
		t.Errorf("link %v", got)
	}
	must(t, p.People().DeleteAcquisitionLink(link))
	if e := in.last(p); e["ChangeType"] != "delete_link" || e["LinkId"] != link {
		t.Errorf("event %v", e)
	}
	if got := d.ok(d.post("customer_acquisition/list_link", body{})).list("link_id_list"); len(got) != 0 {
		t.Errorf("links %v", got)
	}
}

func TestRuleGroupsNestFiveDeep(t *testing.T) {
	p, _ := start(t, nil)
	d := sit(t, p, 0)
	parent := float64(0)
	for range maxRuleDepth {
		parent = d.ok(d.post("customer_strategy/create", body{"strategy_name": "north", "parent_id": parent, "range": []body{{"type": 2, "partyid": 1}}}))["strategy_id"].(float64)
	}
	d.refused(codeInvalidParameter, d.post("customer_strategy/create", body{"strategy_name": "deeper", "parent_id": parent}))
	d.ok(d.post("customer_strategy/edit", body{"strategy_id": parent, "range_add": []body{{"type": 1, "userid": "anna"}}, "range_del": []body{{"type": 2, "partyid": 1}}}))
	if got := d.ok(d.post("customer_strategy/get_range", body{"strategy_id": parent})).list("range"); len(got) != 1 || got[0].(map[string]any)["userid"] != "anna" {
		t.Errorf("range %v", got)
	}
	made := d.ok(d.post("add_strategy_tag", body{"strategy_id": 1, "group_name": "g", "tag": []body{{"name": "a"}}}))
	if made.at("tag_group", "strategy_id") != float64(1) {
		t.Errorf("rule tag %v", made)
	}
	if got := d.ok(d.post("get_corp_tag_list", body{})).list("tag_group"); len(got) != 0 {
		t.Errorf("corp tags hold rule tags: %v", got)
	}
	if got := d.ok(d.post("get_strategy_tag_list", body{"strategy_id": 1})).list("tag_group"); len(got) != 1 {
		t.Errorf("rule tags %v", got)
	}
	d.refused(codeInvalidParameter, d.post("moment_strategy/get", body{"strategy_id": 1}))
	d.ok(d.post("customer_strategy/del", body{"strategy_id": parent}))
	if got := d.ok(d.post("customer_strategy/list", body{})).list("strategy"); len(got) != maxRuleDepth-1 {
		t.Errorf("rule groups %v", got)
	}
}
