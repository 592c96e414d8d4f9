package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
)

// dueNow is how many subjects' steps become tasks at once.
const dueNow = 10_000

// Stepped is what Steps measured. Figures are of rounds of 20,000 runs; Rate is in
// runs a second.
type Stepped struct {
	Figures
	Entering float64 `json:"entering_seconds"` // of everybody into a process
	Evaluate float64 `json:"evaluate_seconds"` // a step of everybody with a condition on what the customer did since
	Waits    float64 `json:"waits_seconds"`    // a step of everybody without a condition
	Tasks    float64 `json:"tasks_seconds"`    // 10,000 due steps become tasks of members, through the gate
	Given    int     `json:"given"`
	Idle     float64 `json:"idle_ms"` // a round in which nothing is due
	Database float64 `json:"database_mb"`
}

const benchProcess = `sop: 1
name: bench
title: {en: Bench}
subject: customer
trigger: {fact: referral_stayed}
clock: relative
again: once
executor: relation
steps:
  - {name: asked, at: 1h, channel: private, purpose: ask, if: {all: [{did: bought}, {did: answered}]}, content: [{text: {en: Hello}}]}
  - {name: wait, at: 2h, channel: wait}
  - {name: end, at: 30d, channel: wait}
`

const benchTasks = `sop: 1
name: bench-tasks
title: {en: Bench of tasks}
subject: customer
trigger: {fact: referral_stayed}
clock: relative
again: once
executor: relation
steps:
  - {name: hello, at: 1h, channel: private, purpose: serve, service: true, content: [{text: {en: "Hello {name}"}}]}
`

// Steps measures standard processes: everybody in one of them, and many steps that
// become tasks at once.
func Steps(ctx context.Context, o Options) (result Stepped, err error) {
	g, err := prepare(ctx, o)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	result.Engine, result.Customers = o.Engine, o.Customers
	g.clock.Set(firstMorning.Add(5 * time.Hour))
	if err := g.Turn(ctx); err != nil {
		return result, err
	}
	forgetPeak()
	everybody := customerIDs(o.Customers)
	bench, took, err := g.enterAll(ctx, benchProcess, everybody)
	if err != nil {
		return result, err
	}
	result.Entering = took
	var rounds times
	if result.Evaluate, err = g.stepAll(ctx, time.Hour, &rounds, nil); err != nil {
		return result, err
	}
	if result.Waits, err = g.stepAll(ctx, time.Hour, &rounds, nil); err != nil {
		return result, err
	}
	result.take(rounds)
	result.Seconds, result.Rate = result.Evaluate, float64(o.Customers)/result.Evaluate
	if _, _, err := g.enterAll(ctx, benchTasks, everybody[:min(dueNow, len(everybody))]); err != nil {
		return result, err
	}
	if result.Tasks, err = g.stepAll(ctx, time.Hour, nil, &result.Given); err != nil {
		return result, err
	}
	idle, err := g.stepAll(ctx, 0, nil, nil)
	result.Idle = 1000 * idle
	result.RSS, result.Database = resident(ownProcess), g.database()
	o.say("process %d: %d entered in %.1f s, evaluated in %.1f s, %d tasks in %.1f s", bench, o.Customers, result.Entering, result.Evaluate, result.Given, result.Tasks)
	return result, err
}

// enterAll puts a process to work and lets customers enter it now.
func (g *ground) enterAll(ctx context.Context, document string, customers []id.Customer) (number int64, seconds float64, err error) {
	p, err := sop.Parse([]byte(document))
	if err != nil {
		return 0, 0, fmt.Errorf("read the bench's process: %w", err)
	}
	now := g.clock.Now()
	err = g.Operate(ctx, func(ctx context.Context, o *flow.Operator) error {
		if number, _, err = o.Install(ctx, flow.ProcessVersion{Document: p, By: "bench", At: now}); err != nil {
			return err
		}
		return o.Activate(ctx, number, "bench", now)
	})
	if err != nil {
		return 0, 0, err
	}
	const some = 2000 // runs of one transaction
	began := started()
	for at := 0; at < len(customers); at += some {
		var e flow.Entering
		for _, c := range customers[at:min(at+some, len(customers))] {
			key := sop.RunKey{Subject: sop.OfCustomer, ID: int64(c), Process: number, Occurrence: int64(event.At(now))}
			e.New = append(e.New, p.Enter(key, 1, now, time.UTC))
		}
		if _, err := g.DB().EnterRuns(ctx, e); err != nil {
			return number, 0, err
		}
	}
	return number, began.passed().Seconds(), nil
}

// stepAll lets time pass and takes on all runs that are then due.
func (g *ground) stepAll(ctx context.Context, later time.Duration, rounds *times, given *int) (seconds float64, err error) {
	g.clock.Set(g.clock.Now().Add(later))
	world, err := g.WorldNow(ctx)
	if err != nil {
		return 0, err
	}
	began := started()
	for more := true; more; {
		round := started()
		err := g.Operate(ctx, func(ctx context.Context, o *flow.Operator) error {
			var done flow.Operated
			done, more, err = o.Step(ctx, &world, roundOfRuns)
			if given != nil {
				*given += done.Given
			}
			return err
		})
		if err != nil {
			return 0, err
		}
		if rounds != nil {
			*rounds = append(*rounds, round.passed())
		}
	}
	took := began.passed().Seconds()
	g.options.say("steps in %.1f s", took)
	return took, nil
}

// roundOfRuns is as many as the product takes on before turns may come between.
const roundOfRuns = 20_000
