package webtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

// tags are the brand's tags.
type tags struct {
	groups    []web.TagGroup
	conflicts []web.TagConflict
	works     []*web.TagWork
	audiences []web.TagAudienceChoice
	on        map[id.Customer][]web.TagOf
}

func (b *Brand) fillTags() {
	b.tags = tags{
		groups: []web.TagGroup{
			{Key: "/g1", Name: b.text("关系"), Home: web.TagOwn, Changeable: true, Tags: []web.Tag{{Key: "/t1", Name: b.text("老客"), Carriers: 812}, {Key: "/t2", Name: b.text("快到期"), Carriers: 93, Audience: 1}}},
			{Key: "ww/g2", Name: b.text("口味"), Home: web.TagWeCom, Tags: []web.Tag{{Key: "ww/t3", Name: b.text("爱喝岩茶"), Carriers: 1204}}},
			{Key: "ww/g3", Name: "Siyu", Home: web.TagWeCom, Changeable: true, Tags: []web.Tag{{Key: "ww/t4", Name: b.text("不打扰"), Carriers: 41}}},
			{Key: "ww/g4", Name: b.text("区域"), Home: web.TagRule, Rule: b.text("华北区"), Tags: []web.Tag{{Key: "ww/t5", Name: b.text("北京")}}},
		},
		conflicts: []web.TagConflict{
			{Kind: web.TagRenamed, Key: "ww/t4", Name: b.text("别打扰"), Was: b.text("别打扰"), Is: b.text("不打扰"), At: b.now.Add(-time.Hour)},
			{Kind: web.TagSameName, Key: "ww/t3", Name: b.text("爱喝岩茶"), Was: b.text("口味"), Is: b.text("关系")},
		},
		works: []*web.TagWork{{ID: "w1", Tag: b.text("不打扰"), By: OwnerAccount, State: web.TagWorkFinished, Total: 40, Done: 38, Failed: 2,
			Begun: b.now.Add(-2 * time.Hour), Ended: b.now.Add(-time.Hour), Refused: []web.TagRefusal{{Customer: b.customers[0].ID, Name: b.customers[0].Name, Because: "not_connected"}}}},
		audiences: []web.TagAudienceChoice{{Number: 1, Name: b.text("快到期的老客")}, {Number: 2, Name: b.text("新客")}},
		on:        map[id.Customer][]web.TagOf{},
	}
	for i := range b.customers {
		b.tags.on[b.customers[i].ID] = []web.TagOf{{Key: "ww/t3", Group: b.text("口味"), Name: b.text("爱喝岩茶"), Home: web.TagWeCom, Staff: []string{b.staff[0].Name}, Since: b.now.AddDate(0, -1, 0)}}
	}
}

// Tags implements web.Tags.
func (b *Brand) Tags(_ context.Context, scope org.Scope) (web.TagsView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := web.TagsView{Connected: b.link.Corp != "", Groups: b.tags.groups, Counted: scope.Everything, Left: 2996, Synced: b.now.Add(-10 * time.Minute), CountedAt: b.now.Add(-3 * time.Hour)}
	for _, g := range v.Groups {
		v.Count += len(g.Tags)
	}
	if scope.Everything {
		v.Audiences = b.tags.audiences
		v.Conflicts = b.tags.conflicts
		for _, w := range b.tags.works {
			v.Works = append(v.Works, *w)
		}
	}
	return v, b.Fail
}

// MakeTags implements web.Tags.
func (b *Brand) MakeTags(_ context.Context, by web.Asker, f web.TagForm) error {
	if err := web.TagFlaws(f).Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.tags.groups, func(g web.TagGroup) bool { return g.Name == f.Group && g.Home == f.Home })
	if i >= 0 && !b.tags.groups[i].Changeable {
		return fault.WithKey(fault.Denied, "error.tag_not_ours", fmt.Errorf("another app made the group"))
	}
	if i < 0 {
		i = len(b.tags.groups)
		b.tags.groups = append(b.tags.groups, web.TagGroup{Key: fmt.Sprint("/new", i), Name: f.Group, Home: f.Home, Changeable: true})
	}
	for n, name := range f.Names {
		g := &b.tags.groups[i]
		g.Tags = append(g.Tags, web.Tag{Key: fmt.Sprintf("%s-%d", g.Key, len(g.Tags)+n), Name: name})
	}
	b.did(by, "tag.made", f.Group)
	return nil
}

// tag finds a tag or group.
func (b *Brand) tag(key string) (g *web.TagGroup, t *web.Tag) {
	for i := range b.tags.groups {
		if g = &b.tags.groups[i]; g.Key == key {
			return g, nil
		}
		for j := range g.Tags {
			if g.Tags[j].Key == key {
				return g, &g.Tags[j]
			}
		}
	}
	return nil, nil
}

// RenameTag implements web.Tags.
func (b *Brand) RenameTag(_ context.Context, by web.Asker, key, name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	g, t := b.tag(key)
	switch {
	case g == nil:
		return fault.WithKey(fault.NotFound, "error.tag_gone", fmt.Errorf("no tag"))
	case !g.Changeable:
		return fault.WithKey(fault.Denied, "error.tag_not_ours", fmt.Errorf("another app made it"))
	case t != nil:
		t.Name = name
	default:
		g.Name = name
	}
	b.did(by, "tag.renamed", name)
	return nil
}

// DropTag implements web.Tags.
func (b *Brand) DropTag(_ context.Context, by web.Asker, key string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tags.groups = slices.DeleteFunc(b.tags.groups, func(g web.TagGroup) bool { return g.Key == key })
	for i := range b.tags.groups {
		b.tags.groups[i].Tags = slices.DeleteFunc(b.tags.groups[i].Tags, func(t web.Tag) bool { return t.Key == key })
	}
	b.did(by, "tag.dropped", "")
	return nil
}

// FollowTag implements web.Tags.
func (b *Brand) FollowTag(_ context.Context, by web.Asker, key string, audience int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, t := b.tag(key)
	if t == nil {
		return fault.WithKey(fault.NotFound, "error.tag_gone", fmt.Errorf("no tag"))
	}
	t.Audience = audience
	b.did(by, "tag.follows", t.Name)
	return nil
}

// SettleTag implements web.Tags.
func (b *Brand) SettleTag(_ context.Context, by web.Asker, c web.TagConflict) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tags.conflicts = slices.DeleteFunc(b.tags.conflicts, func(one web.TagConflict) bool { return one.Kind == c.Kind && one.Key == c.Key })
	b.did(by, "tag.settled", "")
	return nil
}

// SetTag implements web.Tagging.
func (b *Brand) SetTag(ctx context.Context, by web.Asker, c id.Customer, key string, off bool) error {
	if _, err := b.Customer(ctx, by.Scope, c); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	g, t := b.tag(key)
	if t == nil {
		return fault.New(fault.NotFound, "no tag")
	}
	b.tags.on[c] = slices.DeleteFunc(slices.Clone(b.tags.on[c]), func(one web.TagOf) bool { return one.Key == key })
	if !off {
		b.tags.on[c] = append(b.tags.on[c], web.TagOf{Key: key, Group: g.Name, Name: t.Name, Home: g.Home, By: by.Account, Since: b.now})
	}
	b.did(by, map[bool]string{false: "customer.tagged", true: "customer.untagged"}[off], "")
	return nil
}

// StartTagging implements web.Tagging. The work ends after a few looks.
func (b *Brand) StartTagging(_ context.Context, by web.Asker, f web.TaggingForm) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, t := b.tag(f.Tag)
	if t == nil {
		return "", fault.WithKey(fault.Invalid, "error.tag_gone", fmt.Errorf("no such tag"))
	}
	w := &web.TagWork{ID: fmt.Sprint("w", len(b.tags.works)+1), Tag: t.Name, By: by.Account, State: web.TagWorkOpen, Total: 60, Begun: b.now}
	b.tags.works = append([]*web.TagWork{w}, b.tags.works...)
	b.did(by, "tagging.started", t.Name)
	return w.ID, nil
}

// TagListed implements web.Tagging: who is called nobody is not recognised.
func (b *Brand) TagListed(ctx context.Context, by web.Asker, f web.TagListForm) (string, error) {
	if strings.Contains(string(f.File), "nobody") && !f.Skip {
		return "", fault.WithKey(fault.Invalid, "error.tag_list", web.ListFlaws{{Line: 3, Value: "nobody", Key: "tag_list_flaw.unknown"}})
	}
	return b.StartTagging(ctx, by, web.TaggingForm{Tag: f.Tag, Off: f.Off})
}

// TagWork implements web.Tagging. Each look at open work moves it on.
func (b *Brand) TagWork(_ context.Context, scope org.Scope, work string) (web.TagWork, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.tags.works {
		if w.ID != work || !scope.Everything {
			continue
		}
		if w.State == web.TagWorkOpen {
			if w.Done += 20; w.Done >= w.Total {
				w.State, w.Ended = web.TagWorkFinished, b.now
			}
		}
		return *w, b.Fail
	}
	return web.TagWork{}, fault.New(fault.NotFound, "no tag work %s", strings.ToValidUTF8(work, ""))
}

// StopTagging implements web.Tagging.
func (b *Brand) StopTagging(_ context.Context, by web.Asker, work string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.tags.works {
		if w.ID == work && w.Busy() {
			w.State, w.Ended = web.TagWorkStopped, b.now
			b.did(by, "tagging.stopped", w.Tag)
			return nil
		}
	}
	return fault.WithKey(fault.Conflict, "error.tag_work_over", fmt.Errorf("it is over"))
}
