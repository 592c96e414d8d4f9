package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"siyu/internal/web/webtest"
)

func TestATextIsRefusedAtItsFieldsThenKeptAndTakenOut(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount)
	form := url.Values{"version": {"0"}, "purpose": {"promote"}, "text": {" "}, "link": {"http://shop.example.com"}, "code": {"summer"}}
	v.post("/settings/texts", form).wants(http.StatusUnprocessableEntity).says("还不能保存", "请写下要说的话", "链接要以 https:// 开头")
	form.Set("text", "{name}，{phone} 有优惠")
	v.post("/settings/texts", form).wants(http.StatusUnprocessableEntity).says("只能写 {name} 或 {staff}", "{phone} 有优惠")
	form.Set("text", strings.Repeat("长", 1334))
	v.post("/settings/texts", form).wants(http.StatusUnprocessableEntity).says("最多 4000 字节")
	form.Set("text", "{name}，\r\n会员日到了")
	form.Set("link", "https://shop.example.com")
	form.Set("purpose", "greet")
	form.Set("line", "tea")
	v.post("/settings/texts", form).wants(http.StatusUnprocessableEntity).says("欢迎语不能只写给一条产品线")
	form.Set("purpose", "promote")
	form.Del("line")
	form.Set("code", "remind.2")
	v.post("/settings/texts", form).wants(http.StatusUnprocessableEntity).says("已有这个编号")
	form.Set("code", "summer")
	v.post("/settings/texts", form).wants(http.StatusSeeOther).leads("/settings/texts?done=text")
	v.get("/settings/texts?done=text").says("会员日到了", "summer", "下一次计划起使用")

	change := url.Values{"version": {"0"}, "key": {"summer"}, "purpose": {"promote"}, "text": {"会员日改期"}}
	stale := v.post("/settings/texts", change).wants(http.StatusUnprocessableEntity).says("别人刚改过", "会员日改期")
	if !strings.Contains(stale.body, `name="version" value="1"`) {
		t.Error("the form that was told of a change still carries the old version")
	}
	change.Set("version", "1")
	v.post("/settings/texts", change).wants(http.StatusSeeOther)
	v.get("/settings/texts").says("会员日改期")
	v.post("/settings/texts/drop", url.Values{"version": {"2"}, "key": {"summer"}}).wants(http.StatusSeeOther)
	v.get("/settings/texts").hides("会员日改期")
	v.get("/settings/texts/edit?code=summer").wants(http.StatusNotFound)
	v.get("/settings/audit").says("修改话术", "删除话术", "summer")
}

func TestAPurposeWithoutTextIsNamed(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Empty(), webtest.OwnerAccount)
	v.get("/settings/texts").wants(http.StatusOK).says("还没有写话术：服务、了解需求、到期提醒、欢迎")
	visit(t, webtest.Full(), webtest.OwnerAccount).get("/settings/texts").hides("还没有写话术")
}

func TestAProductLineKeepsWhatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	form := url.Values{"version": {"0"}, "code": {"cup"}, "name": {"杯子"}, "cycle": {"2 周"}, "margin": {"120"}, "words": {"随行杯\r\n马克杯，随行杯"}}
	v.post("/settings/lines", form).wants(http.StatusUnprocessableEntity).says("周期写成 0 到 3650 的天数", "写成 0 到 100 的百分数")
	form.Set("cycle", "")
	form.Set("margin", "48.5")
	v.post("/settings/lines", form).wants(http.StatusSeeOther).leads("/settings/lines?done=line")
	v.get("/settings/lines").says("杯子", "48.5%", "随行杯、马克杯", "不清楚")
	v.post("/settings/lines/drop", url.Values{"version": {"1"}, "key": {"tea"}}).wants(http.StatusConflict).says("还有话术写的是这条产品线")
	v.post("/settings/lines/drop", url.Values{"version": {"1"}, "key": {"cup"}}).wants(http.StatusSeeOther)
}

func TestStoresOfDepartmentsAreTakenOver(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/settings/stores").says("按企业微信部门推出来的", "朝阳店")
	v.post("/settings/stores/adopt", url.Values{}).wants(http.StatusSeeOther).leads("/settings/stores?done=stores_adopted")
	v.get("/settings/stores").hides("推出来的")
	form := url.Values{"version": {"1"}, "key": {"朝阳店"}, "kind": {"franchise"}, "department": {"2"}, "aliases": {"朝阳大悦城\n北京朝阳"}}
	v.post("/settings/stores", form).wants(http.StatusSeeOther)
	v.get("/settings/stores").says("朝阳大悦城、北京朝阳")
	form.Del("key")
	form.Set("version", "2")
	form.Set("name", "望京店")
	form.Set("kind", "kiosk")
	v.post("/settings/stores", form).wants(http.StatusUnprocessableEntity).says("已有叫这个名字的门店", "请选择直营或加盟")
}

func TestTheDoctorSpeaksTheReadersLanguage(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/settings/connection/doctor").says("这台机器的时间差了 3m10s", "打开系统的时间同步", "待办", "还没有导入过订单", "60020 from 203.0.113.9")
	v.english().get("/settings/connection/doctor").says("this machine's clock is off by 3m10s", "switch time synchronisation", "To do", "no orders yet")
}

func TestRulesOfThePlanAreRefusedByNameThenKept(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount)
	shown := func(page answer, fields ...string) {
		t.Helper()
		for _, field := range fields {
			if !strings.Contains(page.body, field) {
				t.Errorf("the form has no %s", field)
			}
		}
	}
	shown(v.get("/settings/brand").wants(http.StatusOK).says("往后看几天", "渠道活码"), `name="weekday_0" type="number" min="0" max="100" step="any" value="50"`)
	form := func(change ...string) url.Values {
		values := url.Values{"version": {"3"}, "name": {"山前茶"}, "per_day": {"1"}, "per_week": {"2"}, "per_month": {"4"}, "quiet_from": {"21:00"}, "quiet_until": {"09:00"},
			"holdout": {"5"}, "link_floor": {"60"}, "referral_share": {"20"}, "referral_days": {"30"}, "contact_cost": {"0.80"}, "discount": {"10"},
			"days_ahead": {"7"}, "capacity": {"30"}, "confirmations": {"3"}, "silent_days": {"60"}, "cap_hands": {"0"}, "cap_sends": {"0"}}
		for _, name := range []string{"low", "hand", "send"} {
			for _, part := range []string{"day", "week", "month"} {
				values.Set(name+"_"+part, "0")
			}
		}
		for day := range 7 {
			values.Set("weekday_"+strconv.Itoa(day), "100")
		}
		for i := 0; i < len(change); i += 2 {
			values.Set(change[i], change[i+1])
		}
		return values
	}
	for _, c := range [][]string{
		{"days_ahead", "15", "往后看 1 到 14 天"}, {"days_ahead", "0", "往后看 1 到 14 天"}, {"silent_days", "-1", "天数写 0 到 366"},
		{"confirmations", "11", "确认群发写 0 到 10"}, {"cap_hands", "x", "上限写 0 或更大"}, {"low_week", "40", "信任不足客户的预算"},
		{"hand_month", "3", "逐个联系的预算"}, {"send_day", "", "群发的预算"}, {"weekday_3", "101", "0 到 100 的百分数"},
		{"capacity", "501", "0 到 500"},
	} {
		v.post("/settings/brand", form(c[0], c[1])).wants(http.StatusUnprocessableEntity).says(c[2])
	}
	v.post("/settings/brand", form("days_ahead", "5", "low_day", "1", "low_week", "1", "low_month", "2", "weekday_6", "0")).wants(http.StatusSeeOther)
	shown(v.get("/settings/brand").wants(http.StatusOK), `name="days_ahead" type="number" min="1" max="14" value="5"`, `name="low_month" type="number" min="0" max="31" value="2"`)
	v.english().get("/settings/brand").says("Benefits promised at the add")
}

func TestABenefitIsPromisedByAContactWayOfTheList(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.LeadAccount)
	v.get("/settings/things").wants(http.StatusOK).says("加好友时承诺的好处", "朝阳店收银台 · pos-chaoyang", "expo2026", "gift.expo · 展会上说好的试用装给您留着")
	at, promise := "/settings/things/promise", url.Values{"channel": {"pos-chaoyang"}, "days": {"10"}, "text": {"gift.expo"}}
	with := func(name, value string) url.Values {
		f := url.Values{"channel": promise["channel"], "days": promise["days"], "text": promise["text"]}
		f.Set(name, value)
		return f
	}
	v.post(at, with("channel", "")).wants(http.StatusUnprocessableEntity).says("渠道活码：请从列表中选一个")
	v.post(at, with("days", "400")).wants(http.StatusUnprocessableEntity).says("天数：写 1 到 365")
	v.post(at, with("text", "")).wants(http.StatusUnprocessableEntity).says("话术：请从列表中选一条")
	v.post(at, promise).wants(http.StatusSeeOther).leads("/settings/things?done=promise#promises")
	v.get("/settings/things").says("10 天内", "朝阳店收银台", "展会上说好的试用装给您留着")
	v.post(at, with("days", "20")).wants(http.StatusSeeOther)
	v.get("/settings/things").says("20 天内").hides("10 天内")
	v.english().get("/settings/things").says("Benefits promised at the add", "within 20 days")
	v.post(at, url.Values{"channel": {"pos-chaoyang"}, "do": {"drop"}}).wants(http.StatusSeeOther)
	v.get("/settings/things").hides("20 天内")
	visit(t, brand, webtest.StoreAccount).post(at, promise).wants(http.StatusForbidden)
}
