package web_test

import (
	"net/http"
	"testing"

	"siyu/internal/web/webtest"
)

func TestTheCalendarLeadsToWhatComes(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.OwnerAccount)
	v.get("/touch/calendar").wants(http.StatusOK).says("收到的人最多", "沉睡的老客", "全部客户", "当天会收到多次", "超过每周次数", "群消息和朋友圈", "看到 90", "事先不知道谁会进入", "每天约 12.4 位（近 28 天）", "还有 3 行没有列出")
	v.get("/touch/calendar?by=store").wants(http.StatusOK).says("朝阳店", "望京店")
	v.get("/touch/calendar/day?day=2026-03-12&audience=2").wants(http.StatusOK).says("第七天回访", "等审批", "180 人", "31 位客户当天会收到多次", "31 位客户两者都会收到", "前一项已批准，后一项对 31 位压下", "互不影响", "周四会员日，群里见", "3 个群", "210 位会看到", "预计", "23 位客户两者都会收到")
	v.get("/touch/calendar/day?day=2026-03-13").wants(http.StatusOK).says("这一天没有安排", "没有客户当天会收到多次")
	for _, bad := range []string{"?by=mood", "/day", "/day?day=x", "/day?day=2026-03-12&audience=x", "/day?day=2026-03-12&audience=99", "/day?day=2026-03-12&store=!", "/day?day=2027-01-01"} {
		v.get("/touch/calendar" + bad).wants(http.StatusNotFound)
	}
	english := v.english()
	english.get("/touch/calendar").says("Most customers hear something on", "All customers", "about 12.4 a day (last 28 days)", "a customer adds a member of staff")
	visit(t, brand, webtest.StoreAccount).get("/touch/calendar").wants(http.StatusOK).says("事先不知道谁会进入").hides("12.4")
	english.get("/touch/calendar/day?day=2026-03-12").says("waits for approval", "the first is approved; the second is withheld from 31")
	visit(t, webtest.Empty(), webtest.OwnerAccount).get("/touch/calendar").wants(http.StatusOK).says("接下来 14 天没有安排")
}

func TestABatchAndAProcessSayWhatTheyMeet(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.OwnerAccount)
	v.get("/touch/batches/rs").wants(http.StatusOK).says("还有什么会到这些客户", "31 位客户两者都会收到", "群里和朋友圈", "23 位客户", "4 位客户会超过每周 2 次")
	v.get("/sop/" + webtest.WelcomeProcess).says("看会碰上什么")
	v.get("/touch/calendar/process/"+webtest.WelcomeProcess).wants(http.StatusOK).says("有 900 位客户会进入", "31 位客户两者都会收到")
	v.get("/touch/calendar/process/other").wants(http.StatusOK).says("事先不知道谁会进入这个流程")
	brand.AddingUp = true
	for _, path := range []string{"/touch/calendar", "/touch/calendar/day?day=2026-03-12", "/touch/calendar/process/" + webtest.WelcomeProcess} {
		v.get(path).wants(http.StatusOK).says("正在统计日历")
	}
	v.get("/touch/batches/rs").wants(http.StatusOK).says("日历正在统计")
}
