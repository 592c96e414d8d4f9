package audience_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/audience"
	"siyu/internal/audience/audiencetest"
)

var update = flag.Bool("update", false, "write docs/audience.schema.json and the tables of docs/audience.md anew")

const schemaFile = "../../docs/audience.schema.json"

type object = map[string]any

func TestTheSchemaListsAllFieldsAndTests(t *testing.T) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(schema()); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if file, err := os.ReadFile(schemaFile); err != nil || !bytes.Equal(file, b.Bytes()) {
		t.Errorf("%s is out of date (%v): go test ./internal/audience -update", schemaFile, err)
	}
}

func TestTheSchemaHoldsOfEveryRule(t *testing.T) {
	whole := schema()
	rapid.Check(t, func(t *rapid.T) {
		rule := audiencetest.Rules(4).Draw(t, "rule")
		data, err := audience.Marshal(&rule)
		if err != nil {
			t.Skip("too large")
		}
		if why := unfit(whole, whole, decoded(data)); why != "" {
			t.Fatalf("%s: %s", data, why)
		}
	})
	for _, doc := range []string{
		`{"rule":{"all":[]}}`, `{"version":2,"rule":{"all":[]}}`, `{"version":1,"rule":{}}`, `{"version":1,"rule":{"any":[]}}`,
		`{"version":1,"rule":{"all":[],"any":[]}}`, `{"version":1,"rule":{"all":[],"why":1}}`,
		`{"version":1,"rule":{"field":"mood","is":"=","values":[1]}}`, `{"version":1,"rule":{"field":"orders","is":"last","values":[1]}}`,
		`{"version":1,"rule":{"field":"orders","is":"=","values":["2"]}}`, `{"version":1,"rule":{"field":"orders","is":"=","values":[2,3]}}`,
		`{"version":1,"rule":{"field":"orders","is":"=","window":60,"values":[2]}}`, `{"version":1,"rule":{"field":"due","is":"next","window":7,"values":[2]}}`,
		`{"version":1,"rule":{"field":"alive","is":">","values":[1.5]}}`, `{"version":1,"rule":{"field":"store","is":"in","values":[5]}}`,
		`{"version":1,"rule":{"field":"due","is":"since","values":["15.5.2026"]}}`, `{"version":1,"rule":{"field":"stage","is":"in","values":["asleep"]}}`,
		`{"version":1,"rule":{"field":"audience","is":"known"}}`, `{"version":1,"rule":{"field":"due","is":"never","values":[1]}}`,
	} {
		if unfit(whole, whole, decoded([]byte(doc))) == "" {
			t.Errorf("the schema takes %s", doc)
		}
		if _, err := audience.Unmarshal([]byte(doc)); err == nil {
			t.Errorf("Unmarshal takes %s", doc)
		}
	}
}

func decoded(data []byte) any {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil
	}
	return v
}

func schema() object {
	list := func(fewest int) object {
		return object{"type": "array", "items": object{"$ref": "#/$defs/rule"}, "minItems": fewest, "maxItems": audience.MaxParts}
	}
	var conditions []any
	for _, f := range audience.Fields() {
		conditions = append(conditions, conditionsOn(f)...)
	}
	whole := object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A rule of an audience",
		"$defs": object{
			"rule":      object{"oneOf": []any{members(object{"all": list(0)}), members(object{"any": list(1)}), members(object{"not": object{"$ref": "#/$defs/rule"}}), object{"$ref": "#/$defs/condition"}}},
			"condition": object{"oneOf": conditions},
		},
	}
	for name, v := range members(object{"version": object{"const": audience.FormatVersion}, "rule": object{"$ref": "#/$defs/rule"}}) {
		whole[name] = v
	}
	text, _ := json.Marshal(whole)
	return decoded(text).(object)
}

// members is an object with these members, all required but window.
func members(properties object) object {
	var required []any
	for name := range properties {
		if name != "window" {
			required = append(required, name)
		}
	}
	slices.SortFunc(required, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	return object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// conditionsOn has an object for each number of values that tests take.
func conditionsOn(f audience.Field) []any {
	tests := map[string][]any{}
	for _, t := range f.Tests() {
		shape := shapeOf(t)
		tests[shape] = append(tests[shape], t)
	}
	var all []any
	for _, shape := range []string{"none", "days", "one", "two", "some"} {
		if tests[shape] == nil {
			continue
		}
		properties := object{"field": object{"const": f.Name}, "is": object{"enum": tests[shape]}}
		if f.Windows != nil {
			properties["window"] = object{"enum": f.Windows}
		}
		most := map[string]int{"days": 1, "one": 1, "two": 2, "some": audience.MaxValues}[shape]
		if most > 0 {
			fewest := most
			if shape == "some" {
				fewest = 1
			}
			properties["values"] = object{"type": "array", "items": valueSchema(f, shape), "minItems": fewest, "maxItems": most}
		}
		all = append(all, members(properties))
	}
	return all
}

func shapeOf(t audience.Test) string {
	switch t {
	case audience.Never, audience.Known, audience.ThisWeek, audience.ThisMonth:
		return "none"
	case audience.Last, audience.Ago, audience.Next:
		return "days"
	case audience.Between:
		return "two"
	case audience.OneOf, audience.NoneOf, audience.AllOf:
		return "some"
	}
	return "one"
}

func valueSchema(f audience.Field, shape string) object {
	switch {
	case shape == "days":
		return object{"type": "integer", "minimum": 1}
	case f.Kind == audience.Word:
		return object{"enum": f.Words}
	case f.Kind == audience.Date:
		return object{"type": "string", "pattern": `^\d{4}-\d{2}-\d{2}$`, "description": "business day"}
	case f.Kind == audience.Share:
		return object{"type": "number", "minimum": 0, "maximum": 1, "description": "at most 3 decimals"}
	case f.Kind == audience.Score:
		return object{"type": "number", "description": "difference to the brand's average, at most 2 decimals"}
	case f.Kind == audience.Money:
		return object{"type": "integer", "description": "fen"}
	case f.Kind == audience.Number:
		return object{"type": "integer", "minimum": 0}
	case f.Of == audience.OfText:
		return object{"type": "string", "minLength": 1, "maxLength": 200}
	case f.Of == audience.OfTag:
		return object{"type": "string", "minLength": 1, "maxLength": 200, "description": "id of the tag"}
	}
	return object{"type": "string", "pattern": `^[1-9]\d*$`, "description": "number of the " + string(f.Of)}
}

// unfit says why a value does not fit a schema, by the few keywords that
// schema uses; empty where it fits.
func unfit(whole, s object, v any) string {
	if ref, ok := s["$ref"].(string); ok {
		return unfit(whole, whole["$defs"].(object)[strings.TrimPrefix(ref, "#/$defs/")].(object), v)
	}
	if choices, ok := s["oneOf"].([]any); ok {
		fit := 0
		for _, c := range choices {
			if unfit(whole, c.(object), v) == "" {
				fit++
			}
		}
		if fit != 1 {
			return fmt.Sprintf("%v fits %d of the choices", v, fit)
		}
		return ""
	}
	if is, ok := s["const"]; ok && !reflect.DeepEqual(is, v) {
		return fmt.Sprintf("%v is not %v", v, is)
	}
	if of, ok := s["enum"].([]any); ok && !slices.Contains(of, v) {
		return fmt.Sprintf("%v is not among %v", v, of)
	}
	switch s["type"] {
	case "object":
		return unfitObject(whole, s, v)
	case "array":
		return unfitArray(whole, s, v)
	case "string":
		text, ok := v.(string)
		if pattern, has := s["pattern"].(string); !ok || has && !regexp.MustCompile(pattern).MatchString(text) {
			return fmt.Sprintf("%v is no such text", v)
		}
	case "number", "integer":
		n, ok := v.(float64)
		low, bounded := s["minimum"].(float64)
		high, topped := s["maximum"].(float64)
		if !ok || bounded && n < low || topped && n > high || s["type"] == "integer" && n != float64(int64(n)) {
			return fmt.Sprintf("%v is no such number", v)
		}
	}
	return ""
}

func unfitObject(whole, s object, v any) string {
	o, ok := v.(object)
	if !ok {
		return fmt.Sprintf("%v is no object", v)
	}
	for _, name := range s["required"].([]any) {
		if _, there := o[name.(string)]; !there {
			return fmt.Sprintf("%v is missing", name)
		}
	}
	for name, member := range o {
		inner, known := s["properties"].(object)[name].(object)
		if !known {
			return name + " does not belong"
		}
		if why := unfit(whole, inner, member); why != "" {
			return why
		}
	}
	return ""
}

func unfitArray(whole, s object, v any) string {
	list, ok := v.([]any)
	if !ok || float64(len(list)) < s["minItems"].(float64) || float64(len(list)) > s["maxItems"].(float64) {
		return fmt.Sprintf("%v is no such list", v)
	}
	for _, item := range list {
		if why := unfit(whole, s["items"].(object), item); why != "" {
			return why
		}
	}
	return ""
}
