package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"siyu/internal/account"
	"siyu/internal/app"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// userCmd administers console accounts.
type userCmd struct {
	Add   userAddCmd   `cmd:"" help:"Create an account and print its one-time link. Example: siyu user add lin --role lead"`
	Reset userResetCmd `cmd:"" help:"Take an account's password away and print a new one-time link. Example: siyu user reset lin"`
	List  userListCmd  `cmd:"" help:"List accounts. Example: siyu user list"`
}

type userAnswer struct {
	Link  string     `json:"link,omitempty"`
	Users []userLine `json:"users,omitzero"` // of list, also when there are none
}

type userLine struct {
	Account  string    `json:"account"`
	Role     string    `json:"role"`
	Active   bool      `json:"active"`
	LastSeen time.Time `json:"last_seen,omitzero"` // absent: never
}

func (u userLine) seen() string {
	if u.LastSeen.IsZero() {
		return "never"
	}
	return u.LastSeen.Format(time.DateTime)
}

type userAddCmd struct {
	place
	Name  string   `arg:"" help:"Account name."`
	Role  string   `default:"lead" enum:"owner,lead,store,staff" help:"owner, lead, store or staff."`
	Store []string `help:"Names of the stores a store account sees."`
	Staff string   `help:"Id of the member a staff account is for, as in the address of the page."`
}

// Run creates the account.
func (c *userAddCmd) Run(ctx context.Context, out *answer) error {
	fresh := account.Account{Name: c.Name, Role: account.Role(c.Role)}
	for _, name := range c.Store {
		fresh.Stores = append(fresh.Stores, id.StoreOf(name))
	}
	if c.Staff != "" {
		staff, ok := id.Parse[id.Staff](c.Staff)
		if !ok {
			return fault.New(fault.Invalid, "--staff %q is not an id", c.Staff)
		}
		fresh.Staff = staff
	}
	return c.users(ctx, out, "user/add", fresh, (*app.App).AddUser)
}

type userResetCmd struct {
	place
	Name string `arg:"" help:"Account name."`
}

// Run resets the account.
func (c *userResetCmd) Run(ctx context.Context, out *answer) error {
	return c.users(ctx, out, "user/reset", account.Account{Name: c.Name}, func(a *app.App, ctx context.Context, who account.Account) (app.UserAnswered, error) {
		return a.ResetUser(ctx, who.Name)
	})
}

type userListCmd struct{ place }

// Run lists the accounts.
func (c *userListCmd) Run(ctx context.Context, out *answer) error {
	return c.users(ctx, out, "user/list", account.Account{}, func(a *app.App, ctx context.Context, _ account.Account) (app.UserAnswered, error) {
		return a.ListUsers(ctx)
	})
}

// users runs one command on the running server, or here.
func (p place) users(ctx context.Context, out *answer, name string, who account.Account, here func(*app.App, context.Context, account.Account) (app.UserAnswered, error)) error {
	asked := command{name: name, asked: app.UserAsked{Account: who}, begins: name == "user/add"}
	result, err := carried(ctx, p, out, asked, func(a *app.App) (app.UserAnswered, error) { return here(a, ctx, who) })
	if err != nil {
		return err
	}
	shown := userAnswer{Link: result.Link}
	if shown.Link == "" {
		shown.Users = []userLine{}
	}
	for _, a := range result.Accounts {
		shown.Users = append(shown.Users, userLine{a.Name, string(a.Role), a.Active, a.LastSeen})
	}
	return out.give(shown, func(w io.Writer) {
		if shown.Link != "" {
			fmt.Fprintf(w, "choose a password at: <address of the console>%s\n", shown.Link)
		}
		for _, u := range shown.Users {
			fmt.Fprintf(w, "%-20s %-6s active=%t last seen %s\n", u.Account, u.Role, u.Active, u.seen())
		}
	})
}
