package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"siyu/internal/content"
	"siyu/internal/web/webtest"
)

// attach puts a file to a text.
func (v *visitor) attach(version, name string, data []byte) answer {
	v.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("version", version)
	_ = form.WriteField("key", "remind.2")
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(data)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		v.Fatal(err)
	}
	return v.send("/settings/texts/file", form.FormDataContentType(), body.Bytes())
}

func TestAPictureIsPutToATextAndShown(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount)
	png := []byte("\x89PNG\r\n\x1a\nleaves")
	file, _ := content.NewFile("tea.png", png)
	v.attach("0", "tea.png", png).wants(http.StatusSeeOther).leads("/settings/texts?done=text")
	if page := v.get("/settings/texts/edit?code=remind.2"); !strings.Contains(page.body, `src="/files/`+file.Key()+`" alt="tea.png"`) {
		t.Error("the picture is not shown")
	}
	if got := v.get("/files/" + file.Key()).wants(http.StatusOK); got.body != string(png) {
		t.Errorf("the file comes back as %d bytes", len(got.body))
	}
	v.attach("1", "again.png", png).wants(http.StatusUnprocessableEntity).says("不能重复")
	v.attach("1", "big.png", append(png[:len(png):len(png)], make([]byte, 11<<20)...)).wants(http.StatusUnprocessableEntity).says("图片和视频不超过 10 MB")
	v.get("/files/nosuchfile").wants(http.StatusNotFound)
}
