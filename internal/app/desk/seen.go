package desk

import (
	"context"
	"slices"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// See implements web.Tasks.
func (d *Desk) See(ctx context.Context, scope org.Scope, tasks []web.Task) error {
	if scope.Staff == 0 {
		return nil
	}
	var shown []storage.SeenTask
	for i := range tasks {
		if tasks[i].State != web.TaskOpen {
			continue
		}
		task, err := seenTask(scope.Staff, &tasks[i])
		if err != nil {
			return err
		}
		shown = append(shown, task)
	}
	known, err := d.DB.Seen(ctx, shown)
	if err != nil {
		return err
	}
	shown = slices.DeleteFunc(shown, func(t storage.SeenTask) bool { return !known[t].IsZero() })
	return d.DB.See(ctx, shown, d.Clock.Now())
}

// seenTask names a task as it is kept that its member saw it.
func seenTask(staff id.Staff, t *web.Task) (storage.SeenTask, error) {
	switch {
	case t.Step != "":
		key, err := parseStepName(t.Step)
		return storage.SeenTask{Staff: staff, Kind: storage.SeenStep, Task: key.Number()}, err
	case t.Customer != 0:
		return storage.SeenTask{Staff: staff, Kind: storage.SeenHand, Task: t.ID}, nil
	case t.Channel == event.MassSend:
		return storage.SeenTask{Staff: staff, Kind: storage.SeenMass, Task: t.ID}, nil
	}
	return storage.SeenTask{Staff: staff, Kind: storage.SeenPost, Task: t.ID}, nil
}

// unreached returns the members whom messages of the app do not reach.
func (d *Desk) unreached(ctx context.Context) (map[id.Staff]web.Unreachable, error) {
	list, err := d.DB.Unreached(ctx)
	why := make(map[id.Staff]web.Unreachable, len(list))
	for _, u := range list {
		why[u.Staff] = web.Unreachable(u.Because)
	}
	return why, err
}
