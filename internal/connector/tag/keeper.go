package tag

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// WeCom is what a Keeper calls of the API; a wecom.Client is one.
type WeCom interface {
	Tags(ctx context.Context, groupIDs ...string) ([]wecom.TagGroup, error)
	StrategyTags(ctx context.Context, strategy int64, groupIDs ...string) ([]wecom.TagGroup, error)
	Strategy(ctx context.Context, id int64) (wecom.Strategy, error)
	AddTags(ctx context.Context, tags wecom.NewTags) (wecom.TagGroup, error)
	AddStrategyTags(ctx context.Context, strategy int64, tags wecom.NewTags) (wecom.TagGroup, error)
	Changer
}

// Changer is what a Keeper calls to change tags that Siyu made.
type Changer interface {
	EditTag(ctx context.Context, edit wecom.TagEdit) error
	EditStrategyTag(ctx context.Context, edit wecom.TagEdit) error
	DeleteTags(ctx context.Context, tagIDs, groupIDs []string) error
	DeleteStrategyTags(ctx context.Context, tagIDs, groupIDs []string) error
}

// Keeper keeps the book of groups and tags equal to WeCom. It does one thing
// at a time: what it writes itself is in the book before it looks again, and so
// is no conflict.
type Keeper struct {
	book  Book
	clock clock.Clock
	mu    sync.Mutex
	last  atomic.Pointer[reading]
}

// reading is how WeCom's tags were read last.
type reading struct {
	at     time.Time // of the last one that worked, zero for none
	failed bool
}

// Synced returns when WeCom's tags were last read since the start, zero for
// never, and whether it has failed since.
func (k *Keeper) Synced() (at time.Time, failed bool) {
	if r := k.last.Load(); r != nil {
		return r.at, r.failed
	}
	return time.Time{}, false
}

// NewKeeper returns a Keeper of a book.
func NewKeeper(book Book, c clock.Clock) *Keeper { return &Keeper{book: book, clock: c} }

// Sync reads the tags of a corp and keeps what changed. Tags that Siyu made or
// uses and that were renamed or deleted meanwhile become conflicts.
func (k *Keeper) Sync(ctx context.Context, corp id.Corp, api WeCom) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	seen, err := k.look(ctx, corp, api)
	if err != nil {
		at, _ := k.Synced()
		k.last.Store(&reading{at, true})
		return err
	}
	k.last.Store(&reading{at: k.clock.Now()})
	known, err := k.book.TagGroups(ctx)
	if err != nil {
		return fmt.Errorf("read the book of tags: %w", err)
	}
	used, err := k.book.TagsInWork(ctx)
	if err != nil {
		return fmt.Errorf("look up tags in work: %w", err)
	}
	m := mirror{corp: corp, known: known, used: used, at: k.clock.Now(), rules: seen.rules}
	changed := m.hold(seen.groups)
	if len(changed) == 0 && len(m.found) == 0 {
		return nil
	}
	return k.book.KeepTagGroups(ctx, changed, m.found)
}

// sight is what WeCom shows of tags.
type sight struct {
	groups []Group
	rules  bool // tags of rule groups could be read
}

func (k *Keeper) look(ctx context.Context, corp id.Corp, api WeCom) (sight, error) {
	listed, err := api.Tags(ctx)
	if err != nil {
		return sight{}, fmt.Errorf("read tags: %w", err)
	}
	var s sight
	ofRules, err := api.StrategyTags(ctx, 0)
	switch reaction := wecom.ReactionOf(err); {
	case err == nil:
		s.rules = true
	case reaction == wecom.TryLater || reaction == wecom.FixSettings:
		return sight{}, fmt.Errorf("read tags of rule groups: %w", err)
	}
	names := map[int64]string{}
	for _, g := range slices.Concat(listed, ofRules) {
		if g.Deleted {
			continue
		}
		group := Group{Key: Key{corp, g.ID}, Name: g.Name, Order: int64(g.Order), Strategy: int64(g.Strategy)}
		if group.Strategy != 0 {
			group.Rule = ruleName(ctx, api, names, group.Strategy)
		}
		for _, t := range g.Tags {
			if !t.Deleted {
				group.Tags = append(group.Tags, Tag{Key: Key{corp, t.ID}, Name: t.Name, Order: int64(t.Order)})
			}
		}
		s.groups = append(s.groups, group)
	}
	return s, nil
}

// ruleName returns what a rule group is called, "" where WeCom does not tell:
// its tags are shown all the same.
func ruleName(ctx context.Context, api WeCom, names map[int64]string, strategy int64) string {
	name, asked := names[strategy]
	if !asked {
		found, err := api.Strategy(ctx, strategy)
		if err == nil {
			name = found.Name
		}
		names[strategy] = name
	}
	return name
}

// mirror holds what WeCom shows against what is known.
type mirror struct {
	corp  id.Corp
	known []Group
	used  []Key
	at    time.Time
	rules bool
	found []Conflict
}

// hold returns the groups that are new or changed, as they are to be kept.
func (m *mirror) hold(shown []Group) (changed []Group) {
	seen := map[string]bool{}
	for _, g := range shown {
		seen[g.ID] = true
		if now, differs := m.group(g); differs {
			changed = append(changed, now)
		}
	}
	for _, g := range m.known {
		if g.Corp == m.corp && !seen[g.ID] && g.Gone.IsZero() && (m.rules || g.Strategy == 0) {
			changed = append(changed, m.lost(g))
		}
	}
	return changed
}

func (m *mirror) group(now Group) (Group, bool) {
	was := findGroup(m.known, now.Key)
	if was == nil {
		return now, true
	}
	differs := was.Name != now.Name || was.Order != now.Order || was.Rule != now.Rule || !was.Gone.IsZero()
	if was.Name != now.Name && was.Ours && was.Gone.IsZero() {
		m.found = append(m.found, Conflict{Kind: Renamed, Of: now.Key, Was: was.Name, Is: now.Name, At: m.at})
	}
	now.Ours = was.Ours
	shown := map[string]bool{}
	for i := range now.Tags {
		shown[now.Tags[i].ID] = true
		if m.tag(was, &now.Tags[i]) {
			differs = true
		}
	}
	for _, t := range was.Tags {
		if shown[t.ID] {
			continue
		}
		if t.Gone.IsZero() {
			t, differs = m.lostTag(*was, t), true
		}
		now.Tags = append(now.Tags, t)
	}
	return now, differs
}

// tag completes a tag by what WeCom does not know of it, and tells whether it
// changed.
func (m *mirror) tag(group *Group, now *Tag) bool {
	i := slices.IndexFunc(group.Tags, func(t Tag) bool { return t.ID == now.ID })
	if i < 0 {
		return true
	}
	was := group.Tags[i]
	now.Audience = was.Audience
	if was.Name != now.Name && was.Gone.IsZero() && m.minds(*group, was) {
		m.found = append(m.found, Conflict{Kind: Renamed, Of: now.Key, Was: was.Name, Is: now.Name, At: m.at})
	}
	return was.Name != now.Name || was.Order != now.Order || !was.Gone.IsZero()
}

// minds tells whether Siyu has anything to do with a tag of WeCom.
func (m *mirror) minds(g Group, t Tag) bool {
	return g.Ours || t.Audience != 0 || slices.Contains(m.used, t.Key)
}

func (m *mirror) lost(g Group) Group {
	tags := slices.Clone(g.Tags)
	for i, t := range tags {
		if t.Gone.IsZero() {
			tags[i] = m.lostTag(g, t)
		}
	}
	g.Tags, g.Gone = tags, m.at
	return g
}

func (m *mirror) lostTag(g Group, t Tag) Tag {
	if m.minds(g, t) {
		m.found = append(m.found, Conflict{Kind: Deleted, Of: t.Key, Was: t.Name, At: m.at})
	}
	t.Gone = m.at
	return t
}

// unread is a tag that a change is about and that is not in the book.
func unread(k Key) error {
	return fault.WithKey(fault.NotFound, "error.tag_gone", fmt.Errorf("no tag or group %q", k.ID))
}
