package app

import (
	"context"

	"siyu/internal/account"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// keyPort administers keys and lets programs in.
type keyPort struct{ *App }

var _ web.Keys = keyPort{}

// Keys implements web.Keys.
func (p keyPort) Keys(ctx context.Context, scope org.Scope) ([]web.Key, error) {
	if err := headquarters(scope); err != nil {
		return nil, err
	}
	all, err := p.keys.All(ctx)
	list := make([]web.Key, len(all))
	for i, k := range all {
		list[i] = web.Key{Name: k.Name, Role: web.Role(k.Role), Stores: k.Stores, Members: k.Members, Maker: k.Maker, Made: k.Made, Used: k.Used}
	}
	return list, err
}

// AddKey implements web.Keys.
func (p keyPort) AddKey(ctx context.Context, by web.Asker, k web.KeyForm) (string, error) {
	if err := headquarters(by.Scope); err != nil {
		return "", err
	}
	return p.makeKey(ctx, by.Account, account.Key{Name: k.Name, Role: account.Role(k.Role), Stores: k.Stores, Members: k.Members, Maker: by.Account})
}

// RevokeKey implements web.Keys.
func (p keyPort) RevokeKey(ctx context.Context, by web.Asker, name string) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	return p.revokeKey(ctx, by.Account, name)
}

// KeySeat implements web.Keys.
func (p keyPort) KeySeat(ctx context.Context, secret string) (web.Seat, error) {
	k, err := p.keys.Who(ctx, secret)
	if err != nil {
		return web.Seat{}, err
	}
	return web.Seat{Account: web.KeyAccount(k.Name), Role: web.Role(k.Role), Scope: scopeOf(account.Account{Role: k.Role, Stores: k.Stores}), Members: k.Members}, nil
}

// byCommand is who did what stands in the audit of the command line.
const byCommand = "command line"

func (a *App) makeKey(ctx context.Context, by string, fresh account.Key) (secret string, err error) {
	if secret, err = a.keys.Add(ctx, fresh); err != nil {
		return "", err
	}
	did := "key.made"
	if fresh.Members {
		did = "key.made_members"
	}
	return secret, a.db.Audit(ctx, storage.AuditEntry{At: a.clock.Now(), Account: by, Did: did, About: fresh.Name})
}

func (a *App) revokeKey(ctx context.Context, by, name string) error {
	if err := a.keys.Revoke(ctx, name); err != nil {
		return err
	}
	return a.db.Audit(ctx, storage.AuditEntry{At: a.clock.Now(), Account: by, Did: "key.revoked", About: name})
}

// KeyAsked is a command about keys on the socket.
type KeyAsked struct {
	Key account.Key `json:"key"`
}

// KeyAnswered is its answer.
type KeyAnswered struct {
	Secret string        `json:"secret,omitempty"`
	Keys   []account.Key `json:"keys,omitempty"`
}

// AddKey makes a key for the command line.
func (a *App) AddKey(ctx context.Context, fresh account.Key) (KeyAnswered, error) {
	fresh.Maker = ""
	secret, err := a.makeKey(ctx, byCommand, fresh)
	return KeyAnswered{Secret: secret}, err
}

// RevokeKey ends a key at once.
func (a *App) RevokeKey(ctx context.Context, k account.Key) (KeyAnswered, error) {
	return KeyAnswered{}, a.revokeKey(ctx, byCommand, k.Name)
}

// ListKeys returns all keys, without secrets.
func (a *App) ListKeys(ctx context.Context, _ account.Key) (KeyAnswered, error) {
	all, err := a.keys.All(ctx)
	return KeyAnswered{Keys: all}, err
}
