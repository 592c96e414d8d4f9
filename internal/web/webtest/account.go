package webtest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

// SetupOpen implements web.Accounts.
func (b *Brand) SetupOpen(_ context.Context, token string) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.setup && token == SetupToken, nil
}

// SetUp implements web.Accounts.
func (b *Brand) SetUp(_ context.Context, token, account, password string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.setup || token != SetupToken {
		return fault.New(fault.Denied, "set up: wrong link")
	}
	if len(password) < 10 {
		return fault.WithKey(fault.Invalid, "error.password_weak", errors.New("set up: weak password"))
	}
	b.setup = false
	b.users = append(b.users, web.User{Account: account, Role: web.RoleOwner, Active: true})
	b.passwords[account] = password
	return nil
}

// LogIn implements web.Accounts.
func (b *Brand) LogIn(_ context.Context, l web.Login) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.passwords[l.Account] == "" || b.passwords[l.Account] != l.Password {
		return "", fault.WithKey(fault.Denied, "error.login", errors.New("log in: wrong"))
	}
	session := fmt.Sprintf("session-%d", len(b.sessions)+1)
	b.sessions[session] = l.Account
	return session, nil
}

// LogOut implements web.Accounts.
func (b *Brand) LogOut(_ context.Context, session string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.sessions, session)
	return nil
}

// Seat implements web.Accounts.
func (b *Brand) Seat(_ context.Context, session string) (web.Seat, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, u := range b.users {
		if u.Account == b.sessions[session] && u.Active {
			return web.Seat{Account: u.Account, Role: u.Role, Scope: scopeOf(u)}, nil
		}
	}
	return web.Seat{}, fault.New(fault.Denied, "seat: no session")
}

func scopeOf(u web.User) org.Scope {
	switch u.Role {
	case web.RoleOwner, web.RoleLead:
		return org.All()
	case web.RoleStore:
		return org.Scope{Stores: u.Stores}
	}
	return org.Scope{Staff: u.Staff}
}

// SetPassword implements web.Accounts.
func (b *Brand) SetPassword(_ context.Context, c web.PasswordChange) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.passwords[c.Account] != c.Old {
		return fault.WithKey(fault.Denied, "error.password_old", errors.New("password: old one is wrong"))
	}
	b.passwords[c.Account] = c.New
	return nil
}

// Users implements web.Users.
func (b *Brand) Users(context.Context, org.Scope) ([]web.User, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.users), b.Fail
}

// AddUser implements web.Users.
func (b *Brand) AddUser(_ context.Context, by web.Asker, u web.User) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.user(u.Account) >= 0 {
		return "", fault.WithKey(fault.Conflict, "error.account_exists", errors.New("add user: exists"))
	}
	b.users = append(b.users, u)
	b.did(by, "user.added", u.Account)
	return "/setup?token=one-time-" + u.Account, nil
}

func (b *Brand) user(account string) int {
	return slices.IndexFunc(b.users, func(u web.User) bool { return u.Account == account })
}

// ChangeUser implements web.Users.
func (b *Brand) ChangeUser(_ context.Context, by web.Asker, u web.User) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.user(u.Account)
	if i < 0 {
		return fault.New(fault.NotFound, "change user: unknown")
	}
	was := b.users[i]
	b.users[i] = u
	if !slices.ContainsFunc(b.users, func(u web.User) bool { return u.Active && u.Role == web.RoleOwner }) {
		b.users[i] = was
		return fault.WithKey(fault.Forbidden, "error.last_owner", errors.New("change user: last owner"))
	}
	b.did(by, "user.changed", u.Account)
	return nil
}

// ResetUser implements web.Users.
func (b *Brand) ResetUser(_ context.Context, by web.Asker, account string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.passwords, account)
	b.did(by, "user.reset", account)
	return "/setup?token=reset-" + account, nil
}

// Preference implements web.Preferences.
func (b *Brand) Preference(_ context.Context, account, name string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.prefers[account+" "+name], nil
}

// SetPreference implements web.Preferences.
func (b *Brand) SetPreference(_ context.Context, account, name, text string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prefers[account+" "+name] = text
	return nil
}

// Stores implements web.Directory.
func (b *Brand) Stores(_ context.Context, scope org.Scope) ([]web.StoreName, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.stores), func(s web.StoreName) bool { return !scope.Sees(s.ID) }), nil
}

// Staff implements web.Directory.
func (b *Brand) Staff(_ context.Context, scope org.Scope) ([]web.StaffName, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.staff), func(s web.StaffName) bool { return !b.sees(scope, s.ID) }), nil
}

// Acting implements web.Directory: the first member of each store, who manages the first.
func (b *Brand) Acting(_ context.Context, scope org.Scope) (list []web.StoreActing, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, s := range b.stores {
		if !scope.Sees(s.ID) {
			continue
		}
		acting := web.StoreActing{Store: s.Name, Manages: i == 0}
		if at := slices.IndexFunc(b.staff, func(m web.StaffName) bool { return m.Store == s.ID }); at >= 0 {
			acting.Member = b.staff[at].Name
		}
		list = append(list, acting)
	}
	return list, nil
}

// Lines implements web.Directory.
func (b *Brand) Lines(context.Context) (map[id.Line]string, error) {
	names := map[id.Line]string{}
	for i, name := range []string{"茶叶", "咖啡", "礼盒"} {
		names[line(i)] = b.text(name)
	}
	return names, nil
}

// Badges implements web.Directory.
func (b *Brand) Badges(context.Context, org.Scope) (web.Badges, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	badges := web.Badges{Approvals: len(b.batches), InDoubt: len(b.doubts)}
	for i := range b.posts {
		if b.posts[i].Stage == web.PostApproval || b.posts[i].Stage == web.PostDoubt {
			badges.Posts++
		}
	}
	for _, g := range b.groups {
		if g.Losing() {
			badges.Groups++
		}
	}
	for _, t := range b.tasks {
		if t.State == web.TaskOpen {
			badges.Tasks++
		}
	}
	return badges, nil
}
