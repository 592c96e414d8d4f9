package demo

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web/browsertest"
)

// A process of the library becomes messages that a person approved and members
// confirmed; one of the brand's own becomes a task on the phone. Both are followed
// on their pages.
func TestProcessesAreWorkedFromTheLibraryToTheirAdherence(t *testing.T) {
	browsertest.Chromium(t) // before the brand is built
	d := opened(t, 1200, true)
	login, err := d.HandOver(t.Context(), 9)
	if err != nil {
		t.Fatal(err)
	}
	v := visitor{browsertest.Open(t, "http://"+d.Addr(), 6*time.Minute)}
	v.LogIn(login.Account, login.Password)
	v.promotes(d, inChinese)
	v.shows("/sop/" + promotion)
	v.Speak("en")
	v.asksForPictures(d)
	v.logOut()
	v.provesOnThePhone(login)
	v.logOut()
	v.LogIn(login.Account, login.Password)
	v.Open("/sop/" + shelves)
	v.Sees("Pictures that prove steps")
	v.Until(`[...document.images].every((i) => i.complete && i.naturalWidth > 0)`)
	v.shows("/sop/" + shelves)
	v.Quiet()
}

// The same, from the library to adherence, by who reads English.
func TestAProcessIsWorkedToItsAdherenceInEnglish(t *testing.T) {
	browsertest.Chromium(t) // before the brand is built
	d := opened(t, 1200, true)
	login, err := d.HandOver(t.Context(), 9)
	if err != nil {
		t.Fatal(err)
	}
	v := visitor{browsertest.Open(t, "http://"+d.Addr(), 6*time.Minute)}
	v.LogIn(login.Account, login.Password)
	v.Speak("en")
	v.promotes(d, inEnglish)
	v.shows("/sop/" + promotion)
	v.Quiet()
}

// spoken is what pages say on the way of a promotion.
type spoken struct{ due, draft, working, approved, step, onTime string }

var (
	inChinese = spoken{due: "提前 15 天 10:00", draft: "草稿", working: "使用中", approved: "已通过", step: "预热：这次有什么", onTime: "位员工的按时率"}
	inEnglish = spoken{due: "15 days before, 10:00", draft: "Draft", working: "At work", approved: "Approved", step: "Warm-up: what is coming", onTime: "On time over"}
)

const (
	promotion = "big-promotion"
	warmUp    = "warm-up"
	shelves   = "shelf-of-the-day"
)

func (v visitor) hours(d *Demo, n int) {
	v.Helper()
	for range n {
		if err := d.Hour(v.Context()); err != nil {
			v.Fatal(err)
		}
	}
}

// set puts a value into a field of a form.
func (v visitor) set(field, value string) {
	v.Helper()
	v.Do(chromedp.SetValue(chromedp.CSS(`[name="`+field+`"]`), value))
}

// promotes adapts a process of the library in its forms, puts it to work, approves
// what falls due, and lets members confirm it in the simulator.
func (v visitor) promotes(d *Demo, says spoken) {
	v.Helper()
	v.Size(1440)
	v.Open("/sop")
	v.Follow(`#library a[href="/sop-edit?library=` + promotion + `"]`)
	v.Follow(`#lane button[value=head]`)
	const before = 15 // days on which the step warms up
	v.set("h.dates", d.clock.Now().In(clock.Shanghai).AddDate(0, 0, before).Format(time.DateOnly))
	v.Follow(`#opened button[value=apply-head]`)
	v.Follow(`#lane button[value="open:` + warmUp + `"]`)
	v.set("s.clock", "10:00")
	v.Follow(`#opened button[value="apply:` + warmUp + `"]`)
	v.Sees(says.due)
	v.Follow(`.save .button.first`)
	v.Sees(says.draft)
	v.Follow(`form[action="/sop/` + promotion + `/state"] button[value=active]`)
	v.Sees(says.working)
	v.hours(d, 2)
	said := v.approvesTheStep(says)
	v.hours(d, 1)
	confirmed := 0
	for _, task := range d.platform.PendingTasks("") {
		if strings.Contains(task.Text, said) {
			if err := d.platform.People().ConfirmTask(task.UserID, task.ID); err != nil {
				v.Fatal(err)
			}
			confirmed++
		}
	}
	v.hours(d, 2)
	counts, err := d.App.DB().StepSums(v.Context(), storage.StepSumQuery{Scope: org.All(), From: 0, To: 1 << 40, ByStep: true, ByStaff: true})
	if err != nil {
		v.Fatal(err)
	}
	line := sop.Adherence(counts, func(sop.Count) bool { return true })[true]
	if line.Done == 0 {
		v.Fatalf("%d members confirmed, and nothing is done: %+v", confirmed, line)
	}
	v.Open("/sop/" + promotion)
	v.Sees(says.step)
	v.Sees(says.onTime)
	for column, want := range map[int]int{2: line.Due(), 3: line.OnTime, 4: line.Late, 6: line.Open(), 9: line.Withheld} {
		shown := v.Asked(fmt.Sprintf(`document.querySelector("#adherence tbody tr td:nth-child(%d)").firstChild.textContent`, column))
		if n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(shown), ",", "")); err != nil || n != want {
			v.Errorf("column %d of adherence says %q, %d are counted", column, shown, want)
		}
	}
}

// approvesTheStep approves all batches of the warm-up on the page and returns what
// they say.
func (v visitor) approvesTheStep(said spoken) string {
	v.Helper()
	v.Open("/touch?purpose=ask")
	const says = "活动"
	chosen := v.Asked(`(() => { let n = 0; for (const row of document.querySelectorAll("tr")) { const box = row.querySelector("input[name=batch]"); if (box && row.innerText.includes("` + says + `")) { box.checked = true; box.dispatchEvent(new Event("change", {bubbles: true})); n++ } } return String(n) })()`)
	if chosen == "0" {
		v.Fatalf("no batch of the process waits for approval: %s", v.Text())
	}
	v.Follow(`form[action="/touch/approve"] button.first`)
	v.Sees(said.approved)
	return says
}

// asksForPictures writes a process of its own, as text.
func (v visitor) asksForPictures(d *Demo) {
	v.Helper()
	now := d.clock.Now().In(clock.Shanghai)
	text := fmt.Sprintf(`sop: 1
name: %s
title: {zh: 每日陈列, en: Shelf of the day}
subject: member
trigger: {weekdays: [mon, tue, wed, thu, fri, sat, sun]}
clock: calendar
again: every_time
executor: self
steps:
  - name: picture
    title: {zh: 拍陈列, en: Photograph the shelf}
    at: 0d %02d:00
    within: 1d
    channel: task
    proof: photo
    minutes: 2
    content:
      - text: {zh: 拍一张整排的照片。, en: Photograph the whole shelf.}
`, shelves, now.Hour()+1)
	v.Open("/sop-edit")
	v.Asked(`(() => { document.getElementById("text").open = true; document.getElementById("document").value = ` + fmt.Sprintf("%q", text) + `; return "" })()`)
	v.Follow(`.save .button.first`)
	v.Sees("Draft")
	v.Follow(`form[action="/sop/` + shelves + `/state"] button[value=active]`)
	v.Sees("At work")
	v.hours(d, 2)
}

// provesOnThePhone puts a contact off for a reason and does the task with a picture.
func (v visitor) provesOnThePhone(login Login) {
	v.Helper()
	v.Size(390)
	v.LogIn(login.Staff, login.Password)
	v.Open("/tasks")
	v.Sees("Photograph the whole shelf.")
	v.Fits("tasks of processes")
	v.Keep("phone.process.en", 390, 844)
	if v.Asked(`String(!!document.querySelector(".task .who a"))`) == "true" {
		v.Click(`.task:has(.who a) .later summary`)
		v.Follow(`.task:has(.who a) button[value=no_time]`)
		v.Sees("reminded tomorrow")
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 64, 48))); err != nil {
		v.Fatal(err)
	}
	file := filepath.Join(v.TempDir(), "shelf.png")
	if err := os.WriteFile(file, picture.Bytes(), 0o600); err != nil {
		v.Fatal(err)
	}
	v.Do(chromedp.SetUploadFiles(chromedp.CSS(`.task input[type=file]`), []string{file}))
	v.Follow(`.task:has(input[type=file]) button[value=done]`)
	v.Sees("Noted: done.")
	v.shows("/tasks")
}
