package app

import (
	"os"
	"testing"

	"siyu/internal/event"
	"siyu/internal/flow"
)

func TestTheIndexOfAFileAnswersLikeOneThatWasRead(t *testing.T) {
	inBothHouses(t, func(h *house) {
		ctx := t.Context()
		h.nightly()
		if err := h.KeepAudiences(ctx); err != nil {
			t.Fatal(err)
		}
		h.keepIndexFile(ctx)
		h.tell(h.fact(event.Customer(2), h.clock.Now(), event.ComplaintOpened{}))
		if err := h.Turn(ctx); err != nil {
			t.Fatal(err)
		}
		count := func() int {
			answer, err := h.CountAudience(ctx, AudienceAsked{Rule: `{"version":1,"rule":{"field":"complaint","is":"in","values":["open"]}}`})
			if err != nil {
				t.Fatal(err)
			}
			return *answer.Count
		}
		want := count()
		if want == 0 {
			t.Fatal("nobody complains")
		}
		whole, err := os.ReadFile(h.indexPath())
		if err != nil {
			t.Fatal(err)
		}
		for name, file := range map[string][]byte{"whole": whole, "cut off": whole[:len(whole)/2], "not ours": []byte("{}\nx")} {
			if err := os.WriteFile(h.indexPath(), file, 0o600); err != nil {
				t.Fatal(err)
			}
			_, _, err := h.readIndexFile(ctx)
			if (err == nil) != (name == "whole") {
				t.Errorf("a file that is %s: %v", name, err)
			}
			h.App.flow = newFlow(h.App) // the process began anew
			if err := h.KeepAudiences(ctx); err != nil {
				t.Fatal(err)
			}
			if n := count(); n != want {
				t.Errorf("%d complain after a start with a file that is %s, want %d", n, name, want)
			}
		}
	})
}

// newFlow is the flow of a process that has just begun.
func newFlow(a *App) *flow.Flow {
	f := flow.New(flow.Parts{
		Log: a.facts, States: a.db, Others: a.db, Understandings: a.db, Plans: a.db, Cohorts: a.db, Facets: a.db, Audiences: a.db, Heirs: a.db,
		Gate: a.handover(), Mind: a.learned, World: a.world, StoreOf: a.brand.StoreOf, Pace: a.db.Pace, Calm: a.db.Calm,
	})
	a.desk.Index = f.Index
	return f
}
