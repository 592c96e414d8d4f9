package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"siyu/internal/web/webtest"
)

// sendTyped is a form of a one-off message as a person fills it in.
func sendTyped() url.Values {
	return url.Values{"key": {"k1"}, "audience": {"1"}, "title": {"春茶"}, "channel": {"mass"}, "purpose": {"ask"}, "text": {"春茶到了，给你留一份？", "", " 新茶想先尝哪一款？ "}, "link": {"https://shop.example/spring"},
		"when": {"now"}, "days": {"2"}, "executor": {"relation"}, "minutes": {"3"}, "stop": {"bought", "complained"}, "goal": {"14"}}
}

func TestAOneOffMessageIsWrittenReviewedAndStarted(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount)
	v.get("/sends").wants(http.StatusOK).says("写一条", "春茶到店通知", "待另一人同意", "待审核", "已结束")
	v.get("/touch").wants(http.StatusOK).says("单次触达")
	v.get("/audiences/1").wants(http.StatusOK).says("给他们发一次")
	v.get("/sends/new?audience=1").wants(http.StatusOK).says("给谁，怎么发", "买过三次以上", "员工确认一次")
	v.get("/sends/look?audience=1", "HX-Request", "true").wants(http.StatusOK).says("查看人群")
	v.get("/sends/look?audience=x", "HX-Request", "true").wants(http.StatusOK)
	v.post("/sends", sendTyped()).wants(http.StatusSeeOther).leads("/sends/send-2")
	v.post("/sends", sendTyped()).wants(http.StatusSeeOther).leads("/sends/send-2")
	if page := v.get("/sends").wants(http.StatusOK); strings.Count(page.body, `href="/sends/send-2"`) != 1 {
		t.Error("the same form twice is not one message")
	}
	v.get("/sends/send-2").wants(http.StatusOK).says("会发给 1,240 位，拦下 310 位", "对照组 120 位不发", "位员工", "新茶想先尝哪一款？", "开始后马上", "开始吗")
	v.get("/sends/send-2", "HX-Request", "true").wants(http.StatusOK).says("会发给").hides("开始吗")
	v.get("/sends/send-2/edit").wants(http.StatusOK).says("修改草稿", "新茶想先尝哪一款？")
	v.post("/sends/send-2/start", url.Values{"version": {"7"}}).wants(http.StatusConflict)
	v.post("/sends/send-2/start", url.Values{"version": {"1"}}).wants(http.StatusSeeOther).leads("/sends/send-2?done=send_started")
	v.get("/sends/send-2").wants(http.StatusOK).says("派出", "暂停", "结束").hides("开始吗")
	v.get("/sends/send-2").says("提前审核", "通过，最多 1,550 位客户")
	v.post("/sends/send-2/approve", url.Values{"version": {"7"}}).wants(http.StatusConflict)
	v.post("/sends/send-2/approve", url.Values{"version": {"1"}}).leads("/sends/send-2?done=send_ahead")
	v.get("/sends/send-2").says("已提前通过，合计最多 1,550 位客户").hides("提前审核")
	v.get("/sends/send-2/edit").wants(http.StatusConflict)
	if a := v.get("/sends/send-2", "HX-Request", "true").wants(http.StatusOK); a.header.Get("HX-Refresh") != "true" {
		t.Error("a page that waits for its review stays where it was after the start")
	}
	v.post("/sends/send-2/state", url.Values{"to": {"paused"}}).leads("/sends/send-2?done=process_paused")
	v.post("/sends/send-2/state", url.Values{"to": {"active"}}).leads("/sends/send-2?done=process_active")
	v.post("/sends/send-2/state", url.Values{"to": {"retired"}}).leads("/sends/send-2?done=send_ended")
	v.post("/sends/send-2/state", url.Values{"to": {"active"}}).wants(http.StatusConflict)
	v.post("/sends/"+webtest.DraftSend+"/state", url.Values{"to": {"retired"}}).leads("/sends?done=send_thrown")
	v.get("/sends/" + webtest.DraftSend).wants(http.StatusNotFound)
}

func TestWhatHasStartedShowsWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	v.get("/sends/"+webtest.ApprovalSend).wants(http.StatusOK).says("2 mass messages to 640 customers wait for approval.", "Given to 1,240, withheld 310")
	v.get("/sends/"+webtest.OverSend).wants(http.StatusOK).says("By member (3)", "Over").hides("Pause")
	v.get("/sends/"+webtest.SecondSend).wants(http.StatusOK).says("Waits for another person", "1 member cannot do it in a day", "Start")
}

func TestABadOneOffMessageIsSaidWhatIsWrongWith(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	for field, bad := range map[string][]string{"audience": {"", "x", "99"}, "channel": {"", "mail"}, "purpose": {"", "greet"}, "text": {"", " ", "{phone}", strings.Repeat("茶", 1340)},
		"link": {"http://shop.example", "shop", "https://" + strings.Repeat("a", 1800)}, "when": {"at"}, "days": {"", "0", "15", "x"}, "minutes": {"-1", "481", "x"}, "goal": {"366", "-1", "x"},
		"executor": {"", "self"}, "title": {strings.Repeat("茶", 61)}} {
		for _, value := range bad {
			form := sendTyped()
			form.Set(field, value)
			v.post("/sends", form).wants(http.StatusUnprocessableEntity).says("给谁，怎么发")
		}
	}
	six := sendTyped()
	six["text"] = []string{"一", "二", "三", "四", "五", "六"}
	v.post("/sends", six).wants(http.StatusUnprocessableEntity).says("最多五种")
	v.post("/sends/"+webtest.DraftSend+"/state", url.Values{"to": {"burnt"}}).wants(http.StatusUnprocessableEntity)
	v.post("/sends/"+webtest.DraftSend+"/start", url.Values{"version": {"x"}}).wants(http.StatusConflict)
	v.get("/sends/nothing").wants(http.StatusNotFound)
	v.get("/sends/nothing/edit").wants(http.StatusNotFound)
	empty := visit(t, webtest.Empty(), webtest.OwnerAccount)
	empty.get("/sends").wants(http.StatusOK).says("还没有单次触达")
	empty.get("/sends/new").wants(http.StatusOK).says("还没有人群", "去建人群")
}

func TestPicturesOfAOneOffMessageStayWhenSomethingElseIsWrong(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	form := sendTyped()
	form.Set("days", "99")
	for field, values := range form {
		for _, value := range values {
			if err := w.WriteField(field, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	part, err := w.CreateFormFile("file", "menu.pdf")
	if err == nil {
		_, err = fmt.Fprint(part, "%PDF-1.7 a menu")
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	v.send("/sends", w.FormDataContentType(), body.Bytes()).wants(http.StatusUnprocessableEntity).says("请填 1 到 14", "menu.pdf", "不要的取消勾选")
	v.send("/sends", "multipart/form-data; boundary=x", make([]byte, 91<<20)).wants(http.StatusUnprocessableEntity).says("最多 90 MB")
}

func TestAStoreWritesToItsOwnCustomersAlone(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.StoreAccount)
	page := v.get("/sends").wants(http.StatusOK)
	if !strings.Contains(page.body, webtest.StoreSend) || strings.Contains(page.body, webtest.DraftSend) {
		t.Error("a store sees others' one-off messages, or not its own")
	}
	for _, name := range []string{webtest.DraftSend, webtest.OverSend} {
		v.get("/sends/" + name).wants(http.StatusNotFound)
		v.get("/sends/" + name + "/edit").wants(http.StatusNotFound)
		v.post("/sends/"+name+"/start", url.Values{"version": {"1"}}).wants(http.StatusNotFound)
		v.post("/sends/"+name+"/state", url.Values{"to": {"retired"}}).wants(http.StatusNotFound)
	}
	v.get("/sends/new").wants(http.StatusOK).says("只发给你门店的客户").hides("望京店", "国贸店")
	v.get("/sends/" + webtest.StoreSend).wants(http.StatusOK).says("朝阳店")
	visit(t, webtest.Full(), webtest.StaffAccount).get("/sends").wants(http.StatusForbidden)
}

// Whoever chooses an audience in the form sees at once how many it holds; what is
// written is reviewed and started.
func TestAOneOffMessageIsWrittenAndStartedInTheBrowser(t *testing.T) {
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	for _, language := range []string{"zh", "en"} {
		if language == "en" {
			b.Speak(language)
		}
		for _, width := range []int64{1440, 768, 390} {
			b.Size(width)
			for name, path := range map[string]string{"sends": "/sends", "send-new": "/sends/new?audience=1", "send-draft": "/sends/" + webtest.DraftSend, "send-second": "/sends/" + webtest.SecondSend,
				"send-approval": "/sends/" + webtest.ApprovalSend, "send-over": "/sends/" + webtest.OverSend} {
				b.Open(path)
				what := fmt.Sprintf("%s-%s-%d", name, language, width)
				b.Fits(what)
				b.Shoot(what)
			}
		}
	}
	b.Open("/sends/new")
	b.Type("textarea[name=text]", "New tea is here")
	b.Asked(`(() => { const s = document.querySelector("select[name=audience]"); s.value = "1"; s.dispatchEvent(new Event("change", {bubbles: true})); return s.value })()`)
	b.Until(`document.querySelector("#send-look b") !== null`)
	b.Follow(`form[action="/sends"] button.first`)
	b.Sees("Would reach 1,240, withheld 310")
	b.Follow(`form[action$="/start"] button`)
	b.Sees("Started")
	b.Quiet()
}
