package app

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"siyu/internal/account"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/web"
)

// chatter is a member in WeCom's own browser.
type chatter struct {
	*http.Client
	t    *testing.T
	base string
}

// in opens the console to WeCom's browser for a member, whom the login page of
// WeCom recognises without asking.
func (j *joint) in(member string) chatter {
	j.t.Helper()
	handler, err := j.Handler()
	must(j.t, err)
	server := httptest.NewServer(handler)
	j.t.Cleanup(server.Close)
	j.config.PublicURL, j.config.LoginURL = server.URL, j.config.WeComURL
	jar, err := cookiejar.New(nil)
	must(j.t, err)
	recognised := func(r *http.Request, _ []*http.Request) error {
		if strings.HasSuffix(r.URL.Path, "/oauth2/authorize") {
			q := r.URL.Query()
			q.Set("pick", member)
			r.URL.RawQuery = q.Encode()
		}
		return nil
	}
	return chatter{&http.Client{Jar: jar, CheckRedirect: recognised}, j.t, server.URL}
}

// opens returns what a page answers, and where it ended.
func (c chatter) opens(path string) (status int, at, body string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.base+path, nil)
	must(c.t, err)
	r.Header.Set("User-Agent", "Mozilla/5.0 wxwork/4.1.20")
	answer, err := c.Do(r)
	must(c.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(c.t, err)
	return answer.StatusCode, answer.Request.URL.Path, string(text)
}

func TestAMemberOpensTheSidebarInWeComAndSeesOwnCustomersOnly(t *testing.T) {
	j := join(t, "sqlite://"+filepath.Join(t.TempDir(), "siyu.db"), web.ModePolling)
	anna := j.in("anna")
	if status, at, body := anna.opens("/side"); status != http.StatusOK || at != "/side" || !strings.Contains(body, "anna@wecom") {
		t.Fatalf("the sidebar answered %d at %s:\n%s", status, at, body)
	}
	status, _, body := anna.opens("/side/signature?page=" + url.QueryEscape(anna.base+"/side"))
	var signed struct {
		Corp   string
		Agent  int64
		Config web.PageSignature
		App    web.PageSignature
	}
	must(t, json.Unmarshal([]byte(body), &signed))
	if own := j.platform.Credentials(0); status != http.StatusOK || signed.Corp != own.Corp || signed.Agent != int64(own.AgentID) || len(signed.Config.Signature) != 40 || signed.App.Signature == signed.Config.Signature {
		t.Errorf("signed %d %+v", status, signed)
	}
	if status, _, _ := anna.opens("/side/signature?page=" + url.QueryEscape("https://elsewhere.example/side")); status != http.StatusUnprocessableEntity {
		t.Errorf("a foreign page is signed: %d", status)
	}
	if status, _, body := anna.opens("/side/customer?external=" + external(0)); status != http.StatusOK || !strings.Contains(body, id.Text(id.CustomerOf(id.Corp(signed.Corp), external(0)))) {
		t.Errorf("an own customer: %d\n%s", status, body)
	}
	for what, whom := range map[string]string{"ben's customer": external(1), "nobody": "wm-nobody", "no id": ""} {
		if status, _, _ := anna.opens("/side/customer?external=" + whom); status != http.StatusNotFound {
			t.Errorf("%s: %d", what, status)
		}
	}
}

func TestBesideAChatOneWhoWasMergedIsWhoAnswersNow(t *testing.T) {
	j := join(t, "sqlite://"+filepath.Join(t.TempDir(), "siyu.db"), web.ModePolling)
	anna := j.in("anna")
	who := func(n int) string {
		status, _, body := anna.opens("/side/who?external=" + external(n))
		if status != http.StatusOK {
			t.Fatalf("customer %d: %d %s", n, status, body)
		}
		return body
	}
	if own := who(0); !strings.Contains(own, id.Text(j.customer(0))) || who(1) == own {
		t.Errorf("in view are %s and %s", own, who(1))
	}
	j.tells(event.Customer(j.customer(1)), event.CustomerMerged{Into: j.customer(0), Identity: event.ByUnionID, Key: []byte("u")})
	if who(1) != who(0) {
		t.Errorf("who was merged is %s, and not %s", who(1), who(0))
	}
}

func TestWhoLeftOrWasSwitchedOffStaysOutsideTheSidebar(t *testing.T) {
	j := join(t, "sqlite://"+filepath.Join(t.TempDir(), "siyu.db"), web.ModePolling)
	if status, at, _ := j.in("wm00").opens("/side"); status != http.StatusForbidden || at != "/enter/back" {
		t.Errorf("a customer came in: %d at %s", status, at)
	}
	ben := j.in("ben")
	if status, at, _ := ben.opens("/tasks"); status != http.StatusOK || at != "/tasks" {
		t.Fatalf("ben's tasks: %d at %s", status, at)
	}
	_, err := j.accounts.Add(t.Context(), account.Account{Name: "boss", Role: account.Owner, Active: true})
	must(t, err)
	staff := id.StaffOf(id.Corp(j.platform.Credentials(0).Corp), "ben")
	must(t, j.accounts.Change(t.Context(), account.Account{Name: "ben@wecom", Role: account.Staff, Staff: staff}))
	if status, at, _ := ben.opens("/tasks"); status != http.StatusForbidden || at != "/enter/back" {
		t.Errorf("ben came in though switched off: %d at %s", status, at)
	}
}
