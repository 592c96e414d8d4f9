package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
	"siyu/internal/web/webtest"
)

func TestAnAudienceIsInvitedFromItsPage(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.LeadAccount).english()
	v.get("/audiences/1").wants(http.StatusOK).says("Invite into a group", "Under way", "Do not disturb 14", "Hold-out 8", "In the group already 4")
	view, err := brand.Invitations(t.Context(), org.All(), webtest.LoyalAudience)
	if err != nil {
		t.Fatal(err)
	}
	group := view.Groups[1].ID
	wrong := v.post("/audiences/1/invite", url.Values{"group": {""}, "link": {"javascript:x"}, "text": {"come <in>"}})
	wrong.wants(http.StatusUnprocessableEntity).says("Choose a group", "An address that begins with https://", "come <in>")
	form := url.Values{"group": {id.Text(group)}, "link": {"https://example.com/code"}, "text": {"come in"}}
	v.post("/audiences/1/invite", form).wants(http.StatusSeeOther)
	v.get("/audiences/1").wants(http.StatusOK).says("Looking through the audience")
	v.post("/audiences/1/invite", form).wants(http.StatusUnprocessableEntity).says("being invited into this group already")
	v.post("/invitations/2/stop", nil).wants(http.StatusSeeOther)
	v.post("/invitations/2/stop", nil).wants(http.StatusConflict)
	v.post("/invitations/9/stop", nil).wants(http.StatusNotFound)
	store := visit(t, brand, webtest.StoreAccount).english()
	store.get("/audiences/1").hides("Under way") // the brand's, not the store's own
	store.post("/invitations/1/stop", nil).wants(http.StatusNotFound)
}

func TestAnInvitationHasSoundFields(t *testing.T) {
	t.Parallel()
	good := web.InvitationForm{Group: 1, Text: "come in", Link: "https://example.com/code"}
	if err := web.InvitationFlaws(good).Err(); err != nil {
		t.Errorf("a good form: %v", err)
	}
	for _, link := range []string{"http://example.com", "https://", "javascript:alert(1)", "code"} {
		if web.InvitationFlaws(web.InvitationForm{Group: 1, Link: link})["link"] == "" {
			t.Errorf("link %q is taken", link)
		}
	}
}

func TestInvitationsFitThePhoneInBothLanguages(t *testing.T) {
	b := browse(t, webtest.Full())
	b.Size(390)
	b.logIn(webtest.LeadAccount)
	for _, language := range []string{"zh", "en"} {
		if language == "en" {
			b.Speak("en")
		}
		b.Open("/audiences/1")
		b.Drawn()
		b.Sees(map[string]string{"zh": "员工说已邀请，还没进群", "en": "Said, not seen"}[language])
		b.Fits("invitations-" + language)
		b.Shoot("invitations-" + language + "-390")
	}
	b.Quiet()
}
