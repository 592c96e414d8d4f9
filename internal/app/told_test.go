package app

import (
	"slices"
	"testing"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

func TestAMembersTapIsKeptShownAndTakenBackByAnother(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		h := readingHouse(t, db)
		ctx, member := t.Context(), web.Asker{Account: "guide", Scope: org.Scope{Staff: guide}}
		if v, err := h.desk.Customer(ctx, org.All(), agreed); err != nil || v.Rapport != "" || !v.RapportAt.IsZero() {
			t.Fatalf("before anybody tapped: %q, %v", v.Rapport, err)
		}
		h.hand(monday)
		before := h.state(agreed).LastFact
		for _, rapport := range []event.Rapport{event.Cold, event.Close} {
			must(t, h.desk.Judge(ctx, member, agreed, rapport))
		}
		v, err := h.desk.Customer(ctx, org.All(), agreed)
		if err != nil || v.Rapport != event.Close || !v.RapportAt.Equal(h.clock.Now()) {
			t.Errorf("after two taps: %q since %s, %v", v.Rapport, v.RapportAt, err)
		}
		if s := h.state(agreed); len(s.Judged) != 2 || s.LastFact != before {
			t.Errorf("the state holds %+v, last fact %d, before %d", s.Judged, s.LastFact, before)
		}
		list, err := h.desk.Tasks(ctx, org.Scope{Staff: guide})
		must(t, err)
		if i := slices.IndexFunc(list.Tasks, func(x web.Task) bool { return x.Customer == agreed }); i < 0 || list.Tasks[i].Rapport != event.Close {
			t.Errorf("the list of the day says %+v", list.Tasks)
		}
		page, err := h.desk.Timeline(ctx, org.All(), web.TimelineQuery{Customer: agreed, Records: true, Limit: 20})
		must(t, err)
		if e := page.Entries[0]; e.Kind != event.KindRapportJudged || e.Detail != string(event.Close) || e.By != "guide" {
			t.Errorf("the record history says %+v", e)
		}
		if err := h.desk.Judge(ctx, web.Asker{Account: "key", Scope: org.Scope{Stores: []id.Store{99}}}, agreed, event.Cold); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("of another store's customer: %v", err)
		}
		h.sound()
	})
}

func TestAnAnswerToASurveyMadeElsewhereCountsOnceForTheDayOnWhichItWasGiven(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		h := readingHouse(t, db)
		ctx, key := t.Context(), web.Asker{Account: "key shop", Scope: org.All()}
		last := monday.AddDate(0, 0, -6)
		a := web.SurveyAnswer{Event: "row 31", Who: web.Who{Phone: "138 0000 0001"}, Name: "visit", Title: "How was your visit?", Score: 4, At: last}
		again, of, unknown := a, a, a
		again.Score = 1
		of.Who, of.Title, of.Score = web.Who{Customer: refused}, "", 5
		unknown.Who = web.Who{Phone: "13900000009"}
		for _, one := range []web.SurveyAnswer{a, again, of} {
			must(t, h.desk.TellAnswer(ctx, key, one))
		}
		if err := h.desk.TellAnswer(ctx, key, unknown); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("of an unknown phone: %v", err)
		}
		must(t, h.Turn(ctx))
		if s := h.state(agreed).Surveys; len(s) != 1 || s[0].Score != 4 || s[0].At != event.At(last) || s[0].Touch != 0 {
			t.Errorf("the state holds %+v", s)
		}
		r := h.row(org.All(), "visit")
		if r.Kind != content.Survey || r.Title != "How was your visit?" || r.Gone || r.Scores.Of != [5]int{0, 0, 0, 1, 1} || r.Scores.Mean != 4.5 || r.Scores.Low >= 4.5 || r.Scores.High > 5 {
			t.Errorf("%+v", r)
		}
		if view, err := h.desk.Content(ctx, org.Scope{Stores: []id.Store{99}}); err != nil || slices.ContainsFunc(view.Rows, func(r web.ContentRow) bool { return r.Scores.Answers > 0 }) {
			t.Errorf("another store sees %+v, %v", view.Rows, err)
		}
		v, err := h.desk.Customer(ctx, org.All(), agreed)
		if err != nil || len(v.Surveys) != 1 || v.Surveys[0].Title != "How was your visit?" || v.Surveys[0].Score != 4 {
			t.Errorf("the customer's page says %+v, %v", v.Surveys, err)
		}
		page, err := h.desk.Timeline(ctx, org.All(), web.TimelineQuery{Customer: agreed, Limit: 20})
		must(t, err)
		if i := slices.IndexFunc(page.Entries, func(e web.TimelineEntry) bool { return e.Kind == event.KindSurveyAnswered }); i < 0 || page.Entries[i].Score != 4 {
			t.Errorf("the timeline says %+v", page.Entries)
		}
		if n := h.figure(flow.CountAnswers); n != 2 {
			t.Errorf("%d answers are counted", n)
		}
		h.sound()
	})
}

// sound folds and counts again.
func (h *house) sound() {
	h.t.Helper()
	h.verified()
	problems, err := h.db.Check(h.t.Context())
	must(h.t, err)
	if len(problems) > 0 {
		h.t.Errorf("counted wrongly: %q", problems)
	}
}
