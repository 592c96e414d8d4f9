package web_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"siyu/internal/web/webtest"
)

// browser is one window with its own cookies. What the page complains about
// is collected and fails the test.
type browser struct {
	*testing.T
	ctx   context.Context
	base  string
	shots string // folder for pictures, "" for none

	mu    sync.Mutex
	wrong []string
	bytes float64 // received over the network
}

// chromium returns the browser to test with, or skips.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no chromium on this machine: pages are not looked at in a browser")
	return ""
}

func browse(t *testing.T, brand *webtest.Brand) *browser {
	t.Helper()
	path := chromium(t)
	console, err := brand.Console()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(console)
	t.Cleanup(server.Close)
	allocator, stop := chromedp.NewExecAllocator(t.Context(), chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	t.Cleanup(stop)
	ctx, closeWindow := chromedp.NewContext(allocator)
	t.Cleanup(closeWindow)
	ctx, cancel := context.WithTimeout(ctx, 6*time.Minute)
	t.Cleanup(cancel)
	b := &browser{T: t, ctx: ctx, base: server.URL, shots: os.Getenv("SIYU_ARTIFACTS")}
	b.run()
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	return b
}

// listen collects what the page complains about and what it loads, and says
// yes to every question.
func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.wrong = append(b.wrong, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			b.wrong = append(b.wrong, fmt.Sprintf("console %s: %s", e.Type, e.Args[0].Value))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			b.wrong = append(b.wrong, e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventLoadingFinished:
		b.bytes += e.EncodedDataLength
	case *page.EventJavascriptDialogOpening:
		go func() {
			_, _ = chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true}) // a dialog that is gone needs no answer
		}()
	}
}

func (b *browser) run(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// asked evaluates a script that returns a text.
func (b *browser) asked(script string) string {
	b.Helper()
	said, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](script))
	if err != nil {
		b.Fatal(err)
	}
	return said
}

func (b *browser) size(width int64) {
	b.Helper()
	if width < 500 {
		b.run(chromedp.EmulateViewport(width, 844, chromedp.EmulateMobile))
		return
	}
	b.run(chromedp.EmulateViewport(width, 900))
}

func (b *browser) open(path string) {
	b.Helper()
	b.run(chromedp.Navigate(b.base + path))
}

func (b *browser) click(css string) {
	b.Helper()
	b.run(chromedp.Click(chromedp.CSS(css)))
}

// follow clicks what opens another page and waits until that stands.
func (b *browser) follow(css string) {
	b.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(css))); err != nil {
		b.Fatalf("click %s: %v", css, err)
	}
}

func (b *browser) types(css, text string) {
	b.Helper()
	b.run(chromedp.SendKeys(chromedp.CSS(css), text))
}

// logIn fills the form as a person does.
func (b *browser) logIn(account string) {
	b.Helper()
	b.open("/login")
	b.types(`input[name=account]`, account)
	b.types(`input[name=password]`, webtest.Password)
	b.follow(`form[action="/login"] button`)
	b.run(chromedp.WaitVisible(chromedp.CSS(`.shell`)))
}

func (b *browser) english() {
	b.Helper()
	b.follow(`button[name=language][value=en]`)
	b.run(chromedp.WaitVisible(chromedp.CSS(`html[lang=en] .shell`)))
}

// sees waits until the page, or one that it leads to, shows a text.
func (b *browser) sees(text string) {
	b.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		ctx, cancel := context.WithTimeout(b.ctx, 2*time.Second) // a page that goes away takes the question with it
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](fmt.Sprintf(`document.body.innerText.includes(%q)`, text)))
		cancel()
		if err == nil {
			return
		}
	}
	b.Fatalf("the page does not show %q:\n%s", text, b.asked(`document.body.innerText`))
}

// fits fails where the page is wider than the window.
func (b *browser) fits(what string) {
	b.Helper()
	const widest = `(() => {
		const wide = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= wide) return "";
		const out = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > wide + 1 && !e.closest(".scroll,.tabs"));
		return document.documentElement.scrollWidth + " > " + wide + ": " + out.slice(0, 3).map(e => e.tagName + "." + e.className).join(", ");
	})()`
	if wrong := b.asked(widest); wrong != "" {
		b.Errorf("%s is wider than the window: %s", what, wrong)
	}
}

// drawn waits until all charts of the page stand.
func (b *browser) drawn() {
	b.Helper()
	const all = `[...document.querySelectorAll("[data-chart]")].every(c => c.hidden || c.querySelector("canvas"))`
	var err error
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second) // a page that is being replaced takes the question with it
		_, err = chromedp.Run(ctx, chromedp.Poll[bool](all))
		cancel()
		if err == nil {
			return
		}
	}
	b.Fatalf("a chart does not stand: %v", err)
}

// shoot keeps a picture of the page for a person to look at, where the
// environment names a folder for it.
func (b *browser) shoot(name string) {
	b.Helper()
	if b.shots == "" {
		return
	}
	const lossless = 100
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(lossless))
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.shots, name+".png"), picture, 0o644); err != nil {
		b.Fatal(err)
	}
}

// quiet fails on anything the browser complained about.
func (b *browser) quiet() {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, wrong := range b.wrong {
		b.Errorf("the browser complains: %s", wrong)
	}
	b.wrong = nil
}

// shown are the pages a person looks at, by the name of their picture.
func shown(brand *webtest.Brand) map[string]string {
	return map[string]string{
		"today": "/today", "links": "/today/links", "withheld": "/today/withheld", "customers": "/customers", "customer": brand.Someone(0), "customer-unlinked": brand.Someone(5),
		"touch": "/touch", "batch": "/touch/batches/rs", "touch-tasks": "/touch/tasks", "execution": "/touch/execution", "doubt": "/touch/doubt", "quotas": "/touch/quotas",
		"value": "/value", "value-order": "/value?by=order", "value-groups": "/value/groups", "value-stores": "/value/groups?by=store", "value-due": "/value/due", "value-backtest": "/value/backtest", "value-card": "/value/card",
		"groups": "/groups", "group": brand.AGroup(), "connection": "/settings/connection", "doctor": "/settings/connection/doctor", "things": "/settings/things", "imports": "/settings/imports",
		"brand": "/settings/brand", "users": "/settings/users", "texts": "/settings/texts", "text": "/settings/texts/edit?code=remind.2", "lines": "/settings/lines", "line": "/settings/lines/edit?code=tea",
		"stores": "/settings/stores", "store": "/settings/stores/edit", "audit": "/settings/audit", "password": "/password",
	}
}

func TestPagesFitThreeWidthsInBothLanguagesWithoutComplaint(t *testing.T) {
	brand := webtest.Full()
	b := browse(t, brand)
	b.logIn(webtest.OwnerAccount)
	widths := []int64{1440, 1024, 390}
	for _, language := range []string{"zh", "en"} {
		if language == "en" {
			b.english()
			widths = []int64{1024, 390} // where longer words could wrap worse
		}
		for name, path := range shown(brand) {
			for _, width := range widths {
				b.size(width)
				b.open(path)
				b.drawn()
				what := fmt.Sprintf("%s-%s-%d", name, language, width)
				b.fits(what)
				b.shoot(what)
			}
		}
	}
	b.quiet()
}

func TestHostileNamesBreakNoLayout(t *testing.T) {
	long := strings.Repeat("W", 400)
	brand := webtest.Hostile(long)
	b := browse(t, brand)
	b.logIn(webtest.OwnerAccount)
	for name, path := range shown(brand) {
		for _, width := range []int64{1440, 390} {
			b.size(width)
			b.open(path)
			b.fits(fmt.Sprintf("%s with a name of 400 letters at %d px", name, width))
		}
	}
	b.quiet()
}

func TestStaffWorkTheirListOnThePhone(t *testing.T) {
	b := browse(t, webtest.Full())
	b.size(390)
	b.logIn(webtest.StaffAccount)
	b.sees("今天 9 件，已做 0")
	b.fits("tasks")
	b.shoot("tasks-zh-390")
	b.follow(`.task button[value=done]`)
	b.sees("今天 9 件，已做 1")
	b.follow(`.task button[value=postponed]`)
	b.sees("明天再提醒你")
	b.follow(`.task .who a`)
	b.sees("下一步")
	b.fits("customer of a member")
	b.open("/tasks")
	b.english()
	b.sees("9 today, 1 done")
	b.fits("tasks in English")
	b.shoot("tasks-en-390")
	b.quiet()
}

func TestTheFirstPageIsLightOnASlowLine(t *testing.T) {
	const most = 200 << 10 // bytes, compressed, without charts
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	if _, err := chromedp.Call(b.ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}); err != nil {
		t.Fatal(err)
	}
	b.mu.Lock()
	b.bytes = 0
	b.mu.Unlock()
	b.open("/today")
	b.sees("今天计划联系")
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bytes == 0 || b.bytes > most {
		t.Errorf("Today took %.0f bytes, want at most %d", b.bytes, most)
	}
	t.Logf("Today took %.0f KB compressed", b.bytes/1024)
}
