package demo

import (
	"testing"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/org"
)

// Posts of the demo go out, and people do with them what people do.
func TestPostsOfTheDemoReachGroupsAndMoments(t *testing.T) {
	d := opened(t, 800, false)
	if err := d.Live(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := d.HandOver(t.Context(), 18); err != nil {
		t.Fatal(err)
	}
	reached := map[event.Channel]delivery.Tally{}
	sends, err := d.App.DB().PostSends(t.Context(), delivery.PostQuery{Scope: org.All()})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sends {
		sum := reached[s.Channel]
		sum.Targets, sum.Reached, sum.Seen = sum.Targets+s.Tally.Targets, sum.Reached+s.Tally.Reached, sum.Seen+s.Tally.Seen
		reached[s.Channel] = sum
		if s.State != delivery.Accepted && s.State != delivery.Planned {
			t.Errorf("a send of %s is %s because %s", s.Channel, s.State, s.Because)
		}
	}
	t.Logf("%+v", reached)
	if g := reached[event.GroupPost]; g.Reached == 0 || g.Reached > g.Targets {
		t.Errorf("groups %+v", g)
	}
	if m := reached[event.Moments]; m.Reached == 0 || m.Seen == 0 {
		t.Errorf("Moments %+v", m)
	}
}
