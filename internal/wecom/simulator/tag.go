package simulator

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"

	"siyu/internal/fault"
)

const maxTagName = 30

type tag struct {
	id, name string
	order    uint32
	created  time.Time
	group    *tagGroup
}

func (t *tag) kind() int {
	if t.group.strategy != 0 {
		return ruleTag
	}
	return corpTag
}

// tagGroup is a group of corp tags or, with a strategy, of rule tags. app is
// the one that made it, nil for the admin console.
type tagGroup struct {
	id, name string
	order    uint32
	created  time.Time
	tags     []*tag
	app      *app
	strategy int
	dead     []*tag // deleted; shown to who asks for them by id
	deleted  bool
}

type tagBook struct {
	byID   map[string]*tag
	groups []*tagGroup
	dead   []*tagGroup // without tags, and shown to who asks for them by id
}

func newTagBook() tagBook { return tagBook{byID: map[string]*tag{}} }

func (b *tagBook) group(id string) *tagGroup {
	for _, g := range b.groups {
		if g.id == id {
			return g
		}
	}
	return nil
}

func (b *tagBook) named(name string, strategy int) *tagGroup {
	for _, g := range b.groups {
		if g.name == name && g.strategy == strategy {
			return g
		}
	}
	return nil
}

func (g *tagGroup) named(name string) *tag {
	for _, t := range g.tags {
		if t.name == name {
			return t
		}
	}
	return nil
}

// CreateTag makes a corp tag in the admin console, in a group that is made
// when there is none of that name, and returns the tag's id.
func (h People) CreateTag(groupName, name string) (tagID string, err error) {
	return h.CreateRuleTag(0, groupName, name)
}

// CreateRuleTag makes a tag of a rule group of the first level in the admin
// console, as CreateTag does.
func (h People) CreateRuleTag(strategy int, groupName, name string) (tagID string, err error) {
	err = h.act(func(p *Platform) error {
		if strategy != 0 && !p.ruleSets.first(strategy) {
			return fault.New(fault.NotFound, "no rule group %d of the first level", strategy)
		}
		g := p.tags.named(groupName, strategy)
		if g == nil {
			g = p.addTagGroup(groupName, h.when())
			g.strategy = strategy
			h.emit(p, g.event("create", g.id, aTagGroup))
		}
		t := g.named(name)
		if t == nil {
			t = p.addTag(g, name, 0, h.when())
			h.emit(p, g.event("create", t.id, aTag))
		}
		tagID = t.id
		return nil
	})
	return tagID, err
}

// CreateRuleGroup makes a rule group of the first level in the admin console
// and returns its id.
func (h People) CreateRuleGroup(name string) (strategy int, err error) {
	err = h.act(func(p *Platform) error {
		p.ruleSets.last++
		strategy = p.ruleSets.last
		s := &ruleSet{id: strategy, name: name, created: h.when()}
		s.change(ruleRequest{})
		p.ruleSets.sets = append(p.ruleSets.sets, s)
		return nil
	})
	return strategy, err
}

// RenameTag gives a tag or a group of tags a new name in the console.
func (h People) RenameTag(id, name string) error {
	return h.act(func(p *Platform) error {
		if t := p.tags.byID[id]; t != nil {
			t.name = name
			h.emit(p, t.group.event("update", id, aTag))
			return nil
		}
		g := p.tags.group(id)
		if g == nil {
			return fault.New(fault.NotFound, "no tag or tag group %q", id)
		}
		g.name = name
		h.emit(p, g.event("update", id, aTagGroup))
		return nil
	})
}

// DeleteTag deletes a tag or a group of tags in the console. A group gives
// one event, none per tag.
func (h People) DeleteTag(id string) error {
	return h.act(func(p *Platform) error {
		if t := p.tags.byID[id]; t != nil {
			p.dropTag(t)
			h.emit(p, t.group.event("delete", id, aTag))
			return nil
		}
		g := p.tags.group(id)
		if g == nil {
			return fault.New(fault.NotFound, "no tag or tag group %q", id)
		}
		p.dropTagGroup(g)
		h.emit(p, g.event("delete", id, aTagGroup))
		return nil
	})
}

// ShuffleTags changes the order of tags in a group in the console: whoever is
// told has to read the orders again.
func (h People) ShuffleTags(groupID string) error {
	return h.act(func(p *Platform) error {
		g := p.tags.group(groupID)
		if g == nil {
			return fault.New(fault.NotFound, "no tag group %q", groupID)
		}
		slices.Reverse(g.tags)
		for i, t := range g.tags {
			t.order = uint32(len(g.tags) - i)
		}
		h.emit(p, g.event("shuffle", g.id, aTagGroup))
		return nil
	})
}

// What a change_external_tag is about.
const (
	aTag      = "tag"
	aTagGroup = "tag_group"
)

// event announces a change of the group or of a tag in it.
func (g *tagGroup) event(change, id, kind string) event {
	fields := []field{text("Id", id), text("TagType", kind)}
	if g.strategy != 0 {
		fields = append(fields, number("StrategyId", g.strategy))
	}
	return event{name: "change_external_tag", change: change, right: RightCustomers, fields: fields}
}

func (p *Platform) addTagGroup(name string, at time.Time) *tagGroup {
	g := &tagGroup{id: p.nextID("et"), name: name, created: at}
	p.tags.groups = append(p.tags.groups, g)
	return g
}

func (p *Platform) addTag(g *tagGroup, name string, order uint32, at time.Time) *tag {
	t := &tag{id: p.nextID("et"), name: name, order: order, created: at, group: g}
	g.tags = append(g.tags, t)
	p.tags.byID[t.id] = t
	return t
}

// dropTag removes a tag from its group and from every customer; a group
// without tags vanishes.
func (p *Platform) dropTag(t *tag) {
	delete(p.tags.byID, t.id)
	t.group.tags = without(t.group.tags, t)
	t.group.dead = append(t.group.dead, t)
	for _, e := range p.people.order {
		for _, rel := range e.relations {
			rel.tags = without(rel.tags, t.id)
		}
	}
	if len(t.group.tags) == 0 {
		p.buryTagGroup(t.group)
	}
}

func (p *Platform) dropTagGroup(g *tagGroup) {
	for len(g.tags) > 0 {
		p.dropTag(g.tags[0])
	}
}

func (p *Platform) buryTagGroup(g *tagGroup) {
	g.deleted = true
	p.tags.groups = without(p.tags.groups, g)
	p.tags.dead = append(p.tags.dead, g)
}

// row shows a group with its tags, larger orders first. Whether something was
// deleted is said of those that were.
func (g *tagGroup) row(tags []*tag) map[string]any {
	sorted := slices.Clone(tags)
	slices.SortStableFunc(sorted, func(a, b *tag) int { return cmp.Compare(b.order, a.order) })
	rows := []any{}
	for _, t := range sorted {
		shown := map[string]any{"id": t.id, "name": t.name, "create_time": t.created.Unix(), "order": t.order}
		if slices.Contains(g.dead, t) {
			shown["deleted"] = true
		}
		rows = append(rows, shown)
	}
	row := map[string]any{
		"group_id": g.id, "group_name": g.name, "create_time": g.created.Unix(), "order": g.order, "tag": rows,
	}
	if g.strategy != 0 {
		row["strategy_id"] = g.strategy
	}
	if g.deleted {
		row["deleted"] = true
	}
	return row
}

func badTagName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n == 0 || n > maxTagName
}
