package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
)

// sent is a mass send of some words that was queued at a time.
func sent(dispatch int64, words string, at time.Time, customers ...id.Customer) delivery.Draft {
	d := draft(dispatch, customers...)
	d.Dispatch.Text, d.Dispatch.Since, d.Dispatch.From, d.Dispatch.Task, d.Dispatch.ResendOf = words, at, at, delivery.NoTask, 0
	d.Dispatch.Material, d.Dispatch.NotBefore, d.Dispatch.CancelFor, d.Dispatch.Purpose = "m", noon, "", event.Ask
	return d
}

// arrive lets all touches of a dispatch arrive.
func arrive(t *testing.T, ctx context.Context, db *storage.DB, dispatch int64, at time.Time) {
	t.Helper()
	ok(t, db.ChangeDispatch(ctx, dispatch, func(r *delivery.Record) error {
		r.Dispatch.State, r.Dispatch.Task = delivery.Accepted, delivery.Confirmed
		for i := range r.Touches {
			r.Touches[i].State, r.Touches[i].At = delivery.Delivered, at
		}
		return nil
	}))
}

func told(t *testing.T, ctx context.Context, db *storage.DB, c id.Customer, at time.Time, body event.Body) {
	t.Helper()
	f, err := event.New(event.Customer(c), at, event.FromCallback, id.Hash(string(body.Kind()), fmt.Sprint(c, at)), body)
	ok(t, err)
	f.Received = at
	must[int](t)(db.AppendFacts(ctx, []event.Fact{f}))
}

func sendOf(t *testing.T, ctx context.Context, db *storage.DB, dispatch int64) delivery.Send {
	t.Helper()
	d := must[[]delivery.Dispatch](t)(db.DispatchesNamed(ctx, []int64{dispatch}))[0]
	return must[[]delivery.Send](t)(db.Sends(ctx, delivery.SendQuery{IDs: []int64{d.Send}}))[0]
}

func sendsAreTheSameWords(t *testing.T, ctx context.Context, db *storage.DB) {
	later := noon.Add(6 * 24 * time.Hour)
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{sent(10, "tea", noon, 1), sent(11, "tea", later, 2), sent(12, "coffee", noon, 3),
		sent(13, "tea", later.Add(delivery.SendPause), 4)}))
	first, second, other, third := sendOf(t, ctx, db, 10), sendOf(t, ctx, db, 11), sendOf(t, ctx, db, 12), sendOf(t, ctx, db, 13)
	equal(t, "the same words", first.ID == second.ID, true)
	equal(t, "other words", first.ID == other.ID, false)
	equal(t, "after a pause", first.ID == third.ID, false)
	equal(t, "latest", first.Latest.Equal(later.Truncate(time.Hour)), true)
	equal(t, "since", first.Since.Equal(noon), true)
	equal(t, "found by time", len(must[[]delivery.Send](t)(db.Sends(ctx, delivery.SendQuery{LatestFrom: later}))), 2)
}

func harmIsPutDownToSendsOnce(t *testing.T, ctx context.Context, db *storage.DB) {
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{sent(10, "tea", noon, 1, 2, 3)}))
	arrive(t, ctx, db, 10, noon)
	told(t, ctx, db, 1, noon.Add(time.Hour), event.RelationEnded{Staff: 5, By: event.ByCustomer})
	told(t, ctx, db, 2, noon.Add(time.Hour), event.RelationEnded{Staff: 5, By: event.ByStaff})
	told(t, ctx, db, 3, noon.Add(time.Hour), event.ComplaintOpened{Staff: 5})
	more, harmed, err := db.FollowSends(ctx, noon.Add(time.Hour))
	equal(t, "what was told just now", fmt.Sprint(more, harmed, err), "false false <nil>")
	for range 2 {
		_, _, err := db.FollowSends(ctx, noon.Add(2*time.Hour))
		ok(t, err)
		ok(t, db.SetCursor(ctx, "sends", 0)) // as after a crash that lost the cursor
	}
	s := sendOf(t, ctx, db, 10)
	equal(t, "harm", s.Harm, decision.Harm{Delivered: 3, Deletions: 1, Complaints: 1})
	past := must[[]delivery.SendHarm](t)(db.SendPast(ctx, noon, noon))
	equal(t, "past", fmt.Sprint(past), fmt.Sprint([]delivery.SendHarm{{Send: s.ID, Purpose: s.Purpose, Harm: s.Harm}}))
	equal(t, "harmed", len(must[[]delivery.Send](t)(db.Sends(ctx, delivery.SendQuery{States: []delivery.SendState{delivery.Running}, Harmed: true}))), 1)
}

func nothingOfHaltedSendsIsReady(t *testing.T, ctx context.Context, db *storage.DB) {
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{sent(10, "tea", noon, 1), sent(11, "coffee", noon, 2)}))
	s := sendOf(t, ctx, db, 10)
	s.State, s.Halted, s.Because, s.Evidence = delivery.Halted, noon, decision.Deleted, decision.Evidence{Delivered: 9, Events: 7, Most: 3, Usual: 0.5, Past: 2, PastSent: 400}
	s.Decided, s.DecidedBy, s.Told = noon, "lead", noon
	ok(t, db.ChangeSend(ctx, s.ID, func(is *delivery.Send) error { *is = s; return nil }))
	equal(t, "comes back whole", sendOf(t, ctx, db, 10), s)
	ready := must[[]delivery.Dispatch](t)(db.Dispatches(ctx, delivery.Query{States: []delivery.State{delivery.Planned}, ReadyAt: noon.Add(time.Hour), Scope: org.All()}))
	equal(t, "ready", len(ready), 1)
	equal(t, "of the send", len(must[[]delivery.Dispatch](t)(db.Dispatches(ctx, delivery.Query{Send: s.ID, Scope: org.All()}))), 1)
	ok(t, db.OpenDispatch(ctx, 10, noon, func(o delivery.Opening) error { equal(t, "at the gate", o.Send, delivery.Halted); return nil }))
	if err := db.ChangeSend(ctx, 99, func(*delivery.Send) error { return nil }); fault.CodeOf(err) != fault.NotFound {
		t.Fatalf("an unknown send: %v", err)
	}
}

func wordingsAreCountedAsTheyArrive(t *testing.T, ctx context.Context, db *storage.DB) {
	d := sent(10, "tea", noon, 1, 2)
	for i := range d.Touches {
		d.Touches[i].Drawn = content.Drawn{Wording: 7, Chance: 0.5, Among: "7 8"}
	}
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{d}))
	equal(t, "touches keep what was drawn", must[[]delivery.Touch](t)(db.TouchesOf(ctx, 10))[1].Drawn, d.Touches[1].Drawn)
	equal(t, "nothing was given", len(must[[]storage.WordingCount](t)(db.Wordings(ctx))), 0)
	arrive(t, ctx, db, 10, noon)
	told(t, ctx, db, 1, noon.AddDate(0, 0, 3), event.OrderPaid{})
	told(t, ctx, db, 1, noon.AddDate(0, 0, 4), event.OrderPaid{})
	told(t, ctx, db, 2, noon.AddDate(0, 0, 3), event.RelationEnded{Staff: 5, By: event.ByCustomer})
	_, _, err := db.FollowSends(ctx, noon.AddDate(0, 0, 5))
	ok(t, err)
	want := storage.WordingCount{Material: "m", Wording: 7, Text: "tea", Among: "7 8", Channel: event.MassSend, Given: 2, Delivered: 2, Bought: 1, Deleted: 1}
	equal(t, "counted", fmt.Sprint(must[[]storage.WordingCount](t)(db.Wordings(ctx))), fmt.Sprint([]storage.WordingCount{want}))

	task := touch(3, 0, event.OneToOne)
	task.Drawn = content.Drawn{Wording: 8, Chance: 0.5, Among: "7 8"}
	given := delivery.StaffTask{ID: task.ID, Customer: 3, State: delivery.Due, Staff: 5, Material: "m", Text: "coffee", From: noon, Until: noon.Add(time.Hour)}
	for range 2 {
		must[int](t)(db.AddStaffTasks(ctx, []delivery.StaffTask{given}, []delivery.Touch{task}))
	}
	ok(t, db.ChangeStaffTask(ctx, task.ID, func(s *delivery.StaffTask, x *delivery.Touch) error {
		s.State, x.State, x.At = delivery.DoneState, delivery.Delivered, noon
		return nil
	}))
	want = storage.WordingCount{Material: "m", Wording: 8, Text: "coffee", Among: "7 8", Channel: event.OneToOne, Given: 1, Delivered: 1}
	equal(t, "by hand", fmt.Sprint(must[[]storage.WordingCount](t)(db.Wordings(ctx))[1]), fmt.Sprint(want))
}

func filesAreKeptWithTheirMediaIDs(t *testing.T, ctx context.Context, db *storage.DB) {
	f := content.File{Code: 7, Kind: content.KindImage, Name: "tea.png"}
	for range 2 {
		ok(t, db.PutFile(ctx, f, []byte{0x89, 0, 0xff}, noon))
	}
	name, data, err := db.File(ctx, 7)
	equal(t, "file", fmt.Sprint(name, data, err), fmt.Sprint("tea.png", []byte{0x89, 0, 0xff}, nil))
	if _, _, err := db.File(ctx, 8); fault.CodeOf(err) != fault.NotFound {
		t.Fatalf("an unknown file: %v", err)
	}
	ok(t, db.PutFile(ctx, content.File{Code: 9, Kind: content.KindVideo, Name: "tea.mp4"}, []byte{1}, noon))
	equal(t, "files named", fmt.Sprint(must[[]content.File](t)(db.FilesNamed(ctx, []id.Code{9, 8, 7}))), "[{9 video tea.mp4} {7 image tea.png}]")
	of := func(corp id.Corp) delivery.MediaKey {
		return delivery.MediaKey{Corp: corp, Use: delivery.MediaMessages, Code: 7}
	}
	media := func(corp id.Corp, after time.Time) string { return must[string](t)(db.MediaID(ctx, of(corp), after)) }
	equal(t, "before an upload", media("ww1", noon), "")
	for _, id := range []string{"first", "second"} {
		ok(t, db.KeepMediaID(ctx, of("ww1"), id, noon.Add(time.Hour)))
	}
	equal(t, "the last upload", media("ww1", noon), "second")
	moments := of("ww1")
	moments.Use = delivery.MediaMoments
	equal(t, "for Moments", must[string](t)(db.MediaID(ctx, moments, noon)), "")
	equal(t, "of another corp", media("ww2", noon), "")
	equal(t, "at its end", media("ww1", noon.Add(time.Hour)), "")
	ok(t, db.KeepMediaID(ctx, of("ww1"), "", time.Time{}))
	equal(t, "forgotten", media("ww1", noon), "")
}
