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
	b.open("/setup?token=wrong")
	b.sees("这个链接已经用过，或者不正确")
	b.open("/setup?token=" + webtest.SetupToken)
	b.types(`input[name=account]`, "boss")
	b.types(`input[name=password]`, "a long enough password")
	b.shoot("setup-zh-1440")
	b.follow(`form[action="/setup"] button`)
	b.types(`input[name=account]`, "boss")
	b.types(`input[name=password]`, "a long enough password")
	b.follow(`form[action="/login"] button`)
	b.sees("还没有数据")
	b.fits("Today on the first day")
	b.shoot("empty-zh-1440")
	b.follow(`a[href="/settings/connection"].button`)
	b.types(`input[name=corp]`, "ww0123456789")
	b.types(`input[name=agent]`, "1000002")
	b.types(`input[name=secret]`, "a-secret")
	b.follow(`form[action="/settings/connection"] button`)
	b.sees("连接已保存")
	b.follow(`form[action="/settings/connection/backfill"] button`)
	b.sees("正在读取企业微信")
	b.sees("历史数据已读完") // the page asks by itself
	b.click(`a[href="/settings/connection/doctor"]`)
	b.sees("可信 IP")
	b.quiet()
}

func TestALeadFindsACustomerAndLeavesHerAlone(t *testing.T) {
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	b.open("/customers")
	b.types(`input[type=search]`, "Momo 3")
	b.run(chromedp.WaitNotPresent(chromedp.CSS(`#results tbody tr:nth-child(2)`)))
	b.click(`#results details.pop:first-of-type summary`)
	b.types(`#results input[name=name]`, "我的 Momo")
	b.follow(`form[action="/customers/views"] button`)
	b.sees("我的 Momo")
	b.follow(`td.lead a`)
	b.drawn()
	b.sees("下一步")
	b.follow(`button[name=allowed]`)
	b.sees("以后不再打扰这位客户")
	b.sees("今天不打扰：不愿被打扰")
	b.click(`.top details.pop summary`)
	b.types(`textarea[name=note]`, "想要不苦的冷泡")
	b.follow(`button[name=kind][value=need]`)
	b.sees("想要不苦的冷泡")
	b.follow(`form[action$="/merge"] button`) // the question is answered with yes
	b.sees("已合并")
	b.follow(`form[action$="/unmerge"] button`)
	b.sees("已拆分")
	b.click(`#timeline .head a`)
	b.sees("记录修改")
	b.sees("认出一条身份")
	b.quiet()
}

func TestALeadChoosesColumnsAndTheyStay(t *testing.T) {
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	b.open("/customers")
	b.click(`#results details.pop:last-of-type summary`)
	b.click(`input[name=column][value=turnover]`)
	b.click(`input[name=column][value=stage]`)
	b.follow(`form[action="/customers/columns"] button`)
	b.open("/customers")
	if heads := b.asked(`[...document.querySelectorAll("#results th")].map(h => h.innerText).join()`); !strings.Contains(heads, "累计消费") || strings.Contains(heads, "阶段") {
		t.Errorf("the columns are %s", heads)
	}
	b.click(`.more-rows a`)
	b.run(chromedp.WaitVisible(chromedp.CSS(`tbody tr:nth-child(60)`)))
	b.quiet()
}

func TestALeadApprovesUrgesAndSettlesDoubts(t *testing.T) {
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	b.click(`form[action^="/touch/urge/store"] button`)
	b.sees("已提醒 4 人")
	b.follow(`a[href^="/touch?limiting"]`)
	b.sees("看全部")
	b.follow(`a[href^="/touch/batches/"]`)
	b.sees("样例客户")
	b.follow(`form[action$="/reject"] button`)
	b.sees("这一批今天不发")
	b.click(`input[data-all]`)
	b.follow(`form[action="/touch/approve"] button.first`)
	b.sees("已通过")
	b.sees("1 批待审核")
	b.open("/touch/doubt")
	b.follow(`form[action$="/drop"] button`)
	b.sees("已放弃")
	b.follow(`form[action$="/resend"] button`)
	b.sees("没有存疑的发送")
	b.open("/settings/audit")
	b.sees("重新发送")
	b.sees("催办")
	b.quiet()
}

func TestAnOrderFileIsMappedTriedAndImported(t *testing.T) {
	file := filepath.Join(t.TempDir(), "有赞 订单.csv")
	text := "订单号,付款时间,实付,手机\nA1,2026-03-01,12.30,13800001234\nA2,2026-03-02,=1+1,13800001235\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	b.open("/settings/imports")
	b.run(chromedp.SetUploadFiles(chromedp.CSS(`input[type=file]`), []string{file}))
	b.follow(`form[action="/settings/imports"] button`)
	b.sees("识别为")
	b.sees("13800001234")
	b.shoot("import-zh-1440")
	b.fits("import")
	b.follow(`form[action$="/map"] button`)
	b.sees("导入 2 个订单") // the dry run ends while the page asks
	b.shoot("import-checked-zh-1440")
	b.follow(`form[action$="/start"] button`)
	b.sees("已导入")
	b.sees("下载未导入的行")
	b.quiet()
}

func TestAnOwnerGivesAColleagueALink(t *testing.T) {
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	b.open("/settings/users")
	b.types(`form[action="/settings/users"] input[name=account]`, "newcomer")
	b.follow(`form[action="/settings/users"] button`)
	b.sees("/setup?token=one-time-newcomer")
	b.quiet()
}

func TestEverythingIsReachedByKeyboard(t *testing.T) {
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	b.open("/today")
	seen := map[string]bool{}
	for range 60 {
		b.run(chromedp.KeyEvent("\t"))
		seen[b.asked(`(() => { const a = document.activeElement; return a.tagName + " " + (a.getAttribute("href") || a.name || a.textContent.trim()); })()`)] = true
	}
	for _, want := range []string{"A #main", "A /customers", "A /touch", "A /settings", "A /today/links", "A /today/withheld", "A /touch/doubt"} {
		if !seen[want] {
			t.Errorf("the keyboard does not reach %q; it reached %v", want, seen)
		}
	}
	b.quiet()
}
