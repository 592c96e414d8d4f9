package web_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/id"
	"siyu/internal/web"
	"siyu/internal/web/webtest"
)

// program is a brand's own program with a key.
type program struct {
	*testing.T
	brand *webtest.Brand
	base  string
	clock *clock.Virtual
	log   *strings.Builder
	key   string
}

// programmed starts a console over the brand. No key is in hand yet.
func programmed(t *testing.T, brand *webtest.Brand) *program {
	t.Helper()
	p := &program{T: t, brand: brand, clock: clock.NewVirtual(webtest.Now()), log: &strings.Builder{}}
	console, err := web.New(brand.Ports(), web.Options{Clock: p.clock, Zone: clock.Shanghai, Log: slog.New(slog.NewTextHandler(p.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(console)
	t.Cleanup(server.Close)
	p.base = server.URL
	return p
}

// with makes a key and uses it; stores says which stores it is for.
func (p *program) with(role web.Role, stores ...string) *program {
	p.Helper()
	form := web.KeyForm{Name: fmt.Sprint(role, len(stores)), Role: role, Members: true}
	for _, name := range stores {
		form.Stores = append(form.Stores, id.StoreOf(name))
	}
	secret, err := p.brand.AddKey(p.Context(), web.Asker{Account: webtest.OwnerAccount}, form)
	if err != nil {
		p.Fatal(err)
	}
	other := *p
	other.key = secret
	return &other
}

type told struct {
	answer
	json map[string]any
}

func (p *program) ask(method, path, body string, headers ...string) told {
	p.Helper()
	request, err := http.NewRequest(method, p.base+path, strings.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	if p.key != "" {
		request.Header.Set("Authorization", "Bearer "+p.key)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		p.Fatal(err)
	}
	a := told{answer: answer{p.T, method + " " + path + " " + body, response.StatusCode, response.Header, string(raw)}}
	if err := json.Unmarshal(raw, &a.json); err != nil {
		p.Fatalf("%s answers no JSON object: %.200s", a.what, raw)
	}
	return a
}

// call asks below the root of the API and wants the status.
func (p *program) call(status int, method, path, body string) told {
	p.Helper()
	a := p.ask(method, web.APIRoot+path, body)
	a.wants(status)
	return a
}

// refuses wants an error of a code.
func (t told) refuses(status int, code string) map[string]any {
	t.Helper()
	t.wants(status)
	refusal, _ := t.json["error"].(map[string]any)
	if refusal["code"] != code || refusal["message"] == "" || strings.Contains(fmt.Sprint(refusal["message"]), "api") {
		t.Errorf("%s is refused with %s", t.what, t.body)
	}
	return refusal
}

// path fills in the placeholders of an endpoint for the example brand.
func examplePath(e web.Endpoint) string {
	return strings.NewReplacer("{number}", "3", "{field}", "store").Replace(e.Path)
}

func exampleBody(e web.Endpoint) string {
	return strings.ReplaceAll(e.Example, `"tag":"/1k"`, `"tag":"ww/t4"`)
}

func TestEachEndpointAnswersTheRolesItIsForAndNobodyElse(t *testing.T) {
	t.Parallel()
	store, stranger := programmed(t, webtest.Full()).with(web.RoleStore, "朝阳店"), programmed(t, webtest.Full())
	for _, e := range web.Endpoints() {
		for role, p := range map[web.Role]*program{web.RoleLead: programmed(t, webtest.Full()).with(web.RoleLead), web.RoleStore: store} {
			a := p.ask(e.Method, web.APIRoot+examplePath(e), exampleBody(e))
			if slices.Contains(e.Roles, role) {
				if a.status/100 != 2 {
					t.Errorf("%s as %s answered %d: %s", e.Name, role, a.status, a.body)
				}
				fits(t, e, a)
				continue
			}
			a.refuses(http.StatusForbidden, "forbidden")
		}
		stranger.clock.Set(stranger.clock.Now().Add(time.Minute))
		for _, key := range []string{"", "siyu_wrong", webtest.Password} {
			stranger.key = key
			a := stranger.ask(e.Method, web.APIRoot+examplePath(e), exampleBody(e))
			a.refuses(http.StatusUnauthorized, "unauthorized")
			if a.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s does not say how to come in", e.Name)
			}
		}
	}
}

func TestNoEndpointTakesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	p := programmed(t, webtest.Full()).with(web.RoleLead)
	for _, e := range web.Endpoints() {
		p.clock.Set(p.clock.Now().Add(time.Minute))
		path := web.APIRoot + examplePath(e)
		if e.Example != "" {
			for _, body := range []string{"", "null and more", "[]", `"text"`, `{"surprise":1}`, e.Example + "{}", strings.Replace(e.Example, "{", `{"surprise":1,`, 1), `{"version":"x","name":1,"tag":2,"a":3,"limit":"y","sentence":4}`} {
				p.ask(e.Method, path, body).refuses(http.StatusUnprocessableEntity, "invalid")
			}
			p.ask(e.Method, path, `{"note":"`+strings.Repeat("x", 1<<20)+`"}`).refuses(http.StatusRequestEntityTooLarge, "too_large")
		}
		for _, wrong := range []string{"0", "-1", "999", "x", "1%2F2", "99999999999999999999"} {
			if strings.Contains(e.Path, "{") {
				at := web.APIRoot + strings.NewReplacer("{number}", wrong, "{field}", wrong).Replace(e.Path)
				p.ask(e.Method, at, exampleBody(e)).refuses(http.StatusNotFound, "not_found")
			}
		}
		for _, q := range e.Query {
			if q.Name == "limit" {
				for _, wrong := range []string{"0", "-1", "x", "1001", "1e3"} {
					refusal := p.ask(e.Method, path+"?limit="+wrong, "").refuses(http.StatusUnprocessableEntity, "invalid")
					if at, _ := refusal["at"].(map[string]any); at["path"] != "limit" {
						t.Errorf("%s with limit %s names %v", e.Name, wrong, refusal["at"])
					}
				}
			}
		}
	}
	p.call(http.StatusNotFound, "GET", "/nothing", "").refuses(http.StatusNotFound, "not_found")
	p.call(http.StatusNotFound, "DELETE", "/audiences/1", "").refuses(http.StatusNotFound, "not_found")
}

func TestARefusedRuleSaysWhere(t *testing.T) {
	t.Parallel()
	p := programmed(t, webtest.Full()).with(web.RoleLead)
	rule := func(inner string) string { return `{"rule":{"version":1,"rule":` + inner + `}}` }
	for _, c := range []struct {
		path, body, of, at, mistake string
		from                        any
	}{
		{"/look", rule(`{"all":[{"field":"orders","is":">=","values":[3]},{"field":"mood","is":"=","values":[1]}]}`), "", "all[1].field", "unknown_field", nil},
		{"/look", rule(`{"all":[{"field":"orders","is":">=","values":["x"]}]}`), "", "all[0].values[0]", "value_kind", nil},
		{"/look", rule(`{"all":[{"field":"orders","is":"last","values":[1]}]}`), "", "all[0].is", "unknown_test", nil},
		{"/look", rule(`{"all":[],"why":1}`), "", "why", "not_a_member", nil},
		{"/look", `{"sentence":"买过 3 次以上，心情很好"}`, "", "", "expected", 9.},
		{"/members", rule(`{"any":[]}`), "", "", "empty_any", nil},
		{"/overlap", `{"a":{"audience":1},"b":` + rule(`{"not":{"field":"mood","is":"=","values":[1]}}`) + `}`, "b", "not.field", "unknown_field", nil},
		{"/audiences", `{"name":"n","kind":"dynamic","rule":{"version":2,"rule":{"all":[]}}}`, "", "version", "version", nil},
	} {
		refusal := p.call(http.StatusUnprocessableEntity, "POST", c.path, c.body).refuses(http.StatusUnprocessableEntity, "invalid")
		at, _ := refusal["at"].(map[string]any)
		flaws, _ := refusal["flaws"].([]any)
		if len(flaws) == 0 || fmt.Sprint(at["path"]) != c.at || c.of != "" && at["of"] != c.of || c.from != nil && at["from"] == nil {
			t.Errorf("%s: %v", c.body, refusal)
			continue
		}
		if got := flaws[0].(map[string]any)["mistake"]; got != c.mistake {
			t.Errorf("%s is a %v, want %s", c.body, got, c.mistake)
		}
	}
	for body, at := range map[string]string{
		`{}`: "rule", `[]`: "", `{"sentence":4}`: "sentence", `{"audience":"x"}`: "audience", `{"sentence":"bought at least 3 times","audience":1}`: "rule",
	} {
		if refusal := p.call(http.StatusUnprocessableEntity, "POST", "/look", body).refuses(http.StatusUnprocessableEntity, "invalid"); refusal["at"].(map[string]any)["path"] != at {
			t.Errorf("%s: %v", body, refusal)
		}
	}
	english := fmt.Sprint(p.ask("POST", web.APIRoot+"/look", `{}`).json)
	if chinese := fmt.Sprint(p.ask("POST", web.APIRoot+"/look", `{}`, "Accept-Language", "zh-CN,zh").json); chinese == english || !strings.Contains(chinese, "正好") {
		t.Errorf("in Chinese it says %s", chinese)
	}
}

func TestAProgramBuildsChangesAndArchivesAnAudience(t *testing.T) {
	t.Parallel()
	p := programmed(t, webtest.Full()).with(web.RoleLead)
	look := p.call(200, "POST", "/look", `{"sentence":"bought at least 3 times"}`).json
	said := look["sentence"].(map[string]any)
	chinese, err := json.Marshal(map[string]any{"sentence": said["zh-CN"]})
	if err != nil {
		t.Fatal(err)
	}
	again := p.call(200, "POST", "/look", string(chinese)).json
	if fmt.Sprint(look["rule"]) != fmt.Sprint(again["rule"]) || look["size"] != again["size"] || look["size"].(float64) == 0 || look["took_ms"] != .4 {
		t.Errorf("by sentence %v, by its Chinese %v", look, again)
	}
	rule, _ := json.Marshal(look["rule"])
	made := p.call(http.StatusCreated, "POST", "/audiences", `{"name":"loyal","kind":"dynamic","watched":true,"rule":`+string(rule)+`}`)
	number := fmt.Sprint(made.json["number"])
	if made.header.Get("Location") != web.APIRoot+"/audiences/"+number || made.json["size"] != look["size"] || made.json["by"] != "key lead0" {
		t.Errorf("made %s, at %s", made.body, made.header.Get("Location"))
	}
	p.call(409, "POST", "/audiences", `{"name":"loyal","kind":"dynamic","sentence":"bought at least 3 times"}`).refuses(409, "conflict")
	changed := p.call(200, "PUT", "/audiences/"+number, `{"version":1,"name":"more loyal","kind":"dynamic","sentence":"bought at least 4 times"}`).json
	if changed["name"] != "more loyal" || changed["version"] != 2. || changed["size"].(float64) >= look["size"].(float64) {
		t.Errorf("changed to %v", changed)
	}
	p.call(409, "PUT", "/audiences/"+number, `{"version":1,"name":"late","kind":"dynamic","sentence":"bought at least 4 times"}`).refuses(409, "conflict")
	o := p.call(200, "POST", "/overlap", `{"a":{"audience":`+number+`},"b":{"sentence":"bought at least 3 times"}}`).json
	if o["a"] != changed["size"] || o["both"] != changed["size"] || o["b"] != look["size"] {
		t.Errorf("the overlap is %v", o)
	}
	p.call(200, "POST", "/audiences/"+number+"/archive", `{"version":2}`)
	p.call(404, "GET", "/audiences/"+number, "").refuses(404, "not_found")
	p.call(409, "POST", "/audiences/1/archive", `{"version":1}`).refuses(409, "conflict")
	entries, err := p.brand.Audit(t.Context(), web.Asker{}.Scope, "")
	if err != nil || len(entries.Entries) < 3 || entries.Entries[0].Account != "key lead0" {
		t.Errorf("the audit begins %+v, %v", entries.Entries[0], err)
	}
}

func TestMembersArePagedToTheLastAndAreIdsOnly(t *testing.T) {
	t.Parallel()
	p := programmed(t, webtest.Full()).with(web.RoleLead)
	size := int(p.call(200, "GET", "/audiences/1", "").json["size"].(float64))
	seen, after := map[string]bool{}, ""
	for range size {
		a := p.call(200, "GET", "/audiences/1/members?limit=7"+after, "")
		a.hides("小满", "阿周", "Lily", "朝阳店")
		for _, one := range a.json["customers"].([]any) {
			if _, ok := id.Parse[id.Customer](one.(string)); !ok || seen[one.(string)] {
				t.Errorf("%v is no id, or comes twice", one)
			}
			seen[one.(string)] = true
		}
		next, more := a.json["next"].(string)
		if !more {
			break
		}
		after = "&after=" + next
		p.clock.Set(p.clock.Now().Add(time.Second))
	}
	if len(seen) != size || size == 0 {
		t.Errorf("%d of %d customers were told", len(seen), size)
	}
	p.call(422, "GET", "/audiences/1/members?after=%3F", "").refuses(422, "invalid")
	first := p.call(200, "POST", "/members", `{"audience":1,"limit":7}`)
	if len(first.json["customers"].([]any)) != 7 {
		t.Errorf("the first page is %s", first.body)
	}
}

func TestAKeyThatWasNotGivenTheRightReadsNoMembers(t *testing.T) {
	t.Parallel()
	p := programmed(t, webtest.Full())
	secret, err := p.brand.AddKey(t.Context(), web.Asker{Account: webtest.OwnerAccount}, web.KeyForm{Name: "counts", Role: web.RoleLead})
	if err != nil {
		t.Fatal(err)
	}
	p.key = secret
	p.call(403, "GET", "/audiences/1/members", "").refuses(403, "forbidden")
	p.call(403, "POST", "/members", `{"audience":1}`).refuses(403, "forbidden")
	p.call(200, "GET", "/audiences/1", "")
}

func TestAKeyOfAStoreLearnsNothingOfOthers(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	all, some := programmed(t, brand).with(web.RoleLead), programmed(t, brand).with(web.RoleStore, "朝阳店")
	everybody := `{"rule":{"version":1,"rule":{"all":[]}}}`
	whole, part := all.call(200, "POST", "/members", everybody).json, some.call(200, "POST", "/members", everybody).json
	if part["size"].(float64) == 0 || part["size"].(float64) >= whole["size"].(float64) {
		t.Errorf("%v of %v", part["size"], whole["size"])
	}
	if look := some.call(200, "POST", "/look", everybody).json; look["size"] != part["size"] || look["among"] != part["size"] {
		t.Errorf("the store looks at %v", look)
	}
	for _, path := range []string{"/audiences", "/audiences/3", "/audiences/3/members", "/tags", "/fields", "/fields/store/values", "/fields/owner/values"} {
		some.call(200, "GET", path, "").hides("望京店", "国贸店", "大兴店")
	}
	foreign := fmt.Sprint(int64(id.StoreOf("望京店")))
	if got := some.call(200, "POST", "/look", `{"rule":{"version":1,"rule":{"field":"store","is":"in","values":["`+foreign+`"]}}}`); got.json["size"] != 0. {
		t.Errorf("of another store %s", got.body)
	} else {
		got.hides("望京店")
	}
	refusal := some.call(422, "POST", "/look", `{"sentence":"门店是望京店"}`)
	refusal.refuses(422, "invalid")
}
