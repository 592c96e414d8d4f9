// Package job is background work that outlives a process: it is leased by one
// node at a time, reports progress, and is tried again after a failure or a
// crash. It knows no business. Work must be safe to run again from its start:
// after a crash it is.
package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
)

// State is where a job stands.
type State string

// The states.
const (
	Waiting State = "waiting" // for its time, or for its next attempt
	Running State = "running" // leased by a node
	Done    State = "done"
	Failed  State = "failed" // for good
)

// Job is one piece of work.
type Job struct {
	ID       int64
	Kind     string
	Name     string // of two open jobs with one kind and name there is only one
	State    State
	RunAt    time.Time
	Attempts int
	Fence    int64     // grows with every lease: who holds an older one has lost the job
	Leased   time.Time // until when, while running
	Payload  []byte    // what the work needs, never personal data
	Progress []byte    // what the work last said of itself
	Because  string    // why the last attempt failed, without personal data
	Created  time.Time
	Ended    time.Time
}

// Store is what jobs need of a database. Times are given by the caller.
type Store interface {
	// AddJob stores a waiting job and returns it, or the open job of its kind
	// and name with added false.
	AddJob(ctx context.Context, j Job) (kept Job, added bool, err error)
	// LeaseJob leases the job of these kinds that has waited longest for its
	// time, or whose lease has run out, until the given time. It counts an
	// attempt and raises the fence. nil: nothing is due.
	LeaseJob(ctx context.Context, kinds []string, now, until time.Time) (*Job, error)
	// KeepJob stores state, run-at, attempts, progress, reason, end and the new
	// lease of a leased job. It is fault.Conflict if its fence is not the newest.
	KeepJob(ctx context.Context, j Job) error
	// Jobs returns up to limit jobs of a kind, newest first.
	Jobs(ctx context.Context, kind string, limit int) ([]Job, error)
}

// Work does one job. It returns soon after ctx ends; the job then waits for
// another attempt. An error coded fault.Invalid fails the job for good, a
// *Later postpones it.
type Work func(ctx context.Context, t *Task) error

// Later is what work returns that cannot go on before a time though nothing is
// wrong with it: attempts begin anew then.
type Later struct {
	Until   time.Time
	Because string // without personal data
}

func (l *Later) Error() string { return l.Because }

// Task is a leased job in the hands of its work.
type Task struct {
	Job
	store Store
	clock clock.Clock
	lease time.Duration
}

// Report stores how far the work is and extends the lease. It fails when
// another node has taken the job over; the work must stop then.
func (t *Task) Report(ctx context.Context, progress []byte) error {
	t.Progress, t.Leased = progress, t.clock.Now().Add(t.lease)
	return t.store.KeepJob(ctx, t.Job)
}

// Queue takes up jobs and runs those whose work it knows.
type Queue struct {
	store Store
	clock clock.Clock
	works map[string]Work
	kinds []string
}

// The pace of attempts.
const (
	lease       = time.Minute      // without a report; longer than any step between two
	attempts    = 8                // then a person must look
	firstPause  = 10 * time.Second // before the second attempt, then twice as long each time
	longestWait = time.Hour
)

// NewQueue returns a queue that knows these kinds of work.
func NewQueue(store Store, c clock.Clock, works map[string]Work) *Queue {
	q := &Queue{store: store, clock: c, works: works}
	for kind := range works {
		q.kinds = append(q.kinds, kind)
	}
	return q
}

// Add makes sure that a job of this kind and name is open, to run at a time. A
// job that is open already is returned as it is.
func (q *Queue) Add(ctx context.Context, kind, name string, runAt time.Time, payload []byte) (Job, error) {
	if _, known := q.works[kind]; !known {
		return Job{}, fault.New(fault.Internal, "add job: nobody knows how to do %s", kind)
	}
	j, _, err := q.store.AddJob(ctx, Job{Kind: kind, Name: name, State: Waiting, RunAt: runAt, Payload: payload, Created: q.clock.Now()})
	return j, err
}

// RunDue runs one job that is due and reports whether there was one. The
// job's own failure is kept in the job and is no error here.
func (q *Queue) RunDue(ctx context.Context) (ran bool, err error) {
	now := q.clock.Now()
	j, err := q.store.LeaseJob(ctx, q.kinds, now, now.Add(lease))
	if err != nil || j == nil {
		return false, err
	}
	t := &Task{Job: *j, store: q.store, clock: q.clock, lease: lease}
	failure := q.attempt(ctx, t)
	t.settle(failure, q.clock.Now())
	// The outcome is kept even when ctx has ended meanwhile.
	if err := q.store.KeepJob(context.WithoutCancel(ctx), t.Job); err != nil && fault.CodeOf(err) != fault.Conflict {
		return true, fmt.Errorf("keep outcome of %s job %d: %w", t.Kind, t.ID, err)
	}
	return true, nil
}

// attempt turns a panic of the work into its failure: one broken job must not
// end the process that answers callbacks.
func (q *Queue) attempt(ctx context.Context, t *Task) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Internal, "the work panicked: %v", p)
		}
	}()
	return q.works[t.Kind](ctx, t)
}

func (t *Task) settle(failure error, now time.Time) {
	t.Leased = time.Time{}
	later, postponed := errors.AsType[*Later](failure)
	switch {
	case postponed:
		t.State, t.RunAt, t.Because, t.Attempts = Waiting, later.Until, later.Because, 0
	case failure == nil:
		t.State, t.Because, t.Ended = Done, "", now
	case fault.CodeOf(failure) == fault.Invalid || t.Attempts >= attempts:
		t.State, t.Because, t.Ended = Failed, failure.Error(), now
	default:
		t.State, t.Because = Waiting, failure.Error()
		t.RunAt = now.Add(min(firstPause<<(t.Attempts-1), longestWait))
	}
}

// Run runs jobs until ctx ends, looking for new ones at every tick. Errors of
// the database go to report; they do not stop it.
func (q *Queue) Run(ctx context.Context, tick <-chan time.Time, report func(error)) {
	for {
		ran, err := q.RunDue(ctx)
		if err != nil && ctx.Err() == nil {
			report(err)
		}
		if ran && err == nil && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
	}
}
