package desk

import (
	"slices"
	"testing"

	"siyu/internal/id"
	"siyu/internal/storage"
)

func TestExecutionIsPagedWithoutLosingAnybody(t *testing.T) {
	storeOf := func(s id.Staff) id.Store { return id.Store(s % 3) }
	var all []storage.Execution
	for i := range 2*pageSize + 7 {
		all = append(all, storage.Execution{Staff: id.Staff(i*7919 + 1), Open: i % 4})
	}
	var seen []storage.Execution
	pages := 0
	for after := ""; ; pages++ {
		from, err := parseExecutionCursor(after)
		if err != nil {
			t.Fatal(err)
		}
		page, next := executedAfter(all, from, storeOf)
		seen = append(seen, page...)
		if after = next; after == "" {
			break
		}
	}
	if pages != 2 || len(seen) != len(all) {
		t.Fatalf("%d members on %d pages, want %d on 3", len(seen), pages+1, len(all))
	}
	if !slices.IsSortedFunc(seen, func(a, b storage.Execution) int { return b.Open - a.Open }) {
		t.Error("those with most open do not stand first")
	}
	slices.SortFunc(seen, func(a, b storage.Execution) int { return int(a.Staff - b.Staff) })
	if !slices.Equal(seen, all) {
		t.Error("a member stands on two pages, another on none")
	}
	if _, err := parseExecutionCursor("x.y"); err == nil {
		t.Error("a cursor that is none leads somewhere")
	}
}
