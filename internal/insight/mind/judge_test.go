package mind

import (
	"math"
	"testing"

	"siyu/internal/insight/brandtest"
)

// judgeMonth learns on what was known a month before the end and judges the
// month by what is known at the end.
func judgeMonth(t *testing.T, people []brandtest.Person, law brandtest.Law) Judgement {
	t.Helper()
	now := situation(law)
	then := now
	then.Now = now.Now.AddDate(0, 0, -Defaults().Horizon)
	judge := NewLearner(Defaults(), now)
	for _, p := range people {
		judge.Add(p.Profile)
	}
	j, ok := judge.Judge(learned(people, then).Forecast())
	if !ok {
		t.Fatal("a month that is over was not judged")
	}
	return j
}

func TestAModelIsJudgedByTheMonthAfterIt(t *testing.T) {
	law := brandtest.Usual()
	people := law.People(3000, 31)
	j := judgeMonth(t, people, law)
	t.Logf("expected %.0f, actual %d of %d; error %.3f, by luck %.3f", j.Expected, j.Actual, j.Customers, j.Error, j.Chance)
	if j.Parted() || !(j.Low < j.Expected && j.Expected < j.High) {
		t.Errorf("alarm although nothing changed: %+v", j)
	}
	customers, bought := 0, 0.0
	for _, g := range j.Groups {
		customers, bought = customers+g.Customers, bought+g.Bought*float64(g.Customers)
	}
	if customers != j.Customers || math.Abs(bought-float64(j.Actual)) > 1e-6 {
		t.Errorf("groups add up to %d customers and %v buyers, the whole is %+v", customers, bought, j)
	}
}

func TestAModelPartsFromABrandThatChanges(t *testing.T) {
	law := brandtest.Usual()
	people := law.People(2000, 32)
	for _, p := range people {
		cut := law.End().AddDate(0, 0, -Defaults().Horizon)
		orders := p.Profile.Orders.Recent[:0]
		for _, o := range p.Profile.Orders.Recent {
			if o.At.Time().Before(cut) {
				orders = append(orders, o)
			}
		}
		p.Profile.Orders.Recent = orders // the shop closed that day
	}
	if j := judgeMonth(t, people, law); !j.Parted() || j.Actual != 0 {
		t.Errorf("nobody bought, and the model noticed nothing: %+v", j)
	}
}

func TestAMonthThatIsNotOverIsNotJudged(t *testing.T) {
	law := brandtest.Usual()
	people := law.People(300, 33)
	s := situation(law)
	judge := NewLearner(Defaults(), s)
	for _, p := range people {
		judge.Add(p.Profile)
	}
	if j, ok := judge.Judge(learned(people, s).Forecast()); ok {
		t.Errorf("judged %+v", j)
	}
}

func TestJudgingAnExactForecastFindsOnlyLuck(t *testing.T) {
	var all []outcome
	for i := range 10_000 {
		said := float64(i%100) / 100
		all = append(all, outcome{said, float64(i/100)/100 < said})
	}
	j := judged(all, .12)
	if math.Abs(j.Expected-float64(j.Actual)) > 1 || j.Error > .01 || j.Parted() {
		t.Errorf("%+v", j)
	}
}

func TestABrandThatSwingsMoreIsAlarmedLater(t *testing.T) {
	law := brandtest.Usual()
	people := law.People(1500, 34)
	wide := func(shock float64) float64 {
		s := situation(law)
		s.Shock = shock
		then := s
		then.Now = s.Now.AddDate(0, 0, -Defaults().Horizon)
		judge := NewLearner(Defaults(), s)
		for _, p := range people {
			judge.Add(p.Profile)
		}
		j, ok := judge.Judge(learned(people, then).Forecast())
		if !ok {
			t.Fatal("a month that is over was not judged")
		}
		return (j.Expected - j.Low) / j.Expected
	}
	calm, usual, wild := wide(.02), wide(0), wide(.3)
	if !(calm < usual && usual < wild) || math.Abs(wild*wild-calm*calm-central95*central95*(.3*.3-.02*.02)) > 1e-9 {
		t.Errorf("the interval reaches down by %.3f of what is expected, usually %.3f, in a wild brand %.3f", calm, usual, wild)
	}
	if prior := wide(.12); math.Abs(prior-usual) > 1e-12 {
		t.Errorf("nothing measured: %.4f, at .12: %.4f", usual, prior)
	}
}

// Of so many people luck alone makes .01.
func TestChancesOfTheNextMonthAreRightToTwoPoints(t *testing.T) {
	law := brandtest.Usual()
	for seed := range uint64(3) {
		j := judgeMonth(t, law.People(12_000, 51+seed), law)
		t.Logf("seed %d: calibration error %.4f (%.4f by luck) of %d customers", 51+seed, j.Error, j.Chance, j.Customers)
		if !(j.Error < .02) || j.Parted() {
			t.Errorf("%+v", j)
		}
	}
}
