package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"siyu/internal/delivery"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web/browsertest"
)

// visitor is a person in front of the real console of a demo.
type visitor struct{ *browsertest.Window }

func (v visitor) logOut() {
	v.Helper()
	v.Follow(`form[action="/logout"] button`)
}

// shows opens a page, waits for its charts, and fails where it is wider than
// the window at one of three widths.
func (v visitor) shows(path string) {
	v.Helper()
	v.Size(1440)
	v.Open(path)
	v.Drawn()
	if empty := v.Asked(`String(document.querySelectorAll("[data-chart][hidden]").length)`); empty != "0" {
		v.Errorf("%s: %s charts of a filled brand have no points", path, empty)
	}
	for _, width := range []int64{390, 1024, 1440} {
		v.Size(width)
		v.Fits(path)
	}
}

// One brand, one morning: a lead looks, approves and imports; a member of
// staff does a task on the phone.
func TestPeopleWorkInTheConsoleOfARealBrand(t *testing.T) {
	browsertest.Chromium(t) // before the brand is built
	const customers = 2500  // more than hands reach in a day, so that there are mass messages to approve
	d := opened(t, customers, true)
	if err := d.Live(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	login, err := d.HandOver(t.Context(), 9)
	if err != nil {
		t.Fatal(err)
	}
	v := visitor{browsertest.Open(t, "http://"+d.Addr(), 4*time.Minute)}
	v.LogIn(login.Account, login.Password)
	v.readsEveryPage()
	v.approvesABatch(d)
	v.importsAFile()
	v.logOut()
	v.worksOnThePhone(login)
	v.Quiet()
}

func (v visitor) readsEveryPage() {
	v.Helper()
	for _, language := range []string{"zh-CN", "en"} {
		if language != "zh-CN" {
			v.Speak(language)
		}
		for _, path := range []string{"/today/links", "/today/withheld", "/touch", "/touch/tasks", "/touch/execution", "/touch/doubt", "/touch/quotas", "/groups",
			"/settings/connection", "/settings/connection/doctor", "/settings/imports", "/settings/brand", "/settings/users", "/settings/audit"} {
			v.shows(path)
		}
		v.shows("/today")
		v.Keep("today."+language, 1440, 1080)
		v.shows("/customers?limiting=trust")
		v.shows(v.Asked(`document.querySelector("#results td.lead a").getAttribute("href")`))
		v.Keep("customer."+language, 1440, 1080)
	}
	v.Speak("zh-CN")
}

// approvesABatch sends one batch and finds it among what waits for the member.
func (v visitor) approvesABatch(d *Demo) {
	v.Helper()
	v.Open("/touch")
	batch, ok := id.Parse[int64](v.Asked(`document.querySelector("input[name=batch]").value`))
	if !ok {
		v.Fatal("the first batch has no id")
	}
	v.Do(chromedp.Click(chromedp.CSS(`input[name=batch]`)))
	v.Follow(`form[action="/touch/approve"] button.first`)
	v.Sees("已通过")
	if err := d.Hour(v.Context()); err != nil {
		v.Fatal(err)
	}
	open, err := d.App.DB().Dispatches(v.Context(), delivery.Query{After: batch - 1, Limit: 1, Scope: org.All()})
	if err != nil || len(open) == 0 || open[0].ID != batch || open[0].Task != delivery.Open {
		v.Fatalf("an hour later the batch does not wait for its member: %+v, %v", open, err)
	}
	v.Open("/touch/tasks")
	v.Sees("群发，员工确认")
}

// importsAFile brings one order that can be read and one that cannot.
func (v visitor) importsAFile() {
	v.Helper()
	file := filepath.Join(v.TempDir(), "orders.csv")
	lines := []string{"订单号,付款时间,订单实付金额,买家手机号", "E2E-1,2026-11-02 10:00:00,12.30,13800001234", "E2E-2,2026-11-02 10:05:00,=1+1,13800001235", ""}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		v.Fatal(err)
	}
	v.Open("/settings/imports")
	v.Do(chromedp.SetUploadFiles(chromedp.CSS(`input[type=file]`), []string{file}))
	v.Follow(`form[action="/settings/imports"] button`)
	v.Sees("13800001234")
	v.Follow(`form[action$="/map"] button`)
	v.Sees("导入 1 个订单")
	v.Follow(`form[action$="/start"] button`)
	v.Sees("已导入")
	v.Sees("下载未导入的行")
}

func (v visitor) worksOnThePhone(login Login) {
	v.Helper()
	v.Size(390)
	v.LogIn(login.Staff, login.Password)
	v.Open("/tasks")
	v.Keep("phone.zh-CN", 390, 844)
	before := v.Asked(`document.querySelector("h1").innerText`)
	v.Follow(`.task button[value=done]`)
	if after := v.Asked(`document.querySelector("h1").innerText`); after == before {
		v.Errorf("a task is done and the list still says %q", after)
	}
	v.shows("/tasks")
}
