package storagetest

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"siyu/internal/account"
	"siyu/internal/connector/orders"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/job"
	"siyu/internal/storage"
	"siyu/internal/vault"
	"siyu/internal/wecom"
)

func auditAndPreferencesAreKept(t *testing.T, ctx context.Context, db *storage.DB) {
	for i := range 3 {
		ok(t, db.Audit(ctx, storage.AuditEntry{At: noon.Add(time.Duration(i/2) * time.Minute), Account: "lin", Did: fmt.Sprint("did ", i), About: "x"}))
	}
	first := must[[]storage.AuditEntry](t)(db.AuditBefore(ctx, storage.AuditEntry{}, 2))
	equal(t, "newest entry", first[0].Did, "did 2")
	equal(t, "rest", len(must[[]storage.AuditEntry](t)(db.AuditBefore(ctx, first[1], 5))), 1)
	ok(t, db.SetPreference(ctx, "lin", "columns", "a"))
	ok(t, db.SetPreference(ctx, "lin", "columns", "b"))
	equal(t, "preference", must[string](t)(db.Preference(ctx, "lin", "columns")), "b")
	equal(t, "preference of another", must[string](t)(db.Preference(ctx, "wang", "columns")), "")
	ok(t, db.SetGroupKind(ctx, 4, "deal"))
	equal(t, "kinds", fmt.Sprint(must[map[id.Group]string](t)(db.GroupKinds(ctx))), "map[4:deal]")
	must[[]storage.Execution](t)(db.Execution(ctx, noon.AddDate(0, 0, -7), noon))
}

func whatWasToldIsReplacedAndForgotten(t *testing.T, ctx context.Context, db *storage.DB) {
	ok(t, db.Tell(ctx, "staff", map[string][]byte{"a": []byte("1"), "b": []byte("2")}))
	ok(t, db.Tell(ctx, "staff", map[string][]byte{"a": []byte("3"), "b": nil}))
	equal(t, "told", fmt.Sprintf("%s", must[map[string][]byte](t)(db.Told(ctx, "staff"))), "map[a:3]")
	equal(t, "told by name", len(must[map[string][]byte](t)(db.Told(ctx, "staff", "b", "a"))), 1)
	equal(t, "told of another set", len(must[map[string][]byte](t)(db.Told(ctx, "groups"))), 0)
}

func ordersAndTheirImportAreKept(t *testing.T, ctx context.Context, db *storage.DB) {
	order := orders.Known{Order: 1, Shop: "youzan", Store: 7, Customer: 9, At: noon, Purchase: true, Amount: 100, Refunded: 1, Record: orders.Record{Revision: 2}}
	at := orders.Checkpoint{Key: [32]byte{1}, File: "orders.csv", Started: noon.Add(time.Millisecond), Batches: 3, RejectBytes: 9}
	ok(t, db.SaveOrders(ctx, nil, []orders.Known{order}, at))
	if found := must[map[id.Order]orders.Known](t)(db.KnownOrders(ctx, []id.Order{1, 2})); len(found) != 1 || !reflect.DeepEqual(found[1], order) {
		t.Fatalf("got %+v, want %+v", found, order)
	}
	found, open, err := db.OpenRun(ctx, at.Key)
	ok(t, err)
	if !open || !reflect.DeepEqual(found, at) {
		t.Fatalf("open %v: got %+v, want %+v", open, found, at)
	}
	facts := seen(t, 0, 3)
	at.Done = true
	ok(t, db.SaveOrders(ctx, append(facts, facts[1]), nil, at))
	equal(t, "facts told with orders", len(must[[]event.Fact](t)(db.FactsAbout(ctx, []event.Subject{facts[0].Subject, facts[1].Subject, facts[2].Subject}, 0, 9))), 3)
	equal(t, "head", must[int64](t)(db.LogHead(ctx)), 3)
	_, open, err = db.OpenRun(ctx, at.Key)
	ok(t, err)
	equal(t, "open after it is done", open, false)
	first := seen(t, 0, 1)[0]
	met := func(c id.Customer, key string, hours int) event.Fact {
		f := must[event.Fact](t)(event.New(event.Customer(c), noon, event.FromOrders, id.Hash(key), event.CustomerIdentified{Identity: event.ByPhone, Key: []byte(key)}))
		f.Received = noon.Add(time.Duration(hours) * time.Hour)
		return f
	}
	told := []event.Fact{first, met(31, "old", -1), met(31, "old, another", 1), met(32, "new", 0), met(33, "newer", 1), met(34, "not asked", 1)}
	ok(t, db.SaveOrders(ctx, told, nil, at))
	equal(t, "met since noon", fmt.Sprint(must[map[id.Customer]bool](t)(db.MetSince(ctx, []id.Customer{31, 32, 33, id.Customer(first.Subject.ID)}, noon))), "map[32:true 33:true]")
	equal(t, "owners of unknown phones", len(must[map[string]id.Customer](t)(db.PhoneOwners(ctx, [][]byte{{1}}))), 0)
}

func tokensAreRefreshedByOneAtATime(t *testing.T, ctx context.Context, db *storage.DB) {
	key := must[vault.Key](t)(vault.NewKey(make([]byte, 32)))
	tokens := storage.NewTokens(db, key)
	equal(t, "token before any", must[wecom.Token](t)(tokens.Token(ctx, "k")), wecom.Token{})
	fence := must[int64](t)(tokens.Lease(ctx, "k", "a", time.Minute))
	equal(t, "fence of the first", fence, 1)
	equal(t, "fence while it is leased", must[int64](t)(tokens.Lease(ctx, "k", "b", time.Minute)), 0)
	fresh := wecom.Token{Value: "secret", Version: fence, Expires: noon}
	equal(t, "stored", must[bool](t)(tokens.Put(ctx, "k", fresh)), true)
	equal(t, "token", must[wecom.Token](t)(tokens.Token(ctx, "k")), fresh)
	equal(t, "fence of the second", must[int64](t)(tokens.Lease(ctx, "k", "b", 0)), 2)
	equal(t, "stored late", must[bool](t)(tokens.Put(ctx, "k", fresh)), false)
	equal(t, "fence after a lease has run out", must[int64](t)(tokens.Lease(ctx, "k", "c", time.Minute)), 3)
	ok(t, tokens.Release(ctx, "k", 2))
	equal(t, "fence after a late release", must[int64](t)(tokens.Lease(ctx, "k", "d", time.Minute)), 0)
	ok(t, tokens.Release(ctx, "k", 3))
	equal(t, "fence after a release", must[int64](t)(tokens.Lease(ctx, "k", "d", time.Minute)), 4)
}

func accountsAndSessionsAreKept(t *testing.T, ctx context.Context, db *storage.DB) {
	lin := account.Account{Name: "lin", Role: account.Store, Stores: []id.Store{7, 8}, Staff: 5, Active: true, Password: "hash", LastSeen: noon}
	link := account.Link{Hash: [32]byte{1}, Account: "lin", Expires: noon}
	session := account.Session{Hash: [32]byte{2}, Account: "lin", Began: noon, Expires: noon.Add(time.Hour)}
	ok(t, db.ChangeAccounts(ctx, func(b account.Book) error {
		ok(t, b.PutAccount(ctx, lin))
		ok(t, b.PutLink(ctx, account.Link{Hash: [32]byte{9}, Account: "lin", Expires: noon}))
		ok(t, b.PutLink(ctx, link))
		return b.PutSession(ctx, session)
	}))
	if all := must[[]account.Account](t)(db.Accounts(ctx)); len(all) != 1 || !reflect.DeepEqual(all[0], lin) {
		t.Fatalf("got %+v, want %+v", all, lin)
	}
	_, void, err := db.OpenLink(ctx, [32]byte{9})
	ok(t, err)
	found, anybody, err := db.OpenLink(ctx, link.Hash)
	ok(t, err)
	if !anybody || !void || *found != link {
		t.Fatalf("link %+v, anybody %v", found, anybody)
	}
	s, who, err := db.SessionOf(ctx, session.Hash)
	ok(t, err)
	if *s != session || who.Role != account.Store {
		t.Fatalf("session %+v of %+v", s, who)
	}
	ok(t, db.ChangeAccounts(ctx, func(b account.Book) error { return b.EndSessions(ctx, "lin", [32]byte{}, noon) }))
	if s, _, err := db.SessionOf(ctx, session.Hash); s != nil || err != nil {
		t.Fatalf("ended session: %+v, %v", s, err)
	}
	keys := [][]byte{{1}, {2}}
	equal(t, "first attempt", must[int](t)(db.CountAttempt(ctx, keys, noon, time.Minute)), 1)
	equal(t, "second attempt", must[int](t)(db.CountAttempt(ctx, keys[1:], noon, time.Minute)), 2)
	equal(t, "attempt after the window", must[int](t)(db.CountAttempt(ctx, keys, noon.Add(time.Minute), time.Minute)), 1)
}

func jobsAreLeasedByOneNode(t *testing.T, ctx context.Context, db *storage.DB) {
	fresh := job.Job{Kind: "backfill", Name: "ww1", State: job.Waiting, RunAt: noon, Payload: []byte("p"), Created: noon}
	kept, added, err := db.AddJob(ctx, fresh)
	ok(t, err)
	equal(t, "added", added, true)
	_, added, err = db.AddJob(ctx, fresh)
	ok(t, err)
	equal(t, "added again", added, false)
	lease := func(now time.Time) *job.Job {
		t.Helper()
		return must[*job.Job](t)(db.LeaseJob(ctx, []string{"backfill"}, now, now.Add(time.Minute)))
	}
	if j := lease(noon.Add(-time.Second)); j != nil {
		t.Fatalf("leased before its time: %+v", j)
	}
	first := lease(noon)
	equal(t, "leased", first.ID, kept.ID)
	if j := lease(noon); j != nil {
		t.Fatalf("leased twice: %+v", j)
	}
	second := lease(noon.Add(time.Minute))
	equal(t, "fence", second.Fence, first.Fence+1)
	if err := db.KeepJob(ctx, *first); fault.CodeOf(err) != fault.Conflict {
		t.Fatalf("keeping with an old fence: %v", err)
	}
	second.State, second.Ended, second.Leased = job.Done, noon, time.Time{}
	ok(t, db.KeepJob(ctx, *second))
	if j := lease(noon.Add(time.Hour)); j != nil {
		t.Fatalf("leased after its end: %+v", j)
	}
	if all := must[[]job.Job](t)(db.Jobs(ctx, "backfill", 5)); len(all) != 1 || !reflect.DeepEqual(all[0], *second) {
		t.Fatalf("got %+v, want %+v", all, *second)
	}
}
