package sop

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"siyu/internal/audience"
)

// FormatVersion is the version of the text form that Format writes.
const FormatVersion = 1

// MaxDocument is how long a document may be, in bytes.
const MaxDocument = 256 << 10

// document is a process as it is written: the version of the format comes first.
type document struct {
	SOP     int `yaml:"sop"`
	Process `yaml:",inline"`
}

// Format returns the text form of a process. Parse reads it back as it was; its
// errors are those of Check.
func Format(p *Process) ([]byte, error) {
	if err := Check(p); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(document{FormatVersion, *p}); err != nil {
		return nil, fmt.Errorf("write process %s: %w", p.Name, err)
	}
	return b.Bytes(), nil
}

// Parse reads a process. It refuses members it does not know, anchors and
// several documents in one, and everything that Check refuses; FlawsOf tells what
// and in which line.
func Parse(text []byte) (Process, error) {
	r := reader{lines: map[string]int{}}
	doc := document{}
	root := r.root(text)
	if root == nil {
		return Process{}, r.flaws.asError()
	}
	r.into(root, reflect.ValueOf(&doc).Elem(), "")
	if len(r.flaws) == 0 && doc.SOP != FormatVersion {
		r.flaw(root, "sop", WrongFormat, "Value", strconv.Itoa(doc.SOP), "Known", strconv.Itoa(FormatVersion))
	}
	unread := r.flaws
	for _, f := range FlawsOf(Check(&doc.Process)) {
		if f.Line = r.lineOf(f.Path); !unread.about(f.Path) {
			r.flaws = append(r.flaws, f)
		}
	}
	if len(r.flaws) > 0 {
		return Process{}, r.flaws.asError()
	}
	return doc.Process, nil
}

// about tells whether one of the flaws is of a part, or of one around it or in it:
// what else seems wrong with it then may come of that.
func (all Flaws) about(path string) bool {
	for _, f := range all {
		if f.Path == "" || strings.HasPrefix(path, f.Path) || strings.HasPrefix(f.Path, path) {
			return true
		}
	}
	return false
}

// reader turns nodes of a document into values and collects what is wrong.
type reader struct {
	flaws Flaws
	lines map[string]int // of every part, by its path
}

func (r *reader) flaw(n *yaml.Node, path string, m Mistake, fill ...string) {
	c := checker{}
	c.flaw(path, m, fill...)
	c.flaws[0].Line = n.Line
	r.flaws = append(r.flaws, c.flaws[0])
}

// lineOf returns the line of a part, or of the nearest part around it.
func (r *reader) lineOf(path string) int {
	for {
		if line, known := r.lines[path]; known {
			return line
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return r.lines[""]
		}
		path = path[:cut]
	}
}

var lineInError = regexp.MustCompile(`line (\d+): `)

func (r *reader) root(text []byte) *yaml.Node {
	if len(text) > MaxDocument {
		r.flaws = append(r.flaws, Flaw{Mistake: TooLong, Parts: map[string]string{"N": strconv.Itoa(MaxDocument)}})
		return nil
	}
	if !utf8.Valid(text) {
		r.flaws = append(r.flaws, Flaw{Mistake: NotYAML, Parts: map[string]string{"Value": "UTF-8"}})
		return nil
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	if err := d.Decode(&doc); err != nil {
		flaw := Flaw{Mistake: NotYAML, Parts: map[string]string{"Value": strings.TrimPrefix(err.Error(), "yaml: ")}}
		if found := lineInError.FindStringSubmatch(err.Error()); found != nil {
			flaw.Line, _ = strconv.Atoi(found[1])
		}
		r.flaws = append(r.flaws, flaw)
		return nil
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) || len(doc.Content) != 1 {
		r.flaw(&doc, "", NotYAML, "Value", "---")
		return nil
	}
	return doc.Content[0]
}

var (
	ruleType = reflect.TypeFor[Rule]()
	textType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// into reads a node into a value.
func (r *reader) into(n *yaml.Node, to reflect.Value, path string) {
	if _, known := r.lines[path]; !known {
		r.lines[path] = n.Line
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		r.flaw(n, path, NotYAML, "Value", "&*")
		return
	}
	switch {
	case to.Type() == ruleType:
		r.rule(n, to.Addr().Interface().(*Rule), path)
	case to.Addr().Type().Implements(textType):
		if n.Kind != yaml.ScalarNode || to.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.Value)) != nil {
			r.flaw(n, path, BadText, "Value", n.Value, "Known", examples[to.Type().Name()])
		}
	case to.Kind() == reflect.Struct:
		r.members(n, to, path)
	case to.Kind() == reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		r.into(n, to.Elem(), path)
	case to.Kind() == reflect.Slice:
		r.list(n, to, path)
	default:
		r.scalar(n, to, path)
	}
}

// examples are of what a text should be, by the type's name.
var examples = map[string]string{"Offset": "30m, 2h, 3d, 3d 10:00, -7d 09:30", "Span": "90m, 4h, 30d", "Day": "2026-11-11"}

func (r *reader) list(n *yaml.Node, to reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		r.flaw(n, path, BadText, "Value", n.Value, "Known", "- ...")
		return
	}
	if len(n.Content) > audience.MaxValues {
		r.flaw(n, path, TooLong, "N", strconv.Itoa(audience.MaxValues))
		return
	}
	to.Set(reflect.MakeSlice(to.Type(), len(n.Content), len(n.Content)))
	for i, one := range n.Content {
		r.into(one, to.Index(i), path+"["+strconv.Itoa(i)+"]")
	}
}

func (r *reader) scalar(n *yaml.Node, to reflect.Value, path string) {
	known := map[reflect.Kind]string{reflect.Int: "1, 2, 3", reflect.Float64: "1.5", reflect.Bool: "true, false"}[to.Kind()]
	tags := map[reflect.Kind]string{reflect.Int: "!!int", reflect.Bool: "!!bool"}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || tags[to.Kind()] != "" && n.Tag != tags[to.Kind()] {
		r.flaw(n, path, BadText, "Value", n.Value, "Known", known)
		return
	}
	switch to.Kind() {
	case reflect.String:
		to.SetString(n.Value)
		return
	default:
		if n.Decode(to.Addr().Interface()) == nil {
			return
		}
	}
	r.flaw(n, path, BadText, "Value", n.Value, "Known", known)
}

// members reads a mapping into the fields of a struct.
func (r *reader) members(n *yaml.Node, to reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		r.flaw(n, path, BadText, "Value", n.Value, "Known", "name: value")
		return
	}
	fields := map[string]reflect.Value{}
	fieldsOf(to, fields)
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		field, known := fields[key.Value]
		where := below(path, key.Value)
		switch {
		case !known || key.Kind != yaml.ScalarNode:
			r.flaw(key, where, Unknown, "Value", key.Value)
		case seen[key.Value]:
			r.flaw(key, where, Twice, "Value", key.Value)
		default:
			r.lines[where] = key.Line
			r.into(n.Content[i+1], field, where)
		}
		seen[key.Value] = true
	}
}

// fieldsOf finds the fields of a struct by the names they have in documents.
func fieldsOf(v reflect.Value, into map[string]reflect.Value) {
	for i := range v.NumField() {
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if options == "inline" {
			fieldsOf(v.Field(i), into)
			continue
		}
		into[name] = v.Field(i)
	}
}

// MarshalYAML writes the rule as its JSON has it.
func (r Rule) MarshalYAML() (any, error) {
	raw, err := audience.Marshal(&r.Rule)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Rule json.RawMessage `json:"rule"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("writing a rule: %w", err)
	}
	var n yaml.Node
	if err := yaml.Unmarshal(doc.Rule, &n); err != nil {
		return nil, fmt.Errorf("writing a rule: %w", err)
	}
	plain(n.Content[0])
	return n.Content[0], nil
}

// plain takes the signs of JSON out that YAML does without. Short lists of values
// stay in one line.
func plain(n *yaml.Node) {
	switch {
	case n.Kind == yaml.MappingNode:
		n.Style = 0
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0 && n.Content[0].Kind == yaml.MappingNode:
		n.Style = 0
	}
	for _, c := range n.Content {
		plain(c)
	}
}

func (r *reader) rule(n *yaml.Node, to *Rule, path string) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"version":%d,"rule":`, audience.FormatVersion)
	if !asJSON(n, &b, 0) {
		r.flaw(n, path, NotYAML, "Value", "rule")
		return
	}
	rule, err := audience.Unmarshal(append(b.Bytes(), '}'))
	for _, f := range audience.FlawsOf(err) {
		r.flaw(n, below(path, f.Path), RuleFlaw, "Value", f.String())
		r.flaws[len(r.flaws)-1].Rule = &f
	}
	to.Rule = rule
}

// asJSON writes a node as JSON; numbers stay as they are written.
func asJSON(n *yaml.Node, b *bytes.Buffer, depth int) bool {
	const deep = 64 // more than any rule
	if depth > deep || n.Anchor != "" {
		return false
	}
	switch {
	case n.Kind == yaml.MappingNode:
		return asMembers(n, b, depth)
	case n.Kind == yaml.SequenceNode:
		b.WriteByte('[')
		for i, one := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if !asJSON(one, b, depth+1) {
				return false
			}
		}
		b.WriteByte(']')
		return true
	case n.Kind != yaml.ScalarNode:
		return false
	case (n.Tag == "!!int" || n.Tag == "!!float") && json.Valid([]byte(n.Value)):
		b.WriteString(n.Value)
		return true
	}
	return quote(n.Value, b)
}

func asMembers(n *yaml.Node, b *bytes.Buffer, depth int) bool {
	b.WriteByte('{')
	for i := 0; i+1 < len(n.Content); i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		if !quote(n.Content[i].Value, b) {
			return false
		}
		b.WriteByte(':')
		if !asJSON(n.Content[i+1], b, depth+1) {
			return false
		}
	}
	b.WriteByte('}')
	return true
}

func quote(text string, b *bytes.Buffer) bool {
	raw, err := json.Marshal(text)
	b.Write(raw)
	return err == nil
}
