package web

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"
	"unicode"

	"siyu/internal/audience"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// apiRule is {"version":1,"rule":{...}} as docs/audience.schema.json describes.
type apiRule json.RawMessage

// MarshalJSON writes the rule as it is.
func (r apiRule) MarshalJSON() ([]byte, error) { return json.RawMessage(r).MarshalJSON() }

// UnmarshalJSON keeps the rule as it was sent.
func (r *apiRule) UnmarshalJSON(data []byte) error { return (*json.RawMessage)(r).UnmarshalJSON(data) }

func ruleOf(rule *audience.Rule) (apiRule, error) {
	data, err := audience.Marshal(rule)
	return apiRule(data), err
}

// apiAsked is a question about customers: exactly one of its members.
type apiAsked struct {
	Rule     apiRule `json:"rule,omitempty" doc:"a rule; exactly one of rule, sentence and audience"`
	Sentence string  `json:"sentence,omitempty" doc:"a rule as a sentence, Chinese or English"`
	Audience int64   `json:"audience,omitempty" doc:"who is in the audience of this number"`
}

// apiSaid is a rule as a sentence.
type apiSaid struct {
	Chinese string `json:"zh-CN"`
	English string `json:"en"`
}

func (c *call) sentences(rule *audience.Rule, names audience.Names) apiSaid {
	return apiSaid{c.locales[chinese].words.Sentence(rule, names), c.locales[english].words.Sentence(rule, names)}
}

// rule returns the rule that is asked about.
func (c *call) rule(in apiAsked) (audience.Rule, error) {
	given := 0
	for _, there := range []bool{in.Rule != nil, in.Sentence != "", in.Audience != 0} {
		if there {
			given++
		}
	}
	switch {
	case given != 1:
		return audience.Rule{}, misused("rule", "api.error.one_rule")
	case in.Rule != nil:
		return audience.Unmarshal(in.Rule)
	case in.Audience != 0:
		view, err := c.Audiences.Audience(c.r.Context(), c.seat.Scope, in.Audience) // it must be there and in use
		return memberOf(view.Number), err
	}
	return c.parse(in.Sentence)
}

// parse reads a sentence in the language it seems to be in, and in the other
// where that fails. The flaws are those of the first.
func (c *call) parse(sentence string) (audience.Rule, error) {
	names, err := c.names()
	if err != nil {
		return audience.Rule{}, err
	}
	first, second := english, chinese
	for _, r := range sentence {
		if unicode.Is(unicode.Han, r) {
			first, second = chinese, english
			break
		}
	}
	rule, wrong := c.locales[first].words.Parse(sentence, names)
	if wrong == nil {
		return rule, nil
	}
	if rule, err := c.locales[second].words.Parse(sentence, names); err == nil {
		return rule, nil
	}
	return audience.Rule{}, wrong
}

type apiLook struct {
	Size     int         `json:"size" doc:"customers whom the rule describes, within the key's scope"`
	Among    int         `json:"among" doc:"customers within the key's scope"`
	Spread   []apiSpread `json:"spread" doc:"how they are spread over stages, limiting parts, stores and value"`
	TookMS   float64     `json:"took_ms" doc:"to count, in milliseconds"`
	AsOf     time.Time   `json:"as_of"`
	Rule     apiRule     `json:"rule"`
	Sentence apiSaid     `json:"sentence"`
}

type apiSpread struct {
	Field  string     `json:"field"`
	Shares []apiShare `json:"shares" doc:"largest first; the last without a name is the rest"`
}

type apiShare struct {
	Name  string `json:"name,omitempty" doc:"word of the field or name of the thing"`
	Low   *int64 `json:"low,omitempty" doc:"of bands of a number, in its unit"`
	High  *int64 `json:"high,omitempty" doc:"of bands of a number, excluded"`
	Count int    `json:"count"`
}

func (c *call) look(in apiAsked) (apiLook, error) {
	rule, err := c.rule(in)
	if err != nil {
		return apiLook{}, err
	}
	found, err := c.Audiences.Look(c.r.Context(), c.seat.Scope, &rule)
	if err != nil {
		return apiLook{}, err
	}
	names, err := c.names()
	if err != nil {
		return apiLook{}, err
	}
	answer := apiLook{Size: found.Size, Among: found.Among, Spread: []apiSpread{}, TookMS: float64(found.Took) / float64(time.Millisecond), AsOf: found.AsOf,
		Sentence: c.sentences(&rule, names)}
	for _, s := range found.Spread {
		answer.Spread = append(answer.Spread, spreadOf(s))
	}
	answer.Rule, err = ruleOf(&rule)
	return answer, err
}

func spreadOf(s AudienceSpread) apiSpread {
	spread := apiSpread{Field: s.Field, Shares: []apiShare{}}
	for _, share := range s.Shares {
		one := apiShare{Name: share.Name, Count: share.Count}
		if f, _ := audience.FieldOf(s.Field); f.Kind == audience.Money {
			one.Low, one.High = &share.Low, &share.High
		}
		spread.Shares = append(spread.Shares, one)
	}
	return spread
}

type apiTwo struct {
	A apiAsked `json:"a"`
	B apiAsked `json:"b"`
}

type apiOverlap struct {
	A    int `json:"a" doc:"customers whom a describes"`
	B    int `json:"b" doc:"customers whom b describes"`
	Both int `json:"both"`
}

func (c *call) overlap(in apiTwo) (apiOverlap, error) {
	a, err := c.rule(in.A)
	if err != nil {
		return apiOverlap{}, within("a", err)
	}
	b, err := c.rule(in.B)
	if err != nil {
		return apiOverlap{}, within("b", err)
	}
	o, err := c.Audiences.Overlap(c.r.Context(), c.seat.Scope, &a, &b)
	return apiOverlap{o.A, o.B, o.Both}, err
}

// within says in which member of the body a wrong rule stands.
func within(member string, err error) error {
	var wrong misuse
	if errors.As(err, &wrong) {
		return misused(member+"."+wrong.path, wrong.key, wrong.pairs...)
	}
	return wrongRule{member, err}
}

// Sizes of pages.
const (
	usualMembers = 500
	mostMembers  = 1000
)

type apiMembers struct {
	Customers []string `json:"customers" doc:"ids, as in addresses of the console and in exported files"`
	Size      int      `json:"size" doc:"of the whole crowd"`
	Next      string   `json:"next,omitempty" doc:"after of the next page; absent on the last one"`
}

func (c *call) listMembers() (apiMembers, error) {
	number, err := c.number()
	if err != nil {
		return apiMembers{}, err
	}
	limit, err := c.whole("limit", usualMembers, mostMembers)
	if err != nil {
		return apiMembers{}, err
	}
	return c.members(MemberQuery{Number: number, After: c.r.URL.Query().Get("after"), Limit: limit})
}

type apiDescribed struct {
	apiAsked
	After string `json:"after,omitempty" doc:"next of the page before"`
	Limit int    `json:"limit,omitempty" doc:"customers of a page, 1 to 1000, usually 500"`
}

func (c *call) listDescribed(in apiDescribed) (apiMembers, error) {
	rule, err := c.rule(in.apiAsked)
	if err != nil {
		return apiMembers{}, err
	}
	if in.Limit == 0 {
		in.Limit = usualMembers
	}
	if in.Limit < 0 || in.Limit > mostMembers {
		return apiMembers{}, misused("limit", "api.error.range", "Most", strconv.Itoa(mostMembers))
	}
	return c.members(MemberQuery{Rule: &rule, After: in.After, Limit: in.Limit})
}

func (c *call) members(q MemberQuery) (apiMembers, error) {
	if !c.seat.Members {
		return apiMembers{}, fault.WithKey(fault.Denied, "error.api_members", errors.New("the key may not read who is in audiences"))
	}
	page, err := c.Members.AudienceMembers(c.r.Context(), c.asker(), q)
	members := apiMembers{Customers: make([]string, len(page.Customers)), Size: page.Size, Next: page.Next}
	for i, customer := range page.Customers {
		members.Customers[i] = id.Text(customer)
	}
	return members, err
}
