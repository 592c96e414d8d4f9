package storagetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
)

// sentDraft is a mass message that has left and is over.
func sentDraft(dispatch int64, ends time.Time, customers ...id.Customer) delivery.Draft {
	d := draft(dispatch, customers...)
	d.Dispatch.State, d.Dispatch.Task, d.Dispatch.CancelFor, d.Dispatch.ApprovedBy, d.Dispatch.Until = delivery.Accepted, delivery.Confirmed, "", "lin", ends
	d.Dispatch.Text, d.Dispatch.Purpose = "the tea is here", event.Ask
	for i := range d.Touches {
		d.Touches[i].Because = ""
	}
	return d
}

func massMessagesAreListedWithTheirResults(t *testing.T, ctx context.Context, db *storage.DB) {
	waiting, dropped, elsewhere := waitingDraft(13, 5, 7), sentDraft(14, noon.Add(4*time.Hour), 8), sentDraft(15, noon.Add(5*time.Hour), 9)
	dropped.Dispatch.State, dropped.Dispatch.Task = delivery.Dropped, delivery.NoTask
	waiting.Dispatch.Task, elsewhere.Dispatch.Store = delivery.NoTask, 8
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{sentDraft(10, noon.Add(time.Hour), 1, 2, 3, 4), sentDraft(11, noon.Add(2*time.Hour), 5), sentDraft(12, noon.Add(2*time.Hour), 6),
		waiting, dropped, elsewhere, sentDraft(16, noon.AddDate(0, -3, 0), 10)}))
	sent := func(q storage.SentQuery) (text string) {
		t.Helper()
		if q.EndsAt = noon.AddDate(0, -1, 0); q.Scope.Stores == nil {
			q.Scope = org.All()
		}
		for _, d := range must[[]delivery.Dispatch](t)(db.SentDispatches(ctx, q)) {
			text += fmt.Sprint(d.ID, " ")
		}
		return text
	}
	equal(t, "the last first", sent(storage.SentQuery{Limit: 9}), "15 14 12 11 10 ")
	equal(t, "first page", sent(storage.SentQuery{Limit: 3}), "15 14 12 ")
	equal(t, "next page", sent(storage.SentQuery{Limit: 3, After: &delivery.Dispatch{ID: 12, Until: noon.Add(2 * time.Hour)}}), "11 10 ")
	equal(t, "of a store", sent(storage.SentQuery{Limit: 9, Scope: org.Scope{Stores: []id.Store{8}}}), "15 ")

	ends := map[id.Customer][2]string{1: {"delivered", ""}, 2: {"failed", "quota"}, 3: {"failed", "quota"}, 4: {"failed", "not_a_relation"}}
	ok(t, db.ChangeDispatch(ctx, 10, func(r *delivery.Record) error {
		for i := range r.Touches {
			end := ends[r.Touches[i].Customer]
			r.Touches[i].State, r.Touches[i].Because = delivery.TouchState(end[0]), end[1]
		}
		return nil
	}))
	equal(t, "outcomes", fmt.Sprint(must[map[int64][]storage.MassOutcome](t)(db.MassOutcomes(ctx, []int64{10, 11, 99}))),
		"map[10:[{delivered  1} {failed not_a_relation 1} {failed quota 2}] 11:[{underway  1}]]")
	page := func(q storage.MassTouchQuery) (n int, last int64) {
		t.Helper()
		q.Dispatch = 10
		for _, touch := range must[[]delivery.Touch](t)(db.MassTouches(ctx, q)) {
			n, last = n+1, touch.ID
		}
		return n, last
	}
	n, last := page(storage.MassTouchQuery{Limit: 3})
	equal(t, "customers on a page", n, 3)
	n, _ = page(storage.MassTouchQuery{Limit: 3, After: last})
	equal(t, "on the next", n, 1)
	n, _ = page(storage.MassTouchQuery{Limit: 9, State: delivery.Failed, Because: "quota"})
	equal(t, "of one outcome", n, 2)
	n, _ = page(storage.MassTouchQuery{Limit: 9, State: delivery.Failed})
	equal(t, "of none", n, 0)
}

func whatIsSentAgainReachesNobodyTwice(t *testing.T, ctx context.Context, db *storage.DB) {
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{sentDraft(10, noon.Add(time.Hour), 1, 2, 3, 4), sentDraft(11, noon.Add(time.Hour), 5, 6)}))
	end := func(dispatch int64, states map[id.Customer]delivery.TouchState) {
		t.Helper()
		ok(t, db.ChangeDispatch(ctx, dispatch, func(r *delivery.Record) error {
			for i := range r.Touches {
				r.Touches[i].State = states[r.Touches[i].Customer]
			}
			return nil
		}))
	}
	end(10, map[id.Customer]delivery.TouchState{1: delivery.Failed, 2: delivery.Failed, 3: delivery.Failed, 4: delivery.Delivered})
	end(11, map[id.Customer]delivery.TouchState{5: delivery.Delivered, 6: delivery.Failed})
	ok(t, db.CommitFold(ctx, flow.Fold{Reader: "fold", Cursor: 0, Aliases: []flow.Alias{{Customer: 2, Canonical: 5}}})) // the person got it by the other record
	again := func(r *delivery.Record) (delivery.Draft, error) {
		d := delivery.Draft{Dispatch: r.Dispatch}
		d.Dispatch.ID, d.Dispatch.State, d.Dispatch.Task = 20, delivery.Planned, delivery.NoTask
		for _, touch := range r.Touches {
			if touch.State == delivery.Failed {
				touch.Occurrence++
				touch.ID, touch.Dispatch, touch.State = touch.TouchKey.ID(), 20, delivery.Underway
				d.Touches = append(d.Touches, touch)
			}
		}
		return d, nil
	}
	refusal := errors.New("not so")
	if _, err := db.ResendDispatch(ctx, 10, func(*delivery.Record) (delivery.Draft, error) { return delivery.Draft{}, refusal }); !errors.Is(err, refusal) {
		t.Errorf("refused with %v", err)
	}
	equal(t, "customers who get it again", must[int](t)(db.ResendDispatch(ctx, 10, again)), 2)
	equal(t, "a second time", must[int](t)(db.ResendDispatch(ctx, 10, again)), 0)
	equal(t, "to whom it goes", fmt.Sprint(must[map[int64]int](t)(db.CountTouches(ctx, []int64{10, 20}))), "map[10:4 20:2]")
	if _, err := db.ResendDispatch(ctx, 99, again); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("an unknown dispatch: %v", err)
	}
	equal(t, "problems", fmt.Sprint(must[[]string](t)(db.Check(ctx))), "[]")
}
