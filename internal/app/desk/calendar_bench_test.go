package desk

import (
	"context"
	"testing"
	"time"

	"siyu/internal/app/brand"
	"siyu/internal/audience"
	"siyu/internal/audience/index"
	"siyu/internal/audience/madeup"
	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
	"siyu/internal/web"
)

const benchVisits = `sop: 1
name: visits
title: {en: Visits}
subject: customer
trigger: {fact: referral_stayed}
clock: relative
again: once
executor: relation
steps:
  - {name: thanks, at: 1h, channel: private, purpose: serve, service: true, content: [{text: {en: Thanks}}]}
  - {name: ask, at: 3d, channel: private, purpose: ask, content: [{text: {en: How is it}}]}
  - {name: again, at: 5d, channel: mass, purpose: ask, content: [{text: {en: And now}}]}
`

// BenchmarkCalendarOfAMillion measures what a page of the calendar costs with a
// million runs due within 14 days and 24 audiences, and what adding it up costs the
// reader in the background. The database is made once; b.N pages are read.
func BenchmarkCalendarOfAMillion(b *testing.B) {
	const many = 1_000_000
	ctx, now := context.Background(), time.Date(2026, 11, 2, 9, 0, 0, 0, clock.Shanghai)
	db, err := storage.Open(ctx, storage.Config{URL: storagetest.SQLite(b)})
	check(b, err)
	defer func() { check(b, db.Close()) }()
	c := clock.NewVirtual(now)
	set, err := brand.Open(ctx, db, c)
	check(b, err)
	builder, maker := index.NewBuilder(many), madeup.New(many, event.At(now).Day())
	row := madeup.Blank()
	for i := range many {
		maker.Row(i, &row)
		row.ID = id.Customer(i + 1)
		builder.Add([]audience.Row{row})
	}
	ix := builder.Index()
	ix.Reach(index.Position{Day: event.At(now).Day()})
	p, err := sop.Parse([]byte(benchVisits))
	check(b, err)
	number, err := db.AddProcess(ctx, flow.ProcessVersion{Document: p, By: "bench", At: now})
	check(b, err)
	check(b, db.ChangeProcess(ctx, flow.Process{Number: number, State: flow.ProcessActive, Began: now, Changed: now}))
	const some = 20_000 // runs of one transaction
	for at := 0; at < many; at += some {
		var e flow.Entering
		for i := range some {
			began := now.Add(time.Duration(at+i) % 300 * time.Hour)
			e.New = append(e.New, p.Enter(sop.RunKey{Subject: sop.OfCustomer, ID: int64(at + i + 1), Process: number, Occurrence: int64(event.At(began))}, 1, began, clock.Shanghai))
		}
		_, err := db.EnterRuns(ctx, e)
		check(b, err)
	}
	d := &Desk{DB: db, Brand: set, Clock: c, Zone: clock.Shanghai, Index: func() *index.Index { return ix }}
	for i := range int64(24) {
		rule := audience.Rule{Ask: &audience.Condition{Field: "orders", Window: 90, Is: audience.AtLeast, Values: []audience.Value{{Number: i % 6}}}}
		crowd, err := ix.Evaluate(&rule, org.All(), ix.Position().Day)
		check(b, err)
		ix.SetMembers(i+1, crowd)
		_, err = db.AddAudience(ctx, flow.Audience{Name: string(rune(97 + i)), Kind: flow.Dynamic, Rule: rule, Changer: "bench", Changed: now})
		check(b, err)
	}
	began := clock.System{}.Now()
	d.makeCalendarNow(b, ix, now)
	took := clock.System{}.Now().Sub(began)
	for b.Loop() {
		v, err := d.ComingDays(ctx, org.All(), web.ByAudience)
		check(b, err)
		if len(v.Rows) != 25 || v.Rows[0].Cells[1].N == 0 {
			b.Fatalf("%d rows", len(v.Rows))
		}
	}
	b.ReportMetric(took.Seconds(), "s/added-up")
}

func (d *Desk) makeCalendarNow(b *testing.B, ix *index.Index, now time.Time) {
	d.calendars.making = make(chan struct{})
	d.makeCalendar(context.Background(), ix, now)
	check(b, d.calendars.failed)
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
