package webtest

import (
	"context"
	"slices"

	"siyu/internal/web"
)

func notices() web.Notices {
	return web.Notices{Version: 1, List: []web.Notice{
		{Name: web.NoticeUrge, Title: "今日任务", Text: "还有 {open} 项任务等你处理", Places: []string{"open"}},
		{Name: web.NoticeHalt, Title: "群发已暂停", Text: "送达 {delivered} 人后出现 {events} 次删除或投诉：{text}", Places: []string{"text", "events", "delivered"}},
		{Name: web.NoticeLoss, Title: "客户流失提醒", Text: "{who} 被 {n} 位客户删除，平常约 {usual} 位", Places: []string{"who", "n", "usual"}},
		{Name: web.NoticeDeleted, Text: "{who} 删除了 {n} 位客户", Places: []string{"who", "n", "usual"}},
	}}
}

// Notices implements web.Brand.
func (b *Brand) Notices(context.Context) (web.Notices, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return web.Notices{Version: b.notices.Version, List: slices.Clone(b.notices.List)}, b.Fail
}

// SetNotices implements web.Brand.
func (b *Brand) SetNotices(_ context.Context, by web.Asker, n web.Notices) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := stale(n.Version, b.notices.Version); err != nil {
		return err
	}
	n.Version++
	b.notices = n
	b.did(by, "settings.notice", "")
	return nil
}
