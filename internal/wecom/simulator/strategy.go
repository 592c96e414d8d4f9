package simulator

import (
	"encoding/json"
	"time"
)

// ruleSet is a rule group of customer contact or of Moments: who manages
// which members and departments, and what they may do.
type ruleSet struct {
	id, parent int
	moments    bool
	name       string
	created    time.Time
	admins     []string
	privilege  json.RawMessage
	nodes      []ruleNode
}

// ruleNode is a member (type 1) or a department (type 2) of a rule group.
type ruleNode struct {
	Type   int    `json:"type"`
	UserID string `json:"userid,omitempty"`
	Party  int    `json:"partyid,omitempty"`
}

type ruleBook struct {
	sets []*ruleSet
	last int
}

const (
	maxRuleAdmins = 20
	maxRuleNodes  = 100
	maxRuleDepth  = 5
)

func newRuleBook() ruleBook { return ruleBook{} }

func (b *ruleBook) of(id int) *ruleSet {
	for _, s := range b.sets {
		if s.id == id {
			return s
		}
	}
	return nil
}

// first tells whether there is a rule group of customer contact of that id and
// of the first level: only those have tags.
func (b *ruleBook) first(id int) bool {
	s := b.of(id)
	return s != nil && !s.moments && s.parent == 0
}

func (b *ruleBook) depth(s *ruleSet) int {
	n := 0
	for ; s != nil; s = b.of(s.parent) {
		n++
	}
	return n
}

func strategyRoutes(t map[string]route) {
	for path, moments := range map[string]bool{contactPath + "customer_strategy/": false, contactPath + "moment_strategy/": true} {
		on := ruleKind(moments)
		t[path+"list"] = post(RightCustomers, on.list)
		t[path+"get"] = post(RightCustomers, on.get)
		t[path+"get_range"] = post(RightCustomers, on.getRange)
		t[path+"create"] = post(RightCustomers, on.create)
		t[path+"edit"] = post(RightCustomers, on.edit)
		t[path+"del"] = post(RightCustomers, on.delete)
	}
}

// ruleKind is true for rule groups of Moments.
type ruleKind bool

type ruleRequest struct {
	ID        int             `json:"strategy_id"`
	Parent    int             `json:"parent_id"`
	Name      *string         `json:"strategy_name"`
	Admins    []string        `json:"admin_list"`
	Privilege json.RawMessage `json:"privilege"`
	Range     []ruleNode      `json:"range"`
	Add       []ruleNode      `json:"range_add"`
	Remove    []ruleNode      `json:"range_del"`
	Cursor    string          `json:"cursor"`
	Limit     int             `json:"limit"`
}

func (k ruleKind) of(c *call, id int) (*ruleSet, error) {
	s := c.ruleSets.of(id)
	if s == nil || s.moments != bool(k) {
		return nil, refuse(codeInvalidParameter, "invalid strategy_id")
	}
	return s, nil
}

func (k ruleKind) list(c *call, q ruleRequest) (any, error) {
	rows, next, err := gather(q.Cursor, pageSize(q.Limit, maxResultPage, maxResultPage), c.ruleSets.sets, func(s *ruleSet) any {
		if s.moments != bool(k) {
			return nil
		}
		return map[string]any{"strategy_id": s.id}
	})
	return map[string]any{"strategy": rows, "next_cursor": next}, err
}

func (k ruleKind) get(c *call, q ruleRequest) (any, error) {
	s, err := k.of(c, q.ID)
	if err != nil {
		return nil, err
	}
	return map[string]any{"strategy": map[string]any{
		"strategy_id": s.id, "parent_id": s.parent, "strategy_name": s.name, "create_time": s.created.Unix(),
		"admin_list": orEmpty(s.admins), "privilege": s.privilege,
	}}, nil
}

func (k ruleKind) getRange(c *call, q ruleRequest) (any, error) {
	s, err := k.of(c, q.ID)
	if err != nil {
		return nil, err
	}
	rows, next, err := gather(q.Cursor, pageSize(q.Limit, maxResultPage, maxResultPage), s.nodes, func(n ruleNode) any { return n })
	return map[string]any{"range": rows, "next_cursor": next}, err
}

func (k ruleKind) create(c *call, q ruleRequest) (any, error) {
	if q.Name == nil || *q.Name == "" || len(q.Admins) > maxRuleAdmins || len(q.Range) > maxRuleNodes {
		return nil, refuse(codeInvalidParameter, "invalid strategy")
	}
	if q.Parent != 0 {
		parent, err := k.of(c, q.Parent)
		if err != nil {
			return nil, err
		}
		if c.ruleSets.depth(parent) >= maxRuleDepth {
			return nil, refuse(codeInvalidParameter, "strategy is nested too deep")
		}
	}
	c.ruleSets.last++
	s := &ruleSet{id: c.ruleSets.last, parent: q.Parent, moments: bool(k), name: *q.Name, created: c.now}
	s.change(q)
	s.nodes = q.Range
	c.ruleSets.sets = append(c.ruleSets.sets, s)
	return map[string]any{"strategy_id": s.id}, nil
}

func (s *ruleSet) change(q ruleRequest) {
	s.name = changed(q.Name, s.name)
	if q.Admins != nil {
		s.admins = q.Admins
	}
	if q.Privilege != nil {
		s.privilege = q.Privilege
	}
	if s.privilege == nil {
		s.privilege = json.RawMessage("{}")
	}
}

func (k ruleKind) edit(c *call, q ruleRequest) (any, error) {
	s, err := k.of(c, q.ID)
	if err != nil {
		return nil, err
	}
	s.change(q)
	for _, n := range q.Remove {
		s.nodes = without(s.nodes, n)
	}
	s.nodes = append(s.nodes, q.Add...)
	return nil, nil
}

func (k ruleKind) delete(c *call, q ruleRequest) (any, error) {
	s, err := k.of(c, q.ID)
	if err != nil {
		return nil, err
	}
	c.ruleSets.sets = without(c.ruleSets.sets, s)
	return nil, nil
}
