package storagetest

import (
	"context"
	"testing"
	"time"

	"siyu/internal/storage"
)

func leasesHaveOneHolder(t *testing.T, ctx context.Context, db *storage.DB) {
	by := func(holder string, long time.Duration) storage.Lease {
		return storage.Lease{Name: "turn", Holder: holder, For: long}
	}
	is := func(what string, got bool, err error, want bool) {
		t.Helper()
		ok(t, err)
		equal(t, what, got, want)
	}
	take := func(what string, l storage.Lease, want bool) {
		t.Helper()
		got, err := db.TakeLease(ctx, l)
		is(what, got, err, want)
	}
	renew := func(what string, l storage.Lease, want bool) {
		t.Helper()
		got, err := db.RenewLease(ctx, l)
		is(what, got, err, want)
	}
	renew("renewed before it was taken", by("a", time.Minute), false)
	take("taken", by("a", time.Minute), true)
	take("taken by another", by("b", time.Minute), false)
	take("another lease taken", storage.Lease{Name: "night", Holder: "b", For: time.Minute}, true)
	ok(t, db.DropLease(ctx, by("b", 0)))
	take("taken after somebody else gave it back", by("b", time.Minute), false)
	renew("renewed for no time", by("a", 0), true)
	renew("renewed after it ran out", by("a", time.Minute), false)
	take("taken after it ran out", by("b", time.Minute), true)
	renew("renewed by who lost it", by("a", time.Minute), false)
	ok(t, db.DropLease(ctx, by("b", 0)))
	take("taken after it was given back", by("c", time.Minute), true)
}
