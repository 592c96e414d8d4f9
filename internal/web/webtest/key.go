package webtest

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"siyu/internal/fault"
	"siyu/internal/org"
	"siyu/internal/web"
)

var (
	_ web.Keys            = (*Brand)(nil)
	_ web.AudienceMembers = (*Brand)(nil)
)

// Keys implements web.Keys.
func (b *Brand) Keys(context.Context, org.Scope) ([]web.Key, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.keys), b.Fail
}

// Secret returns the secret of a key of the brand.
func Secret(name string) string { return "siyu_secret-of-" + name }

// AddKey implements web.Keys.
func (b *Brand) AddKey(_ context.Context, by web.Asker, k web.KeyForm) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if slices.ContainsFunc(b.keys, func(o web.Key) bool { return o.Name == k.Name }) {
		return "", fault.WithKey(fault.Conflict, "error.key_taken", errors.New("add key: exists"))
	}
	b.keys = append(b.keys, web.Key{Name: k.Name, Role: k.Role, Stores: k.Stores, Members: k.Members, Maker: by.Account, Made: b.now})
	b.did(by, "key.made", k.Name)
	return Secret(k.Name), nil
}

// RevokeKey implements web.Keys.
func (b *Brand) RevokeKey(_ context.Context, by web.Asker, name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := slices.DeleteFunc(slices.Clone(b.keys), func(k web.Key) bool { return k.Name == name })
	if len(left) == len(b.keys) {
		return fault.New(fault.NotFound, "no key")
	}
	b.keys = left
	b.did(by, "key.revoked", name)
	return nil
}

// KeySeat implements web.Keys.
func (b *Brand) KeySeat(_ context.Context, secret string) (web.Seat, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range b.keys {
		if Secret(k.Name) == secret {
			return web.Seat{Account: web.KeyAccount(k.Name), Role: k.Role, Scope: scopeOf(web.User{Role: k.Role, Stores: k.Stores}), Members: k.Members}, nil
		}
	}
	return web.Seat{}, fault.New(fault.Denied, "no such key")
}

// AudienceMembers implements web.AudienceMembers.
func (b *Brand) AudienceMembers(_ context.Context, by web.Asker, q web.MemberQuery) (web.MemberPage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	rule := q.Rule
	if q.Number != 0 {
		a := b.audience(q.Number)
		if a.Number == 0 {
			return web.MemberPage{}, fault.New(fault.NotFound, "no audience %d", q.Number)
		}
		rule = &a.Rule
	}
	from := 0
	if q.After != "" {
		var err error
		if from, err = strconv.Atoi(q.After); err != nil {
			return web.MemberPage{}, fault.New(fault.Invalid, "no such place to go on from")
		}
	} else {
		b.did(by, "audience.members", strconv.FormatInt(q.Number, 10))
	}
	found, _, err := b.fits(by.Scope, rule)
	page := web.MemberPage{Size: len(found)}
	for _, c := range found[min(from, len(found)):min(from+q.Limit, len(found))] {
		page.Customers = append(page.Customers, c.ID)
	}
	if from+q.Limit < len(found) {
		page.Next = strconv.Itoa(from + q.Limit)
	}
	return page, err
}
