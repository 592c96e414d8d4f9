package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"siyu/internal/web/webtest"
)

func TestACustomerAnswersASurveyOnThePhoneOnce(t *testing.T) {
	brand := webtest.Full()
	b := browse(t, brand)
	b.Size(390)
	b.Open("/survey/one")
	b.Sees("这次到店，您满意吗？")
	b.Sees("很满意")
	b.Fits("a survey")
	b.Shoot("survey-zh-390")
	b.Follow(`button[name=language][value="en"]`)
	b.Sees("very satisfied")
	b.Sees("sees that this answer is yours")
	b.Fits("a survey, in English")
	b.Follow(`button[name=score][value="4"]`)
	b.Sees("Thank you")
	b.Open("/survey/one")
	b.Sees("Your answer: 4 of 5")
	b.Quiet()
	if brand.Scored != 4 {
		t.Errorf("the customer gave %d", brand.Scored)
	}
}

func TestASurveyTakesScoresAloneAndKnowsItsOwnLinks(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, "").english()
	v.get("/survey/one").wants(http.StatusOK).says("very satisfied").hides("/login")
	v.get("/survey/many").wants(http.StatusOK).says("nobody learns who answered")
	for _, wrong := range []string{"", "0", "6", "4.5", "good"} {
		v.post("/survey/one", url.Values{"score": {wrong}}).wants(http.StatusUnprocessableEntity).says("from 1 to 5")
	}
	v.post("/survey/one", url.Values{"score": {"2"}}).wants(http.StatusSeeOther).leads("/survey/one?done")
	v.post("/survey/one", url.Values{"score": {"5"}}).wants(http.StatusSeeOther)
	v.post("/survey/many", url.Values{"score": {"5"}}).wants(http.StatusSeeOther).leads("/survey/many?done")
	v.get("/survey/many?done").wants(http.StatusOK).says("Thank you")
	v.get("/survey/made-up").wants(http.StatusNotFound)
	v.post("/survey/made-up", url.Values{"score": {"5"}}).wants(http.StatusNotFound)
	if brand.Scored != 2 {
		t.Errorf("the first answer was 2, kept is %d", brand.Scored)
	}
}
