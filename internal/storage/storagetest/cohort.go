package storagetest

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/measurement/cohort"
	"siyu/internal/profile"
	"siyu/internal/storage"
)

// tallied adds up customers who belong to stores, one each.
func tallied(now time.Time, stores ...id.Store) *cohort.Tally {
	t := cohort.NewTally(now, now)
	for i, store := range stores {
		known := insight.Customer{Value: insight.Estimate{Value: float64(i+1) * 1234.5, Unit: insight.Fen, Evidence: insight.Fitted}}
		c := profile.Customer{Relations: []profile.Relation{{Staff: 5, Since: event.At(now), State: "直播-live", AddWay: 1}}}
		t.Add(&c, &known, cohort.Owner{Staff: 5, Store: store})
	}
	return t
}

func cohortsReplaceEachOther(t *testing.T, ctx context.Context, db *storage.DB) {
	if s := must[*cohort.Sums](t)(db.BrandCohorts(ctx)); s != nil {
		t.Fatalf("sums before any night: %+v", s)
	}
	first := tallied(noon, 7, 8, 8, 0)
	ok(t, db.SetCohorts(ctx, first, noon))
	if got := must[*cohort.Sums](t)(db.BrandCohorts(ctx)); !reflect.DeepEqual(got, first.Whole()) {
		t.Fatalf("got %+v\nwant %+v", got, first.Whole())
	}
	customers := func(stores ...id.Store) string {
		t.Helper()
		text := ""
		for _, s := range must[[]*cohort.Sums](t)(db.StoreCohorts(ctx, stores)) {
			text += fmt.Sprint(s.All.Customers, " at ", s.AsOf.Format("15:04"), " ")
		}
		return text
	}
	equal(t, "of two stores and one without customers", customers(8, 7, 9), "1 at 12:00 2 at 12:00 ")
	equal(t, "of nobody's customers", customers(0), "1 at 12:00 ")
	equal(t, "of no store", customers(), "")

	ok(t, db.SetCohorts(ctx, tallied(noon.Add(24*time.Hour), 8, 8, 8), noon.Add(24*time.Hour)))
	equal(t, "after another night", customers(0, 7, 8), "3 at 12:00 ")
	equal(t, "brand", must[*cohort.Sums](t)(db.BrandCohorts(ctx)).All.Customers, 3)
}
