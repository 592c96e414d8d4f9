package effect

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"siyu/internal/insight"
	"siyu/internal/stats/causal"
)

// brand is a simulated one whose contacts do what is given, as multiples of what
// is assumed.
type brand struct {
	*rand.Rand
	truth Orders
	held  float64 // share
	// leak is the share of those held out who are contacted all the same, staff
	// whether members write to better customers on top, by their own choice.
	leak  float64
	staff float64
	// undone is the share of those open to contact of whom no task is done.
	undone float64
}

func (b *brand) poisson(mean float64) float64 {
	n, left := 0.0, math.Exp(-max(0, mean))
	for p := b.Float64(); p > left; p *= b.Float64() {
		n++
	}
	return n
}

// followed returns somebody who gets contacts with the lever; extra orders come
// from what nobody drew.
func (b *brand) followed(plain, extra float64, given Orders) Follow {
	mean := plain + extra
	for l := range given {
		mean += b.truth[l] * given[l]
	}
	return Follow{Plain: plain * (.7 + .6*b.Float64()), Bought: b.poisson(mean), Given: given}
}

func (b *brand) entry(week int) *Entry {
	e := &Entry{Week: week, Held: b.Float64() < b.held, Lever: b.IntN(levers), Promise: .02 + .1*b.Float64()}
	plain, extra := .05+.4*b.Float64(), 0.0
	if b.Float64() < plain { // members look after good customers, held out or not
		extra = b.staff
	}
	var reach Orders
	if !e.Held || b.Float64() < b.leak {
		reach[e.Lever] = e.Promise
		for b.Float64() < .4 { // again within the month
			reach[b.IntN(levers)] += e.Promise / 2
		}
	}
	if !e.Held && b.Float64() < b.undone {
		reach = Orders{}
	}
	e.Follow = b.followed(plain, extra, reach)
	e.Contacted = reach != Orders{}
	return e
}

func (b *brand) draw() Draw {
	first := b.IntN(levers)
	d := Draw{Options: []int{first, (first + 1 + b.IntN(levers-1)) % levers}}
	for l := range d.Promises {
		d.Promises[l] = .04 + .1*b.Float64()
	}
	d.Drawn = d.Options[b.IntN(2)]
	var given Orders
	given[d.Drawn] = d.Promises[d.Drawn]
	d.Follow = b.followed(.05+.4*b.Float64(), 0, given)
	return d
}

func (b *brand) record(entries, draws int) Record {
	r := NewRecord("table")
	const weeks = 4
	for w := range weeks {
		var batch Batch
		for range entries / weeks {
			batch.Add(Trial{Entry: b.entry(w)})
		}
		for range draws / weeks {
			batch.Add(Trial{Draws: []Draw{b.draw()}})
		}
		r.Take(&batch)
	}
	return r
}

func seeded(seed uint64, truth Orders) *brand {
	return &brand{Rand: rand.New(rand.NewPCG(seed, 1)), truth: truth, held: .2}
}

func assumption() Orders { return Orders{.5, .5, .5} }

func TestWithoutDrawsNothingButTheAssumptionIsSaid(t *testing.T) {
	empty, few := NewRecord("table"), seeded(1, Orders{}).record(200, 20)
	for _, r := range []Record{empty, few} {
		for i, f := range r.Findings(assumption()) {
			if f.Part != Levers()[i] || f.Grade != insight.Assumed || f.Times != 1 || f.SD != .5 {
				t.Errorf("%+v", f)
			}
		}
	}
	if f := empty.Findings(assumption())[0]; f.MeasuredSD != 0 || f.Weight != 0 {
		t.Errorf("nobody was drawn and still %+v", f)
	}
}

// What is true is drawn from what is assumed; intervals must then hold it as
// often as they say, whatever the sample.
func TestIntervalsHoldTheTruthAsOftenAsTheySay(t *testing.T) {
	inside, own, all, ownAll := 0, 0, 0, 0
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 9))
		truth := Orders{1 + .5*r.NormFloat64(), 1 + .5*r.NormFloat64(), 1 + .5*r.NormFloat64()}
		found := seeded(seed, truth)
		record := found.record(8000, 2000)
		for i, f := range record.Findings(assumption()) {
			if f.Grade == insight.Assumed {
				continue
			}
			all++
			if low, high := f.Interval(); low <= truth[i] && truth[i] <= high {
				inside++
			}
			ownAll++
			if low, high := f.MeasuredInterval(); low <= truth[i] && truth[i] <= high {
				own++
			}
		}
	}
	share, ownShare := float64(inside)/float64(all), float64(own)/float64(ownAll)
	t.Logf("%d findings: %.3f of believed and %.3f of measured intervals hold the truth", all, share, ownShare)
	if all < 300 || math.Abs(share-.8) > .06 || math.Abs(ownShare-.8) > .06 {
		t.Errorf("%.3f and %.3f of %d, want .8", share, ownShare, all)
	}
}

func TestMoreDrawsMoveTheEstimateFromTheAssumptionToTheTruth(t *testing.T) {
	truth, far, narrow := Orders{2, 2, 2}, math.Inf(1), math.Inf(1)
	grades := map[insight.Grade]bool{}
	for _, n := range []int{100, 5_000, 40_000, 300_000} {
		miss, sd := 0.0, 0.0
		record := seeded(3, truth).record(n, n/10)
		for i, f := range record.Findings(assumption()) {
			miss, sd = miss+math.Abs(f.Times-truth[i]), sd+f.SD
			grades[f.Grade] = true
		}
		t.Logf("%d customers: %.2f off, sd %.2f", n, miss/levers, sd/levers)
		if miss > far || sd > narrow {
			t.Errorf("%d customers: %.2f off with sd %.2f after %.2f with %.2f", n, miss, sd, far, narrow)
		}
		far, narrow = miss, sd
	}
	if far/levers > .15 || !grades[insight.Assumed] || !grades[insight.PartlyMeasured] || !grades[insight.Measured] {
		t.Errorf("%.2f off at the end, grades %v", far/levers, grades)
	}
}

func TestWhereContactsDoNothingNothingIsClaimed(t *testing.T) {
	claimed, all := 0, 0
	for seed := range uint64(40) {
		record := seeded(seed, Orders{}).record(30_000, 3_000)
		for _, f := range record.Findings(assumption()) {
			if f.Grade == insight.Assumed {
				t.Fatalf("%+v is not even partly measured", f)
			}
			all++
			if low, _ := f.MeasuredInterval(); low > 0 {
				claimed++
			}
			if f.Times > .7 {
				t.Errorf("an effect of none is still told as %.2f of what is assumed", f.Times)
			}
		}
	}
	if share := float64(claimed) / float64(all); share > .2 { // an 80 % interval lies above by chance one time in ten
		t.Errorf("%.2f of %d effects are claimed where there are none", share, all)
	}
}

// That contacts do nothing at all is what a brand must learn soonest, to leave its
// customers alone. What draws tell of one lever tells a part of the others.
func TestLeversLearnFromEachOther(t *testing.T) {
	miss := [2]float64{}
	for seed := range uint64(20) {
		record := seeded(seed, Orders{}).record(5000, 500)
		for k, share := range []float64{0, together} {
			b := record.Moments.Update(causal.Belief{Mean: []float64{1, 1, 1}, SD: []float64{.5, .5, .5}, Together: share})
			for _, mean := range b.Mean {
				miss[k] += mean * mean
			}
		}
	}
	t.Logf("squared error %.2f each by itself, %.2f together", miss[0], miss[1])
	if miss[1] > .8*miss[0] {
		t.Errorf("squared error %.2f each by itself, %.2f together", miss[0], miss[1])
	}
	var draws brand
	draws.Rand, draws.held = rand.New(rand.NewPCG(3, 1)), .2
	record := NewRecord("table")
	var batch Batch
	for range 100_000 {
		e := draws.entry(0)
		e.Given, e.Contacted, e.Lever, e.Bought = Orders{e.Promise}, true, 0, draws.poisson(e.Plain)
		if e.Held {
			e.Given, e.Contacted = Orders{}, false
		}
		batch.Add(Trial{Entry: e})
	}
	record.Take(&batch)
	b := record.Moments.Update(causal.Belief{Mean: []float64{1, 1, 1}, SD: []float64{.5, .5, .5}, Together: together})
	if weight := 1 - b.SD[1]*b.SD[1]/.25; weight < .1 || weight > .26 {
		t.Errorf("draws of one lever weigh %.2f for another", weight)
	}
}

// Members choose whom they write to beside the plan. That makes customers better
// on both sides of the draw and must move nothing.
func TestContactsThatPeopleChoseMoveNothing(t *testing.T) {
	gap := 0.0
	const brands = 12
	for seed := range uint64(brands) {
		b := seeded(100+seed, Orders{})
		b.staff = 1
		record := b.record(40_000, 0)
		for _, f := range record.Findings(assumption()) {
			gap += f.Measured / (brands * levers)
		}
	}
	t.Logf("mean effect %.3f where the draw has none", gap)
	if math.Abs(gap) > .2 { // its standard error is about .05
		t.Errorf("mean effect %.3f, want 0", gap)
	}
}

// What the draw changed in orders is divided by what it changed in contacts: tasks
// that nobody does and contacts that members give the held out all the same cost
// precision and move nothing.
func TestTasksNotDoneAndHeldOutReachedMoveNothing(t *testing.T) {
	clean, mixed := seeded(5, Orders{1, 1, 1}), seeded(5, Orders{1, 1, 1})
	mixed.leak, mixed.undone = .4, .2
	pure, messy := clean.record(200_000, 0), mixed.record(200_000, 0)
	a, b := pure.Findings(assumption()), messy.Findings(assumption())
	for i := range a {
		if math.Abs(a[i].Apart()-1) > 1e-9 || math.Abs(b[i].Apart()-.4) > .02 || b[i].Weak() {
			t.Errorf("shares contacted are %.2f and %.2f apart", a[i].Apart(), b[i].Apart())
		}
		if math.Abs(b[i].Measured-1) > 3*b[i].MeasuredSD || b[i].MeasuredSD < 1.5*a[i].MeasuredSD || b[i].MeasuredSD > .2 {
			t.Errorf("%s: %.2f +- %.2f, want 1, less sure than %.2f", b[i].Part, b[i].Measured, b[i].MeasuredSD, a[i].MeasuredSD)
		}
	}
}

func TestAHoldOutThatIsReachedLikeEverybodyMeasuresNothing(t *testing.T) {
	b := seeded(6, Orders{})
	b.leak, b.undone = .95, .02
	record := b.record(50_000, 0)
	for _, f := range record.Findings(assumption()) {
		if !f.Weak() || f.Grade != insight.Assumed || f.Times != 1 || f.MeasuredSD != 0 {
			t.Errorf("%.2f apart: %+v", f.Apart(), f)
		}
	}
}

// Two purposes that both work as assumed come out alike: draws alone cannot tell
// both, but that one of them does nothing they tell.
func TestDrawsTellOneLeverFromAnother(t *testing.T) {
	record := seeded(8, Orders{0, 1, 1}).record(0, 200_000)
	f := record.Findings(assumption())
	if f[0].Times > .6 || f[0].Times > f[1].Times-.4 || f[0].Times > f[2].Times-.4 {
		t.Errorf("%+v", f)
	}
}

func TestARecordComesBackAndIsReadWithItsOwnTableOnly(t *testing.T) {
	record := seeded(1, Orders{1, 1, 1}).record(2000, 200)
	document, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	var back Record
	if err := json.Unmarshal(document, &back); err != nil || !back.Readable("table") || back.Readable("another") {
		t.Fatalf("%v, %v", back.Readable("table"), err)
	}
	if !reflect.DeepEqual(back.Findings(assumption()), record.Findings(assumption())) {
		t.Error("it says something else after it was stored")
	}
}
