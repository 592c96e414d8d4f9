package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"siyu/internal/id"
	"siyu/internal/web/webtest"
)

// sentBatch is the address of a mass message that missed some of its customers.
var sentBatch = "/touch/batches/" + id.Text[int64](webtest.SentBatch)

func TestWhatBecameOfAMassMessageIsToldPerCustomer(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/touch/sent").wants(http.StatusOK).says("最近 60 天", "员工已确认", "新客欢迎 · 第七天回访").holds(`href="` + sentBatch + `"`)
	v.get("/touch/sent/"+id.Text[int64](webtest.SentBatch+1)).wants(http.StatusOK).says("等员工确认", "每位员工一行").holds(`href="/touch/batches/` + id.Text[int64](webtest.SentBatch+1) + `"`)
	v.get("/touch/sent/none").wants(http.StatusNotFound)
	page := v.get(sentBatch).wants(http.StatusOK).says("78 位中送达 60 位", "超过平台次数", "已不是好友", "不愿被打扰", "过了时限", "给 13 位再发一次", "新客欢迎 · 第七天回访", "第 2 版", "显示更多")
	if rows := strings.Count(page.body, `class="lead"`); rows != 50 {
		t.Errorf("a page has %d customers", rows)
	}
	rest := v.get(sentBatch+"?after=1", "HX-Request", "true").wants(http.StatusOK).hides("显示更多")
	if rows := strings.Count(rest.body, `class="lead"`); rows != 28 || strings.Contains(rest.body, "<html") {
		t.Errorf("the next page has %d customers", rows)
	}
	quota := v.get(sentBatch + "?state=failed&because=quota").wants(http.StatusOK)
	if rows := strings.Count(quota.body, `class="lead"`); rows != 12 {
		t.Errorf("%d customers were over the quota", rows)
	}
	v.get(sentBatch + "?state=failed&because=nothing").wants(http.StatusOK).says("没有这样的客户")
	v.get(sentBatch + "?state=eaten").wants(http.StatusOK).says("送达")
	v.english().get(sentBatch).wants(http.StatusOK).says("60 of 78 delivered", "over the platform's quota", "Send again to 13 customers")
	empty := visit(t, webtest.Empty(), webtest.OwnerAccount)
	empty.get("/touch/sent").wants(http.StatusOK).says("还没有发出的群发")
	empty.get(sentBatch).wants(http.StatusNotFound)
}

func TestAMassMessageIsSentAgainOnce(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.OwnerAccount)
	v.post(sentBatch+"/again", url.Values{}).leads("/touch/batches/" + id.Text[int64](webtest.SentBatch+1) + "?done=missed_again")
	v.get(sentBatch).wants(http.StatusOK).says("看那一条").hides("再发一次")
	v.post(sentBatch+"/again", url.Values{}).wants(http.StatusConflict).says("没有可以再发的客户")
	v.post("/touch/batches/none/again", url.Values{}).wants(http.StatusNotFound)
	visit(t, brand, webtest.StaffAccount).post(sentBatch+"/again", url.Values{}).wants(http.StatusForbidden)
}

func TestABatchOfAProcessSaysWhatIsApproved(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/touch/batches/rt").wants(http.StatusOK).says("新客欢迎 · 第七天回访", "第 2 版", "没有预估", "显示 169 位中的 5 位").hides("预计多赚").
		holds(`href="/sop/` + webtest.WelcomeProcess + `"`)
	v.get("/touch/batches/rt").holds(`<img class="thumb"`)
	v.get("/touch/batches/rs").wants(http.StatusOK).says("预计多赚").hides("所属流程")
	v.english().get("/touch/batches/rt").says("nothing is estimated", "version 2")
}

func TestTheResultsOfAMassMessageAreReadAndNarrowed(t *testing.T) {
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	for _, width := range []int64{1440, 768, 390} {
		b.Size(width)
		b.Open("/touch/sent")
		b.Fits("sent")
		b.Follow(`a[href="` + sentBatch + `"]`)
		b.Sees("78 位中送达 60 位")
		b.Fits("result")
		b.Follow(`.filters a[href*="because=quota"]`)
		b.Sees("超过平台次数")
		b.Fits("result, narrowed")
	}
	b.Shoot("result-zh-390")
	b.Speak("en")
	b.Open(sentBatch)
	b.Sees("60 of 78 delivered")
	b.Fits("result in English")
	b.Quiet()
}
