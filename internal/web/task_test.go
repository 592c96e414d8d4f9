package web_test

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"siyu/internal/id"
	"siyu/internal/vault"
	"siyu/internal/web/webtest"
)

func TestATaskIsPutOffOnlyForAReason(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.StaffAccount)
	task := "/tasks/" + v.firstTask()
	v.post(task, url.Values{"state": {"postponed"}}).wants(http.StatusUnprocessableEntity).says("请选择改期的原因")
	v.post(task, url.Values{"because": {"weather"}}).wants(http.StatusUnprocessableEntity).says("请选择改期的原因")
	v.post(task, url.Values{"because": {"no_goods"}}).leads("/tasks?done=task_postponed")
	v.post(task, url.Values{"state": {"eaten"}}).wants(http.StatusUnprocessableEntity)
}

func TestATaskIsPutOffThreeTimesAtMost(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.StaffAccount)
	task := "/tasks/" + v.firstTask()
	for _, left := range []string{"还能改期 2 次", "还能改期 1 次", "已改期三次"} {
		v.get("/tasks").hides(left)
		v.post(task, url.Values{"because": {"no_time"}}).leads("/tasks?done=task_postponed")
		v.get("/tasks").says(left)
	}
	v.get("/tasks").says("不做了，因为")
	v.post(task, url.Values{"because": {"no_time"}}).wants(http.StatusUnprocessableEntity).says("已经改期三次")
	v.post(task, url.Values{"not_done": {"weather"}}).wants(http.StatusUnprocessableEntity)
	v.post(task, url.Values{"not_done": {"no_goods"}}).leads("/tasks?done=task_no_need")
	v.get("/tasks").hides("已改期三次")
}

// firstTask returns the number of the first contact on the page.
func (v *visitor) firstTask() string {
	v.Helper()
	_, rest, _ := strings.Cut(v.get("/tasks").body, `action="/tasks/`)
	number, _, _ := strings.Cut(rest, `"`)
	return number
}

// send posts a body as it is.
func (v *visitor) send(path, kind string, body []byte) answer {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), http.MethodPost, v.base+path, bytes.NewReader(body))
	if err != nil {
		v.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	return v.ask(r)
}

func TestAPictureIsShownToWhoMaySeeTheTask(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.StaffAccount)
	v.get("/tasks/photos/" + webtest.ShelfStep).wants(http.StatusNotFound)
	var picture, form bytes.Buffer
	if err := png.Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	w := multipart.NewWriter(&form)
	if err := w.WriteField("state", "done"); err != nil {
		t.Fatal(err)
	}
	part, err := w.CreateFormFile("photo", "shelf.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(picture.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	v.send("/tasks/"+webtest.ShelfStep, w.FormDataContentType(), form.Bytes()).leads("/tasks?done=task_done")
	if got := v.get("/tasks/photos/" + webtest.ShelfStep).wants(http.StatusOK).body; !strings.HasPrefix(got, "\xff\xd8") {
		t.Error("what is shown is no JPEG")
	}
	lead := visit(t, brand, webtest.LeadAccount)
	lead.get("/tasks/photos/" + webtest.ShelfStep).wants(http.StatusOK)
	page := lead.get("/sop/"+webtest.WelcomeProcess).says("完成凭证照片", "按区域")
	if !strings.Contains(page.body, "/tasks/photos/"+webtest.ShelfStep) {
		t.Error("the page of the process shows no picture")
	}
	big := append([]byte("--x\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a\"\r\n\r\n"), make([]byte, vault.MaxPhoto+(1<<20))...)
	v.send("/tasks/"+webtest.ShelfStep, "multipart/form-data; boundary=x", big).wants(http.StatusUnprocessableEntity).says("照片太大")
}

// What the server refuses is a complaint of the browser's, too: nobody asks it here.
func TestATaskIsProvedByAPictureOnThePhone(t *testing.T) {
	b := browse(t, webtest.Full())
	b.Size(390)
	b.logIn(webtest.StaffAccount)
	form := `form[action="/tasks/` + webtest.ShelfStep + `"] `
	b.Sees("陈列拍照")
	b.Follow(form + `button[value=done]`)
	b.Sees("这一步要有照片才算完成")
	file := filepath.Join(b.TempDir(), "shelf.png")
	bring := func(raw []byte, want string) {
		b.Helper()
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			b.Fatal(err)
		}
		b.Do(chromedp.SetUploadFiles(chromedp.CSS(form+`input[type=file]`), []string{file}))
		b.Follow(form + `button[value=done]`)
		b.Sees(want)
	}
	bring([]byte("no picture"), "这不是能识别的照片")
	b.Fits("a picture that is refused")
	b.Shoot("tasks-photo-zh-390")
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 30, 20))); err != nil {
		b.Fatal(err)
	}
	bring(picture.Bytes(), "已做 1")
}

func TestACallIsAnInstructionAndNothingToSend(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.StaffAccount)
	page := v.get("/tasks").wants(http.StatusOK).says("电话", "投诉挽回 · 打电话说清楚", "先复述客户的问题", "拨打 13812345678", "没有你记过的号码", "打通了", "没打通")
	page.holds(`href="tel:13812345678"`)
	call := taskCardOf(t, page, "先复述客户的问题")
	for _, sends := range []string{"data-copy", "data-send", "quote", `value="done"`} {
		if strings.Contains(call, sends) {
			t.Errorf("a call holds %s: %s", sends, call)
		}
	}
	v.english().get("/tasks").says("Repeat the problem in the customer's words", "Call 13812345678", "Not reached")
	v.post("/tasks/"+id.Text[int64](webtest.CallTask), url.Values{"state": {"reached"}}).leads("/tasks?done=task_reached")
	v.post("/tasks/"+id.Text[int64](webtest.CallBlind), url.Values{"state": {"not_reached"}}).leads("/tasks?done=task_not_reached")
	v.get("/tasks?done=task_not_reached").says("Noted: not reached.").hides("tel:")
}

// taskCardOf returns the markup of the card that says something.
func taskCardOf(t *testing.T, page answer, says string) string {
	t.Helper()
	for _, card := range strings.Split(page.body, "<section")[1:] {
		if strings.Contains(card, says) {
			card, _, _ = strings.Cut(card, "</section>")
			return card
		}
	}
	t.Fatalf("no card says %q", says)
	return ""
}

func TestTheCustomersPageTellsOfACallThatWaits(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.OwnerAccount)
	v.get(brand.Someone(webtest.Called)).wants(http.StatusOK).says("电话", "打电话说清楚", "先复述客户的问题").hides("13812345678")
}

func TestOnThePhoneACallIsRungUpAndAnswered(t *testing.T) {
	brand := webtest.Full()
	b := browse(t, brand)
	b.Size(390)
	b.logIn(webtest.StaffAccount)
	b.Sees("拨打 13812345678")
	b.Fits("tasks with a call")
	b.Shoot("tasks-call-zh-390")
	b.Follow(`.task:has(.dial) button[value=reached]`)
	b.Sees("已记下：打通了。")
	b.Quiet()
}

func TestBesideAChatACallCannotBeSentToTheCustomer(t *testing.T) {
	brand := webtest.Full()
	b := browse(t, brand)
	b.InWeCom(brand.External(webtest.Called))
	b.Size(390)
	b.Open("/side")
	b.Sees("拨打 13812345678")
	b.Sees("先复述客户的问题")
	if sends := b.Asked(`String(document.querySelectorAll(".task:has(.dial) [data-send], .task:has(.dial) [data-copy]").length)`); sends != "0" {
		t.Errorf("%s buttons would send the instruction", sends)
	}
	b.Fits("a call beside a chat")
	b.Shoot("side-call-zh-390")
	b.Click(`.task:has(.dial) button[value=not_reached]`)
	b.Sees("已记下：没打通。")
	b.Quiet()
}

func TestWhatAMemberIsShownIsKeptAsSeen(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	lead := visit(t, brand, webtest.LeadAccount)
	lead.get("/touch/execution").says("项没看", "看过", "24 小时内催过 2 次", "起可再催", "应用消息收不到")
	if n := brand.SeenTasks(); n != 0 {
		t.Errorf("%d tasks were seen before their member came", n)
	}
	visit(t, brand, webtest.StaffAccount).get("/tasks").wants(http.StatusOK)
	if brand.SeenTasks() == 0 {
		t.Error("what the member was shown is not kept")
	}
}
