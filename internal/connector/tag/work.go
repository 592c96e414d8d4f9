package tag

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/id"
)

// WorkState says how far work is.
type WorkState string

// The states of work.
const (
	Preparing WorkState = "preparing" // its customers are being listed
	Open      WorkState = "open"
	Finished  WorkState = "finished"
	Stopped   WorkState = "stopped" // by a person
	Failed    WorkState = "failed"  // see Work.Because
)

// Work puts one tag on many customers, or takes it off.
type Work struct {
	ID      int64
	Tag     Key
	Name    string // of the tag when the work began
	Follows bool   // it makes the tag's carriers those of an audience
	By      string // console account, or event.ByRule
	State   WorkState
	Because Because // why it stopped, or waits
	Total   int
	Done    int // customers who are as they should be
	Failed  int // customers who could not be tagged, see Refusal
	After   id.Customer
	Begun   time.Time
	Ended   time.Time // zero while open
}

// Target is what work is to do with one customer.
type Target struct {
	Customer id.Customer
	Off      bool // take the tag off
}

// Refusal is a customer who could not be tagged.
type Refusal struct {
	Customer id.Customer
	Because  Because
}

// Step is what became of a part of the targets, in order of customers.
type Step struct {
	Work    Work // as it stands now
	At      time.Time
	From    id.Customer // Work.After before the step
	Done    []Target
	Refused []Refusal
}

// Works keeps work.
type Works interface {
	// BeginTagWork stores work and returns it with an id; fault.Conflict if work
	// that follows an audience is unfinished for the tag.
	BeginTagWork(ctx context.Context, w Work) (Work, error)
	// AddTagTargets adds customers to work that is being prepared; those it has
	// already stay as they are.
	AddTagTargets(ctx context.Context, work int64, targets []Target) error
	// OpenTagWork ends the preparation: it counts the targets.
	OpenTagWork(ctx context.Context, work int64) (Work, error)
	// TagTargets returns up to limit targets after a customer, in order.
	TagTargets(ctx context.Context, work int64, after id.Customer, limit int) ([]Target, error)
	// KeepTagStep stores a step together with who follows the tag. It is
	// fault.Conflict if the work does not stand where the step began, or was
	// stopped.
	KeepTagStep(ctx context.Context, s Step) error
	// TagWork returns work; fault.NotFound if there is none.
	TagWork(ctx context.Context, work int64) (Work, error)
	// EachTagFollower calls do for every customer who carries the tag because of
	// its audience, in order; again says that not all of their relations do.
	EachTagFollower(ctx context.Context, of Key, do func(who id.Customer, again bool) error) error
	// StopTagWork ends unfinished work on behalf of a person.
	StopTagWork(ctx context.Context, work int64, at time.Time) error
}

// targetsTogether is how many targets one write stores.
const targetsTogether = 1000

// Bulk prepares work that puts a tag on these customers, or takes it off.
func (b *Bulk) Bulk(ctx context.Context, w Work, customers []id.Customer, off bool) (Work, error) {
	w.State, w.Begun = Preparing, b.Clock.Now()
	w, err := b.Works.BeginTagWork(ctx, w)
	if err != nil {
		return w, err
	}
	p := preparation{works: b.Works, work: w.ID}
	for _, c := range customers {
		if err := p.add(ctx, Target{c, off}); err != nil {
			return w, err
		}
	}
	return p.open(ctx)
}

// preparation lists the targets of work.
type preparation struct {
	works Works
	work  int64
	wait  []Target
}

func (p *preparation) add(ctx context.Context, t Target) error {
	if p.wait = append(p.wait, t); len(p.wait) < targetsTogether {
		return nil
	}
	return p.flush(ctx)
}

func (p *preparation) flush(ctx context.Context) error {
	if len(p.wait) == 0 {
		return nil
	}
	if err := p.works.AddTagTargets(ctx, p.work, p.wait); err != nil {
		return fmt.Errorf("list %d customers: %w", len(p.wait), err)
	}
	p.wait = p.wait[:0]
	return nil
}

func (p *preparation) open(ctx context.Context) (Work, error) {
	if err := p.flush(ctx); err != nil {
		return Work{}, err
	}
	return p.works.OpenTagWork(ctx, p.work)
}
