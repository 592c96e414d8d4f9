package mind

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/catalog"
	"siyu/internal/insight"
	"siyu/internal/insight/brandtest"
	"siyu/internal/insight/past"
	"siyu/internal/insight/repurchase"
	"siyu/internal/profile"
	"siyu/internal/stats/calibration"
)

func situation(law brandtest.Law) Situation {
	lines := []catalog.Line{{ID: brandtest.Line, Cycle: brandtest.CycleDays * 24 * time.Hour, MarginRate: .6}}
	return Situation{Now: law.End(), Catalog: catalog.Catalog{Lines: lines}, LinkRate: 1, LinkFloor: .5, Archive: true}
}

func learned(people []brandtest.Person, s Situation) *Model {
	learner := NewLearner(Defaults(), s)
	for _, p := range people {
		learner.Add(p.Profile)
	}
	return learner.Learned()
}

// brand is a learned brand that tests share; nothing changes it.
type brand struct {
	law    brandtest.Law
	people []brandtest.Person
	s      Situation
	m      *Model
}

func usualBrand(customers int, seed uint64) brand {
	law := brandtest.Usual()
	b := brand{law: law, people: law.People(customers, seed), s: situation(law)}
	b.m = learned(b.people, b.s)
	return b
}

func (b brand) understand(p brandtest.Person) insight.Customer {
	settings := Defaults()
	return b.m.Understand(&settings, &b.s, p.Profile)
}

func eta(probability float64) float64 { return math.Log(-math.Log1p(-probability)) }

func TestThePartsAddUpToTheProbabilityAndAreCentred(t *testing.T) {
	b := usualBrand(1500, 1)
	var need, trust, exposure float64
	for _, p := range b.people {
		u := b.understand(p)
		sum := u.Base + u.Need.Value + u.Trust.Value + u.Exposure.Value
		if math.Abs(sum-eta(u.Repurchase.Value)) > 1e-6 {
			t.Fatalf("parts add up to %v, the probability says %v", sum, eta(u.Repurchase.Value))
		}
		need, trust, exposure = need+u.Need.Value, trust+u.Trust.Value, exposure+u.Exposure.Value
		for _, e := range []insight.Estimate{u.Need, u.Trust, u.Exposure, u.Repurchase, u.Expected, u.Value} {
			if !(e.Low <= e.Value+1e-9 || e.Unit == insight.Fen || e.Unit == insight.Orders) || !(e.Low <= e.High) || math.IsNaN(e.Value) {
				t.Fatalf("no interval: %+v", e)
			}
		}
	}
	for name, sum := range map[string]float64{"need": need, "trust": trust, "exposure": exposure} {
		if math.Abs(sum)/float64(len(b.people)) > 1e-9 {
			t.Errorf("%s is %v on average", name, sum/float64(len(b.people)))
		}
	}
}

func TestReasonsExplainThePart(t *testing.T) {
	b := usualBrand(800, 2)
	known := map[string]bool{}
	for _, key := range ReasonKeys() {
		known[key] = true
	}
	told := 0
	for _, p := range b.people {
		u := b.understand(p)
		for _, part := range []insight.Estimate{u.Need, u.Trust, u.Exposure} {
			sum := 0.0
			for i, r := range part.Because {
				if !known[r.Key] {
					t.Fatalf("reason %q is not among ReasonKeys", r.Key)
				}
				if i > 0 && math.Abs(r.Weight) > math.Abs(part.Because[i-1].Weight) {
					t.Fatalf("reasons are not sorted by weight: %+v", part.Because)
				}
				sum += r.Weight
				told++
			}
			if math.Abs(sum-part.Value) > .6 {
				t.Fatalf("the reasons add up to %v, the part is %v: %+v", sum, part.Value, part.Because)
			}
		}
	}
	if told == 0 {
		t.Error("nobody was given a reason")
	}
}

func TestHiddenStatesAreFoundAgain(t *testing.T) {
	b := usualBrand(3000, 3)
	var trust, hiddenTrust, exposure, memory []float64
	for _, p := range b.people {
		u := b.understand(p)
		trust, hiddenTrust = append(trust, u.Trust.Value), append(hiddenTrust, p.Trust)
		exposure, memory = append(exposure, u.Exposure.Value), append(memory, p.Memory)
	}
	if r := calibration.Spearman(trust, hiddenTrust); r < .35 {
		t.Errorf("trust has rank correlation %.3f with hidden trust", r)
	}
	if r := calibration.Spearman(exposure, memory); r < .6 {
		t.Errorf("exposure has rank correlation %.3f with hidden memory", r)
	}
	if m := b.m.Repurchase; m.HalfLife < 7 || m.HalfLife > 30 || !m.Fitted || !m.Converged {
		t.Errorf("half-life %v of 14 found, fitted %v, converged %v", m.HalfLife, m.Fitted, m.Converged)
	}
}

// The model that was learned until a moment is asked about the month after it.
func TestProbabilitiesOfTheNextMonthAreCalibrated(t *testing.T) {
	law := brandtest.Usual()
	people := law.People(4000, 4)
	cut := law.End().AddDate(0, 0, -30)
	s := situation(law)
	s.Now = cut
	settings, learner := Defaults(), NewLearner(Defaults(), s)
	before := make([]*profile.Customer, len(people))
	for i, p := range people {
		before[i] = p.Until(cut)
		learner.Add(before[i])
	}
	m := learner.Learned()
	var asked, said, bought [10]float64
	var total, actual float64
	var scores []float64
	var did []bool
	for i, p := range people {
		v := past.View{Customer: before[i], At: s.now(), Orders: s.now()}
		if !v.Related() {
			continue
		}
		chance := m.Understand(&settings, &s, before[i]).Repurchase.Value
		buys := past.BoughtBetween(p.Profile, s.now(), s.now()+30*past.Day)
		k := min(9, int(chance*10))
		asked[k], said[k], total = asked[k]+1, said[k]+chance, total+chance
		scores, did = append(scores, chance), append(did, buys)
		if buys {
			bought[k]++
			actual++
		}
	}
	if math.Abs(total/actual-1) > .06 {
		t.Errorf("%.0f purchases said, %.0f happened", total, actual)
	}
	for k := range said {
		if asked[k] > 100 && math.Abs(bought[k]-said[k])/asked[k] > .08 {
			t.Errorf("of %.0f with a chance of %d0 to %d0 %%, %.0f should buy and %.0f did", asked[k], k, k+1, said[k], bought[k])
		}
	}
	if auc := calibration.AUC(scores, did); auc < .65 {
		t.Errorf("AUC %.3f", auc)
	}
}

func TestWhatHappensLaterChangesNothing(t *testing.T) {
	b := usualBrand(400, 5)
	settings := Defaults()
	rapid.Check(t, func(rt *rapid.T) {
		p := b.people[rapid.IntRange(0, len(b.people)-1).Draw(rt, "customer")]
		day := rapid.IntRange(150, b.law.Days).Draw(rt, "day")
		s := b.s
		s.Now = b.law.End().AddDate(0, 0, day-b.law.Days)
		early, late := p.Until(s.Now), p.Profile
		if early.FirstSeen == 0 {
			return // nothing had happened yet
		}
		one, other := b.m.Understand(&settings, &s, early), b.m.Understand(&settings, &s, late)
		a, _ := json.Marshal(one)
		c, _ := json.Marshal(other)
		if string(a) != string(c) {
			rt.Fatalf("known then: %s\nknown later: %s", a, c)
		}
	})
}

func TestLearningTwiceGivesTheSame(t *testing.T) {
	a, _ := json.Marshal(usualBrand(600, 6).m)
	b, _ := json.Marshal(usualBrand(600, 6).m)
	if string(a) != string(b) {
		t.Error("the same customers gave two models")
	}
}

func TestAStoredModelSpeaksAsBefore(t *testing.T) {
	b := usualBrand(500, 7)
	document, err := json.Marshal(b.m)
	if err != nil {
		t.Fatal(err)
	}
	var again Model
	if err := json.Unmarshal(document, &again); err != nil {
		t.Fatal(err)
	}
	settings := Defaults()
	for _, p := range b.people[:50] {
		if x, y := b.understand(p), again.Understand(&settings, &b.s, p.Profile); x.Repurchase.Value != y.Repurchase.Value || x.Value.High != y.Value.High || x.Limiting != y.Limiting {
			t.Fatalf("%+v\n%+v", x, y)
		}
	}
}

func TestANewBrandSpeaksFromThePriorAndSaysSo(t *testing.T) {
	law := brandtest.Usual()
	s, settings := situation(law), Defaults()
	m := Unlearned(settings, s)
	p := law.People(1, 8)[0]
	u := m.Understand(&settings, &s, p.Profile)
	if u.Need.Evidence != insight.Prior || u.Value.Evidence != insight.Prior || u.Repurchase.Evidence != insight.Prior {
		t.Errorf("need %s, value %s, repurchase %s", u.Need.Evidence, u.Value.Evidence, u.Repurchase.Evidence)
	}
	if !(u.Repurchase.Value > 0 && u.Repurchase.Value < 1) || !(u.Value.Value > 0) {
		t.Errorf("repurchase %+v, value %+v", u.Repurchase, u.Value)
	}
	for j, w := range m.Repurchase.PriorWeights {
		if w < .999 {
			t.Errorf("the prior of %q has weight %v before anything was learned", m.Repurchase.Columns[j].Name, w)
		}
	}
}

func TestUnlinkedOrdersMakeNeedAndValueNotMeasurable(t *testing.T) {
	b := usualBrand(500, 9)
	settings := Defaults()
	b.s.LinkRate = .3
	u := b.m.Understand(&settings, &b.s, b.people[3].Profile)
	if u.Need.Evidence != insight.NotMeasurable || u.Value.Evidence != insight.NotMeasurable || u.Need.Value != 0 {
		t.Errorf("need %+v, value %+v", u.Need, u.Value)
	}
	for _, l := range u.Levers {
		if l.Part == insight.Need && !(l.Gap > 0) {
			t.Errorf("nobody knows what this customer needs, yet asking has nothing to gain: %+v", l)
		}
	}
	if sum := u.Base + u.Trust.Value + u.Exposure.Value; math.Abs(sum-eta(u.Repurchase.Value)) > 1e-9 {
		t.Errorf("parts add up to %v, the probability says %v", sum, eta(u.Repurchase.Value))
	}
}

func TestWithoutArchiveTrustSaysSoAndDoesNotTakeItForSilence(t *testing.T) {
	law := brandtest.Usual()
	people, s := law.People(800, 10), situation(law)
	s.Archive = false
	m, settings := learned(people, s), Defaults()
	u := m.Understand(&settings, &s, people[0].Profile)
	last := u.Trust.Because[len(u.Trust.Because)-1]
	if last.Key != "trust.no_archive" {
		t.Errorf("reasons of trust: %+v", u.Trust.Because)
	}
	heard := situation(law)
	talked := learned(people, heard)
	for _, p := range people[:200] {
		with, without := talked.Understand(&settings, &heard, p.Profile), m.Understand(&settings, &s, p.Profile)
		if with.Exposure.Evidence != insight.Fitted || without.Exposure.Evidence != insight.WithoutArchive || without.Trust.Evidence == insight.Fitted || with.Trust.Evidence == insight.WithoutArchive {
			t.Fatalf("with messages trust is %s and exposure %s, without %s and %s", with.Trust.Evidence, with.Exposure.Evidence, without.Trust.Evidence, without.Exposure.Evidence)
		}
	}
	for _, r := range u.Trust.Because {
		if r.Key == "trust.answers" || r.Key == "trust.never_talked" || r.Key == "trust.ignored_offers" {
			t.Errorf("without messages trust says %s", r.Key)
		}
	}
}

func TestMergedCustomersAreNotCounted(t *testing.T) {
	law := brandtest.Usual()
	people, s := law.People(300, 11), situation(law)
	one := learned(people, s)
	merged := *people[0].Profile
	merged.ID, merged.MergedInto = 999, 1
	two := learned(append(people, brandtest.Person{Profile: &merged}), s)
	if one.Value.Customers != two.Value.Customers || one.Sampled != two.Sampled {
		t.Errorf("%d and %d customers", one.Value.Customers, two.Value.Customers)
	}
}

func TestProbabilityAndOrdersAreOneScale(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := rapid.Float64Range(-20, 3).Draw(rt, "eta")
		if p, rate := repurchase.Probability(x), math.Exp(x); math.Abs(-math.Log1p(-p)-rate) > 1e-6*rate {
			rt.Fatalf("probability %v, rate %v", p, rate)
		}
	})
}

func BenchmarkUnderstand(b *testing.B) {
	brand := usualBrand(2000, 12)
	settings := Defaults()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		brand.m.Understand(&settings, &brand.s, brand.people[i%len(brand.people)].Profile)
	}
}
