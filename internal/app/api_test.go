package app

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"siyu/internal/account"
	"siyu/internal/id"
	"siyu/internal/storage/postgrestest"
	"siyu/internal/web"
)

// programAt asks the API of a server with a key, and wants the status.
func programAt(t *testing.T, base, key string, status int, request string) map[string]any {
	t.Helper()
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	asked, err := http.NewRequest(method, base+web.APIRoot+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	asked.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(asked)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(raw, &answer); err != nil || response.StatusCode != status {
		t.Fatalf("%s answers %d, want %d: %.300s %v", request, response.StatusCode, status, raw, err)
	}
	return answer
}

func TestAProgramLivesWithABrandOverBothDatabases(t *testing.T) {
	for dialect, db := range map[string]string{"SQLite": "", "PostgreSQL": postgrestest.Start(t).Database(t)} {
		t.Run(dialect, func(t *testing.T) { programLives(t, plannedHouse(t, db)) })
	}
}

func programLives(t *testing.T, h *house) {
	ctx := t.Context()
	if err := h.KeepAudiences(ctx); err != nil {
		t.Fatal(err)
	}
	handler, err := h.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	whole, err := h.AddKey(ctx, account.Key{Name: "erp", Role: account.Lead, Members: true})
	if err != nil {
		t.Fatal(err)
	}
	part, err := h.AddKey(ctx, account.Key{Name: "till", Role: account.Store, Stores: []id.Store{1<<62 - 1}, Members: true})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(status int, request string) map[string]any {
		t.Helper()
		return programAt(t, server.URL, whole.Secret, status, request)
	}
	look := ask(200, `POST /look {"sentence":"bought at least 1 time"}`)
	if look["size"].(float64) == 0 || look["size"].(float64) > look["among"].(float64) {
		t.Errorf("%v of %v bought", look["size"], look["among"])
	}
	made := ask(201, `POST /audiences {"name":"buyers","kind":"dynamic","sentence":"`+fmt.Sprint(look["sentence"].(map[string]any)["zh-CN"])+`"}`)
	number := fmt.Sprint(made["number"])
	seen, after := map[any]bool{}, ""
	for {
		page := ask(200, "GET /audiences/"+number+"/members?limit=7"+after)
		if page["size"] != look["size"] {
			t.Fatalf("a page of %v, %v were counted", page["size"], look["size"])
		}
		for _, one := range page["customers"].([]any) {
			if seen[one] {
				t.Errorf("%v comes twice", one)
			}
			seen[one] = true
		}
		next, more := page["next"]
		if !more {
			break
		}
		after = "&after=" + fmt.Sprint(next)
	}
	if len(seen) != int(look["size"].(float64)) {
		t.Errorf("%d customers were told, %v counted", len(seen), look["size"])
	}
	ask(409, `PUT /audiences/`+number+` {"version":9,"name":"late","kind":"dynamic","sentence":"bought at least 1 time"}`)
	ask(200, `PUT /audiences/`+number+` {"version":`+fmt.Sprint(made["version"])+`,"name":"who bought","kind":"dynamic","sentence":"bought at least 1 time"}`)
	ask(404, "GET /audiences/99")
	ask(422, "GET /audiences/"+number+"/members?after=x")
	ask(200, "GET /fields/store/values?text=a")
	ask(200, "GET /tags")
	if none := programAt(t, server.URL, part.Secret, 200, `POST /members {"audience":`+number+`}`); none["size"] != 0. {
		t.Errorf("the key of another store was told %v", none)
	}
	programAt(t, server.URL, part.Secret, 403, `POST /audiences/`+number+`/archive {"version":2}`)
	if _, err := h.RevokeKey(ctx, account.Key{Name: "erp"}); err != nil {
		t.Fatal(err)
	}
	ask(401, "GET /audiences")
	h.auditHolds("command line key.made_members erp", "key erp audience.saved "+number, "key erp audience.members "+number, "key till audience.members", "command line key.revoked erp")
}

// auditHolds wants entries that begin so: who, what, about.
func (h *house) auditHolds(wants ...string) {
	h.t.Helper()
	page, err := h.desk.Audit(h.t.Context(), asks().Scope, "")
	if err != nil {
		h.t.Fatal(err)
	}
	var said strings.Builder
	for _, e := range page.Entries {
		fmt.Fprintf(&said, "\n%s %s %s", e.Account, e.Did, e.About)
	}
	for _, want := range wants {
		if !strings.Contains(said.String(), "\n"+want) {
			h.t.Errorf("the audit does not hold %q:%s", want, said.String())
		}
	}
}
