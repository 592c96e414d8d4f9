package delivery

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
)

// StaffTaskState is where a staff task stands.
type StaffTaskState string

// The states of a staff task. Due and Postponed wait for the member.
const (
	Due       StaffTaskState = "due"
	Postponed StaffTaskState = "postponed" // From was moved
	DoneState StaffTaskState = "done"
	NoNeed    StaffTaskState = "no_need" // the member knows better
	Missed    StaffTaskState = "missed"  // not done when its window ended
	Taken     StaffTaskState = "taken"   // taken back: objection, complaint, purchase, replanned
)

// StaffTask is one message a member writes by hand, from the list on the
// phone.
type StaffTask struct {
	ID       int64 // of its touch
	Corp     id.Corp
	Staff    id.Staff
	Store    id.Store
	Customer id.Customer
	Purpose  event.Purpose
	Line     id.Line
	Material string
	Text     string  // with {name} and {staff} still in it; pages fill them in
	Link     string  // exactly as it is to be sent
	Content  id.Code // whose openings the link counts, 0 where none are counted
	Files    string  // codes of the pictures and files that go with it, separated by blanks
	Action   int64   // decision.Action.ID, or the number of the invitation
	From     time.Time
	Until    time.Time
	State    StaffTaskState
	Since    time.Time // when State was entered
	Result   Result    // once done
	Because  string    // why it was taken back, put off or not done
	PutOffs  int       // how often it was put off
}

// Result is what the member reports with one tap.
type Result string

// The results.
const (
	Answered   Result = "answered"
	NoAnswer   Result = "no_answer"
	WillBuy    Result = "will_buy"
	Complained Result = "complained"
	Refused    Result = "refused" // wants no marketing
	// Said is the result of an invitation whose member wrote to the customer,
	// while WeCom has not told that the customer joined. The task still waits.
	Said Result = "said"
)

func (g *Gate) staffTasks(actions []decision.Action, materials map[string]content.Material, of pieces, readers map[id.Customer]bool) (tasks []StaffTask, touches []Touch) {
	now := g.Clock.Now()
	for _, a := range actions {
		if a.Channel != event.OneToOne {
			continue
		}
		m, touch := materials[a.Material], touchOf(a, now)
		text, _ := m.Said(a.Wording)
		link, counts := g.linkTo(m, touch, of[m.Code], readers[a.Customer])
		tasks = append(tasks, StaffTask{
			ID: touch.ID, Corp: a.Corp, Staff: a.Staff, Store: a.Store, Customer: a.Customer, Purpose: a.Purpose, Line: a.Line,
			Material: m.Code, Text: text, Link: link, Content: counts, Files: content.FilesText(m.Files), Action: a.ID, From: a.From, Until: a.Until, State: Due, Since: now,
		})
		touches = append(touches, touch)
	}
	return tasks, touches
}

// Answer is what a member reports about a task.
type Answer struct {
	Task   int64
	State  StaffTaskState // DoneState, Postponed or NoNeed
	Result Result         // with DoneState; may be empty
	By     string         // console account
	// Because is why it is put off, with Postponed, or not done, with NoNeed.
	Because string
}

var errPutOffs = fmt.Errorf("it was put off %d times", sop.MostPutOffs)

// ErrPutOffs is what a task gives that cannot be put off once more.
func ErrPutOffs() error { return fault.WithKey(fault.Invalid, "error.put_off_enough", errPutOffs) }

// AnswerTask takes a member's answer. A task that is done becomes a delivered
// touch; one whose customer complained or refused becomes that fact too. A
// second answer to a finished task changes nothing; but a message that the member
// sent before the phone told that it was taken back has reached its customer, and
// counts. One that was put off
// sop.MostPutOffs times cannot be once more: ErrPutOffs. The scope must cover the
// task, else it is fault.Denied.
func (g *Gate) AnswerTask(ctx context.Context, scope org.Scope, a Answer) error {
	if a.State != DoneState && a.State != Postponed && a.State != NoNeed {
		return fault.New(fault.Invalid, "answer task %d: %q is no answer", a.Task, a.State)
	}
	now := g.Clock.Now()
	var facts []event.Fact
	err := g.Tasks.ChangeStaffTask(ctx, a.Task, func(t *StaffTask, touch *Touch) (err error) {
		facts = nil
		if scope.Staff != 0 && scope.Staff != t.Staff || scope.Staff == 0 && !scope.Sees(t.Store) {
			return fault.New(fault.Denied, "it is another member's")
		}
		sent := t.State == Taken && a.State == DoneState && t.Purpose != event.Invite
		if !sent && !t.open() || t.Result == Said {
			facts, err = taskFacts(*t, *touch, a.By) // the first answer may have ended before its facts were written
			return err
		}
		if a.State == Postponed && t.PutOffs >= sop.MostPutOffs {
			return ErrPutOffs()
		}
		t.Since = now
		switch {
		case a.State == Postponed:
			t.postpone(g.tomorrow(now))
			t.Because = a.Because
		case a.State == NoNeed:
			t.State, t.Because = NoNeed, a.Because
			touch.end(Withdrawn, string(NoNeed), now)
		default:
			if sent {
				t.Because = ""
			}
			t.done(a.Result)
			touch.end(Delivered, "", now)
		}
		facts, err = taskFacts(*t, *touch, a.By)
		return err
	})
	if err != nil {
		return fmt.Errorf("answer task %d: %w", a.Task, err)
	}
	return g.report(ctx, facts)
}

// done takes in what the member did. Who was asked into a group has not joined it
// yet, and does not where the customer refused or complained.
func (t *StaffTask) done(result Result) {
	switch {
	case t.Purpose != event.Invite:
		t.State, t.Result = DoneState, result
	case result == Refused || result == Complained:
		t.State, t.Result = NoNeed, result
	default:
		t.State, t.Result = Due, Said
	}
}

// postpone moves the task. An invitation keeps the days that its customer has to
// join.
func (t *StaffTask) postpone(from, until time.Time) {
	t.State, t.From, t.PutOffs = Postponed, from, t.PutOffs+1
	if t.Purpose != event.Invite || t.Until.Before(until) {
		t.Until = until
	}
}

func taskFacts(t StaffTask, touch Touch, by string) ([]event.Fact, error) {
	if touch.State != Delivered {
		return nil, nil
	}
	delivered, err := deliveredFact(touch, t.Content, touch.At)
	if err != nil {
		return nil, err
	}
	facts := []event.Fact{delivered}
	var body event.Body
	switch t.Result {
	case Complained:
		body = event.ComplaintOpened{Staff: t.Staff}
	case Refused:
		body = event.MarketingRefused{By: by}
	default:
		return facts, nil
	}
	said, err := event.New(event.Customer(t.Customer), touch.At, event.FromDelivery, factKey(body.Kind(), t.ID), body)
	return append(facts, said), err
}

// tomorrow returns the working time of the next business day.
func (g *Gate) tomorrow(now time.Time) (from, until time.Time) {
	day := clock.Day(now, g.Zone).AddDate(0, 0, 1)
	return g.Rules().Window(day, now)
}

// End ends what nobody did in time: staff tasks become missed, dispatches that
// were not approved are dropped. Their customers are planned anew. It returns
// how many of both.
func (g *Gate) End(ctx context.Context) (ended int, err error) {
	now := g.Clock.Now()
	over, err := g.Tasks.StaffTasks(ctx, TaskQuery{States: []StaffTaskState{Due, Postponed}, UntilBefore: now, Scope: org.All()})
	if err != nil {
		return 0, fmt.Errorf("find tasks that are over: %w", err)
	}
	for _, task := range over {
		err := g.Tasks.ChangeStaffTask(ctx, task.ID, func(t *StaffTask, touch *Touch) error {
			if t.open() && !now.Before(t.Until) {
				t.end(Missed, touch, string(WindowOver), now)
			}
			return nil
		})
		if err != nil {
			return ended, fmt.Errorf("end task %d: %w", task.ID, err)
		}
		ended++
	}
	err = g.each(ctx, Query{States: []State{Planned}}, func(d Dispatch) error {
		if now.Before(d.Until) {
			return nil
		}
		ended++
		return g.Ledger.ChangeDispatch(ctx, d.ID, func(r *Record) error {
			if r.Dispatch.State != Planned {
				return nil
			}
			return r.drop(now, string(WindowOver))
		})
	})
	return ended, err
}

func (t *StaffTask) open() bool { return t.State == Due || t.State == Postponed }

func (t *StaffTask) end(state StaffTaskState, touch *Touch, because string, now time.Time) {
	t.State, t.Since, t.Because = state, now, because
	if touch.State == Underway { // else the member has written already
		touch.end(Withdrawn, because, now)
	}
}

func (g *Gate) takeTasks(ctx context.Context, w Withdrawal, customers map[id.Customer]bool) (taken int, err error) {
	tasks, err := g.Tasks.StaffTasks(ctx, TaskQuery{States: []StaffTaskState{Due, Postponed}, Customers: w.Customers, Scope: org.All()})
	if err != nil {
		return 0, fmt.Errorf("find staff tasks underway: %w", err)
	}
	for _, task := range tasks {
		concerned := false
		err := g.Tasks.ChangeStaffTask(ctx, task.ID, func(t *StaffTask, touch *Touch) error {
			if concerned = t.open() && w.concerns(*touch, customers); concerned {
				t.end(Taken, touch, string(w.Because), g.Clock.Now())
			}
			return nil
		})
		if err != nil {
			return taken, fmt.Errorf("take task %d back: %w", task.ID, err)
		}
		if concerned {
			taken++
		}
	}
	return taken, nil
}

// takenAtOnce is how many tasks are taken back in one transaction: about 10 ms of the
// writer.
const takenAtOnce = 100

// TakeTasks takes back the contacts by hand that the query picks and that no member has
// made, because a person has decided so. Their customers keep the day's answer of the plan,
// so that none gets another contact by hand on it. Whoever ends in between may ask again:
// it goes on with those that are left. It returns how many it took back.
func (g *Gate) TakeTasks(ctx context.Context, q TaskQuery) (taken int, err error) {
	q.Unsaid, q.Limit = true, takenAtOnce
	for {
		waiting, err := g.Tasks.StaffTasks(ctx, q)
		if err != nil {
			return taken, fmt.Errorf("find tasks to take back: %w", err)
		}
		if len(waiting) == 0 {
			return taken, nil
		}
		n, err := g.takeByPerson(ctx, waiting)
		if err != nil {
			return taken, fmt.Errorf("take %d tasks back: %w", len(waiting), err)
		}
		taken += n
	}
}

func (g *Gate) takeByPerson(ctx context.Context, waiting []StaffTask) (taken int, err error) {
	tasks := make([]int64, len(waiting))
	for i := range waiting {
		tasks[i] = waiting[i].ID
	}
	ended := map[int64]bool{} // the transaction may be tried again
	err = g.Tasks.ChangeStaffTasks(ctx, tasks, func(t *StaffTask, touch *Touch) error {
		ended[t.ID] = t.open() && t.Result != Said
		if ended[t.ID] {
			t.end(Taken, touch, string(ByPerson), g.Clock.Now())
		}
		return nil
	})
	for _, is := range ended {
		if is && err == nil {
			taken++
		}
	}
	return taken, err
}
