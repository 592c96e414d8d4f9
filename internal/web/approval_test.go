package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"siyu/internal/web/webtest"
)

// limits are the rules of approval of a form: batches of webtest reach 59 to 180
// customers.
func limits(store, lead, one string) url.Values {
	return url.Values{"version": {"0"}, "store": {store}, "lead": {lead}, "one": {one}}
}

// The batches of webtest with the most customers, and one of the store that the
// store's account sees.
const largest, next = "rs", "rt"

func approve(v *visitor, typed string, batches ...string) answer {
	return v.post("/touch/approve", url.Values{"batch": batches, "typed": {typed}})
}

func TestOwnersSetWhoApproves(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.OwnerAccount)
	if a := v.get("/settings/approval").wants(http.StatusOK).says("多少客户由谁批准"); !strings.Contains(a.body, `value="500"`) {
		t.Error("the limits of a new brand are not shown")
	}
	v.post("/settings/approval/save", limits("100", "1,000", "x")).wants(http.StatusUnprocessableEntity).says("请输入 0 到 1 亿之间的整数")
	v.post("/settings/approval/save", limits("2000", "1000", "5")).wants(http.StatusUnprocessableEntity).says("店长的限额不能高于操盘手的限额")
	v.post("/settings/approval/save", limits("100", "1,000", "500")).wants(http.StatusSeeOther).leads("/settings/approval?done=approval")
	v.post("/settings/approval/save", limits("1", "2", "3")).wants(http.StatusUnprocessableEntity)
	v.english().get("/settings/approval").says("Who approves how many customers")
	visit(t, brand, webtest.LeadAccount).get("/settings/approval").wants(http.StatusOK).says("只有店主能改").hides("保存")
}

func TestAStoreApprovesItsOwnFew(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	owner, store := visit(t, brand, webtest.OwnerAccount), visit(t, brand, webtest.StoreAccount)
	owner.post("/settings/approval/save", limits("170", "1000", "500")).wants(http.StatusSeeOther)
	store.get("/touch/batches/" + largest).says("请操盘手或店主批准").hides("通过这一批")
	approve(store, "", largest).wants(http.StatusForbidden).says("没有批准", "请操盘手或店主批准")
	owner.get("/touch/batches/" + largest).says("180 位客户")
	approve(owner, "", largest).wants(http.StatusSeeOther).leads("/touch?done=approve")
}

func TestTwoPeopleApproveWhatReachesMany(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	owner, lead := visit(t, brand, webtest.OwnerAccount), visit(t, brand, webtest.LeadAccount)
	owner.post("/settings/approval/save", limits("50", "1000", "175")).wants(http.StatusSeeOther)
	owner.get("/touch/batches/"+largest).says("要两个不同的人批准", "还要另一个人批准")
	approve(owner, "", largest, next).wants(http.StatusOK).says("已批准 1 批", "1 批已记下你的批准")
	owner.get("/touch").says("等第二个人批准")
	owner.get("/touch/batches/" + largest).says("你已经批准过")
	approve(owner, "", largest).wants(http.StatusForbidden).says("还要另一个人批准")
	lead.english().get("/touch/batches/"+largest).says("two different people approve", "lead approved")
	approve(lead, "", largest).wants(http.StatusSeeOther).leads("/touch?done=approve")
}

func TestWhoIsAloneTypesTheNumber(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	owner := visit(t, brand, webtest.OwnerAccount)
	owner.post("/settings/approval/save", limits("50", "1000", "100")).wants(http.StatusSeeOther)
	owner.post("/settings/users/"+webtest.LeadAccount, url.Values{"role": {"lead"}}).wants(http.StatusSeeOther)
	owner.get("/touch/batches/"+largest).says("现在只有你一个人能批准", "输入人数 180")
	approve(owner, "", largest, next).wants(http.StatusForbidden).says("共 349 位客户", "输入人数 349").hides("不是这个人数")
	approve(owner, "348", largest, next).wants(http.StatusForbidden).says("输入的不是这个人数")
	approve(owner, "349", largest, next).wants(http.StatusSeeOther).leads("/touch?done=approve")
	approve(owner, "", "zzz").wants(http.StatusSeeOther)
}
