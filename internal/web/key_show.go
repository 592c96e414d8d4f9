package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"siyu/internal/fault"
	"siyu/internal/id"
)

type keyPage struct {
	Keys   []Key
	Roles  []Role
	Stores []StoreName
	Secret string // of the key just made, "" for none
	For    string // its name
	Wrong  string
}

// longestKeyName bounds names of keys, in bytes.
const longestKeyName = 64

func keyRoles() []Role { return []Role{RoleLead, RoleStore} }

func (v *visit) keyList() error { return v.showKeys(keyPage{}) }

func (v *visit) showKeys(page keyPage) (err error) {
	page.Roles = keyRoles()
	if page.Keys, err = v.Keys.Keys(v.r.Context(), v.seat.Scope); err != nil {
		return err
	}
	if page.Stores, err = v.Directory.Stores(v.r.Context(), v.seat.Scope); err != nil {
		return err
	}
	return v.showSetting("keys", page)
}

// keyForm reads a key. What a role is about must be there, because nothing can
// be added to a key later.
func (v *visit) keyForm() (KeyForm, error) {
	if err := v.r.ParseForm(); err != nil {
		return KeyForm{}, fault.New(fault.Invalid, "read key: %w", err)
	}
	f := KeyForm{Name: strings.TrimSpace(v.r.PostForm.Get("name")), Role: Role(v.r.PostForm.Get("role")), Members: v.r.PostForm.Get("members") != ""}
	invalid := func(key string) (KeyForm, error) {
		return f, fault.WithKey(fault.Invalid, key, fmt.Errorf("key: %s", key))
	}
	if f.Name == "" || len(f.Name) > longestKeyName || strings.ContainsFunc(f.Name, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xfffd }) {
		return invalid("error.key_name")
	}
	if !slices.Contains(keyRoles(), f.Role) {
		return invalid("error.user_role")
	}
	if f.Role == RoleLead {
		return f, nil
	}
	for _, text := range v.r.PostForm["store"] {
		if store, ok := id.Parse[id.Store](text); ok {
			f.Stores = append(f.Stores, store)
		}
	}
	if len(f.Stores) == 0 {
		return invalid("error.user_stores")
	}
	return f, nil
}

// keyAdd shows the secret on the page that answers, so that it never stands in
// an address.
func (v *visit) keyAdd() error {
	f, err := v.keyForm()
	page := keyPage{For: f.Name}
	if err == nil {
		page.Secret, err = v.Keys.AddKey(v.r.Context(), v.asker(), f)
	}
	if refused(err) {
		v.status = http.StatusUnprocessableEntity
		page.Wrong, err = v.lang.fault(err), nil
	}
	if err != nil {
		return err
	}
	return v.showKeys(page)
}

func (v *visit) keyRevoke() error {
	if err := v.Keys.RevokeKey(v.r.Context(), v.asker(), v.r.FormValue("name")); err != nil {
		return err
	}
	v.redirect("/settings/keys?done=key_revoked")
	return nil
}
