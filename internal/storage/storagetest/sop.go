package storagetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
)

const processText = `sop: 1
name: hello
title: {zh: 你好, en: Hello}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
goal: {if: {did: bought}, within: 10d}
steps:
  - {name: first, at: 1h, channel: private, purpose: serve, service: true, content: [{text: {zh: 您好}}]}
  - {name: second, at: 1d 10:00, channel: task, content: [{text: {zh: 记录}}]}
`

func processOf(t *testing.T, ctx context.Context, db *storage.DB) flow.Process {
	t.Helper()
	document := must[sop.Process](t)(sop.Parse([]byte(processText)))
	number := must[int64](t)(db.AddProcess(ctx, flow.ProcessVersion{Document: document, Note: "begin", By: "lin", At: noon}))
	for _, p := range must[[]flow.Process](t)(db.Processes(ctx)) {
		if p.Number == number {
			return p
		}
	}
	t.Fatalf("process %d is not there", number)
	return flow.Process{}
}

func processesKeepTheirVersions(t *testing.T, ctx context.Context, db *storage.DB) {
	p := processOf(t, ctx, db)
	equal(t, "state", p.State, flow.ProcessDraft)
	equal(t, "document", len(sop.Diff(&p.Document, ptr(must[sop.Process](t)(sop.Parse([]byte(processText)))))), 0)
	if _, err := db.AddProcess(ctx, flow.ProcessVersion{Document: p.Document, By: "lin", At: noon}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a name twice: %v", err)
	}
	stamp := must[int64](t)(db.ProcessesStamp(ctx))
	next := flow.ProcessVersion{Process: p.Number, Version: 2, Document: p.Document, Note: "again", By: "wu", At: noon.Add(time.Hour)}
	next.Document.PerDay = 7
	next.Text = "# why\n" + strings.Replace(processText, "again: once\n", "again: once\nper_day: 7 # so many\n", 1)
	ok(t, db.AddProcessVersion(ctx, next))
	if err := db.AddProcessVersion(ctx, next); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a version twice: %v", err)
	}
	versions := must[[]flow.ProcessVersion](t)(db.ProcessVersions(ctx, p.Number))
	equal(t, "versions", fmt.Sprint(len(versions), versions[0].Version, versions[0].Note, versions[0].Document.PerDay, versions[1].Document.PerDay), "2 2again7 0")
	equal(t, "comments stay", strings.Contains(versions[0].Text, "# so many"), true)
	if _, err := db.ProcessVersions(ctx, 99); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("an unknown process: %v", err)
	}
	p.State, p.Audience, p.Kept, p.Began, p.Changed, p.Changer = flow.ProcessActive, 4, true, noon, noon, "wu"
	ok(t, db.ChangeProcess(ctx, p))
	is := must[[]flow.Process](t)(db.Processes(ctx))[0]
	equal(t, "changed", fmt.Sprint(is.State, is.Audience, is.Kept, is.Began.Equal(noon), is.Version), "active4 true true 2")
	if now := must[int64](t)(db.ProcessesStamp(ctx)); now <= stamp {
		t.Errorf("stamp %d after %d", now, stamp)
	}
}

func processVersionsWaitUntilTheyAreForced(t *testing.T, ctx context.Context, db *storage.DB) {
	p := processOf(t, ctx, db)
	stands := func() string {
		said := fmt.Sprint(must[[]flow.Process](t)(db.Processes(ctx))[0].Version, ":")
		for _, v := range must[[]flow.ProcessVersion](t)(db.ProcessVersions(ctx, p.Number)) {
			said += fmt.Sprint(" ", v.Version, !v.Forced.IsZero())
		}
		return said
	}
	next := flow.ProcessVersion{Process: p.Number, Version: 2, Document: p.Document, By: "wu", At: noon}
	ok(t, db.ProposeProcessVersion(ctx, next))
	equal(t, "of a draft", stands(), "1: 2 false 1 false")
	p.State, p.Changed = flow.ProcessActive, noon
	ok(t, db.ChangeProcess(ctx, p))
	equal(t, "at work", stands(), "1: 2 false 1 true")
	ok(t, db.ForceProcessVersion(ctx, p.Number, 2, "lin", noon))
	equal(t, "forced", stands(), "2: 2 true 1 true")
	next.Version = 3
	ok(t, db.ProposeProcessVersion(ctx, next))
	next.Version = 4
	ok(t, db.ProposeProcessVersion(ctx, next))
	for _, version := range []int{1, 2, 3, 5} {
		if err := db.ForceProcessVersion(ctx, p.Number, version, "lin", noon); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("version %d is forced: %v", version, err)
		}
	}
	if err := db.ProposeProcessVersion(ctx, next); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a version twice: %v", err)
	}
	equal(t, "two wait", stands(), "2: 4 false 3 false 2 true 1 true")
	next.Version = 5
	ok(t, db.AddProcessVersion(ctx, next))
	equal(t, "installed in force", stands(), "5: 5 true 4 false 3 false 2 true 1 true")
	next.Version = 6
	ok(t, db.ProposeProcessVersion(ctx, next))
	waits := func() int { return len(must[[]storage.ProcessWaiting](t)(db.ProcessesWaiting(ctx))) }
	equal(t, "waits", waits(), 1)
	for _, version := range []int{4, 5, 7} {
		if err := db.WithdrawProcessVersion(ctx, p.Number, version, noon); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("version %d is taken back: %v", version, err)
		}
	}
	ok(t, db.WithdrawProcessVersion(ctx, p.Number, 6, noon))
	equal(t, "waits after it was taken back", waits(), 0)
	newest := must[[]flow.ProcessVersion](t)(db.ProcessVersions(ctx, p.Number))[0]
	equal(t, "when it was taken back", newest.Withdrawn.Equal(noon) && newest.Forced.IsZero(), true)
	if err := db.WithdrawProcessVersion(ctx, p.Number, 6, noon); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("taken back twice: %v", err)
	}
	if err := db.ForceProcessVersion(ctx, p.Number, 6, "lin", noon); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("what was taken back is forced: %v", err)
	}
	equal(t, "the one in force stays", stands(), "5: 6 false 5 true 4 false 3 false 2 true 1 true")
}

func ptr[T any](v T) *T { return &v }

func runOf(p *flow.Process, who int64) sop.Run {
	key := sop.RunKey{Subject: sop.OfCustomer, ID: who, Process: p.Number, Occurrence: int64(event.At(noon))}
	return p.Document.Enter(key, 1, noon, time.UTC)
}

func runsGoOnWhereTheyStood(t *testing.T, ctx context.Context, db *storage.DB) {
	p := processOf(t, ctx, db)
	some := []sop.Run{runOf(&p, 3), runOf(&p, 1), runOf(&p, 2), runOf(&p, 2)}
	equal(t, "entered", must[int](t)(db.EnterRuns(ctx, flow.Entering{Until: 5, New: some})), 3)
	equal(t, "cursor", must[int64](t)(db.Cursor(ctx, flow.SOPReader)), int64(5))
	if _, err := db.EnterRuns(ctx, flow.Entering{Began: 0, Until: 9, New: []sop.Run{runOf(&p, 4)}}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("entering from where the cursor stood before: %v", err)
	}
	equal(t, "entered again", must[int](t)(db.EnterRuns(ctx, flow.Entering{New: some})), 0)
	q := flow.DueQuery{Until: event.At(noon.Add(time.Hour)), Processes: []int64{p.Number}, Limit: 2}
	due := must[[]sop.Run](t)(db.DueRuns(ctx, q))
	equal(t, "due", fmt.Sprint(due[0].ID, due[1].ID, len(due)), "1 2 2")
	equal(t, "as entered", due[0], some[1])
	q.After = &due[1]
	equal(t, "next page", must[[]sop.Run](t)(db.DueRuns(ctx, q))[0].ID, int64(3))
	equal(t, "nothing due before", len(must[[]sop.Run](t)(db.DueRuns(ctx, flow.DueQuery{Until: event.At(noon), Processes: q.Processes}))), 0)
	equal(t, "of other processes", len(must[[]sop.Run](t)(db.DueRuns(ctx, flow.DueQuery{Until: q.Until, Processes: []int64{99}}))), 0)

	is := due[0]
	is.Step, is.DueAt = 1, event.At(noon.Add(24*time.Hour))
	made := flow.StepMade{StepRecord: sop.StepRecord{RunKey: is.RunKey, Version: 1, Outcome: sop.Given, DueAt: due[0].DueAt, At: due[0].DueAt + event.Instant((48 * time.Hour).Milliseconds()), Staff: 5, Store: 7}, Task: true, Kept: true,
		LateFrom: event.At(noon.Add(2 * time.Hour)), Until: noon.Add(8 * time.Hour), Takes: 90 * time.Second}
	move := flow.RunMove{Was: due[0], Is: is, Done: []flow.StepMade{made}}
	equal(t, "moved", must[int](t)(db.MoveRuns(ctx, []flow.RunMove{move})), 1)
	equal(t, "moved twice", must[int](t)(db.MoveRuns(ctx, []flow.RunMove{move})), 0)
	given := must[[]flow.StepsGiven](t)(db.StepsGivenOn(ctx, made.At.Time()))
	equal(t, "given on the day", fmt.Sprint(given), fmt.Sprintf("[{%d 1 0 5 7 1 1m30s}]", p.Number))
	equal(t, "takes of the day", must[map[id.Staff]decision.Load](t)(db.Load(ctx, made.At.Time()))[5], decision.Load{Steps: 90 * time.Second})
	equal(t, "given on the day when it was due", len(must[[]flow.StepsGiven](t)(db.StepsGivenOn(ctx, made.DueAt.Time()))), 0)
	tasks := must[[]storage.StepTask](t)(db.StepTasks(ctx, storage.StepTaskQuery{Scope: org.All()}))
	equal(t, "tasks", fmt.Sprint(len(tasks), tasks[0].Staff, tasks[0].Until.Equal(made.Until)), "1 5 true")
	answer := storage.StepAnswer{StepKey: storage.StepKey{RunKey: is.RunKey, Version: 1}, Outcome: sop.Done, At: noon.Add(3 * time.Hour)}
	if err := db.AnswerStep(ctx, org.Scope{Staff: 6}, answer); fault.CodeOf(err) != fault.Denied {
		t.Errorf("another member answers: %v", err)
	}
	putOff := answer
	putOff.Outcome, putOff.Because, putOff.From, putOff.Until = sop.Postponed, sop.BecauseNoTime, noon.Add(20*time.Hour), noon.Add(30*time.Hour)
	ok(t, db.AnswerStep(ctx, org.Scope{Staff: 5}, putOff))
	equal(t, "tasks while put off", len(must[[]storage.StepTask](t)(db.StepTasks(ctx, storage.StepTaskQuery{Scope: org.All(), Begun: noon.Add(19 * time.Hour)}))), 0)
	waits := must[storage.StepTask](t)(db.StepTaskOf(ctx, answer.StepKey))
	equal(t, "put off", fmt.Sprint(waits.From.Equal(putOff.From), waits.Until.Equal(putOff.Until), string(waits.PutOff)), "true trueno_time")
	answer.Photo = &storage.StepPhoto{StepKey: answer.StepKey, Staff: 5, Store: 7, At: answer.At, Account: "member", Box: []byte("sealed")}
	ok(t, db.AnswerStep(ctx, org.Scope{Staff: 5}, answer))
	answer.Photo = nil
	ok(t, db.AnswerStep(ctx, org.Scope{Staff: 5}, answer))
	photosAreSeenByScopeAndErased(t, ctx, db, answer.StepKey)
	answered := must[[]storage.StepTask](t)(db.AnsweredSteps(ctx, 5, noon))
	equal(t, "answered", fmt.Sprint(len(answered), answered[0].Outcome, answered[0].Proof), "1donephoto")
	equal(t, "answered later", len(must[[]storage.StepTask](t)(db.AnsweredSteps(ctx, 5, noon.Add(4*time.Hour)))), 0)
	lines := sop.Adherence(must[[]sop.Count](t)(db.StepCounts(ctx, p.Number, 0, 1<<30)), func(c sop.Count) id.Staff { return c.Staff })
	equal(t, "adherence of the member", fmt.Sprint(lines[5].Given, lines[5].Done, lines[5].Late, lines[5].OnTime), "1 1 1 0")
	for name, q := range map[string]storage.StepSumQuery{
		"steps": {Of: storage.OfSteps, ByVersion: true, ByStep: true}, "runs": {Of: storage.OfRuns, ByVersion: true, ByArm: true}, "staff": {ByStaff: true, ByStore: true}, "all": {ByProcess: true},
		"of the store": {Scope: org.Scope{Stores: []id.Store{7}}, ByStaff: true}, "of another store": {Scope: org.Scope{Stores: []id.Store{8}}},
	} {
		sumsAreTheCountsAddedUp(t, ctx, db, name, q)
	}
	equal(t, "put off in all", fmt.Sprint(lines[5].Postponed, lines[5].Because), "1 map[no_time:1]")
	equal(t, "entered in all", lines[0].Entered, 3)

	moved := 0
	ok(t, db.EachRun(ctx, p.Number, 1, 2, func(some []sop.Run) error { moved += len(some); return nil }))
	equal(t, "each run", moved, 3)
	ok(t, db.SetCursor(ctx, flow.SOPReader, 0)) // there are no facts that far
	equal(t, "problems", fmt.Sprint(must[[]string](t)(db.Check(ctx))), "[]")
}

// sumsAreTheCountsAddedUp compares with adding every row up.
func sumsAreTheCountsAddedUp(t *testing.T, ctx context.Context, db *storage.DB, name string, q storage.StepSumQuery) {
	if q.Scope.Stores == nil {
		q.Scope = org.All()
	}
	q.To = 1 << 30
	want, have := map[sop.Count]int{}, map[sop.Count]int{}
	for _, c := range must[[]sop.Count](t)(db.StepCounts(ctx, 0, q.From, q.To)) {
		if !q.Scope.Everything && !q.Scope.Sees(c.Store) || q.Of == storage.OfSteps && c.Step < 0 || q.Of == storage.OfRuns && c.Step >= 0 {
			continue
		}
		n := c.N
		c.N, c.Day = 0, 0
		for _, part := range []struct {
			by   bool
			drop func()
		}{{q.ByProcess, func() { c.Process = 0 }}, {q.ByVersion, func() { c.Version = 0 }}, {q.ByStep, func() { c.Step = 0 }}, {q.ByStaff, func() { c.Staff = 0 }},
			{q.ByStore, func() { c.Store = 0 }}, {q.ByArm, func() { c.Held = false }}} {
			if !part.by {
				part.drop()
			}
		}
		want[c] += n
	}
	for _, c := range must[[]sop.Count](t)(db.StepSums(ctx, q)) {
		n := c.N
		c.N = 0
		have[c] += n
	}
	equal(t, "sums of "+name, fmt.Sprint(have), fmt.Sprint(want))
}

func photosAreSeenByScopeAndErased(t *testing.T, ctx context.Context, db *storage.DB, k storage.StepKey) {
	photo := must[storage.StepPhoto](t)(db.Photo(ctx, org.Scope{Stores: []id.Store{7}}, k))
	equal(t, "picture", fmt.Sprint(string(photo.Box), photo.Staff, photo.Account), "sealed5member")
	for _, scope := range []org.Scope{{Staff: 6}, {Stores: []id.Store{8}}, {}} {
		if _, err := db.Photo(ctx, scope, k); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%+v sees a picture: %v", scope, err)
		}
		equal(t, "pictures of others", len(must[[]storage.StepPhoto](t)(db.Photos(ctx, scope, k.Process, 9))), 0)
	}
	equal(t, "pictures", len(must[[]storage.StepPhoto](t)(db.Photos(ctx, org.All(), k.Process, 9))), 1)
	ok(t, db.EraseSealed(ctx, event.Customer(k.Customer())))
	if _, err := db.Photo(ctx, org.All(), k); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("an erased customer's picture is there: %v", err)
	}
}

func goalsAreWatchedBesideStepsThatWait(t *testing.T, ctx context.Context, db *storage.DB) {
	p := processOf(t, ctx, db)
	waits, watches := runOf(&p, 1), runOf(&p, 2)
	watches.State, watches.Step = sop.Watching, len(p.Document.Steps)
	must[int](t)(db.EnterRuns(ctx, flow.Entering{New: []sop.Run{waits, watches}}))
	q := flow.DueQuery{Until: 1 << 50, Processes: []int64{p.Number}}
	equal(t, "due", len(must[[]sop.Run](t)(db.DueRuns(ctx, q))), 2)
	q.Watching = true
	due := must[[]sop.Run](t)(db.DueRuns(ctx, q))
	equal(t, "watched", fmt.Sprint(len(due), due[0].ID), "1 2")
}

func stepsAreGivenOnceAndFollowTheirTasks(t *testing.T, ctx context.Context, db *storage.DB) {
	p := processOf(t, ctx, db)
	guestsAre(t, ctx, db, 1, 2)
	must[int](t)(db.EnterRuns(ctx, flow.Entering{New: []sop.Run{runOf(&p, 1), runOf(&p, 2)}}))
	w := sop.World{Now: noon.Add(time.Hour), Zone: time.UTC, Rules: decision.Defaults()}
	var due []delivery.StepDue
	for _, r := range must[[]sop.Run](t)(db.DueRuns(ctx, flow.DueQuery{Until: event.At(w.Now), Processes: []int64{p.Number}})) {
		moved := p.Document.Advance(r, sop.Seen{}, w)
		due = append(due, delivery.StepDue{Was: r, Process: &p.Document, Moved: moved, World: w})
	}
	give := func(map[id.Staff]delivery.MassGiven) delivery.StepAsker {
		return func(s decision.Standing, d *delivery.StepDue) delivery.StepGiven {
			g := delivery.StepGiven{Moved: d.Moved}
			if s.Profile.ID == 2 {
				d.Process.Withhold(&g.Moved, sop.Because(decision.BecauseRefused), w)
				return g
			}
			key := delivery.TouchKey{Customer: d.Was.Customer(), Run: d.Was.Name(), Step: p.Document.Steps[0].Number(), Channel: event.OneToOne}
			g.Touch = &delivery.Touch{ID: key.ID(), TouchKey: key, Staff: 5, Purpose: event.Serve, State: delivery.Underway, At: noon}
			g.Task = &delivery.StaffTask{ID: key.ID(), Customer: d.Was.Customer(), Staff: 5, Store: 7, Purpose: event.Serve, From: noon, Until: noon.Add(8 * time.Hour), State: delivery.Due, Since: noon}
			d.Process.Give(&g.Moved, d.Seen, 5, 7, w)
			g.Moved.Records[len(g.Moved.Records)-1].Touch = g.Touch.ID
			return g
		}
	}
	given := must[delivery.StepsGiven](t)(db.GiveSteps(ctx, due, give))
	equal(t, "given", fmt.Sprint(given.ByHand), fmt.Sprintf("map[{5 %d}:1]", p.Number))
	again := must[delivery.StepsGiven](t)(db.GiveSteps(ctx, due, give))
	equal(t, "given again", len(again.ByHand), 0)
	open := must[[]sop.StepRecord](t)(db.OpenSteps(ctx, []id.Customer{1, 2}))
	equal(t, "open", fmt.Sprint(len(open), open[0].ID), "1 1")
	equal(t, "withheld", must[[]sop.StepRecord](t)(db.StepsOf(ctx, sop.OfCustomer, 2, 5))[0].Because, sop.Because(decision.BecauseRefused))
	behind, known, err := db.StepOfTask(ctx, open[0].Touch)
	equal(t, "step of the task", fmt.Sprint(behind.ID, behind.Step, known, err), "1 0 true <nil>")
	if _, known, err := db.StepOfTask(ctx, 12345); known || err != nil {
		t.Errorf("a task of no process: %v, %v", known, err)
	}
	equal(t, "step of the touch", must[map[int64]sop.StepRecord](t)(db.StepsOfTouches(ctx, []id.Customer{1, 2}, []int64{open[0].Touch, 7}))[open[0].Touch].ID, int64(1))
	key := storage.StepKey{RunKey: behind.RunKey, Version: behind.Version, Step: behind.Step}
	ok(t, db.KeepPhoto(ctx, storage.StepPhoto{StepKey: key, Staff: 5, Store: 7, At: noon, Account: "member", Box: []byte("first")}))
	ok(t, db.KeepPhoto(ctx, storage.StepPhoto{StepKey: key, Staff: 5, Store: 7, At: noon, Account: "member", Box: []byte("better")}))
	ok(t, db.ChangeStaffTask(ctx, open[0].Touch, func(task *delivery.StaffTask, _ *delivery.Touch) error {
		task.State, task.Since, task.Because = delivery.Postponed, noon.Add(time.Hour), string(sop.BecauseAsked)
		return nil
	}))
	ok(t, db.ChangeStaffTask(ctx, open[0].Touch, func(task *delivery.StaffTask, touch *delivery.Touch) error {
		task.State, touch.State, touch.At = delivery.DoneState, delivery.Delivered, noon.Add(2*time.Hour)
		return nil
	}))
	steps := must[[]sop.StepRecord](t)(db.StepsOf(ctx, sop.OfCustomer, 1, 5))
	ok(t, db.KeepPhoto(ctx, storage.StepPhoto{StepKey: key, Box: []byte("too late")}))
	equal(t, "picture of the contact", string(must[storage.StepPhoto](t)(db.Photo(ctx, org.All(), key)).Box), "better")
	line := sop.Adherence(must[[]sop.Count](t)(db.StepCounts(ctx, p.Number, 0, 1<<30)), func(c sop.Count) id.Staff { return c.Staff })[5]
	equal(t, "put off", fmt.Sprint(line.Postponed, line.Because), "1 map[asked_later:1]")
	equal(t, "done", fmt.Sprint(steps[0].Outcome, steps[0].At == event.At(noon.Add(2*time.Hour))), "donetrue")
	equal(t, "problems", fmt.Sprint(must[[]string](t)(db.Check(ctx))), "[]")
}
