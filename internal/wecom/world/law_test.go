package world

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func anyWorld(t testing.TB) *World {
	t.Helper()
	w, err := newWorld(Config{Customers: 1000, Seed: 5}, &nowhere{})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// somebody draws a person of any source in any state.
func somebody(t *rapid.T, w *World) person {
	source := rapid.IntRange(0, len(w.brand.Sources)-1).Draw(t, "source")
	p := w.newPerson(rapid.Uint64().Draw(t, "key"), source, 0)
	p.trust = rapid.Float64Range(0, 1).Draw(t, "trust")
	p.memory = rapid.Float64Range(0, 1).Draw(t, "memory")
	p.fatigue = rapid.Float64Range(0, 30).Draw(t, "fatigue")
	p.wish = rapid.Float64Range(0, 1).Draw(t, "wish")
	p.lapsed = rapid.Bool().Draw(t, "lapsed")
	p.hidden.complains = rapid.Bool().Draw(t, "complains")
	for l := range p.age {
		p.age[l] = float32(rapid.IntRange(neverBought, 400).Draw(t, "age"))
	}
	return p
}

func (h *hidden) sound() bool {
	within := func(x float64) bool { return x >= 0 && x <= 1 }
	return within(h.trust) && within(h.memory) && within(h.wish) && h.fatigue >= 0
}

func TestEveryDayKeepsProbabilitiesAndStateInRange(t *testing.T) {
	w := anyWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		p := somebody(t, w)
		a := around{day: rapid.IntRange(0, 2000).Draw(t, "day"), service: 0.7, reachable: rapid.Bool().Draw(t, "reachable")}
		for range 20 {
			a.day++
			did := p.live(&p.hidden, a, p.draws)
			if !(did.chance >= 0 && did.chance <= 1) || !p.sound() {
				t.Fatalf("chance %v, state %+v", did.chance, p.hidden)
			}
			if d := p.deletion(&p.hidden); !(d >= 0 && d <= 1) {
				t.Fatalf("deletion chance %v", d)
			}
			if !a.reachable && (did.deletes || did.talks || did.joins || did.refers) {
				t.Fatalf("somebody without a relation did %+v", did)
			}
		}
	})
}

func TestEtaIsTheSumOfItsParts(t *testing.T) {
	w := anyWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		p := somebody(t, w)
		_, need := p.wants(&p.hidden)
		want := p.base + math.Log(need) + trustSlope*(p.trust-0.5) + memorySlope*(p.memory-0.5)
		if need >= leastNeed && math.Abs(math.Log(p.rate(&p.hidden, need, true))-want) > 1e-9 {
			t.Fatalf("ln rate %v, sum of parts %v", math.Log(p.rate(&p.hidden, need, true)), want)
		}
		if p.lapsed && need != 0 {
			t.Fatalf("a lapsed person needs %v", need)
		}
	})
}

func TestContactsMoveMemoryTrustAndWishTheWayTheirKindSays(t *testing.T) {
	w := anyWorld(t)
	silent := [2]float64{1, 1}
	rapid.Check(t, func(t *rapid.T) {
		p := somebody(t, w)
		before := p.hidden
		kind := rapid.SampledFrom([]Kind{Remind, Serve, Ask, Promo}).Draw(t, "kind")
		channel := rapid.SampledFrom([]Channel{OneToOne, Mass, Group, Moment}).Draw(t, "channel")
		p.receive(&p.hidden, kind, channel, 0.5, silent)
		switch {
		case !p.sound():
			t.Fatalf("state out of range: %+v", p.hidden)
		case p.memory < before.memory:
			t.Fatalf("%s lowered memory from %v to %v", kind, before.memory, p.memory)
		case p.fatigue <= before.fatigue:
			t.Fatalf("%s cost no patience", kind)
		case kind == Serve && p.trust < before.trust:
			t.Fatalf("serving lowered trust")
		case kind == Promo && before.trust > 0 && before.trust < distrust && p.trust >= before.trust:
			t.Fatalf("a promotion did not intrude on somebody with trust %v", before.trust)
		case kind == Ask && !p.lapsed && p.wish < before.wish:
			t.Fatalf("asking lowered the wish")
		}
	})
}

func TestTooManyContactsRaiseDeletionAndTrustLowersIt(t *testing.T) {
	w := anyWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		p := somebody(t, w)
		p.trust = min(p.trust, 0.9)
		tired, trusting := p.hidden, p.hidden
		tired.fatigue = max(p.fatigue, p.patience) + 1
		trusting.trust += 0.1
		now := p.deletion(&p.hidden)
		if p.deletion(&tired) <= now || p.deletion(&trusting) >= now {
			t.Fatalf("deletion %v, when tired %v, when trusting %v", now, p.deletion(&tired), p.deletion(&trusting))
		}
	})
}

func TestReadinessRisesUntilTheHabitBreaks(t *testing.T) {
	last := 0.0
	for c := 0.0; c <= habitHolds; c += 0.01 {
		r := readiness(c)
		if r < last || r > 1 {
			t.Fatalf("readiness after %.2f cycles is %v, before it was %v", c, r, last)
		}
		last = r
	}
	if readiness(habitHolds+2) >= last {
		t.Fatal("a broken habit is as ready as a living one")
	}
}

func TestHalfLivesAreTheDailyFactorsUsed(t *testing.T) {
	for name, pair := range map[string][2]float64{
		"wish":    {wishKept, math.Exp2(-1 / wishHalfLife)},
		"fatigue": {fatigueKept, math.Exp2(-1 / fatigueHalfLife)},
		"trust":   {1 - trustDrift, math.Exp2(-1 / trustHalfLife)},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-5 {
			t.Errorf("%s keeps %v a day, its half-life says %v", name, pair[0], pair[1])
		}
	}
}

func TestDrawsAreUniformAndUnrelated(t *testing.T) {
	const n = 200_000
	src := draws{mix(9)}
	var sum, product float64
	for day := range n {
		a, b := src.uniform(day, drawBuy), src.uniform(day, drawTalk)
		sum += a
		product += (a - 0.5) * (b - 0.5)
	}
	// Standard errors: 1/sqrt(12 n) of the mean, 1/12/sqrt(n) of the product.
	if d := math.Abs(sum/n - 0.5); d > 4/math.Sqrt(12*n) {
		t.Errorf("mean is off by %v", d)
	}
	if d := math.Abs(product / n); d > 4/12.0/math.Sqrt(n) {
		t.Errorf("two purposes of one day have covariance %v", d)
	}
}

func TestScriptsAreReadAsTheirKind(t *testing.T) {
	for _, kind := range []Kind{Remind, Serve, Ask, Promo} {
		for _, text := range scripts(kind) {
			if got := KindOf(text); got != kind {
				t.Errorf("%q is read as %s, meant as %s", text, got, kind)
			}
		}
	}
}

func TestOthersTextsAreReadAsTheyAreMeant(t *testing.T) {
	for text, want := range map[string]Kind{
		"上次的东西用着还顺手吗？有任何不满意都可以直接告诉我，我来处理。":   Serve,
		"最近有顾客问我怎么用才合适，我整理了几条小经验，您要是需要我发给您。": Serve,
		"想请教您一下：平时您最在意哪一点？我按您的习惯帮您留意。":       Ask,
		"按您平时的习惯，差不多该补货了。需要的话我给您留一份。":        Remind,
		"好久没问候您了。您常用的那款现在有货，要不要我帮您备着？":       Remind,
		"会员日全场 88 折，您最近想找什么？":                Promo,
		"早上好": Remind,
	} {
		if got := KindOf(text); got != want {
			t.Errorf("%q is read as %s, meant as %s", text, got, want)
		}
	}
}

func TestPhonesNeverMeet(t *testing.T) {
	seen := map[string]bool{}
	for i := range 200_000 {
		for _, n := range []int{i, otherPhones + i} {
			p := phone(n)
			if len(p) != 11 || seen[p] {
				t.Fatalf("phone %d is %s, which is taken or too long", n, p)
			}
			seen[p] = true
		}
	}
}

func TestPeopleOfOneSourceDifferAndSourcesDiffer(t *testing.T) {
	w := anyWorld(t)
	mean := func(code string) (trust, hunters float64) {
		for s, source := range w.brand.Sources {
			if source.Code != code {
				continue
			}
			for k := range uint64(2000) {
				p := w.newPerson(mix(k), s, 0)
				trust += p.disposition / 2000
				if p.hunter {
					hunters += 1.0 / 2000
				}
			}
		}
		return trust, hunters
	}
	giftTrust, giftHunters := mean("gift")
	counterTrust, counterHunters := mean("counter")
	if giftTrust > counterTrust-0.15 || giftHunters < counterHunters+0.3 {
		t.Errorf("gift %.2f %.2f, counter %.2f %.2f: channels have to differ in quality", giftTrust, giftHunters, counterTrust, counterHunters)
	}
	if a, b := logNormal(rand.New(rand.NewPCG(1, 1)), 2, 0.5), logNormal(rand.New(rand.NewPCG(2, 1)), 2, 0.5); a == b {
		t.Error("two people are the same")
	}
}
