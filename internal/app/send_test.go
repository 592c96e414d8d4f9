package app

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"siyu/internal/account"
	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

// message is a one-off message to the guests as a person writes it.
func (h host) message() web.OneOffForm {
	return web.OneOffForm{Key: "k1", Title: "Spring", Audience: h.audience, Channel: sop.Mass, Purpose: event.Serve, Texts: []string{"{name}, spring tea is here"}, Now: true, Days: 1,
		Executor: sop.ByRelation, Stops: web.OneOffStops(), GoalDays: 1, Minutes: 3}
}

func (h host) saves(by web.Asker, f web.OneOffForm) string {
	h.t.Helper()
	name, err := h.desk.SaveOneOff(h.t.Context(), by, f)
	must(h.t, err)
	return name
}

// reviewed returns a one-off message once it was looked up.
func (h host) reviewed(by web.Asker, name string) web.OneOffView {
	h.t.Helper()
	for {
		v, err := h.desk.OneOff(h.t.Context(), by, name)
		must(h.t, err)
		if v.Review == nil || v.Review.Done || v.Review.Failed {
			return v
		}
	}
}

// passes lets time pass, minute by minute.
func (h host) passes(minutes int) {
	h.t.Helper()
	for range minutes {
		h.clock.Set(h.clock.Now().Add(time.Minute))
		must(h.t, h.timers.Run(h.t.Context()))
	}
}

// got returns which of the guests were contacted, and how often.
func (h host) got() string {
	h.t.Helper()
	text := ""
	for n := range 10 {
		text += fmt.Sprint(h.contacts(n))
	}
	return text
}

func TestAOneOffMessageIsReviewedApprovedConfirmedAndMeasured(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		h, ctx := hostOf(t, db, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9), t.Context()
		must(t, h.db.AssignHoldout(ctx, map[id.Customer]bool{h.customer(0): true, h.customer(1): true}, h.clock.Now()))
		must(t, h.desk.SetMarketing(ctx, leading, h.customer(2), false))
		f := h.message()
		var err error
		f.Files, err = h.desk.KeepFiles(ctx, web.OneOffForm{Brought: []web.BroughtFile{{Name: "tea.png", Data: []byte("\x89PNG\r\n\x1a\nleaves")}}})
		must(t, err)
		name := h.saves(boss, f)
		equal(t, "the same form again", h.saves(boss, f), name)
		listed, err := h.desk.Processes(ctx, org.All())
		must(t, err)
		page, err := h.desk.OneOffs(ctx, org.All(), "")
		must(t, err)
		equal(t, "standing processes, one-off messages", fmt.Sprint(len(listed), len(page.Rows), page.Rows[0].Stage), "0 1draft")

		v := h.reviewed(boss, name)
		equal(t, "would get it, held out, refused", fmt.Sprint(v.Review.Customers, v.Review.Given, v.Review.Held, v.Review.Withheld["refused_marketing"], len(v.Review.Members), v.Review.Confirmings), "10 7 2 1 3 3")
		equal(t, "as a customer gets it", v.Review.Samples[0].Text, "spring tea is here")
		h.passes(30) // a draft does nothing
		equal(t, "before the start", h.got(), "0000000000")
		for range 2 { // a double click
			done, err := h.desk.StartOneOff(ctx, boss, web.OneOffStart{Name: name, Version: v.Version})
			must(t, err)
			equal(t, "started", done.Whole(), true)
		}
		h.passes(15)
		v = h.reviewed(boss, name)
		for _, batch := range v.Batches {
			x, err := h.db.DispatchesNamed(ctx, []int64{batch})
			must(t, err)
			equal(t, "what goes with it", x[0].Files, content.FilesText(f.Files))
		}
		equal(t, "what waits for approval", fmt.Sprint(v.Stage, len(v.Batches), v.Reaches), "approval3 7")
		if done, err := h.desk.Approve(ctx, boss, web.ApprovalAsked{Batches: v.Batches}); err != nil || !done.Whole() {
			t.Fatalf("approve: %+v, %v", done, err)
		}
		h.passes(3)
		tasks := h.platform.PendingTasks("")
		equal(t, "tasks of members", len(tasks), 3)
		for _, task := range tasks {
			must(t, h.platform.People().ConfirmTask(task.UserID, task.ID))
		}
		h.passes(12)
		equal(t, "who got it", h.got(), "0001111111")
		v = h.reviewed(boss, name)
		equal(t, "what became of it", fmt.Sprint(v.Stage, v.Followed.Entered, v.Followed.Given, v.Followed.Done, v.Followed.Withheld, len(v.Staff)), "running10 7 7 3 3")

		h.passes(1)
		h.clock.Set(h.clock.Now().AddDate(0, 0, 4))
		h.passes(5)
		v = h.reviewed(boss, name)
		equal(t, "days later", fmt.Sprint(v.Stage, len(v.Results)), "over1")
		if r := v.Results[0]; r.Treated.Judged != 8 || r.Held.Judged != 2 {
			t.Errorf("the goal is judged of %+v", r)
		}
		equal(t, "nobody twice", h.got(), "0001111111")
		if p, err := h.installed(ctx, name); err != nil || p.State != flow.ProcessRetired {
			t.Errorf("its process is %s, %v", p.State, err)
		}
		if err := h.desk.SetOneOff(ctx, boss, name, web.ProcessActive); fault.KeyOf(err) != "error.send_state" {
			t.Errorf("what is over begins again: %v", err)
		}
		h.whole()
	})
}

// staffed lets accounts be known by who approves.
func (h host) staffed() {
	h.t.Helper()
	(&house{App: h.App, t: h.t, clock: h.clock}).people(map[string]account.Role{"boss": account.Owner, "manager": account.Lead, "keeper": account.Store})
	must(h.t, h.desk.SetApproval(h.t.Context(), boss, web.ApprovalSettings{ApprovalRules: org.ApprovalRules{Store: 2, Lead: 100, One: 5}}))
}

func TestWhatMembersDoByHandIsApprovedBySizeBeforeItStarts(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		h, ctx := hostOf(t, db, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9), t.Context()
		h.staffed()
		f := h.message()
		f.Channel, f.Now, f.At, f.Days, f.Texts = sop.Private, false, monday.AddDate(0, 0, 1).Add(time.Hour), 2, []string{"{name}, it is {staff}", "Hello {name}"}
		name := h.saves(manager, f)
		start := func(by web.Asker, version int) web.ApprovalDone {
			done, err := h.desk.StartOneOff(ctx, by, web.OneOffStart{Name: name, Version: version})
			must(t, err)
			return done
		}
		equal(t, "the first person", start(manager, 1).Waits, 1)
		equal(t, "waits", string(h.reviewed(boss, name).Stage), "second")
		for _, by := range []web.Asker{boss, manager} {
			waiting, err := h.desk.ProcessesWaiting(ctx, by)
			must(t, err)
			if len(waiting) != 1 || waiting[0].Document.Name != name || waiting[0].May != (by.Account == boss.Account) {
				t.Errorf("what waits for %s: %+v", by.Account, waiting)
			}
		}
		f.Name, f.Version, f.Texts = name, 1, []string{"{name}, it is {staff}"}
		h.saves(manager, f)
		if _, err := h.desk.SaveOneOff(ctx, boss, f); fault.KeyOf(err) != "error.form_stale" {
			t.Errorf("an older form replaces a later draft: %v", err)
		}
		if _, err := h.desk.StartOneOff(ctx, boss, web.OneOffStart{Name: name, Version: 1}); fault.KeyOf(err) != "error.form_stale" {
			t.Errorf("another text than the one that was reviewed starts: %v", err)
		}
		equal(t, "of another text the word does not hold", start(boss, 2).Waits, 1)
		if done := start(manager, 2); !done.Whole() || done.Actions != 10 {
			t.Errorf("the second person: %+v", done)
		}
		v := h.reviewed(boss, name)
		equal(t, "before its time", string(v.Stage), "planned")
		for {
			meets, err := h.desk.ProcessMeets(ctx, org.All(), name)
			if fault.KeyOf(err) == "error.calendar_building" {
				continue
			}
			must(t, err)
			equal(t, "whom it would reach, on days", fmt.Sprint(meets.Customers, len(meets.Days)), "10 1")
			break
		}

		h.clock.Set(monday.AddDate(0, 0, 1).Add(time.Hour))
		h.passes(2)
		tasks, err := h.db.StaffTasks(ctx, delivery.TaskQuery{Scope: org.All()})
		must(t, err)
		tasks = slices.DeleteFunc(tasks, func(x delivery.StaffTask) bool { return x.Text != "{name}, it is {staff}" })
		equal(t, "tasks", len(tasks), 10)
		must(t, h.desk.SetOneOff(ctx, boss, name, web.ProcessPaused))
		equal(t, "held up", string(h.reviewed(boss, name).Stage), "paused")
		must(t, h.desk.SetOneOff(ctx, boss, name, web.ProcessRetired))
		h.passes(3)
		v = h.reviewed(boss, name)
		equal(t, "ended by a person", fmt.Sprint(v.Stage, v.Followed.Given), "ended10")
		equal(t, "nobody was told", h.got(), "0000000000")
		h.whole()
	})
}

func TestAOneOffMessageOfAStoreIsForItsOwnCustomers(t *testing.T) {
	h, ctx := hostOf(t, "", 0, 1, 2), t.Context()
	h.staffed()
	f := h.message()
	name := h.saves(keeper, f)
	v := h.reviewed(keeper, name)
	equal(t, "of a store without customers", v.Review.Customers, 0)
	equal(t, "who does it", v.Document.Executor, sop.ByOwner)
	others := h.saves(boss, f)
	if _, err := h.desk.OneOff(ctx, keeper, others); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a store sees headquarters' draft: %v", err)
	}
	f.Name, f.Version = name, 1
	f.Title = "Changed by headquarters"
	h.saves(boss, f)
	if v := h.reviewed(keeper, name); v.Review.Customers != 0 || v.By != keeper.Account {
		t.Errorf("a store's draft that headquarters changed: %d customers, by %s", v.Review.Customers, v.By)
	}
	for wrong, change := range map[string]func(*web.OneOffForm){
		"error.post_time":     func(f *web.OneOffForm) { f.Now, f.At = false, monday.AddDate(0, 0, -1) },
		"error.send_quiet":    func(f *web.OneOffForm) { f.Now, f.At = false, monday.AddDate(0, 0, 1).Add(17*time.Hour) },
		"error.send_audience": func(f *web.OneOffForm) { f.Audience = 99 },
	} {
		f := h.message()
		f.Key = wrong
		change(&f)
		_, err := h.desk.SaveOneOff(ctx, boss, f)
		flaws := flawsOf(err)
		if !slices.Contains(flaws, wrong) {
			t.Errorf("%s: %v", wrong, flaws)
		}
	}
	must(t, h.desk.SetOneOff(ctx, boss, others, web.ProcessRetired))
	page, err := h.desk.OneOffs(ctx, org.All(), "")
	must(t, err)
	equal(t, "what was thrown away is not listed", len(page.Rows), 1)
}

// flawsOf returns what a refused form says.
func flawsOf(err error) []string {
	flaws, _ := errors.AsType[web.Flaws](err)
	return slices.Collect(maps.Values(flaws))
}

// A mass message of tomorrow is approved today for as many customers as its audience
// has today. Where it has grown by then, what goes beyond waits, as part of one send.
func TestAMassMessageOfTomorrowIsApprovedTodayForWhomItReachesNow(t *testing.T) {
	for _, grows := range []bool{false, true} {
		onBothDatabases(t, func(t *testing.T, db string) {
			h, ctx := hostOf(t, db, 0, 1, 2, 3, 4), t.Context()
			h.staffed()
			f := h.message()
			f.Now, f.At = false, monday.AddDate(0, 0, 1).Add(time.Hour)
			name := h.saves(manager, f)
			seen := web.OneOffStart{Name: name, Version: 1}
			if _, err := h.desk.ApproveOneOff(ctx, boss, seen); fault.KeyOf(err) != "error.form_stale" {
				t.Errorf("a draft is approved ahead: %v", err)
			}
			must(t, second(h.desk.StartOneOff(ctx, manager, seen)))
			v := h.reviewed(boss, name)
			equal(t, "before its time", fmt.Sprint(v.Stage, v.Ahead, v.Approval.Reaches), "planned0 5")
			seen.Version = v.Version
			if done, err := h.desk.ApproveOneOff(ctx, keeper, seen); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("a store approves headquarters' message: %+v, %v", done, err)
			}
			done, err := h.desk.ApproveOneOff(ctx, boss, seen)
			must(t, err)
			equal(t, "approved ahead", fmt.Sprint(done.Whole(), done.Actions, h.reviewed(boss, name).Ahead), "true 5 5")
			customers := 5
			if grows {
				for customers = 5; customers < 10; customers++ {
					must(t, h.desk.SetTag(ctx, leading, h.customer(customers), h.tag, false))
				}
			}
			h.clock.Set(f.At.Add(-2 * time.Minute))
			h.passes(20)
			left, waits := 0, 0
			sent, err := h.db.Dispatches(ctx, delivery.Query{States: []delivery.State{delivery.Planned, delivery.Accepted}, Scope: org.All()})
			must(t, err)
			for _, x := range sent {
				touches, err := h.db.TouchesOf(ctx, x.ID)
				must(t, err)
				switch {
				case x.Process == 0:
				case x.ApprovedBy == "":
					waits += len(touches)
				default:
					equal(t, "approved by", x.ApprovedBy, boss.Account)
					left += len(touches)
				}
			}
			v = h.reviewed(boss, name)
			if left == 0 || left > 5 || left+waits != customers || v.Reaches != waits {
				t.Fatalf("of %d customers %d are asked for, %d wait (%d by the page), 5 were approved", customers, left, waits, v.Reaches)
			}
			if grows {
				done, err := h.desk.Approve(ctx, boss, web.ApprovalAsked{Batches: v.Batches})
				must(t, err)
				equal(t, "the rest, of a send that two approve", fmt.Sprint(done.Waits, done.Batches), fmt.Sprint(len(v.Batches), 0))
			}
			h.whole()
		})
	}
}
