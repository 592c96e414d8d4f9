package storagetest

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/storage"
)

// known returns an insight whose numbers survive 32 bits.
func known(c id.Customer) flow.InsightRow {
	estimate := func(unit insight.Unit, v float64) insight.Estimate {
		return insight.Estimate{Value: v, Low: v - 0.5, High: v + 0.5, Unit: unit, AsOf: noon, Model: "parts/1", Evidence: insight.Fitted,
			Because: []insight.Reason{{Key: "rhythm", Weight: 0.25, Number: 34, Line: 3}}}
	}
	value := estimate(insight.Fen, float64(c)*100)
	value.Model, value.AsOf = "ltv/2", noon.Add(-time.Hour)
	return flow.InsightRow{
		Customer: insight.Customer{ID: c, AsOf: noon, Base: -2, Need: estimate(insight.Eta, 0.5), Trust: estimate(insight.Eta, 1),
			Exposure: estimate(insight.Eta, -1), Repurchase: estimate(insight.Probability, 0.5), Alive: insight.Estimate{},
			Expected: estimate(insight.Orders, 3), Value: value, Margin: 1, Limiting: insight.Trust,
			Levers:  []insight.Lever{{Part: insight.Trust, Gap: 1, Effect: 0.5, GainLow: 1, Gain: 2, GainHigh: 3, Cost: 4, Grade: insight.Assumed}},
			NextDue: noon.AddDate(0, 0, int(c)), DueLine: 3, Fatigue: 0.125, Stage: insight.Growing, StageUntil: noon.AddDate(0, 0, 3)},
		Related: true, Staff: 5, Store: 7, LastFact: noon.Add(-time.Duration(c) * time.Minute),
	}
}

func insightsComeBackWhole(t *testing.T, ctx context.Context, db *storage.DB) {
	row := known(1)
	ok(t, db.SaveInsights(ctx, []flow.InsightRow{row, known(2)}))
	row.Limiting, row.Levers = insight.None, nil
	ok(t, db.SaveInsights(ctx, []flow.InsightRow{row}))
	found := must[[]insight.Customer](t)(db.LoadInsights(ctx, []id.Customer{1, 99}))
	if len(found) != 1 || !reflect.DeepEqual(found[0], row.Customer) {
		t.Fatalf("got %+v\nwant %+v", found, row.Customer)
	}
	row.Value.High = math.NaN()
	if err := db.SaveInsights(ctx, []flow.InsightRow{row}); fault.CodeOf(err) != fault.Invalid {
		t.Fatalf("saving a number that is none: %v", err)
	}
}

func modelsKeepTheirVersions(t *testing.T, ctx context.Context, db *storage.DB) {
	newest := func() string {
		version, document, err := db.NewestModel(ctx, "ltv")
		ok(t, err)
		return version + string(document)
	}
	equal(t, "model before any", newest(), "")
	ok(t, db.SaveModel(ctx, "ltv", "2026-05-04", []byte(`{"r":1}`)))
	ok(t, db.SaveModel(ctx, "ltv", "2026-05-05", []byte(`{"r":2}`)))
	ok(t, db.SaveModel(ctx, "parts", "2026-05-06", []byte(`{}`)))
	equal(t, "newest model", newest(), `2026-05-05{"r":2}`)
	before := func(version string) string { return string(must[[]byte](t)(db.ModelBefore(ctx, "ltv", version))) }
	equal(t, "model before its day", before("2026-05-05"), `{"r":1}`)
	equal(t, "model before a later day", before("2026-05-09"), `{"r":2}`)
	equal(t, "model before the first", before("2026-05-04"), "")
}

func listsFilterSortAndPage(t *testing.T, ctx context.Context, db *storage.DB) {
	rows := make([]flow.InsightRow, 30)
	for i := range rows {
		rows[i] = known(id.Customer(i + 1))
		if i%3 == 0 {
			rows[i].Store, rows[i].Limiting, rows[i].NextDue = 8, insight.Need, time.Time{}
			rows[i].Stage, rows[i].StageUntil = insight.Lost, time.Time{}
		}
	}
	ok(t, db.SaveInsights(ctx, rows[:20]))
	list := func(q storage.CustomerQuery) storage.CustomerPage {
		t.Helper()
		return must[storage.CustomerPage](t)(db.ListCustomers(ctx, q))
	}
	equal(t, "before the rest is known", list(storage.CustomerQuery{Scope: org.All(), Limit: 5}).Total, 20)
	ok(t, db.SaveInsights(ctx, rows[20:]))

	q := storage.CustomerQuery{Scope: org.All(), Sort: storage.ByValue, Limit: 7}
	var all []id.Customer
	for {
		page := list(q)
		equal(t, "total", page.Total, 30)
		all = append(all, page.Customers...)
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	equal(t, "most valuable first", fmt.Sprint(all[:3], len(all)), "[30 29 28] 30")
	equal(t, "soonest due", fmt.Sprint(list(storage.CustomerQuery{Scope: org.All(), Sort: storage.ByDue, Limit: 3}).Customers), "[2 3 5]")
	equal(t, "latest due", fmt.Sprint(list(storage.CustomerQuery{Scope: org.All(), Sort: storage.ByFresh, Limit: 3}).Customers), "[30 29 27]")
	equal(t, "latest fact", fmt.Sprint(list(storage.CustomerQuery{Scope: org.All(), Sort: storage.ByRecent, Limit: 3}).Customers), "[1 2 3]")
	equal(t, "one store", list(storage.CustomerQuery{Scope: org.All(), Store: 8}).Total, 10)
	equal(t, "scope of a store", list(storage.CustomerQuery{Scope: org.Scope{Stores: []id.Store{7}}}).Total, 20)
	equal(t, "scope of nobody", list(storage.CustomerQuery{}).Total, 0)
	equal(t, "scope of another member", list(storage.CustomerQuery{Scope: org.Scope{Everything: true, Staff: 6}}).Total, 0)
	equal(t, "limited by need", list(storage.CustomerQuery{Scope: org.All(), Limiting: insight.Need}).Total, 10)
	equal(t, "lost", list(storage.CustomerQuery{Scope: org.All(), Stage: insight.Lost}).Total, 10)
	equal(t, "growing in a store of the lost", list(storage.CustomerQuery{Scope: org.All(), Stage: insight.Growing, Store: 8}).Total, 0)
	rows[0].Stage = insight.Growing
	ok(t, db.SaveInsights(ctx, rows[:1]))
	equal(t, "lost, less one who came back", list(storage.CustomerQuery{Scope: org.All(), Stage: insight.Lost}).Total, 9)
	equal(t, "due soon", list(storage.CustomerQuery{Scope: org.All(), DueBefore: noon.AddDate(0, 0, 6)}).Total, 3)
	equal(t, "among", list(storage.CustomerQuery{Scope: org.All(), Among: []id.Customer{3, 99}}).Total, 1)
	if _, err := db.ListCustomers(ctx, storage.CustomerQuery{After: "x"}); fault.CodeOf(err) != fault.Invalid {
		t.Fatalf("a cursor that is none: %v", err)
	}
}
