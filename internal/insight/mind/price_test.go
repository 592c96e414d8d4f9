package mind

import (
	"math"
	"testing"

	"siyu/internal/insight"
	"siyu/internal/insight/repurchase"
)

// A contact costs its time and, of relations that would have stood without it, half of
// what the customer is worth.
func TestAContactIsNotChargedWithWhoWouldHaveLeftAllTheSame(t *testing.T) {
	b := usualBrand(1000, 21)
	settings := Defaults()
	c := tell(t, b.s.Now).known(200).bought(40, 80, 120).reminded(1, 2, 3).c
	u := limitOf(b, c)
	if u.Loss <= 0 || u.LossGrade != insight.Assumed {
		t.Fatalf("who was reminded three times in three days does not tire: %+v", b.m.Loss)
	}
	for _, l := range u.Levers {
		if want := settings.Assumptions[0].Cost + u.Loss*u.Value.Value/2; math.Abs(l.Cost-want) > 1e-6 {
			t.Errorf("%s costs %v and not %v", l.Part, l.Cost, want)
		}
	}
	b.m.Loss.Idle = 1
	for _, l := range limitOf(b, c).Levers {
		if l.Cost != settings.Assumptions[0].Cost {
			t.Errorf("everybody leaves in any case, and yet %s costs %v", l.Part, l.Cost)
		}
	}
}

// Who bought yesterday needs nothing while the reminder is remembered; what is asked
// wakes a need by itself.
func TestAReminderToWhoJustBoughtReachesLessOfTheGap(t *testing.T) {
	b, settings := usualBrand(1000, 21), Defaults()
	closed := func(part insight.Part, daysAgo float64) float64 {
		c := tell(t, b.s.Now).known(200).bought(daysAgo).c
		v := repurchase.View(c, b.s.now(), b.s.ordersUntil())
		l := limits{view: v, worth: b.m.Value.Of(v), measurable: true}
		for i := range settings.Assumptions {
			if a := &settings.Assumptions[i]; a.Part == part {
				return b.m.closed(a, &l, 30)
			}
		}
		t.Fatalf("no lever for %s", part)
		return 0
	}
	if just, due := closed(insight.Exposure, 1), closed(insight.Exposure, 60); !(just < .9*due) {
		t.Errorf("a reminder closes %v of who just bought, %v of who is due", just, due)
	}
	if just, due := closed(insight.Need, 1), closed(insight.Need, 60); just != due {
		t.Errorf("a question closes %v and %v", just, due)
	}
}
