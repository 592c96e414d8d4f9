package delivery_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
)

func TestAConfirmedTaskBecomesDeliveredTouchesExactlyOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 3)
	d.plan(t, "ask", 0, 0, 1, 2)
	if sent := d.send(t); sent.Accepted != 1 {
		t.Fatalf("sent %+v", sent)
	}
	if again := d.send(t); again != (delivery.Sent{}) {
		t.Errorf("sent again: %+v", again)
	}
	if r := d.read(t); r.Confirmed != 0 {
		t.Errorf("nobody confirmed, but %+v", r)
	}
	d.confirm(t)
	if r := d.read(t); r.Confirmed != 1 || r.Delivered != 3 {
		t.Errorf("results %+v", r)
	}
	d.read(t)
	if d.facts(t, event.KindTouchDelivered) != 3 || d.facts(t, event.KindTaskConfirmed) != 1 {
		t.Errorf("%d delivered, %d confirmed facts", d.facts(t, event.KindTouchDelivered), d.facts(t, event.KindTaskConfirmed))
	}
	if words := d.touches(t, 0, 1); !slices.Equal(words, []string{"delivered"}) {
		t.Errorf("ledger says %v", words)
	}
	if d.only(t, delivery.Accepted).Task != delivery.Confirmed {
		t.Error("the task is not finished")
	}
}

func TestPlanningTheSameMessageTwiceIsOneMessage(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 2)
	d.plan(t, "ask", 0, 0)
	again := []decision.Action{d.action(0, 0, event.MassSend, "ask"), d.action(0, 1, event.MassSend, "ask")}
	queued, err := d.gate.Queue(t.Context(), again, library)
	must(t, err)
	if queued.Touches != 1 {
		t.Errorf("queued %+v, want only the second customer", queued)
	}
	d.send(t)
	d.confirm(t)
	for who, n := range received(d.platform) {
		if n != 1 {
			t.Errorf("%s received %d", who, n)
		}
	}
}

func TestAMassSendHasOneTextForEverybodyAndAMarkedLink(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	d.plan(t, "ask", 0, 0)
	dispatch := d.only(t, delivery.Planned)
	if dispatch.Text != "最近想喝点什么？" {
		t.Errorf("text %q", dispatch.Text)
	}
	if dispatch.Link != "https://shop.example/menu?siyu="+dispatch.Marker+"&x=1" || dispatch.Marker == "" {
		t.Errorf("link %q, marker %q", dispatch.Link, dispatch.Marker)
	}
}

func TestWhatChangedSincePlanningDropsOutAtTheGate(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 6)
	d.plan(t, "ask", 0, 0, 1, 2, 3, 4, 5)
	d.pass(time.Minute)
	d.happened(t, customer(0, 0), event.MarketingRefused{By: "customer"})
	d.happened(t, customer(0, 1), event.ComplaintOpened{})
	d.happened(t, customer(0, 2), event.RelationEnded{Staff: staff(0), By: event.ByCustomer})
	must(t, d.db.AssignHoldout(t.Context(), map[id.Customer]bool{customer(0, 3): true}, morning))
	d.happened(t, customer(0, 4), event.TouchDelivered{Touch: 1, Staff: staff(0), Channel: event.OneToOne})
	d.send(t)
	d.confirm(t)
	if got := received(d.platform); len(got) != 1 || got[externalID(0, 5)] != 1 {
		t.Errorf("received: %v", got)
	}
	for number, because := range map[int]decision.Because{
		0: decision.BecauseRefused, 1: decision.BecauseComplaint, 2: decision.BecauseGone, 3: decision.BecauseHoldout,
		4: decision.BecauseBudgetDay,
	} {
		if words := d.touches(t, 0, number); !slices.Equal(words, []string{"withdrawn:" + string(because)}) {
			t.Errorf("customer %d: %v, want %s", number, words, because)
		}
	}
}

func TestPatienceIsCountedOverAllChannelsAtTheGate(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	task := d.action(0, 0, event.OneToOne, "ask")
	_, err := d.gate.Queue(t.Context(), []decision.Action{task}, library)
	must(t, err)
	d.plan(t, "ask", 0, 0)
	due, err := d.db.StaffTasks(t.Context(), delivery.TaskQuery{Scope: org.All()})
	must(t, err)
	must(t, d.gate.AnswerTask(t.Context(), org.All(), delivery.Answer{Task: due[0].ID, State: delivery.DoneState, Result: delivery.Answered}))
	if sent := d.send(t); sent.Dropped != 1 {
		t.Errorf("sent %+v", sent)
	}
	if words := d.touches(t, 0, 0); !slices.Equal(words, []string{"withdrawn:budget_day"}) {
		t.Errorf("ledger says %v", words)
	}
}

func TestNothingLeavesInQuietHoursOrWithoutApprovalOrWhileFrozen(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	d.settings.Approve = false
	d.restart(t)
	d.plan(t, "ask", 0, 0)
	if sent := d.send(t); sent != (delivery.Sent{}) {
		t.Errorf("sent without approval: %+v", sent)
	}
	dispatch := d.only(t, delivery.Planned)
	if n, err := d.gate.Approve(t.Context(), "lead", []int64{dispatch.ID}); n != 1 || err != nil {
		t.Fatalf("approved %d, %v", n, err)
	}
	must(t, d.db.Freeze(t.Context(), d.clock.Now()))
	if sent := d.send(t); sent.Accepted != 0 {
		t.Errorf("sent while frozen: %+v", sent)
	}
	must(t, d.db.Freeze(t.Context(), time.Time{}))
	d.pass(12 * time.Hour) // 22:00
	if sent := d.send(t); sent.Accepted != 0 {
		t.Errorf("sent in quiet hours: %+v", sent)
	}
	d.pass(11 * time.Hour) // 9:00
	if sent := d.send(t); sent.Accepted != 1 {
		t.Errorf("not sent in the morning: %+v", sent)
	}
}

func TestAMemberIsAskedForThreeConfirmationsADay(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 4)
	for n := range 4 {
		d.pass(time.Minute) // another window, another dispatch
		d.plan(t, "ask", 0, n)
	}
	if sent := d.send(t); sent.Accepted != 3 || sent.Dropped != 1 {
		t.Errorf("sent %+v", sent)
	}
}

// proxy stands between client and platform and loses answers on request.
type proxy struct {
	*httptest.Server
	after, before atomic.Pointer[func(path string) bool]
}

// lose has answers to these calls lost after the platform has acted.
func (p *proxy) lose(calls func(path string) bool) { p.after.Store(&calls) }

// loseHere has these calls lost before the platform hears of them.
func (p *proxy) loseHere(calls func(path string) bool) { p.before.Store(&calls) }

func noCalls(string) bool { return false }

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	target, err := url.Parse(to)
	must(t, err)
	forward := httputil.NewSingleHostReverseProxy(target)
	p := &proxy{}
	p.lose(noCalls)
	p.loseHere(noCalls)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case (*p.before.Load())(r.URL.Path):
			panic(http.ErrAbortHandler)
		case (*p.after.Load())(r.URL.Path):
			forward.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// behind puts a proxy between the desk's gate and its platform.
func (d *desk) behind(t *testing.T) *proxy {
	t.Helper()
	p := newProxy(t, d.server.URL)
	d.server = p.Server
	d.restart(t)
	return p
}

func massSends(path string) bool { return strings.HasSuffix(path, "/add_msg_template") }

func TestALostAnswerIsFoundInWeComsList(t *testing.T) {
	t.Parallel()
	for _, material := range []string{"ask", "remind"} { // with a marker in a link, and without a link
		d := newDesk(t, 1, 2)
		p := d.behind(t)
		p.lose(massSends)
		d.plan(t, material, 0, 0, 1)
		if sent := d.send(t); sent.InDoubt != 1 {
			t.Fatalf("sent %+v", sent)
		}
		if again := d.send(t); again != (delivery.Sent{}) {
			t.Fatalf("a dispatch in doubt was sent again: %+v", again)
		}
		d.pass(time.Minute)
		if r, err := d.gate.Reconcile(t.Context()); err != nil || r != (delivery.Reconciled{Open: 1}) {
			t.Errorf("WeCom's list was believed too early: %+v, %v", r, err)
		}
		d.pass(10 * time.Minute)
		if r, err := d.gate.Reconcile(t.Context()); err != nil || r != (delivery.Reconciled{Accepted: 1}) {
			t.Errorf("reconciled %+v, %v", r, err)
		}
		d.confirm(t)
		if r := d.read(t); r.Delivered != 2 {
			t.Errorf("%s: results %+v", material, r)
		}
	}
}

func TestWhatWeComDoesNotListWaitsForAPerson(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 2)
	p := d.behind(t)
	p.loseHere(massSends)
	d.plan(t, "ask", 0, 0, 1)
	d.send(t)
	doubt := d.only(t, delivery.InDoubt)
	if _, err := d.gate.Resend(t.Context(), "lead", doubt.ID); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("resent before WeCom's list was compared: %v", err)
	}
	d.pass(11 * time.Minute)
	if r, err := d.gate.Reconcile(t.Context()); err != nil || r != (delivery.Reconciled{Open: 1}) {
		t.Errorf("reconciled %+v, %v", r, err)
	}
	p.loseHere(noCalls)
	if sent := d.send(t); sent != (delivery.Sent{}) {
		t.Errorf("sent without a person: %+v", sent)
	}
	successor, err := d.gate.Resend(t.Context(), "lead", doubt.ID)
	must(t, err)
	if _, err := d.gate.Resend(t.Context(), "lead", doubt.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("resent twice: %v", err)
	}
	d.send(t)
	if accepted := d.only(t, delivery.Accepted); accepted.ID != successor || accepted.ResendOf != doubt.ID {
		t.Errorf("accepted %+v", accepted)
	}
	d.confirm(t)
	if r := d.read(t); r.Delivered != 2 {
		t.Errorf("results %+v", r)
	}
}

func TestADroppedDoubtReachesNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	d.behind(t).loseHere(massSends)
	d.plan(t, "ask", 0, 0)
	d.send(t)
	must(t, d.gate.Drop(t.Context(), "lead", d.only(t, delivery.InDoubt).ID))
	if words := d.touches(t, 0, 0); !slices.Equal(words, []string{"withdrawn:person"}) {
		t.Errorf("ledger says %v", words)
	}
}

func TestAMessageThatIsListedTwiceIsKeptOnceAndCounted(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	d.behind(t).lose(massSends)
	d.plan(t, "remind", 0, 0)
	d.send(t)
	// Another tool of the brand repeats what it saw.
	other := d.client(t, d.server.URL)
	_, _ = other.AddMassSend(t.Context(), sameMessage("茶该喝完了吧？", externalID(0, 0)))
	d.pass(11 * time.Minute)
	if r, err := d.gate.Reconcile(t.Context()); err != nil || r.Duplicates != 1 || r.Accepted != 1 {
		t.Errorf("reconciled %+v, %v", r, err)
	}
	d.confirm(t)
	if got := received(d.platform)[externalID(0, 0)]; got != 1 {
		t.Errorf("received %d", got)
	}
}

func TestARefusalWithoutEffectIsRepeatedLaterAndAFinalOneIsNot(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 2, 1)
	d.plan(t, "ask", 0, 0)
	d.server.Close()
	d.restart(t)
	if sent := d.send(t); sent.Later != 1 {
		t.Fatalf("nobody listened, and still: %+v", sent)
	}
	if words := d.touches(t, 0, 0); !slices.Equal(words, []string{"underway"}) {
		t.Errorf("ledger says %v", words)
	}
	d.server = httptest.NewServer(d.platform)
	t.Cleanup(d.server.Close)
	d.restart(t)
	if sent := d.send(t); sent != (delivery.Sent{}) {
		t.Errorf("repeated at once: %+v", sent)
	}
	must(t, d.platform.People().MemberLeaves(userID(1)))
	d.plan(t, "ask", 1, 0)
	d.pass(5 * time.Minute)
	if sent := d.send(t); sent.Accepted != 1 || sent.Rejected != 1 {
		t.Errorf("sent %+v", sent)
	}
	if words := d.touches(t, 1, 0); !slices.Equal(words, []string{"failed:rejected"}) || d.facts(t, event.KindTouchFailed) != 1 {
		t.Errorf("ledger says %v with %d facts", words, d.facts(t, event.KindTouchFailed))
	}
}

func TestAnEarlierStartOfTheNodeLosesItsClaim(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	d.plan(t, "ask", 0, 0)
	p := d.behind(t)
	old := d.gate
	p.lose(func(path string) bool {
		if massSends(path) {
			d.restart(t) // while the old start waits for its answer
		}
		return false
	})
	if _, err := old.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The old start was alive after all and knew better than the new one.
	if accepted := d.only(t, delivery.Accepted); accepted.MsgID == "" {
		t.Errorf("accepted %+v", accepted)
	}
	d.confirm(t)
	if got := received(d.platform)[externalID(0, 0)]; got != 1 {
		t.Errorf("received %d", got)
	}
}
