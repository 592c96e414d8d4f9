package delivery_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/org"
	"siyu/internal/storage"
)

// give gives members contacts by hand: so many each, half of them with other words.
func (d *desk) give(t testing.TB, members, each int) (actions []decision.Action) {
	t.Helper()
	for m := range members {
		for c := range each {
			actions = append(actions, d.action(m, c, event.OneToOne, []string{"ask", "remind"}[c%2]))
		}
	}
	queued, err := d.gate.Queue(t.Context(), actions, library)
	must(t, err)
	if queued.Tasks != len(actions) {
		t.Fatalf("queued %+v of %d", queued, len(actions))
	}
	return actions
}

func (d *desk) tasks(t testing.TB, q delivery.TaskQuery) []delivery.StaffTask {
	t.Helper()
	q.Scope = org.All()
	tasks, err := d.db.StaffTasks(t.Context(), q)
	must(t, err)
	return tasks
}

// wrongWords are the contacts that say what a lead found to be wrong.
var wrongWords = delivery.TaskQuery{Purpose: event.Remind, Text: "茶该喝完了吧？", Scope: org.All()}

func TestATextThatMembersHaveNotSaidIsTakenBackFromAllOfThem(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 3, 4)
	actions := d.give(t, 3, 4)
	done := d.tasks(t, delivery.TaskQuery{Staff: staff(0), Purpose: event.Remind})[0]
	must(t, d.gate.AnswerTask(t.Context(), org.All(), delivery.Answer{Task: done.ID, State: delivery.DoneState, By: "m0"}))
	off := d.tasks(t, delivery.TaskQuery{Staff: staff(1), Purpose: event.Remind})[0]
	must(t, d.gate.AnswerTask(t.Context(), org.All(), delivery.Answer{Task: off.ID, State: delivery.Postponed, By: "m1", Because: "no_time"}))
	taken, err := d.gate.TakeTasks(t.Context(), wrongWords)
	must(t, err)
	if taken != 5 {
		t.Errorf("took %d back, want 5: one was sent, one was put off to tomorrow", taken)
	}
	for _, task := range d.tasks(t, delivery.TaskQuery{}) {
		want := delivery.Due
		switch {
		case task.ID == done.ID:
			want = delivery.DoneState
		case task.Purpose == event.Remind:
			want = delivery.Taken
		}
		if task.State != want || want == delivery.Taken && task.Because != string(delivery.ByPerson) {
			t.Errorf("%s of member %d is %s (%s), want %s", task.Purpose, task.Staff, task.State, task.Because, want)
		}
	}
	if again, err := d.gate.TakeTasks(t.Context(), wrongWords); again != 0 || err != nil {
		t.Errorf("took %d back again, %v", again, err)
	}
	if queued, err := d.gate.Queue(t.Context(), actions, library); queued.Tasks != 0 || err != nil {
		t.Errorf("queued again: %+v, %v", queued, err)
	}
	if d.facts(t, event.KindTouchDelivered) != 1 {
		t.Error("what was taken back counts as made")
	}
}

// crashing ends the program before a change of several tasks, after some of them.
type crashing struct {
	*storage.DB
	left int
}

var errCrash = errors.New("the program ends here")

func (c *crashing) ChangeStaffTasks(ctx context.Context, tasks []int64, change func(*delivery.StaffTask, *delivery.Touch) error) error {
	if c.left--; c.left < 0 {
		return errCrash
	}
	return c.DB.ChangeStaffTasks(ctx, tasks, change)
}

func TestTakingBackGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 3, 100)
	d.give(t, 3, 100)
	d.gate.Tasks = &crashing{d.db, 1}
	first, err := d.gate.TakeTasks(t.Context(), wrongWords)
	if first == 0 || first == 150 || !errors.Is(err, errCrash) {
		t.Fatalf("took %d back, %v", first, err)
	}
	d.restart(t)
	rest, err := d.gate.TakeTasks(t.Context(), wrongWords)
	must(t, err)
	if first+rest != 150 {
		t.Errorf("took %d and %d back of 150", first, rest)
	}
	if left := d.tasks(t, delivery.TaskQuery{Unsaid: true}); len(left) != 150 {
		t.Errorf("%d wait, want the 150 others", len(left))
	}
}

func TestWhatWasSentBeforeThePhoneKnewThatItIsTakenBackCounts(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 2)
	d.give(t, 1, 2)
	if taken, err := d.gate.TakeTasks(t.Context(), delivery.TaskQuery{Scope: org.All()}); taken != 2 || err != nil {
		t.Fatalf("took %d back, %v", taken, err)
	}
	d.pass(time.Minute)
	tasks := d.tasks(t, delivery.TaskQuery{})
	for range 2 { // a double tap is one
		must(t, d.gate.AnswerTask(t.Context(), org.Scope{Staff: staff(0)}, delivery.Answer{Task: tasks[0].ID, State: delivery.DoneState, Result: delivery.Complained, By: "m0"}))
	}
	must(t, d.gate.AnswerTask(t.Context(), org.Scope{Staff: staff(0)}, delivery.Answer{Task: tasks[1].ID, State: delivery.Postponed, By: "m0"}))
	if d.facts(t, event.KindTouchDelivered) != 1 || d.facts(t, event.KindComplaintOpened) != 1 {
		t.Error("the message that the customer got, and the complaint, are not known")
	}
	if left := d.tasks(t, delivery.TaskQuery{}); left[0].State != delivery.DoneState || left[1].State != delivery.Taken {
		t.Errorf("the tasks are %s and %s", left[0].State, left[1].State)
	}
	if queued, err := d.gate.Queue(t.Context(), []decision.Action{d.action(0, 0, event.OneToOne, "ask")}, library); queued.Tasks != 0 || err != nil {
		t.Errorf("queued again: %+v, %v", queued, err)
	}
}
