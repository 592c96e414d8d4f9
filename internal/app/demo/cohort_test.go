package demo

import (
	"math"
	"slices"
	"testing"

	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/measurement/cohort"
	"siyu/internal/org"
	"siyu/internal/storage"
)

// theSumsAreThoseOfTheCustomers compares what a night added up with what it
// stored of everybody.
func theSumsAreThoseOfTheCustomers(t *testing.T, d *Demo) {
	t.Helper()
	ctx, db := t.Context(), d.App.DB()
	if _, err := d.App.Night(ctx); err != nil {
		t.Fatal(err)
	}
	list, err := db.ListCustomers(ctx, storage.CustomerQuery{Scope: org.All(), Sort: storage.ByValue, Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	value, orders, measured := 0., 0., 0
	for part := range slices.Chunk(list.Customers, 500) {
		known, err := db.LoadInsights(ctx, part)
		if err != nil {
			t.Fatal(err)
		}
		for i := range known {
			if known[i].Value.Evidence != insight.NotMeasurable {
				value, orders, measured = value+known[i].Value.Value, orders+known[i].Expected.Value, measured+1
			}
		}
	}
	brand, err := db.BrandCohorts(ctx)
	if err != nil || brand == nil {
		t.Fatalf("no sums of the brand: %v", err)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-4*math.Abs(b) } // estimates are stored in 32 bits
	if s := brand.All; s.Customers != len(list.Customers) || s.Measured != measured || !near(s.Value, value) || !near(s.Orders, orders) || s.Variance <= 0 {
		t.Errorf("the brand's sums %+v, its %d customers %v fen and %v orders of %d", s, len(list.Customers), value, orders, measured)
	}
	stores := []id.Store{0}
	for _, s := range d.App.Brand().Org().Stores {
		stores = append(stores, s.ID)
	}
	sums, err := db.StoreCohorts(ctx, stores)
	if err != nil {
		t.Fatal(err)
	}
	if together := cohort.Merge(sums).All; together.Customers != brand.All.Customers || together.Bought != brand.All.Bought || !near(together.Value, brand.All.Value) {
		t.Errorf("the stores together %+v, the brand %+v", together, brand.All)
	}
}
