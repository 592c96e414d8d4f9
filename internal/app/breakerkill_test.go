package app

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"siyu/internal/account"
	"siyu/internal/app/brand"
	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault/killtest"
	"siyu/internal/id"
)

// The kill test of the circuit breaker: of each send some customers got their message
// and delete the member, others have it as a task that is not confirmed, for others it
// has not left. While a child finds that out, stops what runs and tells people it is
// killed.
const (
	killsOfBreaker = 25 // one of so many kills is of the breaker
	killsASend     = 4
	sendsADay      = 8 // of one brand, on one day: its history stays without harm
	gotIt          = 20
	deleting       = 12
	waiting        = 8 // customers, of each of two members
	firstWaiting   = theirCustomers - waiting
	longestBraking = 300 * time.Millisecond // real time a child gets
)

func TestKilledWhileHarmStopsASendPeopleAreAskedOnceAndNothingLeaves(t *testing.T) {
	kills := max(3*killsASend, killtest.Rounds(t)/killsOfBreaker)
	var b *killedBrand
	asked, sends := 0, 0
	for done := 0; done < kills; done += killsASend {
		if sends%sendsADay == 0 {
			b = openKilledBrand(t)
			b.bearing()
			if told := b.harm(0, 0); told != 1 {
				t.Errorf("people were told %d times of a send while nobody was killed", told)
			}
			sends++
		}
		asked += b.harm(sends%sendsADay, min(killsASend, kills-done))
		sends++
	}
	t.Logf("%d kills in %d sends that did harm: people were told of %d besides each brand's first, of none twice", kills, sends, asked)
}

// bearing lets customers get a message of each send, and an owner be a member.
func (b *killedBrand) bearing() {
	b.Helper()
	b.open(func(a *App) {
		rules := a.brand.Documents().Rules
		rules.Budget, rules.LowTrust, rules.MaxConfirmations = decision.Budget{Day: 31, Week: 31, Month: 31}, decision.Budget{}, 10
		must(b.T, a.brand.Set(b.Context(), brand.RulesDoc, rules, "lead"))
		must(b.T, a.db.ChangeAccounts(b.Context(), func(book account.Book) error {
			return book.PutAccount(b.Context(), account.Account{Name: "owner", Role: account.Owner, Staff: b.member(0), Active: true})
		}))
	})
}

func (b *killedBrand) member(m int) id.Staff {
	return id.StaffOf(id.Corp(b.platform.Credentials(0).Corp), fmt.Sprint("m", m))
}

// asks queues a mass send of a member to customers in a row.
func (b *killedBrand) asks(a *App, send, member, first, customers int) {
	b.Helper()
	words := fmt.Sprint("question ", send)
	now := b.clock.Now()
	day := clock.Day(now, clock.Shanghai).AddDate(0, 0, -send) // a plan has one contact of a customer
	var actions []decision.Action
	for c := first; c < first+customers; c++ {
		actions = append(actions, decision.Action{
			ID: int64(1 + send*killedMembers*theirCustomers + member*theirCustomers + c), Day: day, Customer: b.customer(member*theirCustomers + c), Staff: b.member(member), Store: 3,
			Corp: id.Corp(b.platform.Credentials(0).Corp), Purpose: event.Ask, Channel: event.MassSend, Material: words, From: now, Until: now.Add(8 * time.Hour),
		})
	}
	queued, err := a.gate.Load().Queue(b.Context(), actions, content.Library{Materials: []content.Material{{Code: words, Purpose: event.Ask, Text: words}}})
	if err != nil || queued.Touches != customers {
		b.Fatalf("queued %+v, %v", queued, err)
	}
}

// harm lets a send do harm, kills those who stop it, and lets a person decide. It
// returns how often people were told by message.
func (b *killedBrand) harm(send, kills int) (told int) {
	b.Helper()
	harmed, tasks, later := send%killedMembers, (send+1)%killedMembers, (send+2)%killedMembers
	b.open(func(a *App) {
		first := deleting * (send / killedMembers)
		b.asks(a, send, harmed, first, gotIt)
		b.delivered(a)
		b.asks(a, send, tasks, firstWaiting, waiting)
		must(b.T, a.lived(b.Context(), watching))
		for c := first; c < first+deleting; c++ {
			b.deletes(a, harmed, c)
		}
		b.asks(a, send, later, firstWaiting, waiting)
	})
	b.pass(decision.FollowAfter + time.Second)
	before, cards := b.received(), len(b.platform.StaffMessages(""))
	for range kills {
		switch b.dice.IntN(3) {
		case 0:
			b.wecom.strike("/cgi-bin/externalcontact/cancel_groupmsg_send", 1, b.dice.IntN(2) == 0)
			b.killed(longestBraking, watching)
		case 1:
			b.wecom.strike("/cgi-bin/message/send", 1, b.dice.IntN(2) == 0)
			b.killed(longestBraking, watching)
		default:
			b.killed(time.Duration(b.dice.Int64N(int64(longestBraking))), watching)
		}
		b.pass(betweenKills)
	}
	b.open(func(a *App) {
		must(b.T, a.lived(b.Context(), watching))
		halted := b.standsStill(a, before)
		b.pass(pastTheDoubt) // what WeCom stopped is moved into a task that waits
		must(b.T, a.lived(b.Context(), watching))
		if again := b.standsStill(a, before); again.Halted != halted.Halted || again.Evidence != halted.Evidence {
			b.Errorf("the send was halted anew: %+v, then %+v", halted, again)
		}
		if told = len(b.platform.StaffMessages("")) - cards; told > 1 || halted.Told.IsZero() {
			b.Errorf("people were told %d times, by the ledger at %s", told, halted.Told)
		}
		want := b.decided(a, send, halted.ID)
		for c := firstWaiting; want && c < theirCustomers; c++ {
			before[external(tasks*theirCustomers+c)]++
			before[external(later*theirCustomers+c)]++
		}
		if got := b.received(); !maps.Equal(got, before) {
			b.Errorf("after a person decided about send %d\n%v got a message, want\n%v", send, got, before)
		}
	})
	return told
}

// delivered lets what is approved leave, be confirmed and be read back.
func (b *killedBrand) delivered(a *App) {
	b.Helper()
	must(b.T, a.lived(b.Context(), watching))
	b.confirm()
	b.pass(betweenKills)
	must(b.T, a.lived(b.Context(), watching))
}

func (b *killedBrand) deletes(a *App, member, c int) {
	b.Helper()
	b.pass(time.Second)
	who := member*theirCustomers + c
	must(b.T, b.platform.People().DeleteByCustomer(fmt.Sprint("m", member), external(who)))
	fact, err := event.New(event.Customer(b.customer(who)), b.clock.Now(), event.FromCallback, id.Hash(fmt.Sprint("deleted ", who)),
		event.RelationEnded{Staff: b.member(member), By: event.ByCustomer})
	must(b.T, err)
	_, err = a.facts.Append(b.Context(), fact)
	must(b.T, err)
}

// received returns how many messages reached each customer by WeCom's own ledger.
func (b *killedBrand) received() map[string]int {
	got := map[string]int{}
	for _, row := range b.platform.Deliveries() {
		got[row.ExternalUserID]++
	}
	return got
}

// standsStill checks that one send is halted and nothing of it left or can be
// confirmed, and returns it.
func (b *killedBrand) standsStill(a *App, before map[string]int) delivery.Send {
	b.Helper()
	halted, err := a.db.Sends(b.Context(), delivery.SendQuery{States: []delivery.SendState{delivery.Halted}})
	if err != nil || len(halted) != 1 || halted[0].Because != decision.Deleted || halted[0].Evidence.Events != deleting || halted[0].Evidence.Delivered != gotIt {
		b.Fatalf("halted: %+v, %v", halted, err)
	}
	b.confirm() // whatever a member can confirm
	if got := b.received(); !maps.Equal(got, before) {
		b.Errorf("%v got a message, want\n%v", got, before)
	}
	return halted[0]
}

// decided lets a person decide, and everything happen that comes of it. It tells
// whether those who waited get their message.
func (b *killedBrand) decided(a *App, send int, halted int64) (goesOn bool) {
	b.Helper()
	decide := a.gate.Load().CancelSend
	if goesOn = send%2 == 0; goesOn {
		decide = a.gate.Load().Continue
	}
	must(b.T, decide(b.Context(), delivery.SendWord{Account: "owner", Why: "asked"}, halted))
	b.delivered(a)
	b.delivered(a)
	return goesOn
}
