package sop_test

import (
	"testing"
	"time"

	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/profile"
)

// BenchmarkAdvance takes one run over a step with a condition on what the customer
// did since it began.
func BenchmarkAdvance(b *testing.B) {
	all, err := sop.Library()
	if err != nil {
		b.Fatal(err)
	}
	p := &all[0]
	began := time.Date(2026, 5, 5, 9, 30, 0, 0, time.UTC)
	run := p.Enter(sop.RunKey{Subject: sop.OfCustomer, ID: 1, Process: 1, Occurrence: int64(event.At(began))}, 1, began, time.UTC)
	seen := sop.Seen{Read: sop.Needs{Profile: true, Insight: true, Rules: true, Member: true}, Profile: &profile.Customer{ID: 1, Relations: []profile.Relation{{Staff: 5, Since: 1}}}, In: true}
	w := sop.World{Now: began.AddDate(0, 0, 5).Add(2 * time.Hour), Zone: time.UTC, Rules: decision.Defaults()}
	for b.Loop() {
		if m := p.Advance(run, seen, w); !m.Act {
			b.Fatalf("nothing to do: %+v", m)
		}
	}
}
