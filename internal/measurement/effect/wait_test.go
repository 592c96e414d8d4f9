package effect

import (
	"math"
	"math/rand/v2"
	"testing"

	"siyu/internal/insight"
)

// fades is what is left of a contact after days, for the simulated brands.
func fades(days float64) float64 { return math.Exp2(-days / 14) }

// within is the orders that a contact which would add one within 30 days adds
// within fewer.
func within(days float64) float64 { return (1 - fades(days)) / (1 - fades(Days)) }

// wait returns the first proposal of a contact whose day is drawn, of a share
// later. tires is how many relations one contact costs, hazard what the fitted
// hazard says.
func (b *brand) wait(week int, later, tires, hazard float64) Wait {
	w := Wait{Week: week, Lever: 2, Threat: hazard}
	promise, plain := .06+.2*b.Float64(), (.05+.4*b.Float64())*WaitDays/Days
	left := float64(WaitDays)
	if w.Later = b.Float64() < later; w.Later {
		left -= float64(1 + b.IntN(WaitDays-1))
	}
	w.Promise = promise * within(WaitDays)
	var given Orders
	given[2] = promise * within(left)
	w.Follow = b.followed(plain, 0, given)
	w.Risk = hazard * left / WaitDays
	if b.Float64() < .01+tires*left/WaitDays {
		w.Lost = 1
	}
	return w
}

func (b *brand) waited(n int, later, tires, hazard float64) Record {
	r := NewRecord("table")
	const weeks = 4
	for week := range weeks {
		var batch Batch
		for range n / weeks {
			batch.Add(Trial{Waits: []Wait{b.wait(week, later, tires, hazard)}})
		}
		r.Take(&batch)
	}
	return r
}

func TestDrawnDaysMeasureALeverWithoutAHoldOut(t *testing.T) {
	for _, truth := range []float64{0, 2} {
		mean, inside := 0.0, 0
		const brands = 8
		for seed := range uint64(brands) {
			record := seeded(200+seed, Orders{1, 1, truth}).waited(40_000, .3, 0, .01)
			found := record.Findings(assumption())
			f := found[2]
			if f.Grade == insight.Assumed || f.Later < 11_000 || f.AtOnce+f.Later != 40_000 {
				t.Fatalf("%+v", f)
			}
			for _, other := range found[:2] { // of which no day was drawn: this lever tells a part of them
				if other.Grade == insight.Measured || other.MeasuredSD != 0 || (other.Times-1)*(f.Times-1) <= 0 || math.Abs(other.Times-1) > .6*math.Abs(f.Times-1) || other.SD < .42 {
					t.Fatalf("%+v beside %+v", other, f)
				}
			}
			mean += f.Measured / brands
			if low, high := f.MeasuredInterval(); low <= truth && truth <= high {
				inside++
			}
		}
		t.Logf("truth %v: measured %.2f, %d of %d intervals hold it", truth, mean, inside, brands)
		if math.Abs(mean-truth) > .5 || inside < 4 {
			t.Errorf("truth %v: measured %.2f, %d of %d intervals hold it", truth, mean, inside, brands)
		}
	}
}

func TestTooFewDrawnDaysSayNothing(t *testing.T) {
	record := seeded(1, Orders{}).waited(2_000, .043, 0, .01) // 86 waited
	if f := record.Findings(assumption())[2]; f.Grade != insight.Assumed || f.Times != 1 || f.MeasuredSD != 0 || f.Later >= fewestHeld {
		t.Errorf("%+v", f)
	}
}

func TestFatigueIsMeasuredAsAMultipleOfItsHazard(t *testing.T) {
	const hazard = .02
	for _, times := range []float64{0, 1, 2} {
		record := seeded(7, Orders{1, 1, 1}).waited(200_000, .3, times*hazard, hazard)
		f := record.Tiring(.5)
		t.Logf("truth %v: %+v", times, f)
		if f.Grade == insight.Assumed || math.Abs(f.Measured-times) > 3*f.MeasuredSD || math.Abs(f.Times-times) > .5 {
			t.Errorf("truth %v: %+v", times, f)
		}
	}
	few := seeded(7, Orders{1, 1, 1}).waited(2_000, .3, 0, hazard)
	if f := few.Tiring(.5); f.Grade != insight.Assumed || f.Times != 1 || f.SD != .5 {
		t.Errorf("%d losses and %+v", few.Losses, f)
	}
}

func TestTheHoldOutMeasuresFatigueToo(t *testing.T) {
	const hazard = .02
	b := seeded(11, Orders{1, 1, 1})
	var batch Batch
	for range 100_000 {
		e := b.entry(0)
		e.Threat, e.Risk, e.Lost = hazard, 0, 0
		leaves := .01
		if !e.Held { // and whatever else they get tires nobody
			e.Risk, leaves = hazard, leaves+2*hazard
		}
		if b.Float64() < leaves {
			e.Lost = 1
		}
		batch.Add(Trial{Entry: e})
	}
	r := NewRecord("table")
	r.Take(&batch)
	if f := r.Tiring(.5); f.Grade != insight.Measured || math.Abs(f.Measured-2) > .2 {
		t.Errorf("%+v", f)
	}
}

func TestOldDrawsLoseWeightAndNewOnesTakeOver(t *testing.T) {
	const year = 365
	record := seeded(3, Orders{2, 2, 2}).record(40_000, 4_000)
	before := record.Findings(assumption())
	record.Fade(year)
	for i, f := range record.Findings(assumption()) {
		if math.Abs(f.MeasuredSD/before[i].MeasuredSD-math.Sqrt2) > .01 || f.Weight >= before[i].Weight || math.Abs(f.Measured-before[i].Measured) > .05 {
			t.Errorf("a year later %+v, before %+v", f, before[i])
		}
	}
	record.Fade(9 * year)
	for i, f := range record.Findings(assumption()) {
		if f.Grade != insight.Assumed || f.Times != 1 || f.Count != before[i].Count {
			t.Errorf("ten years later %+v", f)
		}
	}

	r := rand.New(rand.NewPCG(1, 1))
	for _, years := range []int{0, 2} {
		old := seeded(r.Uint64(), Orders{2, 2, 2}).record(40_000, 4_000)
		old.Fade(float64(years * year))
		var batch Batch
		now := seeded(r.Uint64(), Orders{})
		for range 20_000 {
			batch.Add(Trial{Entry: now.entry(0)})
		}
		old.Take(&batch)
		mean := 0.0
		for _, f := range old.Findings(assumption()) {
			mean += f.Times / levers
		}
		t.Logf("contacts worked twice as assumed %d years ago and do nothing now: %.2f", years, mean)
		if (mean < .8) != (years > 0) {
			t.Errorf("%.2f is believed of what stopped working %d years ago", mean, years)
		}
	}
}
