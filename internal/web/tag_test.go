package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"siyu/internal/web/webtest"
)

func TestALeadMakesTagsAndTagsCustomers(t *testing.T) {
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	b.Open("/settings/tags")
	b.Sees("2 处需要留意")
	b.Sees("企业微信规则组 · 华北区")
	b.Fits("tags")
	b.Follow(`form[action="/settings/tags/settle"] button`)
	b.Sees("1 处需要留意")
	b.Follow(`a[href="/settings/tags/edit"]`)
	b.Type(`input[name=group]`, "生日")
	b.Type(`textarea[name=names]`, "本月生日")
	b.Follow(`form[action="/settings/tags/save"] button.first`)
	b.Sees("标签已保存")
	b.Sees("本月生日")
	b.Open("/settings/tags/edit?key=ww/t3")
	b.Sees("企业微信不让 Siyu 修改")
	b.Open("/settings/tags/edit?key=ww/t4")
	b.Asked(`document.querySelector("select[name=audience]").value = "2"`)
	b.Follow(`form[action="/settings/tags/follow"] button`)
	b.Sees("由人群决定")
	b.Open("/customers")
	b.Follow(`#results a[href^="/customers/tag"]`)
	b.Sees("打标签")
	b.Follow(`form[action="/customers/tag"] button`)
	b.Sees("完成") // the page asks by itself
	b.Open("/customers")
	b.Follow(`td.lead a`)
	b.Click(`#tags details summary`)
	b.Follow(`#tags details form button`)
	b.Sees("已打上标签")
	b.Follow(`#tags .list form button`)
	b.Sees("已去掉标签")
	b.Open("/settings/audit")
	b.Sees("批量打标签")
	b.Quiet()
}

func TestStaffSeeTagsWithoutCountsAndChangeNone(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.StaffAccount)
	v.get("/settings/tags").wants(http.StatusOK).says("爱喝岩茶").hides("1,204 人", "新建标签", "需要留意")
	v.get("/settings/tags/edit").wants(http.StatusForbidden)
	v.post("/settings/tags/drop", url.Values{"key": {"/t1"}}).wants(http.StatusForbidden)
}

func TestWrongTagsAreToldAtTheirFields(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.post("/settings/tags/save", url.Values{"home": {"own"}, "group": {""}, "names": {"a"}}).wants(http.StatusUnprocessableEntity).says("名称要写 1 到 30 个字")
	v.post("/settings/tags/save", url.Values{"home": {"wecom"}, "group": {"口味"}, "names": {"a"}}).wants(http.StatusUnprocessableEntity).says("别的应用创建的")
	v.get("/settings/tags/edit?key=/nothing").wants(http.StatusNotFound)
	v.get("/settings/tags/work/nothing").wants(http.StatusNotFound)
	v.post("/settings/tags/work/w1/stop", nil).wants(http.StatusConflict)
}
