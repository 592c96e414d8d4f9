package simulator

import (
	"testing"
	"time"
)

func TestEveryKindOfMessageHasItsBody(t *testing.T) {
	p, _ := start(t, func(c *Config) { c.Archive = Archive{On: true, Keep: -1} })
	shop(t, p)
	for _, kind := range archiveKinds() {
		_, err := p.Past(noon.AddDate(-1, 0, 0)).ChatMessage(Message{From: "wmwang", To: "anna", Kind: kind, Length: 3, ReplyTo: 1})
		must(t, err)
	}
	rows := archive(t, p, "seq=0")
	if len(rows) != len(archiveKinds()) {
		t.Fatalf("%d rows of %d: an archive that keeps everything lost some", len(rows), len(archiveKinds()))
	}
	field := map[string]string{
		"text": "content", "markdown": "content", "image": "filesize", "voice": "play_length", "video": "play_length",
		"emotion": "imagesize", "file": "fileext", "link": "link_url", "weapp": "displayname", "location": "longitude",
		"card": "userid", "revoke": "pre_msgid", "agree": "agree_time", "disagree": "agree_time",
	}
	for _, row := range rows {
		kind := row["msgtype"].(string)
		b, ok := row[bodyName(kind)].(map[string]any)
		if name := field[kind]; !ok || (name != "" && b[name] == nil) {
			t.Errorf("%s: body %v lacks %q", kind, b, name)
		}
		action := "send"
		if kind == "revoke" {
			action = "recall"
		}
		if row["action"] != action {
			t.Errorf("%s: action %v", kind, row["action"])
		}
	}
}

func TestAMessageBetweenStrangersIsRefused(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	chat := teaGroup(t, p, "wmwang")
	for name, m := range map[string]Message{
		"two customers":      {From: "wmwang", To: "wmli"},
		"two members":        {From: "anna", To: "ben"},
		"never met":          {From: "ben", To: "wmwang"},
		"nobody":             {From: "nobody", To: "anna"},
		"to nobody":          {From: "anna", To: "nobody"},
		"no group":           {From: "anna", Room: "wrx"},
		"not in the group":   {From: "wmli", Room: chat},
		"no kind of message": {From: "anna", To: "wmwang", Kind: "smell"},
	} {
		m.Kind = orElse(m.Kind, "text")
		if _, err := p.People().ChatMessage(m); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCallsTakeTheirTime(t *testing.T) {
	p, _ := start(t, nil)
	d := sit(t, p, 0)
	p.SetLimits(Limits{Latency: 5 * time.Millisecond})
	begun := time.Now()
	d.ok(d.get("/getcallbackip"))
	if took := time.Since(begun); took < 5*time.Millisecond {
		t.Errorf("a call took %v", took)
	}
}

func TestAnAdministratorCanChangeTheQuota(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	p.SetQuota(QuotaDaily)
	d := sit(t, p, 0)
	for _, want := range []int{SendDone, SendOverQuota} {
		id := d.send(body{"external_userid": []string{"wmwang"}})
		must(t, p.People().ConfirmTask("anna", id))
		if got := d.results(id, "anna")["wmwang"]; got != want {
			t.Errorf("status %d, want %d", got, want)
		}
	}
}

func TestTagGroupsAreEditedAndAskedForByID(t *testing.T) {
	p, _ := start(t, func(c *Config) { c.Apps = []App{{Secret: "a"}, {Secret: "b"}} })
	d, other := sit(t, p, 0), sit(t, p, 1)
	made := d.ok(d.post("add_corp_tag", body{"group_name": "taste", "tag": []body{{"name": "green"}}}))
	group, tag := made.at("tag_group", "group_id").(string), made.at("tag_group", "tag", 0, "id").(string)
	again := d.ok(d.post("add_corp_tag", body{"group_id": group, "tag": []body{{"name": "green"}, {"name": "black"}}}))
	if again.at("tag_group", "tag", 0, "id") != tag {
		t.Errorf("a tag of the same name was made twice: %v", again)
	}
	other.refused(codeNotYours, other.post("add_corp_tag", body{"group_id": group, "tag": []body{{"name": "x"}}}))
	other.refused(codeNotYours, other.post("edit_corp_tag", body{"id": group, "name": "x"}))
	d.ok(d.post("edit_corp_tag", body{"id": group, "name": "flavour", "order": 9}))
	d.ok(d.post("edit_corp_tag", body{"id": tag, "order": 3}))
	d.refused(codeBadTag, d.post("edit_corp_tag", body{"id": "etx", "name": "x"}))
	d.refused(codeBadTag, d.post("add_corp_tag", body{"group_id": "etx", "tag": []body{{"name": "x"}}}))
	d.refused(codeNoTagID, d.post("del_corp_tag", body{}))
	one := d.ok(d.post("get_corp_tag_list", body{"tag_id": []string{tag}}))
	if one.at("tag_group", 0, "group_name") != "flavour" || len(one.at("tag_group", 0, "tag").([]any)) != 1 {
		t.Errorf("one tag: %v", one)
	}
	if got := d.ok(d.post("get_corp_tag_list", body{"group_id": []string{group}, "tag_id": []string{tag}})); len(got.at("tag_group", 0, "tag").([]any)) != 2 {
		t.Errorf("the whole group: %v", got)
	}
	d.ok(d.post("del_corp_tag", body{"group_id": []string{group}}))
	if got := d.ok(d.post("get_corp_tag_list", body{})).list("tag_group"); len(got) != 0 {
		t.Errorf("groups %v", got)
	}
}
