package storage_test

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
	"siyu/internal/vault"
)

var noon = time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)

// onBoth runs a benchmark on both databases.
func onBoth(b *testing.B, run func(*testing.B, *storage.DB)) {
	b.Run("sqlite", func(b *testing.B) { run(b, open(b, storagetest.SQLite(b))) })
	b.Run("postgres", func(b *testing.B) { run(b, open(b, postgres(b))) })
}

// BenchmarkAppendFacts appends batches of 5,000 facts about different
// customers.
func BenchmarkAppendFacts(b *testing.B) {
	const batch = 5000
	onBoth(b, func(b *testing.B, db *storage.DB) {
		facts, n := make([]event.Fact, batch), uint64(0)
		f, err := event.New(event.Customer(1), noon, event.FromOrders, id.Hash("order"), event.OrderPaid{Order: 1, Shop: "youzan",
			Store: 7, Amount: 12300, Items: []event.OrderItem{{Line: 3, SKU: "A-100", Quantity: 1, Amount: 12300}}})
		ok(b, err)
		for b.Loop() {
			for i := range facts {
				n++
				facts[i] = f
				binary.BigEndian.PutUint64(facts[i].Key[:], n*0x9E3779B97F4A7C15) // spread like a hash
				facts[i].Subject.ID = int64(n % 300_000 * 0x9E3779B97F4A7C15 >> 1)
			}
			if added, err := db.AppendFacts(b.Context(), facts); err != nil || added != batch {
				b.Fatal(added, err)
			}
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "facts/s")
	})
}

// BenchmarkInbox stores batches of 100 sealed callbacks of 700 bytes.
func BenchmarkInbox(b *testing.B) {
	const batch = 100
	onBoth(b, func(b *testing.B, db *storage.DB) {
		letters, n := make([]vault.Letter, batch), uint64(0)
		for b.Loop() {
			for i := range letters {
				n++
				body := make([]byte, 700)
				binary.BigEndian.PutUint64(body, n)
				letters[i] = vault.Letter{Hash: sha256.Sum256(body), Corp: "ww1", Received: noon, Body: body}
			}
			if added, err := db.PutLetters(b.Context(), letters); err != nil || added != batch {
				b.Fatal(added, err)
			}
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "letters/s")
	})
}

// BenchmarkSaveInsight rewrites what is understood of 100,000 customers.
func BenchmarkSaveInsight(b *testing.B) {
	const customers = 100_000
	onBoth(b, func(b *testing.B, db *storage.DB) {
		rows := make([]flow.InsightRow, customers)
		for i := range rows {
			rows[i] = understood(id.Customer(i+1) * 9_000_000_000)
		}
		n := 0
		for b.Loop() {
			if err := db.SaveInsights(b.Context(), rows); err != nil {
				b.Fatal(err)
			}
			n += customers
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
	})
}

func understood(c id.Customer) flow.InsightRow {
	estimate := func(unit insight.Unit, v float64) insight.Estimate {
		return insight.Estimate{Value: v, Low: v * 0.8, High: v * 1.2, Unit: unit, AsOf: noon, Model: "three-parts/2026-05-05",
			Evidence: insight.Fitted, Because: []insight.Reason{{Key: "rhythm", Weight: 0.3, Number: 34}, {Key: "replied", Weight: 0.1, Number: 2}}}
	}
	return flow.InsightRow{
		Customer: insight.Customer{ID: c, AsOf: noon, Base: -2, Need: estimate(insight.Eta, 0.5), Trust: estimate(insight.Eta, 0.1),
			Exposure: estimate(insight.Eta, -0.3), Repurchase: estimate(insight.Probability, 0.2), Alive: estimate(insight.Probability, 0.9),
			Expected: estimate(insight.Orders, 3), Value: estimate(insight.Fen, 45_600), Limiting: insight.Trust, NextDue: noon.AddDate(0, 0, 9),
			Levers: []insight.Lever{{Part: insight.Trust, Gap: 1, Effect: 0.1, GainLow: 1, Gain: 2, GainHigh: 3, Cost: 1}}},
		Related: true, Staff: 5, Store: 7, LastFact: noon,
	}
}

// BenchmarkSentList reads the first page of past sends: 25 days with a mass message of
// 10,000 customers and 200 small ones each, for the whole brand and for a store without any.
func BenchmarkSentList(b *testing.B) {
	const days, large, small = 25, 10_000, 200
	onBoth(b, func(b *testing.B, db *storage.DB) {
		next := id.Customer(0)
		for day := range days {
			for n := range small + 1 {
				at, customers := noon.AddDate(0, 0, -day), 1
				if n == 0 {
					customers = large
				}
				d := delivery.Draft{Dispatch: delivery.Dispatch{ID: int64(day*1000 + n + 1), Corp: "ww1", Staff: 5, Store: id.Store(n % 40), Day: at, Purpose: event.Ask,
					Material: "m", Text: "tea", From: at, Until: at, State: delivery.Accepted, Task: delivery.Confirmed, ApprovedBy: "lin", Since: at}}
				for range customers {
					next++
					key := delivery.TouchKey{Customer: next, Run: "plan/2026-05-05", Channel: event.MassSend}
					d.Touches = append(d.Touches, delivery.Touch{ID: key.ID(), TouchKey: key, Dispatch: d.Dispatch.ID, Staff: 5, Purpose: event.Ask, State: delivery.Delivered, At: at})
				}
				_, err := db.AddDispatches(b.Context(), []delivery.Draft{d})
				ok(b, err)
			}
		}
		for name, scope := range map[string]org.Scope{"brand": org.All(), "a store without any": {Stores: []id.Store{99}}} {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					_, err := db.SentGroups(b.Context(), storage.SentQuery{Scope: scope, From: noon.AddDate(0, 0, -60), Until: noon.AddDate(0, 0, 60), Groups: days})
					ok(b, err)
				}
			})
		}
	})
}
