package callback

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"siyu/internal/connector/intake"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// sight is what the API showed of everything a turn's letters hint at, each
// thing looked at once however many letters speak of it.
type sight struct {
	mu          sync.Mutex
	customers   map[string]seen[wecom.CustomerFollowers]
	groups      map[string]seen[wecom.Group]
	members     map[string]seen[wecom.Member]
	contacts    seen[[]string] // follow users
	tags        seen[struct{}] // they are kept as soon as they are seen
	departments seen[[]wecom.Department]
}

type seen[T any] struct {
	value T
	err   error
}

// lookLimit bounds the looking of one turn: new customers wait behind it.
const lookLimit = 10 * time.Second

// look asks the API for what the letters are about. Customers who wait for a
// welcome come first, and are welcomed as soon as their name is known.
func (r *Reader) look(ctx context.Context, door Door, letters []letter) *sight {
	s := &sight{customers: map[string]seen[wecom.CustomerFollowers]{}, groups: map[string]seen[wecom.Group]{}, members: map[string]seen[wecom.Member]{}}
	arriving := map[string][]letter{}
	later := map[string]func(context.Context){}
	for _, l := range letters {
		s.plan(door, l.event, later)
		if l.event.WelcomeCode != "" && r.claimWelcome(l) {
			arriving[l.event.ExternalUserID] = append(arriving[l.event.ExternalUserID], l)
		}
	}
	limited, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	var workers errgroup.Group
	workers.SetLimit(lookAtOnce)
	for externalUserID, list := range arriving {
		delete(later, wecom.EventContact+externalUserID)
		workers.Go(func() error {
			name := s.customer(wecom.WithPriority(limited, wecom.WelcomeFirst), door, externalUserID)
			for _, l := range list {
				r.welcome(ctx, door, l, name)
			}
			return nil
		})
	}
	for _, task := range later {
		workers.Go(func() error { task(limited); return nil })
	}
	_ = workers.Wait() // what failed stands in the sight
	return s
}

// plan adds what must be looked at for an event, once per thing.
func (s *sight) plan(door Door, e wecom.Event, tasks map[string]func(context.Context)) {
	switch {
	case e.Kind == wecom.EventContact && (e.Change == wecom.CustomerAdded || e.Change == wecom.CustomerHalfAdded || e.Change == wecom.CustomerEdited):
		tasks[e.Kind+e.ExternalUserID] = func(ctx context.Context) { s.customer(ctx, door, e.ExternalUserID) }
	case e.Kind == wecom.EventGroup && e.Change != wecom.GroupDismissed:
		tasks[e.Kind+e.ChatID] = func(ctx context.Context) {
			group, err := door.Client.Group(ctx, e.ChatID)
			s.keep(func() { s.groups[e.ChatID] = seen[wecom.Group]{group, err} })
		}
	case e.Kind == wecom.EventTag && door.Tags != nil:
		tasks[e.Kind] = func(ctx context.Context) {
			err := door.Tags(ctx)
			s.keep(func() { s.tags.err = err })
		}
	case e.Kind == wecom.EventStaff:
		s.planStaff(door, e, tasks)
	}
}

func (s *sight) planStaff(door Door, e wecom.Event, tasks map[string]func(context.Context)) {
	switch e.Change {
	case wecom.StaffCreated, wecom.StaffUpdated:
		userID := presentUserID(e)
		tasks[e.Kind+userID] = func(ctx context.Context) {
			member, err := door.Client.Member(ctx, userID)
			s.keep(func() { s.members[userID] = seen[wecom.Member]{member, err} })
		}
		tasks["follow users"] = func(ctx context.Context) {
			userIDs, err := door.Client.FollowUsers(ctx)
			s.keep(func() { s.contacts = seen[[]string]{userIDs, err} })
		}
	case wecom.DepartmentCreated, wecom.DepartmentUpdated, wecom.DepartmentDeleted:
		tasks["departments"] = func(ctx context.Context) {
			list, err := intake.LookAtDepartments(ctx, door.Client)
			s.keep(func() { s.departments = seen[[]wecom.Department]{list, err} })
		}
	}
}

// keep writes to the sight, which several workers fill.
func (s *sight) keep(write func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	write()
}

// presentUserID is what the member is called after the event.
func presentUserID(e wecom.Event) string {
	if e.NewUserID != "" {
		return e.NewUserID
	}
	return e.UserID
}

// customer looks at a customer and returns the name, empty if it failed.
func (s *sight) customer(ctx context.Context, door Door, externalUserID string) string {
	found, err := intake.Look(ctx, door.Client, externalUserID)
	s.keep(func() { s.customers[externalUserID] = seen[wecom.CustomerFollowers]{found, err} })
	return found.Customer.Name
}

// claimWelcome reports whether the letter's welcome was not started yet.
func (r *Reader) claimWelcome(l letter) bool {
	rested := r.resting[l.hash]
	if rested.welcomed {
		return false
	}
	rested.welcomed = true
	r.resting[l.hash] = rested
	return true
}

// welcome starts a welcome and does not wait for it.
func (r *Reader) welcome(ctx context.Context, door Door, l letter, name string) {
	corp := door.Intake.Corp
	arrival := Arrival{
		Corp: corp, Staff: id.StaffOf(corp, l.event.UserID), UserID: l.event.UserID,
		Customer: id.CustomerOf(corp, l.event.ExternalUserID), ExternalUserID: l.event.ExternalUserID,
		Name: name, State: l.event.State, Code: l.event.WelcomeCode, Added: l.at,
	}
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	r.welcomes.Go(func() {
		defer func() { <-r.slots }()
		if err := r.Welcomer.Welcome(ctx, arrival); err != nil {
			r.Logger.WarnContext(ctx, "welcome failed", "staff", arrival.Staff, "error", err)
		}
	})
}
