// Package browsertest looks at pages in a real browser, for tests.
package browsertest

import (
	"context"
	"errors"
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
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Window is one browser window with its own cookies. What a page complains
// about is collected and fails the test in Quiet.
type Window struct {
	*testing.T
	// Ctx is the browser's, for what has no method here.
	Ctx  context.Context
	base string

	mu    sync.Mutex
	wrong []string
	bytes float64 // received over the network
}

// Chromium returns the browser to test with, or skips the test.
func Chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no chromium on this machine: pages are not looked at in a browser")
	return ""
}

// Open opens a window on the server at base, which is closed when the test or
// its time is over.
func Open(t *testing.T, base string, within time.Duration) *Window {
	t.Helper()
	allocator, stop := chromedp.NewExecAllocator(t.Context(), chromedp.ExecPath(Chromium(t)), chromedp.UserDataDir(t.TempDir()), chromedp.Env("TMPDIR="+scratch(t)),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	t.Cleanup(stop)
	ctx, closeWindow := chromedp.NewContext(allocator)
	t.Cleanup(closeWindow)
	ctx, cancel := context.WithTimeout(ctx, within)
	t.Cleanup(cancel)
	w := &Window{T: t, Ctx: ctx, base: base}
	w.Do()
	if err := chromedp.Listen(ctx, w.listen); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	return w
}

// scratch returns a folder for what a browser leaves behind. Its name is short,
// other than one of t.TempDir: the browser puts a socket into it, whose address
// has room for 107 letters.
func scratch(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "siyu")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

// listen collects what the page complains about and what it loads, and says
// yes to every question.
func (w *Window) listen(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		w.wrong = append(w.wrong, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			w.wrong = append(w.wrong, fmt.Sprintf("console %s: %s", e.Type, e.Args[0].Value))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			w.wrong = append(w.wrong, e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventLoadingFinished:
		w.bytes += e.EncodedDataLength
	case *page.EventJavascriptDialogOpening:
		go func() {
			_, _ = chromedp.Call(w.Ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true}) // a dialog that is gone needs no answer
		}()
	}
}

// Do runs actions one after the other.
func (w *Window) Do(actions ...chromedp.Action[chromedp.Void]) {
	w.Helper()
	if err := chromedp.Do(w.Ctx, actions...); err != nil {
		w.Fatal(err)
	}
}

// Asked evaluates a script that returns a text.
func (w *Window) Asked(script string) string {
	w.Helper()
	said, err := chromedp.Run(w.Ctx, chromedp.Evaluate[string](script))
	if err != nil {
		w.Fatal(err)
	}
	return said
}

// Text returns what the page says.
func (w *Window) Text() string {
	w.Helper()
	return w.Asked(`document.body.innerText`)
}

// Size makes the window so many pixels wide; below 500 it is a phone.
func (w *Window) Size(width int64) {
	w.Helper()
	if width < 500 {
		w.Do(chromedp.EmulateViewport(width, 844, chromedp.EmulateMobile))
		return
	}
	w.Do(chromedp.EmulateViewport(width, 900))
}

// Open opens a page of the server.
func (w *Window) Open(path string) {
	w.Helper()
	w.Do(chromedp.Navigate(w.base + path))
}

// Click clicks what stays on the page, anew where the page puts another in its place
// between the look and the click, as people do.
func (w *Window) Click(css string) {
	w.Helper()
	for try := range 5 {
		w.rests(css)
		err := chromedp.Do(w.Ctx, chromedp.Click(chromedp.CSS(css)))
		switch {
		case err == nil:
			return
		case try == 4 || !strings.Contains(err.Error(), "Could not find node"):
			w.Fatal(err)
		}
	}
}

// rests waits until what is to be clicked is in the same place in two frames running: a
// page that is still being laid out takes a click elsewhere.
func (w *Window) rests(css string) {
	w.Helper()
	const same = `(() => {
		const place = document.querySelector(%q)?.getBoundingClientRect();
		const before = window.place;
		window.place = place && [place.x, place.y, place.width, place.height].join();
		return place !== undefined && window.place === before;
	})()`
	if err := w.poll(time.Minute, 2*time.Second, fmt.Sprintf(same, css)); err != nil {
		w.Fatalf("%s is not there or never rests:\n%s", css, w.Text())
	}
}

// Follow clicks what opens another page and waits until that stands. A page that moves
// between the look and the click takes the click elsewhere: where the same page still
// stands after a minute, it is clicked again, as people do.
func (w *Window) Follow(css string) {
	w.Helper()
	w.Asked(`window.stands = "yes"`)
	for range 3 {
		w.rests(css)
		err := w.follow(css)
		switch {
		case err == nil:
			return
		case !errors.Is(err, context.DeadlineExceeded):
			w.Fatalf("click %s: %v\n%s", css, err, w.Text())
		case w.Asked(`window.stands || ""`) == "":
			return
		}
	}
	w.Fatalf("nothing opened after three clicks on %s:\n%s", css, w.Text())
}

// follow clicks once and waits until another page stands.
func (w *Window) follow(css string) error {
	ctx, cancel := context.WithTimeout(w.Ctx, time.Minute)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(css)))
	return err
}

// Type types a text into a field.
func (w *Window) Type(css, text string) {
	w.Helper()
	w.Do(chromedp.SendKeys(chromedp.CSS(css), text))
}

// LogIn fills the form as a person does.
func (w *Window) LogIn(account, password string) {
	w.Helper()
	w.Open("/login")
	w.Type(`input[name=account]`, account)
	w.Type(`input[name=password]`, password)
	w.Follow(`form[action="/login"] button`)
	w.Do(chromedp.WaitVisible(chromedp.CSS(`.shell`)))
}

// Speak changes the language of the console.
func (w *Window) Speak(language string) {
	w.Helper()
	w.Follow(`button[name=language][value="` + language + `"]`)
	w.Do(chromedp.WaitVisible(chromedp.CSS(`html[lang="` + language + `"] .shell`)))
}

// Sees waits until the page, or one that it leads to, shows a text.
func (w *Window) Sees(text string) {
	w.Helper()
	if err := w.poll(20*time.Second, 2*time.Second, fmt.Sprintf(`document.body.innerText.includes(%q)`, text)); err != nil {
		w.Fatalf("the page does not show %q:\n%s", text, w.Text())
	}
}

// Until waits until a condition, written as a script, holds.
func (w *Window) Until(condition string) {
	w.Helper()
	if err := w.poll(20*time.Second, 2*time.Second, condition); err != nil {
		w.Fatalf("it never came that %s:\n%s", condition, w.Text())
	}
}

// poll waits until a condition holds. It asks again and again, because a page
// that is being replaced takes the question with it.
func (w *Window) poll(within, each time.Duration, condition string) (err error) {
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		ctx, cancel := context.WithTimeout(w.Ctx, each)
		_, err = chromedp.Run(ctx, chromedp.Poll[bool](condition))
		cancel()
		if err == nil {
			return nil
		}
	}
	return err
}

// Fits fails where the page is wider than the window.
func (w *Window) Fits(what string) {
	w.Helper()
	const widest = `(() => {
		const wide = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= wide) return "";
		const out = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > wide + 1 && !e.closest(".scroll,.tabs"));
		return document.documentElement.scrollWidth + " > " + wide + ": " + out.slice(0, 3).map(e => e.tagName + "." + e.className).join(", ");
	})()`
	if wrong := w.Asked(widest); wrong != "" {
		w.Errorf("%s is wider than the window: %s", what, wrong)
	}
}

// Unfold opens all that can be unfolded on the page, but what opens over it.
func (w *Window) Unfold() {
	w.Helper()
	w.Asked(`(document.querySelectorAll("details:not(.pop)").forEach(d => d.open = true), "")`)
}

// Drawn waits until all charts of the page that are shown stand.
func (w *Window) Drawn() {
	w.Helper()
	const all = `[...document.querySelectorAll("[data-chart]")].every(c => c.hidden || c.querySelector("canvas"))`
	if err := w.poll(20*time.Second, 5*time.Second, all); err != nil {
		w.Fatalf("a chart does not stand: %v", err)
	}
}

// Shoot keeps a picture of the whole page for a person to look at, where
// SIYU_ARTIFACTS names a folder for it.
func (w *Window) Shoot(name string) {
	w.Helper()
	const lossless = 100
	w.keep(name, chromedp.FullScreenshot(lossless))
}

// Keep keeps a picture of a window of that size, likewise.
func (w *Window) Keep(name string, width, height int64) {
	w.Helper()
	if os.Getenv(artifacts) == "" {
		return
	}
	w.Do(chromedp.EmulateViewport(width, height))
	w.Drawn()
	w.keep(name, chromedp.CaptureScreenshot())
}

const artifacts = "SIYU_ARTIFACTS"

func (w *Window) keep(name string, take chromedp.Action[[]byte]) {
	w.Helper()
	folder := os.Getenv(artifacts)
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(w.Ctx, take)
	if err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644); err != nil {
		w.Fatal(err)
	}
}

// Weigh returns how many bytes came over the network since it was asked last.
func (w *Window) Weigh() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	bytes := w.bytes
	w.bytes = 0
	return bytes
}

// Quiet fails on anything the browser complained about since it was asked last.
func (w *Window) Quiet() {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, wrong := range w.wrong {
		w.Errorf("the browser complains: %s", wrong)
	}
	w.wrong = nil
}
