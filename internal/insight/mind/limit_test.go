package mind

import (
	"math"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/brandtest"
	"siyu/internal/money"
	"siyu/internal/profile"
)

// story folds facts told in days before the end of the history.
type story struct {
	t   *testing.T
	end time.Time
	c   *profile.Customer
	n   int64
}

func tell(t *testing.T, end time.Time) *story {
	return &story{t: t, end: end, c: &profile.Customer{ID: 500_000}}
}

func (s *story) ago(days float64, body event.Body) *story {
	s.n++
	at := s.end.Add(-time.Duration(days * 24 * float64(time.Hour)))
	fact, err := event.New(event.Customer(s.c.ID), at, event.FromArchive, id.Hash(at.String()), body)
	if err == nil {
		err = s.c.Apply(fact)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return s
}

func (s *story) known(days float64) *story {
	return s.ago(days, event.RelationAdded{Staff: 1, AddWay: 1})
}

func (s *story) bought(days ...float64) *story {
	for _, d := range days {
		s.ago(d, event.OrderPaid{Order: id.Order(900_000 + s.n), Amount: money.Fen(10_000), Items: []event.OrderItem{{Line: brandtest.Line, Quantity: 1}}})
	}
	return s
}

func (s *story) wrote(days ...float64) *story {
	for _, d := range days {
		s.ago(d, event.MessageExchanged{Staff: 1, Inbound: true})
	}
	return s
}

func (s *story) reminded(days ...float64) *story {
	for _, d := range days {
		s.ago(d, event.TouchDelivered{Touch: s.n, Staff: 1, Channel: event.OneToOne, Purpose: event.Remind})
	}
	return s
}

func limitOf(b brand, c *profile.Customer) insight.Customer {
	settings := Defaults()
	return b.m.Understand(&settings, &b.s, c)
}

func TestStoriesOfWhatLimits(t *testing.T) {
	b := usualBrand(3000, 20)
	end := b.law.End()
	regular := []float64{190, 160, 130, 100, 70}
	t.Run("who has just bought and hears from us needs nothing", func(t *testing.T) {
		u := limitOf(b, tell(t, end).known(200).bought(append(regular, 40, 2)...).wrote(3).reminded(10, 2).c)
		if u.Limiting != insight.Need {
			t.Errorf("limiting %s, levers %+v", u.Limiting, u.Levers)
		}
	})
	t.Run("who is due, talks to us and was long not contacted is forgotten", func(t *testing.T) {
		u := limitOf(b, tell(t, end).known(200).bought(append(regular, 38)...).wrote(190, 150, 120, 95, 70).c)
		if u.Limiting != insight.Exposure {
			t.Errorf("limiting %s, levers %+v", u.Limiting, u.Levers)
		}
		if u.NextDue.IsZero() || u.NextDue.After(end) || u.DueLine != brandtest.Line {
			t.Errorf("due %s of line %d", u.NextDue, u.DueLine)
		}
	})
	t.Run("who is due and hears from us but never says a word is not trusting", func(t *testing.T) {
		u := limitOf(b, tell(t, end).known(200).bought(append(regular, 36)...).reminded(20, 12, 5, 1).c)
		if u.Limiting != insight.Trust {
			t.Errorf("limiting %s, levers %+v", u.Limiting, u.Levers)
		}
	})
	t.Run("who stopped buying long ago has nothing due any more", func(t *testing.T) {
		u := limitOf(b, tell(t, end).known(290).bought(285).c)
		if !u.NextDue.IsZero() {
			t.Errorf("due %s although given up", u.NextDue)
		}
	})
	t.Run("of who came yesterday nothing can be said", func(t *testing.T) {
		if u := limitOf(b, tell(t, end).known(1).c); u.Limiting != insight.Unknown || u.Trust.Evidence != insight.Prior {
			t.Errorf("limiting %s, trust %s", u.Limiting, u.Trust.Evidence)
		}
	})
	t.Run("who is tired of us is left alone", func(t *testing.T) {
		settings := Defaults()
		settings.MaxFatigue = 1e-9
		c := tell(t, end).known(200).bought(40).reminded(3, 2, 1).c
		said := map[insight.Grade]insight.Part{}
		for _, grade := range []insight.Grade{insight.Assumed, insight.PartlyMeasured, insight.Measured} {
			m := *b.m
			m.Tiring = Effect{Times: 1, Grade: grade}
			u := m.Understand(&settings, &b.s, c)
			if said[grade] = u.Limiting; u.LossGrade != grade || u.Loss <= 0 {
				t.Errorf("%s: one more contact costs %v of relations, %s", grade, u.Loss, u.LossGrade)
			}
		}
		if said[insight.PartlyMeasured] != insight.None || said[insight.Measured] != insight.None {
			t.Errorf("measured to be tired and yet %v", said)
		}
		if said[insight.Assumed] == insight.None {
			t.Error("left alone for a hazard that no draw has identified")
		}
	})
}

func TestTheLimitingPartIsAPayingLeverWithTheHighestScore(t *testing.T) {
	b := usualBrand(1000, 21)
	for _, p := range b.people {
		u := b.understand(p)
		for i, l := range u.Levers {
			if i > 0 && score(l) > score(u.Levers[i-1]) {
				t.Fatalf("levers are not sorted: %+v", u.Levers)
			}
			if !(l.GainLow <= l.Gain && l.Gain <= l.GainHigh) || l.Gain < 0 || l.Grade != insight.Assumed ||
				!(l.LastingLow <= l.Lasting && l.Lasting <= l.LastingHigh) || l.Lasting < 0 {
				t.Fatalf("%+v", l)
			}
		}
		if u.Limiting == insight.None || u.Limiting == insight.Unknown {
			continue
		}
		for _, l := range u.Levers {
			if l.GainLow > l.Cost {
				if l.Part != u.Limiting {
					t.Fatalf("limiting %s, but %+v", u.Limiting, u.Levers)
				}
				break
			}
		}
	}
}

func TestNoLeverPaysWhereContactCostsMoreThanItBrings(t *testing.T) {
	b := usualBrand(500, 22)
	settings := Defaults()
	for i := range settings.Assumptions {
		settings.Assumptions[i].Cost = 1e6
	}
	for _, p := range b.people {
		if u := b.m.Understand(&settings, &b.s, p.Profile); u.Limiting != insight.None && u.Limiting != insight.Unknown {
			t.Fatalf("limiting %s", u.Limiting)
		}
	}
}

func TestTheDearerAContactTheMoreCustomersAreLeftAlone(t *testing.T) {
	b := usualBrand(500, 22)
	alone := func(cost float64) (n int) {
		settings := Defaults().Priced(cost, Defaults().MaxFatigue)
		for _, p := range b.people {
			if u := b.m.Understand(&settings, &b.s, p.Profile); u.Limiting == insight.None {
				n++
			}
		}
		return n
	}
	before := alone(0)
	for _, cost := range []float64{200, 1000, 5000, 20_000} {
		now := alone(cost)
		if now <= before {
			t.Errorf("at %.0f fen %d of 500 are left alone, cheaper %d", cost, now, before)
		}
		before = now
	}
}

func TestALeverMustPayAtItsLowEndHoweverItIsKnown(t *testing.T) {
	lever := insight.Lever{Part: insight.Trust, Gap: 1, Effect: .3, GainLow: 100, Gain: 500, Cost: 200, Grade: insight.Assumed}
	for _, grade := range []insight.Grade{insight.Assumed, insight.PartlyMeasured, insight.Measured} {
		lever.Grade, lever.GainLow = grade, 100
		if got := limiting([]insight.Lever{lever}); got != insight.None {
			t.Errorf("%s, not surely worth its cost: %s", grade, got)
		}
		lever.GainLow = 201
		if got := limiting([]insight.Lever{lever}); got != insight.Trust {
			t.Errorf("%s, surely worth its cost: %s", grade, got)
		}
	}
}

// Where too few of a store's orders lead to anybody, whoever has an order is still
// told by it, as long as the shop shows enough phones: others may need anything.
func TestWhoHasAnOrderIsChosenForByWhatIsNeeded(t *testing.T) {
	b := usualBrand(1500, 23)
	c := tell(t, b.law.End()).known(200).bought(190, 160, 130, 100, 70, 40, 1).wrote(150, 95).c
	late := tell(t, b.law.End()).known(200).bought(190, 160, 130, 100, 70, 33).wrote(150, 95).c
	needs := func(shown float64, c *profile.Customer) float64 {
		m := *b.m
		repurchase := *m.Repurchase
		repurchase.Shown, m.Repurchase = shown, &repurchase
		changed := b
		changed.m = &m
		changed.s.LinkRate, changed.s.LinkFloor = .4, .6
		u := limitOf(changed, c)
		if u.Need.Evidence != insight.NotMeasurable || u.Value.Evidence != insight.NotMeasurable {
			t.Errorf("need is %s and value %s where 40 %% of orders are linked", u.Need.Evidence, u.Value.Evidence)
		}
		return leverOf(u, insight.Need).Gap
	}
	if fed, due := needs(.65, c), needs(.65, late); !(fed > due+.1) {
		t.Errorf("who bought yesterday lacks %.2f of need, who is due %.2f", fed, due)
	}
	if fed, due := needs(.55, c), needs(.55, late); math.Abs(fed-due) > .1 {
		t.Errorf("of the shop's orders 55 %% show a phone and still need differs: %.2f and %.2f", fed, due)
	}
}

func TestWhoMayBuyUnseenIsNotTakenForOneWhoDoesNotBuy(t *testing.T) {
	b := usualBrand(1500, 23)
	newcomer := tell(t, b.law.End()).known(290).c
	b.s.LinkRate = 1
	alone := limitOf(b, newcomer)
	b.s.LinkRate = .7
	unseen := limitOf(b, newcomer)
	for i := range alone.Levers {
		for _, l := range unseen.Levers {
			if l.Part == insight.Exposure && l.Part == alone.Levers[i].Part && !(l.Gain > alone.Levers[i].Gain) {
				t.Errorf("%s: gain %v where 70 %% of orders are linked, %v where all are", l.Part, l.Gain, alone.Levers[i].Gain)
			}
		}
	}
	if alone.Repurchase.Value != unseen.Repurchase.Value {
		t.Errorf("the chance of an order that is seen moved from %v to %v", alone.Repurchase.Value, unseen.Repurchase.Value)
	}
}

func TestAGainIsNoSurerThanWhatIsKnownOfTheCustomer(t *testing.T) {
	b := usualBrand(1500, 23)
	width := func(linkRate float64, c *profile.Customer) float64 {
		b.s.LinkRate = linkRate
		l := leverOf(limitOf(b, c), insight.Trust)
		return math.Log(l.GainHigh / l.GainLow)
	}
	newcomer, regular := tell(t, b.law.End()).known(290).c, tell(t, b.law.End()).known(200).bought(190, 160, 130, 100, 70, 38).c
	low, high := AssumedInterval(.5)
	if linked, unlinked := width(1, newcomer), width(.7, newcomer); !(unlinked > 1.1*linked) {
		t.Errorf("a newcomer's gain lies within e^%.2f where all orders are linked and e^%.2f where 70 %% are", linked, unlinked)
	}
	if linked, unlinked := width(1, regular), width(.7, regular); math.Abs(unlinked-linked) > 1e-9 {
		t.Errorf("whoever is seen to buy is told e^%.2f where all orders are linked and e^%.2f where 70 %% are", linked, unlinked)
	}
	// Gains saturate, so that in part they are surer than the effect: it is compared at the same customer.
	m := *b.m
	repurchase := *m.Repurchase
	repurchase.Covariance, m.Repurchase, m.Repurchase.Score.Covariance = zeros(repurchase.Covariance), &repurchase, zeros(repurchase.Score.Covariance)
	fitted := width(1, regular)
	b.m = &m
	if certain := width(1, regular); !(certain < fitted && certain <= math.Log(high/low)*1.2) {
		t.Errorf("a gain lies within e^%.2f where coefficients are known exactly, e^%.2f where they are fitted", certain, fitted)
	}
}

func TestABrandThatHasLearnedNothingIsToldTheAssumptionsAlone(t *testing.T) {
	b := usualBrand(1500, 23)
	c := tell(t, b.law.End()).known(200).bought(190, 160, 130, 100, 70, 38).c
	b.s.LinkRate = 1
	b.m = Unlearned(Defaults(), b.s)
	width := func() float64 {
		l := leverOf(limitOf(b, c), insight.Exposure)
		return math.Log(l.GainHigh / l.GainLow)
	}
	unlearned := width()
	b.m.Repurchase.Fitted = true
	low, high := AssumedInterval(.5)
	if fitted := width(); unlearned > math.Log(high/low)*1.2 || fitted <= unlearned {
		t.Errorf("a gain lies within e^%.2f by stated priors, within e^%.2f were they estimates", unlearned, fitted)
	}
}

func zeros(like [][]float64) [][]float64 {
	zero := make([][]float64, len(like))
	for i := range like {
		zero[i] = make([]float64, len(like[i]))
	}
	return zero
}

func TestAnEffectThatFadesCountsForItsAverage(t *testing.T) {
	lasting, fading := Assumption{Effect: .4}, Assumption{Effect: .4, HalfLife: 10}
	if lasting.over(30) != .4 {
		t.Errorf("lasting: %v", lasting.over(30))
	}
	sum := 0.0
	for i := range 3000 {
		sum += .4 * math.Exp2(-(float64(i)+.5)/100/10) / 3000
	}
	if got := fading.over(30); math.Abs(got-sum) > 1e-6 {
		t.Errorf("fading: %v, by summing %v", got, sum)
	}
}

// A customer who buys more than is seen also comes to the shop more than is seen: a
// reminder adds to less. The part itself is told as it was measured.
func TestWhoComesUnseenHasLessToBeRemindedOf(t *testing.T) {
	b := usualBrand(1500, 26)
	c := tell(t, b.law.End()).known(200).bought(190, 160, 130, 100, 70, 38).wrote(190, 150, 95).c
	of := func(shown float64) insight.Customer {
		changed, m, r := b, *b.m, *b.m.Repurchase
		r.Shown = shown
		m.Repurchase, changed.m = &r, &m
		return limitOf(changed, c)
	}
	all, most, few, unknown := of(1), of(.9), of(.5), of(0)
	gap := func(u insight.Customer) float64 { return leverOf(u, insight.Exposure).Gap }
	if !(gap(all) > gap(most) && gap(most) > gap(few) && gap(few) > 0) {
		t.Errorf("gaps %v, %v, %v where all, most and few orders are shown", gap(all), gap(most), gap(few))
	}
	if gap(unknown) != gap(all) {
		t.Errorf("gap %v where nobody knows how many are shown, %v where all are", gap(unknown), gap(all))
	}
	if few.Exposure.Value != all.Exposure.Value || leverOf(few, insight.Trust) != leverOf(all, insight.Trust) {
		t.Error("what nobody saw changed the part, or another lever")
	}
}
