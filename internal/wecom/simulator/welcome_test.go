package simulator

import (
	"testing"
	"time"
)

var hello = body{"content": "hello"}

// newcomer connects wmzhao with ben and returns the welcome codes the apps
// received.
func newcomer(t *testing.T, p *Platform, boxes ...*inbox) []string {
	t.Helper()
	must(t, p.People().AddRelation(Friendship{UserID: "ben", ExternalUserID: "wmzhao"}))
	var codes []string
	for _, in := range boxes {
		code, _ := in.last(p)["WelcomeCode"].(string)
		codes = append(codes, code)
	}
	return codes
}

func TestAWelcomeReachesTheCustomerOnceWithinTwentySeconds(t *testing.T) {
	for _, test := range []struct {
		name  string
		after time.Duration
		want  int
	}{
		{"at once", 0, 0},
		{"after 20 s", welcomeLife, 0},
		{"after 21 s", welcomeLife + time.Second, codeBadWelcomeCode},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, v := start(t, nil)
			shop(t, p)
			in, d := listen(t, p, 0), sit(t, p, 0)
			code := newcomer(t, p, in)[0]
			v.Set(noon.Add(test.after))
			d.refused(test.want, d.post("send_welcome_msg", body{"welcome_code": code, "text": hello}))
			if test.want != 0 {
				return
			}
			d.refused(codeWelcomed, d.post("send_welcome_msg", body{"welcome_code": code, "text": hello}))
			all := p.Deliveries()
			if len(all) != 1 || all[0].Kind != KindWelcome || all[0].ExternalUserID != "wmzhao" || all[0].ContentHash != ContentHash("hello", nil) {
				t.Errorf("ledger: %+v", all)
			}
		})
	}
}

func TestOfSeveralAppsTheFirstOneWelcomes(t *testing.T) {
	p, v := start(t, func(c *Config) {
		c.Apps = []App{{Secret: "a"}, {Secret: "b"}}
		c.WelcomeTime = 2 * time.Second
	})
	shop(t, p)
	codes := newcomer(t, p, listen(t, p, 0), listen(t, p, 1))
	if codes[0] == codes[1] || codes[0] == "" || codes[1] == "" {
		t.Fatalf("codes %q: every app gets its own", codes)
	}
	a, b := sit(t, p, 0), sit(t, p, 1)
	b.refused(codeBadWelcomeCode, b.post("send_welcome_msg", body{"welcome_code": codes[0], "text": hello}))
	a.ok(a.post("send_welcome_msg", body{"welcome_code": codes[0], "text": hello}))
	b.refused(codeWelcomeUnderWay, b.post("send_welcome_msg", body{"welcome_code": codes[1], "text": hello}))
	v.Set(noon.Add(3 * time.Second))
	b.refused(codeWelcomed, b.post("send_welcome_msg", body{"welcome_code": codes[1], "text": hello}))
}

func TestNoWelcomeCodeIsIssuedWhenTheRulesWithholdIt(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Config)
		before func(*testing.T, *Platform, *desk, *inbox)
	}{
		"the console welcomes": {change: func(c *Config) { c.ConsoleWelcome = []string{"ben"} }},
		"they talked after a half add": {before: func(t *testing.T, p *Platform, _ *desk, _ *inbox) {
			must(t, p.People().HalfAdd(Friendship{UserID: "ben", ExternalUserID: "wmzhao"}))
			_, err := p.People().ChatMessage(Message{From: "wmzhao", To: "ben", Kind: "text", Length: 2})
			must(t, err)
		}},
		"the code of the half add was used": {before: func(t *testing.T, p *Platform, d *desk, in *inbox) {
			must(t, p.People().HalfAdd(Friendship{UserID: "ben", ExternalUserID: "wmzhao"}))
			d.ok(d.post("send_welcome_msg", body{"welcome_code": in.last(p)["WelcomeCode"], "text": hello}))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := start(t, test.change)
			shop(t, p)
			in, d := listen(t, p, 0), sit(t, p, 0)
			if test.before == nil {
				must(t, p.People().AddRelation(Friendship{UserID: "ben", ExternalUserID: "wmzhao"}))
			} else {
				test.before(t, p, d, in)
				must(t, p.People().ConfirmHalf("ben", "wmzhao"))
			}
			e := in.last(p)
			if e["ChangeType"] != "add_external_contact" || e["WelcomeCode"] != nil {
				t.Errorf("event %v", e)
			}
		})
	}
}

func TestColleaguesOfOtherCorpsGetNoWelcome(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	in := listen(t, p, 0)
	id, err := p.People().AddExternal(Profile{Type: ExternalWeCom, CorpName: "other"})
	must(t, err)
	must(t, p.People().AddRelation(Friendship{UserID: "ben", ExternalUserID: id}))
	if e := in.last(p); e["WelcomeCode"] != nil {
		t.Errorf("event %v", e)
	}
}

func TestAWelcomeIsRefusedOnceTheyChat(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	in, d := listen(t, p, 0), sit(t, p, 0)
	code := newcomer(t, p, in)[0]
	_, err := p.People().ChatMessage(Message{From: "ben", To: "wmzhao", Kind: "text", Length: 2})
	must(t, err)
	d.refused(codeWelcomed, d.post("send_welcome_msg", body{"welcome_code": code, "text": hello}))
	d.refused(codeNoWelcomeCode, d.post("send_welcome_msg", body{"text": hello}))
	if n := len(p.Deliveries()); n != 0 {
		t.Errorf("%d deliveries", n)
	}
}

func TestGroupWelcomeTemplatesBelongToTheirApp(t *testing.T) {
	p, _ := start(t, func(c *Config) { c.Apps = []App{{Secret: "a"}, {Secret: "b"}} })
	shop(t, p)
	a, b := sit(t, p, 0), sit(t, p, 1)
	a.refused(codeEmptyText, a.post("group_welcome_template/add", body{"text": body{}, "image": body{}}))
	id := a.ok(a.post("group_welcome_template/add", body{"text": body{"content": "hi %NICKNAME%"}, "agentid": 1000002}))["template_id"]
	b.refused(codeForeignTemplate, b.post("group_welcome_template/edit", body{"template_id": id, "text": hello}))
	a.ok(a.post("group_welcome_template/edit", body{"template_id": id, "text": hello}))
	if got := b.ok(b.post("group_welcome_template/get", body{"template_id": id})); got.at("text", "content") != "hello" {
		t.Errorf("template %v", got)
	}
	a.ok(a.post("group_welcome_template/del", body{"template_id": id}))
	a.refused(codeInvalidParameter, a.post("group_welcome_template/get", body{"template_id": id}))
	for range maxTemplates {
		a.ok(a.post("group_welcome_template/add", body{"text": hello}))
	}
	a.refused(codeTooManyTemplates, a.post("group_welcome_template/add", body{"text": hello}))
}
