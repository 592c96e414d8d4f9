package web_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"siyu/internal/web/webtest"
)

// The jobs people come for, done in a browser from end to end.

func TestTheFirstStartLeadsToToday(t *testing.T) {
	b := browse(t, webtest.Empty())
	b.Open("/setup?token=wrong")
	b.Sees("这个链接已经用过，或者不正确")
	b.Open("/setup?token=" + webtest.SetupToken)
	b.Type(`input[name=account]`, "boss")
	b.Type(`input[name=password]`, "a long enough password")
	b.Shoot("setup-zh-1440")
	b.Follow(`form[action="/setup"] button`)
	b.Type(`input[name=account]`, "boss")
	b.Type(`input[name=password]`, "a long enough password")
	b.Follow(`form[action="/login"] button`)
	b.Sees("还没有数据")
	b.Fits("Today on the first day")
	b.Shoot("empty-zh-1440")
	b.Follow(`a[href="/settings/connection"].button`)
	b.Type(`input[name=corp]`, "ww0123456789")
	b.Type(`input[name=agent]`, "1000002")
	b.Type(`input[name=secret]`, "a-secret")
	b.Follow(`form[action="/settings/connection"] button`)
	b.Sees("连接已保存")
	b.Follow(`form[action="/settings/connection/backfill"] button`)
	b.Sees("正在读取企业微信")
	b.Sees("历史数据已读完") // the page asks by itself
	b.Click(`a[href="/settings/connection/doctor"]`)
	b.Until(`document.querySelector("#checks").innerText.includes("打开系统的时间同步")`)
	b.Quiet()
}

func TestALeadFindsACustomerAndLeavesHerAlone(t *testing.T) {
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	b.Open("/customers")
	b.Type(`input[type=search]`, "Momo 3")
	b.Do(chromedp.WaitNotPresent(chromedp.CSS(`#results tbody tr:nth-child(2)`)))
	b.Click(`#results details.pop:first-of-type summary`)
	b.Type(`#results input[name=name]`, "我的 Momo")
	b.Follow(`form[action="/customers/views"] button`)
	b.Sees("我的 Momo")
	b.Follow(`td.lead a`)
	b.Drawn()
	b.Sees("下一步")
	b.Follow(`button[name=allowed]`)
	b.Sees("以后不再打扰这位客户")
	b.Sees("今天不打扰：不愿被打扰")
	b.Click(`.top details.pop summary`)
	b.Type(`textarea[name=note]`, "想要不苦的冷泡")
	b.Follow(`button[name=kind][value=need]`)
	b.Sees("想要不苦的冷泡")
	b.Follow(`form[action$="/merge"] button`) // the question is answered with yes
	b.Sees("已合并")
	b.Follow(`form[action$="/unmerge"] button`)
	b.Sees("已拆分")
	b.Click(`#timeline .head a`)
	b.Sees("记录修改")
	b.Sees("认出一条身份")
	b.Quiet()
}

func TestALeadChoosesColumnsAndTheyStay(t *testing.T) {
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	b.Open("/customers")
	b.Click(`#results details.pop:last-of-type summary`)
	b.Click(`input[name=column][value=turnover]`)
	b.Click(`input[name=column][value=stage]`)
	b.Follow(`form[action="/customers/columns"] button`)
	b.Open("/customers")
	if heads := b.Asked(`[...document.querySelectorAll("#results th")].map(h => h.innerText).join()`); !strings.Contains(heads, "累计消费") || strings.Contains(heads, "阶段") {
		t.Errorf("the columns are %s", heads)
	}
	b.Click(`.more-rows a`)
	b.Do(chromedp.WaitVisible(chromedp.CSS(`tbody tr:nth-child(60)`)))
	b.Quiet()
}

func TestALeadApprovesUrgesAndSettlesDoubts(t *testing.T) {
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	b.Click(`form[action^="/touch/urge/store"] button`)
	b.Sees("已提醒 4 人")
	b.Follow(`a[href^="/touch?limiting"]`)
	b.Sees("看全部")
	b.Follow(`a[href^="/touch/batches/"]`)
	b.Sees("样例客户")
	b.Follow(`form[action$="/reject"] button`)
	b.Sees("这一批今天不发")
	b.Click(`input[data-all]`)
	b.Follow(`form[action="/touch/approve"] button.first`)
	b.Sees("已通过")
	b.Sees("1 批待审核")
	b.Open("/touch/doubt")
	b.Follow(`form[action$="/drop"] button`)
	b.Sees("已放弃")
	b.Follow(`form[action$="/resend"] button`)
	b.Sees("没有存疑的发送")
	b.Open("/settings/audit")
	b.Sees("重新发送")
	b.Sees("催办")
	b.Quiet()
}

func TestAnOrderFileIsMappedTriedAndImported(t *testing.T) {
	file := filepath.Join(t.TempDir(), "有赞 订单.csv")
	text := "订单号,付款时间,实付,手机\nA1,2026-03-01,12.30,13800001234\nA2,2026-03-02,=1+1,13800001235\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	b.Open("/settings/imports")
	b.Do(chromedp.SetUploadFiles(chromedp.CSS(`input[type=file]`), []string{file}))
	b.Follow(`form[action="/settings/imports"] button`)
	b.Sees("识别为")
	b.Sees("13800001234")
	b.Shoot("import-zh-1440")
	b.Fits("import")
	b.Follow(`form[action$="/map"] button`)
	b.Sees("导入 2 个订单") // the dry run ends while the page asks
	b.Shoot("import-checked-zh-1440")
	b.Follow(`form[action$="/start"] button`)
	b.Sees("已导入")
	b.Sees("下载未导入的行")
	b.Quiet()
}

func TestAListOfMembersIsTriedAndImported(t *testing.T) {
	file := filepath.Join(t.TempDir(), "会员.csv")
	text := "手机号,生日,推荐人手机号\n13800001234,1990-05-20,13800001235\n13800001236,,\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	b.Open("/settings/imports")
	b.Do(chromedp.SetValue(chromedp.CSS(`select[name=what]`), "customers"))
	b.Do(chromedp.SetUploadFiles(chromedp.CSS(`input[type=file]`), []string{file}))
	b.Follow(`form[action="/settings/imports"] button`)
	b.Sees("会员")
	b.Sees("介绍人手机号")
	b.Follow(`form[action$="/map"] button`)
	b.Sees("导入 2 位会员") // the dry run ends while the page asks
	b.Follow(`form[action$="/start"] button`)
	b.Sees("知道介绍人的会员")
	b.Quiet()
}

func TestAnOwnerGivesAColleagueALink(t *testing.T) {
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	b.Open("/settings/users")
	b.Type(`form[action="/settings/users"] input[name=account]`, "newcomer")
	b.Follow(`form[action="/settings/users"] button`)
	b.Sees("/setup?token=one-time-newcomer")
	b.Quiet()
}

func TestEverythingIsReachedByKeyboard(t *testing.T) {
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	b.Open("/today")
	seen := map[string]bool{}
	for range 60 {
		b.Do(chromedp.KeyEvent("\t"))
		seen[b.Asked(`(() => { const a = document.activeElement; return a.tagName + " " + (a.getAttribute("href") || a.name || a.textContent.trim()); })()`)] = true
	}
	for _, want := range []string{"A #main", "A /customers", "A /touch", "A /settings", "A /today/links", "A /today/withheld", "A /touch/doubt"} {
		if !seen[want] {
			t.Errorf("the keyboard does not reach %q; it reached %v", want, seen)
		}
	}
	b.Quiet()
}
