package desk

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"siyu/internal/delivery"
	"siyu/internal/org"
	"siyu/internal/web"
)

var _ web.Stopped = (*Desk)(nil)

// StoppedSends implements web.Stopped.
func (d *Desk) StoppedSends(ctx context.Context, scope org.Scope) ([]web.StoppedSend, error) {
	if err := headquarters(scope); err != nil {
		return nil, err
	}
	found, err := d.DB.Sends(ctx, delivery.SendQuery{States: []delivery.SendState{delivery.Halted, delivery.Continued, delivery.SendCancelled},
		LatestFrom: d.Clock.Now().Add(-delivery.SendSpan)})
	if err != nil {
		return nil, err
	}
	list := make([]web.StoppedSend, 0, len(found))
	for i := range found {
		s := &found[i]
		waiting, err := d.DB.CountUnderway(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, web.StoppedSend{ID: s.ID, Purpose: s.Purpose, Text: s.Text, State: string(s.State), Halted: s.Halted, Because: string(s.Because),
			Evidence: s.Evidence, Waiting: waiting, Decided: s.Decided, By: s.DecidedBy, Why: s.Why})
	}
	slices.SortStableFunc(list, func(a, b web.StoppedSend) int {
		return cmp.Or(flagged(!a.Open())-flagged(!b.Open()), b.Halted.Compare(a.Halted))
	})
	return list, nil
}

// ContinueSend implements web.Stopped.
func (d *Desk) ContinueSend(ctx context.Context, by web.Asker, send int64, why string) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	if err := d.Gate().Continue(ctx, delivery.SendWord{Account: by.Account, Why: why}, send); err != nil {
		return err
	}
	return d.audit(ctx, by, "send.continued", strconv.FormatInt(send, 10))
}

// CancelSend implements web.Stopped.
func (d *Desk) CancelSend(ctx context.Context, by web.Asker, send int64, why string) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	if err := d.Gate().CancelSend(ctx, delivery.SendWord{Account: by.Account, Why: why}, send); err != nil {
		return err
	}
	return d.audit(ctx, by, "send.cancelled", strconv.FormatInt(send, 10))
}

// addHalted adds mass sends that wait for a decision, to what headquarters sees.
func (d *Desk) addHalted(ctx context.Context, v *web.TodayView) error {
	halted, err := d.DB.Sends(ctx, delivery.SendQuery{States: []delivery.SendState{delivery.Halted}})
	if err == nil && len(halted) > 0 {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.AlertHalted, Count: len(halted), Since: halted[0].Halted})
	}
	return err
}
