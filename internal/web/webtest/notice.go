package webtest

import (
	"context"
	"slices"
	"time"

	"siyu/internal/web"
)

func notices() web.Notices {
	return web.Notices{Version: 1, Unreached: []web.UnreachedMember{{Name: "陈屿", Store: "朝阳店", Since: time.Date(2026, 9, 1, 9, 10, 0, 0, time.UTC), Because: web.OutOfReach}}, List: []web.Notice{
		{Name: web.NoticeDay, Title: "今日清单", Text: "今天有 {contacts} 位客户要联系，{sends} 条群发待确认，{tasks} 项其他任务", Places: []string{"contacts", "sends", "tasks"}},
		{Name: web.NoticeNew, Title: "新任务", Text: "刚来了 {contacts} 位客户要联系，最早的 {until} 到期", Places: []string{"contacts", "sends", "tasks", "until"}, Off: true},
		{Name: web.NoticeApproval, Title: "有内容待审批", Text: "{sends} 条群发和 {posts} 条帖子等你审批", Places: []string{"sends", "customers", "posts"}},
		{Name: web.NoticeProcess, Text: "{processes} 个流程等你批准", Places: []string{"processes"}},
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
	return web.Notices{Version: b.notices.Version, Unreached: b.notices.Unreached, List: slices.Clone(b.notices.List)}, b.Fail
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
