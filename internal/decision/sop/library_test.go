package sop_test

import (
	"strings"
	"testing"

	"siyu/internal/decision/sop"
)

func TestTheLibraryIsWholeAndSpeaksBothLanguages(t *testing.T) {
	all, err := sop.Library()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"after-purchase", "big-promotion", "birthday", "complaint-recovery", "dormant-bad-experience", "dormant-forgotten", "dormant-need-changed",
		"dormant-price", "first-72-hours", "group-day-deal", "group-day-interest", "group-day-learning", "group-day-vip", "learning-camp", "new-customer-30",
		"purchase-cycle", "staff-handover"}
	var have []string
	for i := range all {
		p := &all[i]
		have = append(have, p.Name)
		text, ok := sop.FromLibrary(p.Name)
		if !ok || len(text) == 0 {
			t.Errorf("%s does not stand under its name", p.Name)
		}
		both := func(what string, text sop.Text) {
			if text.ZH == "" || text.EN == "" {
				t.Errorf("%s: %s is missing in a language", p.Name, what)
			}
		}
		both("title", p.Title)
		both("about", p.About)
		posts, posted := map[int]int{}, []string{}
		for _, s := range p.Steps {
			both(s.Name, s.Title)
			for _, v := range s.Content {
				both(s.Name, v.Text)
			}
			if s.Posts(p.Subject) {
				posts[s.At.Days]++
				posted = append(posted, s.Name)
			}
			if s.Channel == sop.Group && !s.Posts(p.Subject) {
				t.Errorf("%s: %s is a post that a member has to make", p.Name, s.Name)
			}
			if p.Subject == sop.OfCustomer && (s.Channel == sop.Group || s.Channel == sop.Moments) {
				t.Errorf("%s: %s is one post for each customer", p.Name, s.Name)
			}
			if (s.Channel.Reaches() || s.Channel.Manual()) && s.Minutes == 0 {
				t.Errorf("%s: %s takes no time", p.Name, s.Name)
			}
		}
		if got := strings.Join(posted, " "); got != groupPosts[p.Name] {
			t.Errorf("%s: WeCom posts %q, want %q", p.Name, got, groupPosts[p.Name])
		}
		for day, n := range posts {
			if n > 1 {
				t.Errorf("%s posts %d times on day %d, WeCom delivers one", p.Name, n, day)
			}
		}
	}
	if strings.Join(have, " ") != strings.Join(want, " ") {
		t.Errorf("library: %v, want %v", have, want)
	}
}

// groupPosts are the steps that WeCom posts, by process: what members get as words of
// the brand, once a day at most. What a person has to see to is the owner's task.
var groupPosts = map[string]string{
	"group-day-deal":     "noon",
	"group-day-interest": "topic",
	"group-day-learning": "lesson",
	"group-day-vip":      "first-look",
	"learning-camp":      "opening closing",
}
