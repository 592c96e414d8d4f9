package desk

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"siyu/internal/connector/tag"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/web"
)

var (
	_ web.Tags    = (*Desk)(nil)
	_ web.Tagging = (*Desk)(nil)
)

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
				view.Tags = append(view.Tags, web.Tag{Key: tagText(t.Key), Name: t.Name, Carriers: int(t.Carriers), Follows: t.Audience != 0})
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
	var corp tag.Corp
	if f.Home == web.TagWeCom {
		var err error
		if corp, err = d.connected(); err != nil {
			return err
		}
	}
	made, err := d.Tagger.Keeper.Make(ctx, corp, tag.New{Group: f.Group, Names: f.Names})
	if err != nil {
		return err
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

// SetTag implements web.Tagging.
func (d *Desk) SetTag(ctx context.Context, by web.Asker, c id.Customer, text string, off bool) error {
	state, err := d.visible(ctx, by.Scope, c)
	if err != nil {
		return err
	}
	k, err := tagKey(text)
	if err != nil {
		return err
	}
	groups, err := d.DB.TagGroups(ctx)
	if err != nil {
		return err
	}
	_, t := tagOf(groups, k)
	switch {
	case t.ID == "" || !off && !t.Gone.IsZero():
		return notFound("tag")
	case t.Audience != 0:
		return fault.WithKey(fault.Conflict, "error.tag_follows", errors.New("an audience decides who carries the tag"))
	}
	did := "customer.tagged"
	if off {
		did = "customer.untagged"
	}
	if err := d.Tagger.Hand(ctx, tag.Hand{Tag: k, Customer: state.ID, Staff: by.Scope.Staff, Off: off, By: by.Account}); err != nil {
		return err
	}
	return d.audit(ctx, by, did, id.Text(state.ID)+" "+t.Name)
}

// StartTagging implements web.Tagging.
func (d *Desk) StartTagging(ctx context.Context, by web.Asker, f web.TaggingForm) (string, error) {
	if err := headquarters(by.Scope); err != nil {
		return "", err
	}
	k, err := tagKey(f.Tag)
	if err != nil {
		return "", err
	}
	groups, err := d.DB.TagGroups(ctx)
	if err != nil {
		return "", err
	}
	_, t := tagOf(groups, k)
	switch {
	case t.ID == "" || !t.Gone.IsZero():
		return "", fault.WithKey(fault.Invalid, "error.tag_gone", errors.New("no such tag"))
	case t.Audience != 0:
		return "", fault.WithKey(fault.Invalid, "error.tag_follows", errors.New("an audience decides who carries the tag"))
	}
	customers, err := d.matching(ctx, by.Scope, f.Query)
	if err != nil {
		return "", err
	}
	w, err := d.Tagger.Bulk.Bulk(ctx, tag.Work{Tag: k, Name: t.Name, By: by.Account}, customers, f.Off)
	if err != nil {
		return "", err
	}
	if err := d.Tagger.Start(ctx, w); err != nil {
		return "", err
	}
	return workText(w.ID), d.audit(ctx, by, "tagging.started", t.Name+" "+strconv.Itoa(w.Total))
}

// matching returns everybody whom the list of customers shows for a query.
func (d *Desk) matching(ctx context.Context, scope org.Scope, q web.CustomerQuery) ([]id.Customer, error) {
	const page = 1000
	q.After, q.Limit = "", page
	var all []id.Customer
	for {
		found, err := d.listed(ctx, scope, q)
		if err != nil {
			return nil, err
		}
		all = append(all, found.Customers...)
		switch {
		case len(all) > web.MostTagged:
			return nil, fault.WithKey(fault.Invalid, "error.tag_too_many", errors.New("more customers match than one work may tag"))
		case found.Next == "" && len(all) == 0:
			return nil, fault.WithKey(fault.Invalid, "error.tag_nobody", errors.New("nobody matches"))
		case found.Next == "":
			return all, nil
		}
		q.After = found.Next
	}
}

func workText(work int64) string { return strconv.FormatInt(work, 36) }

// TagWork implements web.Tagging.
func (d *Desk) TagWork(ctx context.Context, scope org.Scope, text string) (web.TagWork, error) {
	if err := headquarters(scope); err != nil {
		return web.TagWork{}, err
	}
	work, err := strconv.ParseInt(text, 36, 64)
	if err != nil {
		return web.TagWork{}, notFound("tag work")
	}
	w, err := d.DB.TagWork(ctx, work)
	if err != nil {
		return web.TagWork{}, err
	}
	const shown = 100
	refused, err := d.DB.TagRefusals(ctx, work, 0, shown)
	if err != nil {
		return web.TagWork{}, err
	}
	customers := make([]id.Customer, len(refused))
	for i, r := range refused {
		customers[i] = r.Customer
	}
	names, err := d.customerNames(ctx, customers)
	v := workView(w)
	for _, r := range refused {
		v.Refused = append(v.Refused, web.TagRefusal{Customer: r.Customer, Name: names[r.Customer], Because: string(r.Because)})
	}
	return v, err
}

func workView(w tag.Work) web.TagWork {
	return web.TagWork{ID: workText(w.ID), Tag: w.Name, Follows: w.Follows, By: w.By, State: web.TagWorkState(w.State), Because: string(w.Because),
		Total: w.Total, Done: w.Done, Failed: w.Failed, Begun: w.Begun, Ended: w.Ended}
}

// StopTagging implements web.Tagging.
func (d *Desk) StopTagging(ctx context.Context, by web.Asker, text string) error {
	found, err := d.TagWork(ctx, by.Scope, text)
	if err != nil {
		return err
	}
	work, err := strconv.ParseInt(text, 36, 64)
	if err != nil {
		return notFound("tag work")
	}
	if err := d.DB.StopTagWork(ctx, work, d.Clock.Now()); err != nil {
		return err
	}
	return d.audit(ctx, by, "tagging.stopped", found.Tag)
}

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
			v.Tags = append(v.Tags, web.TagOf{Key: tagText(k), Group: g.Name, Name: known.Name, Home: web.TagOwn, By: t.By, Since: t.At.Time()})
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
				v.Tags = append(v.Tags, web.TagOf{Key: tagText(k), Group: g.Name, Name: known.Name, Home: homeOf(g), By: first.by, Since: first.at.Time()})
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
