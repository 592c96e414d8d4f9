package app

import (
	"errors"
	"testing"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
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
	if _, err := a.startTrial(ctx, "wu", &p, 30); fault.KeyOf(err) != "error.process_trying" {
		t.Errorf("a second one beside it: %v", err)
	}
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
