package web_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/web"
	"siyu/internal/web/webtest"
)

type object = map[string]any

// document is the API's description as a client reads it.
func document(t *testing.T) object {
	t.Helper()
	raw, err := json.Marshal(web.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	var read object
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// in follows a path of members.
func in(o object, path ...string) object {
	for _, name := range path {
		o, _ = o[name].(object)
	}
	return o
}

// misfit says why a value is not what a schema describes, "" where it is.
func misfit(doc, schema object, value any) string {
	if name, ok := schema["$ref"].(string); ok {
		return misfit(doc, in(doc, strings.Split(strings.TrimPrefix(name, "#/"), "/")...), value)
	}
	if enum, ok := schema["enum"].([]any); ok && !slices.Contains(enum, value) {
		return fmt.Sprintf("%v is none of %v", value, enum)
	}
	kind := fmt.Sprintf("%T", value)
	switch schema["type"] {
	case "object":
		return misfitObject(doc, schema, value)
	case "array":
		list, ok := value.([]any)
		if !ok {
			return kind + " is no array"
		}
		for i, one := range list {
			if why := misfit(doc, in(schema, "items"), one); why != "" {
				return fmt.Sprintf("[%d]%s", i, why)
			}
		}
		return ""
	case "string":
		text, ok := value.(string)
		if _, err := time.Parse(time.RFC3339, text); ok && schema["format"] == "date-time" && err != nil {
			return err.Error()
		}
		return unless(ok, kind+" is no string")
	case "boolean":
		return unless(kind == "bool", kind+" is no boolean")
	case "integer":
		n, ok := value.(float64)
		return unless(ok && n == math.Trunc(n), kind+" is no integer")
	case "number":
		return unless(kind == "float64", kind+" is no number")
	}
	return fmt.Sprintf("the schema %v has no type", schema)
}

func unless(ok bool, why string) string {
	if ok {
		return ""
	}
	return " " + why
}

func misfitObject(doc, schema object, value any) string {
	o, ok := value.(object)
	if !ok {
		return fmt.Sprintf("%v is no object", value)
	}
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, there := o[name.(string)]; !there {
			return fmt.Sprintf("lacks %v", name)
		}
	}
	for name, one := range o {
		of, known := in(schema, "properties")[name].(object)
		if !known && schema["additionalProperties"] == false {
			return "knows no " + name
		}
		if known {
			if why := misfit(doc, of, one); why != "" {
				return "." + name + why
			}
		}
	}
	return ""
}

// fits wants an answer to be what the document says of the endpoint.
func fits(t *testing.T, e web.Endpoint, a told) {
	t.Helper()
	doc := document(t)
	schema := in(doc, "paths", e.Path, strings.ToLower(e.Method), "responses", fmt.Sprint(a.status), "content", "application/json", "schema")
	if schema == nil {
		t.Errorf("%s answered %d, of which the document says nothing", e.Name, a.status)
		return
	}
	if why := misfit(doc, schema, any(a.json)); why != "" {
		t.Errorf("the answer of %s is not as described: %s in %s", e.Name, why, a.body)
	}
}

func TestTheOpenAPIDocumentIsWhole(t *testing.T) {
	t.Parallel()
	doc, names := document(t), map[string]bool{}
	if doc["openapi"] != "3.1.0" || in(doc, "info")["title"] == "" || in(doc, "info")["version"] == "" {
		t.Errorf("it begins %v %v", doc["openapi"], doc["info"])
	}
	refersOnlyToWhatIsThere(t, doc, doc)
	for _, e := range web.Endpoints() {
		o := in(doc, "paths", e.Path, strings.ToLower(e.Method))
		if o["operationId"] != e.Name || names[e.Name] || o["summary"] == "" {
			t.Errorf("%s %s is described as %v", e.Method, e.Path, o["operationId"])
		}
		names[e.Name] = true
		for _, p := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(e.Path, -1) {
			parameters, _ := o["parameters"].([]any)
			if !slices.ContainsFunc(parameters, func(one any) bool {
				return one.(object)["name"] == p[1] && one.(object)["in"] == "path" && one.(object)["required"] == true
			}) {
				t.Errorf("%s does not describe %s", e.Name, p[1])
			}
		}
		for _, status := range []string{"401", "403", "404", "409", "413", "422", "429"} {
			if in(o, "responses", status, "content", "application/json", "schema")["$ref"] != "#/components/schemas/Error" {
				t.Errorf("%s does not describe %s", e.Name, status)
			}
		}
		if e.Example == "" {
			continue
		}
		var example any
		if err := json.Unmarshal([]byte(e.Example), &example); err != nil {
			t.Errorf("the example of %s: %v", e.Name, err)
		}
		if why := misfit(doc, in(o, "requestBody", "content", "application/json", "schema"), example); why != "" {
			t.Errorf("the example of %s is not as described: %s", e.Name, why)
		}
	}
}

func refersOnlyToWhatIsThere(t *testing.T, doc object, value any) {
	t.Helper()
	switch v := value.(type) {
	case object:
		if name, ok := v["$ref"].(string); ok && in(doc, strings.Split(strings.TrimPrefix(name, "#/"), "/")...) == nil {
			t.Errorf("%s is not there", name)
		}
		for _, one := range v {
			refersOnlyToWhatIsThere(t, doc, one)
		}
	case []any:
		for _, one := range v {
			refersOnlyToWhatIsThere(t, doc, one)
		}
	}
}

func TestRefusalsAreAsDescribed(t *testing.T) {
	t.Parallel()
	p, doc := programmed(t, webtest.Full()), document(t)
	refused := object{"$ref": "#/components/schemas/Error"}
	lead := p.with(web.RoleLead)
	for _, a := range []told{
		p.ask("GET", web.APIRoot+"/audiences", ""), lead.ask("GET", web.APIRoot+"/audiences/99", ""), lead.ask("POST", web.APIRoot+"/look", `{"sentence":"bought 3"}`),
		lead.ask("POST", web.APIRoot+"/overlap", `{"a":{"audience":1},"b":{"rule":{"version":1,"rule":{"any":[]}}}}`),
	} {
		if why := misfit(doc, refused, any(a.json)); why != "" {
			t.Errorf("%s: %s in %s", a.what, why, a.body)
		}
	}
}

func TestTheDocumentIsServedWithoutAKey(t *testing.T) {
	t.Parallel()
	p := programmed(t, webtest.Full())
	a := p.ask(http.MethodGet, web.APIRoot+"/openapi.json", "")
	a.wants(http.StatusOK)
	if fmt.Sprint(a.json) != fmt.Sprint(document(t)) {
		t.Error("what is served is not the document")
	}
}

func TestThePageOfTheAPIIsUpToDate(t *testing.T) {
	t.Parallel()
	if page, err := os.ReadFile("../../docs/api.md"); err != nil || string(page) != web.APIReference() {
		t.Errorf("docs/api.md is out of date (%v): siyu docs", err)
	}
}
