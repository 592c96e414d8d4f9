package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"siyu/internal/web/webtest"
)

func TestAnAlertOfLossesIsSeenAndClosedWithAWord(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/today").wants(http.StatusOK).says("一天内删除了 38 位客户", "一天内被 14 位客户删除，平常约 2.4 位")
	v.get("/losses").wants(http.StatusOK).says("30 天内 4 条提醒", "live-0312")
	v.get("/losses/1").wants(http.StatusOK).says("待处理", "平常一天约 0.2 位，从 10 位起提醒", "3 位买过", "1 位还有别的员工", "列出 38 位中的 3 位", "成批删除", "重新添加")
	answer := func(state, word string) answer {
		return v.post("/losses/1", url.Values{"state": {state}, "word": {word}})
	}
	answer("seen", "").wants(http.StatusSeeOther).leads("/losses/1?done=loss")
	answer("closed", "").wants(http.StatusUnprocessableEntity).says("关闭时请写一句说明")
	answer("closed", strings.Repeat("长", 501)).wants(http.StatusUnprocessableEntity).says("最多 500 字")
	answer("gone", "x").wants(http.StatusUnprocessableEntity)
	answer("closed", "清理测试账号").wants(http.StatusSeeOther)
	v.get("/losses/1").says("已关闭", "清理测试账号", "重新打开")
	v.english().get("/losses/2").wants(http.StatusOK).says("customers deleted members of", "Bonferroni")
	v.get("/losses/99").wants(http.StatusNotFound)
	v.get("/losses/x!").wants(http.StatusNotFound)
	visit(t, webtest.Empty(), webtest.OwnerAccount).get("/losses").wants(http.StatusOK).says("没有提醒")
}

func TestAStoreSeesAlertsOfItsOwn(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.StoreAccount)
	v.get("/losses").wants(http.StatusOK).hides("live-0312")
	v.get("/losses/1").wants(http.StatusOK)
	v.get("/losses/4").wants(http.StatusNotFound)
	v.post("/losses/4", url.Values{"state": {"seen"}}).wants(http.StatusNotFound)
}
