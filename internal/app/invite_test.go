package app

import (
	"context"
	"fmt"
	"testing"
	"time"

	"siyu/internal/audience"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/job"
	"siyu/internal/org"
	"siyu/internal/web"
	"siyu/internal/wecom/simulator"
)

// host is a joint with an audience to invite, told by a tag.
type host struct {
	*joint
	audience int64
	tag      string
	group    id.Group
}

// hostOf tags customers and makes an audience of them.
func hostOf(t *testing.T, db string, customers ...int) host {
	t.Helper()
	j := join(t, db, web.ModeCallbacks)
	j.make(web.TagOwn, "relation", "guest")
	_, guest := j.named("guest")
	_, own, _ := tagParts(guest.Key)
	number, err := j.db.AddAudience(t.Context(), flow.Audience{Name: "guests", Kind: flow.Dynamic, Created: j.clock.Now(), CreatedBy: "lead", Rule: audience.Rule{
		Ask: &audience.Condition{Field: "tags", Is: audience.OneOf, Values: []audience.Value{{Number: int64(id.CodeOf(own)), Text: own}}}}})
	must(t, err)
	for _, n := range customers {
		must(t, j.desk.SetTag(t.Context(), leading, j.customer(n), guest.Key, false))
	}
	must(t, j.timers.Run(t.Context())) // the index is read
	must(t, j.Refill(t.Context()))
	h := host{joint: j, audience: number, tag: guest.Key}
	groups, err := j.db.Groups(t.Context())
	must(t, err)
	for _, g := range groups {
		if g.Name == "group 0" {
			h.group = g.ID
		}
	}
	return h
}

// invite begins an invitation and does what it needs at once.
func (h host) invite() int64 {
	h.t.Helper()
	number, err := h.desk.Invite(h.t.Context(), leading, web.InvitationForm{Audience: h.audience, Group: h.group, Text: "{name}, come in", Link: "https://example.com/code"})
	must(h.t, err)
	h.work()
	return number
}

// figures are those of the newest invitation, without what is 0.
func (h host) figures() string {
	h.t.Helper()
	v, err := h.desk.Invitations(h.t.Context(), org.All(), h.audience)
	must(h.t, err)
	i, text := v.Invitations[0], ""
	for _, f := range []struct {
		name string
		n    int
	}{{"invited", i.Invited}, {"open", i.Open}, {"said", i.Said}, {"joined", i.Joined}, {"declined", i.Declined}, {"missed", i.Missed},
		{"taken", i.TakenBack}, {"waiting", i.Waiting}, {"not asked", i.NotAsked}} {
		if f.n != 0 {
			text += fmt.Sprint(f.name, " ", f.n, ", ")
		}
	}
	for _, because := range append(i.Because, i.Back...) {
		text += fmt.Sprint(because.Because, " ", because.Customers, " ")
	}
	return text
}

func (h host) shows(when, want string) {
	h.t.Helper()
	if got := h.figures(); got != want {
		h.t.Errorf("%s:\n got %s\nwant %s", when, got, want)
	}
}

// task returns the newest staff task of a customer.
func (h host) task(n int) delivery.StaffTask {
	h.t.Helper()
	tasks, err := h.db.StaffTasks(h.t.Context(), delivery.TaskQuery{Scope: org.All()})
	must(h.t, err)
	for _, task := range tasks {
		if task.Customer == h.customer(n) && task.Purpose == event.Invite {
			return task
		}
	}
	h.t.Fatalf("customer %d has no task", n)
	return delivery.StaffTask{}
}

func (h host) answers(n int, state web.TaskState) {
	h.t.Helper()
	task := h.task(n)
	by := web.Asker{Account: "guide", Scope: org.Scope{Staff: task.Staff}}
	must(h.t, h.desk.Answer(h.t.Context(), by, web.TaskAnswer{Task: task.ID, State: state}))
}

func (h host) joins(n int) {
	h.t.Helper()
	h.clock.Set(h.clock.Now().Add(time.Minute))
	_, err := h.platform.People().JoinGroup(simulator.Join{ChatID: h.groups[0], Who: external(n)})
	must(h.t, err)
	h.joint.settle()
}

func (h host) whole() {
	h.t.Helper()
	problems, err := h.db.Check(h.t.Context())
	must(h.t, err)
	if len(problems) > 0 {
		h.t.Errorf("check: %q", problems)
	}
}

func TestAnInvitationEndsByWeComsWord(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		h := hostOf(t, db, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
		must(t, h.desk.SetMarketing(t.Context(), leading, h.customer(1), false))
		must(t, h.desk.Record(t.Context(), leading, web.Record{Customer: h.customer(2), Kind: web.RecordComplaint}))
		h.invite()
		h.shows("at once", "invited 6, open 6, not asked 4, in_group 2 complaint_open 1 refused_marketing 1 ")
		if _, err := h.desk.Invite(t.Context(), leading, web.InvitationForm{Audience: h.audience, Group: h.group}); fault.KeyOf(err) != "error.invite_open" {
			t.Errorf("inviting twice at a time: %v", err)
		}
		h.seenByMember()

		h.answers(4, web.TaskDone)
		h.shows("after a tap", "invited 6, open 5, said 1, not asked 4, in_group 2 complaint_open 1 refused_marketing 1 ")
		h.joins(4)
		if task := h.task(4); task.State != delivery.DoneState {
			t.Errorf("the task of who joined is %s", task.State)
		}
		h.joins(5) // nobody tapped
		must(t, h.desk.SetMarketing(t.Context(), leading, h.customer(6), false))
		must(t, h.desk.SetTag(t.Context(), leading, h.customer(7), h.tag, true))
		h.answers(8, web.TaskDone)
		h.answers(9, web.TaskNoNeed)
		rest := "declined 1, taken 2, not asked 4, in_group 2 complaint_open 1 refused_marketing 1 left_audience 1 refused_marketing 1 "
		h.shows("in the end", "invited 6, said 1, joined 2, "+rest)
		if touches := h.contacts(4); touches != 1 {
			t.Errorf("%d contacts count of who was asked once", touches)
		}
		h.whole()

		h.clock.Set(h.clock.Now().Add(4 * 24 * time.Hour))
		must(t, h.timers.Run(t.Context()))
		h.shows("after the window", "invited 6, joined 2, declined 1, missed 1, taken 2, not asked 4, in_group 2 complaint_open 1 refused_marketing 1 left_audience 1 refused_marketing 1 ")
		h.joins(8)
		h.shows("who joins later was not brought by it", "invited 6, joined 2, declined 1, missed 1, taken 2, not asked 4, in_group 2 complaint_open 1 refused_marketing 1 left_audience 1 refused_marketing 1 ")
		h.clock.Set(h.clock.Now().Add(3 * 24 * time.Hour))
		must(t, h.timers.Run(t.Context()))
		h.work()
		if open, err := h.db.OpenInvitations(t.Context()); err != nil || len(open) != 0 {
			t.Errorf("still open: %+v, %v", open, err)
		}
		h.invite()
		h.shows("again within the month", "not asked 9, in_group 5 refused_marketing 2 complaint_open 1 invited_since 1 ")
		h.whole()
	})
}

// contacts counts what counts towards a customer's budgets.
func (h host) contacts(n int) int {
	h.t.Helper()
	states, err := h.db.LoadCustomers(h.t.Context(), []id.Customer{h.customer(n)})
	must(h.t, err)
	return len(states[0].Touches.Recent)
}

// seenByMember looks at the list of the member who asks customer 4.
func (h host) seenByMember() {
	h.t.Helper()
	list, err := h.desk.Tasks(h.t.Context(), org.Scope{Staff: h.task(4).Staff})
	must(h.t, err)
	for _, task := range list.Tasks {
		if task.Customer == h.customer(4) && (task.Group != "group 0" || task.Link != "https://example.com/code" || task.Said() == "") {
			h.t.Errorf("the member sees %+v", task)
		}
	}
}

func TestInvitationsAreSpreadByWhatMembersCanDoAndGoOnAfterACrash(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		h := hostOf(t, db, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)
		documents := *h.brand.Documents()
		documents.Rules.Capacity = 4 // of which half invites
		must(t, h.brand.Set(t.Context(), "rules", documents.Rules, "lead"))
		number, err := h.desk.Invite(t.Context(), leading, web.InvitationForm{Audience: h.audience, Group: h.group})
		must(t, err)
		cut, stop := context.WithCancel(t.Context())
		h.stopAfterListing(cut, stop, number)
		h.shows("when the process ended", "waiting 12, ")
		h.clock.Set(h.clock.Now().Add(5 * time.Minute)) // the lease is over
		h.work()
		h.shows("the first day", "invited 6, open 6, waiting 6, ")
		h.work()
		h.shows("working again", "invited 6, open 6, waiting 6, ")
		h.joins(6)
		waits, err := h.db.OpenInvitees(t.Context(), number, -1<<63, 100)
		must(t, err)
		for _, w := range waits {
			if w.State == delivery.InviteeWaiting { // comes by another way
				_, err := h.facts.Append(t.Context(), h.fact(w.Customer, event.GroupJoined{Group: h.group}))
				must(t, err)
				must(t, h.Turn(t.Context()))
				break
			}
		}
		h.clock.Set(h.clock.Now().Add(24 * time.Hour))
		must(t, h.timers.Run(t.Context()))
		h.work()
		v, err := h.desk.Invitations(t.Context(), org.All(), h.audience)
		must(t, err)
		i := v.Invitations[0]
		if i.Waiting != 0 || i.Invited+i.NotAsked != 12 || len(i.Because) == 0 || i.Because[0].Because != decision.BecauseInGroup {
			t.Errorf("the second day: %+v", i)
		}
		if _, err := h.desk.StopInvitation(t.Context(), leading, number); err != nil {
			t.Fatal(err)
		}
		h.work()
		if got := h.openLeft(number); got != 0 {
			t.Errorf("%d tasks are left of a stopped invitation", got)
		}
		h.whole()
	})
}

// fact is one that a person told of.
func (h host) fact(c id.Customer, body event.Body) event.Fact {
	h.t.Helper()
	f, err := event.New(event.Customer(c), h.clock.Now(), event.FromConsole, id.Hash(fmt.Sprint(c, h.clock.Now())), body)
	must(h.t, err)
	return f
}

func (h host) openLeft(number int64) int {
	h.t.Helper()
	left, err := h.db.OpenInvitees(h.t.Context(), number, -1<<63, 100)
	must(h.t, err)
	return len(left)
}

// stopAfterListing does the listing half of the job and ends like a process that
// is killed: nothing of the job's outcome is kept.
func (h host) stopAfterListing(ctx context.Context, stop func(), number int64) {
	h.t.Helper()
	j, err := h.db.LeaseJob(ctx, []string{inviteJob}, h.clock.Now(), h.clock.Now().Add(time.Minute))
	must(h.t, err)
	if j == nil {
		h.t.Fatal("no job waits")
	}
	i, err := h.db.Invitation(ctx, number)
	must(h.t, err)
	work := inviting{App: h.App, task: &job.Task{Job: *j}, of: &i, index: h.flow.Index()}
	must(h.t, work.list(ctx))
	stop()
	if err := work.give(ctx); err == nil {
		h.t.Error("work goes on after the process ended")
	}
}
