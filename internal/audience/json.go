package audience

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/id"
)

// FormatVersion is the version that Marshal writes;
// docs/audience.schema.json describes it.
const FormatVersion = 1

// document is a rule as it is stored and sent.
type document struct {
	Version int      `json:"version"`
	Rule    jsonRule `json:"rule"`
}

// jsonRule has either one of the first three members or a condition's.
type jsonRule struct {
	All    []jsonRule        `json:"all,omitzero"`
	Any    []jsonRule        `json:"any,omitzero"`
	Not    *jsonRule         `json:"not,omitempty"`
	Field  string            `json:"field,omitempty"`
	Window int               `json:"window,omitempty"`
	Is     Test              `json:"is,omitempty"`
	Values []json.RawMessage `json:"values,omitempty"`
}

// Marshal returns {"version":1,"rule":{...}} in one line. Its errors are
// those of Check.
func Marshal(rule *Rule) ([]byte, error) {
	if err := Check(rule); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(document{FormatVersion, rule.json()}); err != nil {
		return nil, fmt.Errorf("writing a rule: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func (r *Rule) json() jsonRule {
	switch {
	case r.Any != nil:
		return jsonRule{Any: jsonOf(r.Any)}
	case r.Not != nil:
		not := r.Not.json()
		return jsonRule{Not: &not}
	case r.Ask != nil:
		return r.Ask.json()
	}
	return jsonRule{All: jsonOf(r.All)}
}

func jsonOf(rules []Rule) []jsonRule {
	all := make([]jsonRule, len(rules))
	for i := range rules {
		all[i] = rules[i].json()
	}
	return all
}

func (ask *Condition) json() jsonRule {
	f, _ := FieldOf(ask.Field)
	j := jsonRule{Field: ask.Field, Window: ask.Window, Is: ask.Is}
	for _, v := range ask.Values {
		said := f.show(ask.Is, v)
		if f.quoted(ask.Is) {
			text, _ := json.Marshal(said) // a string always can be written
			j.Values = append(j.Values, text)
			continue
		}
		j.Values = append(j.Values, json.RawMessage(said))
	}
	return j
}

// show returns the condition's i-th value as it stands in JSON.
func (ask *Condition) show(i int) string {
	f, _ := FieldOf(ask.Field)
	return f.show(ask.Is, ask.Values[i])
}

// quoted tells whether the field's values stand in JSON as texts.
func (f Field) quoted(is Test) bool {
	switch f.Kind {
	case Word, Ref, Refs:
		return true
	case Date:
		return !is.counts()
	}
	return false
}

// show returns a value as it stands in JSON, without quotes.
func (f Field) show(is Test, v Value) string {
	switch {
	case f.Kind == Word || f.Of.Coded():
		return v.Text
	case f.Kind == Share:
		return Decimal(v.Number, shareDigits)
	case f.Kind == Score:
		return Decimal(v.Number, scoreDigits)
	case f.Kind == Date && !is.counts():
		return dateOf(v.Number).Format(time.DateOnly)
	}
	return strconv.FormatInt(v.Number, 10)
}

// Decimals of the steps in which values are kept.
const (
	shareDigits = 3
	scoreDigits = 2
	moneyDigits = 2
)

// Decimal returns n steps of a number with so many decimals; a third decimal
// that is 0 is left out.
func Decimal(n int64, digits int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	text := fmt.Sprintf("%0*d", digits+1, n)
	whole, part := text[:len(text)-digits], text[len(text)-digits:]
	if len(part) > 2 {
		part = strings.TrimSuffix(part, "0")
	}
	return sign + whole + "." + part
}

// Steps reads what Decimal writes and every other decimal text that is a
// whole number of steps.
func Steps(text string, digits int) (n int64, ok bool) {
	plain, negative := strings.CutPrefix(text, "-")
	whole, part, _ := strings.Cut(plain, ".")
	part = strings.TrimRight(part, "0")
	if whole == "" || len(part) > digits || strings.ContainsFunc(whole+part, notDigit) {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", digits-len(part)), 10, 64)
	if negative {
		n = -n
	}
	return n, err == nil
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// secondsOfDay turns a business day's number into a time in UTC.
const secondsOfDay = 24 * 60 * 60

func dateOf(day int64) time.Time { return time.Unix(day*secondsOfDay, 0).UTC() }

func dayOfDate(date time.Time) int64 { return date.Unix() / secondsOfDay }

// Unmarshal reads what Marshal writes. It refuses members it does not know,
// and everything that Check refuses; FlawsOf tells what and where.
func Unmarshal(data []byte) (Rule, error) {
	var r reader
	raw := r.document(data)
	rule := Rule{}
	if len(r.flaws) == 0 {
		rule = r.rule(raw, "", 1)
	}
	if len(r.flaws) > 0 {
		return Rule{}, r.flaws.asError()
	}
	return rule, Check(&rule)
}

// reader collects what is wrong with a document.
type reader struct{ flaws flaws }

func (r *reader) flaw(path string, m Mistake, fill ...string) {
	r.flaws = append(r.flaws, flawAt(path, m, fill...))
}

// document returns the rule of a document in today's format. A document of
// an older version would be brought to today's here.
func (r *reader) document(data []byte) json.RawMessage {
	members := r.object(data, "", "version", "rule")
	var version int
	if len(r.flaws) == 0 && (json.Unmarshal(members["version"], &version) != nil || version != FormatVersion) {
		r.flaw("version", Version, "Value", string(members["version"]), "Known", strconv.Itoa(FormatVersion))
	}
	return members["rule"]
}

// object returns the members of an object, which may have only those known.
func (r *reader) object(data []byte, path string, known ...string) map[string]json.RawMessage {
	d := json.NewDecoder(bytes.NewReader(data))
	members := map[string]json.RawMessage{}
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		r.flaw(path, NotJSON)
		return members
	}
	for d.More() {
		name, err := d.Token()
		text, _ := name.(string)
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			r.flaw(path, NotJSON)
			return members
		}
		if _, twice := members[text]; twice || !slices.Contains(known, text) {
			r.flaw(below(path, text), NotAMember, "Value", text)
		}
		members[text] = value
	}
	if _, err := d.Token(); err != nil {
		r.flaw(path, NotJSON)
	}
	if _, err := d.Token(); err != io.EOF {
		r.flaw(path, NotJSON)
	}
	return members
}

func (r *reader) rule(data []byte, path string, depth int) Rule {
	if depth > MaxDepth {
		r.flaw(path, TooDeep, "N", strconv.Itoa(MaxDepth))
		return Rule{}
	}
	m := r.object(data, path, "all", "any", "not", "field", "window", "is", "values")
	_, all := m["all"]
	_, some := m["any"]
	_, not := m["not"]
	_, field := m["field"]
	switch {
	case len(m) != 1 && !field, len(m) != 1 && (all || some || not):
		r.flaw(path, SeveralParts)
	case all:
		return Rule{All: r.rules(m["all"], path, "all", depth)}
	case some:
		return Rule{Any: r.rules(m["any"], path, "any", depth)}
	case not:
		inner := r.rule(m["not"], below(path, "not"), depth+1)
		return Rule{Not: &inner}
	case field:
		return Rule{Ask: r.condition(m, path)}
	default:
		r.flaw(path, SeveralParts)
	}
	return Rule{}
}

func (r *reader) rules(data json.RawMessage, path, member string, depth int) []Rule {
	var list []json.RawMessage
	if json.Unmarshal(data, &list) != nil || list == nil {
		r.flaw(below(path, member), NotJSON)
		return nil
	}
	if len(list) > MaxParts {
		r.flaw(below(path, member), TooLarge, "N", strconv.Itoa(MaxParts))
		return nil
	}
	rules := make([]Rule, len(list))
	for i, one := range list {
		rules[i] = r.rule(one, at(path, member, i), depth+1)
	}
	return rules
}

func (r *reader) condition(m map[string]json.RawMessage, path string) *Condition {
	ask := &Condition{}
	r.into(m, path, "field", &ask.Field)
	r.into(m, path, "is", &ask.Is)
	r.into(m, path, "window", &ask.Window)
	var values []json.RawMessage
	r.into(m, path, "values", &values)
	f, known := FieldOf(ask.Field)
	if !known || !slices.Contains(f.Tests(), ask.Is) || len(values) > MaxValues {
		ask.Values = make([]Value, len(values))
		return ask // Check says what is wrong
	}
	for i, raw := range values {
		v, ok := f.read(ask.Is, raw)
		if !ok {
			r.flaw(at(path, "values", i), ValueKind, "Field", f.Name, "Value", string(raw), "Kind", f.kindOf(ask.Is))
		}
		ask.Values = append(ask.Values, v)
	}
	return ask
}

// into decodes a member, if it is there.
func (r *reader) into(m map[string]json.RawMessage, path, member string, target any) {
	raw, there := m[member]
	if there && (bytes.Equal(raw, []byte("null")) || json.Unmarshal(raw, target) != nil) {
		r.flaw(below(path, member), NotJSON)
	}
}

// kindOf names what a test's values are, for people.
func (f Field) kindOf(is Test) string {
	switch {
	case f.Of != "":
		return string(f.Of)
	case f.Kind == Date && is.counts(), f.Kind == Annual:
		return string(Number)
	}
	return string(f.Kind)
}

// read is the way back from show and quotes.
func (f Field) read(is Test, raw json.RawMessage) (v Value, ok bool) {
	text := string(raw)
	if f.quoted(is) {
		if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
			return Value{}, false
		}
	}
	return f.parse(is, text)
}

// parse is the way back from show.
func (f Field) parse(is Test, text string) (v Value, ok bool) {
	switch {
	case f.Kind == Word:
		return Value{Number: int64(slices.Index(f.Words, text)), Text: text}, true
	case f.Of.Coded():
		return Value{Number: int64(id.CodeOf(text)), Text: text}, true
	case f.Kind == Share:
		v.Number, ok = Steps(text, shareDigits)
	case f.Kind == Score:
		v.Number, ok = Steps(text, scoreDigits)
	case f.Kind == Date && !is.counts():
		date, err := time.Parse(time.DateOnly, text)
		return Value{Number: dayOfDate(date)}, err == nil && date.Format(time.DateOnly) == text
	default:
		v.Number, ok = Steps(text, 0)
	}
	return v, ok
}
