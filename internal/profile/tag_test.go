package profile_test

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

func TestTheLastWordOnATagHoldsInWhateverOrderItIsTold(t *testing.T) {
	begin := time.Date(2026, time.May, 5, 12, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		said := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) profile.Tagged {
			return profile.Tagged{Tag: id.Tag(rapid.IntRange(1, 3).Draw(t, "tag")), At: event.Instant(1 - 2*rapid.IntRange(0, 1).Draw(t, "off")), By: rapid.SampledFrom([]string{"lin", event.ByRule}).Draw(t, "by")}
		}), 1, 12).Draw(t, "words")
		facts, want := make([]event.Fact, len(said)), map[id.Tag]profile.Tagged{}
		for i, s := range said { // the later in the list, the later in time
			at := begin.Add(time.Duration(i) * time.Minute)
			var body event.Body = event.CustomerTagged{Tag: s.Tag, By: s.By}
			if s.At < 0 {
				body = event.CustomerUntagged{Tag: s.Tag, By: s.By}
			}
			f, err := event.New(event.Customer(1), at, event.FromConsole, id.Hash(at.String()), body)
			if err != nil {
				t.Fatal(err)
			}
			facts[i] = f
			s.At *= event.At(at)
			want[s.Tag] = s
		}
		c := profile.Customer{ID: 1}
		for _, f := range rapid.Permutation(facts).Draw(t, "order") {
			if err := c.Apply(f); err != nil {
				t.Fatal(err)
			}
		}
		got := map[id.Tag]profile.Tagged{}
		for i, s := range c.Tags {
			got[s.Tag] = s
			if i > 0 && c.Tags[i-1].Tag >= s.Tag {
				t.Fatal("tags are not in order")
			}
			if c.Carries(s.Tag) != (want[s.Tag].At > 0) {
				t.Fatalf("carries tag %d: %v", s.Tag, c.Carries(s.Tag))
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
		if c.LastFact != 0 {
			t.Fatal("a tag counts as something that happened with the customer")
		}
	})
}
