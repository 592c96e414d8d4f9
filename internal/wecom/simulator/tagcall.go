package simulator

import (
	"cmp"
	"slices"
)

func tagRoutes(t map[string]route) {
	t[contactPath+"get_corp_tag_list"] = post(RightCustomers, listTags)
	t[contactPath+"add_corp_tag"] = post(RightCustomers, addTags)
	t[contactPath+"edit_corp_tag"] = post(RightCustomers, corpTags.edit)
	t[contactPath+"del_corp_tag"] = post(RightCustomers, corpTags.delete)
	t[contactPath+"mark_tag"] = post(RightCustomers, markTag)
	t[contactPath+"get_strategy_tag_list"] = post(RightCustomers, listRuleTags)
	t[contactPath+"add_strategy_tag"] = post(RightCustomers, addRuleTags)
	t[contactPath+"edit_strategy_tag"] = post(RightCustomers, ruleTags.edit)
	t[contactPath+"del_strategy_tag"] = post(RightCustomers, ruleTags.delete)
}

// tagKind is true for tags of rule groups. Calls for one kind do not find the
// other.
type tagKind bool

const (
	corpTags tagKind = false
	ruleTags tagKind = true
)

func (k tagKind) tag(c *call, id string) *tag {
	if t := c.tags.byID[id]; t != nil && bool(k) == (t.group.strategy != 0) {
		return t
	}
	return nil
}

func (k tagKind) group(c *call, id string) *tagGroup {
	if g := c.tags.group(id); g != nil && bool(k) == (g.strategy != 0) {
		return g
	}
	return nil
}

type tagListRequest struct {
	Tags     []string `json:"tag_id"`
	Groups   []string `json:"group_id"`
	Strategy int      `json:"strategy_id"`
}

func listTags(c *call, q tagListRequest) (any, error) {
	q.Strategy = 0
	return c.tagList(q, func(g *tagGroup) bool { return g.strategy == 0 }), nil
}

func listRuleTags(c *call, q tagListRequest) (any, error) {
	return c.tagList(q, func(g *tagGroup) bool {
		return g.strategy != 0 && (q.Strategy == 0 || q.Strategy == g.strategy)
	}), nil
}

// tagList answers with whole groups if group ids are given, else with the
// tags asked for inside their groups, else with everything. What was deleted is
// shown only to who asks for it.
func (c *call) tagList(q tagListRequest, keep func(*tagGroup) bool) any {
	groups, asked := slices.Clone(c.tags.groups), len(q.Groups)+len(q.Tags) > 0
	if asked {
		groups = append(groups, c.tags.dead...)
	}
	slices.SortStableFunc(groups, func(a, b *tagGroup) int { return cmp.Compare(b.order, a.order) })
	rows := []any{}
	for _, g := range groups {
		if !keep(g) || (len(q.Groups) > 0 && !slices.Contains(q.Groups, g.id)) {
			continue
		}
		tags := g.tags
		if asked {
			tags = slices.Concat(g.tags, g.dead)
		}
		if len(q.Groups) == 0 && len(q.Tags) > 0 {
			tags = slices.DeleteFunc(slices.Clone(tags), func(t *tag) bool { return !slices.Contains(q.Tags, t.id) })
			if len(tags) == 0 {
				continue
			}
		}
		rows = append(rows, g.row(tags))
	}
	return map[string]any{"tag_group": rows}
}

type tagAddRequest struct {
	GroupID   string `json:"group_id"`
	GroupName string `json:"group_name"`
	Order     uint32 `json:"order"`
	Strategy  int    `json:"strategy_id"`
	Tags      []struct {
		Name  string `json:"name"`
		Order uint32 `json:"order"`
	} `json:"tag"`
	AgentID agentNumber `json:"agentid"`
}

func addTags(c *call, q tagAddRequest) (any, error) {
	q.Strategy = 0
	return c.createTags(q)
}

func addRuleTags(c *call, q tagAddRequest) (any, error) {
	if !c.ruleSets.first(q.Strategy) {
		return nil, refuse(codeInvalidParameter, "invalid strategy_id")
	}
	return c.createTags(q)
}

func (c *call) createTags(q tagAddRequest) (any, error) {
	if len(q.Tags) == 0 {
		return nil, refuse(codeEmptyParameter, "tag is empty")
	}
	for _, t := range q.Tags {
		if badTagName(t.Name) {
			return nil, refuse(codeTagNameLength, "invalid tag name length")
		}
	}
	if len(c.tags.byID)+len(q.Tags) > c.limiter.limits.Tags {
		return nil, refuse(codeTooManyTags, "corp tag out of limit")
	}
	g, err := c.tagGroupFor(q)
	if err != nil {
		return nil, err
	}
	var made []*tag
	for _, t := range q.Tags {
		found := g.named(t.Name)
		if found == nil {
			found = c.addTag(g, t.Name, t.Order, c.now)
			c.echoTag(g.event("create", found.id, aTag))
		}
		if !slices.Contains(made, found) {
			made = append(made, found)
		}
	}
	return map[string]any{"tag_group": g.row(made)}, nil
}

func (c *call) tagGroupFor(q tagAddRequest) (*tagGroup, error) {
	if q.GroupID != "" {
		g := c.tags.group(q.GroupID)
		if g == nil || g.strategy != q.Strategy {
			return nil, refuse(codeBadTag, "invalid group_id")
		}
		return g, c.needOwn(g)
	}
	if badTagName(q.GroupName) {
		return nil, refuse(codeTagNameLength, "invalid group_name length")
	}
	if g := c.tags.named(q.GroupName, q.Strategy); g != nil {
		return g, c.needOwn(g)
	}
	g := c.addTagGroup(q.GroupName, c.now)
	g.order, g.app, g.strategy = q.Order, c.app, q.Strategy
	c.echoTag(g.event("create", g.id, aTagGroup))
	return g, nil
}

// echoTag announces what a call changed, where the platform is set to.
func (c *call) echoTag(e event) {
	if c.cfg.Push.EchoTags {
		c.People().emit(c.Platform, e)
	}
}

// needOwn refuses what another app or the console made.
func (c *call) needOwn(g *tagGroup) error {
	if g.app != c.app {
		return refuse(codeNotYours, "no permission: the tag was not made by this app")
	}
	return nil
}

type tagEditRequest struct {
	ID      string      `json:"id"`
	Name    *string     `json:"name"`
	Order   *uint32     `json:"order"`
	AgentID agentNumber `json:"agentid"`
}

func (k tagKind) edit(c *call, q tagEditRequest) (any, error) {
	if q.Name != nil && *q.Name != "" && badTagName(*q.Name) {
		return nil, refuse(codeTagNameLength, "invalid tag name length")
	}
	if t := k.tag(c, q.ID); t != nil {
		if err := c.needOwn(t.group); err != nil {
			return nil, err
		}
		if twin := t.group.named(changed(q.Name, t.name)); twin != nil && twin != t {
			return nil, refuse(codeTagNameTaken, "tag name exists")
		}
		t.name, t.order = changed(q.Name, t.name), orValue(q.Order, t.order)
		c.echoTag(t.group.event("update", t.id, aTag))
		return nil, nil
	}
	g := k.group(c, q.ID)
	if g == nil {
		return nil, refuse(codeBadTag, "invalid tag id")
	}
	if err := c.needOwn(g); err != nil {
		return nil, err
	}
	if twin := c.tags.named(changed(q.Name, g.name), g.strategy); twin != nil && twin != g {
		return nil, refuse(codeTagNameTaken, "tag group name exists")
	}
	g.name, g.order = changed(q.Name, g.name), orValue(q.Order, g.order)
	c.echoTag(g.event("update", g.id, aTagGroup))
	return nil, nil
}

func changed(given *string, old string) string {
	if given == nil || *given == "" {
		return old
	}
	return *given
}

func orValue[T any](given *T, old T) T {
	if given == nil {
		return old
	}
	return *given
}

type tagDeleteRequest struct {
	Tags    []string    `json:"tag_id"`
	Groups  []string    `json:"group_id"`
	AgentID agentNumber `json:"agentid"`
}

func (k tagKind) delete(c *call, q tagDeleteRequest) (any, error) {
	if len(q.Tags) == 0 && len(q.Groups) == 0 {
		return nil, refuse(codeNoTagID, "tag_id and group_id are both empty")
	}
	for _, id := range q.Groups {
		g := k.group(c, id)
		if g == nil {
			return nil, refuse(codeBadTag, "invalid group_id")
		}
		if err := c.needOwn(g); err != nil {
			return nil, err
		}
	}
	for _, id := range q.Tags {
		t := k.tag(c, id)
		if t == nil {
			return nil, refuse(codeBadTag, "invalid tag_id")
		}
		if err := c.needOwn(t.group); err != nil {
			return nil, err
		}
	}
	c.dropAll(q)
	return nil, nil
}

func (c *call) dropAll(q tagDeleteRequest) {
	for _, id := range q.Tags {
		if t := c.tags.byID[id]; t != nil { // not named twice
			c.dropTag(t)
			c.echoTag(t.group.event("delete", id, aTag))
		}
	}
	for _, id := range q.Groups {
		if g := c.tags.group(id); g != nil {
			c.dropTagGroup(g)
			c.echoTag(g.event("delete", id, aTagGroup))
		}
	}
}

type markRequest struct {
	UserID   string   `json:"userid"`
	External string   `json:"external_userid"`
	Add      []string `json:"add_tag"`
	Remove   []string `json:"remove_tag"`
}

func markTag(c *call, q markRequest) (any, error) {
	if len(q.Add) == 0 && len(q.Remove) == 0 {
		return nil, refuse(codeEmptyParameter, "add_tag and remove_tag are both empty")
	}
	rel, err := c.seenPair(q.UserID, q.External)
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Concat(q.Add, q.Remove) {
		if c.tags.byID[id] == nil {
			return nil, refuse(codeBadTag, "invalid tag id")
		}
	}
	if rel.wouldCarry(q.Add, q.Remove) > c.limiter.limits.OnPair {
		return nil, refuse(codeTooManyOnPair, "tags of the customer out of limit")
	}
	rel.mark(q.Add, q.Remove)
	c.echoTag(pairEvent("edit_external_contact", rel))
	return nil, nil
}
