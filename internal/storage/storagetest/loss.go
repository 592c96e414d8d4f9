package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight/loss"
	"siyu/internal/storage"
)

func lossesAreKeptOnceWithTheirFold(t *testing.T, ctx context.Context, db *storage.DB) {
	gone := func(minutes int, staff id.Staff, c id.Customer, by event.EndedBy, way string) flow.Loss {
		return flow.Loss{At: event.At(noon.Add(time.Duration(minutes) * time.Minute)), Staff: staff, Customer: c, By: by, Store: 7, Way: way}
	}
	losses := []flow.Loss{gone(0, 1, 10, event.ByStaff, "door"), gone(1, 1, 11, event.ByStaff, ""), gone(2, 1, 12, event.ByCustomer, "door"),
		gone(3, 2, 13, event.ByCustomer, ""), gone(60*24, 2, 14, event.ByCustomer, "door")}
	ok(t, db.CommitFold(ctx, flow.Fold{Losses: losses, Reader: "fold", Cursor: 5}))
	ok(t, db.CommitFold(ctx, flow.Fold{Losses: losses[:2], Reader: "fold", Began: 5, Cursor: 6}))
	if err := db.CommitFold(ctx, flow.Fold{Losses: []flow.Loss{gone(4, 1, 15, event.ByStaff, "")}, Reader: "fold", Began: 3, Cursor: 9}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a fold that came late: %v", err)
	}
	counts := map[loss.Who]int{}
	for _, c := range must[[]storage.LossCount](t)(db.LossCounts(ctx, noon, noon.AddDate(0, 0, 1))) {
		counts[c.Who] = c.N
	}
	equal(t, "counts of a day", fmt.Sprint(counts), fmt.Sprint(map[loss.Who]int{{Kind: loss.Deleted, Staff: 1}: 2, {Kind: loss.Member, Staff: 1}: 1,
		{Kind: loss.Member, Staff: 2}: 1, {Kind: loss.Store, Store: 7}: 2, {Kind: loss.Way, Way: "door"}: 1}))
	of := must[[]flow.Loss](t)(db.LossesOf(ctx, loss.Who{Kind: loss.Deleted, Staff: 1}, noon, noon.Add(time.Hour), 10))
	if len(of) != 2 || of[0] != losses[0] {
		t.Errorf("deleted by a member: %+v", of)
	}
	equal(t, "of a way", len(must[[]flow.Loss](t)(db.LossesOf(ctx, loss.Who{Kind: loss.Way, Way: "door"}, noon, noon.AddDate(0, 0, 2), 1))), 1)
	ok(t, db.ResetFold(ctx, "fold"))
	equal(t, "after folding was reset", len(must[[]storage.LossCount](t)(db.LossCounts(ctx, noon, noon.AddDate(0, 0, 9)))), 0)
}

func alertsOfLossesOpenOnce(t *testing.T, ctx context.Context, db *storage.DB) {
	day := noon.Truncate(24 * time.Hour)
	alarm := loss.Alarm{Day: loss.Day{Who: loss.Who{Kind: loss.Deleted, Staff: 1}, Lost: 12, Expected: .25}, Limit: 10}
	raise := func(lost int) storage.LossAlert {
		alarm.Lost = lost
		ok(t, db.RaiseLoss(ctx, []loss.Alarm{alarm}, day, noon))
		list := must[[]storage.LossAlert](t)(db.LossAlerts(ctx, day))
		equal(t, "alerts", len(list), 1)
		return list[0]
	}
	a := raise(12)
	equal(t, "a new one", a, storage.LossAlert{ID: storage.LossAlertID(alarm.Who, day), Alarm: alarm, On: day, Opened: noon, State: storage.AlertOpen, Changed: noon})
	equal(t, "told first", must[bool](t)(db.TellLoss(ctx, a.ID, noon)), true)
	equal(t, "told again", must[bool](t)(db.TellLoss(ctx, a.ID, noon)), false)
	ok(t, db.AnswerLoss(ctx, a.ID, storage.AlertAnswer{State: storage.AlertSeen, Account: "lin", Word: "asked her", At: noon.Add(time.Minute)}))
	equal(t, "seen, with more since", raise(15).State, storage.AlertSeen)
	ok(t, db.AnswerLoss(ctx, a.ID, storage.AlertAnswer{State: storage.AlertClosed, Account: "wang", Word: "a test", At: noon.Add(time.Hour)}))
	closed := raise(15)
	equal(t, "closed", fmt.Sprint(closed.State, closed.Account, closed.Word, closed.Lost), "closedwanga test15")
	equal(t, "more were lost after it was closed", raise(16).State, storage.AlertOpen)
	equal(t, "days since", len(must[[]storage.LossAlert](t)(db.LossAlerts(ctx, day.AddDate(0, 0, 1)))), 0)
	equal(t, "by number", must[storage.LossAlert](t)(db.LossAlertOf(ctx, a.ID)).Lost, 16)
	for _, err := range []error{db.AnswerLoss(ctx, 1, storage.AlertAnswer{State: storage.AlertSeen}), second[storage.LossAlert](db.LossAlertOf(ctx, 1))} {
		if fault.CodeOf(err) != fault.NotFound {
			t.Errorf("an unknown alert: %v", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
