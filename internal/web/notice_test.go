package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"siyu/internal/web/webtest"
)

func TestABrandSaysInItsOwnWordsWhatStaffIsTold(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount)
	holds := func(page answer, boxes ...string) {
		t.Helper()
		for _, box := range boxes {
			page.holds(`name="` + box + `>`)
		}
	}
	holds(v.get("/settings/notices").wants(http.StatusOK).says("还有 {open} 项任务等你处理", "{usual}", "陈屿", "不在应用可见范围"), `day_on" checked`, `new_on"`, `approval_on" checked`)
	form := func(changed ...string) url.Values {
		f := url.Values{"version": {"1"}, "urge_title": {"Today"}, "urge_text": {"{open} tasks wait"}, "halt_title": {"Halted"}, "halt_text": {"{text}: {events} of {delivered}"},
			"loss_title": {"Losses"}, "loss_text": {"{who} lost {n}, usually {usual}"}, "deleted_text": {"{who} deleted {n}"},
			"day_on": {"on"}, "day_title": {"Your day"}, "day_text": {"{contacts} contacts, {sends} sends, {tasks} tasks"}, "new_on": {"on"}, "new_title": {"New"}, "new_text": {"until {until}"},
			"approval_title": {"Approvals"}, "approval_text": {"{sends} to {customers}, {posts} posts"}, "process_text": {"{processes} processes"}}
		for i := 0; i < len(changed); i += 2 {
			f.Set(changed[i], changed[i+1])
		}
		return f
	}
	refuse := func(saying string, changed ...string) {
		t.Helper()
		v.post("/settings/notices/save", form(changed...)).wants(http.StatusUnprocessableEntity).says(saying)
	}
	refuse("请填写", "urge_text", " ")
	refuse("请填写", "loss_title", "")
	refuse("太长", "halt_text", strings.Repeat("长", 101))
	refuse("不认识", "urge_text", "{open} {name}")
	v.post("/settings/notices/save", form()).wants(http.StatusSeeOther).leads("/settings/notices?done=notice")
	holds(v.english().get("/settings/notices").says("{open} tasks wait", "{who} deleted {n}", "until {until}"), `new_on" checked`, `approval_on"`)
	v.post("/settings/notices/save", form()).wants(http.StatusUnprocessableEntity) // somebody else was faster
}
