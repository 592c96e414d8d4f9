package desk

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// executionWindow is over how many days execution is judged.
const executionWindow = 7 * 24 * time.Hour

// Execution implements web.Touches.
func (d *Desk) Execution(ctx context.Context, scope org.Scope, after string) (page web.ExecutionPage, err error) {
	from, err := parseExecutionCursor(after)
	if err != nil {
		return page, err
	}
	done, err := d.executed(ctx)
	if err != nil {
		return page, err
	}
	done = slices.DeleteFunc(done, func(e storage.Execution) bool { return !d.covers(scope, e.Staff) })
	done, page.Next = executedAfter(done, from, d.Brand.StoreOf)
	staff := make([]id.Staff, len(done))
	for i, e := range done {
		staff[i] = e.Staff
	}
	names, err := d.staffNames(ctx, staff)
	if err != nil {
		return page, err
	}
	before, err := d.urges(ctx, staff...)
	if err != nil {
		return page, err
	}
	seen, err := d.DB.SeenBy(ctx, staff, d.Clock.Now())
	if err != nil {
		return page, err
	}
	unreached, err := d.unreached(ctx)
	if err != nil {
		return page, err
	}
	for _, e := range done {
		row := web.StaffExecution{Staff: e.Staff, Name: names[e.Staff], Store: d.Brand.StoreName(d.Brand.StoreOf(e.Staff)),
			Due: e.Due, Done: e.Done, OnTime: e.OnTime, Open: e.Open, UrgedAt: before.last(e.Staff)}
		row.Urges, row.UrgeNext = before.within(e.Staff, d.Clock.Now())
		row.SeenAt, row.Unseen, row.Unreached = seen[e.Staff].Last, seen[e.Staff].Unseen, unreached[e.Staff]
		page.Staff = append(page.Staff, row)
	}
	return page, nil
}

// executed returns what members did of what they were given in the last days: mass
// messages, contacts by hand, and the tasks of processes that are no contact.
func (d *Desk) executed(ctx context.Context) ([]storage.Execution, error) {
	now := d.Clock.Now()
	done, err := d.DB.Execution(ctx, now.Add(-executionWindow), now)
	if err != nil {
		return nil, err
	}
	manual, err := d.manualSteps(ctx)
	if err != nil {
		return nil, err
	}
	tasks, err := d.DB.StepExecution(ctx, event.At(now.Add(-executionWindow)).Day(), event.At(now).Day(), manual)
	if err != nil {
		return nil, err
	}
	at := make(map[id.Staff]int, len(done))
	for i := range done {
		at[done[i].Staff] = i
	}
	for _, t := range tasks {
		i, known := at[t.Staff]
		if !known {
			done = append(done, t)
			continue
		}
		e := &done[i]
		e.Due, e.Done, e.OnTime, e.Open = e.Due+t.Due, e.Done+t.Done, e.OnTime+t.OnTime, e.Open+t.Open
	}
	return done, nil
}

// manualSteps returns the steps of all versions of processes that are tasks of members
// and no contact to one customer.
func (d *Desk) manualSteps(ctx context.Context) (list []storage.StepRef, err error) {
	processes, err := d.DB.Processes(ctx)
	if err != nil {
		return nil, err
	}
	for i := range processes {
		for version := 1; version <= processes[i].Version; version++ {
			p, err := d.document(ctx, processes[i].Number, version)
			if err != nil {
				return nil, err
			}
			for step := range p.Steps {
				if p.Steps[step].Channel.Manual() {
					list = append(list, storage.StepRef{Process: processes[i].Number, Version: version, Step: step})
				}
			}
		}
	}
	return list, nil
}

// executedAfter returns what stands on the page behind a member, and the
// cursor behind that if there is more.
func executedAfter(all []storage.Execution, from storage.Execution, storeOf func(id.Staff) id.Store) (page []storage.Execution, next string) {
	order := func(a, b storage.Execution) int {
		return cmp.Or(cmp.Compare(b.Open, a.Open), cmp.Compare(storeOf(a.Staff), storeOf(b.Staff)), cmp.Compare(a.Staff, b.Staff))
	}
	page = slices.DeleteFunc(slices.Clone(all), func(e storage.Execution) bool { return order(e, from) <= 0 })
	slices.SortFunc(page, order)
	if len(page) > pageSize {
		page = page[:pageSize]
		last := page[pageSize-1]
		next = strconv.Itoa(last.Open) + "." + id.Text(last.Staff)
	}
	return page, next
}

// parseExecutionCursor returns the last member of the page before; before the
// first page nobody has as much open.
func parseExecutionCursor(text string) (storage.Execution, error) {
	if text == "" {
		return storage.Execution{Open: math.MaxInt}, nil
	}
	open, staff, _ := strings.Cut(text, ".")
	n, err := strconv.Atoi(open)
	who, ok := id.Parse[id.Staff](staff)
	if err != nil || !ok {
		return storage.Execution{}, notFound("page")
	}
	return storage.Execution{Open: n, Staff: who}, nil
}
