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
	on := func(dispatch int64, day int, step, material string, customers ...id.Customer) delivery.Draft {
		d := sentDraft(dispatch, noon.AddDate(0, 0, day), customers...)
		d.Dispatch.Day, d.Dispatch.Step, d.Dispatch.Material, d.Dispatch.Process = noon.AddDate(0, 0, day), step, material, 0
		if step != "" {
			d.Dispatch.Process = 3
		}
		return d
	}
	waiting, elsewhere := waitingDraft(13, 5, 7), on(15, 0, "", "spring", 9)
	waiting.Dispatch.Task, elsewhere.Dispatch.Store = delivery.NoTask, 8
	second := on(16, 0, "news", "", 10) // the other wording of the step
	second.Dispatch.Text, second.Dispatch.Task = "tea has come", delivery.Open
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{on(10, 0, "news", "", 1, 2, 3, 4), on(11, 0, "late", "", 5), on(12, 0, "", "spring", 6),
		waiting, elsewhere, second, on(17, -1, "news", "", 8), on(18, -90, "news", "", 11)}))
	sent := func(q storage.SentQuery) (text string) {
		t.Helper()
		q.From = noon.AddDate(0, -1, 0)
		if q.Until.IsZero() {
			q.Until = noon.AddDate(0, 1, 0)
		}
		if q.Scope.Stores == nil {
			q.Scope = org.All()
		}
		for _, g := range must[[]storage.SentGroup](t)(db.SentGroups(ctx, q)) {
			n := 0
			for _, customers := range g.Customers {
				n += customers
			}
			text += fmt.Sprintf("%s%s %d of %d to %d, ", g.Step, g.Material, g.Confirmed, g.Messages, n)
		}
		return text
	}
	today := "news 1 of 2 to 5, late 1 of 1 to 1, spring 2 of 2 to 2, "
	equal(t, "by step or text and day", sent(storage.SentQuery{Groups: 9}), today+"news 1 of 1 to 1, ")
	equal(t, "whole days", sent(storage.SentQuery{Groups: 1}), today)
	equal(t, "next page", sent(storage.SentQuery{Groups: 1, Until: noon.Add(-time.Millisecond)}), "news 1 of 1 to 1, ")
	equal(t, "of a store", sent(storage.SentQuery{Groups: 9, Scope: org.Scope{Stores: []id.Store{8}}}), "spring 1 of 1 to 1, ")
	equal(t, "of a store without any", sent(storage.SentQuery{Groups: 9, Scope: org.Scope{Stores: []id.Store{99}}}), "")
	of := func(k storage.SentKey, after int64) (text string) {
		t.Helper()
		k.Day, k.Purpose = noon, event.Ask
		for _, d := range must[[]delivery.Dispatch](t)(db.SentOf(ctx, org.All(), k, after, 9)) {
			text += fmt.Sprint(d.ID, " ")
		}
		return text
	}
	equal(t, "of a step", of(storage.SentKey{Process: 3, Step: "news"}, 0), "10 16 ")
	equal(t, "of a step, next page", of(storage.SentKey{Process: 3, Step: "news"}, 10), "16 ")
	equal(t, "of a text", of(storage.SentKey{Material: "spring"}, 0), "12 15 ")

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
