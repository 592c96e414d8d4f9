package audience_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"siyu/internal/audience"
	"siyu/internal/fault"
)

func TestWhatARuleReads(t *testing.T) {
	rule := all(over(90, ask("orders", audience.AtLeast, 2)), not(anyOf(ask("groups", audience.Known), ask("audience", audience.OneOf, 9, 4))),
		over(90, ask("orders", audience.Less, 5)), said("city", audience.OneOf, "x"))
	want := audience.Reads{Columns: []int{audience.ColumnAt("city", 0), audience.ColumnAt("orders", 90)},
		Refs: []int{audience.RefsAt("groups")}, Audiences: []int64{4, 9}, Passing: true}
	if got := audience.ReadsOf(&rule); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, expected %+v", got, want)
	}
	for field, c := range map[string]struct {
		rule            audience.Rule
		judged, passing bool
	}{
		"a word understood every night": {said("stage", audience.OneOf, "mature"), true, false},
		"days ahead":                    {ask("due", audience.Next, 7), true, true},
		"days ago":                      {ask("last_order", audience.Ago, 7), false, true},
		"a day that stands":             {ask("last_order", audience.Before, 7), false, false},
		"everything ever":               {ask("orders", audience.More, 7), false, false},
	} {
		if got := audience.ReadsOf(&c.rule); got.Judged != c.judged || got.Passing != c.passing {
			t.Errorf("%s: %+v", field, got)
		}
	}
}

func TestAudiencesComeAfterThoseTheyRead(t *testing.T) {
	order, err := audience.Order(map[int64][]int64{1: {2, 3}, 2: {3, 99}, 3: nil, 4: {1}})
	if err != nil || !slices.Equal(order, []int64{3, 2, 1, 4}) {
		t.Errorf("%v, %v", order, err)
	}
}

func TestACircleIsNamed(t *testing.T) {
	_, err := audience.Order(map[int64][]int64{1: {2}, 2: {5, 3}, 3: {4}, 4: {2}, 5: nil})
	cycle, ok := errors.AsType[*audience.Cycle](err)
	if !ok || !slices.Equal(cycle.Audiences, []int64{2, 3, 4}) || fault.CodeOf(err) != fault.Invalid {
		t.Fatalf("%v", err)
	}
	if want := "audiences read each other: 2 reads 3 reads 4 reads 2"; err.Error() != want {
		t.Errorf("%q, expected %q", err, want)
	}
	if _, err := audience.Order(map[int64][]int64{7: {7}}); err == nil {
		t.Error("an audience that reads itself is ordered")
	}
}
