package web_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"siyu/internal/web/webtest"
)

// visitor is a browser without a screen.
type visitor struct {
	*testing.T
	client *http.Client
	base   string
}

// visit starts a console over the brand and logs in, unless account is "".
func visit(t *testing.T, brand *webtest.Brand, account string) *visitor {
	t.Helper()
	console, err := brand.Console()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(console)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{T: t, base: server.URL, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if account != "" {
		v.post("/login", url.Values{"account": {account}, "password": {webtest.Password}}).wants(http.StatusSeeOther)
	}
	return v
}

func (v *visitor) english() *visitor {
	v.post("/language", url.Values{"language": {"en"}, "back": {"/"}}).wants(http.StatusSeeOther)
	return v
}

type answer struct {
	*testing.T
	what   string
	status int
	header http.Header
	body   string
}

func (v *visitor) do(method, path string, form url.Values, headers ...string) answer {
	v.Helper()
	request, err := http.NewRequest(method, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.Fatal(err)
	}
	if method != http.MethodGet {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return v.ask(request)
}

func (v *visitor) ask(request *http.Request) answer {
	v.Helper()
	response, err := v.client.Do(request)
	if err != nil {
		v.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		v.Fatal(err)
	}
	return answer{v.T, request.Method + " " + request.URL.Path, response.StatusCode, response.Header, string(body)}
}

func (v *visitor) get(path string, headers ...string) answer {
	v.Helper()
	return v.do(http.MethodGet, path, nil, headers...)
}

func (v *visitor) post(path string, form url.Values, headers ...string) answer {
	v.Helper()
	return v.do(http.MethodPost, path, form, headers...)
}

func (a answer) wants(status int) answer {
	a.Helper()
	if a.status != status {
		a.Fatalf("%s answered %d, want %d: %.300s", a.what, a.status, status, a.body)
	}
	return a
}

func (a answer) says(texts ...string) answer {
	a.Helper()
	for _, text := range texts {
		if !strings.Contains(visible(a.T, a.body), text) {
			a.Errorf("%s does not say %q", a.what, text)
		}
	}
	return a
}

func (a answer) hides(texts ...string) answer {
	a.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			a.Errorf("%s contains %q", a.what, text)
		}
	}
	return a
}

func (a answer) leads(to string) {
	a.Helper()
	if got := a.header.Get("Location"); got != to {
		a.Errorf("%s leads to %q, want %q", a.what, got, to)
	}
}

func TestABrowserGetsTheIconByItsUsualName(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.StaffAccount)
	mark := v.get("/favicon.ico").wants(http.StatusFound).header.Get("Location")
	if a := v.get(mark).wants(http.StatusOK); a.header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("%s is %s", mark, a.header.Get("Content-Type"))
	}
}

// visible returns the text of a page, without markup.
func visible(t *testing.T, body string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			text.WriteString(n.Data)
		}
	}
	return text.String()
}

// pages are all pages of the brand that an owner can open.
func pages(brand *webtest.Brand) []string {
	return []string{
		"/today", "/today/links", "/today/withheld", "/today/withheld?because=holdout", "/customers", "/customers?limiting=need&due=7&refused=no&sort=due",
		brand.Someone(0), brand.Someone(4), brand.Someone(5), brand.Someone(0) + "?records=1", "/touch", "/touch?limiting=need&purpose=ask", "/touch/batches/rs",
		"/touch/tasks", "/touch/posts", "/touch/posts?channel=moments", "/touch/posts/new", "/touch/posts/new?channel=moments&least=x", "/touch/posts/1", "/sends", "/sends/new", "/sends/" + webtest.DraftSend, "/sends/" + webtest.DraftSend + "/edit", "/sends/" + webtest.OverSend, "/touch/execution", "/touch/doubt", "/touch/quotas", "/groups", "/groups?kind=deal", brand.AGroup(), "/password",
		"/sop", "/sop/" + webtest.WelcomeProcess, "/sop/birthday", "/sop-edit?process=" + webtest.WelcomeProcess,
		"/value", "/value?by=order", "/value/groups", "/value/groups?by=code", "/value/groups?by=line", "/value/groups?by=store", "/value/groups?by=staff", "/value/due", "/value/backtest", "/value/card",
		"/settings/connection", "/settings/connection/doctor", "/settings/things", "/settings/imports", "/settings/imports/1y", "/settings/brand", "/settings/users", "/settings/audit",
		"/settings/texts", "/settings/texts/edit", "/settings/texts/edit?code=remind.2", "/settings/lines", "/settings/lines/edit?code=tea", "/settings/stores", "/settings/stores/edit",
	}
}

// emptyPages are those that need no customer to exist.
func emptyPages() []string {
	return []string{
		"/today", "/today/links", "/today/withheld", "/customers", "/customers?name=x", "/touch", "/touch/tasks", "/touch/posts", "/touch/posts/new", "/touch/execution", "/touch/doubt", "/touch/quotas",
		"/value", "/value/groups", "/value/due", "/value/backtest", "/value/card",
		"/sop", "/sop-edit", "/sop-edit?library=first-72-hours", "/sop-library/first-72-hours", "/groups", "/groups?kind=deal", "/settings/connection", "/settings/things", "/settings/imports", "/settings/brand", "/settings/users", "/settings/audit",
		"/settings/texts", "/settings/texts/edit?purpose=remind", "/settings/lines", "/settings/lines/edit", "/settings/stores", "/settings/stores/edit",
	}
}

func TestEveryPageOpensInBothLanguages(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	for _, english := range []bool{false, true} {
		v := visit(t, brand, webtest.OwnerAccount)
		if english {
			v.english()
		}
		for _, path := range pages(brand) {
			checkPage(t, v.get(path).wants(http.StatusOK))
		}
		staff := visit(t, brand, webtest.StaffAccount)
		checkPage(t, staff.get("/tasks").wants(http.StatusOK))
	}
}

func TestEveryPageSaysWhatWillAppearWhereNothingIsYet(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Empty(), webtest.OwnerAccount)
	for _, path := range emptyPages() {
		checkPage(t, v.get(path).wants(http.StatusOK))
	}
	v.get("/today").says("还没有数据", "连接企业微信")
	v.get("/customers").says("还没有客户")
	v.get("/groups").says("还没有社群")
	v.get("/value").says("还没有价值可看")
	v.get("/value/backtest").says("还没有做过回测")
	v.get("/value/card").says("还没有学习过")
	v.get("/touch").says("没有待审核的触达")
}

// checkPage tells whether a page is whole: a language, one heading of the
// first rank, every key said, every table column headed, every input named,
// nothing inline that the content policy forbids.
func checkPage(t *testing.T, a answer) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	headings, ids := 0, map[string]bool{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, at := range n.Attr {
			if at.Key == "style" || strings.HasPrefix(at.Key, "on") {
				t.Errorf("%s: <%s %s=...> is inline and forbidden by the content policy", a.what, n.Data, at.Key)
			}
			if at.Key == "id" && ids[at.Val] {
				t.Errorf("%s: id %q stands twice", a.what, at.Val)
			} else if at.Key == "id" {
				ids[at.Val] = true
			}
		}
		switch n.Data {
		case "h1":
			headings++
		case "style":
			t.Errorf("%s has an inline style", a.what)
		case "script":
			if n.FirstChild != nil {
				t.Errorf("%s has an inline script", a.what)
			}
		}
	}
	if headings != 1 {
		t.Errorf("%s has %d headings of the first rank", a.what, headings)
	}
	checkSaid(t, a, root)
}

// checkSaid finds locale keys that came out unsaid and numbers nobody meant.
func checkSaid(t *testing.T, a answer, root *html.Node) {
	t.Helper()
	for n := range root.Descendants() {
		if n.Type != html.TextNode || n.Parent.Data == "code" {
			continue
		}
		for _, rubbish := range []string{"<no value>", "NaN", "+Inf", "{{"} {
			if strings.Contains(n.Data, rubbish) {
				t.Errorf("%s says %q", a.what, n.Data)
			}
		}
		for _, word := range strings.Fields(n.Data) {
			family, rest, ok := strings.Cut(word, ".")
			if ok && known(family) && rest != "" && strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz_.") == "" {
				t.Errorf("%s shows the key %q", a.what, word)
			}
		}
	}
}

// known tells whether keys of the locale files begin with a word.
func known(family string) bool { return spokenFamilies()[family] }

var spokenFamilies = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for key := range keysOf("zh-CN") {
		family, _, _ := strings.Cut(key, ".")
		all[family] = true
	}
	return all
})

func TestAFailingSourceGivesAnErrorPageAndNoInternals(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.OwnerAccount)
	brand.Fail = io.ErrUnexpectedEOF
	for _, path := range pages(brand) {
		if path == "/password" || strings.Contains(path, "batches") {
			continue
		}
		a := v.get(path).wants(http.StatusInternalServerError)
		a.says("没有做成", "程序出错了").hides("unexpected EOF")
		checkPage(t, a)
	}
	a := v.get("/today/links", "HX-Request", "true").wants(http.StatusInternalServerError)
	if strings.Contains(a.body, "<") {
		t.Errorf("htmx got a page instead of a sentence: %.80s", a.body)
	}
}

func TestNoLinkLeadsNowhere(t *testing.T) {
	t.Parallel()
	for _, account := range []string{webtest.OwnerAccount, webtest.LeadAccount, webtest.StoreAccount, webtest.StaffAccount} {
		v := visit(t, webtest.Full(), account)
		v.client.CheckRedirect = nil
		seen, queue := map[string]bool{}, []string{"/"}
		for len(queue) > 0 && len(seen) < 120 {
			path := queue[0]
			queue = queue[1:]
			if kind, _, _ := strings.Cut(path, "?"); seen[path] || strings.HasPrefix(path, "/asset") || seenOften(seen, kind) {
				continue
			}
			seen[path] = true
			a := v.get(path)
			if a.status != http.StatusOK {
				t.Errorf("%s leads %s to %d", path, account, a.status)
			}
			queue = append(queue, links(t, a.body)...)
		}
	}
}

// seenOften tells whether enough pages of one kind were opened.
func seenOften(seen map[string]bool, path string) bool {
	const enough = 8
	at := strings.LastIndex(path, "/")
	n := 0
	for other := range seen {
		if at > 0 && strings.HasPrefix(other, path[:at+1]) {
			n++
		}
	}
	return n >= enough
}

func links(t *testing.T, body string) []string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for n := range root.Descendants() {
		for _, at := range n.Attr {
			if at.Key == "href" && n.Data == "a" && strings.HasPrefix(at.Val, "/") {
				found = append(found, at.Val)
			}
		}
	}
	return found
}
