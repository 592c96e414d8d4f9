// Package tag keeps tags: WeCom's are read, made, renamed and put on relations
// by API; the brand's own live in Siyu and are facts about customers. What
// Siyu writes to WeCom comes back as a callback, is found to be known, and
// changes nothing.
package tag

import (
	"context"
	"slices"
	"time"

	"siyu/internal/id"
	"siyu/internal/wecom"
)

// Key names a tag or a group of tags: ids of WeCom are unique inside a corp
// only. Without a corp it is the brand's own.
type Key struct {
	Corp id.Corp
	ID   string
}

// Own tells whether the tag lives in Siyu.
func (k Key) Own() bool { return k.Corp == "" }

// Number returns the Tag that facts about one of the brand's own name.
func (k Key) Number() id.Tag {
	n, _ := id.Parse[id.Tag](k.ID)
	return n
}

// OwnKey returns the key of one of the brand's own tags.
func OwnKey(t id.Tag) Key { return Key{ID: id.Text(t)} }

// Group is a group of tags.
type Group struct {
	Key
	Name     string
	Order    int64  // larger first
	Strategy int64  // rule group of WeCom whose tags these are, 0 for none
	Rule     string // name of the rule group, "" while it is not known
	// Ours says that Siyu made the group. WeCom refuses changes to all others.
	Ours bool
	Gone time.Time // zero: it is there
	Tags []Tag
}

// Changeable tells whether Siyu may rename and delete the group and its tags.
func (g Group) Changeable() bool { return g.Gone.IsZero() && (g.Own() || g.Ours) }

// Tag is one tag.
type Tag struct {
	Key
	Name  string
	Order int64 // larger first
	// Audience is the audience whose members carry the tag, 0 for none: then
	// people put it on.
	Audience int64
	Gone     time.Time // zero: it is there
	Carriers int64     // customers who carried it when they were counted
	Counted  time.Time // zero: never
}

// ConflictKind says what two sides disagree about.
type ConflictKind string

// The conflicts.
const (
	Renamed  ConflictKind = "renamed"   // on WeCom, while Siyu uses it
	Deleted  ConflictKind = "deleted"   // on WeCom, while Siyu uses it
	NotOurs  ConflictKind = "not_ours"  // WeCom refused a change: another app made it
	SameName ConflictKind = "same_name" // two tags of one name in different groups
)

// Conflict is a disagreement that a person should know of. There is at most
// one of a kind about a tag.
type Conflict struct {
	Kind ConflictKind
	Of   Key
	Was  string // name; for SameName the group of the one
	Is   string // name now, "" if it is gone; for SameName the group of the other
	At   time.Time
}

// Book keeps groups, tags and conflicts.
type Book interface {
	// TagGroups returns all groups with their tags, also those that are gone,
	// larger orders first.
	TagGroups(ctx context.Context) ([]Group, error)
	// KeepTagGroups stores groups and their tags over what is kept of them,
	// except how many carry them, and adds conflicts.
	KeepTagGroups(ctx context.Context, groups []Group, found []Conflict) error
	// TagConflicts returns the conflicts nobody has settled, newest first.
	TagConflicts(ctx context.Context) ([]Conflict, error)
	// SettleTagConflict takes a conflict off the list; one that is not on it is
	// no error.
	SettleTagConflict(ctx context.Context, c Conflict) error
	// KeepTagCarriers stores how many customers carry each tag; tags that are
	// not named are carried by nobody.
	KeepTagCarriers(ctx context.Context, carriers map[Key]int64, at time.Time) error
	// TagsInWork returns the tags that unfinished work is about.
	TagsInWork(ctx context.Context) ([]Key, error)
}

// find returns the group and the place in it of a tag that is there.
func find(groups []Group, k Key) (group *Group, tag *Tag) {
	for i := range groups {
		for j := range groups[i].Tags {
			if t := &groups[i].Tags[j]; t.Key == k {
				return &groups[i], t
			}
		}
	}
	return nil, nil
}

func findGroup(groups []Group, k Key) *Group {
	if i := slices.IndexFunc(groups, func(g Group) bool { return g.Key == k }); i >= 0 {
		return &groups[i]
	}
	return nil
}

// Twins returns the pairs of tags that are there, bear one name and stand in
// different groups: customers would be tagged with one and looked for with the
// other.
func Twins(groups []Group) []Conflict {
	type place struct {
		group string
		key   Key
	}
	first := map[string]place{}
	var twins []Conflict
	for _, g := range groups {
		for _, t := range g.Tags {
			if !g.Gone.IsZero() || !t.Gone.IsZero() {
				continue
			}
			if other, known := first[t.Name]; known {
				twins = append(twins, Conflict{Kind: SameName, Of: t.Key, Was: other.group, Is: g.Name})
			} else {
				first[t.Name] = place{g.Name, t.Key}
			}
		}
	}
	return twins
}

// Left returns how many more tags a corp may have.
func Left(groups []Group, corp id.Corp) int {
	n := wecom.MaxCorpTags
	for _, g := range groups {
		for _, t := range g.Tags {
			if g.Corp == corp && t.Gone.IsZero() {
				n--
			}
		}
	}
	return n
}
