package audience_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/audience"
	"siyu/internal/audience/audiencetest"
)

var cuts = audience.Cuts{RecentDays: 30, Orders: 2, Turnover: 10_000, ValueLow: 9_900, ValueHigh: 50_000}

func TestReadyAudiencesCanBeBuiltAndSaid(t *testing.T) {
	met := map[string]bool{}
	for _, r := range audience.Library(cuts) {
		if err := audience.Check(&r.Rule); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
		if met[r.Name] {
			t.Errorf("two are called %s", r.Name)
		}
		met[r.Name] = true
		for _, language := range languages {
			l := lexicon(t, language)
			text := l.Sentence(&r.Rule, nil)
			if back, err := l.Parse(text, nil); err != nil || !reflect.DeepEqual(back, r.Rule) {
				t.Errorf("%s: %s: %v", r.Name, text, err)
			}
		}
	}
}

// TestLayersDoNotOverlap holds that a customer is in as many audiences of a
// shelf as it should be.
func TestLayersDoNotOverlap(t *testing.T) {
	at := func(row audience.Row, field string) int64 { return row.Values[audience.ColumnAt(field, audience.Ever)] }
	today := int64(audiencetest.Today)
	expected := map[audience.Shelf]func(audience.Row) int{
		audience.Worth: func(audience.Row) int { return 1 },
		audience.RFM: func(row audience.Row) int {
			if last := at(row, "last_order"); last == 0 || last > today {
				return 0
			}
			return 1
		},
		audience.AIPL: func(row audience.Row) int {
			if relation := at(row, "relation"); relation == 1 || relation == 2 || at(row, "orders") > 0 {
				return 1
			}
			return 0
		},
	}
	library := map[audience.Shelf][]audience.Matcher{}
	for _, r := range audience.Library(cuts) {
		m, err := audience.Compile(&r.Rule)
		if err != nil {
			t.Fatal(err)
		}
		library[r.Shelf] = append(library[r.Shelf], m)
	}
	rapid.Check(t, func(t *rapid.T) {
		row := audiencetest.Rows().Draw(t, "row")
		for shelf, want := range expected {
			n := 0
			for _, m := range library[shelf] {
				if m.Matches(audience.Asked{Row: &row, Today: today}) {
					n++
				}
			}
			if n != want(row) {
				t.Fatalf("in %d audiences of %s, expected %d", n, shelf, want(row))
			}
		}
	})
}

func TestWhoIsInUsefulAudiences(t *testing.T) {
	today := int64(audiencetest.Today)
	library := map[string]audience.Rule{}
	for _, r := range audience.Library(cuts) {
		library[r.Name] = r.Rule
	}
	active := map[string]int64{"relation": 1}
	with := func(more map[string]int64) *audience.Row {
		row := &audience.Row{Values: make([]int64, len(audience.Columns())), Refs: make([][]int64, len(audience.RefsFields()))}
		for _, values := range []map[string]int64{active, more} {
			for field, v := range values {
				row.Values[audience.ColumnAt(field, audience.Ever)] = v
			}
		}
		return row
	}
	for _, c := range []struct {
		name     string
		customer map[string]int64
		want     bool
	}{
		{"new_without_word", map[string]int64{"since": today - 6}, true},
		{"new_without_word", map[string]int64{"since": today - 7}, false},
		{"new_without_word", map[string]int64{"since": today - 1, "last_message_in": today}, false},
		{"due_and_forgotten", map[string]int64{"due": today + 6}, true}, // never contacted is forgotten as well
		{"due_and_forgotten", map[string]int64{"due": today + 6, "last_touch": today - 13}, false},
		{"due_and_forgotten", map[string]int64{"due": today + 6, "consent": 2}, false},
		{"trusted_nothing_due", map[string]int64{"trust": 1}, true},
		{"trusted_nothing_due", map[string]int64{"trust": 1, "due": today + 60}, true},
		{"trusted_nothing_due", map[string]int64{"trust": 1, "due": today - 1}, false},
		{"trusted_nothing_due", map[string]int64{"trust": 0}, false},
		{"loved_but_silent", map[string]int64{"trust": 20, "last_touch": today - 30}, true},
		{"loved_but_silent", map[string]int64{"trust": 19}, false},
		{"complaint_open", map[string]int64{"complaint": 1}, true},
		{"complaint_open", map[string]int64{"complaint": 2}, false},
		{"freebie_suspects", map[string]int64{"campaign": 5, "since": today - 30}, true},
		{"freebie_suspects", map[string]int64{"campaign": 5, "since": today - 30, "turnover": 2_000}, false},
		{"freebie_suspects", map[string]int64{"since": today - 30}, false},
		{"alone_after_staff_left", map[string]int64{"relation": 4}, false}, // nobody who bought within a year
		{"relation_lost", map[string]int64{"relation": 3}, true},
	} {
		if got := holds(t, library[c.name], with(c.customer), today); got != c.want {
			t.Errorf("%s: %v is in it: %v", c.name, c.customer, got)
		}
	}
}
