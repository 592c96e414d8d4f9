// Package account is who may use the console: accounts with a role and a
// scope, passwords, sessions and one-time links. Of secrets it keeps hashes
// only; how often somebody guessed is kept in the database, so that neither a
// restart nor a second node forgets it.
package account

import (
	"context"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// Role says what an account may do. What it may see are its Stores or Staff.
type Role string

// The roles.
const (
	Owner Role = "owner"
	Lead  Role = "lead"
	Store Role = "store"
	Staff Role = "staff"
)

// Account is a person who may use the console.
type Account struct {
	Name     string // unique
	Role     Role
	Stores   []id.Store // what Store accounts see
	Staff    id.Staff   // what Staff accounts see
	Active   bool
	Password string // argon2id, "" while none is set
	LastSeen time.Time
}

// Link is a one-time link by which a person chooses a password.
type Link struct {
	Hash    [32]byte // of the token
	Account string   // "" for the first account of an installation
	Expires time.Time
}

// Session is one login.
type Session struct {
	Hash    [32]byte // of the token
	Account string
	Began   time.Time
	Expires time.Time
}

// Book is the accounts inside one transaction.
type Book interface {
	// Account returns the account with this name, nil if there is none.
	Account(ctx context.Context, name string) (*Account, error)
	// All returns all accounts, by name.
	All(ctx context.Context) ([]Account, error)
	PutAccount(ctx context.Context, a Account) error
	// PutLink stores the link; other links of its account are void.
	PutLink(ctx context.Context, l Link) error
	// TakeLink removes the link with the hash and returns it, nil if there is
	// none.
	TakeLink(ctx context.Context, hash [32]byte) (*Link, error)
	PutSession(ctx context.Context, s Session) error
	// EndSessions ends all sessions of the account but the one with this hash,
	// and everybody's that expired before now.
	EndSessions(ctx context.Context, account string, but [32]byte, now time.Time) error
}

// Keeper is what accounts need of a database.
type Keeper interface {
	// ChangeAccounts runs change in one transaction that excludes other changes
	// of accounts. change may be run again from its start.
	ChangeAccounts(ctx context.Context, change func(Book) error) error
	// SessionOf returns the session with the hash and its account in one read;
	// nil if there is none.
	SessionOf(ctx context.Context, hash [32]byte) (*Session, *Account, error)
	// EndSession ends the session with the hash, if there is one.
	EndSession(ctx context.Context, hash [32]byte) error
	// Saw notes when the account was last seen.
	Saw(ctx context.Context, account string, at time.Time) error
	// CountAttempt counts one attempt under each key and returns the highest of
	// the counts. A count begins anew when it is older than the window.
	CountAttempt(ctx context.Context, keys [][]byte, now time.Time, window time.Duration) (int, error)
	// OpenLink returns the link with the hash without using it up, nil if there
	// is none, and whether any account exists.
	OpenLink(ctx context.Context, hash [32]byte) (link *Link, anybody bool, err error)
	// Accounts returns all accounts, by name.
	Accounts(ctx context.Context) ([]Account, error)
}

// Accounts lets people in. It is safe for concurrent use.
type Accounts struct {
	keeper Keeper
	clock  clock.Clock
	// hashing bounds how many passwords are hashed at a time: each takes 19 MB.
	hashing chan struct{}
}

// New returns the accounts kept by keeper.
func New(keeper Keeper, c clock.Clock) *Accounts {
	return &Accounts{keeper: keeper, clock: c, hashing: make(chan struct{}, hashers)}
}

// All returns all accounts, by name. Their passwords are left out.
func (a *Accounts) All(ctx context.Context) ([]Account, error) {
	all, err := a.keeper.Accounts(ctx)
	for i := range all {
		all[i].Password = ""
	}
	return all, err
}

// Add creates an account without a password and returns the token of a link
// by which its person chooses one. A name that exists is fault.Conflict.
func (a *Accounts) Add(ctx context.Context, fresh Account) (token string, err error) {
	if err := fresh.check(); err != nil {
		return "", err
	}
	fresh.Password, fresh.LastSeen = "", time.Time{}
	token, link := a.newLink(fresh.Name)
	return token, a.keeper.ChangeAccounts(ctx, func(b Book) error {
		known, err := b.Account(ctx, fresh.Name)
		if err != nil {
			return err
		}
		if known != nil {
			return fault.WithKey(fault.Conflict, "error.account_exists", errExists)
		}
		if err := b.PutAccount(ctx, fresh); err != nil {
			return err
		}
		return b.PutLink(ctx, link)
	})
}

// Change stores role, scope and whether the account is active, and ends its
// sessions. The last active owner cannot be taken away: fault.Forbidden.
func (a *Accounts) Change(ctx context.Context, changed Account) error {
	if err := changed.check(); err != nil {
		return err
	}
	return a.keeper.ChangeAccounts(ctx, func(b Book) error {
		known, err := mustKnow(ctx, b, changed.Name)
		if err != nil {
			return err
		}
		known.Role, known.Stores, known.Staff, known.Active = changed.Role, changed.Stores, changed.Staff, changed.Active
		if err := b.PutAccount(ctx, *known); err != nil {
			return err
		}
		if err := keepOwner(ctx, b); err != nil {
			return err
		}
		return b.EndSessions(ctx, known.Name, [32]byte{}, a.clock.Now())
	})
}

// Reset takes the account's password away, ends its sessions and returns the
// token of a link by which its person chooses another.
func (a *Accounts) Reset(ctx context.Context, name string) (token string, err error) {
	token, link := a.newLink(name)
	return token, a.keeper.ChangeAccounts(ctx, func(b Book) error {
		known, err := mustKnow(ctx, b, name)
		if err != nil {
			return err
		}
		known.Password = ""
		if err := b.PutAccount(ctx, *known); err != nil {
			return err
		}
		if err := b.EndSessions(ctx, name, [32]byte{}, a.clock.Now()); err != nil {
			return err
		}
		return b.PutLink(ctx, link)
	})
}

func mustKnow(ctx context.Context, b Book, name string) (*Account, error) {
	known, err := b.Account(ctx, name)
	if err == nil && known == nil {
		err = fault.New(fault.NotFound, "there is no such account")
	}
	return known, err
}

// keepOwner refuses a change that leaves nobody to administer accounts.
func keepOwner(ctx context.Context, b Book) error {
	all, err := b.All(ctx)
	if err != nil {
		return err
	}
	for _, one := range all {
		if one.Role == Owner && one.Active {
			return nil
		}
	}
	return fault.WithKey(fault.Forbidden, "error.last_owner", errLastOwner)
}

// longestName bounds account names, in bytes.
const longestName = 64

func (a Account) check() error {
	if a.Name == "" || len(a.Name) > longestName {
		return fault.New(fault.Invalid, "an account needs a name of at most %d bytes", longestName)
	}
	for _, r := range a.Name {
		if r <= ' ' || r == 0x7f || r == 0xfffd {
			return fault.New(fault.Invalid, "an account's name holds no spaces or control characters")
		}
	}
	switch {
	case a.Role == Store && len(a.Stores) == 0:
		return fault.New(fault.Invalid, "a store account needs a store")
	case a.Role == Staff && a.Staff == 0:
		return fault.New(fault.Invalid, "a staff account needs a member of staff")
	case a.Role != Owner && a.Role != Lead && a.Role != Store && a.Role != Staff:
		return fault.New(fault.Invalid, "%q is not a role", a.Role)
	}
	return nil
}
