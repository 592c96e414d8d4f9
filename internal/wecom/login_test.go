package wecom_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"siyu/internal/wecom"
)

func TestAMemberComesBackFromTheLoginPageWithACodeForOneUse(t *testing.T) {
	d, ctx := sit(t, nil), t.Context()
	login, err := url.Parse(d.LoginURL("https://login.example/", "https://shop.example/wecom/back", "Ab3"))
	must(t, err)
	q := login.Query()
	q.Set("pick", "anna")
	answer := httptest.NewRecorder()
	d.platform.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, login.Path+"?"+q.Encode(), nil))
	back, err := answer.Result().Location()
	must(t, err)
	if back.Host != "shop.example" || back.Query().Get("state") != "Ab3" {
		t.Fatalf("came back to %s", back)
	}
	code := back.Query().Get("code")
	got(t, func(i wecom.Identity) bool { return i.UserID == "anna" && i.ExternalUserID == "" })(d.LoggedIn(ctx, code))
	if _, err := d.LoggedIn(ctx, code); !wecom.IsCode(err, wecom.CodeBadLogin) {
		t.Errorf("the second use: %v", err)
	}
}

func TestPagesAreSignedWithATicketThatIsFetchedOnceInTwoHours(t *testing.T) {
	d, ctx := sit(t, nil), t.Context()
	for range 300 { // more than the platform gives out in an hour
		for _, kind := range []wecom.TicketKind{wecom.CorpTicket, wecom.AppTicket} {
			got(t, func(s wecom.PageSignature) bool {
				return s.Timestamp == noon.Unix() && len(s.Signature) == 40 && s.Nonce != ""
			})(d.SignPage(ctx, kind, "https://shop.example/side"))
		}
	}
	d.clock.Set(noon.Add(2 * time.Hour))
	got(t, func(s wecom.PageSignature) bool { return s.Timestamp == noon.Unix()+7200 })(d.SignPage(ctx, wecom.AppTicket, "https://shop.example/side"))
}
