package flow_test

import (
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/storage"
)

// night plans the day and fails where what is kept of audiences is not what was
// understood.
func (w *town) night(t *testing.T, when string) {
	t.Helper()
	if _, err := w.flow.Night(t.Context(), w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	problems, err := w.db.CheckAudiences(t.Context())
	if err != nil || len(problems) > 0 {
		t.Errorf("%s the database finds %v, %v", when, problems, err)
	}
}

// A process that begins reads its index from states, in which everything is that
// was folded. What is stored of audiences may be older.
func TestANightThatBeginsAProcessStoresWhatNobodyHasTurned(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		w := newTown(db, 3)
		w.happen(t, 100)
		w.turn(t)
		w.night(t, "after the first night")
		w.tell(t, event.ComplaintOpened{}, 99)
		w.open()
		w.night(t, "after a night that folded")
		w.tell(t, event.ComplaintClosed{}, 99)
		if _, _, err := w.flow.Fold(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.open()
		w.night(t, "after a night of what was folded before")
	})
}

func TestANightThatBeginsAProcessStoresWhatPassingTimeChanged(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		w := newTown(db, 4)
		w.happen(t, 300)
		w.turn(t)
		w.night(t, "after the first night")
		for range 5 {
			w.clock.Set(w.clock.Now().Add(24 * time.Hour))
			w.open()
			w.night(t, "after days on which it was the first to turn")
		}
	})
}
