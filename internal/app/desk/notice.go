package desk

import (
	"context"
	"fmt"
	"slices"

	"siyu/internal/app/brand"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// Notices implements web.Brand.
func (d *Desk) Notices(ctx context.Context) (web.Notices, error) {
	doc := d.Brand.Documents()
	g := doc.General
	unreached, err := d.unreachedMembers(ctx)
	return web.Notices{Version: doc.Versions[brand.GeneralDoc], Unreached: unreached, List: []web.Notice{
		{Name: web.NoticeDay, Title: g.DayTitle, Text: g.DayText, Places: []string{"contacts", "sends", "tasks"}, Off: g.NoDayNotice},
		{Name: web.NoticeNew, Title: g.NewTitle, Text: g.NewText, Places: []string{"contacts", "sends", "tasks", "until"}, Off: g.NoNewNotice},
		{Name: web.NoticeApproval, Title: g.ApprovalTitle, Text: g.ApprovalText, Places: []string{"sends", "customers", "posts"}, Off: g.NoApprovalNotice},
		{Name: web.NoticeProcess, Text: g.ProcessText, Places: []string{"processes"}},
		{Name: web.NoticeUrge, Title: g.UrgeTitle, Text: g.UrgeText, Places: []string{"open"}},
		{Name: web.NoticeHalt, Title: g.HaltTitle, Text: g.HaltText, Places: []string{"text", "events", "delivered"}},
		{Name: web.NoticeLoss, Title: g.LossTitle, Text: g.LossText, Places: []string{"who", "n", "usual"}},
		{Name: web.NoticeDeleted, Text: g.DeletedText, Places: []string{"who", "n", "usual"}},
	}}, err
}

// mostUnreached is how many members the page names whom messages do not reach.
const mostUnreached = 50

// unreachedMembers returns the members whom messages of the app do not reach, the first
// of them first.
func (d *Desk) unreachedMembers(ctx context.Context) ([]web.UnreachedMember, error) {
	list, err := d.DB.Unreached(ctx)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(u storage.Unreached) bool {
		member, known := d.Brand.Member(u.Staff)
		return !known || !member.Active
	})
	list = list[:min(len(list), mostUnreached)]
	staff := make([]id.Staff, len(list))
	for i := range list {
		staff[i] = list[i].Staff
	}
	names, err := d.staffNames(ctx, staff)
	members := make([]web.UnreachedMember, len(list))
	for i, u := range list {
		members[i] = web.UnreachedMember{Name: names[u.Staff], Store: d.Brand.StoreName(d.Brand.StoreOf(u.Staff)), Since: u.Since, Because: web.Unreachable(u.Because)}
	}
	return members, err
}

// SetNotices implements web.Brand.
func (d *Desk) SetNotices(ctx context.Context, by web.Asker, n web.Notices) error {
	if !by.Scope.Everything {
		return fault.WithKey(fault.Denied, "error.denied", fmt.Errorf("messages to staff are headquarters'"))
	}
	d.editing.Lock()
	defer d.editing.Unlock()
	doc := d.Brand.Documents()
	if n.Version != doc.Versions[brand.GeneralDoc] {
		return fault.WithKey(fault.Conflict, "error.form_stale", fmt.Errorf("the brand's settings are another version by now"))
	}
	g := doc.General
	for _, one := range n.List {
		switch one.Name {
		case web.NoticeDay:
			g.DayTitle, g.DayText, g.NoDayNotice = one.Title, one.Text, one.Off
		case web.NoticeNew:
			g.NewTitle, g.NewText, g.NoNewNotice = one.Title, one.Text, one.Off
		case web.NoticeApproval:
			g.ApprovalTitle, g.ApprovalText, g.NoApprovalNotice = one.Title, one.Text, one.Off
		case web.NoticeProcess:
			g.ProcessText = one.Text
		case web.NoticeUrge:
			g.UrgeTitle, g.UrgeText = one.Title, one.Text
		case web.NoticeHalt:
			g.HaltTitle, g.HaltText = one.Title, one.Text
		case web.NoticeLoss:
			g.LossTitle, g.LossText = one.Title, one.Text
		case web.NoticeDeleted:
			g.DeletedText = one.Text
		}
	}
	if err := d.Brand.Set(ctx, brand.GeneralDoc, g, by.Account); err != nil {
		return fault.WithKey(fault.Invalid, "error.brand_settings", err)
	}
	return d.audit(ctx, by, "settings.notice", "")
}
