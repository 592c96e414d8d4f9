package web

import (
	"cmp"
	"net/http"
	"reflect"
	"slices"
)

// Endpoint is one call of the API. The router, docs/api.md and the OpenAPI
// document are made from the same table of them.
type Endpoint struct {
	Method  string
	Path    string // below APIRoot
	Name    string // unique, operationId of OpenAPI
	Say     string // what it does
	May     func(Seat) bool
	Roles   []Role // who may, for readers
	Query   []Parameter
	Example string // body that works on the example brand, "" for none
	Status  int    // of success, 0 for 200

	in, out reflect.Type // in is nil where there is no body
	do      func(*call) (any, error)
}

// Parameter is something asked in an address.
type Parameter struct{ Name, Say string }

func (e Endpoint) status() int { return cmp.Or(e.Status, http.StatusOK) }

// telling is an endpoint without a body.
func telling[Out any](e Endpoint, do func(*call) (Out, error)) Endpoint {
	e.out = reflect.TypeFor[Out]()
	e.do = func(c *call) (any, error) { return do(c) }
	return e
}

// taking is an endpoint that is sent a body.
func taking[In, Out any](e Endpoint, do func(*call, In) (Out, error)) Endpoint {
	e.in, e.out = reflect.TypeFor[In](), reflect.TypeFor[Out]()
	e.do = func(c *call) (any, error) {
		var in In
		if err := c.read(&in); err != nil {
			return nil, err
		}
		return do(c, in)
	}
	return e
}

func forLeads(e Endpoint) Endpoint {
	e.May, e.Roles = lead, []Role{RoleLead}
	return e
}

func forAll(e Endpoint) Endpoint {
	e.May, e.Roles = decider, []Role{RoleLead, RoleStore}
	return e
}

// Endpoints returns every call of the API.
func Endpoints() []Endpoint {
	return slices.Concat(audienceEndpoints(), ruleEndpoints(), tagEndpoints(), contentEndpoints())
}

const exampleRule = `{"version":1,"rule":{"all":[{"field":"orders","is":">=","values":[3]},{"field":"due","is":"next","values":[7]}]}}`

func audienceEndpoints() []Endpoint {
	return []Endpoint{
		telling(forAll(Endpoint{Method: "GET", Path: "/audiences", Name: "listAudiences", Say: "All audiences in use, by name."}), (*call).listAudiences),
		taking(forLeads(Endpoint{Method: "POST", Path: "/audiences", Name: "createAudience", Status: http.StatusCreated,
			Say:     "Stores an audience, by a rule or a sentence. A name that is taken is 409.",
			Example: `{"name":"due and loyal","kind":"dynamic","rule":` + exampleRule + `}`}), (*call).createAudience),
		telling(forAll(Endpoint{Method: "GET", Path: "/audiences/{number}", Name: "showAudience", Say: "One audience with its size of each day."}), (*call).showAudience),
		taking(forLeads(Endpoint{Method: "PUT", Path: "/audiences/{number}", Name: "changeAudience",
			Say:     "Changes an audience. Send the version you read; 409 where somebody else changed it since. The rule of a frozen audience stays.",
			Example: `{"version":1,"name":"loyal","kind":"dynamic","sentence":"bought at least 3 times"}`}), (*call).changeAudience),
		taking(forLeads(Endpoint{Method: "POST", Path: "/audiences/{number}/archive", Name: "archiveAudience",
			Say: "Takes an audience out of use; 409 while another audience or a tag uses it.", Example: `{"version":1}`}), (*call).archiveAudience),
		telling(forAll(Endpoint{Method: "GET", Path: "/audiences/{number}/members", Name: "listMembers",
			Say:   "Who is in an audience, page by page. Ids only, to keys that may read members; the first page is recorded in the audit.",
			Query: []Parameter{{"after", "next of the page before"}, {"limit", "customers of a page, 1 to 1000, usually 500"}}}), (*call).listMembers),
		taking(forLeads(Endpoint{Method: "POST", Path: "/audiences/{number}/tag", Name: "tagAudience", Status: http.StatusAccepted,
			Say: "Marks the audience in WeCom with a tag of its name, in the background.", Example: `{}`}), (*call).tagAudience),
	}
}

func ruleEndpoints() []Endpoint {
	return []Endpoint{
		taking(forAll(Endpoint{Method: "POST", Path: "/look", Name: "look", Say: "Counts whom a rule describes and says how they are spread. Nothing is stored.",
			Example: `{"sentence":"bought at least 3 times"}`}), (*call).look),
		taking(forAll(Endpoint{Method: "POST", Path: "/overlap", Name: "overlap", Say: "Counts how many customers two rules both describe.",
			Example: `{"a":{"audience":1},"b":{"rule":` + exampleRule + `}}`}), (*call).overlap),
		taking(forAll(Endpoint{Method: "POST", Path: "/members", Name: "listDescribed", Say: "Whom a rule describes, page by page, without storing it. Ids only, to keys that may read members; the first page is recorded in the audit.",
			Example: `{"sentence":"bought at least 3 times","limit":100}`}), (*call).listDescribed),
		telling(forAll(Endpoint{Method: "GET", Path: "/fields", Name: "listFields", Say: "The fields of the rule language with their tests, windows, words and units."}), (*call).listFields),
		telling(forAll(Endpoint{Method: "GET", Path: "/fields/{field}/values", Name: "listValues", Say: "Values that a field of names can be compared with, the most frequent first.",
			Query: []Parameter{{"text", "what names must hold"}, {"limit", "1 to 100, usually 20"}}}), (*call).listValues),
	}
}

func tagEndpoints() []Endpoint {
	return []Endpoint{
		telling(forAll(Endpoint{Method: "GET", Path: "/tags", Name: "listTags", Say: "All tags of WeCom and the brand's own, in their groups."}), (*call).listTags),
		taking(forLeads(Endpoint{Method: "POST", Path: "/tags", Name: "createTags", Status: http.StatusCreated,
			Say:     "Makes tags in a group, in WeCom or as the brand's own. Names that the group has already are not made again.",
			Example: `{"home":"own","group":"from the till","names":["gift buyer"]}`}), (*call).createTags),
		taking(forLeads(Endpoint{Method: "POST", Path: "/tags/follow", Name: "followTag",
			Say:     "Lets an audience decide who carries a tag; audience 0 leaves it to people again.",
			Example: `{"tag":"/1k","audience":1}`}), (*call).followTag),
	}
}
