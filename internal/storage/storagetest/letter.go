package storagetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/storage"
	"siyu/internal/vault"
)

func letters(from, n int) []vault.Letter {
	list := make([]vault.Letter, n)
	for i := range list {
		body := fmt.Appendf(nil, "sealed body %d", from+i)
		list[i] = vault.Letter{Hash: sha256.Sum256(body), Corp: "ww1", Body: body,
			Received: noon.Add(time.Duration(from+i) * time.Millisecond), Stale: i%2 == 1}
	}
	return list
}

func lettersAreKeptOnce(t *testing.T, ctx context.Context, db *storage.DB) {
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for from := range 10 {
				if _, err := db.PutLetters(ctx, letters(from*5, 10)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	equal(t, "added of a batch with one letter twice", must[int](t)(db.PutLetters(ctx, append(letters(60, 2), letters(61, 1)...))), 2)
	pending := must[[]vault.Letter](t)(db.PendingLetters(ctx, 1000))
	equal(t, "pending", len(pending), 57)
	equal(t, "oldest", fmt.Sprint(pending[0]), fmt.Sprint(letters(0, 1)[0]))

	hashes := [][32]byte{pending[0].Hash, pending[1].Hash}
	ok(t, db.FinishLetters(ctx, hashes, noon))
	equal(t, "pending after two were finished", len(must[[]vault.Letter](t)(db.PendingLetters(ctx, 1000))), 55)
	equal(t, "last finished", must[time.Time](t)(db.LastLetter(ctx)), noon)
	equal(t, "added when a finished letter comes again", must[int](t)(db.PutLetters(ctx, letters(0, 1))), 0)
}

func lettersAreSetAside(t *testing.T, ctx context.Context, db *storage.DB) {
	must[int](t)(db.PutLetters(ctx, letters(0, 2)))
	bad := letters(0, 1)[0].Hash
	for attempt := range 3 {
		pending := must[[]vault.Letter](t)(db.PendingLetters(ctx, 10))
		equal(t, "attempts", pending[0].Attempts, attempt)
		ok(t, db.FailLetter(ctx, bad, "cannot be read", 3))
	}
	equal(t, "pending", len(must[[]vault.Letter](t)(db.PendingLetters(ctx, 10))), 1)
	pending, aside, err := db.CountLetters(ctx)
	ok(t, err)
	equal(t, "pending and aside", fmt.Sprint(pending, aside), "1 1")
}

func sealedTextsAreErased(t *testing.T, ctx context.Context, db *storage.DB) {
	a, b := event.Subject{Type: event.AboutCustomer, ID: 1}, event.Subject{Type: event.AboutCustomer, ID: 2}
	row := func(s event.Subject, f vault.Field, part, box string) vault.Sealed {
		return vault.Sealed{Subject: s, Field: f, Part: part, Box: []byte(box)}
	}
	ok(t, db.PutSealed(ctx, []vault.Sealed{row(a, vault.Name, "", "1"), row(b, vault.Name, "", "2"),
		row(a, vault.Remark, "x", "3"), row(a, vault.Message, "m", "4"), row(a, vault.Name, "", "5")}))
	rows := must[[]vault.Sealed](t)(db.SealedOf(ctx, []event.Subject{a}, []vault.Field{vault.Name, vault.Remark}))
	equal(t, "rows of one subject", len(rows), 2)
	names := map[int64]string{}
	ok(t, db.EachSealed(ctx, vault.Name, func(s vault.Sealed) error { names[s.Subject.ID] = string(s.Box); return nil }))
	equal(t, "names", fmt.Sprint(names), "map[1:5 2:2]")
	ok(t, db.EraseSealed(ctx, a))
	equal(t, "rows of an erased subject", len(must[[]vault.Sealed](t)(db.SealedOf(ctx, []event.Subject{a}, []vault.Field{vault.Name, vault.Message}))), 0)
	messages := 0
	ok(t, db.EachSealed(ctx, vault.Message, func(vault.Sealed) error { messages++; return nil }))
	equal(t, "messages", messages, 0)
}

func writesAreIndependent(t *testing.T, ctx context.Context, db *storage.DB) {
	wrong := errors.New("this write fails")
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if i%4 == 0 {
				if err := db.Write(ctx, storage.Interactive, func(*storage.Tx) error { return wrong }); !errors.Is(err, wrong) {
					t.Errorf("error of the failing write: %v", err)
				}
				return
			}
			if _, err := db.AppendFacts(ctx, seen(t, i*10, 3)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	equal(t, "facts", must[int64](t)(db.LogHead(ctx)), 90)
}
