package desk

import (
	"context"
	"errors"
	"strconv"

	"siyu/internal/connector/tag"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/web"
)

var _ web.Tagging = (*Desk)(nil)

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
	for _, staff := range d.tagThrough(by.Scope, state, k) {
		if err := d.Tagger.Hand(ctx, tag.Hand{Tag: k, Customer: state.ID, Staff: staff, Off: off, By: by.Account}); err != nil {
			return err
		}
	}
	return d.audit(ctx, by, did, id.Text(state.ID)+" "+t.Name)
}

// tagThrough returns the members on whose relations a person may tag a
// customer, 0 for all of them: the brand's own tags stand on none.
func (d *Desk) tagThrough(scope org.Scope, c *profile.Customer, k tag.Key) []id.Staff {
	if k.Own() || scope.Everything {
		return []id.Staff{0}
	}
	var staff []id.Staff
	for _, r := range c.Relations {
		if r.Active() && d.covers(scope, r.Staff) {
			staff = append(staff, r.Staff)
		}
	}
	return staff
}

// StartTagging implements web.Tagging.
func (d *Desk) StartTagging(ctx context.Context, by web.Asker, f web.TaggingForm) (string, error) {
	if err := headquarters(by.Scope); err != nil {
		return "", err
	}
	customers, err := d.matching(ctx, by.Scope, f.Query)
	if err != nil {
		return "", err
	}
	return d.beginTagging(ctx, by, f, customers)
}

// beginTagging begins to tag customers in the background.
func (d *Desk) beginTagging(ctx context.Context, by web.Asker, f web.TaggingForm, customers []id.Customer) (string, error) {
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
