package ltv

import (
	"slices"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// caseKey is a case as cases are ordered; times are in days.
type caseKey struct {
	repeats, age, recency, recent, latest, customer int32
	monetary, logGaps                               float64
}

// known returns the case.
func (k *caseKey) known() Case {
	return Case{Customer: k.customer, Recent: k.recent, Latest: k.latest, Summary: btyd.Summary{Frequency: int(k.repeats), Monetary: k.monetary,
		LogGaps: k.logGaps, Recency: stats.WeeksOfDays(int(k.recency)), Age: stats.WeeksOfDays(int(k.age))}}
}

// keyParts are the parts of a key before the customer.
const keyParts = 5

// part returns a part of the key: the first is what cases are ordered by first.
func (k *caseKey) part(i int) int32 {
	switch i {
	case 0:
		return k.repeats
	case 1:
		return k.age
	case 2:
		return k.recency
	case 3:
		return k.recent
	}
	return k.latest
}

func (k caseKey) compare(other caseKey) int {
	for i := range keyParts {
		if a, b := k.part(i), other.part(i); a != b {
			return int(a) - int(b)
		}
	}
	return int(k.customer) - int(other.customer)
}

// inOrder returns the keys, which are ordered by customer, ordered by their
// parts and then by customer. It may overwrite keys. Days and numbers of orders
// are small, so that they are counted instead of compared, the last part first:
// the cost of a million customers is that of passing over them.
func inOrder(keys []caseKey) []caseKey {
	var most [keyParts]int32
	for i := range keys {
		for j := range most {
			most[j] = max(most[j], keys[i].part(j))
		}
	}
	if int(slices.Max(most[:])) >= len(keys) {
		slices.SortFunc(keys, caseKey.compare)
		return keys
	}
	other := make([]caseKey, len(keys))
	for j := keyParts - 1; j >= 0; j-- {
		if most[j] > 0 {
			countInto(other, keys, j, most[j])
			keys, other = other, keys
		}
	}
	return keys
}

// countInto writes the keys ordered by a part, which is at most most; equals
// stay in their sequence.
func countInto(to, keys []caseKey, part int, most int32) {
	next := make([]int32, most+2)
	for i := range keys {
		next[keys[i].part(part)+1]++
	}
	for v := range most {
		next[v+1] += next[v]
	}
	for i := range keys {
		place := &next[keys[i].part(part)]
		to[*place] = keys[i]
		*place++
	}
}
