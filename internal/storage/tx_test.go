package storage

import (
	"fmt"
	"slices"
	"testing"
)

func TestRowsThatAreAddedToAreOrderedByTheirWholeKey(t *testing.T) {
	rows := [][]any{
		{int64(2), int64(1), "a", "p", int64(1), "m", int64(9)},
		{int64(1), int64(3), "b", "p", int64(1), "m", int64(1)},
		{int64(1), int64(3), "a", "p", int64(10), "m", int64(2)},
		{int64(1), int64(3), "a", "p", int64(9), "n", int64(3)},
		{int64(1), int64(3), "a", "p", int64(9), "m", int64(4)},
	}
	want := fmt.Sprint([][]any{rows[4], rows[3], rows[2], rows[1], rows[0]})
	slices.SortFunc(rows, loadTable.compare)
	if got := fmt.Sprint(rows); got != want {
		t.Errorf("rows %s, want %s", got, want)
	}
}
