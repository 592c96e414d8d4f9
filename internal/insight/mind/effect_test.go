package mind

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"siyu/internal/event"
	"siyu/internal/insight"
)

func TestWhatWasMeasuredTakesThePlaceOfTheAssumption(t *testing.T) {
	b := usualBrand(1500, 24)
	c := tell(t, b.law.End()).known(200).bought(190, 160, 130, 100, 70, 38).wrote(190, 150, 95).c
	assumed := limitOf(b, c)
	of := func(e ...Effect) insight.Customer {
		changed, m := b, *b.m
		m.Effects = e
		changed.m = &m
		return limitOf(changed, c)
	}
	same := of(Effect{Part: insight.Exposure, Times: 3, SD: .1, Grade: insight.Assumed})
	if !reflect.DeepEqual(same.Levers, assumed.Levers) {
		t.Errorf("not enough was drawn and still\n%+v\ninstead of\n%+v", same.Levers, assumed.Levers)
	}
	half := of(Effect{Part: insight.Exposure, Times: .5, SD: .1, Grade: insight.Measured})
	before, after := leverOf(assumed, insight.Exposure), leverOf(half, insight.Exposure)
	if after.Grade != insight.Measured || math.Abs(after.Gain-before.Gain/2) > 1e-9*before.Gain || !(after.GainLow < after.Gain && after.Gain < after.GainHigh) {
		t.Errorf("%+v is half of %+v", after, before)
	}
	if leverOf(half, insight.Need) != leverOf(assumed, insight.Need) {
		t.Error("another lever changed, too")
	}
	var none []Effect
	for _, part := range []insight.Part{insight.Need, insight.Trust, insight.Exposure} {
		none = append(none, Effect{Part: part, Times: .01, SD: .1, Grade: insight.Measured})
	}
	if u := of(none...); u.Limiting != insight.None {
		t.Errorf("contacts do nothing, and %s limits: %+v", u.Limiting, u.Levers)
	}
}

func leverOf(c insight.Customer, part insight.Part) insight.Lever {
	for _, l := range c.Levers {
		if l.Part == part {
			return l
		}
	}
	return insight.Lever{}
}

// Effects are multiples of what is assumed: that must be what the levers promise,
// in orders, and must not move with what was measured.
func TestWhatIsAssumedOfAContactIsWhatItsLeverPromises(t *testing.T) {
	b := usualBrand(1500, 25)
	settings := Defaults()
	b.s.LinkRate = 1
	c := tell(t, b.law.End()).known(200).bought(190, 160, 130, 100, 70, 38).wrote(190, 150, 95).c
	at := event.At(b.s.Now)
	whole := b.m.Added(&settings, &b.s, c, at, float64(settings.Horizon))
	u := limitOf(b, c)
	exposure, need := leverOf(u, insight.Exposure), leverOf(u, insight.Need)
	if whole.Plain <= 0 || math.Abs(whole.Exposure/whole.Need-exposure.Gain/need.Gain) > 1e-9 {
		t.Errorf("%+v, levers promise %+v and %+v", whole, exposure, need)
	}
	m := *b.m
	m.Effects = []Effect{{Part: insight.Exposure, Times: 0, SD: .1, Grade: insight.Measured}}
	if got := m.Added(&settings, &b.s, c, at, float64(settings.Horizon)); got != whole {
		t.Errorf("%+v after it was measured, %+v before", got, whole)
	}
	half := b.m.Added(&settings, &b.s, c, at, float64(settings.Horizon)/2)
	if !(half.Exposure > 0 && half.Exposure < whole.Exposure) || math.Abs(half.Plain-whole.Plain/2) > 1e-12 {
		t.Errorf("half the time: %+v of %+v", half, whole)
	}
}

// What is not known of an effect and of a customer widens a gain together, and a gain
// that was measured is not told less surely than one that is assumed for the doubt
// about the customer alone.
func TestAMeasuredGainHoldsWhatIsNotKnownOfTheCustomer(t *testing.T) {
	const doubt = .5
	assumedLow, assumedHigh := AssumedInterval(math.Hypot(.5, doubt))
	low, high := Effect{Times: 1, SD: .2}.interval(doubt)
	if !(assumedLow < low && low < 1 && 1 < high && high < assumedHigh) {
		t.Errorf("measured %.2f to %.2f, assumed %.2f to %.2f", low, high, assumedLow, assumedHigh)
	}
	last := math.Inf(-1)
	for times := -1.; times < 2; times += .01 { // no jumps, and more is never less
		low, high := Effect{Times: times, SD: .3}.interval(doubt)
		if !(low < times && times < high) || low < last || low > last+.03 && !math.IsInf(last, -1) {
			t.Fatalf("%.2f times: %.3f to %.3f after %.3f", times, low, high, last)
		}
		last = low
	}
	inside, random := 0, rand.New(rand.NewPCG(1, 2))
	const draws = 40_000
	low, high = Effect{Times: .8, SD: .25}.interval(doubt)
	for range draws {
		if x := (.8 + .25*random.NormFloat64()) * math.Exp(doubt*random.NormFloat64()); low <= x && x <= high {
			inside++
		}
	}
	if share := float64(inside) / draws; math.Abs(share-.8) > .04 {
		t.Errorf("the 80 %% interval holds %.3f", share)
	}
}
