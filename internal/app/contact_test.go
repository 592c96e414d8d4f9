package app

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

// listed returns the customers whom the member's phone lists by hand.
func (h *house) listed() (customers []id.Customer) {
	h.t.Helper()
	list, err := h.desk.Tasks(h.t.Context(), org.Scope{Staff: guide})
	must(h.t, err)
	for _, task := range list.Tasks {
		if task.Channel == event.OneToOne {
			customers = append(customers, task.Customer)
		}
	}
	return customers
}

func TestWhatALeadTakesBackIsGoneFromThePhoneAndNotPlannedAgainToday(t *testing.T) {
	inBothHouses(t, func(h *house) {
		ctx := h.t.Context()
		before := h.listed()
		words, err := h.desk.ContactWords(ctx, org.All())
		must(h.t, err)
		if len(words) == 0 || words[0].Customers < 2 || words[0].Staff != 1 {
			h.t.Fatalf("of %d by hand the page says %+v", len(before), words)
		}
		said := words[0]
		if _, err := h.desk.TakeContacts(ctx, keeper, said.First, web.TheseWords); fault.CodeOf(err) != fault.NotFound {
			h.t.Errorf("another store's account takes them back: %v", err)
		}
		taken, err := h.desk.TakeContacts(ctx, manager, said.First, web.TheseWords)
		must(h.t, err)
		equal(h.t, "taken back", taken, said.Customers)
		equal(h.t, "audited", h.audited("touch.contacts_back")[0], "manager words "+string(said.Purpose)+": "+strconv.Itoa(taken))
		after := h.listed()
		equal(h.t, "left on the phone", len(after), len(before)-taken)
		gone := slices.DeleteFunc(before, func(c id.Customer) bool { return slices.Contains(after, c) })
		untouched := func(when string) {
			h.t.Helper()
			for _, c := range gone {
				if h.underway(c) {
					h.t.Errorf("%s: something is on its way to customer %d", when, c)
				}
			}
		}
		for _, c := range gone {
			if tasks, err := h.desk.TasksWith(ctx, org.Scope{Staff: guide}, c); err != nil || len(tasks) > 0 {
				h.t.Errorf("beside the chat with %d: %+v, %v", c, tasks, err)
			}
			view, err := h.desk.Customer(ctx, org.All(), c)
			must(h.t, err)
			if view.Next == nil || view.Next.State != web.ActionCancelled || view.Next.Why != "person" {
				h.t.Errorf("the page of %d says %+v", c, view.Next)
			}
			if view.Budget[0].Used != 0 {
				h.t.Errorf("the budget of %d counts what was not made: %+v", c, view.Budget[0])
			}
		}
		untouched("taken back")
		h.nightly()
		untouched("after another night of the day")
		h.tell(h.fact(event.Customer(gone[0]), h.clock.Now(), event.RapportJudged{Staff: guide, Rapport: event.Close}))
		untouched("after something was learned of a customer")
		h.everybody(acquaintances)
		if _, err := h.desk.TakeContacts(ctx, manager, said.First, web.TheseWords); fault.CodeOf(err) != fault.Conflict {
			h.t.Errorf("taken back twice: %v", err)
		}
		h.clock.Set(h.clock.Now().Add(24 * time.Hour))
		h.nightly()
		again := 0
		for _, c := range gone {
			if h.underway(c) {
				again++
			}
		}
		if again == 0 {
			h.t.Error("the next day plans none of them")
		}
	})
}

func TestALeadTakesBackOneContactOrAMembersList(t *testing.T) {
	h := plannedHouse(t, "")
	ctx := t.Context()
	page, err := h.desk.Unconfirmed(ctx, org.All(), "")
	must(t, err)
	at := slices.IndexFunc(page.Tasks, func(x web.OpenTask) bool { return x.Channel == event.OneToOne && x.Customers > 1 })
	line := page.Tasks[at]
	list, err := h.desk.ContactList(ctx, org.All(), line.ID)
	must(t, err)
	equal(t, "on the list", len(list.Contacts), line.Customers)
	one := list.Contacts[0]
	taken, err := h.desk.TakeContacts(ctx, manager, one.ID, web.ThisContact)
	must(t, err)
	equal(t, "one is taken back", taken, 1)
	if _, err := h.desk.TakeContacts(ctx, manager, one.ID, web.ThisContact); fault.CodeOf(err) != fault.Conflict || fault.KeyOf(err) != "error.contacts_gone" {
		t.Errorf("the same again: %v", err)
	}
	taken, err = h.desk.TakeContacts(ctx, manager, one.ID, web.ThisList)
	must(t, err)
	equal(t, "the rest of the list", taken, line.Customers-1)
	left, err := h.desk.ContactList(ctx, org.All(), one.ID)
	must(t, err)
	if len(left.Contacts) != 0 || left.Purpose != line.Purpose {
		t.Errorf("left: %+v", left)
	}
	if _, err := h.desk.ContactList(ctx, keeper.Scope, one.ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another store's account looks at it: %v", err)
	}
}
