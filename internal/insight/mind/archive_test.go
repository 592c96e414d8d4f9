package mind

import (
	"math"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/brandtest"
	"siyu/internal/profile"
)

// heardFrom returns people of whom no message before a moment is known, each sent a message
// afterwards that does not sell, which most leave without an answer.
func heardFrom(t *testing.T, people []brandtest.Person, since time.Time) (heard []brandtest.Person) {
	t.Helper()
	for _, p := range people {
		c := &profile.Customer{ID: p.Profile.ID}
		for _, f := range p.Facts {
			if f.Kind == (event.MessageExchanged{}).Kind() && f.At.Before(since) {
				continue
			}
			if err := c.Apply(f); err != nil {
				t.Fatal(err)
			}
		}
		touch := event.TouchDelivered{Touch: int64(c.ID), Staff: 1, Channel: event.OneToOne, Purpose: event.Serve}
		f, err := event.New(event.Customer(c.ID), since.Add(24*time.Hour), event.FromArchive, id.Hash("asked"), touch)
		if err == nil {
			err = c.Apply(f)
		}
		if err != nil {
			t.Fatal(err)
		}
		heard = append(heard, brandtest.Person{Profile: c})
	}
	return heard
}

// spoken counts by key what is said of people's trust and exposure, and the grades.
func spoken(b brand) (reasons map[string]int, grades map[insight.Evidence]int, days []float64) {
	reasons, grades = map[string]int{}, map[insight.Evidence]int{}
	for _, p := range b.people {
		u := b.understand(p)
		grades[u.Trust.Evidence]++
		grades[u.Exposure.Evidence]++
		for _, part := range []insight.Estimate{u.Trust, u.Exposure} {
			for _, r := range part.Because {
				if r.Key == "trust.answers" && r.Number == 0 {
					r.Key += ".none"
				}
				if r.Key == "trust.never_talked" || r.Key == "trust.young_archive" {
					days = append(days, r.Number)
				}
				reasons[r.Key]++
			}
		}
	}
	return reasons, grades, days
}

func heardBrand(t *testing.T, days int) (b brand) {
	law := brandtest.Usual()
	b = brand{law: law, s: situation(law), people: heardFrom(t, law.People(1500, 9), law.End().AddDate(0, 0, -days))}
	b.m = learned(b.people, b.s)
	return b
}

func TestAnArchiveOfSixDaysSpeaksOfNobodysSilenceAndJudgesNothing(t *testing.T) {
	b := heardBrand(t, 6)
	reasons, grades, days := spoken(b)
	for _, absent := range []string{"trust.never_talked", "trust.answers.none", "trust.ignored_offers", "exposure.no_contact"} {
		if n := reasons[absent]; n > 0 {
			t.Errorf("%s is said of %d customers", absent, n)
		}
	}
	if reasons["trust.young_archive"] != len(b.people) || math.Abs(days[0]-6) > 1 {
		t.Errorf("of %d customers %d are told that messages are known for %v days", len(b.people), reasons["trust.young_archive"], days[0])
	}
	if grades[insight.Fitted] > 0 || grades[insight.WithoutArchive] == 0 {
		t.Errorf("grades %v", grades)
	}
	if s := b.m.Repurchase.Score; s.Judged.Rows > 0 || s.Slope != 1 || !s.Simple {
		t.Errorf("a month that nobody saw whole judged the score: %+v, slope %v", s.Judged, s.Slope)
	}
}

func TestAnArchiveOfHundredDaysSaysForHowLongSomebodyWasSilent(t *testing.T) {
	b := heardBrand(t, 100)
	reasons, grades, days := spoken(b)
	if reasons["trust.never_talked"] == 0 || reasons["trust.young_archive"] > 0 || grades[insight.WithoutArchive] > 0 {
		t.Errorf("reasons %v, grades %v", reasons, grades)
	}
	for _, n := range days {
		if n > 101 {
			t.Fatalf("somebody was silent for %v days, messages are known for 100", n)
		}
	}
	if b.m.Repurchase.Score.Judged.Rows == 0 {
		t.Error("three months of messages do not judge the score")
	}
}
