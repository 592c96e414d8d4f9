package simulator

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestATokenStaysTheSameUntilItExpires(t *testing.T) {
	p, v := start(t, nil)
	d := sit(t, p, 0)
	first := d.token
	v.Set(noon.Add(tokenLife - time.Second))
	d.login()
	if d.token != first {
		t.Error("a second gettoken gave another token although the first one is valid")
	}
	v.Set(noon.Add(tokenLife))
	d.refused(codeTokenExpired, d.get("/getcallbackip"))
	d.login()
	d.ok(d.get("/getcallbackip"))
}

func TestWrongTokensAreRefused(t *testing.T) {
	p, _ := start(t, nil)
	d := sit(t, p, 0)
	c := p.Credentials(0)
	for _, test := range []struct {
		name, query string
		want        int
	}{
		{"no corp", "corpsecret=x", codeNoCorp},
		{"no secret", "corpid=x", codeNoSecret},
		{"wrong corp", "corpid=wwx&corpsecret=" + c.Secret, codeBadCorp},
		{"wrong secret", "corpid=" + c.Corp + "&corpsecret=x", codeBadSecret},
	} {
		t.Run(test.name, func(t *testing.T) {
			d.t = t
			d.refused(test.want, d.raw(http.MethodGet, "/cgi-bin/gettoken?"+test.query, nil, ""))
		})
	}
	d.t = t
	p.ExpireTokens()
	d.refused(codeTokenExpired, d.get("/getcallbackip"))
	d.token = "made up"
	d.refused(codeBadToken, d.get("/getcallbackip"))
	d.token = ""
	d.refused(codeNoToken, d.get("/getcallbackip"))
}

func TestFaultyTokenCallsLockTheAddressForAnHour(t *testing.T) {
	p, v := start(t, func(c *Config) { c.Limits.Faulty = 3 })
	d := sit(t, p, 0)
	wrong := "/cgi-bin/gettoken?corpid=wwx&corpsecret=x"
	for range 3 {
		d.refused(codeBadCorp, d.raw(http.MethodGet, wrong, nil, ""))
	}
	d.raw(http.MethodGet, wrong, nil, "")
	d.refused(codeTooManyCalls, d.raw(http.MethodGet, wrong, nil, ""))
	v.Set(noon.Add(time.Hour + time.Minute))
	d.refused(codeBadCorp, d.raw(http.MethodGet, wrong, nil, ""))
}

func TestAnAppMayOnlyMakeCallsOfItsRights(t *testing.T) {
	p, _ := start(t, func(c *Config) {
		c.Apps = []App{{Secret: "all"}, {Secret: "contacts", Rights: []Right{RightContacts}}}
	})
	d := sit(t, p, 1)
	d.ok(d.get("/department/list"))
	d.refused(codeNoRight, d.get("get_follow_user_list"))
	d.refused(codeNoRight, d.post("/message/send", body{}))
	d.refused(codeNoRight, d.post("/msgaudit/get_permit_user_list", body{}))
	d.refused(codeNoRight, d.post("customer_acquisition/list_link", body{}))
}

func TestAStrangeAddressIsRefusedWhenTheCorpTrustsOthers(t *testing.T) {
	p, _ := start(t, func(c *Config) { c.IPs = []string{"10.0.0.1"} })
	d := sit(t, p, 0)
	got := d.get("/getcallbackip")
	d.refused(codeForbiddenIP, got)
	if !strings.Contains(got["errmsg"].(string), "from ip: 127.0.0.1") {
		t.Errorf("errmsg %q does not name the address", got["errmsg"])
	}
}

func TestErrorsLookLikeThePlatforms(t *testing.T) {
	p, _ := start(t, nil)
	d := sit(t, p, 0)
	got := d.raw(http.MethodPost, "/cgi-bin/externalcontact/list?access_token="+d.token, nil, "")
	d.refused(codeNeedGet, got)
	for _, part := range []string{"hint: [", "from ip: ", "more info at https://open.work.weixin.qq.com/devtool/query?e=43001"} {
		if !strings.Contains(got["errmsg"].(string), part) {
			t.Errorf("errmsg %q lacks %q", got["errmsg"], part)
		}
	}
	again := d.raw(http.MethodPost, "/cgi-bin/externalcontact/list?access_token="+d.token, nil, "")
	if again["errmsg"] == got["errmsg"] {
		t.Error("two error texts are equal, so somebody could branch on them")
	}
	d.refused(codeNeedPost, d.get("mark_tag"))
	bad := d.raw(http.MethodPost, "/cgi-bin/externalcontact/mark_tag?access_token="+d.token, []byte(`{"userid":`), "")
	if !strings.Contains(bad["errmsg"].(string), "Warning: wrong json format.") {
		t.Errorf("malformed JSON answers %q", bad["errmsg"])
	}
}

func TestTooManyCallsAreBlockedForAMinute(t *testing.T) {
	p, v := start(t, func(c *Config) { c.Limits.PerAPI = map[string]int{contactPath + "get_follow_user_list": 2} })
	d := sit(t, p, 0)
	d.ok(d.get("get_follow_user_list"))
	d.ok(d.get("get_follow_user_list"))
	d.refused(codeTooManyCalls, d.get("get_follow_user_list"))
	d.ok(d.get("/department/list"))
	v.Set(noon.Add(59 * time.Second))
	d.refused(codeTooManyCalls, d.get("get_follow_user_list"))
	v.Set(noon.Add(2 * time.Minute))
	d.ok(d.get("get_follow_user_list"))
	p.SetLimits(Limits{PerHour: 1})
	d.ok(d.get("get_follow_user_list"))
	v.Set(noon.Add(20 * time.Minute))
	d.refused(codeTooManyCalls, d.get("get_follow_user_list"))
	v.Set(noon.Add(50 * time.Minute))
	d.refused(codeTooManyCalls, d.get("get_follow_user_list"))
}

func TestDebugCallsAreRationed(t *testing.T) {
	p, _ := start(t, nil)
	d := sit(t, p, 0)
	for range debugPerMinute {
		d.ok(d.get("get_follow_user_list", "debug", "1"))
	}
	d.refused(codeTooManyCalls, d.get("get_follow_user_list", "debug", "1"))
	d.ok(d.get("get_follow_user_list"))
}

func TestTooManyCallsAtOnceAreRefused(t *testing.T) {
	p, _ := start(t, func(c *Config) { c.Limits.Parallel = 1 })
	d := sit(t, p, 0)
	if !p.gate.enter() {
		t.Fatal("the first call was refused")
	}
	d.refused(codeTooManyAtOnce, d.get("get_follow_user_list"))
	p.gate.leave()
	d.ok(d.get("get_follow_user_list"))
}
