package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/web"
	"siyu/internal/web/webtest"
)

func TestBesideAChatAMemberSeesTheCustomerSendsAndRecords(t *testing.T) {
	brand := webtest.Full()
	b := browse(t, brand)
	b.InWeCom(brand.External(0))
	b.Size(390)
	b.Open("/side")
	b.Sees("需求")
	b.Sees("茉莉绿")
	b.Fits("beside a chat")
	b.Shoot("side-zh-390")
	if asked := b.Told("agentConfig"); !strings.Contains(asked, "signed http://") || !strings.Contains(asked, "/side") {
		t.Errorf("WeCom was asked with %s", asked)
	}
	b.Click(`button[data-then]`)
	b.Sees("已记下：联系过了。") // a text that was sent is a contact that was made
	sent := b.Told("sendChatMessage")
	if parts := strings.Split(sent, `"msgtype":`); len(parts) != 4 || !strings.Contains(parts[1], "冷泡的话建议试试茉莉绿") ||
		!strings.HasPrefix(parts[2], `"image"`) || !strings.Contains(parts[2], `"mediaid":"media-`) || !strings.HasPrefix(parts[3], `"image"`) {
		t.Errorf("WeCom was given %s", sent)
	}
	b.Click(`details:has(textarea) summary`)
	b.Type(`textarea[name=note]`, "想要小包装")
	b.Click(`button[name=kind][value=need]`)
	b.Sees("已记录。")
	b.Click(`details:has([data-send^=script]) summary`)
	b.Sees("这里不提供推销的话")
	b.Click(`[data-send=script-1]`)
	b.Sees("已记一次联系。") // so is one beside the plan
	if len(brand.Scripted) != 1 || brand.Scripted[0].Purpose != event.Ask {
		t.Errorf("members sent %+v beside the plan", brand.Scripted)
	}
	b.Follow(`button[name=language][value="en"]`)
	b.Sees("What you can say")
	b.Fits("beside a chat, in English")
	b.Shoot("side-en-390")
	b.Quiet()
}

func TestOneTapSaysHowCloseACustomerIsAndAnotherTakesItBack(t *testing.T) {
	brand := webtest.Full()
	b := browse(t, brand)
	b.InWeCom(brand.External(0))
	b.Size(390)
	b.Open("/side")
	b.Sees("和客户的熟悉程度")
	b.Click(`button[name=rapport][value=cold]`)
	b.Sees("已记下。")
	b.Click(`button[name=rapport][value=close]`)
	b.Until(`document.querySelector('button[value=close][aria-pressed=true]') !== null`)
	b.Fits("beside a chat, with how close the customer is")
	b.Shoot("side-rapport-zh-390")
	b.Quiet()
	if did := brand.Judged(0); did != event.Close {
		t.Errorf("the customer is judged %q", did)
	}
}

func TestATapInTheListOfTheDayLeadsBackToTheList(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.StaffAccount).english()
	someone := strings.TrimPrefix(brand.Someone(0), "/customers/")
	v.get("/tasks").wants(http.StatusOK).says("How close you are", "Close", "So-so", "Cold")
	v.post("/tasks/rapport/"+someone, url.Values{"rapport": {"lukewarm"}}).wants(http.StatusSeeOther).leads("/tasks?done=rapport")
	v.get("/tasks?done=rapport").says("Noted.").holds(`value="lukewarm" aria-pressed="true"`)
	v.post("/customers/"+someone+"/rapport", url.Values{"rapport": {"close"}}).wants(http.StatusSeeOther).leads(brand.Someone(0) + "?done=rapport")
	v.get(brand.Someone(0)).wants(http.StatusOK).says("What customer and staff say", "5 of 5").holds(`value="close" aria-pressed="true"`)
	v.post("/tasks/rapport/"+someone, url.Values{"rapport": {"friend"}}).wants(http.StatusUnprocessableEntity)
	v.post("/tasks/rapport/none!", url.Values{"rapport": {"close"}}).wants(http.StatusNotFound)
	if brand.Judged(0) != event.Close {
		t.Error("what nobody can tap was kept")
	}
}

func TestPicturesThatWeComDoesNotTakeAreSentByHand(t *testing.T) {
	brand := webtest.Full()
	brand.NoMedia = true
	b := browse(t, brand)
	b.InWeCom(brand.External(0))
	b.Size(390)
	b.Open("/side")
	b.Click(`button[data-then]`)
	b.Sees("文字已发出，图片和文件请手动发送")
	if sent := b.Told("sendChatMessage"); strings.Count(sent, "msgtype") != 1 {
		t.Errorf("WeCom was given %s", sent)
	}
	b.Sees("已联系") // the button, which is the member's to press now
}

func TestBesideAChatThePageSaysWhyLittleOrNothingIsToBeSaid(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	page := "/side/customer?external=" + brand.External(0)
	v := visit(t, brand, webtest.StaffAccount)
	brand.Offered = &web.ScriptList{NoSale: decision.BecauseBudgetDay, Scripts: []web.Script{{Purpose: event.Serve, Text: "用着还顺手吗？"}}}
	v.get(page).says("现在只说服务的话：当日次数用完", "用着还顺手吗？")
	brand.Offered = &web.ScriptList{NoSale: decision.BecauseComplaint}
	v.get(page).says("现在不另外找话说：投诉未结")
}

func TestAFileIsNamedToWeComForWhoIsIn(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	code := brand.AFile()
	visit(t, brand, webtest.StaffAccount).get("/side/media/" + code).wants(http.StatusOK).holds(`{"kind":"image","id":"media-` + code + `"}`)
	v := visit(t, brand, webtest.StaffAccount)
	v.get("/side/media/none").wants(http.StatusNotFound)
	v.get("/side/media/" + code + "!").wants(http.StatusNotFound)
	visit(t, brand, "").get("/side/media/" + code).leads("/login")
}

func TestATextAboutACustomerIsSentIntoNoOtherChat(t *testing.T) {
	for whose, external := range map[string]func(*webtest.Brand) string{
		"another customer":        func(b *webtest.Brand) string { return b.External(1) },
		"nobody's customer":       func(*webtest.Brand) string { return "wmstranger" },
		"nobody whom WeCom names": func(*webtest.Brand) string { return "" },
	} {
		t.Run(whose, func(t *testing.T) {
			brand := webtest.Full()
			b := browse(t, brand)
			b.InWeCom("")
			b.Size(390)
			b.Open("/side")
			b.Sees("企业微信没有给出正在聊天的客户")
			b.Follow(`#start .list a`)
			b.Until(`!document.getElementById("elsewhere").hidden && document.readyState === "complete"`)
			b.ChatWith(external(brand))
			b.refused(brand)
			b.Fits("a customer who was chosen")
			b.Shoot("side-elsewhere-zh-390")
			b.Quiet()
		})
	}
}

func TestBesideTheChatOfSomebodyElsesCustomerTheMemberIsToldSo(t *testing.T) {
	b := browse(t, webtest.Full())
	b.InWeCom("wmstranger")
	b.Open("/side")
	b.Sees("这位客户不在你名下")
}

// refused fails where the page puts any of its texts into the chat, or records a
// contact with the customer whom it shows.
func (b browser) refused(brand *webtest.Brand) {
	b.Helper()
	for _, button := range []string{"button[data-then^=done]", "button[data-then^=said]"} {
		b.Asked(`(document.getElementById("toast").hidden = true, document.querySelector("` + button + `").click(), "")`)
		b.Until(`!document.getElementById("toast").hidden`)
	}
	b.Asked(`(document.getElementById("toast").hidden = true, "")`) // it would lie upon buttons
	b.Sees("不能直接发送，只能复制。")
	b.Until(`[...document.querySelectorAll("[data-send]")].every(e => !e.offsetParent)`)
	b.Until(`[...document.querySelectorAll(".task [data-copy]")].some(e => e.offsetParent)`)
	if sent := b.Told("sendChatMessage"); sent != "[]" {
		b.Errorf("WeCom was given %s", sent)
	}
	if answered := b.Asked(`String(document.querySelectorAll(".task.answered").length + document.querySelectorAll(".notice[role=status]:not(#elsewhere)").length)`); answered != "0" || len(brand.Scripted) != 0 {
		b.Errorf("a contact was recorded: %s on the page, beside the plan %v", answered, brand.Scripted)
	}
}

func TestATextIsNotSentOnceTheChatHasChanged(t *testing.T) {
	brand := webtest.Full()
	b := browse(t, brand)
	b.InWeCom(brand.External(0))
	b.Size(390)
	b.Open("/side")
	b.Sees("茉莉绿")
	b.Until(`document.getElementById("elsewhere").hidden`)
	b.ChatWith(brand.External(1))
	b.refused(brand)
	b.Sees("当前聊天的不是这位客户")
	b.ChatWith("")
	b.Asked(`(window.dispatchEvent(new Event("focus")), "")`)
	b.Sees("没能确认正在和谁聊天")
	b.refused(brand)
	b.ChatWith(brand.External(0)) // and back
	b.Asked(`(window.dispatchEvent(new Event("focus")), "")`)
	b.Until(`document.getElementById("elsewhere").hidden`)
	b.Click(`button[data-then^=done]`)
	b.Sees("已记下：联系过了。")
	b.Quiet()
}

func TestWhenTheChatChangesBetweenATextAndItsPicturesTheyAreNotSent(t *testing.T) {
	brand := webtest.Full()
	b := browse(t, brand)
	b.InWeCom(brand.External(0))
	b.Size(390)
	b.Open("/side")
	b.Sees("茉莉绿")
	b.ThenChatWith(brand.External(1))
	b.Click(`button[data-then^=done]`)
	b.Sees("文字已发出，图片和文件请手动发送")
	if sent := b.Told("sendChatMessage"); strings.Count(sent, "msgtype") != 1 || strings.Contains(sent, "image") {
		t.Errorf("WeCom was given %s", sent)
	}
	b.Quiet()
}

func TestInsideWeComATaskOpensWithoutAPassword(t *testing.T) {
	b := browse(t, webtest.Full())
	b.InWeCom("")
	b.Size(390)
	b.Open("/tasks")
	b.Sees("今天 11 件")
	b.Quiet()
}

func TestOutsideWeComTheSidebarSaysWhereItBelongs(t *testing.T) {
	brand := webtest.Full()
	b := browse(t, brand)
	b.logIn(webtest.StaffAccount)
	b.Open("/side")
	b.Sees("在企业微信的聊天工具栏里打开")
	b.Quiet()
}

func TestNobodyComesInWithAStateOfAnotherBrowser(t *testing.T) {
	t.Parallel()
	console, err := webtest.Full().Console()
	if err != nil {
		t.Fatal(err)
	}
	for what, request := range map[string]*http.Request{
		"no cookie":     httptest.NewRequest(http.MethodGet, "/enter/back?to=/tasks&state=abc&code="+webtest.StaffAccount, nil),
		"another state": httptest.NewRequest(http.MethodGet, "/enter/back?to=/tasks&state=abc&code="+webtest.StaffAccount, nil),
	} {
		if what == "another state" {
			request.AddCookie(&http.Cookie{Name: "siyu_enter", Value: "xyz"})
		}
		answer := httptest.NewRecorder()
		console.ServeHTTP(answer, request)
		if answer.Code != http.StatusForbidden || len(answer.Result().Cookies()) != 0 {
			t.Errorf("%s: answer %d with %v", what, answer.Code, answer.Result().Cookies())
		}
	}
}
