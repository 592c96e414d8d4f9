package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"siyu/internal/web/webtest"
)

func TestStagesAreCountedAndTheirBoundsShown(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/value/stages").wants(http.StatusOK).says("引入期", "消费流失", "无法判断", "关系流失", "全品牌", "自己的间隔", "间隔太少", "只看已结束的")
	v.english().get("/value/stages").wants(http.StatusOK).says("Of 4,000 customers", "Mature", "From 4 days with an order on", "Own gaps", "Adjust the cut points of Whole brand", "As of 2026-03-12")
	v.get("/value/stages?line=gift").wants(http.StatusOK).says("too few gaps for a curve").hides(`data-kind="gaps"`)
	v.get("/value/stages?line=nothing").wants(http.StatusNotFound)
	visit(t, webtest.Empty(), webtest.OwnerAccount).english().get("/value/stages").wants(http.StatusOK).says("No stages yet")
}

func TestALeadSetsCutPointsAndGivesThemBack(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount).english()
	v.post("/value/stages/cuts", url.Values{"version": {"1"}, "line": {"tea"}, "declining": {"33"}, "lost": {"77"}}).wants(http.StatusSeeOther).leads("/value/stages?done=stage&line=tea")
	page := v.get("/value/stages?line=tea").says("Set by a person", "Back to own data").has(`value="33"`, `value="77"`)
	if strings.Count(page.body, "Set by a person") != 1 {
		t.Error("another line is set, too")
	}
	v.post("/value/stages/cuts", url.Values{"version": {"1"}, "line": {"tea"}, "declining": {"1"}, "lost": {"2"}}).wants(http.StatusUnprocessableEntity).says("changed")
	v.post("/value/stages/cuts", url.Values{"version": {"2"}, "line": {"tea"}, "own": {"yes"}}).wants(http.StatusSeeOther)
	v.get("/value/stages?line=tea").hides("Set by a person")
	v.post("/value/stages/mature", url.Values{"version": {"3"}, "mature": {"6"}}).wants(http.StatusSeeOther).leads("/value/stages?done=stage")
	v.get("/value/stages?done=stage").says("From 6 days with an order on", "in force from the next night on")
}

func TestCutPointsThatAreNoneAreShownWithWhatIsWrong(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	for _, days := range [][2]string{{"50", "50"}, {"0", "10"}, {"", ""}, {"x", "9999"}, {"-3", "2"}} {
		v.post("/value/stages/cuts", url.Values{"version": {"1"}, "declining": {days[0]}, "lost": {days[1]}}).wants(http.StatusUnprocessableEntity).says("Enter ", "Declining after (days)")
	}
	for _, orders := range []string{"1", "51", "many", ""} {
		v.post("/value/stages/mature", url.Values{"version": {"1"}, "mature": {orders}}).wants(http.StatusUnprocessableEntity).says("Enter 2 to 50.")
	}
}

func TestAStoreManagerSeesTheOwnStagesAndSetsNothing(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.StoreAccount).english()
	v.get("/value/stages").wants(http.StatusOK).hides("Adjust the cut points", "Of 4,000 customers", "望京店")
	v.post("/value/stages/cuts", url.Values{"version": {"1"}, "declining": {"33"}, "lost": {"77"}}).wants(http.StatusForbidden)
	visit(t, webtest.Full(), webtest.StaffAccount).get("/value/stages").wants(http.StatusForbidden)
}

func TestTheListFiltersByStage(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	rows := v.get("/customers?stage=declining", "HX-Request", "true").wants(http.StatusOK).says("Declining")
	for _, other := range []string{">Mature</td>", ">Growing</td>", ">Introduced</td>"} {
		rows.hides(other)
	}
	v.get("/customers?stage=lost").has(`<option value="lost" selected>`)
	v.get("/customers?stage=asleep").wants(http.StatusUnprocessableEntity)
	v.get(webtest.Full().Someone(2)).says("Mature", "changes on 2026-04-14 without an order")
}

// has looks for marks that nobody reads.
func (a answer) has(marks ...string) answer {
	a.Helper()
	for _, mark := range marks {
		if !strings.Contains(a.body, mark) {
			a.Errorf("%s has no %s", a.what, mark)
		}
	}
	return a
}
