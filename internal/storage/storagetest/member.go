package storagetest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"siyu/internal/connector/customers"
	"siyu/internal/connector/export"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/profile"
	"siyu/internal/storage"
)

func membersAndTheirImportAreKept(t *testing.T, ctx context.Context, db *storage.DB) {
	at := customers.Checkpoint{Key: [32]byte{1}, File: "members.csv", Started: noon.Add(time.Millisecond), Batches: 2, RejectBytes: 9,
		Result: customers.Result{Rows: 5, Phones: map[export.PhoneState]int{export.PhoneUsable: 4}, Rejected: []export.Rejected{{Line: 3, Reason: "expected"}}}}
	ok(t, db.SaveMembers(ctx, nil, at))
	found, open, err := db.OpenMemberRun(ctx, at.Key)
	ok(t, err)
	if !open || !reflect.DeepEqual(found, at) {
		t.Fatalf("open %v: got %+v, want %+v", open, found, at)
	}
	facts := seen(t, 0, 3)
	at.Done = true
	ok(t, db.SaveMembers(ctx, append(facts, facts[1]), at))
	equal(t, "head", must[int64](t)(db.LogHead(ctx)), 3)
	_, open, err = db.OpenMemberRun(ctx, at.Key)
	ok(t, err)
	equal(t, "open after it is done", open, false)

	state := profile.Customer{ID: 8, FirstSeen: event.At(noon), Referrer: profile.Referrer{By: 9, As: 8, Since: event.At(noon)},
		Described: profile.Description{At: event.At(noon), BirthMonth: 5, BirthDay: 20, City: "杭州", Level: "金卡", Campaign: "春茶节", Tags: []string{"绿茶"}}}
	ok(t, db.CommitFold(ctx, flow.Fold{Customers: []profile.Customer{state}, Reader: "fold", Cursor: 1}))
	known := must[map[id.Customer]customers.Known](t)(db.DescribedCustomers(ctx, []id.Customer{8, 9}))
	want := customers.Known{Since: noon, At: noon, By: 9, Said: event.CustomerDescribed{BirthMonth: 5, BirthDay: 20, City: "杭州", Level: "金卡", Campaign: "春茶节", Tags: []string{"绿茶"}}}
	if len(known) != 1 || !reflect.DeepEqual(known[8], want) {
		t.Errorf("got %+v, want %+v", known, want)
	}
}
