package world

import (
	"fmt"
	"time"
)

// Shops and staff are awake between these hours.
const (
	opening = 9
	closing = 22
)

// plan is what is settled at midnight for the day that begins.
type plan struct {
	awake    [24][]int // people by the hour in which they act
	arrivals [24]int   // newcomers by hour
	vitality []float64 // of each group
}

// dawn settles the day w.day: who acts when, how many newcomers come, and
// which groups open.
func (w *World) dawn(newcomers int) error {
	for h := range w.plan.awake {
		w.plan.awake[h] = w.plan.awake[h][:0]
		w.plan.arrivals[h] = 0
	}
	for i := range w.people {
		h := opening + w.people[i].below(closing-opening, w.day, drawHour)
		w.plan.awake[h] = append(w.plan.awake[h], i)
	}
	for i := range newcomers {
		h := opening + w.chance.apart(arrivalPart+uint64(i)).below(closing-opening, w.day, drawHour)
		w.plan.arrivals[h]++
	}
	w.plan.vitality = w.plan.vitality[:0]
	for i, g := range w.brand.Groups {
		w.plan.vitality = append(w.plan.vitality, g.vitality(w.day))
		if g.Opens != w.day {
			continue
		}
		if err := w.stage.open(w.at(w.day, opening-1, i), i, g, w.brand.Staff[g.Owner].UserID); err != nil {
			return err
		}
	}
	return nil
}

// liveHour lets everybody act whose hour it is and the newcomers come.
func (w *World) liveHour(hour int) error {
	w.hour = hour
	for _, i := range w.plan.awake[hour] {
		if err := w.liveOne(i); err != nil {
			return fmt.Errorf("living day %d of person %d: %w", w.day, i, err)
		}
	}
	for range w.plan.arrivals[hour] {
		if err := w.arrive(hour); err != nil {
			return fmt.Errorf("letting somebody in on day %d: %w", w.day, err)
		}
	}
	return nil
}

func (w *World) liveOne(i int) error {
	p := &w.people[i]
	around := w.around(p, w.day)
	w.markAround(p, around)
	did := p.live(&p.hidden, around, p.draws)
	w.markOwn(p, did)
	at := w.at(w.day, w.hour, p.below(60, w.day, drawMinute))
	if did.buys {
		w.order(i, did, at)
	}
	if err := w.speakUp(i, did, at); err != nil {
		return err
	}
	if did.refers {
		p.referred++
		key := mix(p.key ^ mix(uint64(p.referred)))
		brought := w.newPerson(key, referSource, p.store)
		brought.by = i
		if err := w.enter(brought, at); err != nil {
			return err
		}
	}
	if w.day >= HistoryDays && w.people[i].uniform(w.day, drawSecond) < secondRate {
		if err := w.second(i, at); err != nil {
			return err
		}
	}
	return w.move(i, did, at)
}

// move carries out deletions and group changes.
func (w *World) move(i int, did acts, at time.Time) error {
	switch {
	case did.deletes:
		return w.part(i, at)
	case did.joins:
		return w.join(i, at)
	case did.leaves:
		return w.leave(i, at)
	}
	return nil
}

// part ends the person's oldest living relation, by the person's hand.
func (w *World) part(i int, at time.Time) error {
	p := &w.people[i]
	for r := range p.relations {
		if p.relations[r].ended {
			continue
		}
		p.relations[r].ended = true
		p.settle()
		w.bonds--
		w.today().deleted++
		if !p.reachable() {
			w.alive--
		}
		return w.stage.part(at, w.brand.Staff[p.relations[r].staff].UserID, p.external)
	}
	return nil
}
