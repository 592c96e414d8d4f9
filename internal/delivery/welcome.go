package delivery

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// Greeting is a welcome that is due.
type Greeting struct {
	Corp     id.Corp
	Staff    id.Staff
	Store    id.Store
	Customer id.Customer
	Code     wecom.Secret
	Added    time.Time        // the code dies wecom.WelcomeLife later
	Message  wecom.Content    // with names filled in
	Material content.Material // what the member sends by hand if the welcome is missed
}

// Welcomed says what became of a greeting.
type Welcomed string

// The ends of a greeting.
const (
	Greeted       Welcomed = "greeted"
	GreetedByElse Welcomed = "greeted_by_else" // another app, the console, or a chat was faster
	GreetMissed   Welcomed = "missed"          // became a staff task
)

// welcomePause is how long to wait while another app is sending its welcome:
// a few attempts fit into the life of a code.
const welcomePause = 2 * time.Second

// Welcome greets a new customer, once, while the code lives. WeCom itself
// takes a code only once, so an attempt without an answer is simply repeated.
// A welcome that cannot be sent in time becomes a task of the member.
func (g *Gate) Welcome(ctx context.Context, w Greeting) (Welcomed, error) {
	corp, err := g.corp(Dispatch{Corp: w.Corp})
	if err != nil {
		return "", err
	}
	link, piece := g.linkWelcome(ctx, w.Material, w.touch(event.Welcome, g.Clock.Now()))
	g.attachToWelcome(ctx, &w)
	addLink(&w.Message, w.Material.Title, link)
	switch ended := g.greet(ctx, corp, w); ended {
	case Greeted:
		now := g.Clock.Now()
		fact, err := deliveredFact(w.touch(event.Welcome, now), piece, now)
		if err != nil {
			return "", err
		}
		return ended, g.report(ctx, []event.Fact{fact})
	case GreetMissed:
		return ended, g.greetByHand(context.WithoutCancel(ctx), w) // also when the program stops meanwhile
	default:
		return ended, nil
	}
}

func (g *Gate) greet(ctx context.Context, corp WeCom, w Greeting) Welcomed {
	mayBeOurs := false
	for {
		left := w.Added.Add(wecom.WelcomeLife).Sub(g.Clock.Now())
		if left <= 0 {
			return GreetMissed
		}
		attempt, cancel := context.WithTimeout(ctx, left)
		err := corp.SendWelcome(attempt, w.Code, w.Message)
		cancel()
		switch {
		case err == nil:
			return Greeted
		case wecom.IsCode(err, wecom.CodeWelcomed) && mayBeOurs:
			return Greeted // by the attempt whose answer was lost
		case wecom.IsCode(err, wecom.CodeWelcomed):
			return GreetedByElse
		case wecom.ReactionOf(err) == wecom.RenewMedia && len(w.Material.Files) > 0: // once: then it leaves without them
			_ = g.forgetMedia(ctx, MediaKey{Corp: w.Corp, Use: MediaMessages}, content.FilesText(w.Material.Files))
			w.Material.Files, w.Message.Attachments = nil, withoutMedia(w.Message.Attachments)
			continue
		case wecom.ReactionOf(err) != wecom.TryLater || ctx.Err() != nil:
			return GreetMissed
		}
		mayBeOurs = mayBeOurs || wecom.OutcomeOf(err) == wecom.InDoubt
		if g.Wait(ctx, welcomePause) != nil {
			return GreetMissed
		}
	}
}

func (g *Gate) greetByHand(ctx context.Context, w Greeting) error {
	now := g.Clock.Now()
	touch := w.touch(event.OneToOne, now)
	next := g.windowFrom(now)
	link, piece := g.linkWelcome(ctx, w.Material, touch)
	task := StaffTask{
		ID: touch.ID, Corp: w.Corp, Staff: w.Staff, Store: w.Store, Customer: w.Customer, Purpose: event.Greet,
		Material: w.Material.Code, Text: w.Material.Text, Link: link, Content: piece, Files: content.FilesText(w.Material.Files), From: next.from, Until: next.until, State: Due, Since: now,
	}
	if _, err := g.Tasks.AddStaffTasks(ctx, []StaffTask{task}, []Touch{touch}); err != nil {
		return fmt.Errorf("hand over a missed welcome: %w", err)
	}
	return nil
}

func (w Greeting) touch(channel event.Channel, now time.Time) Touch {
	key := TouchKey{Customer: w.Customer, Run: "welcome/" + id.Text(w.Staff) + "/" + w.Added.UTC().Format(time.RFC3339), Channel: channel}
	return Touch{ID: key.ID(), TouchKey: key, Staff: w.Staff, Purpose: event.Greet, State: Underway, At: now, Planned: now}
}
