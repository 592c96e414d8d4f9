package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"siyu/internal/content"
	"siyu/internal/web/webtest"
)

// postTyped is a post as its form sends it.
func postTyped() url.Values {
	return url.Values{"key": {"k1"}, "channel": {"group_post"}, "whole": {"1"}, "purpose": {"serve"}, "text": {"今天有新茶"}, "link": {"https://shop.example/tea"}, "when": {"now"}, "days": {"1"}}
}

func TestAPostIsPreviewedWrittenApprovedAndStopped(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/touch/posts/new").wants(http.StatusOK).says("写一条群消息", "符合条件的全部")
	v.post("/touch/posts/check", postTyped()).wants(http.StatusOK).says("发到 3 个群", "今天有新茶", "额度已用完")
	again := postTyped()
	again.Set("step", "edit")
	v.post("/touch/posts/check", again).wants(http.StatusOK).says("写一条群消息", "今天有新茶")
	v.post("/touch/posts", postTyped()).wants(http.StatusSeeOther).leads("/touch/posts/5?done=post_written")
	v.get("/touch/posts/1").wants(http.StatusOK).says("待审核", "批准")
	v.post("/touch/posts/1/approve", url.Values{}).wants(http.StatusSeeOther)
	v.get("/touch/posts/1").wants(http.StatusOK).says("已排期")
	v.post("/touch/posts/1/stop", url.Values{}).wants(http.StatusSeeOther)
	v.get("/touch/posts/1").wants(http.StatusOK).says("已取消")
}

func TestASendIsRemindedSentAgainOrGivenUp(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/touch/posts/4").wants(http.StatusOK).says("本期额度已用完", "时间到了还没有确认", "点赞", "口味 / 绿茶")
	v.post("/touch/posts/2/sends/1z", url.Values{"what": {"remind"}}).wants(http.StatusSeeOther).leads("/touch/posts/2?done=post_remind")
	v.get("/touch/posts/3").wants(http.StatusOK).says("存疑", "企业微信的列表里没有找到")
	v.post("/touch/posts/3/sends/20", url.Values{"what": {"again"}}).wants(http.StatusSeeOther).leads("/touch/posts/3?done=post_again")
	v.post("/touch/posts/3/sends/20", url.Values{"what": {"burn"}}).wants(http.StatusUnprocessableEntity)
	v.post("/touch/posts/3/sends/zz", url.Values{"what": {"drop"}}).wants(http.StatusNotFound)
}

func TestAPostThatIsWrongIsShownAgainWithWhatIsWrong(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	for field, value := range map[string]string{"text": "", "days": "9", "when": "at", "purpose": "greet", "key": ""} {
		form := postTyped()
		form.Set(field, value)
		v.post("/touch/posts/check", form).wants(http.StatusUnprocessableEntity).says("写一条群消息")
		v.post("/touch/posts", form).wants(http.StatusUnprocessableEntity)
	}
	v.get("/touch/posts/new?channel=moments&store=%21&least=-3").wants(http.StatusOK).says("写一条朋友圈")
	v.get("/touch/posts/zz").wants(http.StatusNotFound)
	empty := visit(t, webtest.Empty(), webtest.OwnerAccount)
	empty.get("/touch/posts").wants(http.StatusOK).says("还没有群消息或朋友圈")
	empty.get("/touch/posts/new").wants(http.StatusOK).says("没有符合条件的群或员工")
}

// postWith returns the form of a post with files, as a browser sends it.
func postWith(t *testing.T, typed url.Values, files map[string][]byte) (kind string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for name, values := range typed {
		for _, value := range values {
			_ = form.WriteField(name, value)
		}
	}
	for name, data := range files {
		part, err := form.CreateFormFile("file", name)
		if err == nil {
			_, err = part.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return form.FormDataContentType(), b.Bytes()
}

func TestPicturesOfAPostAreShownKeptAndTakenOff(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	png := []byte("\x89PNG\r\n\x1a\nleaves")
	file, _ := content.NewFile("tea.png", png)
	shown, kept := `src="/files/`+file.Key()+`"`, `name="kept" value="`+file.Key()+`"`
	send := func(typed url.Values, files map[string][]byte) answer {
		kind, body := postWith(t, typed, files)
		return v.send("/touch/posts/check", kind, body)
	}
	preview := send(postTyped(), map[string][]byte{"tea.png": png}).wants(http.StatusOK)
	if !strings.Contains(preview.body, shown) || !strings.Contains(preview.body, kept) {
		t.Error("the preview does not show the picture")
	}
	again := postTyped()
	again["kept"], again["step"] = []string{file.Key()}, []string{"edit"}
	if form := v.post("/touch/posts/check", again).wants(http.StatusOK).says("不要的取消勾选"); !strings.Contains(form.body, kept) {
		t.Error("the form lost the picture")
	}
	// What is wrong elsewhere does not lose what was brought.
	empty := postTyped()
	empty.Set("text", "")
	if form := send(empty, map[string][]byte{"tea.png": png}).wants(http.StatusUnprocessableEntity); !strings.Contains(form.body, kept) {
		t.Error("a form without a text lost its picture")
	}
	send(postTyped(), map[string][]byte{"nothing.png": nil}).wants(http.StatusUnprocessableEntity).says("请选择一个文件")
	send(postTyped(), map[string][]byte{"big.png": append(png[:len(png):len(png)], make([]byte, 11<<20)...)}).wants(http.StatusUnprocessableEntity).says("图片和视频不超过 10 MB")
	v.send("/touch/posts/check", "multipart/form-data; boundary=x", make([]byte, 91<<20)).wants(http.StatusUnprocessableEntity).says("最多 90 MB")
	again.Del("step")
	v.post("/touch/posts", again).wants(http.StatusSeeOther).leads("/touch/posts/5?done=post_written")
	if page := v.get("/touch/posts/5").wants(http.StatusOK); !strings.Contains(page.body, shown) {
		t.Error("the page of the post does not show the picture")
	}
}

func TestPostsThatWaitForMembersStandAmongWhatIsToConfirm(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	if page := v.get("/touch/tasks").wants(http.StatusOK).says("项待处理"); !strings.Contains(page.body, `href="/touch/posts/2"`) {
		t.Error("the post is not listed")
	}
}

func TestAStorePostsToItsOwnGroupsAlone(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.StoreAccount)
	for _, path := range []string{"/touch/posts", "/touch/posts/new", "/touch/posts/new?channel=moments"} {
		v.get(path).wants(http.StatusOK).hides("望京店", "国贸店", "大兴店")
	}
}

func TestAPostIsWrittenAndApprovedInTheBrowser(t *testing.T) {
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	for _, language := range []string{"zh", "en"} {
		if language == "en" {
			b.Speak(language)
		}
		for _, width := range []int64{1440, 768, 390} {
			b.Size(width)
			for name, path := range map[string]string{"posts": "/touch/posts", "post-new": "/touch/posts/new", "post-moments": "/touch/posts/new?channel=moments",
				"post-waits": "/touch/posts/1", "post-confirm": "/touch/posts/2", "post-doubt": "/touch/posts/3", "post-published": "/touch/posts/4"} {
				b.Open(path)
				what := fmt.Sprintf("%s-%s-%d", name, language, width)
				b.Fits(what)
				b.Shoot(what)
			}
		}
	}
	picture := filepath.Join(t.TempDir(), "tea.png")
	if err := os.WriteFile(picture, []byte("\x89PNG\r\n\x1a\nleaves"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Open("/touch/tasks")
	b.Fits("posts to confirm")
	b.Shoot("post-to-confirm-en-390")
	b.Open("/touch/posts/new")
	b.Type("textarea[name=text]", "New tea is here")
	b.Do(chromedp.SetUploadFiles(chromedp.CSS(`input[name=file]`), []string{picture}))
	b.Follow(`form[action="/touch/posts/check"] button.first`)
	b.Sees("To 3 groups (280 customers)")
	b.Fits("preview of a post")
	b.Shoot("post-check-en-390")
	b.Sees("To 3 groups")
	b.Follow(`button[name=step]`)
	b.Until(`document.querySelector("input[name=kept]:checked") !== null`)
	b.Fits("form of a post with a picture")
	b.Shoot("post-kept-en-390")
	b.Follow(`form[action="/touch/posts/check"] button.first`)
	b.Until(`document.querySelector(".card img.thumb") !== null`)
	b.Follow(`form[action="/touch/posts"] button.first`)
	b.Sees("Saved.")
	b.Follow(`form[action$="/approve"] button`)
	b.Sees("Approved.")
	b.Quiet()
}
