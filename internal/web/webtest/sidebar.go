package webtest

import (
	"context"
	"fmt"
	"strings"

	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

// External returns the external_userid of the n-th customer.
func (b *Brand) External(n int) string { return "wm" + id.Text(b.customers[n].ID) }

// AFile names a picture of a task.
func (b *Brand) AFile() string {
	for _, t := range b.tasks {
		if len(t.Files) > 0 {
			return t.Files[0].Key()
		}
	}
	return ""
}

// Entrance implements web.Sidebar: WeCom sends everybody back as the staff
// account.
func (b *Brand) Entrance(_ context.Context, path, state string) (string, error) {
	if b.link.Agent == 0 {
		return "", fault.New(fault.NotFound, "no app")
	}
	return path + "&code=" + StaffAccount + "&state=" + state, nil
}

// LetIn implements web.Sidebar.
func (b *Brand) LetIn(_ context.Context, code string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if code != StaffAccount {
		return "", fault.New(fault.Denied, "enter: wrong code")
	}
	session := fmt.Sprintf("session-%d", len(b.sessions)+1)
	b.sessions[session] = StaffAccount
	return session, nil
}

// Sign implements web.Sidebar.
func (b *Brand) Sign(_ context.Context, page string) (web.SidebarSignature, error) {
	signature := web.PageSignature{Timestamp: b.now.Unix(), Nonce: "nonce", Signature: "signed " + page}
	return web.SidebarSignature{Corp: string(b.link.Corp), Agent: int64(b.link.Agent), Config: signature, App: signature}, b.Fail
}

// InView implements web.Sidebar.
func (b *Brand) InView(_ context.Context, external string) (id.Customer, error) {
	c, _ := id.Parse[id.Customer](strings.TrimPrefix(external, "wm"))
	return c, b.Fail
}

// Media implements web.Sidebar.
func (b *Brand) Media(_ context.Context, code id.Code) (web.SidebarMedia, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, kept := b.said.files[code]; b.NoMedia || !kept {
		return web.SidebarMedia{}, fault.New(fault.NotFound, "no such file")
	}
	return web.SidebarMedia{Kind: content.KindImage, ID: "media-" + id.Text(code)}, b.Fail
}

// Scripts implements web.Scripts.
func (b *Brand) Scripts(context.Context, org.Scope, id.Customer) (web.ScriptList, error) {
	if b.Offered != nil {
		return *b.Offered, b.Fail
	}
	return web.ScriptList{Scripts: []web.Script{
		{Purpose: event.Serve, Text: b.text("小满，上次的冷泡壶用得顺手吗？有什么不方便尽管说。")},
		{Purpose: event.Ask, Text: b.text("小满，最近更想喝清爽一点的，还是浓一点的？")},
	}, NoSale: decision.BecauseDistrust}, b.Fail
}

// ScriptSaid implements web.Scripts.
func (b *Brand) ScriptSaid(_ context.Context, by web.Asker, s web.ScriptSaid) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if by.Scope.Staff == 0 || s.Once == "" {
		return fault.New(fault.Invalid, "nobody said it")
	}
	b.Scripted = append(b.Scripted, s)
	return b.Fail
}

// See implements web.Tasks.
func (b *Brand) See(_ context.Context, _ org.Scope, tasks []web.Task) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range tasks {
		b.seen[t.ID] = true
	}
	return b.Fail
}

// SeenTasks returns how many tasks were shown to their member.
func (b *Brand) SeenTasks() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.seen)
}

// TasksWith implements web.Tasks.
func (b *Brand) TasksWith(_ context.Context, _ org.Scope, c id.Customer) (found []web.Task, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.tasks {
		if t.Customer == c {
			found = append(found, t)
		}
	}
	return found, b.Fail
}
