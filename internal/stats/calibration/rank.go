package calibration

import (
	"cmp"
	"math"
	"slices"
)

// ranks returns the rank of each value, 1 for the smallest; equal values
// share the mean of their ranks.
func ranks(values []float64) []float64 {
	order := Ascending(values)
	r := make([]float64, len(values))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && values[order[j]] == values[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			r[k] = float64(i+j+1) / 2
		}
		i = j
	}
	return r
}

// Ascending returns the numbers of the values from the smallest to the largest;
// which of equal values comes first is not said.
func Ascending(values []float64) []int32 {
	order := make([]int32, len(values))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(values[a], values[b]) })
	return order
}

// Spearman returns the rank correlation of two lists of equal length, 0 where
// one of them is constant.
func Spearman(x, y []float64) float64 { return Pearson(ranks(x), ranks(y)) }

// Pearson returns the correlation of two lists of equal length, 0 where one
// of them is constant.
func Pearson(x, y []float64) float64 {
	mx, my := mean(x), mean(y)
	var xx, yy, xy float64
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		xx, yy, xy = xx+dx*dx, yy+dy*dy, xy+dx*dy
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(max(1, len(x)))
}

// AUC returns the probability that a random positive has the higher score
// than a random negative, ties counting half: .5 where there are no positives
// or no negatives.
func AUC(scores []float64, positive []bool) float64 {
	r := ranks(scores)
	positives, sum := 0.0, 0.0
	for i, p := range positive {
		if p {
			positives++
			sum += r[i]
		}
	}
	negatives := float64(len(scores)) - positives
	if positives == 0 || negatives == 0 {
		return .5
	}
	return (sum - positives*(positives+1)/2) / (positives * negatives)
}

// TopShare returns for each value how much of it belongs to the top share of
// the list: 1 above the cut, 0 below it, and values tied at the cut share the
// places that are left.
func TopShare(values []float64, share float64) []float64 {
	places := share * float64(len(values))
	weights := make([]float64, len(values))
	order := Ascending(values)
	for j := len(order); j > 0 && places > 0; {
		i := j
		for i > 0 && values[order[i-1]] == values[order[j-1]] {
			i--
		}
		tied := float64(j - i)
		for _, k := range order[i:j] {
			weights[k] = min(1, places/tied)
		}
		places -= tied
		j = i
	}
	return weights
}

// Overlap returns the share of the weight of a that b also has.
func Overlap(a, b []float64) float64 {
	both, all := 0.0, 0.0
	for i := range a {
		both += a[i] * b[i]
		all += a[i]
	}
	if all == 0 {
		return 0
	}
	return both / all
}
