package btyd

import (
	"cmp"
	"math"
	"slices"

	"siyu/internal/stats"
)

// Summary is all the models need to know about one customer.
type Summary struct {
	Frequency int         // repeat orders, the first order not counted
	Recency   stats.Weeks // first order to last order, 0 without repeats
	Age       stats.Weeks // first order to the day of the summary
	Monetary  float64     // mean amount of the repeat orders, 0 without repeats
	// LogGaps is the sum over repeat orders of the log of the weeks since the
	// order before. It only adds a constant to the likelihood of MBG/CNBD-k.
	LogGaps float64
}

// Tuple is a pattern of buying and how many customers have it.
type Tuple struct {
	Frequency    int
	Recency, Age stats.Weeks
	Count        float64
	LogGaps      float64 // sum over the customers
}

// Compress groups customers with equal patterns, ordered by frequency, age
// and recency. The likelihood of the tuples is that of the customers, at a
// fraction of the cost: a million customers have about a hundred thousand
// patterns when times are whole days. Impossible summaries (negative or
// non-finite numbers, recency beyond age, recency without repeats) are left
// out.
func Compress(customers []Summary) []Tuple {
	type pattern struct {
		frequency    int
		recency, age stats.Weeks
	}
	known := make(map[pattern]int32)
	var tuples []Tuple
	for _, c := range customers {
		if !c.possible() {
			continue
		}
		p := pattern{c.Frequency, c.Recency, c.Age}
		i, seen := known[p]
		if !seen {
			i = int32(len(tuples))
			known[p] = i
			tuples = append(tuples, Tuple{Frequency: p.frequency, Recency: p.recency, Age: p.age})
		}
		tuples[i].Count++
		tuples[i].LogGaps += c.LogGaps
	}
	slices.SortFunc(tuples, func(a, b Tuple) int {
		return cmp.Or(cmp.Compare(a.Frequency, b.Frequency), cmp.Compare(a.Age, b.Age), cmp.Compare(a.Recency, b.Recency))
	})
	return tuples
}

func (s Summary) possible() bool {
	if s.Frequency == 0 && s.Recency != 0 {
		return false
	}
	return s.Frequency >= 0 && s.Recency >= 0 && s.Age >= s.Recency && !math.IsInf(float64(s.Age), 1)
}

func countOf(tuples []Tuple) float64 {
	n := 0.0
	for _, t := range tuples {
		n += t.Count
	}
	return n
}
