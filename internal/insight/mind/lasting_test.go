package mind

import (
	"math"
	"testing"

	"siyu/internal/insight"
	"siyu/internal/insight/past"
)

// assumeOf returns usual settings in which half of what a part's contact closes is gone
// after so many days; 0: it stays.
func assumeOf(part insight.Part, halfLife float64) Settings {
	s := Defaults()
	for i := range s.Assumptions {
		if s.Assumptions[i].Part == part {
			s.Assumptions[i].HalfLife = halfLife
		}
	}
	return s
}

// Where rates do not saturate and a gap stays closed, orders grow in proportion all year.
func TestWhatStaysAddsTheSameShareToEveryOrderOfTheYear(t *testing.T) {
	b := usualBrand(1500, 23)
	m := *b.m
	repurchase := *m.Repurchase
	repurchase.Most, m.Repurchase = 1e9, &repurchase
	settings := assumeOf(insight.Trust, 0)
	for _, days := range [][]float64{{190, 160, 130, 100, 70, 38}, {190, 160}, {20}} {
		c := tell(t, b.law.End()).known(200).bought(days...).c
		u := m.Understand(&settings, &b.s, c)
		l := leverOf(u, insight.Trust)
		soon := math.Exp(u.Base + u.Need.Value + u.Trust.Value + u.Exposure.Value)
		year := m.Value.Of(past.View{Customer: c, At: b.s.now(), Orders: b.s.ordersUntil()}).Orders
		if want := max(0, year-soon) / soon; math.Abs(l.Lasting/l.Gain-want) > 1e-6*(1+want) {
			t.Errorf("bought %v days ago: lasts %.4f times what it gains soon, want %.4f (%.2f orders in the year, %.2f soon)", days, l.Lasting/l.Gain, want, year, soon)
		}
	}
}

func TestServingLastsAndRemindingDoesNot(t *testing.T) {
	b := usualBrand(1500, 23)
	u := limitOf(b, tell(t, b.law.End()).known(200).bought(190, 160, 130, 100, 70, 38).c)
	serve, remind := leverOf(u, insight.Trust), leverOf(u, insight.Exposure)
	if !(serve.Lasting > 3*serve.Gain) || !(remind.Lasting < .5*remind.Gain) {
		t.Errorf("serving gains %.0f soon and %.0f later, reminding %.0f and %.0f", serve.Gain, serve.Lasting, remind.Gain, remind.Lasting)
	}
	if life := math.Log(serve.LastingHigh / serve.LastingLow); life <= math.Log(serve.GainHigh/serve.GainLow) {
		t.Errorf("what lasts is known within e^%.2f, as surely as what comes soon", life)
	}
}

func TestAnEffectThatIsGoneBeforeTheHorizonIsOverLastsNoLonger(t *testing.T) {
	b := usualBrand(1500, 23)
	c := tell(t, b.law.End()).known(200).bought(190, 160, 130, 100, 70, 38).c
	settings := assumeOf(insight.Trust, 1)
	u := b.m.Understand(&settings, &b.s, c)
	if l := leverOf(u, insight.Trust); l.Gain <= 0 || l.Lasting > 1e-6*l.Gain {
		t.Errorf("gains %g soon and %g later", l.Gain, l.Lasting)
	}
}

func TestWhatDrawsShowOfAnEffectHoldsOfWhatLasts(t *testing.T) {
	b := usualBrand(1500, 23)
	c := tell(t, b.law.End()).known(200).bought(190, 160, 130, 100, 70, 38).c
	before := leverOf(limitOf(b, c), insight.Trust)
	b.m.Effects = []Effect{{Part: insight.Trust, Times: .5, SD: .1, Grade: insight.Measured}}
	after := leverOf(limitOf(b, c), insight.Trust)
	if math.Abs(after.Lasting-before.Lasting/2) > 1e-9*before.Lasting || !(after.LastingLow < after.Lasting && after.Lasting < after.LastingHigh) {
		t.Errorf("half the effect lasts for %g of %g", after.Lasting, before.Lasting)
	}
}
