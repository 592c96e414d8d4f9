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
			Evidence: decision.Evidence{Delivered: 90, Events: 5, Most: 4, Usual: .1}, Decided: b.now.AddDate(0, 0, -6), By: OwnerAccount, Why: b.text("措辞太像推销")},
	}
}

// StoppedSends implements web.Stopped.
func (b *Brand) StoppedSends(context.Context, org.Scope) ([]web.StoppedSend, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.stopped), b.Fail
}

// ContinueSend implements web.Stopped.
func (b *Brand) ContinueSend(_ context.Context, by web.Asker, send int64, why string) error {
	return b.decideSend(by, web.StoppedSend{ID: send, State: "continued", Why: why})
}

// CancelSend implements web.Stopped.
func (b *Brand) CancelSend(_ context.Context, by web.Asker, send int64, why string) error {
	return b.decideSend(by, web.StoppedSend{ID: send, State: "cancelled", Why: why})
}

func (b *Brand) decideSend(by web.Asker, to web.StoppedSend) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := slices.IndexFunc(b.stopped, func(s web.StoppedSend) bool { return s.ID == to.ID })
	if at < 0 {
		return fault.New(fault.NotFound, "no such send")
	}
	if !b.stopped[at].Open() {
		return fault.WithKey(fault.Conflict, "error.send_decided", errors.New("it is decided"))
	}
	is := &b.stopped[at]
	is.State, is.Decided, is.By, is.Why = to.State, b.now, by.Account, to.Why
	b.did(by, "send."+to.State, fmt.Sprint(to.ID))
	return nil
}
