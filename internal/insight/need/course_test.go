package need

import (
	"math"
	"testing"

	"siyu/internal/insight/past"
	"siyu/internal/profile"
)

const halfLife = 14

// What fades over a month leaves 52 % on average; less where things come due at its end,
// and that average where all days are alike.
func TestAReminderIsWorthLessToWhoNeedsNothingYet(t *testing.T) {
	even := -math.Expm1(-math.Ln2*30/halfLife) * halfLife / (math.Ln2 * 30)
	usual := Cycles{{Line: 1, Days: 30}}
	left := func(daysSince int) float64 {
		return LeftWhenDue(on(buyer(1, 400-daysSince), 400), usual, 30, halfLife)
	}
	just, due := left(1), left(32)
	if !(just < .7*due) || math.Abs(due-even) > .02 {
		t.Errorf("just bought %v, due %v, all days alike %v", just, due, even)
	}
	if never := LeftWhenDue(past.View{Customer: new(profile.Customer), At: 400 * day, Orders: 400 * day}, usual, 30, halfLife); math.Abs(never-even) > .01 {
		t.Errorf("of who never bought %v, all days alike %v", never, even)
	}
}
