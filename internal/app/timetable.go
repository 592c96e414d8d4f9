package app

import (
	"context"
	"errors"
	"sync"
	"time"
)

// timer is one thing that runs by itself.
type timer struct {
	name  string
	every time.Duration
	do    func(ctx context.Context) error
	later bool // not at the start: first when every has passed
	due   time.Time
	mu    sync.Mutex // held while it runs
}

// timetable lists every timer of the product, in the order in which those that
// are due at the same time run.
func (a *App) timetable() []*timer {
	return []*timer{
		{name: lettersTimer, every: 500 * time.Millisecond, do: a.readLetters}, // a new customer waits for a welcome
		{name: "turn", every: 5 * time.Second, do: a.Turn},                     // what happened shows within seconds
		{name: "archive", every: time.Minute, do: a.pullArchive},               // WeCom notifies at most every 15 s
		{name: "order_folder", every: time.Minute, do: a.importFolder},         // files are dropped by people
		{name: "order_url", every: time.Hour, do: a.importURL},                 // shops write exports hourly at most
		{name: "reconcile", every: time.Hour, do: a.reconcile},                 // published staleness of what never arrived
		{name: "full", every: 24 * time.Hour, later: true, do: a.readAll},      // tags, remarks and groups whose events were lost
		{name: "backtest", every: time.Hour, do: a.backtest},                   // once a week, see backtestEvery; nights fit what it chose
		{name: "effect", every: time.Hour, do: a.measureEffects},               // once a week, see flow.MeasureEffects; nights believe what it found
		{name: "night", every: time.Minute, do: a.night},                       // once a day, see nightHour
		{name: "audience", every: time.Minute, do: a.KeepAudiences},            // days begin at midnight
		{name: "send", every: 10 * time.Second, do: a.send},                    // approved messages leave
		{name: "results", every: 5 * time.Minute, do: a.readResults},           // members confirm when they like
		{name: "posts", every: 10 * time.Second, do: a.sendPosts},              // approved posts leave
		{name: "post_results", every: 5 * time.Minute, do: a.readPosts},        // members confirm and publish when they like
		{name: "moments", every: 10 * time.Minute, do: a.watchMoments},         // who liked and commented
		{name: "in_doubt", every: time.Minute, do: a.settleDoubts},             // after the quarantine
		{name: "thaw", every: time.Minute, do: a.thaw},                         // after a restore
		{name: "tasks", every: 10 * time.Minute, do: a.endTasks},               // windows end on the hour
		{name: "jobs", every: 2 * time.Second, do: a.runJobs},                  // asked for by a person, resumed after a stop
		{name: "tags", every: time.Hour, do: a.keepTags},                       // changes whose events were lost
		{name: "tag_sweep", every: time.Hour, do: a.sweepTags},                 // what crashes left behind
		{name: "tag_follow", every: time.Hour, do: a.followTags},               // once a day, see followEvery
		{name: "sop", every: time.Minute, do: a.StepProcesses},                 // steps are due to the minute
		{name: "losses", every: time.Minute, do: a.watchLosses},                // deletions in bulk are minutes apart
		{name: "notices", every: 5 * time.Minute, do: a.tellStaff},             // what comes within minutes is told together
		{name: "forget_told", every: 24 * time.Hour, later: true, do: a.forgetTold},
		{name: "invite", every: time.Hour, do: a.keepInvitations},          // what crashes left behind
		{name: "tag_count", every: time.Hour, do: a.countTags},             // once a day, see tagCountEvery
		{name: "lost", every: time.Minute, do: a.keepLost},                 // a counter of the door of tracked links
		{name: "backfill", every: 5 * time.Second, do: a.continueBackfill}, // asked for by a person, resumed after a stop
	}
}

// Timers run what is due. A timer that still runs is not started again.
type Timers struct {
	app  *App
	list []*timer
}

// lettersTimer reads letters in a product that is driven from outside; one
// that serves has a reader that wakes with every letter.
const lettersTimer = "letters"

// Timers returns the timetable, all of it due at once but what starts later.
func (a *App) Timers() *Timers {
	t := &Timers{app: a, list: a.timetable()}
	for _, one := range t.list {
		if one.later {
			one.due = a.clock.Now().Add(one.every)
		}
	}
	return t
}

// Run runs everything that is due now, one after the other. The demo and tests
// drive the product with it on a clock of their own.
func (t *Timers) Run(ctx context.Context) error {
	var failed []error
	for _, one := range t.list {
		if now := t.app.clock.Now(); !one.due.After(now) {
			one.due = now.Add(one.every)
			failed = append(failed, t.app.once(ctx, one))
		}
	}
	return errors.Join(failed...)
}

// Start runs timers as they fall due, until ctx ends; it returns when all have
// stopped.
func (t *Timers) Start(ctx context.Context) {
	const beat = 250 * time.Millisecond // half the shortest pause
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	var running sync.WaitGroup
	defer running.Wait()
	for {
		for _, one := range t.list {
			now := t.app.clock.Now()
			if one.name == lettersTimer || one.due.After(now) || !one.mu.TryLock() {
				continue
			}
			one.due = now.Add(one.every)
			running.Go(func() {
				defer one.mu.Unlock()
				_ = t.app.once(ctx, one) // logged there; it is tried again when due
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// once runs a timer and logs where it fails.
func (a *App) once(ctx context.Context, t *timer) error {
	err := t.do(ctx)
	if err != nil && ctx.Err() == nil {
		a.log.Error("timer failed", "timer", t.name, "error", err)
		return err
	}
	return nil
}
