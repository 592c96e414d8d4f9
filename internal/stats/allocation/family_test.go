package allocation_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"siyu/internal/stats/allocation"
)

func made(t testing.TB, f allocation.Family, s allocation.Size) (*allocation.Block, allocation.Limits) {
	b := new(allocation.Block)
	if err := f.Fill(b, s, 0, s.Customers); err != nil {
		t.Fatal(err)
	}
	return b, f.Limits(s)
}

func TestEveryFamilyIsSolvedToAThousandth(t *testing.T) {
	t.Parallel()
	for _, f := range allocation.Families() {
		for _, days := range []int{1, 7} {
			t.Run(fmt.Sprintf("%s over %d days", f, days), func(t *testing.T) {
				t.Parallel()
				b, l := made(t, f, allocation.Size{Customers: 20_000, Offers: 10, Staff: 10, Channels: 4, Days: days, Seed: 7})
				r := solve(t, l, allocation.Options{}, b)
				if r.Gap() > .001 || r.Actions == 0 {
					t.Errorf("objective %.2f, bound %.2f, gap %.4f %%", r.Objective, r.Bound, 100*r.Gap())
				}
				scarce := func(prices []float64) bool {
					sum := 0.0
					for _, p := range prices {
						sum += p
					}
					return sum > 0
				}
				if days == 1 && (scarce(r.Prices.Hours) != (f != allocation.ScarceChannels) || scarce(r.Prices.Quota) != (f != allocation.ScarceStaff)) {
					t.Errorf("prices %+v", r.Prices)
				}
			})
		}
	}
}

// Each channel of family B alone would hardly be scarce: the reason why the
// search moves all prices together, where one after the other stalls.
func TestChannelsPricedAloneAreFarFromTheirPricesTogether(t *testing.T) {
	t.Parallel()
	b, l := made(t, allocation.ScarceChannels, allocation.Size{Customers: 20_000, Offers: 10, Staff: 10, Channels: 4, Days: 1, Seed: 7})
	best := solve(t, l, allocation.Options{}, b)
	loose := l
	loose.Quota = make([]float64, len(l.Quota))
	for c := range loose.Quota {
		loose.Quota[c] = math.Inf(1)
	}
	sum := 0.0
	for c := range l.Quota { // each alone, the others without a limit
		loose.Quota[c] = l.Quota[c]
		alone := solve(t, loose, allocation.Options{}, b)
		loose.Quota[c] = math.Inf(1)
		sum += alone.Prices.Quota[c] / best.Prices.Quota[c]
	}
	if mean := sum / float64(len(l.Quota)); mean > .9 {
		t.Errorf("channels priced alone reach %.2f of their prices: the family is no test of pricing them together", mean)
	}
}

// parts is a shard that is made anew each time it is asked for.
type parts struct {
	family allocation.Family
	size   allocation.Size
	first  int
	failed error
}

func (p parts) Block() (*allocation.Block, error) {
	b := new(allocation.Block)
	return b, errors.Join(p.failed, p.family.Fill(b, p.size, p.first, p.size.Customers/4))
}

func TestShardsShareTheRows(t *testing.T) {
	t.Parallel()
	for _, f := range allocation.Families() {
		s := allocation.Size{Customers: 8_000, Offers: 10, Staff: 4, Channels: 4, Days: 1, Seed: 7}
		b, l := made(t, f, s)
		whole := solve(t, l, allocation.Options{}, b)
		var shards []allocation.Shard
		for i := range 4 {
			shards = append(shards, parts{family: f, size: s, first: i * s.Customers / 4})
		}
		r := solve(t, l, allocation.Options{}, shards...)
		if r.Bound > whole.Bound*1.0005 || r.Bound < whole.Bound*.9995 || r.Gap() > .003 {
			t.Errorf("%s in shards: objective %.2f, bound %.2f; in one: %.2f, %.2f", f, r.Objective, r.Bound, whole.Objective, whole.Bound)
		}
	}
	broken := parts{family: allocation.ScarceStaff, size: allocation.Size{Customers: 4, Offers: 1, Staff: 1, Channels: 1, Days: 1}, failed: errors.New("torn")}
	if _, err := allocation.Solve(broken.family.Limits(broken.size), []allocation.Shard{broken}, allocation.Options{}); !errors.Is(err, broken.failed) {
		t.Errorf("a torn shard: %v", err)
	}
}

func TestSolvingTwiceIsOneSolution(t *testing.T) {
	t.Parallel()
	b, l := made(t, allocation.ScarceBoth, allocation.Size{Customers: 10_000, Offers: 8, Staff: 7, Channels: 3, Days: 2, Seed: 3})
	one, two := solve(t, l, allocation.Options{}, b), solve(t, l, allocation.Options{}, b)
	if one.Objective != two.Objective || one.Bound != two.Bound {
		t.Errorf("%v and %v, %v and %v", one.Objective, two.Objective, one.Bound, two.Bound)
	}
	for i := range b.Customers() {
		for d := range l.Days {
			x, _ := one.Chosen(0, i, d)
			if y, _ := two.Chosen(0, i, d); x != y {
				t.Fatalf("customer %d gets %d, then %d", i, x, y)
			}
		}
	}
}

func BenchmarkSolve(b *testing.B) {
	for _, f := range allocation.Families() {
		b.Run(string(f), func(b *testing.B) {
			block, l := made(b, f, allocation.Size{Customers: 1_000_000, Offers: 10, Staff: 500, Channels: 4, Days: 1, Seed: 1})
			for b.Loop() {
				r := solve(b, l, allocation.Options{}, block)
				b.ReportMetric(100*r.Gap(), "%gap")
			}
		})
	}
}
