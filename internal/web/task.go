package web

import (
	"context"
	"time"

	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
)

// Tasks are one member's own list for today, on the phone.
type Tasks interface {
	// Tasks returns the list of the scope's member, open ones first, at most 60.
	Tasks(ctx context.Context, scope org.Scope) (TaskList, error)
	// TasksWith returns the member's contacts by hand with one customer and the
	// tasks of processes about the customer, open ones first.
	TasksWith(ctx context.Context, scope org.Scope, c id.Customer) ([]Task, error)
	// See keeps that the scope's member sees these tasks now; the first time of each
	// stands. It writes nothing where all were seen before.
	See(ctx context.Context, scope org.Scope, tasks []Task) error
	// Answer says what became of a task. Answering twice keeps the first
	// answer and is no error. One that was put off sop.MostPutOffs times is not once
	// more: fault.Invalid. A task that is proved by a picture is not done
	// without one: fault.Invalid, as is what is no picture.
	Answer(ctx context.Context, by Asker, a TaskAnswer) error
	// Photo returns the picture that proves a step, as JPEG. It is fault.NotFound
	// for who may not see the task.
	Photo(ctx context.Context, scope org.Scope, step string) ([]byte, error)
}

// TaskList is what a member should do today.
type TaskList struct {
	Staff string // name
	Store string
	Total int
	Done  int
	Tasks []Task
}

// Task is one contact a member should make by hand, a WeCom task to confirm in
// WeCom itself, or something else that a process asks for.
type Task struct {
	ID       int64       // 0 where Step is set
	Step     string      // names a step of a process that is no contact to one customer
	Process  sop.Text    // whose step it is
	Title    sop.Text    // of the step
	How      sop.Channel // of the step
	Do       sop.Text    // what to do, of calls and of steps that say nothing to customers
	Phone    string      // of the customer, of calls: what the member noted in WeCom, "" where nothing is
	Friend   string      // of calls to whom the member is no contact in WeCom: who is
	About    string      // of steps: the group, store or member it is about
	Photo    bool        // it is done only with a picture
	Customer id.Customer // 0 for a WeCom mass send
	Name     string
	Count    int // customers of a WeCom mass send
	Channel  event.Channel
	Purpose  event.Purpose
	Limiting insight.Part
	Because  []insight.Reason
	AsOf     time.Time      // of Because
	Text     string         // for customers; "" of what only tells the member what to do
	Group    string         // into which the customer is invited
	Link     string         // to the group's code, "" without
	Files    []content.File // pictures and files that go with it
	Urged    bool
	Pressing bool // it answers a customer who should not have to wait
	Until    time.Time
	Rapport  event.Rapport // with the customer, "" if nobody judged it
	PutOffs  int           // how often it was put off, at most sop.MostPutOffs
	State    TaskState
}

// PutOffsLeft returns how often the task can still be put off.
func (t Task) PutOffsLeft() int { return max(0, sop.MostPutOffs-t.PutOffs) }

// Calls tells whether the member rings the customer up.
func (t Task) Calls() bool { return t.How == sop.Call }

// Instructs tells whether the task only tells the member what to do: nothing of it is
// for customers to read.
func (t Task) Instructs() bool { return t.How == sop.Call || t.How == sop.Task }

// Said returns what the member copies: the text, with the link to the group's code.
func (t Task) Said() string {
	if t.Instructs() {
		return ""
	}
	if t.Text == "" || t.Link == "" {
		return t.Text + t.Link
	}
	return t.Text + "\n" + t.Link
}

// TaskState says what became of a task.
type TaskState string

// The states of a task.
const (
	TaskOpen      TaskState = "open"
	TaskDone      TaskState = "done"
	TaskPostponed TaskState = "postponed" // to the next working day
	TaskNoNeed    TaskState = "no_need"   // the member knows better
	TaskSaid      TaskState = "said"      // invited; WeCom has not told of a join
)

// TaskAnswer is a member's answer to a task.
type TaskAnswer struct {
	Task    int64
	Step    string // instead of Task
	State   TaskState
	Because sop.Because // why it is postponed or, if said, not done: one of sop.PutOffs
	Photo   []byte      // file that was brought, nil for none
	Call    CallResult  // of a call that is done, "" of anything else
}

// CallResult is how a call ended.
type CallResult string

// The results of a call. Either ends the task: the member rang.
const (
	CallReached CallResult = "reached"
	CallMissed  CallResult = "not_reached"
)
