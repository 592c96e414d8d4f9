package mind

import (
	"encoding/json"
	"slices"
	"time"

	"siyu/internal/insight/repurchase"
)

// Forecast is a repurchase model as it spoke at a moment.
type Forecast struct {
	At    time.Time         `json:"at"`
	Model *repurchase.Model `json:"model"`
}

// Forecast returns what the model says from now on.
func (m *Model) Forecast() Forecast { return Forecast{At: m.LearnedAt, Model: m.Repurchase} }

// Watch compares week by week what models said with what happened, so that a
// brand that changes is noticed. It is stored as JSON.
type Watch struct {
	Waiting []Forecast  `json:"waiting"` // whose horizon is not over, oldest first
	Judged  []Judgement `json:"judged"`  // oldest first
}

const (
	// watchEvery is how long after one forecast the next one is kept.
	watchEvery = 7 * 24 * time.Hour
	// judgementsKept is a year of weeks.
	judgementsKept = 52
)

// ReadWatch reads a stored watch. Forecasts of another version of this program
// cannot be asked any more and are forgotten; nothing of what cannot be read is
// kept.
func ReadWatch(document []byte) (w Watch) {
	if json.Unmarshal(document, &w) != nil {
		return Watch{}
	}
	w.Waiting = slices.DeleteFunc(w.Waiting, func(f Forecast) bool { return f.Model == nil || f.Model.Version != repurchase.Version })
	return w
}

// Follow judges the kept forecasts whose horizon is over by the customers that
// were added to the learner, and keeps the newest model's once a week. It
// returns whether anything changed. Stated priors are not kept: nobody learned
// them.
func (w *Watch) Follow(l *Learner, newest Forecast) (changed bool) {
	waiting := w.Waiting[:0]
	for _, f := range w.Waiting {
		if !l.over(f) {
			waiting = append(waiting, f)
			continue
		}
		changed = true
		if j, ok := l.Judge(f); ok {
			w.Judged = append(w.Judged, j)
		}
	}
	w.Waiting = waiting
	w.Judged = w.Judged[max(0, len(w.Judged)-judgementsKept):]
	if newest.Model.Fitted && newest.At.Sub(w.lastKept()) >= watchEvery {
		w.Waiting, changed = append(w.Waiting, newest), true
	}
	return changed
}

func (w *Watch) lastKept() time.Time {
	if n := len(w.Waiting); n > 0 {
		return w.Waiting[n-1].At
	}
	if n := len(w.Judged); n > 0 {
		return w.Judged[n-1].From
	}
	return time.Time{}
}

// Newest returns the newest judgement; ok is false before the first.
func (w *Watch) Newest() (j Judgement, ok bool) {
	if len(w.Judged) == 0 {
		return j, false
	}
	return w.Judged[len(w.Judged)-1], true
}
