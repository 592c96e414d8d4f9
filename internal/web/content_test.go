package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"siyu/internal/web"
	"siyu/internal/web/webtest"
)

func TestThePageOfContentSaysWhatIsNotMeasurable(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.LeadAccount).english()
	v.get("/content").wants(http.StatusOK).says("customers who agreed", "35%", "31%–39%", "4.3", "4.1–4.4 · 60 answers", "per customer: not measurable", "no longer in the texts", "2 openings of the last 90 days could not be stored")
	v.post("/content/reading", url.Values{"whose": {"everybody"}}).wants(http.StatusUnprocessableEntity)
	v.post("/content/reading", url.Values{"whose": {"nobody"}}).wants(http.StatusSeeOther).leads("/content?done=reading")
	v.get("/content?done=reading").says("Tracked reading is set", "Off: links stay as they are")
	store := visit(t, brand, webtest.StoreAccount).english()
	store.get("/content").wants(http.StatusOK).hides("/content/reading")
	empty := visit(t, webtest.Empty(), webtest.OwnerAccount).english()
	empty.get("/content").wants(http.StatusOK).says("No link yet", "no public address")
}

func TestAProgramTellsOfOpenings(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	p := programmed(t, brand).with(web.RoleLead)
	const path = "/api/v1/content/opened"
	body := `{"event":"e1","customer":{"phone":"13800000001"},"content":{"name":"guide"}}`
	for range 2 {
		if a := p.ask("POST", path, body); a.status != http.StatusOK || a.json["kept"] != true {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	if brand.Openings() != 1 {
		t.Errorf("%d openings of one event", brand.Openings())
	}
	for name, wrong := range map[string]struct {
		body, at string
		status   int
	}{
		"nobody":          {`{"event":"e","customer":{},"content":{"name":"g"}}`, "customer", 422},
		"two people":      {`{"event":"e","customer":{"phone":"13800000001","id":"a"},"content":{"name":"g"}}`, "customer", 422},
		"no id":           {`{"event":"e","customer":{"id":"?"},"content":{"name":"g"}}`, "customer.id", 422},
		"no event":        {`{"customer":{"phone":"13800000001"},"content":{"name":"g"}}`, "event", 422},
		"a long event":    {`{"event":"` + strings.Repeat("x", 101) + `","customer":{"phone":"13800000001"},"content":{"name":"g"}}`, "event", 422},
		"no name":         {`{"event":"e","customer":{"phone":"13800000001"},"content":{}}`, "content.name", 422},
		"a line break":    {`{"event":"e","customer":{"phone":"13800000001"},"content":{"name":"g","title":"a\nb"}}`, "content.title", 422},
		"tomorrow":        {`{"event":"e","customer":{"phone":"13800000001"},"content":{"name":"g"},"at":"2026-03-13T09:00:00+08:00"}`, "at", 422},
		"long ago":        {`{"event":"e","customer":{"phone":"13800000001"},"content":{"name":"g"},"at":"2026-01-13T09:00:00+08:00"}`, "at", 422},
		"an unknown one":  {`{"event":"e","customer":{"phone":"13900000009"},"content":{"name":"g"}}`, "", 404},
		"unknown members": {`{"event":"e","customer":{"phone":"13800000001"},"content":{"name":"g"},"ip":"10.0.0.1"}`, "", 422},
	} {
		a := p.ask("POST", path, wrong.body)
		at := in(a.json, "error", "at")["path"]
		if a.status != wrong.status || wrong.at != "" && at != wrong.at {
			t.Errorf("%s: %d at %v: %s", name, a.status, at, a.body)
		}
	}
	if a := programmed(t, brand).with(web.RoleStore, "x").ask("POST", path, body); a.status != http.StatusForbidden {
		t.Errorf("a store's key: %d", a.status)
	}
}

func TestAProgramTellsOfAnswersToSurveysMadeElsewhere(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	p := programmed(t, brand).with(web.RoleLead)
	const path = "/api/v1/surveys/answered"
	said := func(rest string) string {
		return `{"event":"row 31","customer":{"phone":"13800000001"},"survey":{"name":"visit","title":"How was it?"}` + rest + `}`
	}
	if a := p.ask("POST", path, said(`,"score":4,"at":"2025-03-10T18:30:00+08:00"`)); a.status != http.StatusOK || a.json["ok"] != true {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if len(brand.Answered) != 1 || brand.Answered[0].Score != 4 || brand.Answered[0].Name != "visit" || brand.Answered[0].At.Year() != 2025 {
		t.Errorf("kept %+v", brand.Answered)
	}
	for name, wrong := range map[string]struct{ rest, at string }{
		"no score": {"", "score"}, "a score of ten": {`,"score":10`, "score"}, "half a score": {`,"score":4.5`, "score"},
		"tomorrow": {`,"score":4,"at":"2026-03-13T09:00:00+08:00"`, "at"}, "long ago": {`,"score":4,"at":"2023-01-13T09:00:00+08:00"`, "at"},
	} {
		if a := p.ask("POST", path, said(wrong.rest)); a.status != 422 || in(a.json, "error", "at")["path"] != wrong.at {
			t.Errorf("%s: %d: %s", name, a.status, a.body)
		}
	}
	if a := p.ask("POST", path, `{"event":"e","customer":{"phone":"13800000001"},"survey":{},"score":4}`); a.status != 422 || in(a.json, "error", "at")["path"] != "survey.name" {
		t.Errorf("no name: %d %s", a.status, a.body)
	}
	if a := p.ask("POST", path, strings.Replace(said(`,"score":4`), "13800000001", "13900000009", 1)); a.status != 404 {
		t.Errorf("of somebody unknown: %d", a.status)
	}
	if len(brand.Answered) != 1 {
		t.Errorf("kept %+v", brand.Answered)
	}
}
