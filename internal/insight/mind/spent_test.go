package mind

import (
	"math"
	"testing"

	"siyu/internal/event"
	"siyu/internal/insight"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
)

const dayLong = event.Instant(past.Day)

func assumedOf(t *testing.T, part insight.Part) *Assumption {
	t.Helper()
	settings := Defaults()
	for i := range settings.Assumptions {
		if settings.Assumptions[i].Part == part {
			return &settings.Assumptions[i]
		}
	}
	t.Fatalf("nothing is assumed of %s", part)
	return nil
}

// leftAfter returns what contacts of a purpose so many days ago leave of a part's gap.
func leftAfter(t *testing.T, part insight.Part, purpose event.Purpose, times float64, ago ...int) float64 {
	t.Helper()
	c := &profile.Customer{ID: 1}
	for _, days := range ago {
		c.Touches.Recent = append(c.Touches.Recent, profile.Touch{At: event.Instant(100-days) * dayLong, Channel: event.OneToOne, Purpose: purpose})
	}
	l := limits{view: past.View{Customer: c, At: 100 * dayLong, Orders: 100 * dayLong}}
	had := l.spent(assumedOf(t, part))
	return had.left(times)
}

func TestEachContactFindsWhatThoseBeforeItLeft(t *testing.T) {
	for _, c := range []struct {
		part    insight.Part
		purpose event.Purpose
		ago     []int
		want    float64
	}{
		{insight.Trust, event.Serve, nil, 1},
		{insight.Trust, event.Serve, []int{180}, .6}, // half of trust is gone after half a year
		{insight.Trust, event.Serve, []int{180, 90}, .6 * (1 - .8*math.Sqrt(.5))},
		{insight.Trust, event.Ask, []int{1}, 1},       // and only serving closes it
		{insight.Need, event.Ask, []int{10}, .85},     // half of a wish is gone after ten days
		{insight.Exposure, event.Remind, []int{1}, 1}, // memory itself shows it
	} {
		if got := leftAfter(t, c.part, c.purpose, 1, c.ago...); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s after %s %v days ago: %v is left, want %v", c.part, c.purpose, c.ago, got, c.want)
		}
	}
}

func TestContactsThatDoLessLeaveMoreToDo(t *testing.T) {
	if less := leftAfter(t, insight.Trust, event.Serve, .5, 180, 180, 180); math.Abs(less-.8*.8*.8) > 1e-12 {
		t.Errorf("%v is left by contacts that do half", less)
	}
	if none := leftAfter(t, insight.Trust, event.Serve, 2, 1); none != 0 {
		t.Errorf("%v is left by more than all", none)
	}
}
