package wecom

import "time"

const slots = 60 // of a window: seconds of a minute, minutes of an hour

// window counts the calls of the last span, a minute or an hour, in slots. It
// looks back a slot further than the span, so that no span of any phase ever
// holds more calls than the limit.
type window struct {
	limit  int
	slot   time.Duration
	newest int64 // number of the slot in which the last call fell
	sum    int
	counts [slots + 1]int
}

func newWindow(limit int, span time.Duration) *window {
	return &window{limit: limit, slot: span / slots}
}

// shareOf is the part of a limit that calls of a priority may use up. What is
// less urgent leaves the rest to what is more urgent, and never stands in its
// way.
func shareOf(p Priority) float64 {
	return [priorities]float64{WelcomeFirst: 1, TaskNext: 0.9, SyncThen: 0.75, StatisticsLast: 0.5}[p]
}

// delay returns how long a call must wait, 0 if it may be made now.
func (w *window) delay(now time.Time, priority Priority) time.Duration {
	w.turn(now)
	allowed := max(1, int(float64(w.limit)*shareOf(priority)))
	left := w.sum
	for age := int64(slots); age >= 0 && left >= allowed; age-- {
		slot := w.newest - age
		left -= w.counts[w.place(slot)]
		if left < allowed {
			return time.Unix(0, (slot+slots+1)*int64(w.slot)).Sub(now)
		}
	}
	return 0
}

// use counts a call at the time delay was last asked for.
func (w *window) use() {
	w.counts[w.place(w.newest)]++
	w.sum++
}

// turn empties the slots that have become too old.
func (w *window) turn(now time.Time) {
	current := now.UnixNano() / int64(w.slot)
	if current-w.newest > slots {
		w.counts, w.sum, w.newest = [slots + 1]int{}, 0, current
	}
	for ; w.newest < current; w.newest++ {
		oldest := w.place(w.newest + 1)
		w.sum -= w.counts[oldest]
		w.counts[oldest] = 0
	}
}

func (w *window) place(slot int64) int { return int((slot%(slots+1) + slots + 1) % (slots + 1)) }
