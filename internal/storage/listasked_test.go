package storage_test

import (
	"testing"

	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
)

func TestAListShowsWhatAnotherNodeSaved(t *testing.T) {
	url := postgres(t)
	one, other := open(t, url), open(t, url)
	listed := func(db *storage.DB) (all []id.Customer, related int) {
		t.Helper()
		page, err := db.ListCustomers(t.Context(), storage.CustomerQuery{Scope: org.All(), Sort: storage.ByValue, Limit: 5})
		ok(t, err)
		related, err = db.CountRelated(t.Context())
		ok(t, err)
		return page.Customers, related
	}
	for round := range 3 {
		saved := understood(id.Customer(round + 1))
		saved.Value.Value = float64(round)
		ok(t, other.SaveInsights(t.Context(), []flow.InsightRow{saved}))
		for _, db := range []*storage.DB{one, other} {
			if all, related := listed(db); len(all) != round+1 || all[0] != saved.ID || related != round+1 {
				t.Fatalf("round %d: listed %v, %d related", round, all, related)
			}
		}
	}
	gone := understood(1)
	gone.Related = false
	ok(t, one.SaveInsights(t.Context(), []flow.InsightRow{gone}))
	if all, related := listed(other); related != 2 || all[0] != gone.ID {
		t.Errorf("after a change elsewhere: listed %v, %d related", all, related)
	}
}
