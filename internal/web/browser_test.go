package web_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"siyu/internal/web/browsertest"
	"siyu/internal/web/webtest"
)

// browser is a window on the console of a made-up brand.
type browser struct{ *browsertest.Window }

func browse(t *testing.T, brand *webtest.Brand) browser {
	t.Helper()
	console, err := brand.Console()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(console)
	t.Cleanup(server.Close)
	return browser{browsertest.Open(t, server.URL, 12*time.Minute)}
}

func (b browser) logIn(account string) {
	b.Helper()
	b.LogIn(account, webtest.Password)
}

// shown are the pages a person looks at, by the name of their picture.
func shown(brand *webtest.Brand) map[string]string {
	return map[string]string{
		"today": "/today", "links": "/today/links", "withheld": "/today/withheld", "withheld-won": "/today/withheld?because=budget_week", "losses": "/losses", "loss": "/losses/1", "loss-way": "/losses/4", "customers": "/customers", "customer": brand.Someone(0), "customer-unlinked": brand.Someone(5),
		"audiences": "/audiences", "audience": "/audiences/2?with=3", "audience-new": "/audiences/new?in=1&out=3",
		"sops": "/sop", "sop": "/sop/" + webtest.WelcomeProcess, "sop-library": "/sop-library/" + webtest.ShelvedProcess, "sop-edit": "/sop-edit?process=" + webtest.WelcomeProcess,
		"touch": "/touch", "batch": "/touch/batches/rs", "batch-process": "/touch/batches/rt", "sent": "/touch/sent", "sent-members": "/touch/sent/1jl", "result": "/touch/batches/1jk", "result-planned": "/touch/batches/1jn", "calendar": "/touch/calendar", "calendar-store": "/touch/calendar?by=store", "calendar-day": "/touch/calendar/day?day=2026-03-12", "calendar-process": "/touch/calendar/process/" + webtest.WelcomeProcess, "touch-tasks": "/touch/tasks", "touch-contacts": "/touch/contacts", "touch-contact": "/touch/contacts/6y0", "touch-stopped": "/touch/stopped", "sends": "/sends", "send-new": "/sends/new?audience=1", "send": "/sends/" + webtest.DraftSend, "send-over": "/sends/" + webtest.OverSend, "posts": "/touch/posts", "post-new": "/touch/posts/new", "post-moments": "/touch/posts/new?channel=moments", "post": "/touch/posts/1", "execution": "/touch/execution", "execution-store": "/touch/execution?by=store", "execution-area": "/touch/execution?by=area", "organisation": "/organisation", "doubt": "/touch/doubt", "quotas": "/touch/quotas",
		"value": "/value", "value-order": "/value?by=order", "value-groups": "/value/groups", "value-stores": "/value/groups?by=store", "value-campaigns": "/value/groups?by=campaign", "value-due": "/value/due", "value-stages": "/value/stages?line=tea", "value-stages-few": "/value/stages?line=gift", "value-backtest": "/value/backtest", "value-card": "/value/card", "value-promises": "/value/promises",
		"content": "/content", "groups": "/groups", "group": brand.AGroup(), "connection": "/settings/connection", "doctor": "/settings/connection/doctor", "things": "/settings/things", "imports": "/settings/imports",
		"tags": "/settings/tags", "tag-new": "/settings/tags/edit", "tag": "/settings/tags/edit?key=ww/t4", "tagging": "/customers/tag", "tag-work": "/settings/tags/work/w1",
		"brand": "/settings/brand", "approval": "/settings/approval", "notice": "/settings/notices", "users": "/settings/users", "texts": "/settings/texts", "text": "/settings/texts/edit?code=remind.2", "lines": "/settings/lines", "line": "/settings/lines/edit?code=tea",
		"stores": "/settings/stores", "store": "/settings/stores/edit", "audit": "/settings/audit", "password": "/password",
	}
}

func TestPagesFitFourWidthsInBothLanguagesWithoutComplaint(t *testing.T) {
	brand := webtest.Full()
	b := browse(t, brand)
	b.logIn(webtest.OwnerAccount)
	widths := []int64{1440, 1024, 768, 390}
	for _, language := range []string{"zh", "en"} {
		if language == "en" {
			b.Speak("en")
			widths = []int64{1024, 390} // where longer words could wrap worse
		}
		for name, path := range shown(brand) {
			for _, width := range widths {
				b.Size(width)
				b.Open(path)
				b.Drawn()
				what := fmt.Sprintf("%s-%s-%d", name, language, width)
				b.Fits(what)
				b.Shoot(what)
				b.Unfold()
				b.Fits(what + " unfolded")
			}
		}
	}
	b.Quiet()
}

func TestHostileNamesBreakNoLayout(t *testing.T) {
	long := strings.Repeat("W", 400)
	brand := webtest.Hostile(long)
	b := browse(t, brand)
	b.logIn(webtest.OwnerAccount)
	for name, path := range shown(brand) {
		for _, width := range []int64{1440, 390} {
			b.Size(width)
			b.Open(path)
			b.Fits(fmt.Sprintf("%s with a name of 400 letters at %d px", name, width))
		}
	}
	b.Quiet()
}

func TestStaffWorkTheirListOnThePhone(t *testing.T) {
	b := browse(t, webtest.Full())
	b.Size(390)
	b.logIn(webtest.StaffAccount)
	b.Sees("今天 11 件，已做 0")
	b.Fits("tasks")
	b.Shoot("tasks-zh-390")
	b.Follow(`.task:has(.who a) button[value=done]`)
	b.Sees("今天 11 件，已做 1")
	b.Click(`.task:has(.who a) .later summary`)
	b.Follow(`.task:has(.who a) button[value=no_time]`)
	b.Sees("明天再提醒你")
	b.Follow(`.task .who a`)
	b.Sees("下一步")
	b.Fits("customer of a member")
	b.Open("/tasks")
	b.Speak("en")
	b.Sees("11 today, 1 done")
	b.Fits("tasks in English")
	b.Shoot("tasks-en-390")
	b.Quiet()
}

// A member on a slow line, 400 kbit/s and 0.4 s there and back, has the pages of the
// phone open within 5 seconds: what comes in the 3 seconds that are left of them after five
// ways there and back (name, connection, two for its security, the page; the rest goes
// beside it).
const (
	slowRate    = 400_000 / 8 // bytes a second
	slowLatency = 400         // ms
	slowOpens   = 5           // seconds
	slowBytes   = slowRate * (slowOpens - 5*slowLatency/1000)
)

func TestThePhonePagesAreLightOnASlowLine(t *testing.T) {
	brand := webtest.Full()
	b := browse(t, brand)
	b.Size(390)
	b.logIn(webtest.StaffAccount)
	b.onASlowLine()
	weighed := func(path, says string) {
		t.Helper()
		b.Weigh()
		b.Open(path)
		b.Sees(says)
		bytes := b.Weigh()
		if bytes == 0 || bytes > slowBytes {
			t.Errorf("%s took %.0f bytes, want at most %d", path, bytes, slowBytes)
		}
		t.Logf("%s took %.0f KB compressed, %.1f s of a slow line", path, bytes/1024, bytes/slowRate+5*slowLatency/1000.)
	}
	weighed("/tasks", "今天 11 件，已做 0")
	b.Follow(`.task:has(.who a) button[value=done]`) // and works there
	b.Sees("今天 11 件，已做 1")
	b.InWeCom(brand.External(0))
	weighed("/side", "可以说的话")
	b.Quiet()
}

// onASlowLine lets all that comes next come slowly and nothing from the cache.
func (b browser) onASlowLine() {
	b.Helper()
	_, err := chromedp.Call(b.Ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	if err == nil {
		_, err = chromedp.Call(b.Ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Latency: slowLatency, DownloadThroughput: slowRate, UploadThroughput: slowRate}}})
	}
	if err != nil {
		b.Fatal(err)
	}
}

func TestTheFirstPageIsLightOnASlowLine(t *testing.T) {
	const most = 200 << 10 // bytes, compressed, without charts
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	if _, err := chromedp.Call(b.Ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}); err != nil {
		t.Fatal(err)
	}
	b.Weigh()
	b.Open("/today")
	b.Sees("今天计划联系")
	bytes := b.Weigh()
	if bytes == 0 || bytes > most {
		t.Errorf("Today took %.0f bytes, want at most %d", bytes, most)
	}
	t.Logf("Today took %.0f KB compressed", bytes/1024)
}
