package flow_test

import (
	"testing"

	"siyu/internal/clock"
	"siyu/internal/flow"
	"siyu/internal/storage"
)

func TestANightKeepsItsPricesForTheDay(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		day := clock.Day(noon, clock.Shanghai)
		if prices, err := flow.PricesOf(t.Context(), db, day); prices != nil || err != nil {
			t.Fatalf("before any plan: %+v, %v", prices, err)
		}
		f, _ := referred(t, db)
		night(t, f, noon)
		if prices, err := flow.PricesOf(t.Context(), db, day); prices == nil || err != nil {
			t.Errorf("after the night: %+v, %v", prices, err)
		}
		if prices, err := flow.PricesOf(t.Context(), db, day.AddDate(0, 0, 1)); prices != nil || err != nil {
			t.Errorf("of the next day: %+v, %v", prices, err)
		}
		if err := db.SaveModel(t.Context(), flow.PricesName, "2000-01-01", []byte("{")); err != nil {
			t.Fatal(err)
		}
		if prices, err := flow.PricesOf(t.Context(), db, day); prices != nil || err != nil {
			t.Errorf("after a plan of another day: %+v, %v", prices, err)
		}
	})
}
