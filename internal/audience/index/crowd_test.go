package index

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/audience"
	"siyu/internal/audience/audiencetest"
	"siyu/internal/id"
	"siyu/internal/org"
)

// drawn returns a world after some steps.
func drawn(t *rapid.T) *world {
	w := newWorld()
	for range rapid.IntRange(1, 6).Draw(t, "steps") {
		w.step(t)
	}
	return w
}

// crowd draws some of everybody who ever was.
func (w *world) crowd(t *rapid.T, label string) (*Crowd, map[id.Customer]bool) {
	some := map[id.Customer]bool{}
	for _, c := range slices.Sorted(maps.Keys(w.rows)) {
		if rapid.Bool().Draw(t, label) {
			some[c] = true
		}
	}
	return w.index.Crowd(maps.Keys(some)), some
}

func same(t *rapid.T, what string, c *Crowd, want []id.Customer) {
	slices.Sort(want)
	if got := slices.Sorted(c.IDs()); !slices.Equal(got, want) || c.Len() != len(want) {
		t.Fatalf("%s: %v (%d), should be %v", what, got, c.Len(), want)
	}
}

func TestCrowdsCombineAsSetsDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawn(t)
		a, inA := w.crowd(t, "a")
		b, inB := w.crowd(t, "b")
		var and, or, only, other []id.Customer
		for c := range w.rows {
			switch {
			case inA[c] && inB[c]:
				and = append(and, c)
			case inA[c]:
				only = append(only, c)
			case inB[c]:
				other = append(other, c)
			}
			if inA[c] || inB[c] {
				or = append(or, c)
			}
			if a.Has(c) != inA[c] {
				t.Fatalf("Has %d: %t", c, a.Has(c))
			}
		}
		entered, left := Difference(a, b)
		same(t, "and", a.And(b), and)
		same(t, "or", a.Or(b), or)
		same(t, "only a", a.AndNot(b), only)
		same(t, "left", left, only)
		same(t, "entered", entered, other)
		if n := a.Overlap(b); n != len(and) {
			t.Fatalf("overlap of %d, should be %d", n, len(and))
		}
		w.index.SetMembers(1, a)
		w.index.Enter(1, slices.Collect(entered.IDs()), slices.Collect(left.IDs()))
		same(t, "members after entering and leaving", w.index.Members(1), slices.Collect(maps.Keys(inB)))
	})
}

func TestPagesFollowOneAnotherInTheOrderOfAColumn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawn(t)
		crowd, some := w.crowd(t, "some")
		page := Page{Column: rapid.IntRange(0, len(audience.Columns())-1).Draw(t, "column"), Descending: rapid.Bool().Draw(t, "descending"), N: rapid.IntRange(1, 9).Draw(t, "n")}
		var want, got []Entry
		for c := range some {
			want = append(want, Entry{c, w.rows[c].Values[page.Column]})
		}
		slices.SortFunc(want, func(a, b Entry) int {
			byValue := cmp.Compare(a.Value, b.Value)
			if page.Descending {
				byValue = -byValue
			}
			return cmp.Or(byValue, cmp.Compare(a.ID, b.ID))
		})
		for {
			entries := crowd.First(page)
			got = append(got, entries...)
			if len(entries) < page.N {
				break
			}
			page.After = &entries[len(entries)-1]
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v, should be %v", got, want)
		}
	})
}

func TestShareBandsAndQuantilesAreThoseOfTheRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawn(t)
		crowd, some := w.crowd(t, "some")
		for _, f := range audience.Fields() {
			if f.Kind != audience.Word && f.Kind != audience.Ref && f.Kind != audience.Refs || f.Name == audience.AudienceField {
				continue
			}
			want, got := map[int64]int{}, map[int64]int{}
			for c := range some {
				if f.Kind == audience.Refs {
					for _, v := range w.rows[c].Refs[audience.RefsAt(f.Name)] {
						want[v]++
					}
				} else {
					want[w.rows[c].Values[audience.ColumnAt(f.Name, 0)]]++
				}
			}
			for _, s := range crowd.Split(f.Name, 1000) {
				got[s.Value] = s.Count
			}
			if !maps.Equal(got, want) {
				t.Fatalf("%s: %v, should be %v", f.Name, got, want)
			}
		}
		column := audience.ColumnAt(rapid.SampledFrom([]string{"value", "need", "orders", "due"}).Draw(t, "field"), 0)
		var values []int64
		bands := make([]int, 4)
		edges := []int64{-1, 1, 10_000}
		for c := range some {
			v := w.rows[c].Values[column]
			at, _ := slices.BinarySearchFunc(edges, v, func(edge, v int64) int { return cmp.Or(cmp.Compare(edge, v), -1) })
			bands[at]++
			values = append(values, v)
		}
		if got := crowd.Bands(column, edges); !slices.Equal(got, bands) {
			t.Fatalf("bands %v, should be %v", got, bands)
		}
		slices.Sort(values)
		got := crowd.Quantiles(column, 0, .1, .5, .9, 1)
		for i, share := range []float64{0, .1, .5, .9, 1} {
			if n := len(values); n > 0 && got[i] != values[min(n-1, int(share*float64(n)))] {
				t.Fatalf("quantiles %v of %v", got, values)
			}
		}
	})
}

func TestACrowdKeptOverARemovalNamesNobodyElse(t *testing.T) {
	ix := New()
	rows := []audience.Row{blankRow(1), blankRow(2)}
	ix.Put(rows)
	crowd := ix.Everybody()
	ix.SetMembers(9, crowd)
	ix.Remove([]id.Customer{1})
	ix.Put([]audience.Row{blankRow(3), blankRow(1)})
	if got := slices.Sorted(crowd.IDs()); !slices.Equal(got, []id.Customer{1, 2}) || crowd.Has(3) {
		t.Errorf("the crowd names %v", got)
	}
	if ix.Len() != 3 {
		t.Errorf("%d customers", ix.Len())
	}
	rule := audience.Rule{Ask: &audience.Condition{Field: audience.AudienceField, Is: audience.OneOf, Values: []audience.Value{{Number: 9}}}}
	members, err := ix.Evaluate(&rule, org.All(), audiencetest.Today)
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Collect(members.IDs()); !slices.Equal(got, []id.Customer{2}) {
		t.Errorf("members are %v: who was removed is no member when coming back", got)
	}
}

func blankRow(c id.Customer) audience.Row {
	return audience.Row{ID: c, Values: make([]int64, len(audience.Columns())), Refs: make([][]int64, len(audience.RefsFields()))}
}

func TestPutTellsWhatChanged(t *testing.T) {
	ix := New()
	row := blankRow(1)
	row.Values[3], row.Refs[0] = 7, []int64{4, 5}
	if got := ix.Put([]audience.Row{row}); len(got) != 1 || !got[0].New || !slices.Equal(got[0].Columns, []int{3}) || !slices.Equal(got[0].Refs, []int{0}) {
		t.Errorf("first: %+v", got)
	}
	if got := ix.Put([]audience.Row{row}); len(got) != 0 {
		t.Errorf("nothing changed: %+v", got)
	}
	next := blankRow(1)
	next.Values[3], next.Values[40], next.Refs[0], next.Refs[2] = 7, 1<<40, []int64{5}, []int64{9}
	if got := ix.Put([]audience.Row{next}); len(got) != 1 || got[0].New || !slices.Equal(got[0].Columns, []int{40}) || !slices.Equal(got[0].Refs, []int{0, 2}) {
		t.Errorf("then: %+v", got)
	}
	if got := ix.Put([]audience.Row{row, next}); len(got) != 2 {
		t.Errorf("to and fro in one Put: %+v", got)
	}
}

func TestASnapshotIsTheIndexAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawn(t)
		w.index.Reach(Position{Fact: 77, Day: audiencetest.Today})
		var file bytes.Buffer
		if n, err := w.index.WriteTo(&file); err != nil || n != int64(file.Len()) {
			t.Fatalf("%d of %d bytes, %v", n, file.Len(), err)
		}
		read, err := Read(&file)
		if err != nil {
			t.Fatal(err)
		}
		if read.Position() != w.index.Position() {
			t.Fatalf("position %v", read.Position())
		}
		w.index = read
		w.step(t)
		for range 5 {
			rule := audiencetest.Rules(3).Draw(t, "rule")
			crowd, err := read.Evaluate(&rule, org.All(), audiencetest.Today)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "crowd", crowd, w.expected(t, &rule, org.All(), audiencetest.Today))
		}
	})
}
