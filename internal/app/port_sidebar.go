package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"siyu/internal/account"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/web"
	"siyu/internal/wecom"
)

// sidebarPort lets members in from WeCom and signs the page beside a chat.
type sidebarPort struct{ *App }

var _ web.Sidebar = sidebarPort{}

var (
	errNoApp    = errors.New("no app with an agent id and a public address is connected")
	errNoMember = errors.New("WeCom names no active member")
	errPage     = errors.New("the address is no page of the console")
)

// app returns the connected app that members can open.
func (p sidebarPort) app() (*link, error) {
	l := p.link.Load()
	if l == nil || l.Agent == 0 || p.config.PublicURL == "" {
		return nil, fault.WithKey(fault.NotFound, "error.no_app", errNoApp)
	}
	return l, nil
}

// Entrance implements web.Sidebar.
func (p sidebarPort) Entrance(_ context.Context, path, state string) (string, error) {
	l, err := p.app()
	if err != nil {
		return "", err
	}
	return l.client.LoginURL(p.config.LoginURL, p.config.PublicURL+path, state), nil
}

// LetIn implements web.Sidebar.
func (p sidebarPort) LetIn(ctx context.Context, code string) (string, error) {
	l, err := p.app()
	if err != nil {
		return "", err
	}
	who, err := l.client.LoggedIn(ctx, code)
	switch {
	case wecom.IsCode(err, wecom.CodeBadLogin):
		return "", fault.WithKey(fault.Denied, "error.enter_code", err)
	case err != nil:
		return "", fmt.Errorf("ask who comes in from WeCom: %w", err)
	}
	staff := id.StaffOf(l.Corp, who.UserID)
	if member, known := p.brand.Member(staff); who.UserID == "" || !known || !member.Active {
		return "", fault.WithKey(fault.Denied, "error.enter_code", errNoMember)
	}
	return p.accounts.LetIn(ctx, account.Member{Staff: staff, Name: who.UserID + "@wecom"})
}

// Sign implements web.Sidebar.
func (p sidebarPort) Sign(ctx context.Context, page string) (web.SidebarSignature, error) {
	l, err := p.app()
	if err != nil {
		return web.SidebarSignature{}, err
	}
	if !strings.HasPrefix(page, p.config.PublicURL+"/") {
		return web.SidebarSignature{}, fault.WithKey(fault.Invalid, "error.sign_page", errPage)
	}
	signed := web.SidebarSignature{Corp: string(l.Corp), Agent: l.Agent}
	for kind, into := range map[wecom.TicketKind]*web.PageSignature{wecom.CorpTicket: &signed.Config, wecom.AppTicket: &signed.App} {
		s, err := l.client.SignPage(ctx, kind, page)
		if err != nil {
			return signed, fmt.Errorf("sign a page for WeCom: %w", err)
		}
		*into = web.PageSignature(s)
	}
	return signed, nil
}

// InView implements web.Sidebar.
func (p sidebarPort) InView(ctx context.Context, external string) (id.Customer, error) {
	l, err := p.app()
	if err != nil {
		return 0, err
	}
	own := id.CustomerOf(l.Corp, external)
	merged, err := p.db.Canonical(ctx, []id.Customer{own})
	if err != nil {
		return 0, err
	}
	return cmp.Or(merged[own], own), nil
}

// Media implements web.Sidebar.
func (p sidebarPort) Media(ctx context.Context, code id.Code) (web.SidebarMedia, error) {
	l, err := p.app()
	if err != nil {
		return web.SidebarMedia{}, err
	}
	files, err := p.db.FilesNamed(ctx, []id.Code{code})
	if err != nil {
		return web.SidebarMedia{}, err
	}
	if len(files) == 0 {
		return web.SidebarMedia{}, fault.New(fault.NotFound, "no such file")
	}
	media, err := p.gate.Load().MessageMedia(ctx, l.Corp, files[0])
	return web.SidebarMedia{Kind: files[0].Kind, ID: media}, err
}
