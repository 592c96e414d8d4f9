package decision_test

import (
	"testing"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

func TestWhatForbidsToSellForbidsStepsToo(t *testing.T) {
	t.Parallel()
	added := func(days int, state string) *profile.Customer {
		return &profile.Customer{ID: 1, Relations: []profile.Relation{{Staff: 5, Since: event.At(now.AddDate(0, 0, -days)), State: state}}}
	}
	sold := added(3, "scan")
	sold.Touches.Recent = []profile.Touch{{At: event.At(now.AddDate(0, 0, -1)), Channel: event.OneToOne, Purpose: event.Remind}}
	trust := insight.Lever{Part: insight.Trust, Gain: 900}
	near := &insight.Customer{Limiting: insight.Exposure, Levers: []insight.Lever{{Part: insight.Exposure, Gain: 950}, trust}}
	far := &insight.Customer{Limiting: insight.Exposure, Levers: []insight.Lever{{Part: insight.Exposure, Gain: 9500}, trust}}
	unsure := &insight.Customer{Value: insight.Estimate{Evidence: insight.NotMeasurable}}
	limited := &insight.Customer{Limiting: insight.Trust, Levers: []insight.Lever{trust}}
	for _, c := range []struct {
		sentence string
		sale     decision.Sale
		want     decision.Because
	}{
		{"nothing speaks against it", decision.Sale{Profile: added(3, "")}, ""},
		{"trust limits", decision.Sale{Profile: added(3, ""), Insight: limited}, decision.BecauseDistrust},
		{"trust comes close to limiting", decision.Sale{Profile: added(3, ""), Insight: near}, decision.BecauseDistrust},
		{"trust is far from limiting", decision.Sale{Profile: added(3, ""), Insight: far}, ""},
		{"silent for as long as the settings say", decision.Sale{Profile: added(20, ""), Insight: far}, decision.BecauseSilent},
		{"orders cannot be linked", decision.Sale{Profile: added(3, ""), Insight: unsure}, decision.BecauseUnmeasured},
		{"orders are old", decision.Sale{Profile: added(3, ""), OrdersAsOf: now.Add(-25 * time.Hour)}, decision.BecauseStale},
		{"promised, while trust limits", decision.Sale{Profile: added(3, "scan"), Insight: limited, Promised: true}, ""},
		{"promised by another way", decision.Sale{Profile: added(3, "card"), Promised: true}, decision.BecauseUnpromised},
		{"promised too long ago", decision.Sale{Profile: added(7, "scan"), Promised: true}, decision.BecauseUnpromised},
		{"promised, and said", decision.Sale{Profile: sold, Promised: true}, decision.BecauseUnpromised},
	} {
		s := decision.Defaults()
		s.SilentAfter, s.Promises = 20*24*time.Hour, []decision.Promise{{State: "scan", Days: 7, Material: "m"}}
		c.sale.Now = now
		if c.sale.OrdersAsOf.IsZero() {
			c.sale.OrdersAsOf = now
		}
		if got := s.RefuseSale(c.sale); got != c.want {
			t.Errorf("%s: %q, want %q", c.sentence, got, c.want)
		}
	}
}
