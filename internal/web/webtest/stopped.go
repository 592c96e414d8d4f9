package webtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/org"
	"siyu/internal/web"
)

// HaltedSend waits for a decision.
const HaltedSend = 41

func (b *Brand) fillStopped() {
	seen := decision.Evidence{Delivered: 412, Events: 14, Most: 8, Usual: 2.1, Past: 61, PastSent: 11840}
	b.stopped = []web.StoppedSend{
		{ID: HaltedSend, Purpose: event.Remind, Text: b.text("您好，上次的茶应该喝完了吧？这周补货满两件包邮。"), State: "halted", Halted: b.now.Add(-40 * time.Minute), Because: "deleted", Evidence: seen, Waiting: 3180},
		{ID: 42, Purpose: event.Ask, Text: b.text("最近想喝点什么？"), State: "cancelled", Halted: b.now.AddDate(0, 0, -6), Because: "complained",
			Evidence: decision.Evidence{Delivered: 90, Events: 5, Most: 4, Usual: .1}, Decided: b.now.AddDate(0, 0, -6), By: OwnerAccount},
	}
}

// StoppedSends implements web.Stopped.
func (b *Brand) StoppedSends(context.Context, org.Scope) ([]web.StoppedSend, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.stopped), b.Fail
}

// ContinueSend implements web.Stopped.
func (b *Brand) ContinueSend(_ context.Context, by web.Asker, send int64) error {
	return b.decideSend(by, send, "continued")
}

// CancelSend implements web.Stopped.
func (b *Brand) CancelSend(_ context.Context, by web.Asker, send int64) error {
	return b.decideSend(by, send, "cancelled")
}

func (b *Brand) decideSend(by web.Asker, send int64, state string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := slices.IndexFunc(b.stopped, func(s web.StoppedSend) bool { return s.ID == send })
	if at < 0 {
		return fault.New(fault.NotFound, "no such send")
	}
	if !b.stopped[at].Open() {
		return fault.WithKey(fault.Conflict, "error.send_decided", errors.New("it is decided"))
	}
	b.stopped[at].State, b.stopped[at].Decided, b.stopped[at].By = state, b.now, by.Account
	b.did(by, "send."+state, fmt.Sprint(send))
	return nil
}
