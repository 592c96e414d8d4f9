package web

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight"
)

// touchPage is any page of Touch: the row of tabs and what the tab shows.
type touchPage struct {
	Tab     string
	Seat    Seat
	Decides bool // may resend and drop
	Data    any
}

func (v *visit) showTouch(tab string, data any) error {
	page := touchPage{Tab: tab, Seat: v.seat, Decides: lead(v.seat), Data: data}
	return v.show("touch_"+tab, Page{Title: v.lang.text("touch.title"), Menu: "touch", Data: page})
}

type queuePage struct {
	Batches  []Batch
	Next     string
	Limiting string
	Purpose  string
	Columns  int
}

func (v *visit) touchQueue() error {
	query := v.r.URL.Query()
	page := queuePage{Limiting: query.Get("limiting"), Purpose: query.Get("purpose"), Columns: 6}
	found, err := v.Touches.Batches(v.r.Context(), v.seat.Scope, BatchQuery{
		Limiting: insight.Part(page.Limiting), Purpose: event.Purpose(page.Purpose), After: query.Get("after"),
	})
	if err != nil {
		return err
	}
	page.Batches = found.Batches
	if found.Next != "" {
		page.Next = "/touch?" + url.Values{"limiting": {page.Limiting}, "purpose": {page.Purpose}, "after": {found.Next}}.Encode()
	}
	if v.partial() {
		return v.part("touch_queue", "rows", page)
	}
	return v.showTouch("queue", page)
}

// batchPage is a batch with who may approve it.
type batchPage struct {
	BatchView
	Lines    map[id.Line]string
	Approval ApprovalView
	Meets    *Meeting // nil while it is added up
}

func (v *visit) showBatch(batch int64) error {
	found, err := v.Touches.Batch(v.r.Context(), v.seat.Scope, batch)
	if err != nil {
		return err
	}
	lines, err := v.Directory.Lines(v.r.Context())
	if err != nil {
		return err
	}
	approval, err := v.Decisions.Approvable(v.r.Context(), v.asker(), batch)
	if err != nil {
		return err
	}
	meets, err := v.batchMeeting(batch)
	if err != nil {
		return err
	}
	return v.showTouch("batch", batchPage{found, lines, approval, meets})
}

// number reads a number out of the address.
func (v *visit) number(name string) (int64, error) {
	n, ok := id.Parse[int64](v.r.PathValue(name))
	if !ok {
		return 0, fault.New(fault.NotFound, "%s is no number", name)
	}
	return n, nil
}

func (v *visit) touchApprove() error {
	if err := v.r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "read batches: %w", err)
	}
	var batches []int64
	for _, text := range v.r.PostForm["batch"] {
		if batch, ok := id.Parse[int64](text); ok {
			batches = append(batches, batch)
		}
	}
	if len(batches) == 0 {
		return fault.WithKey(fault.Invalid, "error.none_chosen", fmt.Errorf("approve: no batch chosen"))
	}
	typed, _ := strconv.Atoi(strings.TrimSpace(v.r.PostForm.Get("typed"))) // anything else is another number
	done, err := v.Decisions.Approve(v.r.Context(), v.asker(), ApprovalAsked{Batches: batches, Typed: typed})
	if err != nil {
		return err
	}
	return v.approved(done, typed)
}

func (v *visit) touchReject() error {
	batch, err := v.number("id")
	if err != nil {
		return err
	}
	if err := v.Decisions.Reject(v.r.Context(), v.asker(), batch); err != nil {
		return err
	}
	v.redirect("/touch?done=reject")
	return nil
}

func (v *visit) touchTakeBack() error {
	dispatch, err := v.number("id")
	if err != nil {
		return err
	}
	stopped, err := v.Decisions.TakeBack(v.r.Context(), v.asker(), dispatch)
	if err != nil {
		return err
	}
	if !stopped {
		v.redirect("/touch/tasks?done=taken_back_later")
		return nil
	}
	v.redirect("/touch/tasks?done=taken_back")
	return nil
}

type openTasksPage struct {
	Tasks   []OpenTask
	Next    string
	Columns int
}

func (v *visit) touchTasks() error {
	found, err := v.Touches.Unconfirmed(v.r.Context(), v.seat.Scope, v.r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	page := openTasksPage{Tasks: found.Tasks, Columns: 7}
	if found.Next != "" {
		page.Next = "/touch/tasks?after=" + url.QueryEscape(found.Next)
	}
	if v.partial() {
		return v.part("touch_tasks", "rows", page)
	}
	return v.showTouch("tasks", page)
}

type executionPage struct {
	By      Place
	Staff   []StaffExecution
	Next    string
	Columns int
}

func (v *visit) touchExecution() error {
	if by := Place(v.r.URL.Query().Get("by")); by != "" && by != ByStaff {
		return v.executionBy(by)
	}
	found, err := v.Touches.Execution(v.r.Context(), v.seat.Scope, v.r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	page := executionPage{By: ByStaff, Staff: found.Staff, Columns: 7}
	if found.Next != "" {
		page.Next = "/touch/execution?after=" + url.QueryEscape(found.Next)
	}
	if v.partial() {
		return v.part("touch_execution", "rows", page)
	}
	return v.showTouch("execution", page)
}

// headOffice stands for members who belong to no store.
const headOffice id.Store = 0

func (v *visit) touchUrgeStore() error {
	store, ok := id.Parse[id.Store](v.r.PathValue("id"))
	if !ok && v.r.PathValue("id") != id.Text(headOffice) {
		return fault.New(fault.NotFound, "urge: no such store")
	}
	reminded, err := v.Decisions.UrgeStore(v.r.Context(), v.asker(), store)
	if err != nil {
		return err
	}
	return v.urged(reminded, "/today?done=urge")
}

func (v *visit) touchUrgeStaff() error {
	staff, ok := id.Parse[id.Staff](v.r.PathValue("id"))
	if !ok {
		return fault.New(fault.NotFound, "urge: no such member")
	}
	reminded, err := v.Decisions.UrgeStaff(v.r.Context(), v.asker(), staff)
	if err != nil {
		return err
	}
	return v.urged(reminded, "/touch/execution?done=urge")
}

// urged puts into the button's place how many were reminded.
func (v *visit) urged(reminded int, back string) error {
	if v.partial() {
		return v.part("touch_execution", "urged", reminded)
	}
	v.redirect(back)
	return nil
}

func (v *visit) touchDoubt() error {
	found, err := v.Touches.InDoubt(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	return v.showTouch("doubt", found)
}

func (v *visit) touchResend() error {
	dispatch, err := v.number("id")
	if err != nil {
		return err
	}
	if err := v.Decisions.Resend(v.r.Context(), v.asker(), dispatch); err != nil {
		return err
	}
	v.redirect("/touch/doubt?done=resend")
	return nil
}

func (v *visit) touchDrop() error {
	dispatch, err := v.number("id")
	if err != nil {
		return err
	}
	if err := v.Decisions.Drop(v.r.Context(), v.asker(), dispatch); err != nil {
		return err
	}
	v.redirect("/touch/doubt?done=drop")
	return nil
}

func (v *visit) touchQuotas() error {
	found, err := v.Touches.Quotas(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	return v.showTouch("quotas", found)
}

// Width returns how much of a quota is used, as the width of a bar.
func (q Quota) Width() string { return percentage(100 * clamp(ratio(q.Used, q.Limit), 0, 1)) }

// Left returns how much of a quota is left.
func (q Quota) Left() int { return max(0, q.Limit-q.Used) }
