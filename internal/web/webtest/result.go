package webtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

// SentBatch is a mass message that missed some of its customers.
const SentBatch = 2000

// fillSent adds mass messages that have left, of one member each.
func (b *Brand) fillSent() {
	stages := []web.PostStage{web.PostDone, web.PostConfirm, web.PostRejected, web.PostPlanned, web.PostSending, web.PostCancelled}
	for i := range 30 {
		member := b.staff[i%len(b.staff)]
		v := web.ResultView{SentRow: web.SentRow{ID: SentBatch + int64(i), Staff: member.Name, Store: b.storeName(member.Store), Purpose: event.Serve,
			Text: b.text("新茶到店了，有空来坐坐。"), Stage: stages[i%len(stages)], From: b.now.AddDate(0, 0, -i-1), Until: b.now.AddDate(0, 0, -i)}}
		v.CalledAt, v.Approver = v.From, OwnerAccount
		if v.Stage == web.PostDone {
			v.ConfirmedAt = v.From.Add(time.Hour)
			v.Process = web.BatchStep{Name: WelcomeProcess, Version: 2, Title: sop.Text{ZH: b.text("新客欢迎"), EN: "Welcome"}, Step: sop.Text{ZH: b.text("第七天回访"), EN: "Day seven"}}
		}
		for n, o := range []web.MassOutcome{{State: "delivered", N: 60}, {State: "failed", Because: "quota", N: 12, MayPass: true}, {State: "failed", Because: "not_a_relation", N: 3},
			{State: "withdrawn", Because: "refused_marketing", N: 2}, {State: "withdrawn", Because: "window_over", N: 1, MayPass: true}} {
			v.Outcomes = append(v.Outcomes, o)
			for k := range o.N {
				c := b.customers[(i+n*7+k)%len(b.customers)]
				v.Customers = append(v.Customers, web.ResultRow{Customer: c.ID, Name: c.Name, State: o.State, Because: o.Because, At: v.From.Add(2 * time.Hour)})
			}
		}
		v.MassTally = web.MassTally{Asked: len(v.Customers), Delivered: 60, Failed: 15, Withdrawn: 3}
		if v.Stage == web.PostDone {
			v.Again = 13
		}
		b.sent = append(b.sent, v)
	}
}

// Sent implements web.MassResults.
func (b *Brand) Sent(_ context.Context, scope org.Scope, after string) (web.SentPage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var page web.SentPage
	for i := range b.sent {
		if (after == "") == (i < 20) && b.sees(scope, b.staff[i%len(b.staff)].ID) {
			r := &b.sent[i]
			page.Sent = append(page.Sent, web.SentGroup{First: r.ID, Day: r.From, Process: r.Process, Purpose: r.Purpose, Text: r.Text, Messages: 1 + i%2, From: r.From, Until: r.Until, MassTally: r.MassTally})
		}
	}
	if after == "" && len(b.sent) > 20 {
		page.Next = "20"
	}
	return page, b.Fail
}

// SentMembers implements web.MassResults.
func (b *Brand) SentMembers(_ context.Context, scope org.Scope, first int64, _ string) (page web.SentMembersPage, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.sent {
		if r := &b.sent[i]; r.ID == first && b.sees(scope, b.staff[i%len(b.staff)].ID) {
			return web.SentMembersPage{First: first, Day: r.From, Process: r.Process, Purpose: r.Purpose, Text: r.Text, Sent: []web.SentRow{r.SentRow}}, b.Fail
		}
	}
	return page, fault.New(fault.NotFound, "mass messages: unknown")
}

// Result implements web.MassResults.
func (b *Brand) Result(_ context.Context, scope org.Scope, batch int64, q web.ResultQuery) (web.ResultView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.batches {
		if b.batches[i].ID == batch {
			return web.ResultView{SentRow: web.SentRow{Stage: web.PostApproval}}, b.Fail
		}
	}
	const most = 50
	for i := range b.sent {
		if b.sent[i].ID != batch || !b.sees(scope, b.staff[i%len(b.staff)].ID) {
			continue
		}
		v := b.sent[i]
		var rows []web.ResultRow
		for _, r := range v.Customers {
			if q.State == "" || r.State == q.State && r.Because == q.Because {
				rows = append(rows, r)
			}
		}
		if q.After != "" {
			rows = rows[min(most, len(rows)):]
		} else if len(rows) > most {
			rows, v.After = rows[:most], "1"
		}
		v.Customers = rows
		return v, b.Fail
	}
	return web.ResultView{}, fault.New(fault.NotFound, "batch: unknown")
}

// SendAgain implements web.MassResults.
func (b *Brand) SendAgain(_ context.Context, by web.Asker, batch int64) (int64, int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.sent {
		v := &b.sent[i]
		if v.ID != batch || !b.sees(by.Scope, b.staff[i%len(b.staff)].ID) {
			continue
		}
		if v.Again == 0 {
			return 0, 0, fault.WithKey(fault.Conflict, "error.missed_none", errors.New("nobody is left"))
		}
		n := v.Again
		v.Again, v.Then = 0, SentBatch+1
		b.did(by, "touch.missed_resent", fmt.Sprint(id.Text(batch)))
		return v.Then, n, nil
	}
	return 0, 0, fault.New(fault.NotFound, "batch: unknown")
}
