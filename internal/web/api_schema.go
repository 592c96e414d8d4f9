package web

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// schemas are the JSON schemas of what the API takes and answers, by name.
type schemas map[string]map[string]any

// of returns the schema of a type, and keeps those of the structs in it. Both
// the names and what is said of members come from the types themselves, so that
// the documents cannot differ from what is read and written.
func (s schemas) of(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case reflect.TypeFor[apiRule]():
		s["Rule"] = ruleSchema()
		return reference("Rule")
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.of(t.Elem())}
	case reflect.Struct:
		return s.object(t)
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.String:
		return map[string]any{"type": "string"}
	}
	return map[string]any{"type": "integer"}
}

func reference(name string) map[string]any {
	return map[string]any{"$ref": "#/components/schemas/" + name}
}

func ruleSchema() map[string]any {
	return map[string]any{
		"type": "object", "description": "A rule; docs/audience.schema.json describes what stands in rule.",
		"required": []string{"version", "rule"}, "additionalProperties": false,
		"properties": map[string]any{"version": map[string]any{"type": "integer", "const": 1}, "rule": map[string]any{"type": "object"}},
	}
}

func (s schemas) object(t reflect.Type) map[string]any {
	name := strings.TrimPrefix(t.Name(), "api")
	if name == "" {
		return map[string]any{"type": "object", "additionalProperties": false}
	}
	if _, known := s[name]; known {
		return reference(name)
	}
	properties, required := map[string]any{}, []string{}
	s[name] = nil // a type may hold itself
	for _, m := range membersOf(t) {
		properties[m.name] = s.member(m)
		if !m.optional {
			required = append(required, m.name)
		}
	}
	s[name] = map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	return reference(name)
}

func (s schemas) member(m member) map[string]any {
	schema := s.of(m.kind)
	if m.say != "" {
		schema["description"] = m.say // beside $ref it is allowed since OpenAPI 3.1
	}
	if len(m.enum) > 0 {
		schema["enum"] = m.enum
	}
	return schema
}

// member is one member of a JSON object.
type member struct {
	name, say string
	kind      reflect.Type
	enum      []string
	optional  bool
}

// membersOf returns the members of a struct, those of embedded ones among them.
func membersOf(t reflect.Type) []member {
	var all []member
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			all = append(all, membersOf(f.Type)...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		m := member{name: name, say: f.Tag.Get("doc"), kind: f.Type, optional: strings.Contains(options, "omit")}
		if enum := f.Tag.Get("enum"); enum != "" {
			m.enum = slices.Collect(strings.SplitSeq(enum, ","))
		}
		all = append(all, m)
	}
	return all
}
