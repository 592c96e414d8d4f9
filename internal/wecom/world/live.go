package world

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/wecom/simulator"
)

// New returns the people of the demo brand on a platform that has none yet.
// Nothing has happened; History comes first.
func New(platform *simulator.Platform, config Config) (*World, error) {
	stage := newWecom(platform, config.Archive, len(DemoBrand().Groups))
	w, err := newWorld(config, stage)
	if err != nil {
		return nil, err
	}
	w.duty = newDuty(stage)
	return w, nil
}

// History lives the year before Siyu connects, straight into the platform:
// dated back, pushing nothing. It is called once. Afterwards people react to
// what the platform delivers.
func (w *World) History(ctx context.Context) error {
	if err := w.duty.stage.found(w.epoch, w.brand); err != nil {
		return fmt.Errorf("founding the brand: %w", err)
	}
	if err := w.liveHistory(ctx); err != nil {
		return fmt.Errorf("living the year before: %w", err)
	}
	w.duty.stage.past = false
	w.duty.stage.platform.OnDelivery(w.duty.hear)
	return nil
}

// Step lives every whole hour that has passed since the last step: people
// come, write, answer, buy, leave; staff answer and confirm tasks in business
// hours. Acts happen at the platform's present time, so move the clock hour
// by hour and step after each move. It stops between two hours when ctx is
// done.
func (w *World) Step(ctx context.Context, now time.Time) error {
	for next := w.Now().Add(time.Hour); !next.After(now); next = w.Now().Add(time.Hour) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.step(); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) step() error {
	hour := w.hour + 1
	if hour == 24 {
		hour = 0
		w.day++
		w.catchUp()
		if err := w.dawn(w.newcomers()); err != nil {
			return err
		}
	}
	w.hour = hour
	if err := w.readDeliveries(); err != nil {
		return err
	}
	if err := w.pass(hour); err != nil {
		return err
	}
	return w.confirm()
}

// Contact is a member of staff writing to one customer personally, as a task
// of the day asks for.
type Contact struct {
	UserID, ExternalUserID string
	Kind                   Kind
	Text                   string // a text of that kind is used when empty
	Link                   string // "" without
}

// Write lets a member of staff write to a customer personally now. Whoever
// the member does not have is silently not written to, as in WeCom.
func (w *World) Write(c Contact) error {
	i, known := w.known[c.ExternalUserID]
	staff := w.staffOf(c.UserID)
	if !known || staff < 0 || !w.people[i].knows(staff) {
		return nil
	}
	if c.Text == "" {
		c.Text = pickText(scripts(c.Kind), w.people[i].below(topicCount, w.day, drawKind))
	}
	if err := w.sayTo(i, staff, w.Now(), c.Text); err != nil {
		return err
	}
	err := w.follow(i, OneToOne, c.Text, c.Link)
	w.read(i, c.Kind, OneToOne, w.Now())
	return err
}

func (w *World) staffOf(userID string) int {
	for i, s := range w.brand.Staff {
		if s.UserID == userID {
			return i
		}
	}
	return -1
}

// catchUp takes over what happened to relations without the people's doing,
// such as transfers: in the morning everybody knows whom they have.
func (w *World) catchUp() {
	for i := range w.people {
		for r := range w.people[i].relations {
			w.people[i].relations[r].ended = true
		}
	}
	w.bonds = 0
	for _, r := range w.duty.stage.platform.Relations() {
		i, known := w.known[r.ExternalUserID]
		staff := w.staffOf(r.UserID)
		if !known || staff < 0 || r.Bond != "added" {
			continue
		}
		w.people[i].regain(staff)
		w.bonds++
	}
	w.alive = 0
	for i := range w.people {
		w.people[i].settle()
		if w.people[i].reachable() {
			w.alive++
		}
	}
}
