package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"siyu/internal/id"
	"siyu/internal/web/webtest"
)

func TestHeadOfficeIsNamedAndCanBeUrged(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/today").wants(http.StatusOK).says("总部")
	v.english().get("/today").wants(http.StatusOK).says("Head office")
	v.post("/touch/urge/store/0", url.Values{}).wants(http.StatusSeeOther).leads("/today?done=urge")
	visit(t, webtest.Full(), webtest.StoreAccount).post("/touch/urge/store/0", url.Values{}).wants(http.StatusNotFound)
}

func TestAnUnknownReasonHasNoPage(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/today/withheld?because=mood").wants(http.StatusNotFound).says("没有这个理由")
	v.english().get("/today/withheld?because=mood&after=x", "HX-Request", "true").wants(http.StatusNotFound).says("There is no such reason.")
}

func TestWhatAnotherAppMadeIsListedAsReadOnly(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/settings/things").wants(http.StatusOK).says("朝阳店收银台", "只读：别处创建", "Siyu 创建")
	v.english().get("/settings/things").wants(http.StatusOK).says("2 contact ways in WeCom", "read-only: made by another app", "made by Siyu")
	visit(t, webtest.Empty(), webtest.OwnerAccount).english().get("/settings/things").says("WeCom is not connected yet.")
}

func TestAMassSendIsTakenBackAndThePageSaysWhatHappened(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	v.get("/touch/tasks").wants(http.StatusOK).says("Take back")
	back := func(dispatch int64) answer { return v.post("/touch/tasks/"+id.Text(dispatch)+"/back", url.Values{}) }
	back(1).wants(http.StatusSeeOther).leads("/touch/tasks?done=taken_back")
	v.get("/touch/tasks?done=taken_back").says("WeCom has stopped it")
	back(webtest.Unanswered).wants(http.StatusSeeOther).leads("/touch/tasks?done=taken_back_later")
	back(webtest.Confirmed).wants(http.StatusConflict).says("Staff have confirmed it already")
}

func TestContactsByHandAreTakenBackOneByOneByListAndByText(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.OwnerAccount).english()
	list := "/touch/contacts/" + id.Text[int64](9000)
	back := func(which string) answer { return v.post(list+"/back", url.Values{"which": {which}}) }
	v.get("/touch/tasks").wants(http.StatusOK).holds(`href="` + list + `"`).holds(`action="` + list + `/back"`).holds(`href="/touch/contacts"`)
	v.get(list).wants(http.StatusOK).says("Take back", "Take all back").holds(`name="which" value="one"`).holds(`name="which" value="list"`)
	v.get("/touch/contacts").wants(http.StatusOK).says("Contacts by hand, by text").holds(`name="which" value="words"`)
	back("all").wants(http.StatusUnprocessableEntity)
	back("one").wants(http.StatusSeeOther).leads(list + "?done=contact_back")
	v.get(list + "?done=contact_back").wants(http.StatusOK).says("Taken back: it is gone from the member")
	back("one").wants(http.StatusConflict).says("None of these contacts waits any more")
	back("words").wants(http.StatusSeeOther).leads("/touch/contacts?done=contacts_back")
	v.get("/touch/contacts?done=contacts_back").says("Taken back: they are gone")
	back("list").wants(http.StatusConflict)
	v.get(list).wants(http.StatusOK).says("Nothing by hand waits here")
	visit(t, brand, webtest.StaffAccount).post(list+"/back", url.Values{"which": {"one"}}).wants(http.StatusForbidden)
	visit(t, brand, webtest.OwnerAccount).get("/touch/contacts/none").wants(http.StatusNotFound)
}

func TestABatchSaysWhomWeComWouldSkip(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/touch/batches/rs").wants(http.StatusOK).says("每位客户最多收 30 条", "用完了", "还能收 1 条", "还能收 4–30 条", "企业微信会跳过 2 位")
	v.english().get("/touch/batches/rs").wants(http.StatusOK).says("at most 30 mass messages", "none left", "1 left", "4 to 30 left", "WeCom would skip 2 customers")
}

func TestExecutionIsReadPageByPage(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	for _, more := range []string{"显示更多", "Show more"} {
		first := v.get("/touch/execution").wants(http.StatusOK).says(more)
		rest := v.get("/touch/execution?after=20", "HX-Request", "true").wants(http.StatusOK).hides(more)
		if n, m := strings.Count(first.body, "/touch/urge/staff/"), strings.Count(rest.body, `class="lead"`); n != 2*19 || m == 0 {
			t.Errorf("%d forms on the first page, %d members on the next", n, m)
		}
		if strings.Contains(rest.body, "<html") {
			t.Error("a part is a whole page")
		}
		v.english()
	}
}

func TestWhoIsLeftAloneSaysWhichMessageWon(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.OwnerAccount)
	v.get("/today/withheld?because=budget_week").wants(http.StatusOK).says("让给了哪条", "新客 0-7-30 · 第七天回访", "3 天前收到", "期间另有 1 条")
	v.get("/today/withheld?because=touch_unconfirmed").wants(http.StatusOK).says("春茶到店了", "在路上").holds(`href="/touch/batches/rs"`)
	v.get("/today/withheld?because=touch_in_doubt").wants(http.StatusOK).says("让给了哪条", "已经没有在路上的了").hides("收到")
	v.get("/today/withheld?because=holdout").wants(http.StatusOK).hides("让给了哪条")
	brand.Waits = true
	v.get(brand.Someone(0)).wants(http.StatusOK).says("让给了哪条", "春茶到店了")
	v.english().get("/today/withheld?because=budget_week").says("Which message won", "arrived", "and 1 more in the period")
}
