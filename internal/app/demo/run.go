package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"siyu/internal/account"
	"siyu/internal/app/brand"
	"siyu/internal/clock"
)

// Login is how to come in.
type Login struct {
	URL      string `json:"url"`
	Account  string `json:"account"`
	Password string `json:"password"`
	Staff    string `json:"staff"` // account of a member of staff, same password
}

// HandOver prepares the console for a person: approval by hand, the plan of a
// day that has come to the given hour, and accounts.
func (d *Demo) HandOver(ctx context.Context, hour int) (Login, error) {
	login := Login{URL: "http://" + d.addr, Account: "demo", Staff: "daogou", Password: rand.Text()[:14]}
	if err := d.post(ctx); err != nil {
		return login, err
	}
	general := d.App.Brand().Documents().General
	general.Approval = true
	if err := d.App.Brand().Set(ctx, brand.GeneralDoc, general, by); err != nil {
		return login, err
	}
	if err := d.App.Reopen(ctx); err != nil {
		return login, err
	}
	for range hour {
		if err := d.Hour(ctx); err != nil {
			return login, err
		}
	}
	accounts := d.App.Accounts()
	token, err := accounts.FirstLink(ctx)
	if err != nil {
		return login, err
	}
	if err := accounts.SetUp(ctx, token, login.Account, login.Password); err != nil {
		return login, fmt.Errorf("create the demo's account: %w", err)
	}
	return login, d.handToStaff(ctx, login)
}

// handToStaff creates an account for the member with most to do.
func (d *Demo) handToStaff(ctx context.Context, login Login) error {
	load, err := d.App.DB().Load(ctx, clock.Day(d.clock.Now(), clock.Shanghai))
	if err != nil {
		return err
	}
	who := account.Account{Name: login.Staff, Role: account.Staff, Active: true}
	for _, s := range d.App.Brand().Org().Staff {
		if s.Active && s.Contact && (who.Staff == 0 || load[s.ID].OneToOne > load[who.Staff].OneToOne) {
			who.Staff = s.ID
		}
	}
	token, err := d.App.Accounts().Add(ctx, who)
	if err != nil {
		return fmt.Errorf("create the staff account: %w", err)
	}
	return d.App.Accounts().SetUp(ctx, token, login.Staff, login.Password)
}

// Pace of the live demo: a second of ours is a minute of theirs.
const (
	beat   = time.Second
	minute = time.Minute
)

// Run goes on living until ctx ends.
func (d *Demo) Run(ctx context.Context) error {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		now := d.clock.Now()
		if next := now.Add(minute); next.Truncate(time.Hour).After(now) {
			if err := d.Hour(ctx); err != nil && ctx.Err() == nil {
				d.config.Log.Error("an hour of the demo failed", "error", err)
			}
			continue
		}
		d.clock.Set(now.Add(minute))
		if err := d.timers.Run(ctx); err != nil && ctx.Err() == nil {
			d.config.Log.Error("a minute of the demo failed", "error", err)
		}
	}
}
