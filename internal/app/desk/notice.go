package desk

import (
	"context"
	"fmt"

	"siyu/internal/app/brand"
	"siyu/internal/fault"
	"siyu/internal/web"
)

// Notices implements web.Brand.
func (d *Desk) Notices(context.Context) (web.Notices, error) {
	doc := d.Brand.Documents()
	g := doc.General
	return web.Notices{Version: doc.Versions[brand.GeneralDoc], List: []web.Notice{
		{Name: web.NoticeUrge, Title: g.UrgeTitle, Text: g.UrgeText, Places: []string{"open"}},
		{Name: web.NoticeHalt, Title: g.HaltTitle, Text: g.HaltText, Places: []string{"text", "events", "delivered"}},
		{Name: web.NoticeLoss, Title: g.LossTitle, Text: g.LossText, Places: []string{"who", "n", "usual"}},
		{Name: web.NoticeDeleted, Text: g.DeletedText, Places: []string{"who", "n", "usual"}},
	}}, nil
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
