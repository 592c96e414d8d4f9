package index

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/audience"
	"siyu/internal/audience/audiencetest"
	"siyu/internal/id"
	"siyu/internal/org"
)

// world is an index beside what it should say, kept in maps.
type world struct {
	index   *Index
	rows    map[id.Customer]audience.Row
	members map[int64]map[id.Customer]bool
}

func newWorld() *world {
	return &world{index: New(), rows: map[id.Customer]audience.Row{}, members: map[int64]map[id.Customer]bool{}}
}

// expected returns for whom the rule holds by the evaluator of one customer.
func (w *world) expected(t *rapid.T, rule *audience.Rule, scope org.Scope, today int64) []id.Customer {
	m, err := audience.Compile(rule)
	if err != nil {
		t.Fatal(err)
	}
	var all []id.Customer
	for c, row := range w.rows {
		members := func(n int64) bool { return w.members[n][c] }
		if sees(scope, row) && m.Matches(audience.Asked{Row: &row, Members: members, Today: today}) {
			all = append(all, c)
		}
	}
	slices.Sort(all)
	return all
}

func sees(s org.Scope, row audience.Row) bool {
	if s.Staff != 0 {
		return row.Values[audience.ColumnAt("owner", 0)] == int64(s.Staff)
	}
	return s.Sees(id.Store(row.Values[audience.ColumnAt("store", 0)]))
}

func scopes() *rapid.Generator[org.Scope] {
	return rapid.Custom(func(t *rapid.T) org.Scope {
		switch rapid.IntRange(0, 3).Draw(t, "who") {
		case 0:
			return org.Scope{Stores: rapid.SliceOfN(rapid.Map(rapid.Int64Range(1, 7), func(n int64) id.Store { return id.Store(n) }), 0, 4).Draw(t, "stores")}
		case 1:
			return org.Scope{Staff: id.Staff(rapid.Int64Range(1, 7).Draw(t, "staff"))}
		}
		return org.All()
	})
}

// step puts new or known customers, removes some or stores an audience.
func (w *world) step(t *rapid.T) {
	known := slices.Sorted(maps.Keys(w.rows))
	switch rapid.IntRange(0, 5).Draw(t, "step") {
	case 0:
		if len(known) > 0 {
			gone := rapid.SliceOfN(rapid.SampledFrom(known), 0, 5).Draw(t, "gone")
			w.index.Remove(gone)
			for _, c := range gone {
				delete(w.rows, c)
				for _, m := range w.members {
					delete(m, c)
				}
			}
		}
	case 1:
		n := rapid.Int64Range(1, 6).Draw(t, "audience")
		w.members[n] = map[id.Customer]bool{}
		for _, c := range known {
			if rapid.Bool().Draw(t, "member") {
				w.members[n][c] = true
			}
		}
		w.index.SetMembers(n, w.index.Crowd(maps.Keys(w.members[n])))
	default:
		rows := rapid.SliceOfN(audiencetest.Rows(), 1, 12).Draw(t, "rows")
		for i := range rows {
			if len(known) > 0 && rapid.Bool().Draw(t, "again") {
				rows[i].ID = rapid.SampledFrom(known).Draw(t, "known")
			}
		}
		w.index.Put(rows)
		for _, row := range rows {
			w.rows[row.ID] = row
		}
	}
}

// A Builder with the same rows is one more evaluator.
func (w *world) built() *Index {
	b := NewBuilder(len(w.rows))
	for _, c := range slices.Sorted(maps.Keys(w.rows)) {
		b.Add([]audience.Row{w.rows[c]})
	}
	ix := b.Index()
	for n, m := range w.members {
		ix.SetMembers(n, ix.Crowd(maps.Keys(m)))
	}
	return ix
}

func TestTheIndexSaysWhatTheEvaluatorOfOneCustomerSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			w.step(t)
		}
		built := w.built()
		for range 10 {
			rule := audiencetest.Rules(4).Draw(t, "rule")
			scope := scopes().Draw(t, "scope")
			today := audiencetest.Today + rapid.Int64Range(-400, 400).Draw(t, "later")
			want := w.expected(t, &rule, scope, today)
			crowd, err := w.index.Evaluate(&rule, scope, today)
			if err != nil {
				t.Fatal(err)
			}
			if got := slices.Sorted(crowd.IDs()); !slices.Equal(got, want) || crowd.Len() != len(want) {
				t.Fatalf("%v (%d), should be %v", got, crowd.Len(), want)
			}
			if n, err := built.Count(&rule, scope, today); err != nil || n != len(want) {
				t.Fatalf("count %d of what was built at once, %v; should be %d", n, err, len(want))
			}
			if n, err := w.index.Count(&rule, scope, today); err != nil || n != len(want) {
				t.Fatalf("count %d, %v; should be %d", n, err, len(want))
			}
		}
	})
}
