package simulator

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"siyu/internal/fault"
)

func TestEncryptionReproducesKnownVectors(t *testing.T) {
	// The length of a text counts bytes, not characters.
	got, err := encrypt("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", [16]byte([]byte("aaaabbbbccccdddd")), []byte("我是中文abcd123"), "wxb11529c136998cb6")
	must(t, err)
	if want := "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="; got != want {
		t.Errorf("ciphertext %s, want %s", got, want)
	}
	echo := "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
	got, err = encrypt("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", [16]byte([]byte("c41b64491c2468d0")), []byte("1616140317555161061"), "wx5823bf96d3bd56c7")
	must(t, err)
	if got != echo {
		t.Errorf("ciphertext %s, want %s", got, echo)
	}
	if sig := signature("QDG6eK", "1409659589", "263014780", echo); sig != "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3" {
		t.Errorf("signature %s", sig)
	}
}

func TestSharedVectorsEncryptToTheSameBytes(t *testing.T) {
	folder := os.Getenv("SIYU_DATA")
	path := filepath.Join(folder, "wecom_vectors.json")
	data, err := os.ReadFile(path)
	if folder == "" || err != nil {
		t.Skipf("SKIPPED: set SIYU_DATA to the folder with wecom_vectors.json (tried %q)", path)
	}
	var vectors []struct {
		Name, Token, EncodingAESKey, ReceiveID, Timestamp, Nonce, MsgSignature, Encrypt, RandomHex, Plaintext string
	}
	if err := json.Unmarshal(data, &vectors); err != nil || len(vectors) == 0 {
		t.Fatalf("%s: %d vectors, %v", path, len(vectors), err)
	}
	for _, v := range vectors {
		random, err := hex.DecodeString(v.RandomHex)
		must(t, err)
		got, err := encrypt(v.EncodingAESKey, [16]byte(random), []byte(v.Plaintext), v.ReceiveID)
		must(t, err)
		if got != v.Encrypt {
			t.Errorf("%s: ciphertext %s, want %s", v.Name, got, v.Encrypt)
		}
		if sig := signature(v.Token, v.Timestamp, v.Nonce, v.Encrypt); v.MsgSignature != "" && sig != v.MsgSignature {
			t.Errorf("%s: signature %s, want %s", v.Name, sig, v.MsgSignature)
		}
	}
}

func TestWrongKeysAreRefused(t *testing.T) {
	for _, key := range []string{"", strings.Repeat("a", 42), strings.Repeat("a", 44), strings.Repeat("a", 42) + "=", strings.Repeat("a", 42) + "$"} {
		if _, err := New(Config{Apps: []App{{Callback: Callback{AESKey: key}}}}); key != "" && fault.CodeOf(err) != fault.Invalid {
			t.Errorf("key %q gives %v", key, err)
		}
	}
	if _, err := New(Config{Apps: []App{{Secret: "s"}, {Secret: "s"}}}); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("two apps with one secret give %v", err)
	}
}

func TestARefusedEventIsRepeatedWithTheSamePlaintext(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	in := listen(t, p, 0)
	in.status = func(n int) int {
		if n < 3 {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	}
	must(t, p.People().DeleteByCustomer("anna", "wmwang"))
	in.all(p)
	if len(in.plain) != 3 || in.plain[0] != in.plain[1] || in.plain[1] != in.plain[2] {
		t.Errorf("plaintexts %q", in.plain)
	}
	if in.cipher[0] == in.cipher[1] {
		t.Error("the ciphertext of a repetition is the same")
	}
	if got := p.PushCounters(); got.Delivered != 1 || got.Requests != 3 {
		t.Errorf("counters %+v", got)
	}
}

func TestASilentCallbackIsGivenUpAfterThreeAttempts(t *testing.T) {
	p, _ := start(t, func(c *Config) { c.Push.Timeout = 20 * time.Millisecond })
	shop(t, p)
	release := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(func() { close(release); silent.Close() })
	p.SetCallback(0, silent.URL)
	must(t, p.People().DeleteByCustomer("anna", "wmwang"))
	drain(t, p)
	if got := p.PushCounters(); got.GivenUp != 1 || got.Requests != 3 || got.Delivered != 0 {
		t.Errorf("counters %+v", got)
	}
}

func TestAnswersOtherThan200CanCountAsReceived(t *testing.T) {
	p, _ := start(t, func(c *Config) { c.Push.IgnoreStatus = true })
	shop(t, p)
	in := listen(t, p, 0)
	in.status = func(int) int { return http.StatusInternalServerError }
	must(t, p.People().DeleteByCustomer("anna", "wmwang"))
	drain(t, p)
	if got := p.PushCounters(); got.Requests != 1 || got.Delivered != 1 {
		t.Errorf("counters %+v", got)
	}
}

func TestFaultsOnTheWayHappenAsOften(t *testing.T) {
	for _, test := range []struct {
		name   string
		faults Faults
		want   func(PushCounters) bool
	}{
		{"none", Faults{}, func(c PushCounters) bool { return c.Delivered == 200 }},
		{"every event twice", Faults{Duplicate: 1}, func(c PushCounters) bool { return c.Delivered == 400 && c.Duplicated == 200 }},
		{"half are lost", Faults{Lose: .5}, func(c PushCounters) bool { return c.Lost > 60 && c.Lost < 140 && c.Delivered == 200-c.Lost }},
		{"some are overtaken", Faults{Reorder: .3}, func(c PushCounters) bool { return c.Delivered == 200 && c.Reordered > 20 }},
		{"some come later", Faults{Delay: .3, DelayFor: time.Millisecond}, func(c PushCounters) bool { return c.Delivered == 200 && c.Delayed > 20 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, _ := start(t, nil)
			shop(t, p)
			in := listen(t, p, 0)
			p.SetFaults(test.faults)
			for i := range 200 {
				words := strings.Repeat("x", i%9+1)
				must(t, p.People().SetRemark("anna", "wmwang", Remark{Remark: &words}))
			}
			in.all(p)
			if got := p.PushCounters(); got.Events != 200 || !test.want(got) {
				t.Errorf("counters %+v", got)
			}
		})
	}
}

func TestEventsAboutOneCustomerStayInOrder(t *testing.T) {
	p, _ := start(t, func(c *Config) { c.Push.Workers = 8 })
	shop(t, p)
	in := listen(t, p, 0)
	h := p.People()
	for range 20 {
		for _, id := range []string{"wmwang", "wmli"} {
			must(t, h.DeleteByCustomer("anna", id))
			must(t, h.AddRelation(Friendship{UserID: "anna", ExternalUserID: id}))
		}
	}
	last := map[any]any{}
	for _, e := range in.all(p) {
		who := e["ExternalUserID"]
		if e["ChangeType"] == last[who] {
			t.Fatalf("two events %v of %v in a row", e["ChangeType"], who)
		}
		last[who] = e["ChangeType"]
	}
	if len(in.events) != 80 {
		t.Errorf("%d events, want 80", len(in.events))
	}
}

func TestReorderedEventsAreOvertaken(t *testing.T) {
	p, v := start(t, nil)
	shop(t, p)
	in := listen(t, p, 0)
	p.SetFaults(Faults{Reorder: .3})
	for i := range 50 {
		v.Set(noon.Add(time.Duration(i+1) * time.Second))
		words := strings.Repeat("x", i%9+1)
		must(t, p.People().SetRemark("anna", "wmwang", Remark{Remark: &words}))
	}
	overtaken := 0
	events := in.all(p)
	for i := 1; i < len(events); i++ {
		if events[i]["CreateTime"].(string) < events[i-1]["CreateTime"].(string) {
			overtaken++
		}
	}
	if len(events) != 50 || overtaken == 0 {
		t.Errorf("%d events, %d of them overtaken", len(events), overtaken)
	}
}

func TestTheNextEventsCanBeLost(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	in := listen(t, p, 0)
	p.LoseNext(1)
	must(t, p.People().DeleteByCustomer("anna", "wmwang"))
	must(t, p.People().DeleteByCustomer("anna", "wmli"))
	if got := in.all(p); len(got) != 1 || got[0]["ExternalUserID"] != "wmli" {
		t.Errorf("events %v", got)
	}
}

func TestEveryAppHearsOnlyWhatItMaySee(t *testing.T) {
	p, _ := start(t, func(c *Config) {
		c.Apps = []App{{Secret: "a"}, {Secret: "ben", Members: []string{"ben"}}, {Secret: "none", Rights: []Right{RightMessages}}}
	})
	shop(t, p)
	boxes := []*inbox{listen(t, p, 0), listen(t, p, 1), listen(t, p, 2)}
	must(t, p.People().DeleteByCustomer("anna", "wmwang"))
	for i, want := range []int{1, 0, 0} {
		if got := boxes[i].all(p); len(got) != want {
			t.Errorf("app %d heard %v", i, got)
		}
	}
}

func TestEventsCarryTheHeaderOfThePlatform(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	in := listen(t, p, 0)
	must(t, p.People().AddRelation(Friendship{UserID: "ben", ExternalUserID: "wmzhao", State: "a]]>b<c"}))
	e := in.last(p)
	for name, want := range map[string]string{
		"ToUserName": p.Credentials(0).Corp, "FromUserName": "sys", "MsgType": "event", "Event": "change_external_contact",
		"ChangeType": "add_external_contact", "CreateTime": "1778817600", "State": "a]]>b<c",
	} {
		if e[name] != want {
			t.Errorf("%s is %q, want %q", name, e[name], want)
		}
	}
}

func TestHistoryPushesNothing(t *testing.T) {
	p, _ := start(t, nil)
	in := listen(t, p, 0)
	shop(t, p)
	if got := in.all(p); len(got) != 0 {
		t.Errorf("events %v", got)
	}
}

func TestTheCallbackURLIsVerifiedByItsEcho(t *testing.T) {
	p, _ := start(t, nil)
	key := p.Credentials(0).AESKey
	var reply func(string) string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(reply(decrypt(t, key, r.URL.Query().Get("echostr")))))
	}))
	defer server.Close()
	p.SetCallback(0, server.URL)
	reply = func(echo string) string { return echo }
	must(t, p.VerifyCallback(context.Background(), 0))
	reply = func(echo string) string { return echo + "\n" }
	if err := p.VerifyCallback(context.Background(), 0); fault.CodeOf(err) != fault.Upstream {
		t.Errorf("an echo with a line feed gives %v", err)
	}
}

func TestClosingGivesUpWhatWaits(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	in := listen(t, p, 0)
	p.Close()
	must(t, p.People().DeleteByCustomer("anna", "wmwang"))
	if got := in.all(p); len(got) != 0 || p.PushCounters().GivenUp != 1 {
		t.Errorf("events %v, counters %+v", got, p.PushCounters())
	}
}
