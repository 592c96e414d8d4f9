package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/vault"
)

// taskPage is a member's own list.
type taskPage struct {
	TaskList
	Cards []taskCard
	Open  int
	Width string // how much is done, as the width of a bar
	Lines map[id.Line]string
	Wrong string
}

// taskCard is a task and where its answer goes.
type taskCard struct {
	Task
	Key    string // in the page
	To     string
	Beside bool // a chat
}

// Reasons returns for what a task may be put off.
func (taskCard) Reasons() []sop.Because { return sop.PutOffs() }

// Named returns what tells the task apart from the others.
func (t Task) named() string {
	if t.Step != "" {
		return t.Step
	}
	return id.Text(t.ID)
}

func cards(tasks []Task, under string, beside bool) []taskCard {
	list := make([]taskCard, len(tasks))
	for i, t := range tasks {
		list[i] = taskCard{Task: t, Key: strings.ReplaceAll(t.named(), ".", "-"), To: under + t.named(), Beside: beside}
	}
	return list
}

// see keeps that the member sees tasks. A page is shown all the same where that fails.
func (v *visit) see(tasks []Task) {
	if err := v.Tasks.See(v.r.Context(), v.seat.Scope, tasks); err != nil && v.r.Context().Err() == nil {
		v.Log.Error("what a member saw was not kept", "error", err)
	}
}

func (v *visit) taskList() error { return v.showTasks(nil) }

func (v *visit) showTasks(wrong error) error {
	ctx := v.r.Context()
	list, err := v.Tasks.Tasks(ctx, v.seat.Scope)
	if err != nil {
		return err
	}
	v.see(list.Tasks)
	page := taskPage{TaskList: list, Cards: cards(list.Tasks, "/tasks/", false), Open: list.Total - list.Done, Width: percentage(100 * ratio(list.Done, list.Total))}
	if page.Lines, err = v.Directory.Lines(ctx); err != nil {
		return err
	}
	if wrong != nil {
		_, page.Wrong = v.wrong(wrong)
	}
	return v.show("tasks", Page{Title: v.lang.text("tasks.title"), Menu: "tasks", Data: page})
}

func (v *visit) taskAnswer() error {
	state, err := v.answerTask("id")
	if fault.CodeOf(err) == fault.Invalid {
		return v.showTasks(err)
	}
	if err != nil {
		return err
	}
	v.redirect("/tasks?done=task_" + string(state))
	return nil
}

// answerTask takes the answer to the task that this part of the address names, and
// returns which answer it was, in the words of the form.
func (v *visit) answerTask(part string) (said TaskState, err error) {
	photo, err := v.photo()
	if err != nil {
		return "", err
	}
	a := TaskAnswer{State: TaskState(v.r.FormValue("state")), Photo: photo}
	if named := v.r.PathValue(part); strings.Contains(named, ".") {
		a.Step = named
	} else if a.Task, err = v.number(part); err != nil {
		return "", err
	}
	if because := sop.Because(v.r.FormValue("because")); because != "" {
		a.State, a.Because = TaskPostponed, because
	}
	if because := sop.Because(v.r.FormValue("not_done")); because != "" {
		a.State, a.Because = TaskNoNeed, because
	}
	said = a.State
	if call := CallResult(a.State); call == CallReached || call == CallMissed {
		a.State, a.Call = TaskDone, call
	}
	switch {
	case a.State == TaskDone, a.State == TaskNoNeed && (a.Because == "" || slices.Contains(sop.PutOffs(), a.Because)):
	case a.State == TaskPostponed && slices.Contains(sop.PutOffs(), a.Because):
	case a.State == TaskPostponed:
		return "", fault.WithKey(fault.Invalid, "error.postpone_why", fmt.Errorf("answer task: postponed for no known reason"))
	default:
		return "", fault.New(fault.Invalid, "answer task: unknown answer %s", strconv.Quote(string(a.State)))
	}
	return said, v.Tasks.Answer(v.r.Context(), v.asker(), a)
}

// photo returns the picture of the form, nil where none was chosen.
func (v *visit) photo() ([]byte, error) {
	const inMemory = 1 << 20
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, vault.MaxPhoto+maxForm)
	err := v.r.ParseMultipartForm(inMemory)
	if errors.Is(err, http.ErrNotMultipart) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.WithKey(fault.Invalid, "error.photo_size", err)
	}
	file, head, err := v.r.FormFile("photo")
	if err != nil || head.Size == 0 {
		return nil, nil // browsers send an empty part where nothing was chosen
	}
	defer file.Close()
	raw, err := io.ReadAll(file)
	if err != nil {
		return nil, fault.WithKey(fault.Invalid, "error.photo_size", err)
	}
	return raw, nil
}

// taskPhoto answers with the picture that proves a step.
func (v *visit) taskPhoto() error {
	photo, err := v.Tasks.Photo(v.r.Context(), v.seat.Scope, v.r.PathValue("key"))
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "image/jpeg")
	_, _ = v.w.Write(photo) // a client that went away has nobody left to tell
	return nil
}
