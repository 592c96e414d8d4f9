package world

import (
	"math"
	"slices"
	"sync"
	"time"

	"siyu/internal/wecom/simulator"
)

// ear collects what reached people; the platform may call hear from any
// goroutine.
type ear struct {
	mu    sync.Mutex
	heard []simulator.Delivery
}

func (e *ear) hear(d simulator.Delivery) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, d)
}

func (e *ear) take() []simulator.Delivery {
	e.mu.Lock()
	defer e.mu.Unlock()
	heard := e.heard
	e.heard = nil
	return heard
}

// duty is what members of staff have to do in their client, and what reached
// people through it.
type duty struct {
	stage *wecom
	ear
	minds map[taskKey]mind
	kinds map[string]Kind   // what a message says, by its id
	links map[string]string // to what it leads
}

// mind is what a member has decided about a task after so many reminders.
type mind struct {
	due       time.Time // zero: never
	reminders int
}

func newDuty(stage *wecom) *duty {
	return &duty{stage: stage, minds: map[taskKey]mind{}, kinds: map[string]Kind{}, links: map[string]string{}}
}

type taskKey struct{ id, userID string }

// readDeliveries lets everybody read what reached them since the last hour.
func (w *World) readDeliveries() error {
	for _, d := range w.duty.take() {
		kind, known := w.duty.kinds[d.MsgID]
		if !known {
			kind = Remind
		}
		i, person := w.known[d.ExternalUserID]
		switch {
		case d.Kind == simulator.KindGroup:
			w.readInGroup(d.ChatID, kind)
		case !person:
		case d.Kind == simulator.KindMass:
			if err := w.follow(i, Mass, d.MsgID, w.duty.links[d.MsgID]); err != nil {
				return err
			}
			w.read(i, kind, Mass, d.At)
		case d.Kind == simulator.KindMoment:
			w.meet(i, kind, Moment)
		case d.Kind == simulator.KindWelcome:
			w.meet(i, Serve, Moment)
		}
	}
	return nil
}

func (w *World) readInGroup(chat string, kind Kind) {
	for g, id := range w.duty.stage.chats {
		if id != chat {
			continue
		}
		for _, i := range w.members[g] {
			w.meet(i, kind, Group)
		}
	}
}

// confirm lets members of staff do the tasks whose time has come: each has an
// own diligence and delay; some tasks are never done.
func (w *World) confirm() error {
	if w.hour < opening || w.hour >= closing {
		return nil
	}
	now := w.duty.stage.platform.Now()
	for _, task := range w.duty.tasks() {
		w.duty.kinds[task.ID], w.duty.links[task.ID] = KindOf(task.Text), task.Link
		key := taskKey{task.ID, task.UserID}
		has, decided := w.duty.minds[key]
		if !decided || has.due.IsZero() && task.Reminders > has.reminders {
			has = mind{w.decide(task, now), task.Reminders}
			w.duty.minds[key] = has
		}
		if has.due.IsZero() || has.due.After(now) {
			continue
		}
		if err := w.duty.do(task); err != nil {
			return err
		}
		if task.Kind == simulator.KindMass {
			w.today().sends++
		}
	}
	return nil
}

// decide returns when the member will do the task, zero if never; a reminder
// gives it another chance.
func (w *World) decide(task simulator.Task, now time.Time) time.Time {
	i := w.staffOf(task.UserID)
	if i < 0 {
		return time.Time{}
	}
	c := w.crew[i].apart(serialOf(task.ID) + uint64(task.Reminders))
	if c.uniform(w.day, drawConfirm) >= w.diligence(i) {
		return time.Time{}
	}
	hours := -math.Log(c.uniform(w.day, drawDelay)) * w.crew[i].delay
	return awake(now.Add(time.Duration(hours * float64(time.Hour))))
}

// diligence returns the chance that a member does what the member is asked to send.
func (w *World) diligence(staff int) float64 {
	if w.config.Confirming > 0 {
		return w.config.Confirming
	}
	return w.crew[staff].diligence
}

// serialOf turns a message id into a number to draw with.
func serialOf(id string) uint64 {
	var n uint64
	for _, b := range []byte(id) {
		n = mix(n ^ uint64(b))
	}
	return n
}

// tasks returns everything that waits for anybody.
func (d *duty) tasks() []simulator.Task {
	return slices.Concat(d.stage.platform.PendingTasks(""), d.stage.platform.PendingMoments(""))
}

// do lets the member confirm; a task may be cancelled at the same moment.
func (d *duty) do(task simulator.Task) error {
	hand := d.stage.platform.People()
	if task.Kind == simulator.KindMoment {
		return d.stage.allow(hand.PublishMoment(task.UserID, task.ID))
	}
	return d.stage.allow(hand.ConfirmTask(task.UserID, task.ID))
}
