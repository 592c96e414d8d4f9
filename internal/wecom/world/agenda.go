package world

import (
	"container/heap"
	"time"
)

// errand is something somebody will do later.
type errand struct {
	due    time.Time
	serial int // order of equal times, so that a seed gives one order
	person int
	staff  int
	text   string
	reply  [2]string // when text is empty: what the person writes, what staff answer
	well   bool      // staff answer well and in time
	accept bool      // staff accept a customer who added them
}

// agenda holds errands by time.
type agenda struct {
	list  errands
	count int
}

// errands is a container/heap of errands, earliest first.
type errands []errand

func (e errands) Len() int { return len(e) }

func (e errands) Less(i, j int) bool {
	if !e[i].due.Equal(e[j].due) {
		return e[i].due.Before(e[j].due)
	}
	return e[i].serial < e[j].serial
}

func (e errands) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push and Pop are for container/heap.
func (e *errands) Push(x any) { *e = append(*e, x.(errand)) }

// Pop removes the last errand, for container/heap.
func (e *errands) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func (w *World) later(e errand) {
	w.agenda.count++
	e.serial = w.agenda.count
	heap.Push(&w.agenda.list, e)
}

// runErrands carries out everything due before the time.
func (w *World) runErrands(before time.Time) error {
	for len(w.agenda.list) > 0 && w.agenda.list[0].due.Before(before) {
		if err := w.run(heap.Pop(&w.agenda.list).(errand)); err != nil {
			return err
		}
	}
	return nil
}

// run carries out an errand, if the two still have each other.
func (w *World) run(e errand) error {
	p := &w.people[e.person]
	switch known := p.knows(e.staff); {
	case e.accept && !known:
		return w.accept(e)
	case e.accept || !known:
		return nil
	case e.text == "":
		return w.converse(e.person, e.reply, e.well, e.due)
	default:
		return w.sayTo(e.person, e.staff, e.due, e.text)
	}
}

// accept lets the member accept the person, whose relation then begins.
func (w *World) accept(e errand) error {
	if err := w.stage.accept(e.due, w.brand.Staff[e.staff].UserID, &w.people[e.person]); err != nil {
		return err
	}
	w.begin(e.person, e.staff)
	return nil
}

// knows reports whether the person still has the member of staff.
func (p *person) knows(staff int) bool {
	for _, r := range p.relations {
		if r.staff == staff {
			return !r.ended
		}
	}
	return false
}
