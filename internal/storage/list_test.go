package storage

import (
	"cmp"
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
)

// loadedList returns a list of customers 1 to n, all reachable.
func loadedList(n int) *customerList {
	l := &customerList{loaded: true, place: map[id.Customer]int32{}, orders: map[CustomerSort]*listOrder{},
		related: relatedCount{staff: map[id.Staff]int{}, store: map[id.Store]int{}}}
	for c := range n {
		l.put(listRow{id: id.Customer(c + 1), staff: 5, store: 7, value: float32(c % 1000), due: event.Instant(c % 700), related: true})
	}
	return l
}

// whole pages through the list.
func whole(t *testing.T, l *customerList, sort CustomerSort) (all []id.Customer) {
	t.Helper()
	q := CustomerQuery{Scope: org.All(), Related: true, Sort: sort, Limit: 997}
	for {
		page, err := l.page(q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Customers...)
		if q.After = page.Next; q.After == "" {
			if page.Total != len(all) {
				t.Fatalf("%d customers were listed of %d", len(all), page.Total)
			}
			return all
		}
	}
}

func TestListsStaySortedWhileCustomersChange(t *testing.T) {
	const customers = 3 * fewMoves
	l, random := loadedList(customers), rand.New(rand.NewPCG(1, 2))
	for round := range 12 {
		for _, sort := range []CustomerSort{ByValue, ByDue} {
			want := slices.Clone(l.rows)
			slices.SortFunc(want, func(a, b listRow) int { return cmp.Or(cmp.Compare(a.key(sort), b.key(sort)), cmp.Compare(a.id, b.id)) })
			got := whole(t, l, sort)
			if !slices.EqualFunc(got, want, func(c id.Customer, r listRow) bool { return c == r.id }) {
				t.Fatalf("round %d: the list by %s is not in order", round, sort)
			}
		}
		changed := make([]flow.InsightRow, 1+random.IntN(customers/3))
		for i := range changed {
			c := random.IntN(customers + 50)
			changed[i] = flow.InsightRow{Customer: insight.Customer{ID: id.Customer(c + 1)}, Related: true, Staff: 5, Store: 7}
			changed[i].Value.Value = float64(c%1000 + random.IntN(2)) // often what it was before
		}
		l.update(changed)
	}
}

func TestReachableCustomersAreCountedByStoreAndMember(t *testing.T) {
	l := loadedList(10)
	l.update([]flow.InsightRow{
		{Customer: insight.Customer{ID: 1}, Related: true, Staff: 6, Store: 8},
		{Customer: insight.Customer{ID: 2}, Staff: 5, Store: 7},
		{Customer: insight.Customer{ID: 11}, Related: true, Staff: 6, Store: 7},
	})
	for _, c := range []struct {
		scope org.Scope
		want  int
	}{
		{org.All(), 10}, {org.Scope{Stores: []id.Store{7}}, 9}, {org.Scope{Stores: []id.Store{8}}, 1}, {org.Scope{Staff: 6}, 2}, {org.Scope{}, 0},
	} {
		if got := l.related.in(c.scope); got != c.want {
			t.Errorf("in %+v: %d, want %d", c.scope, got, c.want)
		}
		page, err := l.page(CustomerQuery{Scope: c.scope, Related: true, Store: 7, Limit: 1})
		if err != nil || page.Total > c.want {
			t.Errorf("in %+v: %d of store 7, %v", c.scope, page.Total, err)
		}
	}
}

func TestAListIsLoadedWholeThoughWhoAskedForItWentAway(t *testing.T) {
	db, err := Open(t.Context(), Config{URL: filepath.Join(t.TempDir(), "siyu.db")})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	random := rand.New(rand.NewPCG(3, 4))
	var rows []flow.InsightRow
	for range 500 {
		rows = append(rows, flow.InsightRow{Customer: insight.Customer{ID: id.Customer(random.Int64() - random.Int64())}, Related: true, Staff: 5, Store: 7})
	}
	must(t, db.SaveInsights(t.Context(), rows))
	gone, leave := context.WithCancel(t.Context())
	leave()
	if n, err := db.CountRelated(gone); n != len(rows) || err != nil {
		t.Errorf("%d of %d customers, %v", n, len(rows), err)
	}
}
