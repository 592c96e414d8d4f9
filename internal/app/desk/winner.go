package desk

import (
	"context"
	"slices"
	"time"

	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/web"
)

// winners finds for which messages some customers are left alone: those on their way, or
// those that used a budget up. Who waited for one that is not on its way any more waits
// for none: what arrived since need not be it. It reads what the customers of a page got, never more.
func (d *Desk) winners(ctx context.Context, because decision.Because, customers []id.Customer, names map[id.Customer]string) (map[id.Customer]*web.Winner, error) {
	since, wins := d.winsSince(because)
	if !wins || len(customers) == 0 {
		return nil, nil
	}
	aliases, err := d.DB.AliasesOf(ctx, customers)
	if err != nil {
		return nil, err
	}
	answers, all := map[id.Customer]id.Customer{}, []id.Customer{}
	for c, own := range aliases {
		for _, one := range own {
			answers[one], all = c, append(all, one)
		}
	}
	touches, err := d.DB.TouchesSince(ctx, all, since)
	if err != nil {
		return nil, err
	}
	won, more := map[id.Customer]delivery.Touch{}, map[id.Customer]int{}
	for _, t := range touches {
		c := answers[t.Customer]
		if because == decision.BecauseQuota && t.Channel != event.MassSend || waitsFor(because) && t.State != delivery.Underway {
			continue
		}
		if was, other := won[c]; !other || prevails(&t, &was) {
			won[c] = t
		}
		more[c]++
	}
	named := nameWinners{Desk: d, names: names}
	if err := named.read(ctx, won); err != nil {
		return nil, err
	}
	list := make(map[id.Customer]*web.Winner, len(won))
	for c, t := range won {
		w := named.winner(c, &t)
		if w.More = more[c] - 1; waitsFor(because) {
			w.More = 0
		}
		list[c] = &w
	}
	if waitsFor(because) {
		for _, c := range customers {
			if list[c] == nil {
				list[c] = &web.Winner{Over: true}
			}
		}
	}
	return list, nil
}

// waitsFor tells whether the customer waits until a message is through, not for a budget.
func waitsFor(because decision.Because) bool {
	return because == decision.BecausePending || because == decision.BecauseInDoubt
}

// winsSince returns from when on messages count for a reason; wins is false where no
// message to the same customer is in the way.
func (d *Desk) winsSince(because decision.Because) (since time.Time, wins bool) {
	today := d.today()
	switch because {
	case decision.BecausePending, decision.BecauseInDoubt, decision.BecauseBudgetDay:
		return today, true
	case decision.BecauseBudgetWeek:
		return today.AddDate(0, 0, -6), true
	case decision.BecauseBudgetMonth:
		return today.AddDate(0, 0, -29), true
	case decision.BecauseQuota:
		from, _, _ := d.Brand.Documents().Rules.QuotaPeriod(today)
		return from, true
	}
	return time.Time{}, false
}

// prevails tells whether a message took the place rather than another one: the last that
// arrived, or the last of those on their way.
func prevails(t, other *delivery.Touch) bool {
	underway, otherUnderway := t.State == delivery.Underway, other.State == delivery.Underway
	if underway != otherUnderway {
		return otherUnderway
	}
	return !t.At.Before(other.At)
}

// nameWinners says what messages are.
type nameWinners struct {
	*Desk
	names      map[id.Customer]string
	staff      map[id.Staff]string
	processes  map[int64]*flow.Process
	dispatches map[int64]*delivery.Dispatch
	tasks      map[int64]*delivery.StaffTask
}

func (n *nameWinners) read(ctx context.Context, won map[id.Customer]delivery.Touch) error {
	var dispatches, tasks []int64
	var staff []id.Staff
	for _, t := range won {
		if staff = append(staff, t.Staff); t.Dispatch != 0 {
			dispatches = append(dispatches, t.Dispatch)
		} else {
			tasks = append(tasks, t.ID)
		}
	}
	processes, err := n.DB.Processes(ctx)
	if err != nil {
		return err
	}
	sends, err := n.DB.DispatchesNamed(ctx, dispatches)
	if err != nil {
		return err
	}
	byHand, err := n.DB.StaffTasksNamed(ctx, tasks)
	if err != nil {
		return err
	}
	n.processes, n.dispatches, n.tasks = map[int64]*flow.Process{}, map[int64]*delivery.Dispatch{}, map[int64]*delivery.StaffTask{}
	for i := range processes {
		n.processes[processes[i].Number] = &processes[i]
	}
	for i := range sends {
		n.dispatches[sends[i].ID] = &sends[i]
	}
	for i := range byHand {
		n.tasks[byHand[i].ID] = &byHand[i]
	}
	n.staff, err = n.staffNames(ctx, staff)
	return err
}

func (n *nameWinners) winner(c id.Customer, t *delivery.Touch) web.Winner {
	w := web.Winner{Underway: t.State == delivery.Underway, Coming: web.Coming{Purpose: t.Purpose, Channel: t.Channel, At: t.At}}
	if number, ok := processOfRun(t.Run); ok {
		if p := n.processes[number]; p != nil {
			w.Process, w.Title = p.Name, p.Document.Title
			if w.Title.Empty() {
				w.Title = sop.Text{ZH: p.Name, EN: p.Name}
			}
			if at := slices.IndexFunc(p.Document.Steps, func(s sop.Step) bool { return s.Number() == t.Step }); at >= 0 {
				w.Step = comingStep(&p.Document, &p.Document.Steps[at], t.At).Step
			}
		}
	}
	text := ""
	if x := n.dispatches[t.Dispatch]; x != nil {
		text = x.Text
		if w.Underway && w.Process == "" && x.State == delivery.Planned {
			if w.Kind, w.Batch, w.Batches = web.ComesApproved, x.ID, 1; x.ApprovedBy == "" {
				w.Kind = web.ComesWaiting
			}
		}
	} else if task := n.tasks[t.ID]; task != nil {
		text = task.Text
	}
	w.Says = content.Beginning(content.Fill(text, n.names[c], n.staff[t.Staff]))
	return w
}
