package decision_test

import (
	"testing"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

func TestWhoChattedLastIsAskedFirst(t *testing.T) {
	t.Parallel()
	answered := event.At(now.AddDate(0, 0, -3))
	for name, c := range map[string]struct {
		change func(*profile.Customer)
		away   id.Staff
		want   id.Staff
	}{
		"nobody chatted: the one known longest": {func(*profile.Customer) {}, 0, 1},
		"one whose contact was answered": {func(c *profile.Customer) {
			c.Touches.Recent = []profile.Touch{{At: answered - 1, Staff: 2, Answered: answered}}
		}, 0, 2},
		"another one wrote after that":                                {chatted(3, answered), 0, 3},
		"that one is away: whose contact was answered":                {chatted(3, answered), 3, 2},
		"that one was deleted: whose contact was answered":            {func(c *profile.Customer) { chatted(3, answered)(c); c.Relations[2].Until = event.At(now) }, 0, 2},
		"who was answered is away: the one known longest":             {func(c *profile.Customer) { chatted(4, answered)(c) }, 2, 1},
		"who chatted last is no relation: whose contact was answered": {chatted(4, answered), 0, 2},
	} {
		customer := &profile.Customer{Relations: []profile.Relation{{Staff: 1, Since: 10}, {Staff: 2, Since: 20}, {Staff: 3, Since: 30}}}
		c.change(customer)
		if got := decision.Contactor(customer, func(s id.Staff) bool { return s != c.away }); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// chatted lets the contact of member 2 be answered, and then somebody chat.
func chatted(with id.Staff, answered event.Instant) func(*profile.Customer) {
	return func(c *profile.Customer) {
		c.Touches.Recent = []profile.Touch{{At: answered - 1, Staff: 2, Answered: answered}}
		c.Talk.LastWith = with
	}
}
