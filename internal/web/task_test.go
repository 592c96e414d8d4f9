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
