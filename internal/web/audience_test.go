package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"siyu/internal/web/webtest"
)

// condition is one condition of a rule as its form sends it.
func condition(path, field, is string, values ...string) url.Values {
	return url.Values{"part": {path}, "was." + path: {field}, "field." + path: {field}, "is." + path: {is}, "value." + path: values}
}

// rule is the form of a rule whose parts must all hold.
func rule(parts ...url.Values) url.Values {
	form := url.Values{"part": {"0"}, "join.0": {"all"}}
	for _, p := range parts {
		for name, values := range p {
			form[name] = append(form[name], values...)
		}
	}
	return form
}

func with(form url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

var partial = []string{"HX-Request", "true"}

func TestACrowdIsCountedWhileItsRuleIsBuilt(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/audiences/new").wants(http.StatusOK).says("没有条件：所有客户都在里面。", "130 位")
	v.post("/audiences/look", rule(condition("0.0", "orders", ">=", "5")), partial...).wants(http.StatusOK).says("位", "价值最高")
	v.english()
	none := v.post("/audiences/look", rule(condition("0.0", "orders", ">=", "5000")), partial...).wants(http.StatusOK).says("0 customers", "Nobody fits.")
	none.hides("<html")
}

func TestAConditionThatIsNotCompleteDoesNotCountAndSaysSo(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.post("/audiences/look", rule(condition("0.0", "orders", ">=", "")), partial...).wants(http.StatusOK).says("还没有填，先不计", "130 位")
	v.post("/audiences/look", rule(condition("0.0", "orders", ">=", "两次")), partial...).wants(http.StatusOK).says("要填一个整数", "130 位")
	v.post("/audiences/save", with(rule(condition("0.0", "orders", ">=", "")), "name", "老客", "kind", "dynamic")).wants(http.StatusUnprocessableEntity).says("有条件还没有填完")
}

func TestPartsOfARuleAreAddedAndTakenAway(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	one := v.post("/audiences/edit", with(rule(), "do", "ask:0"), partial...).wants(http.StatusOK)
	if strings.Count(one.body, `class="rule-ask"`) != 1 {
		t.Errorf("one condition was asked for: %s", one.body)
	}
	two := v.post("/audiences/edit", with(rule(condition("0.0", "orders", ">=", "2")), "do", "group:0"), partial...).wants(http.StatusOK)
	if strings.Count(two.body, `class="rule-group"`) != 2 {
		t.Errorf("a group in a group was asked for: %s", two.body)
	}
	v.post("/audiences/edit", with(rule(condition("0.0", "orders", ">=", "2")), "do", "drop:0.0"), partial...).wants(http.StatusOK).says("没有条件")
	v.post("/audiences/edit", with(rule(condition("0.0", "store", "in")), "do", "drop:9.9.9")).wants(http.StatusOK).says("门店")
}

func TestAFieldThatChangesForgetsWhatItWasComparedWith(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	form := rule(condition("0.0", "orders", ">=", "2"))
	form.Set("field.0.0", "due")
	v.post("/audiences/edit", form, partial...).wants(http.StatusOK).says("还没有填，先不计", "天").hides(`value="2"`)
}

func TestValuesAreSuggestedByName(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	form := with(rule(condition("0.0", "tags", "in")), "at", "0.0", "find.0.0", "岩茶")
	v.post("/audiences/values", form, partial...).wants(http.StatusOK).says("爱喝岩茶").hides("常买礼盒")
	v.post("/audiences/values", with(form, "find.0.0", "没有这个"), partial...).wants(http.StatusOK).says("没有找到")
	v.post("/audiences/values", with(form, "at", "0.7"), partial...).wants(http.StatusNotFound)
}

func TestAnAudienceIsSavedChangedAndArchived(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	form := func(pairs ...string) url.Values {
		return with(rule(condition("0.0", "orders", ">=", "2")), append([]string{"kind", "dynamic"}, pairs...)...)
	}
	v.post("/audiences/save", form("name", "")).wants(http.StatusUnprocessableEntity).says("要有名称")
	v.post("/audiences/save", form("name", "买过三次以上")).wants(http.StatusUnprocessableEntity).says("这个名称已经用了")
	v.post("/audiences/save", form("name", "小满的回头客")).wants(http.StatusSeeOther).leads("/audiences/4?done=audience")
	v.get("/audiences/4").wants(http.StatusOK).says("小满的回头客", "停用")
	v.post("/audiences/save", form("name", "回头客", "number", "4", "version", "1")).wants(http.StatusSeeOther)
	v.post("/audiences/save", form("name", "回头客", "number", "4", "version", "1")).wants(http.StatusUnprocessableEntity)
	v.get("/audiences").wants(http.StatusOK).says("回头客").hides("小满的回头客")
	v.post("/audiences/4/archive", url.Values{"version": {"2"}}).wants(http.StatusSeeOther).leads("/audiences?done=audience_archived")
	v.post("/audiences/1/archive", url.Values{"version": {"1"}}).wants(http.StatusConflict).says("别处还在用它")
	v.get("/audiences/4").wants(http.StatusNotFound)
}

func TestTwoCrowdsAreCompared(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/audiences/1?with=3").wants(http.StatusOK).says("只在“买过三次以上”", "只在“三八节名单”", "两个都在")
	v.get("/audiences/new?in=1&out=3").wants(http.StatusOK).says("买过三次以上", "三八节名单")
}

func TestALargeExportWaitsForAnotherLead(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.StoreAccount)
	v.post("/audiences/1/export", url.Values{"format": {"csv"}}).wants(http.StatusOK)
	v = visit(t, brand, webtest.OwnerAccount)
	v.post("/audiences/1/export", url.Values{"format": {"xlsx"}}).wants(http.StatusSeeOther).leads("/audiences/1?done=export_asked")
	v.post("/audiences/1/export", url.Values{"format": {"exe"}}).wants(http.StatusUnprocessableEntity)
	v.get("/audiences").wants(http.StatusOK).says("份导出等待批准")
	v.post("/audience-exports/2", url.Values{"answer": {"yes"}}).wants(http.StatusForbidden).says("另一位负责人")
	v.post("/audience-exports/1", url.Values{"answer": {"yes"}}).wants(http.StatusSeeOther).leads("/audiences?done=export_answered")
}

func TestAStoreSeesCrowdsOfItsOwnCustomersAndChangesNone(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.StoreAccount)
	v.get("/audiences/new").wants(http.StatusOK).hides("130 位", `name="watched"`)
	v.post("/audiences/save", with(rule(), "name", "x", "kind", "dynamic")).wants(http.StatusForbidden)
	visit(t, webtest.Full(), webtest.StaffAccount).get("/audiences").wants(http.StatusForbidden)
}

func TestNonsenseInARuleFormIsRefused(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.post("/audiences/look", url.Values{"part": {"0", "0.0.0"}}, partial...).wants(http.StatusUnprocessableEntity)
	v.post("/audiences/look", url.Values{"part": {"0", "7"}}, partial...).wants(http.StatusUnprocessableEntity)
	v.post("/audiences/look", rule(condition("0.0", "no_such", "~", "x")), partial...).wants(http.StatusOK)
	many := url.Values{"part": make([]string, 300)}
	v.post("/audiences/look", many, partial...).wants(http.StatusUnprocessableEntity)
	v.get("/audiences/abc").wants(http.StatusNotFound)
	v.get("/audiences/99").wants(http.StatusNotFound)
}
