package account_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"siyu/internal/account"
	"siyu/internal/clock"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
)

const password = "绿茶 and 3 biscuits"

type desk struct {
	*account.Accounts
	clock *clock.Virtual
	path  string
	db    *storage.DB
}

func open(t *testing.T) *desk {
	d := &desk{clock: clock.NewVirtual(time.Date(2026, 5, 5, 9, 0, 0, 0, time.UTC)), path: storagetest.SQLite(t)}
	d.restart(t)
	return d
}

// restart opens the same database as a new process would.
func (d *desk) restart(t *testing.T) {
	if d.db != nil {
		ok(t, d.db.Close())
	}
	db, err := storage.Open(t.Context(), storage.Config{URL: d.path})
	ok(t, err)
	t.Cleanup(func() { _ = db.Close() })
	d.db, d.Accounts = db, account.New(db, d.clock)
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func denied(t *testing.T, what string, err error, code fault.Code, key string) {
	t.Helper()
	if fault.CodeOf(err) != code || fault.KeyOf(err) != key {
		t.Fatalf("%s: got %v (%s %s), want %s %s", what, err, fault.CodeOf(err), fault.KeyOf(err), code, key)
	}
}

func (d *desk) owner(t *testing.T) {
	t.Helper()
	link, err := d.FirstLink(t.Context())
	ok(t, err)
	ok(t, d.SetUp(t.Context(), link, "lin", password))
}

func (d *desk) login(t *testing.T, name, word string) string {
	t.Helper()
	token, err := d.LogIn(t.Context(), account.Login{Account: name, Password: word, From: "127.0.0.1"})
	ok(t, err)
	return token
}

func TestTheFirstLinkMakesOneOwnerAndNoSecond(t *testing.T) {
	d, ctx := open(t), t.Context()
	old, err := d.FirstLink(ctx)
	ok(t, err)
	link, err := d.FirstLink(ctx)
	ok(t, err)
	if _, works, _ := d.SetupOpen(ctx, old); works {
		t.Error("an earlier first link still works")
	}
	if _, works, _ := d.SetupOpen(ctx, link); !works {
		t.Error("the first link does not work")
	}
	for _, weak := range []string{"short", "password123", "aaaaaaaaaaaa", "lin-lin-lin-lin", strings.Repeat("x7Kq!", 50)} {
		denied(t, "password "+weak, d.SetUp(ctx, link, "lin", weak), fault.Invalid, "error.password_weak")
	}
	ok(t, d.SetUp(ctx, link, "lin", password))
	denied(t, "the same link again", d.SetUp(ctx, link, "eve", password), fault.Denied, "error.link")
	if link, _ := d.FirstLink(ctx); link != "" {
		t.Error("there is a first link although an account exists")
	}
	who, err := d.Who(ctx, d.login(t, "lin", password))
	ok(t, err)
	if who.Name != "lin" || who.Role != account.Owner || who.Password != "" {
		t.Errorf("behind the session is %+v", who)
	}
}

func TestWrongNameWrongPasswordAndInactiveAccountLookTheSame(t *testing.T) {
	d, ctx := open(t), t.Context()
	d.owner(t)
	link, err := d.Add(ctx, account.Account{Name: "wang", Role: account.Store, Stores: []id.Store{7}, Active: true})
	ok(t, err)
	ok(t, d.SetUp(ctx, link, "wang", password))
	ok(t, d.Change(ctx, account.Account{Name: "wang", Role: account.Store, Stores: []id.Store{7}}))
	for name, l := range map[string]account.Login{
		"no such account": {Account: "nobody", Password: password}, "wrong password": {Account: "lin", Password: password + "!"},
		"inactive": {Account: "wang", Password: password},
	} {
		_, err := d.LogIn(ctx, l)
		denied(t, name, err, fault.Denied, "error.login")
	}
}

func TestGuessesAreCountedOverRestartsAndNotResetByARightPassword(t *testing.T) {
	d, ctx := open(t), t.Context()
	d.owner(t)
	refused := 0
	for i := range 30 {
		word := "guess number " + string(rune('a'+i))
		if i%5 == 0 {
			word = password
			d.restart(t)
		}
		if _, err := d.LogIn(ctx, account.Login{Account: "LIN", Password: word, From: "10.0.0." + string(rune('a'+i))}); fault.KeyOf(err) == "error.login_later" {
			refused++
		}
	}
	if refused != 10 {
		t.Errorf("%d of 30 attempts were refused, want 10", refused)
	}
	d.clock.Set(d.clock.Now().Add(16 * time.Minute))
	d.login(t, "lin", password)
}

func TestSessionsEndWithPasswordRoleAndReset(t *testing.T) {
	for name, end := range map[string]func(*desk, context.Context) error{
		"own password changed elsewhere": func(d *desk, ctx context.Context) error {
			return d.SetPassword(ctx, account.PasswordChange{Account: "lin", Session: "another", Old: password, New: "another 5 biscuits"})
		},
		"role changed": func(d *desk, ctx context.Context) error {
			return d.Change(ctx, account.Account{Name: "lin", Role: account.Owner, Active: true})
		},
		"reset":       func(d *desk, ctx context.Context) error { _, err := d.Reset(ctx, "lin"); return err },
		"a fortnight": func(d *desk, _ context.Context) error { d.clock.Set(d.clock.Now().AddDate(0, 0, 14)); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			d, ctx := open(t), t.Context()
			d.owner(t)
			session := d.login(t, "lin", password)
			ok(t, end(d, ctx))
			_, err := d.Who(ctx, session)
			denied(t, "session", err, fault.Denied, "error.session")
		})
	}
}

func TestChangingThePasswordKeepsTheOwnSession(t *testing.T) {
	d, ctx := open(t), t.Context()
	d.owner(t)
	session, other := d.login(t, "lin", password), d.login(t, "lin", password)
	change := account.PasswordChange{Account: "lin", Session: session, Old: "wrong", New: "another 5 biscuits"}
	denied(t, "wrong old password", d.SetPassword(ctx, change), fault.Denied, "error.login")
	change.Old = password
	ok(t, d.SetPassword(ctx, change))
	if _, err := d.Who(ctx, session); err != nil {
		t.Errorf("the own session ended: %v", err)
	}
	if _, err := d.Who(ctx, other); err == nil {
		t.Error("another session lives on")
	}
	ok(t, d.LogOut(ctx, session))
	if _, err := d.Who(ctx, session); err == nil {
		t.Error("the session lives on after logging out")
	}
}

func TestTheLastActiveOwnerCannotBeTakenAway(t *testing.T) {
	d, ctx := open(t), t.Context()
	d.owner(t)
	denied(t, "demote", d.Change(ctx, account.Account{Name: "lin", Role: account.Lead, Active: true}), fault.Forbidden, "error.last_owner")
	denied(t, "deactivate", d.Change(ctx, account.Account{Name: "lin", Role: account.Owner}), fault.Forbidden, "error.last_owner")
	if all, err := d.All(ctx); err != nil || all[0].Role != account.Owner || !all[0].Active {
		t.Errorf("the refused change was kept: %+v, %v", all, err)
	}
}

func TestTheDatabaseHoldsNoSecret(t *testing.T) {
	d, ctx := open(t), t.Context()
	d.owner(t)
	session := d.login(t, "lin", password)
	link, err := d.Reset(ctx, "lin")
	ok(t, err)
	ok(t, d.db.Close())
	for _, secret := range []string{password, session, link} {
		if found := findInFiles(t, d.path, secret); found != "" {
			t.Errorf("a secret stands in %s", found)
		}
	}
}

// findInFiles returns the first of the database's files that holds the text.
func findInFiles(t *testing.T, path, text string) string {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	ok(t, err)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		ok(t, err)
		if strings.Contains(string(raw), text) {
			return f
		}
	}
	return ""
}
