package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"siyu/internal/account"
	"siyu/internal/app"
	"siyu/internal/id"
)

// keyCmd administers keys of the API.
type keyCmd struct {
	Add    keyAddCmd    `cmd:"" help:"Make a key and print it, once. Example: siyu key add erp --role lead"`
	Revoke keyRevokeCmd `cmd:"" help:"End a key at once. Example: siyu key revoke erp"`
	List   keyListCmd   `cmd:"" help:"List keys, without secrets. Example: siyu key list"`
}

type keyAnswer struct {
	Key  string    `json:"key,omitempty"` // of add
	Keys []keyLine `json:"keys,omitzero"` // of list, also when there are none
	OK   bool      `json:"ok"`
}

type keyLine struct {
	Name string `json:"name"`
	Role string `json:"role"`
	// Members tells whether it may read who is in audiences.
	Members bool      `json:"members"`
	Maker   string    `json:"maker,omitempty"` // absent: the command line
	Made    time.Time `json:"made"`
	Used    time.Time `json:"used,omitzero"` // absent: never
}

func (k keyLine) used() string {
	if k.Used.IsZero() {
		return "never"
	}
	return k.Used.Format(time.DateTime)
}

type keyAddCmd struct {
	place
	Name    string   `arg:"" help:"Name of the key, under which its changes stand in the audit."`
	Role    string   `default:"lead" enum:"lead,store" help:"lead or store."`
	Store   []string `help:"Names of the stores a store key sees."`
	Members bool     `help:"Let the key read ids of who is in audiences, however many, without approval."`
}

// Run makes the key.
func (c *keyAddCmd) Run(ctx context.Context, out *answer) error {
	fresh := account.Key{Name: c.Name, Role: account.Role(c.Role), Members: c.Members}
	for _, name := range c.Store {
		fresh.Stores = append(fresh.Stores, id.StoreOf(name))
	}
	done, err := c.keys(ctx, out, "key/add", fresh, (*app.App).AddKey)
	if err != nil {
		return err
	}
	return out.give(keyAnswer{OK: true, Key: done.Secret}, func(w io.Writer) {
		fmt.Fprintf(w, "%s\nIt is not shown again. Send it as: Authorization: Bearer <key>\n", done.Secret)
	})
}

type keyRevokeCmd struct {
	place
	Name string `arg:"" help:"Name of the key."`
}

// Run ends the key.
func (c *keyRevokeCmd) Run(ctx context.Context, out *answer) error {
	if _, err := c.keys(ctx, out, "key/revoke", account.Key{Name: c.Name}, (*app.App).RevokeKey); err != nil {
		return err
	}
	return out.give(keyAnswer{OK: true}, func(w io.Writer) { fmt.Fprintf(w, "%s is revoked\n", c.Name) })
}

type keyListCmd struct{ place }

// Run lists the keys.
func (c *keyListCmd) Run(ctx context.Context, out *answer) error {
	done, err := c.keys(ctx, out, "key/list", account.Key{}, (*app.App).ListKeys)
	if err != nil {
		return err
	}
	shown := keyAnswer{OK: true, Keys: []keyLine{}}
	for _, k := range done.Keys {
		shown.Keys = append(shown.Keys, keyLine{k.Name, string(k.Role), k.Members, k.Maker, k.Made, k.Used})
	}
	return out.give(shown, func(w io.Writer) {
		for _, k := range shown.Keys {
			fmt.Fprintf(w, "%-20s %-6s made %s last used %s\n", k.Name, k.Role, k.Made.Format(time.DateTime), k.used())
		}
	})
}

// keys runs one command on the running server, or here.
func (p place) keys(ctx context.Context, out *answer, name string, k account.Key, here func(*app.App, context.Context, account.Key) (app.KeyAnswered, error)) (app.KeyAnswered, error) {
	return carried(ctx, p, out, command{name: name, asked: app.KeyAsked{Key: k}}, func(a *app.App) (app.KeyAnswered, error) { return here(a, ctx, k) })
}
