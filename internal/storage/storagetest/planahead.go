package storagetest

import (
	"context"
	"fmt"
	"testing"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/storage"
)

func daysAheadReplaceEachOther(t *testing.T, ctx context.Context, db *storage.DB) {
	row := func(staff id.Staff, on, customers int) decision.Ahead {
		return decision.Ahead{Day: day(on), Staff: staff, Store: id.Store(staff % 2), Purpose: event.Ask, Channel: event.OneToOne, Line: 3, Customers: customers, Gain: float64(customers) * 10, Least: 2.5}
	}
	sums := func(on int, stores []id.Store) (said string) {
		t.Helper()
		for _, s := range must[[]decision.Ahead](t)(db.AheadSums(ctx, day(on), stores)) {
			said += fmt.Sprintf("%d:%d in %d gain %.0f; ", int(s.Day.Sub(day(0)).Hours()/24), s.Customers, s.Store, s.Gain)
		}
		return said
	}
	ok(t, db.SaveAhead(ctx, day(0), []decision.Ahead{row(1, 1, 5), row(3, 1, 2), row(2, 1, 1), row(1, 2, 7)}))
	equal(t, "all stores", sums(0, nil), "1:1 in 0 gain 10; 1:7 in 1 gain 70; 2:7 in 1 gain 70; ")
	equal(t, "one store", sums(0, []id.Store{0}), "1:1 in 0 gain 10; ")
	equal(t, "no store", sums(0, []id.Store{}), "")
	own := must[[]decision.Ahead](t)(db.AheadOf(ctx, day(0), 1))
	if len(own) != 2 || !own[0].Day.Equal(day(1)) || own[0].Line != 3 || own[0].Least != 2.5 || own[1].Customers != 7 {
		t.Fatalf("got %+v", own)
	}
	ok(t, db.SaveAhead(ctx, day(0), []decision.Ahead{row(1, 1, 4)}))
	equal(t, "decided anew", sums(0, nil), "1:4 in 1 gain 40; ")
	ok(t, db.SaveAhead(ctx, day(1), []decision.Ahead{row(1, 2, 9)}))
	equal(t, "of the night before", sums(0, nil), "")
	equal(t, "of the next night", sums(1, nil), "2:9 in 1 gain 90; ")
}
