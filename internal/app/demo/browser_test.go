package demo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"siyu/internal/delivery"
	"siyu/internal/id"
	"siyu/internal/org"
)

// visitor is a person in front of the real console of a demo. What the browser
// complains about is collected and fails the test.
type visitor struct {
	*testing.T
	ctx  context.Context
	base string

	mu    sync.Mutex
	wrong []string
}

func visit(t *testing.T, d *Demo) *visitor {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium on this machine: the demo's pages are not looked at in a browser")
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	t.Cleanup(stop)
	ctx, closeWindow := chromedp.NewContext(allocator)
	t.Cleanup(closeWindow)
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(cancel)
	v := &visitor{T: t, ctx: ctx, base: "http://" + d.Addr()}
	v.do()
	if err := chromedp.Listen(ctx, v.listen); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *visitor) listen(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		v.wrong = append(v.wrong, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			v.wrong = append(v.wrong, e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

// quiet fails on anything the browser complained about.
func (v *visitor) quiet() {
	v.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, wrong := range v.wrong {
		v.Errorf("the browser complains: %s", wrong)
	}
}

func (v *visitor) do(actions ...chromedp.Action[chromedp.Void]) {
	v.Helper()
	if err := chromedp.Do(v.ctx, actions...); err != nil {
		v.Fatal(err)
	}
}

func (v *visitor) size(width int64) {
	v.Helper()
	if width < 500 {
		v.do(chromedp.EmulateViewport(width, 844, chromedp.EmulateMobile))
		return
	}
	v.do(chromedp.EmulateViewport(width, 900))
}

func (v *visitor) open(path string) {
	v.Helper()
	v.do(chromedp.Navigate(v.base + path))
}

// follow clicks what opens another page and waits until that stands.
func (v *visitor) follow(css string) {
	v.Helper()
	if _, err := chromedp.RunResponse(v.ctx, chromedp.Click(chromedp.CSS(css))); err != nil {
		v.Fatalf("click %s: %v\n%s", css, err, v.text())
	}
}

func (v *visitor) asked(script string) string {
	v.Helper()
	said, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](script))
	if err != nil {
		v.Fatal(err)
	}
	return said
}

func (v *visitor) text() string { return v.asked(`document.body.innerText`) }

// sees waits until the page, or one that it leads to, shows a text.
func (v *visitor) sees(text string) {
	v.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		ctx, cancel := context.WithTimeout(v.ctx, 2*time.Second) // a page that goes away takes the question with it
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](fmt.Sprintf(`document.body.innerText.includes(%q)`, text)))
		cancel()
		if err == nil {
			return
		}
	}
	v.Fatalf("the page does not show %q:\n%s", text, v.text())
}

func (v *visitor) logIn(account, password string) {
	v.Helper()
	v.open("/login")
	v.do(chromedp.SendKeys(chromedp.CSS(`input[name=account]`), account), chromedp.SendKeys(chromedp.CSS(`input[name=password]`), password))
	v.follow(`form[action="/login"] button`)
	v.do(chromedp.WaitVisible(chromedp.CSS(`.shell`)))
}

func (v *visitor) logOut() {
	v.Helper()
	v.follow(`form[action="/logout"] button`)
}

func (v *visitor) speaks(language string) {
	v.Helper()
	v.follow(`button[name=language][value="` + language + `"]`)
	v.do(chromedp.WaitVisible(chromedp.CSS(`html[lang="` + language + `"] .shell`)))
}

// tooWide says by how much a page is wider than the window, "" if it fits.
const tooWide = `(() => { const e = document.documentElement; return e.scrollWidth > e.clientWidth ? e.scrollWidth + " > " + e.clientWidth : ""; })()`

// shows opens a page, waits for its charts, and fails where it is wider than
// the window at one of three widths.
func (v *visitor) shows(path string) {
	v.Helper()
	v.size(1440)
	v.open(path)
	v.drawn()
	for _, width := range []int64{390, 1024, 1440} {
		v.size(width)
		if wrong := v.asked(tooWide); wrong != "" {
			v.Errorf("%s is wider than the window: %s", path, wrong)
		}
	}
}

func (v *visitor) drawn() {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, 10*time.Second)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`[...document.querySelectorAll("[data-chart]")].every(c => c.querySelector("canvas"))`)); err != nil {
		v.Fatalf("a chart does not stand: %v", err)
	}
}

// keep keeps a picture of the window where SIYU_ARTIFACTS names a folder. The
// pictures of docs/image are made so.
func (v *visitor) keep(name string, width, height int64) {
	v.Helper()
	folder := os.Getenv("SIYU_ARTIFACTS")
	if folder == "" {
		return
	}
	v.do(chromedp.EmulateViewport(width, height))
	v.drawn()
	picture, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		v.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644); err != nil {
		v.Fatal(err)
	}
}

// One brand, one morning: a lead looks, approves and imports; a member of
// staff does a task on the phone.
func TestPeopleWorkInTheConsoleOfARealBrand(t *testing.T) {
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Skip("no chromium on this machine: the demo's pages are not looked at in a browser")
	}
	customers := 800
	if os.Getenv("SIYU_ARTIFACTS") != "" {
		customers = 2500 // pictures show a brand that is large enough for a hold-out
	}
	d := opened(t, customers, true)
	if err := d.Live(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	login, err := d.HandOver(t.Context(), 9)
	if err != nil {
		t.Fatal(err)
	}
	v := visit(t, d)
	v.logIn(login.Account, login.Password)
	v.readsEveryPage()
	v.approvesABatch(d)
	v.importsAFile()
	v.logOut()
	v.worksOnThePhone(login)
	v.quiet()
}

func (v *visitor) readsEveryPage() {
	v.Helper()
	for _, language := range []string{"zh-CN", "en"} {
		if language != "zh-CN" {
			v.speaks(language)
		}
		for _, path := range []string{"/today/links", "/today/withheld", "/touch", "/touch/tasks", "/touch/execution", "/touch/doubt", "/touch/quotas", "/groups",
			"/settings/connection", "/settings/connection/doctor", "/settings/imports", "/settings/brand", "/settings/users", "/settings/audit"} {
			v.shows(path)
		}
		v.shows("/today")
		v.keep("today."+language, 1440, 1080)
		v.shows("/customers?limiting=trust")
		v.shows(v.asked(`document.querySelector("#results td.lead a").getAttribute("href")`))
		v.keep("customer."+language, 1440, 1080)
	}
	v.speaks("zh-CN")
}

// approvesABatch sends one batch and finds it among what waits for the member.
func (v *visitor) approvesABatch(d *Demo) {
	v.Helper()
	v.open("/touch")
	batch, ok := id.Parse[int64](v.asked(`document.querySelector("input[name=batch]").value`))
	if !ok {
		v.Fatal("the first batch has no id")
	}
	v.do(chromedp.Click(chromedp.CSS(`input[name=batch]`)))
	v.follow(`form[action="/touch/approve"] button.first`)
	v.sees("已通过")
	if err := d.Hour(v.Context()); err != nil {
		v.Fatal(err)
	}
	open, err := d.App.DB().Dispatches(v.Context(), delivery.Query{After: batch - 1, Limit: 1, Scope: org.All()})
	if err != nil || len(open) == 0 || open[0].ID != batch || open[0].Task != delivery.Open {
		v.Fatalf("an hour later the batch does not wait for its member: %+v, %v", open, err)
	}
	v.open("/touch/tasks")
	v.sees("群发，员工确认")
}

// importsAFile brings one order that can be read and one that cannot.
func (v *visitor) importsAFile() {
	v.Helper()
	file := filepath.Join(v.TempDir(), "orders.csv")
	lines := []string{"订单号,付款时间,订单实付金额,买家手机号", "E2E-1,2026-11-02 10:00:00,12.30,13800001234", "E2E-2,2026-11-02 10:05:00,=1+1,13800001235", ""}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		v.Fatal(err)
	}
	v.open("/settings/imports")
	v.do(chromedp.SetUploadFiles(chromedp.CSS(`input[type=file]`), []string{file}))
	v.follow(`form[action="/settings/imports"] button`)
	v.sees("13800001234")
	v.follow(`form[action$="/map"] button`)
	v.sees("导入 1 个订单")
	v.follow(`form[action$="/start"] button`)
	v.sees("已导入")
	v.sees("下载未导入的行")
}

func (v *visitor) worksOnThePhone(login Login) {
	v.Helper()
	v.size(390)
	v.logIn(login.Staff, login.Password)
	v.open("/tasks")
	v.keep("phone.zh-CN", 390, 844)
	before := v.asked(`document.querySelector("h1").innerText`)
	v.follow(`.task button[value=done]`)
	if after := v.asked(`document.querySelector("h1").innerText`); after == before {
		v.Errorf("a task is done and the list still says %q", after)
	}
	v.shows("/tasks")
}
