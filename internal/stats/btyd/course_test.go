package btyd

import (
	"math"
	"testing"

	"siyu/internal/stats"
)

// festive passes as usual but for a slow fortnight and a week that counts for four.
func festive() Course {
	return Course{{0, 0, 1}, {3, 3, .5}, {5, 4, 1}, {8, 7, 4}, {9, 11, 1}}
}

func TestUsualTimePassesAsACourseSays(t *testing.T) {
	for weeks, want := range map[float64]float64{0: 0, 2: 2, 4: 3.5, 5: 4, 8.5: 9, 20: 22} {
		near(t, "usual weeks", festive().Within(weeks), want, 1e-12)
	}
	if Course(nil).Within(7.5) != 7.5 || !math.IsInf(festive().Within(math.Inf(1)), 1) {
		t.Error("no course is usual time; for ever is for ever")
	}
	if got := festive().Next(5, 7); got != 7 {
		t.Errorf("next is %v", got)
	}
	if got := festive().Next(5, 100); got != 8 {
		t.Errorf("next knot is %v", got)
	}
}

func TestDiscountedOrdersComeAsUsualTimePasses(t *testing.T) {
	s := Summary{Frequency: 4, Recency: 25, Age: 30}
	const rate, days = .01, 3640
	for _, m := range []Divided{typical, ParetoNBD{.6, 8, .7, 12}, MBGCNBD{2, 1.2, 3, .9, 1.5}} {
		sum, before := 0., 0.
		for d := 1; d <= days; d++ {
			now := m.Expected(s, stats.Weeks(festive().Within(float64(d)/7)))
			sum += (now - before) * math.Exp(-rate*(float64(d)-.5)/7)
			before = now
		}
		near(t, m.Name(), NewDiscounts(m, stats.WeeksOfDays(days), rate).Along(festive()).Share(s)*before, sum, 1e-6)
	}
}

func TestTheResidualFollowsACourseToTheEnd(t *testing.T) {
	const rate = .004
	s := Summary{Frequency: 2, Recency: 10, Age: 14}
	for _, m := range []ParetoNBD{{.6, 8, .7, 12}, {.6, 8, 3, 6}} {
		kept := NewDiscounts(m, 20_000, rate).Along(festive())
		got, _ := kept.Residual(s, m.Alive(s))
		near(t, "residual", got, kept.Share(s)*m.Expected(s, stats.Weeks(festive().Within(20_000))), 1e-7)
		if got <= m.Discounted(s, rate) {
			t.Errorf("%v with the festival, %v without", got, m.Discounted(s, rate))
		}
		same, _ := NewDiscounts(m, 52, rate).Along(Course{{0, 0, 1}}).Residual(s, m.Alive(s))
		near(t, "an even course", same, m.Discounted(s, rate), 1e-12)
	}
}
