package account_test

import (
	"strings"
	"testing"
	"time"

	"siyu/internal/account"
	"siyu/internal/fault"
	"siyu/internal/id"
)

func TestAKeyIsShownOnceAndKeptAsAHash(t *testing.T) {
	d, ctx := open(t), t.Context()
	d.owner(t)
	keys := account.NewKeys(d.db, d.clock)
	secret, err := keys.Add(ctx, account.Key{Name: "billing", Role: account.Lead, Maker: "lin"})
	ok(t, err)
	if !strings.HasPrefix(secret, account.KeyPrefix) || len(secret) != len(account.KeyPrefix)+43 {
		t.Errorf("the secret is %q", secret)
	}
	who, err := keys.Who(ctx, secret)
	ok(t, err)
	if who.Name != "billing" || who.Role != account.Lead || !who.Used.Equal(d.clock.Now()) || who.Hash != [32]byte{} {
		t.Errorf("behind the key is %+v", who)
	}
	all, err := keys.All(ctx)
	ok(t, err)
	if len(all) != 1 || !all[0].Used.Equal(d.clock.Now()) || !all[0].Made.Equal(d.clock.Now()) || all[0].Hash != [32]byte{} {
		t.Errorf("the list holds %+v", all)
	}
	ok(t, d.db.Close())
	if found := findInFiles(t, d.path, strings.TrimPrefix(secret, account.KeyPrefix)); found != "" {
		t.Errorf("the key stands in %s", found)
	}
}

func TestARevokedKeyIsDeadAtOnceAndItsNameIsFree(t *testing.T) {
	d, ctx := open(t), t.Context()
	d.owner(t)
	keys := account.NewKeys(d.db, d.clock)
	fresh := account.Key{Name: "billing", Role: account.Lead, Maker: "lin"}
	secret, err := keys.Add(ctx, fresh)
	ok(t, err)
	_, err = keys.Add(ctx, fresh)
	denied(t, "the same name", err, fault.Conflict, "error.key_taken")
	ok(t, keys.Revoke(ctx, "billing"))
	_, err = keys.Who(ctx, secret)
	denied(t, "a revoked key", err, fault.Denied, "")
	denied(t, "revoking again", keys.Revoke(ctx, "billing"), fault.NotFound, "")
	again, err := keys.Add(ctx, fresh)
	ok(t, err)
	if _, err := keys.Who(ctx, again); err != nil || again == secret {
		t.Errorf("a new key of the name: %v", err)
	}
}

func TestAKeyMayNeverMoreThanItsMaker(t *testing.T) {
	d, ctx := open(t), t.Context()
	d.owner(t)
	keys := account.NewKeys(d.db, d.clock)
	for _, a := range []account.Account{
		{Name: "boss", Role: account.Owner, Active: true},
		{Name: "store", Role: account.Store, Stores: []id.Store{1, 2}, Active: true},
		{Name: "staff", Role: account.Staff, Staff: 3, Active: true},
		{Name: "gone", Role: account.Lead},
	} {
		_, err := d.Add(ctx, a)
		ok(t, err)
	}
	all, some, other := account.Key{Role: account.Lead}, account.Key{Role: account.Store, Stores: []id.Store{2}}, account.Key{Role: account.Store, Stores: []id.Store{2, 9}}
	for n, c := range []struct {
		maker string
		key   account.Key
		may   bool
	}{
		{"lin", all, true}, {"lin", other, true}, {"", all, true}, {"store", some, true},
		{"store", other, false}, {"store", all, false}, {"staff", some, false}, {"gone", some, false}, {"nobody", some, false},
	} {
		c.key.Name, c.key.Maker = "key"+string(rune('a'+n)), c.maker
		_, err := keys.Add(ctx, c.key)
		if c.may && err != nil || !c.may && fault.KeyOf(err) != "error.key_more" {
			t.Errorf("%s makes %+v: %v", c.maker, c.key, err)
		}
	}
	secret, err := keys.Add(ctx, account.Key{Name: "later", Role: account.Lead, Maker: "boss"})
	ok(t, err)
	ok(t, d.Change(ctx, account.Account{Name: "boss", Role: account.Store, Stores: []id.Store{1}, Active: true}))
	_, err = keys.Who(ctx, secret)
	denied(t, "a lead's key whose maker is a store now", err, fault.Denied, "")
	ok(t, d.Change(ctx, account.Account{Name: "boss", Role: account.Lead, Active: true}))
	if _, err := keys.Who(ctx, secret); err != nil {
		t.Errorf("the maker is a lead again: %v", err)
	}
	ok(t, d.Change(ctx, account.Account{Name: "boss", Role: account.Lead}))
	_, err = keys.Who(ctx, secret)
	denied(t, "a key whose maker is out", err, fault.Denied, "")
}

func TestAKeyNeedsANameARoleAndWhatItIsAbout(t *testing.T) {
	d, ctx := open(t), t.Context()
	keys := account.NewKeys(d.db, d.clock)
	for _, k := range []account.Key{
		{Role: account.Lead}, {Name: "a b", Role: account.Lead}, {Name: strings.Repeat("n", 65), Role: account.Lead},
		{Name: "a", Role: account.Owner}, {Name: "a", Role: account.Staff}, {Name: "a"}, {Name: "a", Role: account.Store},
	} {
		_, err := keys.Add(ctx, k)
		denied(t, "key "+k.Name+" "+string(k.Role), err, fault.Invalid, "")
	}
}

func TestWhenAKeyWasUsedIsKnownToFiveMinutes(t *testing.T) {
	d, ctx := open(t), t.Context()
	keys := account.NewKeys(d.db, d.clock)
	secret, err := keys.Add(ctx, account.Key{Name: "billing", Role: account.Lead})
	ok(t, err)
	began := d.clock.Now()
	for range 6 {
		_, err := keys.Who(ctx, secret)
		ok(t, err)
		d.clock.Set(d.clock.Now().Add(2 * time.Minute))
	}
	all, err := keys.All(ctx)
	ok(t, err)
	if got := all[0].Used.Sub(began); got != 6*time.Minute {
		t.Errorf("noted %v after the first use, want 6m", got)
	}
}
