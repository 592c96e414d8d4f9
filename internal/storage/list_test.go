package storage

import (
	"cmp"
	"context"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
)

// loadedList returns a list of customers 1 to n, all reachable.
func loadedList(n int) *customerList {
	l := &customerList{loaded: true, place: map[id.Customer]int32{},
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
	var after *listPlace
	for {
		page := l.page(q, after)
		all = append(all, page.Customers...)
		if page.Next == "" {
			if page.Total != len(all) {
				t.Fatalf("%d customers were listed of %d", len(all), page.Total)
			}
			return all
		}
		var err error
		after, err = parseCursor(page.Next)
		must(t, err)
	}
}

func TestListsStaySortedWhileCustomersChange(t *testing.T) {
	const customers = 15_000
	l, random := loadedList(customers), rand.New(rand.NewPCG(1, 2))
	for round := range 12 {
		for _, sort := range []CustomerSort{ByValue, ByDue, ByRecent, ByFresh} {
			want, key := slices.Clone(l.rows), keyOf(sort)
			slices.SortFunc(want, func(a, b listRow) int { return cmp.Or(cmp.Compare(key(&a), key(&b)), cmp.Compare(a.id, b.id)) })
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
		if page := l.page(CustomerQuery{Scope: c.scope, Related: true, Store: 7, Limit: 1}, nil); page.Total > c.want {
			t.Errorf("in %+v: %d of store 7", c.scope, page.Total)
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

func TestAListIsTheSameHeldAndAsked(t *testing.T) {
	db, err := Open(t.Context(), Config{URL: filepath.Join(t.TempDir(), "siyu.db")})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	random := rand.New(rand.NewPCG(5, 6))
	day := time.Date(2026, 5, 5, 0, 0, 0, 0, time.UTC)
	rows := make([]flow.InsightRow, 400)
	for i := range rows {
		r := &rows[i]
		*r = flow.InsightRow{Related: random.IntN(4) > 0, Refuses: random.IntN(4) == 0, Staff: id.Staff(random.IntN(3)), Store: id.Store(random.IntN(3)), LastFact: day.Add(time.Duration(random.IntN(9)))}
		r.ID, r.Limiting, r.Value.Value = id.Customer(random.Int64N(1<<40)), parts[random.IntN(len(parts))], float64(1+random.IntN(50))
		if random.IntN(3) > 0 {
			r.NextDue = day.AddDate(0, 0, random.IntN(9))
		}
	}
	must(t, db.SaveInsights(t.Context(), rows))
	must(t, db.list.load(t.Context(), db))
	rapid.Check(t, func(t *rapid.T) {
		q := CustomerQuery{Scope: rapid.SampledFrom([]org.Scope{org.All(), {}, {Stores: []id.Store{1, 2}}, {Staff: 2}}).Draw(t, "scope"),
			Limiting: rapid.SampledFrom(parts[:]).Draw(t, "limiting"), Store: id.Store(rapid.IntRange(0, 2).Draw(t, "store")), Staff: id.Staff(rapid.IntRange(0, 2).Draw(t, "staff")),
			Refuses: rapid.SampledFrom([]*bool{nil, new(true), new(false)}).Draw(t, "refuses"), Related: rapid.Bool().Draw(t, "related"),
			Sort: rapid.SampledFrom([]CustomerSort{ByValue, ByDue, ByRecent, ByFresh}).Draw(t, "sort"), Limit: rapid.IntRange(0, 60).Draw(t, "limit")}
		if rapid.Bool().Draw(t, "due") {
			q.DueBefore = day.AddDate(0, 0, rapid.IntRange(0, 9).Draw(t, "before"))
		}
		if rapid.Bool().Draw(t, "among") {
			for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(rows)-1), 0, 90).Draw(t, "whom") {
				q.Among = append(q.Among, rows[i].ID)
			}
		}
		for after := (*listPlace)(nil); ; {
			asked, err := db.askList(context.Background(), q, after)
			held := db.list.page(q, after)
			if err != nil || !reflect.DeepEqual(asked, held) {
				t.Fatalf("%+v\nasked %+v, %v\nheld %+v", q, asked, err, held)
			}
			if held.Next == "" {
				return
			}
			after, _ = parseCursor(held.Next)
		}
	})
}

func BenchmarkPageOfAMillion(b *testing.B) {
	l := loadedList(1_000_000)
	q := CustomerQuery{Scope: org.All(), Related: true, Sort: ByValue, Limit: 50}
	after, err := parseCursor(l.page(q, nil).Next)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		l.page(q, after)
	}
}
