package app

import (
	"context"
	"errors"
	"fmt"

	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
)

// openProcesses makes the operator of standard processes.
func (a *App) openProcesses() {
	a.operator = flow.NewOperator(a.flow, flow.ProcessParts{
		Processes: a.db, Runs: a.db, Steps: a.db, Giver: stepGiver{a}, Poster: poster{a}, Keeper: a.db, Zone: a.zone, Groups: a.db.Groups, GroupKinds: a.db.GroupKinds, TagNamed: a.ownTagNamed,
	})
}

// Operator returns what takes subjects through standard processes. Who changes
// anything with it does so by Operate.
func (a *App) Operator() *flow.Operator { return a.operator }

// stepGiver is flow's: it hands steps to the gate in force.
type stepGiver struct{ *App }

var _ flow.StepGiver = stepGiver{}

func (g stepGiver) gateNow() delivery.StepGate {
	return delivery.StepGate{Gate: g.gate.Load(), Steps: g.db}
}

// GiveSteps implements flow.StepGiver.
func (g stepGiver) GiveSteps(ctx context.Context, due []delivery.StepDue, room delivery.StepRoom, library content.Library) (delivery.StepsGiven, error) {
	return g.gateNow().GiveSteps(ctx, due, room, library)
}

// TakeSteps implements flow.StepGiver.
func (g stepGiver) TakeSteps(ctx context.Context, steps []sop.StepRecord, because string) (int, error) {
	return g.gateNow().TakeSteps(ctx, steps, because)
}

// RetireSteps implements flow.StepGiver.
func (g stepGiver) RetireSteps(ctx context.Context, process int64) (int, error) {
	return g.gateNow().RetireSteps(ctx, process)
}

// ownTagNamed returns the brand's own tag of a name.
func (a *App) ownTagNamed(ctx context.Context, name string) (id.Tag, bool, error) {
	groups, err := a.db.TagGroups(ctx)
	if err != nil {
		return 0, false, err
	}
	for _, g := range groups {
		for _, t := range g.Tags {
			if t.Own() && t.Name == name && t.Gone.IsZero() {
				return t.Number(), true, nil
			}
		}
	}
	return 0, false, nil
}

// stepsAtOnce is how many runs a round takes on before a turn may come between:
// about a second.
const stepsAtOnce = 20_000

// StepProcesses lets subjects enter whose dates have come and takes runs on that
// are due, on one node at a time; turns come in between.
func (a *App) StepProcesses(ctx context.Context) error {
	if _, err := a.db.EndStepTasks(ctx, a.clock.Now()); err != nil {
		return err
	}
	for more := true; more; {
		more = false
		_, err := a.alone(ctx, func(ctx context.Context) (err error) {
			more, err = a.stepOnce(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *App) stepOnce(ctx context.Context) (more bool, err error) {
	stamp, err := a.db.ProcessesStamp(ctx)
	if err != nil || stamp == 0 {
		return false, err
	}
	world, err := a.world(ctx, a.clock.Now())
	if err != nil {
		return false, fmt.Errorf("read what holds today: %w", err)
	}
	if _, err := a.operator.CloseOneOffs(ctx, a.clock.Now()); err != nil {
		return false, err
	}
	if _, err := a.operator.OpenDay(ctx, &world); err != nil {
		return false, err
	}
	if _, err := a.operator.OpenPresent(ctx, &world); err != nil {
		return false, err
	}
	_, ending, err := a.operator.EndRetired(ctx, a.clock.Now())
	if err != nil {
		return false, err
	}
	_, moving, err := a.operator.MoveAsked(ctx, a.clock.Now()) // before steps, which then follow the version in force
	if err != nil {
		return false, err
	}
	_, more, err = a.operator.Step(ctx, &world, stepsAtOnce)
	return more || ending || moving, err
}

// WorldNow returns what holds now beside the customers.
func (a *App) WorldNow(ctx context.Context) (flow.World, error) { return a.world(ctx, a.clock.Now()) }

// Operate does something with the processes while nobody turns or steps.
func (a *App) Operate(ctx context.Context, do func(context.Context, *flow.Operator) error) error {
	ran := false
	_, err := a.alone(ctx, func(ctx context.Context) error {
		ran = true
		return do(ctx, a.operator)
	})
	if err == nil && !ran {
		return errBusy
	}
	return err
}

var errBusy = fault.WithKey(fault.Conflict, "error.process_busy", errors.New("change processes: another node has the turn"))
