package clock

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestWhoWaitsByAVirtualClockMovesIt(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, Shanghai)
	c := NewVirtual(noon)
	if err := WaitBy(c)(t.Context(), time.Minute); err != nil || !c.Now().Equal(noon.Add(time.Minute)) {
		t.Errorf("after a minute's wait it is %v, %v", c.Now(), err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := WaitBy(c)(ended, time.Hour); !errors.Is(err, context.Canceled) || !c.Now().Equal(noon.Add(time.Minute)) {
		t.Errorf("a wait that was called off moved the clock to %v, %v", c.Now(), err)
	}
	if err := WaitBy(System{})(ended, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("a wait by the machine's clock was not called off: %v", err)
	}
}
