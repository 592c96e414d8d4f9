package allocation_test

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"
	"pgregory.net/rapid"

	"siyu/internal/stats/allocation"
)

// instance is a small one, written out.
type instance struct {
	limits    allocation.Limits
	customers []allocation.Customer
}

func instanceOf(t *rapid.T) instance {
	n := rapid.IntRange(0, 5).Draw(t, "customers")
	days := rapid.IntRange(1, 3).Draw(t, "days")
	in := instance{limits: allocation.Limits{Days: days, Staff: rapid.IntRange(1, 2).Draw(t, "staff"), Channels: rapid.IntRange(1, 2).Draw(t, "channels"),
		Rest: rapid.IntRange(0, 1).Draw(t, "rest")}}
	for range in.limits.Staff * days {
		in.limits.Hours = append(in.limits.Hours, rapid.SampledFrom([]float64{0, .3, 1, 1.7, 2.5, math.Inf(1)}).Draw(t, "hours"))
	}
	for range in.limits.Channels * days {
		in.limits.Quota = append(in.limits.Quota, rapid.SampledFrom([]float64{0, 1, 2, 9}).Draw(t, "quota"))
	}
	for range n {
		c := allocation.Customer{Staff: rapid.IntRange(-1, in.limits.Staff-1).Draw(t, "member"), Most: rapid.IntRange(1, 2).Draw(t, "most")}
		for range rapid.IntRange(0, 4).Draw(t, "offers") {
			o := allocation.Offer{Day: rapid.IntRange(0, days-1).Draw(t, "day"), Channel: rapid.IntRange(0, in.limits.Channels-1).Draw(t, "channel"),
				Value: float64(rapid.IntRange(-2, 40).Draw(t, "value")) / 4}
			if c.Staff != allocation.NoStaff {
				o.Hours = rapid.SampledFrom([]float64{0, .1, .3, .7, 1}).Draw(t, "needs")
			}
			c.Offers = append(c.Offers, o)
		}
		in.customers = append(in.customers, c)
	}
	return in
}

func (in instance) block(t testing.TB) *allocation.Block {
	b := new(allocation.Block)
	for _, c := range in.customers {
		if err := b.Add(in.limits, c); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func solve(t testing.TB, l allocation.Limits, o allocation.Options, shards ...allocation.Shard) allocation.Result {
	r, err := allocation.Solve(l, shards, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Violated != 0 {
		t.Fatalf("%d limits are violated", r.Violated)
	}
	return r
}

// best tries everything.
func (in instance) best() float64 {
	hours, quota := slices.Clone(in.limits.Hours), slices.Clone(in.limits.Quota)
	var customer func(i int) float64
	var offers func(i, from int, taken []allocation.Offer) float64
	customer = func(i int) float64 {
		if i == len(in.customers) {
			return 0
		}
		return offers(i, 0, nil)
	}
	offers = func(i, from int, taken []allocation.Offer) float64 {
		c := in.customers[i]
		if from == len(c.Offers) {
			return customer(i + 1)
		}
		most := offers(i, from+1, taken)
		o := c.Offers[from]
		near := slices.ContainsFunc(taken, func(t allocation.Offer) bool { return max(t.Day-o.Day, o.Day-t.Day) <= in.limits.Rest })
		row, slot := max(0, c.Staff)*in.limits.Days+o.Day, o.Day*in.limits.Channels+o.Channel
		if near || len(taken) == c.Most || quota[slot] < 1 || o.Hours > 0 && hours[row] < o.Hours-1e-9 {
			return most
		}
		hours[row], quota[slot] = hours[row]-o.Hours, quota[slot]-1
		most = max(most, o.Value+offers(i, from+1, append(slices.Clone(taken), o)))
		hours[row], quota[slot] = hours[row]+o.Hours, quota[slot]+1
		return most
	}
	return customer(0)
}

// relaxed solves the instance with parts of offers allowed, as a linear program.
func (in instance) relaxed(t *rapid.T) float64 {
	type row struct {
		at   map[int]float64
		most float64
	}
	var rows []row
	var cost []float64
	use := map[[2]int]map[int]float64{}
	add := func(kind, number, x int, a float64) {
		key := [2]int{kind, number}
		if use[key] == nil {
			use[key] = map[int]float64{}
		}
		use[key][x] += a
	}
	for _, c := range in.customers {
		windows, all := map[int]map[int]float64{}, map[int]float64{}
		for _, o := range c.Offers {
			x := len(cost)
			cost = append(cost, -o.Value)
			all[x] = 1
			for first := o.Day - in.limits.Rest; first <= o.Day; first++ { // at most one on any days so close
				if windows[first] == nil {
					windows[first] = map[int]float64{}
				}
				windows[first][x] = 1
			}
			if o.Hours > 0 {
				add(0, c.Staff*in.limits.Days+o.Day, x, o.Hours)
			}
			add(1, o.Day*in.limits.Channels+o.Channel, x, 1)
		}
		rows = append(rows, row{all, float64(c.Most)})
		for _, w := range windows {
			rows = append(rows, row{w, 1})
		}
	}
	for key, at := range use {
		most := in.limits.Hours
		if key[0] == 1 {
			most = in.limits.Quota
		}
		if !math.IsInf(most[key[1]], 1) {
			rows = append(rows, row{at, most[key[1]]})
		}
	}
	if len(cost) == 0 {
		return 0
	}
	a, b := mat.NewDense(len(rows), len(cost)+len(rows), nil), make([]float64, len(rows))
	for i, r := range rows {
		for x, v := range r.at {
			a.Set(i, x, v)
		}
		a.Set(i, len(cost)+i, 1)
		b[i] = r.most
	}
	basis := make([]int, len(rows))
	for i := range basis {
		basis[i] = len(cost) + i
	}
	value, _, err := lp.Simplex(append(cost, make([]float64, len(rows))...), a, b, 1e-10, basis)
	if err != nil {
		t.Skipf("the linear program has no answer: %v", err)
	}
	return -value
}

func TestSmallInstancesAreSolvedAsTryingEverythingDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		in := instanceOf(r)
		got, want := solve(t, in.limits, allocation.Options{}, in.block(t)), in.best()
		if !got.Optimal || math.Abs(got.Objective-want) > 1e-5 {
			r.Fatalf("%+v: objective %g (optimal %t), best %g", in, got.Objective, got.Optimal, want)
		}
		if got.Bound < want-1e-5 {
			r.Fatalf("%+v: bound %g is below %g", in, got.Bound, want)
		}
	})
}

// The bound is never below the linear program's optimum, and is that optimum but
// for a few tiny instances in which hardly anything fits, where the search for
// prices ends a little above.
func TestBoundIsTheOptimumOfTheLinearProgram(t *testing.T) {
	t.Parallel()
	all, exact := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		in := instanceOf(r)
		got, want := solve(t, in.limits, allocation.Options{}, in.block(t)), in.relaxed(r)
		if got.Bound < want-1e-5 {
			r.Fatalf("%+v: bound %g, linear program %g", in, got.Bound, want)
		}
		all++
		if got.Bound <= want*1.001+1e-5 {
			exact++
		}
	})
	if exact < all*97/100 {
		t.Errorf("%d of %d bounds are the optimum", exact, all)
	}
}

func TestMoreRoomNeverLowersTheBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := allocation.Size{Customers: rapid.IntRange(1, 300).Draw(r, "customers"), Offers: 6, Staff: 3, Channels: 2, Days: rapid.IntRange(1, 2).Draw(r, "days"), Seed: rapid.Uint64().Draw(r, "seed")}
		f := rapid.SampledFrom(allocation.Families()).Draw(r, "family")
		b, less := new(allocation.Block), f.Limits(s)
		if err := f.Fill(b, s, 0, s.Customers); err != nil {
			r.Fatal(err)
		}
		more := less
		more.Hours, more.Quota = slices.Clone(less.Hours), slices.Clone(less.Quota)
		for row := range more.Hours {
			more.Hours[row] += float64(rapid.IntRange(0, 8).Draw(r, "hours")) / 2
		}
		for row := range more.Quota {
			more.Quota[row] += float64(rapid.IntRange(0, 5).Draw(r, "quota"))
		}
		large := solve(t, more, allocation.Options{}, b)
		if small := solve(t, less, allocation.Options{Start: &large.Prices}, b); small.Bound > large.Bound*(1+1e-12) {
			r.Fatalf("bound %g with less room, %g with more", small.Bound, large.Bound)
		}
		if small := solve(t, less, allocation.Options{}, b); small.Bound > large.Bound*1.001 {
			r.Fatalf("from nothing: bound %g with less room, %g with more", small.Bound, large.Bound)
		}
	})
}

func TestImpossibleNumbersAreRefusedByName(t *testing.T) {
	t.Parallel()
	l := allocation.Limits{Days: 1, Staff: 1, Channels: 1, Hours: []float64{1}, Quota: []float64{1}}
	for want, c := range map[string]allocation.Customer{
		"member 1: expected 0 to 0":                                 {Staff: 1, Most: 1},
		"most 0: expected at least 1 action":                        {},
		"offer 0, day 1: expected 0 to 0":                           {Most: 1, Offers: []allocation.Offer{{Day: 1}}},
		"offer 0, channel -1: expected 0 to 0":                      {Most: 1, Offers: []allocation.Offer{{Channel: -1}}},
		"offer 0, value NaN: expected a finite number":              {Most: 1, Offers: []allocation.Offer{{Value: math.NaN()}}},
		"offer 0, hours -1: expected 0 or more":                     {Most: 1, Offers: []allocation.Offer{{Hours: -1}}},
		"offer 0, hours 1: expected 0 for a customer without staff": {Staff: allocation.NoStaff, Most: 1, Offers: []allocation.Offer{{Hours: 1}}},
	} {
		b := new(allocation.Block)
		if err := b.Add(l, c); err == nil || err.Error() != want || b.Customers() != 0 {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for _, wrong := range []allocation.Limits{{}, {Days: 1, Rest: -1}, {Days: 1, Staff: 1}, {Days: 1, Channels: 1, Quota: []float64{math.NaN()}}} {
		if _, err := allocation.Solve(wrong, nil, allocation.Options{}); err == nil {
			t.Errorf("%+v was accepted", wrong)
		}
	}
}

func TestNobodyGetsAnythingWhereThereIsNoRoom(t *testing.T) {
	t.Parallel()
	l := allocation.Limits{Days: 1, Staff: 1, Channels: 1, Hours: []float64{0}, Quota: []float64{5}}
	b := new(allocation.Block)
	if err := b.Add(l, allocation.Customer{Most: 1, Offers: []allocation.Offer{{Value: 3, Hours: 1}, {Value: 1}}}); err != nil {
		t.Fatal(err)
	}
	r := solve(t, l, allocation.Options{}, b)
	if offer, ok := r.Chosen(0, 0, 0); !ok || offer != 1 || r.Objective != 1 {
		t.Errorf("chose %d of %+v", offer, r)
	}
	if empty := solve(t, l, allocation.Options{}); empty.Bound != 5*empty.Prices.Quota[0] || empty.Objective != 0 {
		t.Errorf("nobody: %+v", empty)
	}
}
