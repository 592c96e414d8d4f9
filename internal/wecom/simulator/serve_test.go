package simulator

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/fault"
)

func TestAScriptSaysWhatIsWrongAndWhere(t *testing.T) {
	for _, test := range []struct{ script, want string }{
		{"\n# nothing\nat +10s dance anna\n", `script line 3: "dance" is no verb; expected one of`},
		{"at 10s add_member anna", `script line 1: "10s": a time after the start was expected`},
		{"at +10s", "script line 1: expected: at +DURATION VERB"},
		{"add_relation anna", "script line 1: expected: add_relation USERID EXTERNAL way=1 state="},
	} {
		_, err := ReadScript(strings.NewReader(test.script))
		if fault.CodeOf(err) != fault.Invalid || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q gives %v, want %s", test.script, err, test.want)
		}
	}
}

func TestAScriptLetsPeopleActInOrder(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	in := listen(t, p, 0)
	acts, err := ReadScript(strings.NewReader(`
		at +20s delete_by_customer carl wm001   # later
		at +10s add_relation carl wm001 way=1 state=counter
		add_department 2 name=south
		add_member dora department=2
		half_add dora wm002
		confirm_half dora wm002
		remark dora wm002 regular
		create_group wrgroup dora name=tea
		join_group wrgroup wm002 scene=3
		chat wm002 room=wrgroup text=hello
		chat wm002 dora kind=voice length=4
		rename_group wrgroup green
		change_owner wrgroup anna
		leave_group wrgroup wm002
		dismiss_group wrgroup
		create_tag taste green
		disable_member ben
		enable_member ben
		member_leaves ben
		expire_tokens`))
	must(t, err)
	for _, act := range acts {
		must(t, act.run(p))
	}
	if last := acts[len(acts)-1]; last.After != 20*time.Second || last.Line != 2 {
		t.Errorf("the last act is of line %d after %v", last.Line, last.After)
	}
	var changes []string
	for _, e := range in.all(p) {
		changes = append(changes, e["ChangeType"].(string))
	}
	for _, want := range []string{"create_party", "create_user", "add_half_external_contact", "add_external_contact", "edit_external_contact", "create", "update", "dismiss", "delete_user", "del_follow_user"} {
		if !slices.Contains(changes, want) {
			t.Errorf("no %s among %v", want, changes)
		}
	}
	err = Act{Line: 7, do: acts[len(acts)-1].do}.run(p)
	if err == nil || !strings.HasPrefix(err.Error(), "script line 7: ") {
		t.Errorf("an act that cannot happen gives %v", err)
	}
}

func TestAScriptConfirmsEverythingOrOneTask(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	first := d.send(body{"sender": "anna"})
	run := func(line string) {
		act, err := parseAct(strings.Fields(line))
		must(t, err)
		must(t, act.run(p))
	}
	d.send(body{"sender": "anna"})
	d.moment(body{})
	run("confirm anna " + first)
	if got := p.PendingTasks("anna"); len(got) != 1 {
		t.Errorf("after one: %v", got)
	}
	run("confirm anna")
	if got := append(p.PendingTasks("anna"), p.PendingMoments("anna")...); len(got) != 0 {
		t.Errorf("after all: %v", got)
	}
}

func TestEveryVerbIsDescribed(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	must(t, err)
	for name, v := range verbs() {
		if line := "\t" + strings.TrimSpace(name+" "+v.usage) + "\n"; !strings.Contains(string(doc), line) {
			t.Errorf("the package comment lacks %q", line)
		}
	}
}

func TestEveryVerbWantsItsArguments(t *testing.T) {
	for name, v := range verbs() {
		if v.args() == 0 {
			continue
		}
		if _, err := parseAct([]string{name}); err == nil || !strings.Contains(err.Error(), v.usage) {
			t.Errorf("%s without arguments gives %v", name, err)
		}
	}
}

func (d *desk) submit(path string, form url.Values) (int, string) {
	d.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	d.p.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestThePageConfirmsTasks(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	id := d.ok(d.post("add_msg_template", body{"sender": "anna", "text": body{"content": "<b>tea</b>"}}))["msgid"].(string)
	moment := d.moment(body{})["moment_id"].(string)
	home := func() string {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		return w.Body.String()
	}
	if page := home(); !strings.Contains(page, "&lt;b&gt;tea&lt;/b&gt;") || strings.Contains(page, "<b>tea") || strings.Count(page, "<button>") != 3 {
		t.Errorf("page %s", page)
	}
	if status, _ := d.submit("/simulator/confirm", url.Values{"userid": {"anna"}, "id": {id}, "page": {"1"}}); status != http.StatusSeeOther {
		t.Errorf("HTTP %d", status)
	}
	if status, _ := d.submit("/simulator/confirm", url.Values{"userid": {"ben"}, "id": {moment}}); status != http.StatusOK {
		t.Errorf("HTTP %d", status)
	}
	if status, text := d.submit("/simulator/confirm", url.Values{"userid": {"anna"}, "id": {id}}); status != http.StatusBadRequest || !strings.Contains(text, "already") {
		t.Errorf("HTTP %d %s", status, text)
	}
	if page := home(); strings.Count(page, "<button>") != 1 || !strings.Contains(page, "wmwang") {
		t.Errorf("page %s", page)
	}
	if n := len(p.Deliveries()); n != 3 {
		t.Errorf("%d deliveries", n)
	}
}

func TestTestersSteerTheSimulatorOverHTTP(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	for path, form := range map[string]url.Values{
		"/simulator/act": {"line": {"add_relation anna wmzhao"}}, "/simulator/lose?n=2": nil, "/simulator/drain": nil,
	} {
		if status, text := d.submit(path, form); status != http.StatusOK {
			t.Errorf("%s: HTTP %d %s", path, status, text)
		}
	}
	if status, _ := d.submit("/simulator/verify", nil); status != http.StatusBadRequest {
		t.Errorf("verifying without a callback: HTTP %d", status)
	}
	if status, _ := d.submit("/simulator/act", url.Values{"line": {"dance"}}); status != http.StatusBadRequest {
		t.Errorf("a made-up verb: HTTP %d", status)
	}
	r := httptest.NewRequest(http.MethodPost, "/simulator/faults", strings.NewReader(`{"duplicate":1}`))
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	if p.push.faults.Duplicate != 1 || p.push.loseNext != 2 {
		t.Errorf("faults %+v, %d to lose", p.push.faults, p.push.loseNext)
	}
	d.submit("/simulator/expire-tokens", nil)
	d.refused(codeTokenExpired, d.get("/getcallbackip"))
	var s State
	w = httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/simulator/state", nil))
	must(t, json.Unmarshal(w.Body.Bytes(), &s))
	if len(s.Relations) != 4 || s.Customers != 3 || len(s.Members) != 2 {
		t.Errorf("state %+v", s)
	}
	for _, path := range []string{"tasks", "deliveries", "staff-messages"} {
		w = httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/simulator/"+path, nil))
		if w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: HTTP %d %s", path, w.Code, w.Body)
		}
	}
}

func TestTheSimulatorStandsAlone(t *testing.T) {
	heard := make(chan string, 10)
	callback := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard <- r.URL.Query().Get("msg_signature") }))
	defer callback.Close()
	script := filepath.Join(t.TempDir(), "script")
	must(t, os.WriteFile(script, []byte("at +3h add_relation anna wm001\nat +3h delete_by_customer nobody wm001\n"), 0o600))
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	out, in := io.Pipe()
	ended, failures, ticks := make(chan error, 1), make(chan error, 10), make(chan time.Time, 100_000)
	go func() {
		ended <- Serve(ctx, ServeConfig{
			Config: Config{Apps: []App{{Callback: Callback{URL: callback.URL}}}},
			Script: script, Out: in, DaysPerSecond: 10,
			Populate: func(p *Platform) error { return p.People().AddDepartment(Department{ID: 2}) },
			EachTick: func(now time.Time) { ticks <- now },
			Report:   func(err error) { failures <- err },
		})
	}()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	must(t, err)
	var first map[string]any
	must(t, json.Unmarshal(line, &first))
	for _, name := range []string{"addr", "corp", "secret", "agent_id", "token", "aes_key"} {
		if first[name] == nil || first[name] == "" {
			t.Errorf("the first line lacks %s: %s", name, line)
		}
	}
	call := func(path string) map[string]any {
		resp, err := http.Get("http://" + first["addr"].(string) + "/cgi-bin/" + path)
		must(t, err)
		defer resp.Body.Close()
		var answer map[string]any
		must(t, json.NewDecoder(resp.Body).Decode(&answer))
		return answer
	}
	token := call("gettoken?corpid=" + first["corp"].(string) + "&corpsecret=" + first["secret"].(string))["access_token"].(string)
	if got := <-failures; !strings.Contains(got.Error(), "script line 2") {
		t.Errorf("reported %v", got)
	}
	for range 3 { // department, member, relation
		select {
		case <-heard:
		case <-ctx.Done():
			t.Fatal("the callback heard too little")
		}
	}
	// The platform's time has passed the life of a token; the client's has not.
	if answer := call("externalcontact/get_follow_user_list?access_token=" + token); answer["errcode"] != float64(0) {
		t.Errorf("a fresh token answers %v", answer)
	}
	stop()
	must(t, <-ended)
	if begun, now := <-ticks, <-ticks; !now.After(begun) {
		t.Errorf("time stands still at %v", now)
	}
}

func TestABrokenScriptOrAddressKeepsTheSimulatorFromStarting(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	must(t, os.WriteFile(script, []byte("dance"), 0o600))
	for name, cfg := range map[string]ServeConfig{
		"script":      {Script: script},
		"no script":   {Script: script + "x"},
		"address":     {Addr: "nowhere:x"},
		"credentials": {Config: Config{Apps: []App{{Callback: Callback{AESKey: "short"}}}}},
	} {
		cfg.Out = io.Discard
		if err := Serve(context.Background(), cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
