package app

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
	"siyu/internal/id"
)

func TestADryRunGoesOnInTheBackgroundAndCanBeGivenUp(t *testing.T) {
	inBothHouses(t, func(h *house) { h.triesProcesses(t) })
}

func (h *house) triesProcesses(t *testing.T) {
	a, ctx := h.App, t.Context()
	text, _ := sop.FromLibrary("new-customer-30")
	p, err := sop.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.startTrial(ctx, "lin", &p, 0); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("of no days: %v", err)
	}
	first, err := a.startTrial(ctx, "lin", &p, 30)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := a.startTrial(ctx, "wu", &p, 30); err != nil || same != first {
		t.Errorf("the same one again is %d, want %d: %v", same, first, err)
	}
	h.waitsItsTurn(t, &p, first)
	if seen, err := a.trial(ctx, first); err != nil || seen.Result != nil || seen.Days != 30 {
		t.Errorf("before it began: %+v, %v", seen, err)
	}
	if err := a.runJobs(ctx); err != nil {
		t.Fatal(err)
	}
	seen, err := a.trial(ctx, first)
	if err != nil || seen.Result == nil || len(seen.Result.Steps) != len(p.Steps) || seen.Failed || seen.Stopped {
		t.Fatalf("once it was through: %+v, %v", seen, err)
	}
	if again, err := sop.Parse([]byte(seen.Document)); err != nil || len(sop.Diff(&again, &p)) != 0 {
		t.Errorf("it tells of another process: %v", err)
	}
	second, err := a.startTrial(ctx, "lin", &p, 7)
	if err := errors.Join(err, a.stopTrial(ctx, second), a.runJobs(ctx)); err != nil {
		t.Fatal(err)
	}
	if seen, err := a.trial(ctx, second); err != nil || !seen.Stopped || seen.Result != nil {
		t.Errorf("given up: %+v, %v", seen, err)
	}
	if err := a.stopTrial(ctx, 12345); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another one is given up: %v", err)
	}
}

// waitsItsTurn lets others ask for dry runs while a first one is open: they wait in their
// order, as many as there are places, and who gives up makes room.
func (h *house) waitsItsTurn(t *testing.T, p *sop.Process, first int64) {
	a, ctx := h.App, t.Context()
	var waiting []int64
	for days := 1; days < trialsOpen; days++ {
		h.clock.Set(h.clock.Now().Add(time.Second))
		trial, err := a.startTrial(ctx, "wu", p, days)
		if err != nil {
			t.Fatal(err)
		}
		waiting = append(waiting, trial)
	}
	if _, err := a.startTrial(ctx, "wu", p, 99); fault.KeyOf(err) != "error.process_trying" {
		t.Errorf("one more than there are places: %v", err)
	}
	tells := func(trial int64, want string) {
		t.Helper()
		seen, err := a.desk.Trial(ctx, id.Text(trial))
		if got := fmt.Sprint(seen.State, " ", seen.Before, " ", seen.First.In(sop.English)); err != nil || got != want {
			t.Errorf("dry run %d: %s, want %s: %v", trial, got, want, err)
		}
	}
	tells(first, "waiting 0 ")
	tells(waiting[1], "waiting 2 "+p.Title.In(sop.English))
	if err := a.stopTrial(ctx, waiting[0]); err != nil {
		t.Fatal(err)
	}
	tells(waiting[0], "stopped 0 ")
	tells(waiting[1], "waiting 1 "+p.Title.In(sop.English))
	again, err := a.startTrial(ctx, "wu", p, 1)
	if err != nil || again == waiting[0] {
		t.Fatalf("asked for again it is %d: %v", again, err)
	}
	for _, trial := range append(waiting[1:], again) {
		if err := a.stopTrial(ctx, trial); err != nil {
			t.Fatal(err)
		}
	}
}
