package sop_test

import (
	"strings"
	"testing"
	"time"

	"siyu/internal/decision/sop"
)

// spring is a one-off message to everybody, with a picture.
const spring = `sop: 1
name: send-spring
title: {zh: 春茶}
subject: customer
trigger:
  dates: [2026-03-10]
  rule: {all: []}
clock: calendar
again: once
executor: owner
steps:
  - name: send
    at: 0d 10:00
    within: 11h
    channel: mass
    purpose: ask
    content:
      - text: {zh: 春茶到了}
        files: image:1a2b file:3c
one_off: {audience: 3, stores: [7], now: true, days: 1}
`

func TestAOneOffProcessIsReadBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	p, err := sop.Parse([]byte(spring))
	if err != nil {
		t.Fatal(err)
	}
	text, err := sop.Format(&p)
	if err != nil {
		t.Fatal(err)
	}
	again, err := sop.Parse(text)
	if err != nil || len(sop.Diff(&p, &again)) != 0 || again.OneOff == nil || again.OneOff.Audience != 3 || !again.OneOff.Now || again.Steps[0].Content[0].Files != "image:1a2b file:3c" {
		t.Errorf("read back: %+v, %v", again.OneOff, err)
	}
	later := again
	later.OneOff = &sop.OneOff{Audience: 3, Days: 1}
	if len(sop.Diff(&p, &later)) == 0 {
		t.Error("a draft that asks for something else is no other version")
	}
	for wrong, right := range map[string]string{"days: 1}": "days: 15}", "again: once": "again: every_time", "image:1a2b file:3c": "image:1a2b  nothing", "dates: [2026-03-10]": "dates: [2026-03-10, 2026-03-11]"} {
		if _, err := sop.Parse([]byte(strings.Replace(spring, wrong, right, 1))); err == nil {
			t.Errorf("%q is taken", right)
		}
	}
}

func TestAOneOffProcessIsOverDaysAfterItsTime(t *testing.T) {
	t.Parallel()
	p, err := sop.Parse([]byte(spring))
	if err != nil {
		t.Fatal(err)
	}
	at, until := p.OneOffAt(time.UTC)
	if want := time.Date(2026, 3, 10, 10, 0, 0, 0, time.UTC); !at.Equal(want) || until.Sub(at) != 11*time.Hour {
		t.Errorf("it happens from %s to %s", at, until)
	}
	if p.OneOffOver(until.Add(47*time.Hour), time.UTC) || !p.OneOffOver(until.Add(49*time.Hour), time.UTC) {
		t.Error("it is over two days after its time")
	}
	p.OneOff = nil
	if p.OneOffOver(until.AddDate(1, 0, 0), time.UTC) {
		t.Error("a standing process is over")
	}
}
