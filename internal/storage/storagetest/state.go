package storagetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/profile"
	"siyu/internal/storage"
)

func state(c id.Customer) profile.Customer {
	at := event.At(noon)
	return profile.Customer{ID: c, Corps: []id.Corp{"ww1"}, FirstSeen: at, LastFact: at,
		Relations: []profile.Relation{{Staff: 5, Since: at, State: "poster", Tags: []string{"vip"}}},
		Orders:    profile.Orders{Count: 1, First: at, Last: at, Turnover: 12300},
		Surveys:   []profile.SurveyAnswer{{At: at, Survey: 7, Score: 4, Touch: 9}, {At: at + 5, Survey: -8, Score: 1}},
		Judged:    []profile.Judgement{{At: at, Rapport: event.Cold}, {At: at + 1, Rapport: event.Close}}}
}

func foldsAreStoredWhole(t *testing.T, ctx context.Context, db *storage.DB) {
	first := flow.Fold{
		Customers: []profile.Customer{state(1), state(2), state(3)},
		Groups:    []profile.Group{{ID: 4, Name: "tea", Customers: 20}}, Staff: []profile.Staff{{ID: 5, UserID: "lin", Status: 1, Contact: true}},
		Aliases:    []flow.Alias{{Customer: 3, Canonical: 2}},
		Identities: []flow.Identity{{Kind: event.ByPhone, Key: []byte("p1"), Customer: 1}},
		Counters:   []flow.Counter{{Name: "orders", Part: "youzan", Store: 7, Day: event.At(noon), Delta: 2}},
		Reader:     "fold", Cursor: 10,
	}
	ok(t, db.CommitFold(ctx, first))
	if err := db.CommitFold(ctx, first); fault.CodeOf(err) != fault.Conflict {
		t.Fatalf("the same fold again: %v", err)
	}
	stale := flow.Fold{Customers: []profile.Customer{{ID: 1}}, Reader: "fold", Began: 5, Cursor: 20}
	if err := db.CommitFold(ctx, stale); fault.CodeOf(err) != fault.Conflict {
		t.Fatalf("a fold that goes further and began before another one ended: %v", err)
	}
	unread := flow.Fold{Reader: "unread", Began: 5, Cursor: 20}
	if err := db.CommitFold(ctx, unread); fault.CodeOf(err) != fault.Conflict {
		t.Fatalf("a fold that began where its reader never was: %v", err)
	}
	equal(t, "cursor", must[int64](t)(db.Cursor(ctx, "fold")), 10)
	states := must[[]profile.Customer](t)(db.LoadCustomers(ctx, []id.Customer{3, 9, 1}))
	if want := []profile.Customer{state(3), {ID: 9}, state(1)}; !reflect.DeepEqual(states, want) {
		t.Fatalf("states: got %+v, want %+v", states, want)
	}
	equal(t, "group", must[[]profile.Group](t)(db.LoadGroups(ctx, []id.Group{4}))[0].Name, "tea")
	equal(t, "groups", len(must[[]profile.Group](t)(db.Groups(ctx))), 1)
	equal(t, "staff", must[[]profile.Staff](t)(db.LoadStaff(ctx, []id.Staff{5}))[0].UserID, "lin")
	equal(t, "all staff", len(must[[]profile.Staff](t)(db.Staff(ctx))), 1)

	second := flow.Fold{Counters: []flow.Counter{{Name: "orders", Part: "youzan", Store: 7, Day: event.At(noon), Delta: 3}}, Reader: "fold", Began: 10, Cursor: 11,
		Identities: []flow.Identity{{Kind: event.ByPhone, Key: []byte("p1"), Customer: 2}, {Kind: event.ByUnionID, Key: []byte("p1"), Customer: 2}}}
	ok(t, db.CommitFold(ctx, second))
	counters := must[[]flow.Counter](t)(db.Counters(ctx, []string{"orders", "adds"}, event.At(noon), event.At(noon)))
	equal(t, "counters", fmt.Sprint(counters), fmt.Sprint([]flow.Counter{{Name: "orders", Part: "youzan", Store: 7, Day: event.At(noon), Delta: 5}}))
	owners := must[map[string]id.Customer](t)(db.IdentityOwners(ctx, second.Identities))
	equal(t, "owners", fmt.Sprint(owners), "map[phone:p1:1 unionid:p1:2]")

	ok(t, db.ResetFold(ctx, "fold"))
	equal(t, "cursor after a reset", must[int64](t)(db.Cursor(ctx, "fold")), 0)
	equal(t, "state after a reset", must[[]profile.Customer](t)(db.LoadCustomers(ctx, []id.Customer{1}))[0].FirstSeen, 0)
}

func chainsOfMergesAreFollowed(t *testing.T, ctx context.Context, db *storage.DB) {
	merge := func(cursor int64, aliases ...flow.Alias) {
		t.Helper()
		ok(t, db.CommitFold(ctx, flow.Fold{Aliases: aliases, Reader: "fold", Began: cursor - 1, Cursor: cursor}))
	}
	merge(1, flow.Alias{Customer: 1, Canonical: 2}, flow.Alias{Customer: 2, Canonical: 3}, flow.Alias{Customer: 8, Canonical: 3})
	asked := []id.Customer{1, 2, 3, 4, 8}
	equal(t, "who answers", fmt.Sprint(must[map[id.Customer]id.Customer](t)(db.Canonical(ctx, asked))), "map[1:3 2:3 8:3]")
	equal(t, "aliases", fmt.Sprint(must[map[id.Customer][]id.Customer](t)(db.AliasesOf(ctx, []id.Customer{3, 4}))), "map[3:[3 2 8 1] 4:[4]]")
	equal(t, "chains", fmt.Sprint(must[map[id.Customer]id.Customer](t)(db.MergesOf(ctx, []id.Customer{1, 4}))), "map[1:2 2:3]")
	merge(2, flow.Alias{Customer: 2, Canonical: 2})
	equal(t, "who answers after the undoing", fmt.Sprint(must[map[id.Customer]id.Customer](t)(db.Canonical(ctx, asked))), "map[1:2 8:3]")
}

func everyUnmergedCustomerIsVisitedOnce(t *testing.T, ctx context.Context, db *storage.DB) {
	var customers []profile.Customer
	for i := range 57 {
		c := state(id.Customer(i*i + 1))
		if i%10 == 0 {
			c.MergedInto = 2
		}
		customers = append(customers, c)
	}
	ok(t, db.SaveCustomers(ctx, customers))
	var seen []id.Customer
	ok(t, db.EachCustomer(ctx, 10, func(chunk []profile.Customer) error {
		for _, c := range chunk {
			if c.MergedInto != 0 || len(seen) > 0 && c.ID <= seen[len(seen)-1] {
				t.Errorf("customer %d is merged or out of order", c.ID)
			}
			seen = append(seen, c.ID)
		}
		return nil
	}))
	equal(t, "visited", len(seen), 51)
	stop := errors.New("enough")
	if err := db.EachCustomer(ctx, 10, func([]profile.Customer) error { return stop }); !errors.Is(err, stop) {
		t.Fatalf("error of the visitor: %v", err)
	}
}
