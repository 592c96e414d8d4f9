package index

import (
	"slices"
	"sync"
	"testing"

	"siyu/internal/audience"
	"siyu/internal/audience/madeup"
	"siyu/internal/id"
	"siyu/internal/org"
)

// rulesOnMadeUp are questions that take every kind of column and bitmap.
func rulesOnMadeUp() []audience.Rule {
	tag := func(is audience.Test, tags ...int) audience.Rule {
		c := &audience.Condition{Field: "tags", Is: is}
		for _, i := range tags {
			c.Values = append(c.Values, madeup.Tag(i))
		}
		return audience.Rule{Ask: c}
	}
	due := ask("due", 0, audience.Next, 7)
	return []audience.Rule{
		*four(),
		tag(audience.OneOf, 0, 1, 250),
		tag(audience.AllOf, 0, 1),
		{Any: []audience.Rule{tag(audience.NoneOf, 0, 3), due, ask("groups", 0, audience.Known)}},
		{Not: &audience.Rule{All: []audience.Rule{ask("store", 0, audience.OneOf, 1, 30, 60, 90, 200, 300, 400), ask("turnover", 365, audience.Between, 10_000, 90_000)}}},
		ask("birthday", 0, audience.Next, 30),
		{All: []audience.Rule{ask("groups", 0, audience.Never), ask("last_touch", 0, audience.Ago, 10), ask("need", 0, audience.Less, 0)}},
		ask("owner", 0, audience.Known),
		ask("value", 0, audience.IsNot, 0),
	}
}

func TestBlocksFullOfCustomersAnswerAsTheEvaluatorOfOneCustomer(t *testing.T) {
	const n = blockSize + 20_000
	built, put := buildMadeUp(n), New()
	maker := madeup.New(n, benchDay)
	rows := make([]audience.Row, n)
	for i := range rows {
		rows[i] = madeup.Blank()
		maker.Row(i, &rows[i])
	}
	put.Put(rows)
	// Somebody else lives on: half of the rows move on by a day, every tenth goes.
	later := madeup.New(n, benchDay+40)
	var gone []id.Customer
	for i := range rows {
		if i%10 == 0 {
			gone = append(gone, rows[i].ID)
		} else if i%2 == 0 {
			later.Row(i, &rows[i])
		}
	}
	for _, ix := range []*Index{built, put} {
		if changed := ix.Put(rows); len(changed) == 0 {
			t.Error("nothing changed")
		}
		ix.Remove(gone)
	}
	for number, rule := range rulesOnMadeUp() {
		m, err := audience.Compile(&rule)
		if err != nil {
			t.Fatal(err)
		}
		var want []id.Customer
		for i := range rows {
			if i%10 != 0 && m.Matches(audience.Asked{Row: &rows[i], Today: benchDay}) {
				want = append(want, rows[i].ID)
			}
		}
		slices.Sort(want)
		for name, ix := range map[string]*Index{"built": built, "put": put} {
			crowd, err := ix.Evaluate(&rule, org.All(), benchDay)
			if err != nil {
				t.Fatal(err)
			}
			if got := slices.Sorted(crowd.IDs()); !slices.Equal(got, want) || len(want) == 0 {
				t.Errorf("rule %d, %s: %d customers, should be %d", number, name, len(got), len(want))
			}
		}
	}
}

// TestReadersSeeRowsWhole lets every row hold the same number in two columns
// and a tag of it, and asks for rows that do not while they change.
func TestReadersSeeRowsWhole(t *testing.T) {
	const n = 1_500
	ix := New()
	rows := make([]audience.Row, n)
	write := func(v int64) {
		for i := range rows {
			rows[i] = blankRow(id.Customer(i + 1))
			rows[i].Values[audience.ColumnAt("referrals", 0)] = v
			rows[i].Values[audience.ColumnAt("value", 0)] = v << 20
			rows[i].Refs[audience.RefsAt("groups")] = []int64{v}
		}
		ix.Put(rows)
	}
	var odd []audience.Rule
	const values = 12
	for v := int64(1); v <= values; v++ {
		same := audience.Rule{All: []audience.Rule{
			ask("referrals", 0, audience.Equal, v), ask("value", 0, audience.Equal, v<<20), ask("groups", 0, audience.OneOf, v)}}
		odd = append(odd, same)
	}
	broken := audience.Rule{Not: &audience.Rule{Any: odd}}
	write(1)
	var writer sync.WaitGroup
	done := make(chan struct{})
	writer.Go(func() {
		defer close(done)
		for v := int64(2); v <= values; v++ {
			write(v)
		}
	})
	for asked := 0; ; asked++ {
		crowd, err := ix.Evaluate(&broken, org.All(), benchDay)
		if err != nil {
			t.Fatal(err)
		}
		if crowd.Len() > 0 {
			t.Fatalf("%d rows were seen half", crowd.Len())
		}
		crowd = ix.Everybody()
		crowd.First(Page{Column: audience.ColumnAt("value", 0), N: 5})
		crowd.Split("groups", 5)
		select {
		case <-done:
			writer.Wait()
			return
		default:
		}
	}
}
