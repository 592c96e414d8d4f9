package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/web"
)

// WritePost implements web.Posts.
func (d *Desk) WritePost(ctx context.Context, by web.Asker, f web.PostForm) (post int64, err error) {
	order, err := d.postOrder(ctx, by, f)
	if err != nil {
		return 0, err
	}
	if post, err = d.PostGate().WritePost(ctx, order); err != nil {
		return 0, err
	}
	return post, d.audit(ctx, by, "post.written", id.Text(post))
}

// CheckPost implements web.Posts.
func (d *Desk) CheckPost(ctx context.Context, by web.Asker, f web.PostForm) (p web.PostPreview, err error) {
	if p.Files, err = d.keepBrought(ctx, f); err != nil {
		return p, err
	}
	f.Files = p.Files
	order, err := d.postOrder(ctx, by, f)
	if err != nil {
		return p, err
	}
	if err := order.Flaw(); err != nil {
		return p, err
	}
	p.Groups, p.Members, p.Confirmations = len(order.Groups), len(order.Members), len(order.Members)
	p.From, p.Until, p.Link = order.From, order.Until, order.Link
	for _, s := range order.Members {
		p.Customers += order.Holds[s]
	}
	owners := map[id.Staff]bool{}
	got, err := d.postsReceived(ctx, order.Groups)
	_, _, limit := d.Brand.Documents().Rules.QuotaPeriod(d.today())
	for _, g := range order.Groups {
		owners[g.Owner] = true
		p.Customers += g.Customers
		if got[g.ID] >= limit {
			p.Full++
		}
	}
	p.Confirmations += len(owners)
	return p, err
}

// keepBrought stores the files that came with a form, and returns them behind those
// that it keeps. What nobody posts in the end takes room and does nothing else.
func (d *Desk) keepBrought(ctx context.Context, f web.PostForm) ([]content.File, error) {
	files, err := d.namedFiles(ctx, f.Files)
	if err != nil {
		return nil, err
	}
	for _, b := range f.Brought {
		file, flaw := content.NewFile(b.Name, b.Data)
		if flaw != "" {
			return files, web.ContentFlaws(flaw).Err()
		}
		if err := d.DB.PutFile(ctx, file, b.Data, d.Clock.Now()); err != nil {
			return files, err
		}
		files = append(files, file)
	}
	return files, nil
}

// namedFiles returns files with what is known of them; what is not there is missing.
func (d *Desk) namedFiles(ctx context.Context, files []content.File) ([]content.File, error) {
	codes := make([]id.Code, len(files))
	for i, f := range files {
		codes[i] = f.Code
	}
	return d.DB.FilesNamed(ctx, codes)
}

func (d *Desk) postsReceived(ctx context.Context, groups []profile.Group) (map[id.Group]int, error) {
	list := make([]id.Group, len(groups))
	for i := range groups {
		list[i] = groups[i].ID
	}
	from, _, _ := d.Brand.Documents().Rules.QuotaPeriod(d.today())
	return d.DB.GroupPostsSince(ctx, list, from)
}

// postOrder makes an order of what a person wrote. Members and groups outside the
// scope are left out, as if they were not there.
func (d *Desk) postOrder(ctx context.Context, by web.Asker, f web.PostForm) (o delivery.PostOrder, err error) {
	if f.Key == "" || len(f.Key) > 100 {
		return o, fault.WithKey(fault.Invalid, "error.form", errors.New("a post needs its key"))
	}
	now := d.Clock.Now()
	o = delivery.PostOrder{Key: "person/" + by.Account + "/" + f.Key, Channel: f.Filter.Channel, Purpose: f.Purpose, Text: f.Text, Title: f.Title, Link: f.Link,
		Author: by.Account, From: f.At}
	if f.At.IsZero() {
		o.From = now
	}
	if o.Files, err = d.namedFiles(ctx, f.Files); err != nil {
		return o, err
	}
	if o.From.Before(now.Add(-time.Minute)) || o.From.After(now.AddDate(0, 0, mostAhead)) {
		return o, fault.WithKey(fault.Invalid, "error.post_time", errors.New("a post lies too far away"))
	}
	rules := d.Brand.Documents().Rules
	_, o.Until = rules.Window(clock.Day(o.From.In(d.Zone), d.Zone).AddDate(0, 0, max(0, f.Days-1)), o.From)
	if !o.From.Before(o.Until) { // in the evening: the next working day counts as the first
		o.Until = o.Until.AddDate(0, 0, 1)
	}
	if f.Filter.Channel == event.Moments {
		return o, d.orderMoments(ctx, by.Scope, f, &o)
	}
	groups, _, err := d.groupsFor(ctx, by.Scope, f.Filter)
	for _, g := range groups {
		if f.Whole || slices.Contains(f.Groups, g.ID) {
			o.Groups = append(o.Groups, g)
		}
	}
	return o, err
}

// mostAhead is for how many days ahead a post may be written.
const mostAhead = 60

func (d *Desk) orderMoments(ctx context.Context, scope org.Scope, f web.PostForm, o *delivery.PostOrder) error {
	members, holds, err := d.publishers(ctx, scope, f.Filter)
	if err != nil {
		return err
	}
	o.Holds = holds
	for _, s := range members {
		if f.Whole || slices.Contains(f.Members, s.ID) {
			o.Members = append(o.Members, s.ID)
		}
	}
	tags, corps, err := d.wecomTags(ctx)
	if err != nil {
		return err
	}
	for _, tag := range f.Tags {
		if _, known := tags[tag]; !known || o.Corp != "" && corps[tag] != o.Corp {
			return fault.WithKey(fault.Invalid, "error.post_tags", fmt.Errorf("tags of a post: not of one corp"))
		}
		o.Corp = corps[tag]
		o.Tags = append(o.Tags, tag)
	}
	return nil
}

// groupsFor returns the groups that match a filter, by store, owner and name, with
// their kinds.
func (d *Desk) groupsFor(ctx context.Context, scope org.Scope, f web.PostFilter) ([]profile.Group, map[id.Group]string, error) {
	states, err := d.DB.Groups(ctx)
	if err != nil {
		return nil, nil, err
	}
	kinds, err := d.DB.GroupKinds(ctx)
	if err != nil {
		return nil, nil, err
	}
	var list []profile.Group
	for _, g := range states {
		kind := web.GroupKind(cmp.Or(kinds[g.ID], string(web.GroupUnknown)))
		switch member, _ := d.Brand.Member(g.Owner); {
		case g.Dismissed != 0, !member.Active, !d.covers(scope, g.Owner),
			f.Kind != "" && kind != f.Kind, f.Staff != 0 && g.Owner != f.Staff, f.Store != 0 && d.Brand.StoreOf(g.Owner) != f.Store,
			g.Customers < f.Least, f.Most > 0 && g.Customers > f.Most:
			continue
		}
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b profile.Group) int {
		return cmp.Or(cmp.Compare(d.Brand.StoreName(d.Brand.StoreOf(a.Owner)), d.Brand.StoreName(d.Brand.StoreOf(b.Owner))), cmp.Compare(a.Owner, b.Owner), strings.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return list, kinds, nil
}

// publishers returns the members who can publish in Moments, with how many customers
// they held when that was counted last.
func (d *Desk) publishers(ctx context.Context, scope org.Scope, f web.PostFilter) (list []org.Staff, holds map[id.Staff]int, err error) {
	held, _, err := d.DB.Held(ctx)
	if err != nil {
		return nil, nil, err
	}
	holds = map[id.Staff]int{}
	for _, h := range held {
		holds[h.Staff] = h.Kept
	}
	for _, s := range d.Brand.Org().Staff {
		if s.Active && s.Contact && d.covers(scope, s.ID) && (f.Store == 0 || s.Store == f.Store) && (f.Staff == 0 || s.ID == f.Staff) {
			list = append(list, s)
		}
	}
	return list, holds, nil
}

// wecomTags returns the tags of WeCom that are there, by id: their names and corps.
func (d *Desk) wecomTags(ctx context.Context) (names map[string]string, corps map[string]id.Corp, err error) {
	groups, err := d.DB.TagGroups(ctx)
	names, corps = map[string]string{}, map[string]id.Corp{}
	for _, g := range groups {
		for _, t := range g.Tags {
			if !t.Own() && t.Gone.IsZero() && g.Gone.IsZero() && g.Strategy == 0 {
				names[t.ID], corps[t.ID] = g.Name+" / "+t.Name, t.Corp
			}
		}
	}
	return names, corps, err
}

func (d *Desk) tagNames(ctx context.Context, p *delivery.Post) ([]string, error) {
	if len(p.Tags) == 0 {
		return nil, nil
	}
	names, _, err := d.wecomTags(ctx)
	list := make([]string, len(p.Tags))
	for i, tag := range p.Tags {
		list[i] = names[tag]
	}
	return list, err
}

// PostChoices implements web.Posts.
func (d *Desk) PostChoices(ctx context.Context, scope org.Scope, f web.PostFilter) (c web.PostChoices, err error) {
	if f.Channel == event.Moments {
		return d.momentChoices(ctx, scope, f)
	}
	groups, kinds, err := d.groupsFor(ctx, scope, f)
	if err != nil {
		return c, err
	}
	got, err := d.postsReceived(ctx, groups)
	if err != nil {
		return c, err
	}
	var owners []id.Staff
	for i := range groups {
		owners = append(owners, groups[i].Owner)
	}
	names, err := d.staffNames(ctx, owners)
	_, _, limit := d.Brand.Documents().Rules.QuotaPeriod(d.today())
	for _, g := range groups {
		c.Groups = append(c.Groups, web.PostGroup{ID: g.ID, Name: g.Name, Kind: web.GroupKind(cmp.Or(kinds[g.ID], string(web.GroupUnknown))), Owner: names[g.Owner],
			Store: d.Brand.StoreName(d.Brand.StoreOf(g.Owner)), Customers: g.Customers, Left: max(0, limit-got[g.ID])})
	}
	return c, err
}

func (d *Desk) momentChoices(ctx context.Context, scope org.Scope, f web.PostFilter) (c web.PostChoices, err error) {
	members, holds, err := d.publishers(ctx, scope, f)
	if err != nil {
		return c, err
	}
	list := make([]id.Staff, len(members))
	for i := range members {
		list[i] = members[i].ID
	}
	names, err := d.staffNames(ctx, list)
	if err != nil {
		return c, err
	}
	for _, s := range members {
		c.Members = append(c.Members, web.PostMember{ID: s.ID, Name: names[s.ID], Store: d.Brand.StoreName(s.Store), Customers: holds[s.ID]})
	}
	slices.SortFunc(c.Members, func(a, b web.PostMember) int {
		return cmp.Or(strings.Compare(a.Store, b.Store), strings.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	tags, _, err := d.wecomTags(ctx)
	for tag, name := range tags {
		c.Tags = append(c.Tags, web.PostTag{ID: tag, Name: name})
	}
	slices.SortFunc(c.Tags, func(a, b web.PostTag) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return c, err
}
