package mind

import (
	"encoding/json"
	"testing"

	"siyu/internal/insight/brandtest"
)

// follow lets a night learn on what is known so many days before the end.
func follow(w *Watch, people []brandtest.Person, law brandtest.Law, daysBefore int) bool {
	s := situation(law)
	s.Now = s.Now.AddDate(0, 0, -daysBefore)
	l := NewLearner(Defaults(), s)
	for _, p := range people {
		l.Add(p.Profile)
	}
	return w.Follow(l, l.Learned().Forecast())
}

func TestForecastsAreKeptWeeklyAndJudgedWhenTheirHorizonIsOver(t *testing.T) {
	law := brandtest.Usual()
	people := law.People(1500, 41)
	var w Watch
	for _, step := range []struct {
		daysBefore      int
		changed         bool
		waiting, judged int
	}{
		{45, true, 1, 0},
		{44, false, 1, 0}, // not a week later
		{37, true, 2, 0},
		{14, true, 2, 1}, // the first horizon is over, a third forecast is kept
		{13, false, 2, 1},
		{5, true, 2, 2},
	} {
		changed := follow(&w, people, law, step.daysBefore)
		if changed != step.changed || len(w.Waiting) != step.waiting || len(w.Judged) != step.judged {
			t.Fatalf("%d days before the end: changed %t, %d waiting, %d judged; want %+v", step.daysBefore, changed, len(w.Waiting), len(w.Judged), step)
		}
		document, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		w = Watch{}
		if err := json.Unmarshal(document, &w); err != nil {
			t.Fatal(err)
		}
	}
	if j, ok := w.Newest(); !ok || j.Parted() || j.Actual == 0 {
		t.Errorf("newest judgement %+v", j)
	}
}

func TestStatedPriorsAreNotWatched(t *testing.T) {
	var w Watch
	law := brandtest.Usual()
	if follow(&w, law.People(1, 42), law, 0) {
		t.Errorf("%d forecasts of nobody are kept", len(w.Waiting))
	}
}
