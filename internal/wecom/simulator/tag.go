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
}

type tagBook struct {
	byID   map[string]*tag
	groups []*tagGroup
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
	err = h.act(func(p *Platform) error {
		g := p.tags.named(groupName, 0)
		if g == nil {
			g = p.addTagGroup(groupName, h.when())
			h.emit(p, tagEvent("create", g.id, "tag_group"))
		}
		t := g.named(name)
		if t == nil {
			t = p.addTag(g, name, 0, h.when())
			h.emit(p, tagEvent("create", t.id, "tag"))
		}
		tagID = t.id
		return nil
	})
	return tagID, err
}

// RenameTag gives a tag or a group of tags a new name in the console.
func (h People) RenameTag(id, name string) error {
	return h.act(func(p *Platform) error {
		if t := p.tags.byID[id]; t != nil {
			t.name = name
			h.emit(p, tagEvent("update", id, "tag"))
			return nil
		}
		g := p.tags.group(id)
		if g == nil {
			return fault.New(fault.NotFound, "no tag or tag group %q", id)
		}
		g.name = name
		h.emit(p, tagEvent("update", id, "tag_group"))
		return nil
	})
}

// DeleteTag deletes a tag or a group of tags in the console. A group gives
// one event, none per tag.
func (h People) DeleteTag(id string) error {
	return h.act(func(p *Platform) error {
		if t := p.tags.byID[id]; t != nil {
			p.dropTag(t)
			h.emit(p, tagEvent("delete", id, "tag"))
			return nil
		}
		g := p.tags.group(id)
		if g == nil {
			return fault.New(fault.NotFound, "no tag or tag group %q", id)
		}
		p.dropTagGroup(g)
		h.emit(p, tagEvent("delete", id, "tag_group"))
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
		h.emit(p, tagEvent("shuffle", g.id, "tag_group"))
		return nil
	})
}

func tagEvent(change, id, kind string) event {
	return event{name: "change_external_tag", change: change, right: RightCustomers, fields: []field{text("Id", id), text("TagType", kind)}}
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
	for _, e := range p.people.order {
		for _, rel := range e.relations {
			rel.tags = without(rel.tags, t.id)
		}
	}
	if len(t.group.tags) == 0 {
		p.tags.groups = without(p.tags.groups, t.group)
	}
}

func (p *Platform) dropTagGroup(g *tagGroup) {
	for len(g.tags) > 0 {
		p.dropTag(g.tags[0])
	}
	p.tags.groups = without(p.tags.groups, g)
}

// row shows a group with its tags, larger orders first.
func (g *tagGroup) row(tags []*tag) map[string]any {
	sorted := slices.Clone(tags)
	slices.SortStableFunc(sorted, func(a, b *tag) int { return cmp.Compare(b.order, a.order) })
	rows := []any{}
	for _, t := range sorted {
		rows = append(rows, map[string]any{"id": t.id, "name": t.name, "create_time": t.created.Unix(), "order": t.order})
	}
	row := map[string]any{
		"group_id": g.id, "group_name": g.name, "create_time": g.created.Unix(), "order": g.order, "tag": rows,
	}
	if g.strategy != 0 {
		row["strategy_id"] = g.strategy
	}
	return row
}

func badTagName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n == 0 || n > maxTagName
}
