package desk

import (
	"context"
	"errors"
	"strings"

	"siyu/internal/connector/tag"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

var _ web.Tags = (*Desk)(nil)

// Tagging is what keeps tags.
type Tagging struct {
	Keeper *tag.Keeper
	Bulk   *tag.Bulk
	// Corp returns the corp that is connected; ok is false without one.
	Corp func() (c tag.Corp, ok bool)
	// Start hands work over to be done in the background.
	Start func(ctx context.Context, w tag.Work) error
	// Hand tags one customer and carries it through the house.
	Hand func(ctx context.Context, h tag.Hand) error
	// Push makes a tag of WeCom follow an audience.
	Push func(ctx context.Context, audience int64) error
	// Follow begins to bring a tag up to date with its audience.
	Follow func(ctx context.Context, of tag.Key) error
}

// newestWorks is how many works the page of tags lists.
const newestWorks = 10

// Tags implements web.Tags.
func (d *Desk) Tags(ctx context.Context, scope org.Scope) (web.TagsView, error) {
	groups, err := d.DB.TagGroups(ctx)
	if err != nil {
		return web.TagsView{}, err
	}
	v := web.TagsView{Groups: groupViews(groups), Counted: scope.Everything}
	corp, linked := d.Tagger.Corp()
	if v.Connected = linked; linked {
		v.Left = max(0, tag.Left(groups, corp.ID))
		v.Synced, v.Failed = d.Tagger.Keeper.Synced()
	}
	for _, g := range groups {
		for _, t := range g.Tags {
			if t.Counted.After(v.CountedAt) {
				v.CountedAt = t.Counted
			}
		}
	}
	for i := range v.Groups {
		v.Count += len(v.Groups[i].Tags)
		for j := range v.Groups[i].Tags {
			if !v.Counted { // nobody else's customers are told, not even their number
				v.Groups[i].Tags[j].Carriers = 0
			}
		}
	}
	if !scope.Everything {
		return v, nil
	}
	audiences, err := d.DB.Audiences(ctx)
	if err != nil {
		return v, err
	}
	for _, a := range audiences {
		v.Audiences = append(v.Audiences, web.TagAudienceChoice{Number: a.Number, Name: a.Name})
	}
	if v.Conflicts, err = d.tagConflicts(ctx, groups); err != nil {
		return v, err
	}
	works, err := d.DB.TagWorks(ctx, newestWorks)
	for _, w := range works {
		v.Works = append(v.Works, workView(w))
	}
	return v, err
}

// groupViews leaves out what is gone.
func groupViews(groups []tag.Group) []web.TagGroup {
	var views []web.TagGroup
	for _, g := range groups {
		if !g.Gone.IsZero() {
			continue
		}
		view := web.TagGroup{Key: tagText(g.Key), Name: g.Name, Home: homeOf(g), Rule: g.Rule, Changeable: g.Changeable()}
		for _, t := range g.Tags {
			if t.Gone.IsZero() {
				view.Tags = append(view.Tags, web.Tag{Key: tagText(t.Key), Name: t.Name, Carriers: int(t.Carriers), Audience: t.Audience})
			}
		}
		views = append(views, view)
	}
	return views
}

func homeOf(g tag.Group) web.TagHome {
	switch {
	case g.Own():
		return web.TagOwn
	case g.Strategy != 0:
		return web.TagRule
	}
	return web.TagWeCom
}

// tagText writes a key as addresses and forms hold it.
func tagText(k tag.Key) string { return string(k.Corp) + "/" + k.ID }

func tagKey(text string) (tag.Key, error) {
	corp, name, ok := strings.Cut(text, "/")
	if !ok || name == "" {
		return tag.Key{}, notFound("tag")
	}
	return tag.Key{Corp: id.Corp(corp), ID: name}, nil
}

func (d *Desk) tagConflicts(ctx context.Context, groups []tag.Group) ([]web.TagConflict, error) {
	kept, err := d.DB.TagConflicts(ctx)
	if err != nil {
		return nil, err
	}
	var list []web.TagConflict
	for _, c := range kept {
		list = append(list, web.TagConflict{Kind: web.TagConflictKind(c.Kind), Key: tagText(c.Of), Name: c.Was, Was: c.Was, Is: c.Is, At: c.At})
	}
	for _, c := range tag.Twins(groups) {
		_, t := tagOf(groups, c.Of)
		list = append(list, web.TagConflict{Kind: web.TagSameName, Key: tagText(c.Of), Name: t.Name, Was: c.Was, Is: c.Is})
	}
	return list, nil
}

// tagOf finds a tag, also one that is gone; without an id there is none.
func tagOf(groups []tag.Group, k tag.Key) (tag.Group, tag.Tag) {
	for _, g := range groups {
		for _, t := range g.Tags {
			if t.Key == k {
				return g, t
			}
		}
	}
	return tag.Group{}, tag.Tag{}
}

// MakeTags implements web.Tags.
func (d *Desk) MakeTags(ctx context.Context, by web.Asker, f web.TagForm) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	if err := web.TagFlaws(f).Err(); err != nil {
		return err
	}
	if f.Audience != 0 {
		if _, err := d.audienceInUse(ctx, f.Audience); err != nil {
			return err
		}
	}
	var corp tag.Corp
	if f.Home == web.TagWeCom {
		var err error
		if corp, err = d.connected(); err != nil {
			return err
		}
	}
	made, err := d.Tagger.Keeper.Make(ctx, corp, tag.New{Group: f.Group, Names: f.Names, Audience: f.Audience})
	if err != nil {
		return err
	}
	for _, t := range made {
		if t.Audience == 0 {
			continue
		}
		if err := d.Tagger.Follow(ctx, t.Key); err != nil {
			return err
		}
	}
	return d.audit(ctx, by, "tag.made", f.Group+"/"+joined(made))
}

func joined(tags []tag.Tag) string {
	names := make([]string, len(tags))
	for i, t := range tags {
		names[i] = t.Name
	}
	return strings.Join(names, ", ")
}

func (d *Desk) connected() (tag.Corp, error) {
	corp, linked := d.Tagger.Corp()
	if !linked {
		return corp, fault.WithKey(fault.Conflict, "error.not_connected", errors.New("WeCom is not connected"))
	}
	return corp, nil
}

// RenameTag implements web.Tags.
func (d *Desk) RenameTag(ctx context.Context, by web.Asker, key, name string) error {
	return d.changeTag(ctx, by, key, "tag.renamed", func(corp tag.Corp, k tag.Key) error {
		return d.Tagger.Keeper.Rename(ctx, corp, k, name)
	})
}

// DropTag implements web.Tags.
func (d *Desk) DropTag(ctx context.Context, by web.Asker, key string) error {
	return d.changeTag(ctx, by, key, "tag.dropped", func(corp tag.Corp, k tag.Key) error {
		return d.Tagger.Keeper.Delete(ctx, corp, k)
	})
}

// changeTag makes a change of a tag or group, in WeCom if it lives there.
func (d *Desk) changeTag(ctx context.Context, by web.Asker, key, did string, change func(tag.Corp, tag.Key) error) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	k, err := tagKey(key)
	if err != nil {
		return err
	}
	var corp tag.Corp
	if !k.Own() {
		if corp, err = d.connected(); err != nil {
			return err
		}
		if corp.ID != k.Corp {
			return notFound("tag")
		}
	}
	about := d.tagName(ctx, k)
	if err := change(corp, k); err != nil {
		return err
	}
	return d.audit(ctx, by, did, about)
}

// tagName returns what a tag or group is called, its id where it is not known.
func (d *Desk) tagName(ctx context.Context, k tag.Key) string {
	groups, err := d.DB.TagGroups(ctx)
	if err != nil {
		return k.ID
	}
	for _, g := range groups {
		if g.Key == k {
			return g.Name
		}
	}
	if _, t := tagOf(groups, k); t.Name != "" {
		return t.Name
	}
	return k.ID
}

// FollowTag implements web.Tags.
func (d *Desk) FollowTag(ctx context.Context, by web.Asker, key string, audience int64) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	k, err := tagKey(key)
	if err != nil {
		return err
	}
	if audience != 0 {
		if _, err := d.audienceInUse(ctx, audience); err != nil {
			return err
		}
	}
	if err := d.Tagger.Keeper.Follow(ctx, k, audience); err != nil {
		return err
	}
	if audience != 0 {
		if err := d.Tagger.Follow(ctx, k); err != nil {
			return err
		}
	}
	return d.audit(ctx, by, "tag.follows", d.tagName(ctx, k))
}

// TagAudience makes a tag of WeCom, in Siyu's own group, follow an audience.
func (d *Desk) TagAudience(ctx context.Context, by web.Asker, number int64) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	of, err := d.audienceInUse(ctx, number)
	if err != nil {
		return err
	}
	if err := d.Tagger.Push(ctx, number); err != nil {
		return err
	}
	return d.audit(ctx, by, "audience.tagged", of.Name)
}

// SettleTag implements web.Tags.
func (d *Desk) SettleTag(ctx context.Context, by web.Asker, c web.TagConflict) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	k, err := tagKey(c.Key)
	if err != nil {
		return err
	}
	if err := d.DB.SettleTagConflict(ctx, tag.Conflict{Kind: tag.ConflictKind(c.Kind), Of: k}); err != nil {
		return err
	}
	return d.audit(ctx, by, "tag.settled", d.tagName(ctx, k))
}
