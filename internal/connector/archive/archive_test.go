package archive_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/connector/archive"
	"siyu/internal/connector/intake"
	"siyu/internal/connector/intake/intaketest"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/vault"
	"siyu/internal/wecom"
	"siyu/internal/wecom/simulator"
)

var noon = time.Date(2026, time.May, 15, 12, 0, 0, 0, clock.Shanghai)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type exporter struct {
	platform *simulator.Platform
	clock    *clock.Virtual
	memory   *intaketest.Memory
	archive  *archive.Archive
	corp     id.Corp
}

func open(t testing.TB, texts bool) *exporter {
	t.Helper()
	now := clock.NewVirtual(noon)
	platform, err := simulator.New(simulator.Config{Clock: now, Archive: simulator.Archive{On: true, Keep: -1}})
	must(t, err)
	server := httptest.NewServer(platform)
	t.Cleanup(func() { platform.Close(); server.Close() })
	e := &exporter{platform: platform, clock: now, memory: intaketest.New(), corp: id.Corp(platform.Credentials(0).Corp)}
	in := e.memory.Intake(e.corp, now)
	e.archive, err = archive.New(archive.Config{URL: server.URL + "/simulator/archive", Intake: in, Texts: texts})
	must(t, err)
	past := platform.Past(noon.AddDate(0, -1, 0))
	for _, name := range []string{"anna", "womba"} { // a member may be called like a customer
		must(t, past.AddMember(simulator.Member{UserID: name}))
		batch := in.Begin(event.FromBackfill)
		must(t, batch.Staff(t.Context(), wecom.Member{UserID: name}, true, noon))
		_, err := batch.Commit(t.Context())
		must(t, err)
	}
	_, err = past.AddExternal(simulator.Profile{ExternalUserID: "wmwang"})
	must(t, err)
	for _, name := range []string{"anna", "womba"} {
		must(t, past.AddRelation(simulator.Friendship{UserID: name, ExternalUserID: "wmwang"}))
	}
	return e
}

func (e *exporter) say(t testing.TB, m simulator.Message) {
	t.Helper()
	_, err := e.platform.Past(noon.AddDate(0, 0, -1)).ChatMessage(m)
	must(t, err)
}

func (e *exporter) messages(t testing.TB) (list []event.MessageExchanged) {
	t.Helper()
	for _, f := range e.memory.Facts(0) {
		if f.Kind != event.KindMessageExchanged {
			continue
		}
		body, err := event.Read[event.MessageExchanged](f)
		must(t, err)
		if f.Subject != event.Customer(id.CustomerOf(e.corp, "wmwang")) || f.Source != event.FromArchive || !f.At.Equal(noon.AddDate(0, 0, -1)) {
			t.Errorf("fact %+v", f)
		}
		list = append(list, body)
	}
	return list
}

func TestMessagesBecomeFactsWithoutTheirTexts(t *testing.T) {
	e := open(t, true)
	chat, err := e.platform.Past(noon.AddDate(0, -1, 0)).CreateGroup(simulator.NewGroup{Name: "tea", Owner: "anna", Members: []string{"wmwang"}})
	must(t, err)
	e.say(t, simulator.Message{From: "wmwang", To: "anna", Kind: "text", Text: "好喝吗"})
	e.say(t, simulator.Message{From: "anna", To: "wmwang", Kind: "image", Length: 5000})
	e.say(t, simulator.Message{From: "womba", To: "wmwang", Kind: "text", Text: "hello\x01there"})
	e.say(t, simulator.Message{From: "wmwang", Room: chat, Kind: "text", Text: "hi all"})
	e.say(t, simulator.Message{From: "anna", Room: chat, Kind: "text", Text: "about no customer"})
	pulled, err := e.archive.Pull(t.Context())
	must(t, err)
	if pulled.Messages != 5 || pulled.Facts != 4 || pulled.Missed != 0 || pulled.Broken != 0 {
		t.Errorf("pulled %+v", pulled)
	}
	anna, womba := id.StaffOf(e.corp, "anna"), id.StaffOf(e.corp, "womba")
	want := []event.MessageExchanged{
		{Staff: anna, Inbound: true, Form: "text", Length: 3}, {Staff: anna, Form: "image"},
		{Staff: womba, Form: "text", Length: 11}, {Group: id.GroupOf(e.corp, chat), Inbound: true, Form: "text", Length: 6},
	}
	got := e.messages(t)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("facts %+v\nwant %+v", got, want)
	}
	for _, f := range e.memory.Facts(0) {
		if strings.Contains(string(f.Body), "好") || strings.Contains(string(f.Body), "hi all") {
			t.Errorf("a fact holds a text: %s", f.Body)
		}
	}
	if again, err := e.archive.Pull(t.Context()); err != nil || again.Messages != 0 || len(e.messages(t)) != 4 {
		t.Errorf("again %+v, %v", again, err)
	}
}

func TestTextsAreKeptOnlyIfWanted(t *testing.T) {
	for _, keep := range []bool{true, false} {
		e := open(t, keep)
		e.say(t, simulator.Message{From: "wmwang", To: "anna", Kind: "text", Text: "secret wish"})
		_, err := e.archive.Pull(t.Context())
		must(t, err)
		kept := e.memory.Texts(vault.Message)
		if keep && (len(kept) != 1 || kept[0] != "secret wish") || !keep && len(kept) != 0 {
			t.Errorf("keep %v: %q", keep, kept)
		}
	}
}

func TestAPullOfManyPagesContinuesAndStaysExact(t *testing.T) {
	e := open(t, false)
	for range 2500 {
		e.say(t, simulator.Message{From: "wmwang", To: "anna", Kind: "voice", Length: 7})
	}
	n := 0
	e.memory.Fail = func(what string) error {
		if n++; what == "ledger" && n < 8 {
			return fmt.Errorf("disk full")
		}
		return nil
	}
	for tries := 0; ; tries++ {
		if _, err := e.archive.Pull(t.Context()); err == nil {
			break
		}
		if tries > 20 {
			t.Fatal("never ends")
		}
	}
	if got := len(e.messages(t)); got != 2500 {
		t.Errorf("%d of 2500 messages", got)
	}
}

func TestABrokenExporterIsSaidWithoutItsAddress(t *testing.T) {
	const key = "CANARY"
	for name, answer := range map[string]http.HandlerFunc{
		"status": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"break":  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		server := httptest.NewServer(answer)
		server.Config.ErrorLog = nil
		a, err := archive.New(archive.Config{URL: server.URL + "/?key=" + key, Intake: &intake.Intake{Corp: "ww1", Ledger: intaketest.New()}})
		must(t, err)
		_, err = a.Pull(t.Context())
		if err == nil || strings.Contains(err.Error(), key) || strings.Contains(fmt.Sprint(a), key) {
			t.Errorf("%s: %v", name, err)
		}
		server.Close()
	}
	if _, err := archive.New(archive.Config{URL: "not an address"}); err == nil {
		t.Error("any address is accepted")
	}
}

func TestALineThatIsNoMessageDoesNotStopTheOthers(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("seq") == "0" {
			fmt.Fprintln(w, `{"seq":3,"msgid":"a","action":"send","from":"wmwang","tolist":["anna"],"msgtime":1700000000000,"msgtype":"text","text":{"content":"x"}}`)
			fmt.Fprintln(w, `{"seq":4,`)
			fmt.Fprintln(w, `{"seq":5,"msgid":"b","action":"recall","from":"wmwang","tolist":["anna"],"msgtime":1,"msgtype":"revoke"}`)
			fmt.Fprintln(w, `{"seq":6,"msgid":"c","action":"switch","time":1,"user":"anna"}`)
			fmt.Fprintln(w, `{"seq":7,"msgid":"d","action":"send","from":"wbrobot","tolist":["wmwang"],"msgtime":1,"msgtype":"text"}`)
		}
	}))
	defer server.Close()
	memory := intaketest.New()
	a, err := archive.New(archive.Config{URL: server.URL, Intake: memory.Intake("ww1", clock.NewVirtual(noon))})
	must(t, err)
	pulled, err := a.Pull(t.Context())
	if err != nil || pulled != (archive.Pulled{Messages: 4, Facts: 1, Missed: 3, Broken: 1, Last: 7}) {
		t.Errorf("pulled %+v, %v", pulled, err)
	}
}
