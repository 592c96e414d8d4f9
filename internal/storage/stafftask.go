package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
)

var _ delivery.StaffTasks = (*DB)(nil)

var staffTaskTable = table{name: "staff_task", key: []string{"customer_id", "id"}, known: replace,
	columns: []column{{"customer_id", bigint}, {"id", bigint}, {"corp", text}, {"staff_id", bigint}, {"store_id", bigint},
		{"purpose", text}, {"line_id", bigint}, {"material", text}, {"body", text}, {"link", text}, {"action_id", bigint},
		{"starts", bigint}, {"ends", bigint}, {"state", text}, {"since", bigint}, {"result", text}, {"because", text}, {"content", bigint}, {"files", text}, {"put_offs", bigint}}}

func staffTaskRow(t *delivery.StaffTask) []any {
	return []any{int64(t.Customer), t.ID, string(t.Corp), int64(t.Staff), int64(t.Store), string(t.Purpose), int64(t.Line),
		t.Material, t.Text, t.Link, t.Action, at(t.From), at(t.Until), string(t.State), at(t.Since),
		string(t.Result), t.Because, int64(t.Content), t.Files, int64(t.PutOffs)}
}

func scanStaffTask(scan func(...any) error) (t delivery.StaffTask, err error) {
	err = scan(&t.Customer, &t.ID, &t.Corp, &t.Staff, &t.Store, &t.Purpose, &t.Line, &t.Material, &t.Text, &t.Link, &t.Action,
		moment{&t.From}, moment{&t.Until}, &t.State, moment{&t.Since}, &t.Result, &t.Because, &t.Content, &t.Files, &t.PutOffs)
	return t, err
}

// AddStaffTasks implements delivery.StaffTasks.
func (db *DB) AddStaffTasks(ctx context.Context, tasks []delivery.StaffTask, touches []delivery.Touch) (added int, err error) {
	if len(tasks) != len(touches) {
		return 0, fault.New(fault.Internal, "store staff tasks: %d tasks with %d touches", len(tasks), len(touches))
	}
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		added, err = tx.addStaffTasks(ctx, tasks, touches)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("store %d staff tasks: %w", len(tasks), err)
	}
	return added, nil
}

func (tx *Tx) addStaffTasks(ctx context.Context, tasks []delivery.StaffTask, touches []delivery.Touch) (added int, err error) {
	fresh, err := tx.touchFresh(ctx, tasks, touches)
	if err != nil {
		return 0, err
	}
	rows, change, words := make([][]any, len(fresh)), executionChange{}, newWordingChange()
	said := make(map[int64]*delivery.Touch, len(touches))
	for i := range touches {
		said[touches[i].ID] = &touches[i]
	}
	for i, t := range fresh {
		rows[i] = staffTaskRow(t)
		change.add(givenAs(t), 1)
		words.given(drawnOf{t.Material, t.Text, said[t.ID]})
	}
	if err := tx.changeWordings(ctx, words); err != nil {
		return 0, err
	}
	if _, err := tx.put(ctx, staffTaskTable, rows); err != nil {
		return 0, err
	}
	return len(fresh), tx.changeExecution(ctx, change)
}

// touchFresh stores the touches of tasks and returns the tasks that are new and
// whose touch no other one was in the way of.
func (tx *Tx) touchFresh(ctx context.Context, tasks []delivery.StaffTask, touches []delivery.Touch) (fresh []*delivery.StaffTask, err error) {
	n, err := tx.addTouches(ctx, touches)
	if err != nil {
		return nil, err
	}
	all := n == len(tasks)
	touched, known := map[int64]bool{}, map[int64]bool{}
	if !all {
		ids, customers := make([]int64, len(tasks)), make([]id.Customer, len(tasks))
		for i := range tasks {
			ids[i], customers[i] = tasks[i].ID, tasks[i].Customer
		}
		same, err := tx.touchesAmong(ctx, customers, ids)
		if err != nil {
			return nil, err
		}
		for _, t := range same {
			touched[t.ID] = true
		}
		if known, err = tx.tasksAmong(ctx, ids); err != nil {
			return nil, err
		}
	}
	for i := range tasks {
		if all || touched[tasks[i].ID] && !known[tasks[i].ID] {
			fresh = append(fresh, &tasks[i])
		}
	}
	return fresh, nil
}

// tasksAmong returns which of the ids are tasks that are stored.
func (tx *Tx) tasksAmong(ctx context.Context, ids []int64) (map[int64]bool, error) {
	known := map[int64]bool{}
	err := each(ctx, tx, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		known[id] = true
		return err
	}, "SELECT id FROM staff_task WHERE id "+tx.dialect.among(1), idList(tx.dialect, ids))
	return known, err
}

// StaffTasks implements delivery.StaffTasks.
func (db *DB) StaffTasks(ctx context.Context, q delivery.TaskQuery) ([]delivery.StaffTask, error) {
	c := conditions{dialect: db.dialect}
	if q.Task != 0 {
		c.add("id = ?", q.Task)
	}
	if q.Staff != 0 {
		c.add("staff_id = ?", int64(q.Staff))
	}
	if q.States != nil {
		c.add("state "+db.dialect.amongWords(0), wordList(db.dialect, q.States))
		if !slices.ContainsFunc(q.States, func(s delivery.StaffTaskState) bool { return s != delivery.Due && s != delivery.Postponed }) {
			c.add(waitingTasks) // says the same in the words of an index
		}
	}
	if q.Unsaid {
		c.add(unsaidTasks)
	}
	if q.Purpose != "" {
		c.add("purpose = ?", string(q.Purpose))
	}
	if q.Text != "" {
		c.add("body = ?", q.Text)
	}
	if q.Customers != nil {
		people, err := people(ctx, db.reader, db.dialect, q.Customers)
		if err != nil {
			return nil, fmt.Errorf("look up staff tasks: %w", err)
		}
		c.add("customer_id "+db.dialect.among(0), idList(db.dialect, people))
		c.add("id IN (SELECT id FROM touch WHERE state = 'underway' AND customer_id "+db.dialect.among(0)+")", idList(db.dialect, people))
	}
	if !q.FromBefore.IsZero() {
		c.add("starts <= ?", at(q.FromBefore))
	}
	if !q.UntilFrom.IsZero() {
		c.add("ends >= ?", at(q.UntilFrom))
	}
	if !q.UntilBefore.IsZero() {
		c.add("ends < ?", at(q.UntilBefore))
	}
	c.scope(q.Scope)
	var list []delivery.StaffTask
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		t, err := scanStaffTask(scan)
		list = append(list, t)
		return err
	}, "SELECT "+staffTaskTable.list()+" FROM staff_task "+c.where()+" ORDER BY starts, id"+c.limit(q.Limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read staff tasks: %w", err)
	}
	return list, nil
}

// waitingTasks are the tasks in the index of those that wait for a member.
const waitingTasks = "state IN ('due', 'postponed')"

// unsaidTasks are those of them that their member has not answered.
const unsaidTasks = waitingTasks + " AND result <> 'said'"

// ChangeStaffTask implements delivery.StaffTasks.
func (db *DB) ChangeStaffTask(ctx context.Context, task int64, change func(*delivery.StaffTask, *delivery.Touch) error) error {
	return db.ChangeStaffTasks(ctx, []int64{task}, change)
}

// ChangeStaffTasks implements delivery.StaffTasks.
func (db *DB) ChangeStaffTasks(ctx context.Context, tasks []int64, change func(*delivery.StaffTask, *delivery.Touch) error) error {
	return db.refusable(ctx, func(tx *Tx, refuse func(error) error) error {
		list, touches, err := tx.loadStaffTasks(ctx, tasks)
		if err != nil {
			return err
		}
		rows, count, words := make([][]any, len(list)), executionChange{}, newWordingChange()
		for i := range list {
			t, touch := &list[i], &touches[i]
			was, since := touch.State, t.Since
			count.add(givenAs(t), -1)
			if err := refuse(change(t, touch)); err != nil {
				return err
			}
			count.add(givenAs(t), 1)
			if was != delivery.Delivered && touch.State == delivery.Delivered {
				words.delivered(drawnOf{t.Material, t.Text, touch})
			}
			if err := tx.followStaffTask(ctx, t, touch, since); err != nil {
				return err
			}
			rows[i] = staffTaskRow(t)
		}
		if _, err := tx.put(ctx, staffTaskTable, rows); err != nil {
			return err
		}
		if err := tx.changeExecution(ctx, count); err != nil {
			return err
		}
		if err := tx.changeWordings(ctx, words); err != nil {
			return err
		}
		return tx.changeTouches(ctx, touches)
	})
}

// followStaffTask carries a change to the invitation or the step that wanted the task.
func (tx *Tx) followStaffTask(ctx context.Context, t *delivery.StaffTask, touch *delivery.Touch, since time.Time) error {
	if t.Purpose == event.Invite {
		if err := tx.followInvitee(ctx, t); err != nil {
			return err
		}
	}
	if t.State == delivery.Postponed && t.Since.After(since) {
		return tx.followPutOff(ctx, t, touch)
	}
	return nil
}

// loadStaffTasks returns tasks with the touch of each.
func (tx *Tx) loadStaffTasks(ctx context.Context, tasks []int64) (list []delivery.StaffTask, touches []delivery.Touch, err error) {
	err = each(ctx, tx, func(scan func(...any) error) error {
		t, err := scanStaffTask(scan)
		list = append(list, t)
		return err
	}, "SELECT "+staffTaskTable.list()+" FROM staff_task WHERE id "+tx.dialect.among(1)+" ORDER BY id"+tx.lock(), idList(tx.dialect, tasks))
	if err != nil {
		return nil, nil, fmt.Errorf("read %d staff tasks: %w", len(tasks), err)
	}
	if len(list) != len(tasks) {
		return nil, nil, fault.New(fault.NotFound, "of %d staff tasks there are %d", len(tasks), len(list))
	}
	customers := make([]id.Customer, len(list))
	for i := range list {
		customers[i] = list[i].Customer
	}
	found, err := tx.touchesAmong(ctx, customers, tasks)
	if err != nil {
		return nil, nil, fmt.Errorf("read touches of %d staff tasks: %w", len(tasks), err)
	}
	of := make(map[int64]delivery.Touch, len(found))
	for _, t := range found {
		of[t.ID] = t
	}
	touches = make([]delivery.Touch, len(list))
	for i := range list {
		touch, known := of[list[i].ID]
		if !known {
			return nil, nil, fault.New(fault.Internal, "staff task %d has no touch", list[i].ID)
		}
		touches[i] = touch
	}
	return list, touches, nil
}
