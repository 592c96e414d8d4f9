package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"siyu/internal/id"
	"siyu/internal/web"
	"siyu/internal/web/webtest"
)

func TestAnOwnerMakesAKeySeesItOnceAndRevokesIt(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.OwnerAccount)
	secret := webtest.Secret("erp")
	made := v.post("/settings/keys", url.Values{"name": {" erp "}, "role": {"lead"}}).wants(http.StatusOK).says(secret, "只显示这一次")
	made.hides("?")
	v.get("/settings/keys").wants(http.StatusOK).says("erp", "操盘手").hides(secret)
	v.english().get("/settings/keys").says("Made by", "1 API key")
	p := programmed(t, brand)
	p.key = secret
	p.call(http.StatusOK, "GET", "/audiences", "")
	v.post("/settings/keys/revoke", url.Values{"name": {"erp"}}).wants(http.StatusSeeOther).leads("/settings/keys?done=key_revoked")
	p.call(http.StatusUnauthorized, "GET", "/audiences", "").refuses(http.StatusUnauthorized, "unauthorized")
	v.post("/settings/keys/revoke", url.Values{"name": {"erp"}}).wants(http.StatusNotFound)
	v.get("/settings/audit").says("Made an API key", "Revoked an API key")
}

func TestAKeyNeedsANameARoleAndItsStores(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.OwnerAccount)
	store := id.Text(id.StoreOf("朝阳店"))
	for _, form := range []url.Values{
		{"name": {""}, "role": {"lead"}}, {"name": {"a b"}, "role": {"lead"}}, {"name": {strings.Repeat("x", 65)}, "role": {"lead"}},
		{"name": {"a"}, "role": {"owner"}}, {"name": {"a"}, "role": {"staff"}}, {"name": {"a"}}, {"name": {"a"}, "role": {"store"}}, {"name": {"a"}, "role": {"store"}, "store": {"?"}},
	} {
		v.post("/settings/keys", form).wants(http.StatusUnprocessableEntity).hides("siyu_")
	}
	v.post("/settings/keys", url.Values{"name": {"till"}, "role": {"store"}, "store": {store}}).wants(http.StatusOK)
	v.post("/settings/keys", url.Values{"name": {"till"}, "role": {"lead"}}).wants(http.StatusUnprocessableEntity).says("同名")
	keys, err := brand.Keys(t.Context(), web.Asker{}.Scope)
	if err != nil || len(keys) != 1 || keys[0].Maker != webtest.OwnerAccount || len(keys[0].Stores) != 1 {
		t.Errorf("kept are %+v, %v", keys, err)
	}
}

func TestACookieOpensNothingOfTheAPI(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	for _, e := range web.Endpoints() {
		v.do(e.Method, web.APIRoot+examplePath(e), url.Values{}).wants(http.StatusUnauthorized)
		v.do(e.Method, web.APIRoot+examplePath(e), url.Values{}, "Authorization", "Basic bGVhZDp4").wants(http.StatusUnauthorized)
	}
	secret := webtest.Secret("erp")
	v.post("/settings/keys", url.Values{"name": {"erp"}, "role": {"lead"}})
	for _, page := range []string{"/settings/keys", "/audiences"} {
		programPage := programmed(t, webtest.Full())
		request, err := http.NewRequest(http.MethodGet, programPage.base+page, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+secret)
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusSeeOther {
			t.Errorf("a key opens %s: %d", page, response.StatusCode)
		}
	}
	v.do("POST", web.APIRoot+"/look", url.Values{}, "Authorization", "Bearer "+secret, "Origin", "https://evil.example").wants(http.StatusForbidden)
}

func TestWhoAsksTooOftenIsToldWhenToAskAgain(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	p := programmed(t, brand).with(web.RoleLead)
	for range 60 {
		p.call(http.StatusOK, "GET", "/fields", "")
	}
	a := p.ask("GET", web.APIRoot+"/fields", "")
	a.refuses(http.StatusTooManyRequests, "too_many")
	if a.header.Get("Retry-After") != "1" {
		t.Errorf("it may ask again in %q s", a.header.Get("Retry-After"))
	}
	p.with(web.RoleStore, "朝阳店").call(http.StatusOK, "GET", "/fields", "")
	p.clock.Set(p.clock.Now().Add(time.Second))
	for range 10 {
		p.call(http.StatusOK, "GET", "/fields", "")
	}
	p.call(http.StatusTooManyRequests, "GET", "/fields", "")

	guesser := programmed(t, brand)
	for n := range 61 {
		guesser.key = fmt.Sprint("siyu_guess", n)
		guesser.ask("GET", web.APIRoot+"/fields", "").refuses(map[bool]int{true: http.StatusUnauthorized, false: http.StatusTooManyRequests}[n < 60], map[bool]string{true: "unauthorized", false: "too_many"}[n < 60])
	}
}

func TestNoKeyReachesTheLog(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	p := programmed(t, brand).with(web.RoleLead)
	brand.Fail = fmt.Errorf("the disk is gone")
	p.call(http.StatusInternalServerError, "GET", "/audiences?key="+p.key, "").refuses(http.StatusInternalServerError, "internal")
	if said := p.log.String(); !strings.Contains(said, "the disk is gone") || strings.Contains(said, p.key) {
		t.Errorf("the log holds %s", said)
	}
}

func TestThePageOfKeysFitsAPhoneInBothLanguages(t *testing.T) {
	brand := webtest.Full()
	b := browse(t, brand)
	b.logIn(webtest.OwnerAccount)
	for _, language := range []string{"zh", "en"} {
		if language == "en" { // the console begins in Chinese
			b.Size(1024)
			b.Speak(language)
		}
		b.Size(390)
		b.Open("/settings/keys")
		b.Type(`input[name=name][maxlength]`, "a-long-name-for-the-key-of-a-till-"+language)
		b.Follow(`form[action="/settings/keys"] button`)
		b.Sees(webtest.Secret("a-long-name-for-the-key-of-a-till-" + language))
		b.Fits("a key just made in " + language)
		b.Shoot("keys-" + language + "-390")
	}
	b.Quiet()
}
