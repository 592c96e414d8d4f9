package simulator

import (
	"time"
	"unicode/utf8"
)

// interceptRule is a list of sensitive words for some members.
type interceptRule struct {
	id      string
	app     *app
	created time.Time
	form    interceptForm
}

type interceptForm struct {
	Name      string         `json:"rule_name"`
	Words     []string       `json:"word_list"`
	Semantics []int          `json:"semantics_list"`
	Kind      int            `json:"intercept_type"`
	Range     interceptRange `json:"applicable_range"`
}

type interceptRange struct {
	Users       []string `json:"user_list"`
	Departments []int    `json:"department_list"`
}

type interceptBook struct{ order []*interceptRule }

func newInterceptBook() interceptBook { return interceptBook{} }

const (
	maxRules      = 100
	maxRuleName   = 20
	maxRuleWords  = 300
	maxWordRunes  = 32
	maxRuleRange  = 1000
	semanticKinds = 3
	ruleKinds     = 2
)

func interceptRoutes(t map[string]route) {
	t[contactPath+"add_intercept_rule"] = post(RightCustomers, addRule)
	t[contactPath+"get_intercept_rule_list"] = get(RightCustomers, listRules)
	t[contactPath+"get_intercept_rule"] = post(RightCustomers, getRule)
	t[contactPath+"update_intercept_rule"] = post(RightCustomers, updateRule)
	t[contactPath+"del_intercept_rule"] = post(RightCustomers, deleteRule)
}

type interceptRequest struct {
	ID string `json:"rule_id"`
	interceptForm
	Extra *struct {
		Semantics []int `json:"semantics_list"`
	} `json:"extra_rule"`
	Add    interceptRange `json:"add_applicable_range"`
	Remove interceptRange `json:"remove_applicable_range"`
}

func (c *call) checkRule(f interceptForm, self *interceptRule) error {
	if n := utf8.RuneCountInString(f.Name); n == 0 || n > maxRuleName {
		return refuse(codeInvalidParameter, "invalid rule_name")
	}
	for _, r := range c.intercept.order {
		if r != self && r.form.Name == f.Name {
			return refuse(codeRuleNameTaken, "rule_name is not unique")
		}
	}
	if len(f.Words) > maxRuleWords {
		return refuse(codeTooManyWords, "word_list out of limit")
	}
	for _, w := range f.Words {
		if n := utf8.RuneCountInString(w); n == 0 || n > maxWordRunes {
			return refuse(codeBadWord, "invalid word")
		}
	}
	for _, s := range f.Semantics {
		if s < 1 || s > semanticKinds {
			return refuse(codeBadSemantics, "invalid semantics_list")
		}
	}
	if len(f.Words) == 0 && len(f.Semantics) == 0 || f.Kind < 1 || f.Kind > ruleKinds {
		return refuse(codeInvalidParameter, "invalid rule")
	}
	if n := len(f.Range.Users); n > maxRuleRange || len(f.Range.Departments) > maxRuleRange || n+len(f.Range.Departments) == 0 {
		return refuse(codeRuleRange, "invalid applicable_range")
	}
	return nil
}

func addRule(c *call, q interceptRequest) (any, error) {
	if len(c.intercept.order) >= maxRules {
		return nil, refuse(codeTooManyRules, "intercept rule out of limit")
	}
	if err := c.checkRule(q.interceptForm, nil); err != nil {
		return nil, err
	}
	r := &interceptRule{id: c.nextID("rule"), app: c.app, created: c.now, form: q.interceptForm}
	c.intercept.order = append(c.intercept.order, r)
	return map[string]any{"rule_id": r.id}, nil
}

func listRules(c *call) (any, error) {
	rows := []any{}
	for _, r := range c.intercept.order {
		rows = append(rows, map[string]any{"rule_id": r.id, "rule_name": r.form.Name, "create_time": r.created.Unix()})
	}
	return map[string]any{"rule_list": rows}, nil
}

func (c *call) rule(id string) (*interceptRule, error) {
	for _, r := range c.intercept.order {
		if r.id == id {
			return r, nil
		}
	}
	return nil, refuse(codeBadRuleID, "invalid rule_id")
}

func (c *call) ownRule(id string) (*interceptRule, error) {
	r, err := c.rule(id)
	if err == nil && r.app != c.app {
		err = refuse(codeNotYours, "the rule was not made by this app")
	}
	return r, err
}

func getRule(c *call, q interceptRequest) (any, error) {
	r, err := c.rule(q.ID)
	if err != nil {
		return nil, err
	}
	return map[string]any{"rule": map[string]any{
		"rule_id": r.id, "rule_name": r.form.Name, "word_list": orEmpty(r.form.Words), "intercept_type": r.form.Kind,
		"extra_rule": map[string]any{"semantics_list": r.form.Semantics}, "applicable_range": r.form.Range,
	}}, nil
}

func updateRule(c *call, q interceptRequest) (any, error) {
	r, err := c.ownRule(q.ID)
	if err != nil {
		return nil, err
	}
	form := r.form
	form.Name, form.Kind = orElse(q.Name, form.Name), orNumber(q.Kind, form.Kind)
	if q.Words != nil {
		form.Words = q.Words
	}
	if q.Extra != nil {
		form.Semantics = q.Extra.Semantics
	}
	form.Range = form.Range.changed(q.Add, q.Remove)
	if err := c.checkRule(form, r); err != nil {
		return nil, err
	}
	r.form = form
	return nil, nil
}

func (r interceptRange) changed(add, remove interceptRange) interceptRange {
	users, depts := append([]string{}, r.Users...), append([]int{}, r.Departments...)
	for _, id := range remove.Users {
		users = without(users, id)
	}
	for _, d := range remove.Departments {
		depts = without(depts, d)
	}
	return interceptRange{append(users, add.Users...), append(depts, add.Departments...)}
}

func deleteRule(c *call, q interceptRequest) (any, error) {
	r, err := c.ownRule(q.ID)
	if err != nil {
		return nil, err
	}
	c.intercept.order = without(c.intercept.order, r)
	return nil, nil
}
