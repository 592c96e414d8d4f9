package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"siyu/internal/app/desk"
	"siyu/internal/decision/sop"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/job"
)

// tryJob is the kind of jobs that play a process with the customers of the last
// days. They run one after the other: each reads all customers.
const tryJob = "sop_try"

// trialsOpen is how many may run or wait for their turn at a time.
const trialsOpen = 5

// triedProcess is what such a job is given.
type triedProcess struct {
	Document string `json:"document"`
	Days     int    `json:"days"`
	By       string `json:"by"`
}

// startTrial begins a dry run in the background, after those that were asked for before.
// Who asks for one that runs or waits gets that one.
func (a *App) startTrial(ctx context.Context, by string, p *sop.Process, days int) (trial int64, err error) {
	if err := triedDays(days); err != nil {
		return 0, err
	}
	text, err := sop.Format(p)
	if err != nil {
		return 0, err
	}
	payload, err := json.Marshal(triedProcess{string(text), days, by})
	if err != nil {
		return 0, fmt.Errorf("write what is to be tried: %w", err)
	}
	open, err := a.openTrials(ctx)
	if err != nil {
		return 0, err
	}
	for _, j := range open {
		var asked triedProcess
		if json.Unmarshal(j.Payload, &asked) == nil && asked.Document == string(text) && asked.Days == days {
			return j.ID, nil
		}
	}
	if len(open) >= trialsOpen {
		return 0, fault.WithKey(fault.Conflict, "error.process_trying", fmt.Errorf("%d dry runs wait for their turn", len(open)))
	}
	j, err := a.queue.Add(ctx, tryJob, rand.Text(), a.clock.Now(), payload) // one of the same that was given up may still be ending
	return j.ID, err
}

// trialsKept is among how many dry runs one is looked for.
const trialsKept = 20

// openTrials returns the dry runs that run or wait and were not given up, in their order.
func (a *App) openTrials(ctx context.Context) (open []job.Job, err error) {
	list, err := a.db.Jobs(ctx, tryJob, trialsKept)
	if err != nil {
		return nil, err
	}
	for _, j := range list {
		if j.State != job.Waiting && j.State != job.Running {
			continue
		}
		stopped, err := a.trialStopped(ctx, j.ID)
		if err != nil {
			return nil, err
		}
		if !stopped {
			open = append(open, j)
		}
	}
	slices.SortFunc(open, func(a, b job.Job) int { // as the queue takes them up
		return cmp.Or(cmp.Compare(a.State, b.State), a.RunAt.Compare(b.RunAt), cmp.Compare(a.ID, b.ID)) // running stands before waiting
	})
	return open, nil
}

// trial returns a dry run: how far it is, or what it found.
func (a *App) trial(ctx context.Context, trial int64) (t desk.Trial, err error) {
	list, err := a.db.Jobs(ctx, tryJob, trialsKept)
	if err != nil {
		return t, err
	}
	i := slices.IndexFunc(list, func(j job.Job) bool { return j.ID == trial })
	if i < 0 {
		return t, fault.New(fault.NotFound, "no dry run %d", trial)
	}
	if len(list[i].Progress) > 0 {
		if err := json.Unmarshal(list[i].Progress, &t); err != nil {
			return t, fmt.Errorf("read dry run %d: %w", trial, err)
		}
	}
	var asked triedProcess
	if err := json.Unmarshal(list[i].Payload, &asked); err != nil {
		return t, fmt.Errorf("read dry run %d: %w", trial, err)
	}
	t.Document, t.Days, t.Begun = asked.Document, asked.Days, list[i].Created
	t.Failed = list[i].State == job.Failed
	if list[i].State == job.Waiting {
		err = a.addTurn(ctx, trial, &t)
	}
	return t, err
}

// addTurn adds what a dry run waits for; one that was given up waits for nothing.
func (a *App) addTurn(ctx context.Context, trial int64, t *desk.Trial) error {
	open, err := a.openTrials(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(open, func(j job.Job) bool { return j.ID == trial })
	if i < 0 {
		t.Stopped = true
		return nil
	}
	t.Waits, t.Before = true, i
	if i > 0 {
		var first triedProcess
		if err := json.Unmarshal(open[0].Payload, &first); err != nil {
			return fmt.Errorf("read dry run %d: %w", open[0].ID, err)
		}
		t.First = first.Document
	}
	return nil
}

// triedFor is how long a dry run says whom a process reaches.
const triedFor = 7 * 24 * time.Hour

// tried returns the newest dry run of exactly a document that is through, over at least
// so many days; nil where there is none of the last week.
func (a *App) tried(ctx context.Context, p *sop.Process, days int) (*flow.DryRun, error) {
	text, err := sop.Format(p)
	if err != nil {
		return nil, err
	}
	list, err := a.db.Jobs(ctx, tryJob, trialsKept)
	if err != nil {
		return nil, err
	}
	for _, j := range list {
		var asked triedProcess
		if err := json.Unmarshal(j.Payload, &asked); err != nil {
			return nil, fmt.Errorf("read dry run %d: %w", j.ID, err)
		}
		if asked.Document != string(text) || asked.Days < days || a.clock.Now().Sub(j.Created) > triedFor || len(j.Progress) == 0 {
			continue
		}
		var t desk.Trial
		if err := json.Unmarshal(j.Progress, &t); err != nil {
			return nil, fmt.Errorf("read dry run %d: %w", j.ID, err)
		}
		if t.Result != nil {
			return t.Result, nil
		}
	}
	return nil, nil
}

// stopTrial gives a dry run up: one that runs sees it after the customers at which it
// looks, one that waits leaves its place to the next.
func (a *App) stopTrial(ctx context.Context, trial int64) error {
	if _, err := a.trial(ctx, trial); err != nil {
		return err
	}
	return a.db.SetProgress(ctx, stopOfTrial(trial), 1)
}

func (a *App) trialStopped(ctx context.Context, trial int64) (bool, error) {
	stop, err := a.db.Progress(ctx, stopOfTrial(trial))
	return stop != 0, err
}

func stopOfTrial(trial int64) string { return "sop/try/" + id.Text(trial) }

var errTrialStopped = errors.New("a person gave the dry run up")

// doTry plays a process; progress and result are the job's.
func (a *App) doTry(ctx context.Context, t *job.Task) error {
	var asked triedProcess
	if err := json.Unmarshal(t.Payload, &asked); err != nil {
		return fault.New(fault.Invalid, "read what is to be tried: %w", err)
	}
	p, err := sop.Parse([]byte(asked.Document))
	if err != nil {
		return fault.New(fault.Invalid, "read what is to be tried: %w", err)
	}
	known := desk.Trial{}
	var last time.Time
	told := func(looked int) error {
		const every = time.Second // a page asks about so often
		if a.clock.Now().Sub(last) < every {
			return nil
		}
		last, known.Looked = a.clock.Now(), looked
		return a.tellTrial(ctx, t, &known)
	}
	run := flow.DryRun{}
	if err = told(0); err == nil {
		run, err = a.tryProcess(ctx, &p, asked.Days, told)
	}
	known.Stopped = errors.Is(err, errTrialStopped)
	if err != nil && !known.Stopped {
		return err
	}
	if err == nil {
		known.Looked, known.Result = run.Customers, &run
	}
	return a.keepTrial(ctx, t, &known)
}

// tellTrial keeps how far a dry run is, and ends it where somebody asked for that.
func (a *App) tellTrial(ctx context.Context, t *job.Task, known *desk.Trial) error {
	stopped, err := a.trialStopped(ctx, t.ID)
	if err != nil {
		return err
	}
	if stopped {
		return errTrialStopped
	}
	return a.keepTrial(ctx, t, known)
}

func (a *App) keepTrial(ctx context.Context, t *job.Task, known *desk.Trial) error {
	progress, err := json.Marshal(known)
	if err != nil {
		return fmt.Errorf("write progress of a dry run: %w", err)
	}
	return t.Report(ctx, progress)
}
