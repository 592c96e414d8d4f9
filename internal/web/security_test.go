package web_test

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"siyu/internal/web"
	"siyu/internal/web/webtest"
)

func TestStrangersSeeNothingButTheLogin(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), "")
	open := map[string]bool{"GET /{$}": true, "GET /setup": true, "POST /setup": true, "GET /login": true, "POST /login": true, "POST /language": true, "GET /enter": true, "GET /enter/back": true, "GET /survey/{token}": true, "POST /survey/{token}": true}
	for _, route := range web.Routes() {
		if open[route.Pattern] {
			continue
		}
		method, path := tried(route.Pattern)
		v.do(method, path, url.Values{}).wants(http.StatusSeeOther).leads("/login")
		part := v.do(method, path, url.Values{}, "HX-Request", "true").wants(http.StatusUnauthorized)
		if part.header.Get("HX-Redirect") != "/login" || part.body != "" {
			t.Errorf("%s: htmx is not sent to the login", route.Pattern)
		}
	}
}

// tried returns a method and a path that match a pattern.
func tried(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	path = strings.NewReplacer("{id}", "1", "{number}", "1", "{request}", "1", "{task}", "1", "{send}", "1", "{name}", webtest.WelcomeProcess, "{account}", "x", "{$}", "").Replace(path)
	return method, path
}

// allowed is who may use which part of the console. A route outside of it
// fails the test, so that a new one gets its row.
func allowed() map[string][]web.Role {
	all := []web.Role{web.RoleOwner, web.RoleLead, web.RoleStore, web.RoleStaff}
	return map[string][]web.Role{
		"/password": all, "/survey/{token}": all, "/logout": all, "/customers": all,
		"/today": all[:3], "/losses": all[:3], "/touch": all[:3], "/groups": all[:3], "/value": all[:3], "/content": all[:3], "/content/reading": all[:2],
		"/value/backtest": all[:2], "/value/card": all[:2], "/value/promises": all[:2],
		"/customers/{id}/merge": all[:3], "/customers/{id}/unmerge": all[:3],
		"/touch/stopped": all[:2], "/files/{code}": all,
		"/touch/doubt/{id}/resend": all[:2], "/touch/doubt/{id}/drop": all[:2],
		"/customers/tag": all[:2], "/settings/tags": all, "/settings/tags/edit": all[:2], "/settings/tags/save": all[:2],
		"/settings/tags/drop": all[:2], "/settings/tags/settle": all[:2], "/settings/tags/follow": all[:2], "/settings/tags/work": all[:2],
		"/settings": all[:2], "/settings/connection": all[:1], "/settings/users": all[:1], "/settings/keys": all[:1], "/settings/approval": all[:2], "/settings/approval/save": all[:1],
		"/value/stages/cuts": all[:2], "/value/stages/mature": all[:2],
		"/audiences": all[:3], "/audiences/save": all[:2], "/audiences/{number}/archive": all[:2], "/audiences/{number}/tag": all[:2],
		"/audience-exports/{request}": all[:2], "/invitations/{number}/stop": all[:3],
		"/audience-exports/limit": all[:1], "/settings/tags/list": all[:2],
		"/sop": all[:3], "/sop/{name}/state": all[:2], "/sop/{name}/withdraw": all[:2], "/sop/{name}/move": all[:2], "/sop-library": all[:3], "/sop-library/{name}/install": all[:2], "/sop-edit": all[:2], "/sop-trial": all[:2],
		"/sends": all[:3], "/organisation": all[:3], "/organisation/minutes": all[:2], "/organisation/limit": all[:2], "/tasks": all[3:], "/tasks/photos": all, "/side": all, "/side/{id}/tasks": all[3:], "/side/{id}/said": all[3:],
	}
}

func mayUse(t *testing.T, pattern string) []web.Role {
	t.Helper()
	_, path, _ := strings.Cut(pattern, " ")
	for at := path; at != ""; at = at[:strings.LastIndex(at, "/")] {
		if roles, ok := allowed()[at]; ok {
			return roles
		}
	}
	t.Errorf("%s stands in no row of the table of who may use what", pattern)
	return nil
}

func TestEachRoleOpensWhatIsItsAndNothingElse(t *testing.T) {
	t.Parallel()
	accounts := map[web.Role]string{
		web.RoleOwner: webtest.OwnerAccount, web.RoleLead: webtest.LeadAccount, web.RoleStore: webtest.StoreAccount, web.RoleStaff: webtest.StaffAccount,
	}
	for role, account := range accounts {
		v := visit(t, webtest.Full(), account)
		for _, route := range web.Routes() {
			if strings.Contains(route.Pattern, "/setup") || strings.Contains(route.Pattern, "/log") || strings.Contains(route.Pattern, "/enter") || strings.Contains(route.Pattern, "/language") || strings.Contains(route.Pattern, "{$}") {
				continue
			}
			method, path := tried(route.Pattern)
			a := v.do(method, path, url.Values{})
			may := false
			for _, r := range mayUse(t, route.Pattern) {
				may = may || r == role
			}
			refused := a.status == http.StatusForbidden && strings.Contains(visible(t, a.body), "你的账号不能打开这一页")
			if refused == may {
				t.Errorf("%s as %s answered %d, may use it: %v", route.Pattern, role, a.status, may)
			}
		}
	}
}

func TestAStoreSeesNothingOfOtherStores(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.StoreAccount)
	for _, path := range []string{"/today", "/today/links", "/customers", "/touch/execution", "/touch/tasks", "/touch/sent", "/groups", "/today/withheld", "/value", "/value/groups?by=store", "/value/groups?by=staff", "/value/due", "/value/stages", "/audiences", "/audiences/3", "/audiences/new", "/losses", "/losses/1", "/touch/calendar?by=store", "/sop", "/sop/" + webtest.WelcomeProcess} {
		v.get(path).wants(http.StatusOK).hides("望京店", "国贸店", "大兴店")
	}
	for n := range 60 {
		a := v.get(brand.Someone(n))
		if a.status == http.StatusOK && !strings.Contains(a.body, "朝阳店") {
			t.Errorf("%s shows a customer of another store", a.what)
		}
	}
	other := visit(t, brand, webtest.OwnerAccount).get("/customers").body
	stores := regexp.MustCompile(`<option value="(\w+)">望京店`).FindStringSubmatch(other)
	v.post("/touch/urge/store/"+stores[1], url.Values{}).wants(http.StatusNotFound)
	v.get("/today?store=" + stores[1]).wants(http.StatusOK).hides("望京店")
}

func TestNoChangeIsTakenFromAnotherSite(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	for _, route := range web.Routes() {
		method, path := tried(route.Pattern)
		if method == http.MethodGet {
			continue
		}
		v.do(method, path, url.Values{}, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example").wants(http.StatusForbidden)
		v.do(method, path, url.Values{}, "Origin", "https://evil.example").wants(http.StatusForbidden)
	}
}

func TestWhoOpensTheAddressOfAFormIsLedToThePageAboveIt(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	for at, above := range map[string]string{"/sop-edit/form": "/sop-edit", "/touch/batches/1/reject": "/touch/batches/1", "/language": "/",
		"/touch/posts/check": "/touch/posts", "/audiences/edit": "/audiences", "/customers/columns": "/customers"} {
		v.get(at).leads(above)
	}
	for _, at := range []string{"/sop-edit/nowhere", "/touch/posts/none", "/customers/none"} {
		v.get(at).wants(http.StatusNotFound)
	}
}

func TestEveryAnswerCarriesThePolicy(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	for _, path := range []string{"/today", "/login", "/nowhere", "/asset/none"} {
		h := v.get(path).header
		policy := h.Get("Content-Security-Policy")
		if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s has the policy %q", path, policy)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s lacks headers: %v", path, h)
		}
	}
	if v.get("/today").header.Get("Cache-Control") != "no-store" {
		t.Error("a page with names may be kept by caches")
	}
}

func TestTheSessionCookieIsOutOfReachOfScripts(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), "")
	cookie := v.post("/login", url.Values{"account": {webtest.OwnerAccount}, "password": {webtest.Password}}).header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the session cookie %q lacks %s", cookie, want)
		}
	}
}

func TestTheLanguageSwitchLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), "")
	for _, back := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "javascript:alert(1)", ""} {
		v.post("/language", url.Values{"language": {"en"}, "back": {back}}).wants(http.StatusSeeOther).leads("/")
	}
}

func TestSecretsAreWrittenAndNeverShown(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	form := url.Values{"corp": {"wwabc"}, "agent": {"7"}, "mode": {"callbacks"}, "secret": {"canary-secret"}, "token": {"canary-token"}, "aes_key": {"canary-key"}}
	v.post("/settings/connection", form).wants(http.StatusSeeOther)
	v.get("/settings/connection").wants(http.StatusOK).says("已设置").hides("canary")
	form.Set("secret", "wrong")
	v.post("/settings/connection", form).wants(http.StatusUnprocessableEntity).says("企业微信").hides("canary", `value="wrong"`)
}

// hostile are texts a stranger can choose as a name.
func hostile() []string {
	return []string{
		`<script>alert(1)</script>"><img src=x onerror=alert(1)>' onmouseover='alert(1)</title><svg/onload=alert(1)>]]>&lt;`,
		`{{.Seat}}{{template "menu"}} javascript:alert(1) \u003cscript\u003e %3Cscript%3E`,
		"=HYPERLINK(\"http://evil\")\r\nSet-Cookie: a=b \u202Eevil\u2066\u200B\u200D 𠮷😀👨‍👩‍👧 a\x00b" + strings.Repeat("长", 3500),
	}
}

func TestHostileNamesAreShownAndNeverRun(t *testing.T) {
	t.Parallel()
	plain := shape(t, visit(t, webtest.Full(), webtest.OwnerAccount).get("/touch").body)
	for _, text := range hostile() {
		brand := webtest.Hostile(text)
		v := visit(t, brand, webtest.OwnerAccount)
		for _, path := range pages(brand) {
			a := v.get(path).wants(http.StatusOK)
			checkSafe(t, a, text)
		}
		if got := shape(t, v.get("/touch").body); got != plain {
			t.Errorf("%.20q changes the elements of a page", text)
		}
		checkSafe(t, visit(t, brand, webtest.StaffAccount).get("/tasks").wants(http.StatusOK), text)
		checkSafe(t, v.get("/customers?name="+url.QueryEscape(text)), text)
		checkSafe(t, v.post("/login", url.Values{"account": {text}, "password": {"x"}}), text)
		csv := v.get("/settings/imports/1y/rejected.csv").body
		if strings.Contains(csv, ",=") || strings.Contains(csv, ",\"=") {
			t.Errorf("the list of rejected lines holds a formula: %q", csv)
		}
	}
}

// ownPicture tells whether a picture is one of the brand's files, as templates show
// them.
func ownPicture(n *html.Node) bool {
	return slices.ContainsFunc(n.Attr, func(at html.Attribute) bool { return at.Key == "src" && strings.HasPrefix(at.Val, "/files/") }) &&
		!slices.ContainsFunc(n.Attr, func(at html.Attribute) bool { return strings.HasPrefix(at.Key, "on") })
}

// checkSafe finds elements and attributes that no template wrote.
func checkSafe(t *testing.T, a answer, text string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "script" && (n.FirstChild != nil || len(n.Attr) != 2) || n.Data == "img" && !ownPicture(n) {
			t.Errorf("%s with the name %.20q holds <%s>", a.what, text, n.Data)
		}
		for _, at := range n.Attr {
			if strings.HasPrefix(at.Key, "on") || at.Key == "href" && strings.HasPrefix(strings.TrimSpace(strings.ToLower(at.Val)), "javascript") {
				t.Errorf("%s with the name %.20q holds %s=%q", a.what, text, at.Key, at.Val)
			}
		}
	}
}

// shape returns the elements of a page in their order.
func shape(t *testing.T, body string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			names = append(names, n.Data)
		}
	}
	return strings.Join(names, " ")
}

func TestTextReachesContrastAA(t *testing.T) {
	t.Parallel()
	const least = 4.5 // WCAG 2.2, 1.4.3 for text below 18.66 px bold
	css, err := os.ReadFile("asset/console.css")
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string]string{"white": "#ffffff"}
	for _, found := range regexp.MustCompile(`--([a-z0-9-]+):(#[0-9a-f]+)`).FindAllStringSubmatch(string(css), -1) {
		tokens[found[1]] = found[2]
	}
	pairs := map[string][]string{
		"ink": {"ground", "card", "side", "line-2", "warn-soft", "bad-soft"}, "ink-2": {"ground", "card", "side", "line-2"}, "ink-3": {"ground", "card", "side"},
		"accent-2": {"ground", "card", "accent-soft"}, "white": {"accent", "accent-2", "ink"}, "need-ink": {"card", "need-soft"}, "trust-ink": {"card", "trust-soft"},
		"exposure-ink": {"card", "exposure-soft"}, "warn-ink": {"card", "side", "ground", "warn-soft"}, "bad-ink": {"card", "bad-soft"},
	}
	for text, grounds := range pairs {
		for _, ground := range grounds {
			if got := contrast(t, tokens[text], tokens[ground]); got < least {
				t.Errorf("%s on %s has a contrast of %.2f, want %.1f", text, ground, got, least)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	hex := strings.TrimPrefix(colour, "#")
	if len(hex) == 3 {
		hex = fmt.Sprintf("%c%c%c%c%c%c", hex[0], hex[0], hex[1], hex[1], hex[2], hex[2])
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatalf("colour %q: %v", colour, err)
	}
	channel := func(shift uint) float64 {
		c := float64(n>>shift&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}
