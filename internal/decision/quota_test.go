package decision_test

import (
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
)

func TestTheQuotaIsCountedOverTheTimeThatTheBrandSet(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 2, 12, 0, 0, 0, 0, clock.Shanghai) // a Thursday
	at := func(month time.Month, d int) time.Time { return time.Date(2026, month, d, 0, 0, 0, 0, clock.Shanghai) }
	for mode, want := range map[decision.QuotaMode]struct {
		from, until time.Time
		limit       int
	}{
		decision.QuotaMonthDays: {at(2, 1), at(3, 1), 28},
		decision.QuotaWeek:      {at(2, 9), at(2, 16), 7},
		decision.QuotaDay:       {at(2, 12), at(2, 13), 1},
	} {
		s := decision.Defaults()
		s.Quota = mode
		from, until, limit := s.QuotaPeriod(day)
		if !from.Equal(want.from) || !until.Equal(want.until) || limit != want.limit {
			t.Errorf("%s: %s to %s, %d", mode, from, until, limit)
		}
	}
}
