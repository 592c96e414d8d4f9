package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"siyu/internal/id"
	"siyu/internal/web/webtest"
)

// minutes is the form as it stands, with one field changed.
func minutes(field, value string) url.Values {
	f := url.Values{"version": {"0"}, "by_hand": {"4"}, "confirm": {"2"}, "invite": {"2"}, "process": {"4"}, "group": {"10"}, "moments": {"5"}, "day": {"120"}, "present": {"71"}}
	f.Set(field, value)
	return f
}

// holds looks for markup.
func (a answer) holds(markup string) answer {
	a.Helper()
	if !strings.Contains(a.body, markup) {
		a.Errorf("%s does not hold %s", a.what, markup)
	}
	return a
}

func TestThePageOfTheOrganisationSaysWhoIsShortAndWhatToStop(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.LeadAccount).english()
	v.get("/organisation").wants(http.StatusOK).says("Short of time today: 4 of 12", "What to stop first", "1. Selling to those who lack trust",
		"24 of 24", "Moments, Steps of processes in groups and Moments, Groups", "each 100 beyond go with", "This is observed, not a cause", "not measurable yet", "Larger teams do less on time",
		"teams have more than 10 people", "Adherence falls with size", "14 people · ", "These are defaults").
		says("Hours by process", "Steps today", "All processes", "Steps of processes that sell:", "Steps of processes in groups and Moments", "Short of time").
		holds(`href="/sop/` + webtest.WelcomeProcess + `"`)
	v.get("/organisation?store="+id.Text(id.StoreOf("望京店"))).wants(http.StatusOK).says("Time suffices today", "All stores", "Hours by process").hides("What to stop first", "Larger teams", "How many minutes work takes")
}

func TestAStoreSeesItsOwnHoursAndNothingOfMembersElsewhere(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.StoreAccount).english()
	v.get("/organisation").wants(http.StatusOK).says("朝阳店").hides("望京店", "each 100 beyond", "Larger teams", "How many minutes work takes")
	v.post("/organisation/minutes", minutes("day", "60")).wants(http.StatusForbidden)
}

func TestMinutesAreSetAndWhatIsWrongIsSaidAtItsField(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount).english()
	for field, value := range map[string]string{"day": "0", "by_hand": "-1", "group": "9999", "present": "0", "moments": "x"} {
		v.post("/organisation/minutes", minutes(field, value)).wants(http.StatusUnprocessableEntity).says("Enter whole minutes from 0 to 720", "What to stop first")
	}
	v.post("/organisation/minutes", minutes("day", "600")).wants(http.StatusSeeOther).leads("/organisation?done=capacity")
	v.get("/organisation").says("Set by your own people", "Time suffices today")
	v.post("/organisation/minutes", minutes("day", "60")).wants(http.StatusUnprocessableEntity).says("changed")
}

func TestALimitAboveTheHoursOfMembersIsSaidAndSetInOneClick(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount).english()
	v.get("/organisation").says("Nobody has said yet how much time members have", "At an assumed 71%", "17 contacts by hand, not 30").hides("action=\"/organisation/limit\"")
	v.post("/organisation/minutes", minutes("present", "70")).wants(http.StatusSeeOther)
	v.get("/organisation").says("70% of members on a usual day", "hands a member up to 30 contacts", "17 on average", "Set the limit to 17").hides("Nobody has said yet")
	v.get("/organisation?store=" + id.Text(id.StoreOf("望京店"))).hides("/organisation/limit")
	limit := url.Values{"version": {"3"}, "contacts": {"17"}}
	v.post("/organisation/limit", url.Values{"version": {"3"}, "contacts": {"501"}}).wants(http.StatusUnprocessableEntity)
	v.post("/organisation/limit", limit).wants(http.StatusSeeOther).leads("/organisation?done=capacity")
	v.post("/organisation/limit", limit).wants(http.StatusConflict)
	v.get("/organisation").hides("Set the limit to 17", "Nobody has said yet")
	visit(t, webtest.Full(), webtest.StoreAccount).post("/organisation/limit", limit).wants(http.StatusForbidden)
}

func TestExecutionIsAddedUpByStoreAndAreaAndAreasAreUrged(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount).english()
	v.get("/touch/execution").wants(http.StatusOK).says("By area", "By person: who has not executed")
	v.get("/touch/execution?by=store").wants(http.StatusOK).says("By store: who has not executed", "朝阳店", "more than 10").holds("/touch/urge/store/")
	v.get("/touch/execution?by=area").wants(http.StatusOK).says(webtest.Area, "No area", "6 stores").holds("/touch/urge/area")
	v.get("/touch/execution?by=weather").wants(http.StatusNotFound)
	v.post("/touch/urge/area", url.Values{"area": {webtest.Area}}).wants(http.StatusSeeOther).leads("/touch/execution?by=area&done=urge")
	v.post("/touch/urge/area", url.Values{"area": {"nowhere"}}).wants(http.StatusNotFound)
	v.post("/touch/urge/area", url.Values{"area": {""}}).wants(http.StatusNotFound)
}

func TestAStoreBelongsToAnArea(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount).english()
	v.post("/settings/stores", url.Values{"version": {"0"}, "name": {"新店"}, "kind": {"direct"}, "department": {"0"}, "area": {" 华东 "}}).wants(http.StatusSeeOther)
	v.get("/settings/stores").says("华东")
	v.get("/settings/stores/edit?name=" + url.QueryEscape("新店")).holds(`value="华东"`)
	v.get("/settings/stores/edit").holds(`<option value="华东">`)
}

func TestTeamsThatAWarningIsAboutAreNamedAndLinked(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.LeadAccount).english()
	list := v.get("/organisation").wants(http.StatusOK)
	_, watch, _ := strings.Cut(list.body, `id="watch"`)
	watch, _, _ = strings.Cut(watch, "</div>")
	if n := strings.Count(watch, `<a href="/organisation?store=`); n < 4 {
		t.Errorf("%d teams are named: %s", n, watch)
	}
	v.get("/touch/tasks").wants(http.StatusOK).says("post in the group").holds(`<a href="/sop/` + webtest.WelcomeProcess + `">`)
}

func TestTheOrganisationIsReadAndSetInABrowser(t *testing.T) {
	b := browse(t, webtest.Full())
	b.logIn(webtest.OwnerAccount)
	for _, language := range []string{"zh", "en"} {
		if language == "en" {
			b.Speak(language)
		}
		for _, width := range []int64{1440, 1024, 768, 390} {
			b.Size(width)
			for name, path := range map[string]string{"organisation": "/organisation", "execution-area": "/touch/execution?by=area", "execution-store": "/touch/execution?by=store", "to-confirm": "/touch/tasks"} {
				b.Open(path)
				what := fmt.Sprintf("%s-%s-%d", name, language, width)
				b.Fits(what)
				b.Shoot(what)
			}
		}
	}
	b.Open("/touch/execution?by=area")
	b.Click(`form[action="/touch/urge/area"] button`)
	b.Sees("9 people reminded")
	b.Open("/organisation")
	b.Follow(`form[action="/organisation/minutes"] button`)
	b.Sees("Set by your own people")
	b.Shoot("organisation-limit")
	b.Follow(`form[action="/organisation/limit"] button`)
	b.Sees("Saved.")
	b.Quiet()
}
