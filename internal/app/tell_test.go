package app

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"siyu/internal/account"
	"siyu/internal/app/brand"
	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/fault/killtest"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// byHand gives a member contacts by hand from now on.
func (a *App) byHand(t *testing.T, staff id.Staff, first, contacts int, until time.Time) (tasks []delivery.StaffTask) {
	t.Helper()
	var touches []delivery.Touch
	now := a.clock.Now()
	for c := first; c < first+contacts; c++ {
		key := delivery.TouchKey{Customer: id.Customer(c), Run: fmt.Sprint("hand/", c), Channel: event.OneToOne}
		touches = append(touches, delivery.Touch{ID: key.ID(), TouchKey: key, Staff: staff, Purpose: event.Ask, State: delivery.Underway, At: now})
		tasks = append(tasks, delivery.StaffTask{ID: key.ID(), Customer: key.Customer, Staff: staff, Corp: corp, Purpose: event.Ask, Text: "hello", From: now, Until: until, State: delivery.Due, Since: now})
	}
	must(t, second(a.db.AddStaffTasks(t.Context(), tasks, touches)))
	return tasks
}

// toConfirm gives a member a mass message to confirm.
func (j *joint) toConfirm(number int64, user string, until time.Time, customers ...id.Customer) {
	j.t.Helper()
	now := j.clock.Now()
	d := delivery.Draft{Dispatch: delivery.Dispatch{ID: number, Corp: id.Corp(j.platform.Credentials(0).Corp), Staff: j.staffOf(user), Day: clock.Day(now, clock.Shanghai), Purpose: event.Remind,
		Text: "words", From: now, Until: until, State: delivery.Accepted, ApprovedBy: "lead", Task: delivery.Open, TaskSince: now, Since: now, MsgID: fmt.Sprint("msg", number)}}
	for _, c := range customers {
		key := delivery.TouchKey{Customer: c, Run: fmt.Sprint("plan/", number), Channel: event.MassSend}
		d.Touches = append(d.Touches, delivery.Touch{ID: key.ID(), TouchKey: key, Dispatch: number, Staff: d.Dispatch.Staff, Purpose: event.Remind, State: delivery.Underway, At: now})
	}
	must(j.t, second(j.db.AddDispatches(j.t.Context(), []delivery.Draft{d})))
}

// mail returns what the app told a member, in order.
func (j *joint) mail(user string) (texts []string) {
	j.t.Helper()
	for _, m := range j.platform.StaffMessages(user) {
		var card struct{ Description, URL string }
		must(j.t, json.Unmarshal(m.Body, &card))
		texts = append(texts, card.Description+" "+card.URL)
	}
	return texts
}

// at lets the clock stand at a time of day and members be told what waits.
func (j *joint) at(hour, minute int) {
	j.t.Helper()
	j.clock.Set(clock.Day(j.clock.Now(), clock.Shanghai).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute))
	var both sync.WaitGroup
	for range 2 { // as two nodes do
		both.Go(func() {
			if err := j.tellStaff(j.t.Context()); err != nil {
				j.t.Error(err)
			}
		})
	}
	both.Wait()
}

func TestMembersAreToldOnceWhatWaitsAndWhatIsNewWithAShortWindow(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := join(t, db, web.ModePolling)
		tonight, tomorrow := monday.Add(12*time.Hour), monday.Add(36*time.Hour)
		j.byHand(t, j.staffOf("anna"), 1, 2, tonight)
		j.toConfirm(10, "ben", tonight, 1, 2)
		told := func(user string, want ...string) {
			t.Helper()
			got := j.mail(user)
			if !slices.EqualFunc(got, want, strings.Contains) {
				t.Errorf("%s at %s was told %q, want %q", user, j.clock.Now().In(clock.Shanghai).Format(time.TimeOnly), got, want)
			}
		}
		j.at(8, 59)
		j.at(9, 5)
		told("anna")
		j.at(9, 10)
		j.at(9, 15)
		day := []string{"2 位客户要联系，0 条群发"}
		told("anna", day...)
		told("ben", "0 位客户要联系，1 条群发")
		told("chen")
		if !strings.HasSuffix(j.mail("anna")[0], "/tasks") {
			t.Errorf("the card leads to %q", j.mail("anna")[0])
		}
		j.byHand(t, j.staffOf("anna"), 10, 1, tonight)
		j.byHand(t, j.staffOf("anna"), 20, 5, tomorrow) // can wait for the next list
		j.at(9, 20)
		told("anna", day...) // bundled
		j.byHand(t, j.staffOf("anna"), 11, 2, tonight.Add(-time.Hour))
		j.at(10, 11)
		want := append(day, "3 位客户要联系，0 条群发待确认，0 项其他任务，最早的 20:00")
		told("anna", want...)
		for hour := 12; hour < 20; hour++ {
			j.byHand(t, j.staffOf("anna"), 100+hour, 1, tonight)
			j.at(hour, 0)
		}
		if n := len(j.mail("anna")); n != 1+mostNews {
			t.Errorf("anna was told %d times on a day", n)
		}
		j.byHand(t, j.staffOf("chen"), 200, 1, tonight.Add(11*time.Hour))
		j.at(21, 30)
		told("chen")
		told("ben", "0 位客户要联系，1 条群发")
		j.at(24, 0)
		j.at(8, 0)
		if n := len(j.mail("anna")); n != 1+mostNews {
			t.Error("anna was told in quiet hours")
		}
		j.at(9, 10)
		if got := j.mail("anna"); len(got) != 2+mostNews || !strings.Contains(got[len(got)-1], "5 位客户") {
			t.Errorf("the next morning anna was told %q", got)
		}
		told("chen")
		must(t, j.forgetTold(t.Context()))
	})
}

// recovering lets a brand answer complaints as the library does.
func recovering(t *testing.T, db string) *joint {
	t.Helper()
	j := join(t, db, web.ModePolling)
	text, known := sop.FromLibrary("complaint-recovery")
	if !known {
		t.Fatal("the library has no recovery")
	}
	(&house{App: j.App, t: t, clock: j.clock}).install(string(text))
	return j
}

// complains lets a customer complain a minute from now, and the process answer.
func (j *joint) complains(n int) {
	j.t.Helper()
	j.clock.Set(j.clock.Now().Add(time.Minute))
	j.tells(event.Customer(j.customer(n)), event.ComplaintOpened{})
	j.clock.Set(j.clock.Now().Add(time.Minute))
	must(j.t, j.StepProcesses(j.t.Context()))
}

func TestTheAnswerToAComplaintIsToldAtOnce(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := recovering(t, db)
		told := func(n int, last string) {
			t.Helper()
			if got := j.mail("anna"); len(got) != n || !strings.Contains(got[n-1], last) {
				t.Errorf("at %s anna was told %q", j.clock.Now().In(clock.Shanghai).Format(time.TimeOnly), got)
			}
		}
		tonight := monday.Add(12 * time.Hour)
		j.byHand(t, j.staffOf("anna"), 1, 2, tonight)
		j.at(9, 10)
		told(1, "2 位客户要联系")
		j.complains(0)
		j.at(9, 13) // within the pause
		j.at(9, 14)
		told(2, "1 位客户要联系")
		for hour := 11; hour < 16; hour++ {
			j.clock.Set(j.clock.Now().Add(time.Minute))
			j.byHand(t, j.staffOf("anna"), 100+hour, 1, tonight)
			j.at(hour, 0)
		}
		told(1+mostNews, "")
		j.complains(3) // the fifth message of the day
		j.at(15, 3)
		told(2+mostNews, "4 位客户要联系") // with what has come meanwhile
		j.at(20, 46)
		told(2+mostNews, "")
		j.complains(6) // the rest of its hour is tomorrow's
		j.at(20, 49)
		told(3+mostNews, "1 位客户要联系")
		j.byHand(t, j.staffOf("anna"), 200, 1, monday.Add(40*time.Hour))
		j.at(20, 50)
		told(3+mostNews, "")
	})
}

func TestWhoComplainsStandsOnTopOfTheMembersList(t *testing.T) {
	j := recovering(t, "")
	j.byHand(t, j.staffOf("anna"), 1, 2, monday.Add(12*time.Hour))
	j.complains(0)
	j.byHand(t, j.staffOf("anna"), 5, 1, monday.Add(12*time.Hour))
	list, err := j.desk.Tasks(t.Context(), org.Scope{Staff: j.staffOf("anna")})
	must(t, err)
	if len(list.Tasks) != 4 || list.Tasks[0].Customer != j.customer(0) || !list.Tasks[0].Pressing || list.Tasks[1].Pressing {
		t.Errorf("anna's list: %+v", list.Tasks)
	}
}

func TestOwnersAndLeadsAreToldOnceADayThatApprovalsWait(t *testing.T) {
	j := join(t, "", web.ModePolling)
	_, err := j.accounts.Add(t.Context(), account.Account{Name: "lead", Role: account.Lead, Staff: j.staffOf("chen"), Active: true})
	must(t, err)
	_, err = j.accounts.Add(t.Context(), account.Account{Name: "keeper", Role: account.Store, Stores: []id.Store{7}, Staff: j.staffOf("anna"), Active: true})
	must(t, err)
	j.at(9, 10)
	if got := j.mail(""); len(got) != 0 {
		t.Errorf("where nothing waits people were told %q", got)
	}
	h := &house{App: j.App, t: t, clock: j.clock}
	h.batch(1, 7, 30, "one")
	h.batch(2, 7, 12, "other")
	j.at(11, 0)
	j.at(12, 0)
	if got := j.mail(""); len(got) != 1 || !strings.Contains(got[0], "2 条群发（共 42 位客户）和 0 条") || !strings.HasSuffix(got[0], "/touch") || len(j.mail("chen")) != 1 {
		t.Errorf("people were told %q", got)
	}
}

func TestABrandSwitchesMessagesOff(t *testing.T) {
	j := join(t, "", web.ModePolling)
	j.byHand(t, j.staffOf("anna"), 1, 2, monday.Add(12*time.Hour))
	general := j.brand.Documents().General
	general.NoDayNotice = true
	must(t, j.brand.Set(t.Context(), brand.GeneralDoc, general, "lead"))
	j.at(9, 10)
	if got := j.mail(""); len(got) != 0 {
		t.Errorf("switched off, and told %q", got)
	}
	j.byHand(t, j.staffOf("anna"), 9, 1, monday.Add(12*time.Hour))
	j.at(9, 30)
	if got := j.mail("anna"); len(got) != 1 || !strings.Contains(got[0], "1 位客户") {
		t.Errorf("of what is new anna was told %q", got)
	}
	general.NoNewNotice = true
	must(t, j.brand.Set(t.Context(), brand.GeneralDoc, general, "lead"))
	j.byHand(t, j.staffOf("anna"), 10, 1, monday.Add(12*time.Hour))
	j.at(12, 0)
	if got := j.mail("anna"); len(got) != 1 {
		t.Errorf("all switched off, and told %q", got)
	}
}

func TestWhomMessagesDoNotReachIsShownUntilOneArrives(t *testing.T) {
	j := join(t, "", web.ModePolling)
	ctx := t.Context()
	j.byHand(t, j.staffOf("anna"), 1, 2, monday.Add(12*time.Hour))
	j.byHand(t, j.staffOf("ben"), 5, 2, monday.Add(12*time.Hour))
	must(t, j.platform.People().DisableMember("ben"))
	j.at(9, 10)
	if len(j.mail("anna")) != 1 || len(j.mail("ben")) != 0 {
		t.Errorf("told %q and %q", j.mail("anna"), j.mail("ben"))
	}
	page, err := j.desk.Notices(ctx)
	must(t, err)
	if len(page.Unreached) != 1 || page.Unreached[0].Because != web.OutOfReach {
		t.Errorf("not reached: %+v", page.Unreached)
	}
	must(t, j.urge(ctx, j.staffOf("ben"), 2))
	must(t, j.platform.People().EnableMember("ben"))
	j.clock.Set(j.clock.Now().Add(time.Hour))
	must(t, j.urge(ctx, j.staffOf("ben"), 2))
	if page, err = j.desk.Notices(ctx); err != nil || len(page.Unreached) != 0 {
		t.Errorf("after a message arrived: %+v, %v", page.Unreached, err)
	}
}

func TestATaskIsUrgedThreeTimesADayAndLiesOnTop(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := join(t, db, web.ModePolling)
		ctx, anna := t.Context(), j.staffOf("anna")
		by, own := web.Asker{Account: "lead", Role: web.RoleLead, Scope: org.All()}, org.Scope{Staff: anna}
		urge := func(want fault.Code, key string) {
			t.Helper()
			n, err := j.desk.UrgeStaff(ctx, by, anna)
			if fault.CodeOf(err) != want || fault.KeyOf(err) != key || (n == 1) != (err == nil) {
				t.Errorf("at %s: urged %d, %v", j.clock.Now(), n, err)
			}
		}
		if n, err := j.desk.UrgeStaff(ctx, by, anna); n != 0 || err != nil {
			t.Errorf("who has nothing to do is urged: %d, %v", n, err)
		}
		until := monday.Add(72 * time.Hour)
		j.byHand(t, anna, 1, 2, until)
		j.toConfirm(10, "ben", until, 1, 2, 3)
		must(t, j.db.ChangeDispatch(ctx, 10, func(r *delivery.Record) error {
			r.Touches[0].State = delivery.Withdrawn
			return nil
		}))
		urge("", "")
		urge(fault.Forbidden, "error.urged_lately")
		j.clock.Set(j.clock.Now().Add(time.Minute))
		j.byHand(t, anna, 5, 1, until) // has come since
		list, err := j.desk.Tasks(ctx, own)
		must(t, err)
		if len(list.Tasks) != 3 || !list.Tasks[0].Urged || !list.Tasks[1].Urged || list.Tasks[2].Urged || list.Tasks[2].Customer != 5 {
			t.Errorf("tasks %+v", list.Tasks)
		}
		if list, err = j.desk.Tasks(ctx, org.Scope{Staff: j.staffOf("ben")}); err != nil || len(list.Tasks) != 1 || list.Tasks[0].Count != 2 {
			t.Errorf("a mass message of three, one of them taken out: %+v, %v", list.Tasks, err)
		}
		must(t, j.db.ChangeDispatch(ctx, 10, func(r *delivery.Record) error { r.Dispatch.Task = delivery.Confirmed; return nil }))
		for range 2 {
			j.clock.Set(j.clock.Now().Add(4 * time.Hour))
			urge("", "")
		}
		j.clock.Set(j.clock.Now().Add(5 * time.Hour))
		urge(fault.Forbidden, "error.urged_enough")
		if _, err := j.desk.UrgeStore(ctx, by, j.brand.StoreOf(anna)); fault.KeyOf(err) != "error.urged_enough" {
			t.Errorf("urging the store: %v", err)
		}
		j.clock.Set(j.clock.Now().Add(12 * time.Hour))
		urge("", "")
	})
}

func TestWhatAMemberSawIsToldToHeadquarters(t *testing.T) {
	j := join(t, "", web.ModePolling)
	ctx, anna := t.Context(), j.staffOf("anna")
	own := org.Scope{Staff: anna}
	j.byHand(t, anna, 1, 2, monday.Add(12*time.Hour))
	row := func() web.StaffExecution {
		t.Helper()
		page, err := j.desk.Execution(ctx, org.All(), "")
		must(t, err)
		at := slices.IndexFunc(page.Staff, func(s web.StaffExecution) bool { return s.Staff == anna })
		if at < 0 {
			t.Fatalf("anna is not on the page: %+v", page.Staff)
		}
		return page.Staff[at]
	}
	if r := row(); r.Unseen != 2 || !r.SeenAt.IsZero() {
		t.Errorf("before she looked: %+v", r)
	}
	j.clock.Set(j.clock.Now().Add(time.Hour))
	list, err := j.desk.Tasks(ctx, own)
	must(t, err)
	must(t, j.desk.See(ctx, own, list.Tasks))
	seen := j.clock.Now()
	j.clock.Set(j.clock.Now().Add(time.Hour))
	must(t, j.desk.See(ctx, own, list.Tasks))
	must(t, j.desk.See(ctx, org.All(), list.Tasks)) // headquarters looks, too
	if r := row(); r.Unseen != 0 || !r.SeenAt.Equal(seen) {
		t.Errorf("after she looked at %s: %+v", seen, r)
	}
}

// The kill test of messages to members: a child is killed while it tells them what
// waits. WeCom drops a repetition within half an hour, so that the next child comes
// later.
const (
	killsOfTelling = 25 // one of so many kills is of messages to members
	killsAMorning  = 3
	betweenTelling = 35 * time.Minute
	longestTelling = 300 * time.Millisecond // real time a child gets
)

func TestKilledWhileMembersAreToldNobodyIsToldTwice(t *testing.T) {
	kills := max(3*killsAMorning, killtest.Rounds(t)/killsOfTelling)
	b := openKilledBrand(t)
	mornings := 0
	for done := 0; done < kills; done += killsAMorning {
		b.clock.Set(clock.Day(b.clock.Now(), clock.Shanghai).AddDate(0, 0, 1).Add(9*time.Hour + 10*time.Minute))
		b.platform.Tick()
		mornings++
		before := b.told()
		b.open(func(a *App) {
			for m := range killedMembers { // each has another number of tasks, so that each is a call
				a.byHand(t, b.member(m), mornings*1000+m*100, m+1, b.clock.Now().Add(8*time.Hour))
			}
		})
		for range killsAMorning {
			b.wecom.strike("/cgi-bin/message/send", 1+b.dice.Int64N(2), b.dice.IntN(2) == 0)
			b.killed(longestTelling, []string{"notices"})
			b.pass(betweenTelling)
		}
		b.open(func(a *App) { must(t, a.tellStaff(t.Context())) })
		b.looked(func(db *storage.DB) {
			notices, err := db.Notices(t.Context(), clock.Day(b.clock.Now(), clock.Shanghai))
			must(t, err)
			if len(notices) != killedMembers {
				t.Errorf("%d members were told of %d", len(notices), killedMembers)
			}
		})
		for user, n := range b.told() {
			if n -= before[user]; n > 1 {
				t.Errorf("%s was told %d times in a morning", user, n)
			}
		}
	}
	if len(b.told()) == 0 {
		t.Error("no message arrived")
	}
	t.Logf("%d kills in %d mornings of %d members", kills, mornings, killedMembers)
}

// told counts what the app told each member.
func (b *killedBrand) told() map[string]int {
	counts := map[string]int{}
	for _, m := range b.platform.StaffMessages("") {
		counts[m.UserID]++
	}
	return counts
}
