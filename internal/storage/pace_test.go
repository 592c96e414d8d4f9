package storage

import (
	"testing"
	"time"
)

func TestBackgroundWorkRestsLongerTheMoreCallbacksArrive(t *testing.T) {
	for _, one := range []struct {
		rate float64 // a second
		want time.Duration
	}{
		{0, 0}, {fewArrive - 1, 0}, {1250, 10 * time.Millisecond}, {5000, 40 * time.Millisecond}, {10_000, 80 * time.Millisecond}, {1e6, 80 * time.Millisecond},
	} {
		if got := restAfter(10*time.Millisecond, one.rate); got != one.want {
			t.Errorf("after 10 ms at %v a second: a rest of %v, expected %v", one.rate, got, one.want)
		}
	}
}

func TestCallbacksAreCountedOverAShortWhile(t *testing.T) {
	a, now := new(arrivals), time.UnixMilli(1_780_000_000_000)
	a.aSecond(now)
	a.count.Add(100)
	if rate := a.aSecond(now.Add(time.Millisecond)); rate != 0 {
		t.Errorf("after a millisecond: %v a second, expected no new count yet", rate)
	}
	if rate := a.aSecond(now.Add(50 * time.Millisecond)); rate != 2000 {
		t.Errorf("100 in 50 ms are %v a second", rate)
	}
	if rate := a.aSecond(now.Add(10 * time.Second)); rate != 0 {
		t.Errorf("after ten quiet seconds: %v a second", rate)
	}
}
