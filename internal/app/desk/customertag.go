package desk

import (
	"context"
	"strings"

	"siyu/internal/connector/tag"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
	"siyu/internal/web"
)

// addTags lists the tags that a customer carries, and all there are.
func (d *Desk) addTags(ctx context.Context, c *profile.Customer, v *web.CustomerView) error {
	groups, err := d.DB.TagGroups(ctx)
	if err != nil {
		return err
	}
	v.TagChoices = groupViews(groups)
	for _, t := range c.OwnTags() {
		k := tag.OwnKey(t.Tag)
		if g, known := tagOf(groups, k); known.Name != "" && known.Gone.IsZero() {
			v.Tags = append(v.Tags, web.TagOf{Key: tagText(k), Group: g.Name, Name: known.Name, Home: web.TagOwn, Follows: known.Audience != 0, By: t.By, Since: t.At.Time()})
		}
	}
	return d.addCorpTags(ctx, c, groups, v)
}

// addCorpTags lists tags of WeCom by the relations that carry them, with who
// put them on as far as the newest facts tell.
func (d *Desk) addCorpTags(ctx context.Context, c *profile.Customer, groups []tag.Group, v *web.CustomerView) error {
	var staff []id.Staff
	for _, r := range c.Relations {
		if r.Active() && len(r.Tags) > 0 {
			staff = append(staff, r.Staff)
		}
	}
	if len(staff) == 0 {
		return nil
	}
	names, err := d.staffNames(ctx, staff)
	if err != nil {
		return err
	}
	told, err := d.tagsTold(ctx, c.ID)
	if err != nil {
		return err
	}
	place := map[tag.Key]int{}
	for _, r := range c.Relations {
		if !r.Active() {
			continue
		}
		member, _ := d.Brand.Member(r.Staff)
		for _, one := range r.Tags {
			k := tag.Key{Corp: member.Corp, ID: one}
			g, known := tagOf(groups, k)
			if known.ID == "" || !known.Gone.IsZero() {
				continue
			}
			i, listed := place[k]
			if !listed {
				i, place[k] = len(v.Tags), len(v.Tags)
				first := told[tagTold{r.Staff, one}]
				v.Tags = append(v.Tags, web.TagOf{Key: tagText(k), Group: g.Name, Name: known.Name, Home: homeOf(g), Follows: known.Audience != 0, By: first.by, Since: first.at.Time()})
			}
			v.Tags[i].Staff = append(v.Tags[i].Staff, names[r.Staff])
		}
	}
	return nil
}

// tagTold names a tag on one relation.
type tagTold struct {
	staff id.Staff
	tag   string
}

type tagSince struct {
	by string
	at event.Instant
}

// tagsTold returns since when, and on whose behalf, each tag stands on a
// relation: the oldest of the newest facts that name it without a break.
func (d *Desk) tagsTold(ctx context.Context, c id.Customer) (map[tagTold]tagSince, error) {
	const facts = 500
	list, err := d.newestFacts(ctx, c, 0, facts)
	if err != nil {
		return nil, err
	}
	since, broken := map[tagTold]tagSince{}, map[tagTold]bool{}
	for _, f := range list { // newest first
		if f.Kind != event.KindRelationTagged {
			continue
		}
		b, err := event.Read[event.RelationTagged](f)
		if err != nil {
			return nil, err
		}
		there := map[string]bool{}
		for _, t := range b.Tags {
			there[t] = true
			if k := (tagTold{b.Staff, t}); !broken[k] {
				since[k] = tagSince{b.By, event.At(f.At)}
			}
		}
		for k := range since {
			if k.staff == b.Staff && !there[k.tag] {
				broken[k] = true
			}
		}
	}
	return since, nil
}

// tagEntry turns a fact about tags into a line of the record history.
func (d *Desk) tagEntry(ctx context.Context, f event.Fact) (web.TimelineEntry, error) {
	e := web.TimelineEntry{At: f.At, Kind: f.Kind}
	groups, err := d.DB.TagGroups(ctx)
	if err != nil {
		return e, err
	}
	switch f.Kind {
	case event.KindRelationTagged:
		b, err := event.Read[event.RelationTagged](f)
		if err != nil {
			return e, err
		}
		names, err := d.staffNames(ctx, []id.Staff{b.Staff})
		if err != nil {
			return e, err
		}
		member, _ := d.Brand.Member(b.Staff)
		keys := make([]tag.Key, len(b.Tags))
		for i, one := range b.Tags {
			keys[i] = tag.Key{Corp: member.Corp, ID: one}
		}
		e.Staff, e.By, e.Detail = names[b.Staff], b.By, tagNames(groups, keys...)
	case event.KindCustomerTagged:
		b, err := event.Read[event.CustomerTagged](f)
		e.By, e.Detail = b.By, tagNames(groups, tag.OwnKey(b.Tag))
		return e, err
	case event.KindCustomerUntagged:
		b, err := event.Read[event.CustomerUntagged](f)
		e.By, e.Detail = b.By, tagNames(groups, tag.OwnKey(b.Tag))
		return e, err
	}
	return e, nil
}

// tagNames says what tags are called, their ids where nobody knows; a dash for
// none.
func tagNames(groups []tag.Group, keys ...tag.Key) string {
	if len(keys) == 0 {
		return "—"
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		if _, t := tagOf(groups, k); t.Name != "" {
			names[i] = t.Name
		} else {
			names[i] = k.ID
		}
	}
	return strings.Join(names, ", ")
}
