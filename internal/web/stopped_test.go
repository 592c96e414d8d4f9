package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"siyu/internal/id"
	"siyu/internal/web/webtest"
)

func TestAHaltedSendIsDecidedOnce(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount)
	v.get("/touch/stopped").says("送达 412 人后有 14 人删除了员工", "等你决定", "通常 2.1 次", "已取消", "90 起投诉"[3:])
	at := "/touch/stopped/" + id.Text[int64](webtest.HaltedSend)
	v.get("/touch/stopped").says("超过 8 次就停", "措辞太像推销")
	v.post(at+"/continue", url.Values{"why": {" "}}).wants(http.StatusUnprocessableEntity).says("写明原因")
	v.post(at+"/cancel", url.Values{"why": {strings.Repeat("因", 201)}}).wants(http.StatusUnprocessableEntity).says("写明原因")
	v.get("/touch/stopped").says("等你决定")
	v.post(at+"/continue", url.Values{"why": {"新闻里的召回，和这条无关"}}).wants(http.StatusSeeOther).leads("/touch/stopped?done=send_continue")
	v.get("/touch/stopped").says("已继续", "新闻里的召回，和这条无关")
	v.post(at+"/cancel", url.Values{"why": {"再想想"}}).wants(http.StatusConflict).says("已有人决定过")
	v.get("/touch/stopped").says("已继续")
}

func TestWithoutHaltedSendsThePageSaysWhatWouldBeThere(t *testing.T) {
	t.Parallel()
	visit(t, webtest.Empty(), webtest.OwnerAccount).get("/touch/stopped").says("没有被暂停的群发")
}

func TestATextMayHaveSeveralWordings(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount)
	form := url.Values{"version": {"0"}, "purpose": {"ask"}, "text": {"最近想喝什么？"}, "other": {"想换换口味吗？", "", "来点新茶？"}, "other_weight": {"2", "", "0.5"}, "code": {"ask.more"}}
	v.post("/settings/texts", form).wants(http.StatusSeeOther)
	if page := v.get("/settings/texts/edit?code=ask.more").says("想换换口味吗？", "来点新茶？"); !strings.Contains(page.body, `value="0.5"`) {
		t.Error("the weight is not shown")
	}
	form["other"], form["version"] = []string{"最近想喝什么？"}, []string{"1"}
	form.Set("code", "ask.same")
	v.post("/settings/texts", form).wants(http.StatusUnprocessableEntity).says("不能相同")
	form["other"], form["other_weight"] = []string{"另一种"}, []string{"lots"}
	v.post("/settings/texts", form).wants(http.StatusUnprocessableEntity).says("权重是 0 到 100 的数", "另一种")
	form["other_weight"] = nil
	form.Set("purpose", "greet")
	v.post("/settings/texts", form).wants(http.StatusUnprocessableEntity).says("欢迎语只能有一种说法")
}

func TestWordingsAreComparedOnThePageOfContent(t *testing.T) {
	t.Parallel()
	visit(t, webtest.Full(), webtest.OwnerAccount).get("/content").says("几种说法，哪种更好", "更多", "还看不出", "对照")
}
