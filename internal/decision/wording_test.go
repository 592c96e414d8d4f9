package decision_test

import (
	"math"
	"slices"
	"testing"

	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
)

// worded returns a brand of which every text has three wordings.
func worded(members, capacity int) decision.Brief {
	b := brandWith(members, capacity)
	b.Library.Materials = slices.Clone(b.Library.Materials)
	for i := range b.Library.Materials {
		m := &b.Library.Materials[i]
		m.Others = []content.Wording{{Text: m.Text + " b", Weight: 2}, {Text: m.Text + " c"}}
	}
	return b
}

type massSend struct {
	staff    id.Staff
	purpose  event.Purpose
	material string
	wording  id.Code
}

func TestWordingsStayWithinTheConfirmationsOfADay(t *testing.T) {
	t.Parallel()
	for given := range 4 {
		b := worded(3, 0)
		b.Given = map[id.Staff]decision.Load{}
		for _, s := range b.Org.Staff {
			b.Given[s.ID] = decision.Load{Confirmations: given}
		}
		sends, several := map[massSend]int{}, false
		for _, a := range decision.Make(b, cases(b, 600)).Actions {
			sends[massSend{a.Staff, a.Purpose, a.Material, a.Wording}]++
			several = several || len(content.WordingsOf(a.Among)) > 1
			if a.Channel != event.MassSend || a.Wording == 0 || a.Drawn.Chance <= 0 || a.Drawn.Chance > 1 {
				t.Fatalf("action %+v", a)
			}
			if one := len(content.WordingsOf(a.Among)) == 1; one != (a.Drawn.Chance == 1) {
				t.Fatalf("drawn among %q with chance %g", a.Among, a.Drawn.Chance)
			}
		}
		of := map[id.Staff]int{}
		for send := range sends {
			of[send.staff]++
		}
		for staff, n := range of {
			if n+given > b.Settings.MaxConfirmations {
				t.Errorf("member %d has %d mass sends and was given %d before", staff, n, given)
			}
		}
		if want := given <= 1; several != want && given != 1 {
			t.Errorf("with %d given several wordings: %v", given, several)
		}
	}
}

func TestStoredChanceIsHowOftenAWordingIsDrawn(t *testing.T) {
	t.Parallel()
	b := worded(2, 10_000) // all by hand: among all wordings
	drawn, expected, n := map[id.Code]float64{}, map[id.Code]float64{}, 0
	for _, a := range decision.Make(b, cases(b, 6000)).Actions {
		if a.Channel != event.OneToOne {
			continue
		}
		n++
		drawn[a.Wording]++
		for i, code := range content.WordingsOf(a.Among) {
			expected[code] += []float64{.25, .5, .25}[i]
		}
	}
	for code, want := range expected {
		if got := drawn[code]; math.Abs(got-want) > 4*math.Sqrt(want) {
			t.Errorf("wording %d was drawn %g times of %d, want about %g", code, got, n, want)
		}
	}
	if n < 1000 {
		t.Fatalf("%d contacts by hand are too few to tell", n)
	}
}
