package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"siyu/internal/fault"
	"siyu/internal/id"
)

type userPage struct {
	Users  []User
	Roles  []Role
	Stores []StoreName
	Staff  []StaffName
	Link   string // one-time link to hand over, "" for none
	For    string // account the link is for
	Wrong  string
}

func roles() []Role { return []Role{RoleOwner, RoleLead, RoleStore, RoleStaff} }

func (v *visit) userList() error { return v.showUsers(userPage{}) }

func (v *visit) showUsers(page userPage) (err error) {
	ctx := v.r.Context()
	page.Roles = roles()
	if page.Users, err = v.Users.Users(ctx, v.seat.Scope); err != nil {
		return err
	}
	if page.Stores, err = v.Directory.Stores(ctx, v.seat.Scope); err != nil {
		return err
	}
	if page.Staff, err = v.Directory.Staff(ctx, v.seat.Scope); err != nil {
		return err
	}
	return v.showSetting("users", page)
}

// HasStore tells whether a store is in the user's scope.
func (u User) HasStore(store id.Store) bool { return slices.Contains(u.Stores, store) }

// userForm reads a user. A role without what it is about would see nothing,
// and is refused.
func (v *visit) userForm(account string) (User, error) {
	if err := v.r.ParseForm(); err != nil {
		return User{}, fault.New(fault.Invalid, "read user: %w", err)
	}
	u := User{Account: account, Role: Role(v.r.PostForm.Get("role")), Active: v.r.PostForm.Get("active") != ""}
	invalid := func(key string) (User, error) {
		return u, fault.WithKey(fault.Invalid, key, fmt.Errorf("user: %s", key))
	}
	if account == "" || len(account) > 64 || strings.ContainsAny(account, "/?#%") {
		return invalid("error.account_name")
	}
	if !slices.Contains(roles(), u.Role) {
		return invalid("error.user_role")
	}
	if u.Role == RoleStore {
		for _, text := range v.r.PostForm["store"] {
			if store, ok := id.Parse[id.Store](text); ok {
				u.Stores = append(u.Stores, store)
			}
		}
		if len(u.Stores) == 0 {
			return invalid("error.user_stores")
		}
	}
	u.Staff, _ = id.Parse[id.Staff](v.r.PostForm.Get("staff"))
	if u.Role == RoleStaff && u.Staff == 0 {
		return invalid("error.user_staff")
	}
	return u, nil
}

func (v *visit) userAdd() error {
	u, err := v.userForm(strings.TrimSpace(v.r.FormValue("account")))
	var link string
	if err == nil {
		u.Active = true
		link, err = v.Users.AddUser(v.r.Context(), v.asker(), u)
	}
	return v.usersAfter(err, userPage{Link: link, For: u.Account})
}

func (v *visit) userChange() error {
	u, err := v.userForm(v.r.PathValue("account"))
	if err == nil {
		err = v.Users.ChangeUser(v.r.Context(), v.asker(), u)
	}
	return v.usersAfter(err, userPage{})
}

func (v *visit) userReset() error {
	account := v.r.PathValue("account")
	link, err := v.Users.ResetUser(v.r.Context(), v.asker(), account)
	return v.usersAfter(err, userPage{Link: link, For: account})
}

// usersAfter shows the list after a change. A link is shown once, on the page
// that answers, so that it never stands in an address.
func (v *visit) usersAfter(err error, page userPage) error {
	if refused(err) {
		v.status = http.StatusUnprocessableEntity
		return v.showUsers(userPage{Wrong: v.lang.fault(err)})
	}
	if err != nil {
		return err
	}
	if page.Link == "" {
		v.redirect("/settings/users?done=user")
		return nil
	}
	return v.showUsers(page)
}
