package ltv

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestCountingOrdersKeysAsComparingDoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		most := rapid.Int32Range(0, 400).Draw(rt, "most") // both below and above the number of keys
		part := rapid.Int32Range(0, most)
		keys := make([]caseKey, rapid.IntRange(1, 200).Draw(rt, "keys"))
		for i := range keys {
			keys[i] = caseKey{repeats: part.Draw(rt, "repeats") / 40, age: part.Draw(rt, "age"), recency: part.Draw(rt, "recency"),
				recent: part.Draw(rt, "recent") / 100, latest: part.Draw(rt, "latest") / 200, customer: int32(i), monetary: float64(i)}
		}
		want := slices.Clone(keys)
		slices.SortFunc(want, caseKey.compare)
		if got := inOrder(keys); !slices.Equal(got, want) {
			rt.Fatalf("%v, want %v", got, want)
		}
	})
}
