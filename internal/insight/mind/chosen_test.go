package mind

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"siyu/internal/insight"
	"siyu/internal/insight/brandtest"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/repurchase"
)

func TestWhatWasChosenSpeaksOfEverybody(t *testing.T) {
	law := brandtest.Usual()
	people, s := law.People(1500, 21), situation(law)
	s.Chosen = Chosen{At: s.Now.AddDate(0, 0, -3), Choice: ltv.Choice{Name: ltv.Mixture, Members: []string{"pnbd", "mbgcnbdk", "glm"}, K: 2}}
	settings := Defaults()
	plain, m := learned(people, situation(law)), learned(people, s)
	if !m.Chosen.At.Equal(s.Chosen.At) || m.Value.Orders.Name() != ltv.Mixture || m.Repurchase.Orders.Name() != ltv.Mixture {
		t.Fatalf("chosen %+v, in force %s and %s", m.Chosen, m.Value.Orders.Name(), m.Repurchase.Orders.Name())
	}
	document, err := json.Marshal(m)
	again := new(Model)
	if err == nil {
		err = json.Unmarshal(document, again)
	}
	if err != nil {
		t.Fatal(err)
	}
	other := 0
	for _, p := range people[:300] {
		u := m.Understand(&settings, &s, p.Profile)
		if before := plain.Understand(&settings, &s, p.Profile); before.Expected.Value != u.Expected.Value && before.Repurchase.Value != u.Repurchase.Value {
			other++
		}
		if u.Value.Model != "mix-gammagamma-1" || !(u.Expected.Low <= u.Expected.High) || !(u.Alive.Value >= 0 && u.Alive.Value <= 1) {
			t.Fatalf("%+v", u)
		}
		if stored := again.Understand(&settings, &s, p.Profile); stored.Value.Value != u.Value.Value || stored.Repurchase.Value != u.Repurchase.Value {
			t.Fatalf("%+v, after storing %+v", u, stored)
		}
	}
	if other < 100 {
		t.Errorf("of 300 customers only %d are told otherwise", other)
	}
}

func TestWhoIsTooNewToJudgeIsSaidToBe(t *testing.T) {
	b := usualBrand(800, 22)
	cycle := b.m.Repurchase.Cycles.Of(brandtest.Line)
	told, silent := 0, 0
	for _, p := range b.people {
		o := &p.Profile.Orders
		if o.Count == 0 {
			continue
		}
		u := b.understand(p)
		new := slices.ContainsFunc(u.Value.Because, func(r insight.Reason) bool { return strings.HasPrefix(r.Key, "value.") })
		young := o.Days == 1 && b.law.End().Sub(o.First.Time()).Hours()/24 < cycle
		if new != young {
			t.Fatalf("%d days with orders, first %s: %+v", o.Days, o.First.Time(), u.Value.Because)
		}
		if young {
			told++
			if r := u.Value.Because[0]; r.Line != brandtest.Line || r.Number <= 0 || r.Number >= cycle {
				t.Fatalf("%+v", r)
			}
		} else {
			silent++
		}
	}
	if told == 0 || silent == 0 {
		t.Errorf("%d are too new, %d are not: nothing was tested", told, silent)
	}
}

func TestForecastsOfAnotherVersionAreForgottenWhatWasJudgedIsNot(t *testing.T) {
	b := usualBrand(300, 23)
	w := Watch{Waiting: []Forecast{b.m.Forecast()}, Judged: []Judgement{{Actual: 5}}}
	document, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	if got := ReadWatch(document); len(got.Waiting) != 1 || len(got.Judged) != 1 {
		t.Errorf("%d forecasts, %d judgements came back", len(got.Waiting), len(got.Judged))
	}
	older := strings.ReplaceAll(string(document), `"version":"`+repurchase.Version+`"`, `"version":"repurchase-2"`)
	if got := ReadWatch([]byte(older)); len(got.Waiting) != 0 || len(got.Judged) != 1 {
		t.Errorf("%d forecasts of an older version, %d judgements", len(got.Waiting), len(got.Judged))
	}
	if got := ReadWatch([]byte("{")); len(got.Waiting)+len(got.Judged) != 0 {
		t.Errorf("of nothing that can be read %+v", got)
	}
}
