package loss_test

import (
	"math/rand/v2"
	"testing"

	"siyu/internal/id"
	"siyu/internal/insight/loss"
	"siyu/internal/stats"
)

func TestAnAlarmIsAboveTheExactBandAndTheFloor(t *testing.T) {
	for _, c := range []struct {
		kind     loss.Kind
		expected float64
		looked   int
	}{{loss.Deleted, 0, 45}, {loss.Deleted, .02, 45}, {loss.Member, 2.5, 45}, {loss.Store, 31, 12}, {loss.Way, 400, 900}} {
		limit := c.kind.Limit(c.expected, c.looked)
		if limit < c.kind.Fewest() || stats.PoissonAtLeast(limit, c.expected) > loss.Chance/float64(c.looked) {
			t.Errorf("%+v: %d is no alarm", c, limit)
		}
		if limit > c.kind.Fewest() && stats.PoissonAtLeast(limit-1, c.expected) <= loss.Chance/float64(c.looked) {
			t.Errorf("%+v: %d would be an alarm already, and the limit is %d", c, limit-1, limit)
		}
	}
}

func TestChanceAloneAlarmsHardlyEver(t *testing.T) {
	const members, days, mean = 300, 2000, 3.0
	lot := rand.New(rand.NewPCG(1, 2))
	limit := loss.Member.Limit(mean, members)
	alarms := 0
	for range members * days {
		if poisson(lot, mean) >= limit {
			alarms++
		}
	}
	if alarms > 1 { // 2,000 days of one in 73,000
		t.Errorf("%d false alarms in %d days", alarms, days)
	}
}

// poisson draws a count by inverting its law.
func poisson(lot *rand.Rand, mean float64) (n int) {
	for p := lot.Float64(); stats.PoissonAtLeast(n+1, mean) > p; n++ {
	}
	return n
}

func TestAMemberWhoDeletesEveryDayIsNotTakenForUsual(t *testing.T) {
	base := loss.Base{Days: 84, Deleted: 60, Lost: 900, Members: 45, Customers: 20_000}
	serial := loss.Day{Who: loss.Who{Kind: loss.Deleted, Staff: 7}, Lost: 30, Expected: base.Deletes()}
	quiet := loss.Day{Who: loss.Who{Kind: loss.Deleted, Staff: 8}, Lost: 9, Expected: base.Deletes()}
	alarms := loss.Alarms([]loss.Day{quiet, serial}, map[loss.Kind]int{loss.Deleted: 45})
	if len(alarms) != 1 || alarms[0].Staff != id.Staff(7) || alarms[0].Limit != 10 {
		t.Errorf("alarms %+v", alarms)
	}
}

func TestWhatCustomersDoIsJudgedByHoldingsAndTheOwnPast(t *testing.T) {
	base := loss.Base{Days: 84, Lost: 84 * 10, Members: 10, Customers: 20_000}
	if e, known := base.Loses(2000, 0); !known || e != 1 {
		t.Errorf("by holdings: %v, %v", e, known)
	}
	if e, _ := base.Loses(2000, 84*4); e != 4 {
		t.Errorf("by the own past: %v", e)
	}
	base.Days = loss.FewestDays - 1
	if _, known := base.Loses(2000, 9); known {
		t.Error("a new brand is said to know what is usual")
	}
}
