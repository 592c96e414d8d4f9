package vault_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
	"siyu/internal/vault"
)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openDB(t testing.TB) (*storage.DB, string) {
	t.Helper()
	path := storagetest.SQLite(t)
	db, err := storage.Open(t.Context(), storage.Config{URL: path})
	ok(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db, path
}

func newKey(t testing.TB, first byte) vault.Key {
	t.Helper()
	secret := make([]byte, 32)
	secret[0] = first
	k, err := vault.NewKey(secret)
	ok(t, err)
	return k
}

func TestABoxOpensOnlyUnderItsKeyAtItsPlaceAndUnaltered(t *testing.T) {
	key, other := newKey(t, 1), newKey(t, 2)
	rapid.Check(t, func(t *rapid.T) {
		text, place := rapid.SliceOf(rapid.Byte()).Draw(t, "text"), rapid.SliceOf(rapid.Byte()).Draw(t, "place")
		box := key.Seal(text, place)
		if again, err := key.Open(box, place); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("opened %q, %v", again, err)
		}
		if bytes.Equal(box, key.Seal(text, place)) {
			t.Fatal("two boxes of one text are equal")
		}
		if _, err := other.Open(box, place); err == nil {
			t.Fatal("it opens under another key")
		}
		if _, err := key.Open(box, append(place, 'x')); err == nil {
			t.Fatal("it opens at another place")
		}
		box[rapid.IntRange(0, len(box)-1).Draw(t, "altered")] ^= 1
		if _, err := key.Open(box, place); err == nil {
			t.Fatal("it opens altered")
		}
		if _, err := key.Open(box[:rapid.IntRange(0, len(box)-1).Draw(t, "cut")], place); err == nil {
			t.Fatal("it opens cut")
		}
	})
}

func TestTheKeyFileIsMadeOnceAndReadableByNobodyElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "vault.key")
	first, err := vault.OpenKey(path)
	ok(t, err)
	info, err := os.Stat(path)
	ok(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key file has mode %v", info.Mode())
	}
	again, err := vault.OpenKey(path)
	ok(t, err)
	if first.Fingerprint() != again.Fingerprint() {
		t.Error("the key changed")
	}
	if shown := fmt.Sprintf("%v %+v %s", first, again, first); strings.Trim(shown, "* ") != "" {
		t.Errorf("printed, the key shows %s", shown)
	}
	ok(t, os.Chmod(path, 0o640))
	if _, err := vault.OpenKey(path); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("a key that others may read: %v", err)
	}
	ok(t, os.WriteFile(path, []byte("short"), 0o600))
	ok(t, os.Chmod(path, 0o600))
	if _, err := vault.OpenKey(path); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("a file that holds no key: %v", err)
	}
}

func TestPhonesAreKnownHoweverTheyAreWritten(t *testing.T) {
	for _, text := range []string{"13812345678", "+86 138-1234-5678", "008613812345678", "８６１３８１２３４５６７８", " 138 1234 5678\t"} {
		if digits, known := vault.PhoneDigits(text); !known || digits != "13812345678" {
			t.Errorf("%q is read as %q, %v", text, digits, known)
		}
	}
	for _, text := range []string{"", "138****5678", "1381234567", "138123456789", "12812345678", "1.38E+10", "021-12345678", "13812345678转1"} {
		if digits, known := vault.PhoneDigits(text); known {
			t.Errorf("%q is read as %q", text, digits)
		}
	}
	key, other := newKey(t, 1), newKey(t, 2)
	if !bytes.Equal(key.PhoneHash("13812345678"), key.PhoneHash("13812345678")) {
		t.Error("one phone has two hashes")
	}
	if bytes.Equal(key.PhoneHash("13812345678"), other.PhoneHash("13812345678")) || bytes.Equal(key.PhoneHash("13812345678"), key.PhoneHash("13812345679")) {
		t.Error("a hash does not depend on key and phone")
	}
}

func TestTheDatabaseHoldsNoPersonalTextInClear(t *testing.T) {
	db, path := openDB(t)
	v := vault.Open(db, newKey(t, 1))
	secrets := []string{"王小明", "13812345678", "VIP from the fair", "我想要那个绿茶", "wmSecretExternalUserID"}
	for i, field := range []vault.Field{vault.Name, vault.Phone, vault.Remark, vault.Message, vault.UserID} {
		ok(t, v.Put(t.Context(), []vault.Entry{{Subject: event.Customer(1), Field: field, Part: "p", Text: secrets[i]}}))
	}
	inbox := vault.NewInbox(db, newKey(t, 1))
	body := []byte("<xml>" + strings.Join(secrets, " ") + "</xml>")
	ok(t, inbox.Put(t.Context(), vault.Letter{Hash: sha256.Sum256(body), Corp: "ww1", Received: time.Now(), Body: body}))
	ok(t, db.Close())
	files, err := filepath.Glob(path + "*")
	ok(t, err)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		ok(t, err)
		for _, s := range secrets {
			if bytes.Contains(raw, []byte(s)) {
				t.Errorf("%s stands in %s", s, filepath.Base(f))
			}
		}
	}
}

func TestTextsAreReplacedReadAndErased(t *testing.T) {
	db, _ := openDB(t)
	v, ctx := vault.Open(db, newKey(t, 1)), t.Context()
	a, b := event.Customer(1), event.Customer(2)
	ok(t, v.Put(ctx, []vault.Entry{{Subject: a, Field: vault.Name, Text: "old"}, {Subject: b, Field: vault.Name, Text: "other"}}))
	ok(t, v.Put(ctx, []vault.Entry{{Subject: a, Field: vault.Name, Text: "new"}, {Subject: a, Field: vault.Phone, Text: "13812345678"}}))
	entries, err := v.Of(ctx, []event.Subject{a}, []vault.Field{vault.Name})
	ok(t, err)
	if len(entries) != 1 || entries[0].Text != "new" {
		t.Errorf("read %+v", entries)
	}
	if _, err := vault.Open(db, newKey(t, 2)).Of(ctx, []event.Subject{a}, []vault.Field{vault.Name}); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("reading under another key: %v", err)
	}
	ok(t, v.Erase(ctx, a))
	if entries, err = v.Of(ctx, []event.Subject{a, b}, []vault.Field{vault.Name, vault.Phone}); err != nil || len(entries) != 1 {
		t.Errorf("after erasing: %+v, %v", entries, err)
	}
}

func TestNamesAreFoundByAnyPartAndKeptCurrent(t *testing.T) {
	db, _ := openDB(t)
	ctx := t.Context()
	put := func(v *vault.Vault, c id.Customer, f vault.Field, part, text string) {
		t.Helper()
		ok(t, v.Put(ctx, []vault.Entry{{Subject: event.Customer(c), Field: f, Part: part, Text: text}}))
	}
	before := vault.Open(db, newKey(t, 1))
	put(before, 1, vault.Name, "", "王小明")
	put(before, 2, vault.Name, "", "Lin Tea")
	put(before, 2, vault.Remark, "ww1/lin", "王总")
	ok(t, before.Put(ctx, []vault.Entry{{Subject: event.Staff(1), Field: vault.Name, Text: "王店员"}}))

	v := vault.Open(db, newKey(t, 1))
	ok(t, v.LoadNames(ctx))
	find := func(text string, limit int) string {
		t.Helper()
		found, err := v.FindCustomers(ctx, text, limit)
		ok(t, err)
		return fmt.Sprint(found)
	}
	for text, want := range map[string]string{"小": "[1]", "王": "[1 2]", "TEA": "[2]", " lin ": "[2]", "": "[]", "nobody": "[]"} {
		if got := find(text, 10); got != want {
			t.Errorf("%q finds %s, want %s", text, got, want)
		}
	}
	put(v, 1, vault.Name, "", "李小明")
	put(v, 2, vault.Remark, "ww1/lin", "茶友")
	if got := find("王", 10); got != "[]" {
		t.Errorf("after renaming, 王 finds %s", got)
	}
	names, err := v.NamesOf(ctx, []event.Subject{event.Customer(1), event.Customer(9), event.Staff(1)})
	ok(t, err)
	if len(names) != 2 || names[event.Customer(1)] != "李小明" || names[event.Staff(1)] != "王店员" {
		t.Errorf("names %v", names)
	}
	ok(t, v.Erase(ctx, event.Customer(1)))
	if got := find("小明", 10); got != "[]" {
		t.Errorf("an erased customer is found: %s", got)
	}
}

// failing fails every second time.
type failing struct {
	vault.InboxStore
	mu    sync.Mutex
	calls int
	sizes []int
}

var errDisk = errors.New("no space left")

func (f *failing) PutLetters(_ context.Context, letters []vault.Letter) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	f.sizes = append(f.sizes, len(letters))
	if f.calls%2 == 0 {
		return 0, errDisk
	}
	return len(letters), nil
}

func TestALetterIsAcknowledgedOnlyWhenItsOwnBatchIsStored(t *testing.T) {
	store := &failing{}
	inbox := vault.NewInbox(store, newKey(t, 1))
	var mu sync.Mutex
	acknowledged, refused := 0, 0
	var all sync.WaitGroup
	for i := range 2000 {
		all.Go(func() {
			err := inbox.Put(t.Context(), vault.Letter{Hash: [32]byte{byte(i), byte(i >> 8)}, Body: []byte("body")})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				acknowledged++
			case errors.Is(err, errDisk):
				refused++
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	stored, lost := 0, 0
	for i, n := range store.sizes {
		if i%2 == 0 {
			stored += n
		} else {
			lost += n
		}
	}
	if acknowledged != stored || refused != lost || stored+lost != 2000 {
		t.Errorf("acknowledged %d of %d stored, refused %d of %d lost", acknowledged, stored, refused, lost)
	}
	if slices.Max(store.sizes) > 512 {
		t.Errorf("a batch held %d letters", slices.Max(store.sizes))
	}
}

func TestLettersComeBackOpenedAndOnce(t *testing.T) {
	db, _ := openDB(t)
	inbox, ctx := vault.NewInbox(db, newKey(t, 1)), t.Context()
	body := []byte("<xml>plain</xml>")
	letter := vault.Letter{Hash: sha256.Sum256(body), Corp: "ww1", Received: time.UnixMilli(1_700_000_000_000).UTC(), Body: body}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if err := inbox.Put(ctx, letter); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	pending, err := inbox.Pending(ctx, 10)
	ok(t, err)
	if len(pending) != 1 || fmt.Sprint(pending[0]) != fmt.Sprint(letter) {
		t.Errorf("pending %+v", pending)
	}
}

// BenchmarkInbox has 64 senders wait for one acknowledgement each, as the
// callback handler does.
func BenchmarkInbox(b *testing.B) {
	db, _ := openDB(b)
	inbox := vault.NewInbox(db, newKey(b, 1))
	body := bytes.Repeat([]byte("x"), 700)
	b.SetParallelism(32)
	var mu sync.Mutex
	n := uint64(0)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			mu.Lock()
			n++
			hash := sha256.Sum256(fmt.Append(nil, n))
			mu.Unlock()
			if err := inbox.Put(b.Context(), vault.Letter{Hash: hash, Corp: "ww1", Received: time.Now(), Body: body}); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "letters/s")
}
