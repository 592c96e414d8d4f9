package app

import (
	"context"
	"errors"

	"siyu/internal/account"
	"siyu/internal/fault"
	"siyu/internal/org"
	"siyu/internal/web"
)

// accountPort lets people in and administers accounts.
type accountPort struct {
	*App
	accounts *account.Accounts
}

var (
	_ web.Accounts = accountPort{}
	_ web.Users    = accountPort{}
)

var errLeft = errors.New("the member of a staff account has left")

// setupPath is where a person chooses a password by a one-time link.
const setupPath = "/setup?token="

// SetupOpen implements web.Accounts.
func (p accountPort) SetupOpen(ctx context.Context, token string) (bool, error) {
	_, open, err := p.accounts.SetupOpen(ctx, token)
	return open, err
}

// SetUp implements web.Accounts.
func (p accountPort) SetUp(ctx context.Context, token, name, password string) error {
	return p.accounts.SetUp(ctx, token, name, password)
}

// LogIn implements web.Accounts.
func (p accountPort) LogIn(ctx context.Context, l web.Login) (string, error) {
	return p.accounts.LogIn(ctx, account.Login(l))
}

// LogOut implements web.Accounts.
func (p accountPort) LogOut(ctx context.Context, session string) error {
	return p.accounts.LogOut(ctx, session)
}

// Seat implements web.Accounts.
func (p accountPort) Seat(ctx context.Context, session string) (web.Seat, error) {
	who, err := p.accounts.Who(ctx, session)
	if err != nil {
		return web.Seat{}, err
	}
	if member, known := p.brand.Member(who.Staff); who.Role == account.Staff && known && !member.Active {
		return web.Seat{}, fault.WithKey(fault.Denied, "error.session", errLeft)
	}
	return web.Seat{Account: who.Name, Role: web.Role(who.Role), Scope: scopeOf(who)}, nil
}

// scopeOf returns what an account may see.
func scopeOf(a account.Account) org.Scope {
	switch a.Role {
	case account.Owner, account.Lead:
		return org.All()
	case account.Store:
		return org.Scope{Stores: a.Stores}
	default:
		return org.Scope{Staff: a.Staff}
	}
}

// SetPassword implements web.Accounts.
func (p accountPort) SetPassword(ctx context.Context, c web.PasswordChange) error {
	return p.accounts.SetPassword(ctx, account.PasswordChange(c))
}

// Users implements web.Users.
func (p accountPort) Users(ctx context.Context, scope org.Scope) ([]web.User, error) {
	if err := headquarters(scope); err != nil {
		return nil, err
	}
	all, err := p.accounts.All(ctx)
	if err != nil {
		return nil, err
	}
	users := make([]web.User, len(all))
	for i, a := range all {
		users[i] = web.User{Account: a.Name, Role: web.Role(a.Role), Stores: a.Stores, Staff: a.Staff, Active: a.Active, LastSeen: a.LastSeen}
	}
	return users, nil
}

// AddUser implements web.Users.
func (p accountPort) AddUser(ctx context.Context, by web.Asker, u web.User) (string, error) {
	if err := headquarters(by.Scope); err != nil {
		return "", err
	}
	token, err := p.accounts.Add(ctx, accountOf(u))
	if err != nil {
		return "", err
	}
	if err := p.brand.Reload(ctx); err != nil { // it may say who manages a store
		return "", err
	}
	return setupPath + token, p.audit(ctx, by, "user.added")
}

func accountOf(u web.User) account.Account {
	return account.Account{Name: u.Account, Role: account.Role(u.Role), Stores: u.Stores, Staff: u.Staff, Active: u.Active}
}

// ChangeUser implements web.Users.
func (p accountPort) ChangeUser(ctx context.Context, by web.Asker, u web.User) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	if err := p.accounts.Change(ctx, accountOf(u)); err != nil {
		return err
	}
	if err := p.brand.Reload(ctx); err != nil { // it may say who manages a store
		return err
	}
	return p.audit(ctx, by, "user.changed")
}

// ResetUser implements web.Users.
func (p accountPort) ResetUser(ctx context.Context, by web.Asker, name string) (string, error) {
	if err := headquarters(by.Scope); err != nil {
		return "", err
	}
	token, err := p.accounts.Reset(ctx, name)
	if err != nil {
		return "", err
	}
	return setupPath + token, p.audit(ctx, by, "user.reset")
}
