package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"siyu/internal/app/desk"
	"siyu/internal/flow"
	"siyu/internal/web"
	"siyu/internal/wecom"
)

// Check is one answer of the doctor.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"` // in English, free of secrets
	Fix    string `json:"fix,omitempty"`
	Notice bool   `json:"notice,omitempty"` // nothing is broken, yet Fix is still to be done
	// Key and Remedy name Detail and Fix in the locale files, "doctor_says.<Key>"
	// and "doctor_fix.<Remedy>"; Args are pairs that fill the placeholders of both.
	Key    string   `json:"-"`
	Remedy string   `json:"-"`
	Args   []string `json:"-"`
}

func passed(name, key string, args ...string) Check {
	return Check{Name: name, OK: true, Key: key, Args: args}
}

func failed(name, key, remedy string, args ...string) Check {
	return Check{Name: name, Key: key, Remedy: remedy, Args: args}
}

// noticed is what is no fault but has still to be done.
func noticed(name, key, remedy string, args ...string) Check {
	return Check{Name: name, OK: true, Notice: true, Key: key, Remedy: remedy, Args: args}
}

// Examine tests what this installation stands on. It changes nothing.
func (a *App) Examine(ctx context.Context) []Check {
	checks := a.checks(ctx)
	for i := range checks {
		c := &checks[i]
		c.Detail = a.english("doctor_says."+c.Key, c.Args...)
		if c.Remedy != "" {
			c.Fix = a.english("doctor_fix."+c.Remedy, c.Args...)
		}
	}
	return checks
}

func (a *App) checks(ctx context.Context) []Check {
	checks := []Check{a.checkDatabase(ctx), a.checkDisk(), a.checkKey(), a.checkOrders(ctx), a.checkForecast(ctx), a.checkFreeze(ctx)}
	l := a.link.Load()
	if l == nil {
		return append(checks, failed("connection", "not_connected", "connect"))
	}
	checks = append(checks, a.checkSecret(ctx, l), a.checkClock(ctx, l), a.checkPermission(ctx, l), a.checkCallback(l))
	return append(checks, a.checkLetters(ctx))
}

func (a *App) checkDatabase(ctx context.Context) Check {
	head, err := a.db.LogHead(ctx)
	if err != nil {
		return failed("database", "error", "database", "Error", err.Error())
	}
	return passed("database", "database", "Dialect", fmt.Sprint(a.db.Dialect()), "Facts", strconv.FormatInt(head, 10))
}

// checkDisk writes and syncs a small file.
func (a *App) checkDisk() Check {
	path := filepath.Join(a.config.Data, ".doctor")
	err := os.WriteFile(path, make([]byte, 1<<16), 0o600)
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil {
		return failed("disk", "disk_refused", "disk", "Error", err.Error())
	}
	return passed("disk", "disk")
}

func (a *App) checkKey() Check {
	info, err := os.Stat(a.config.KeyPath())
	if err != nil {
		return failed("key", "key_missing", "key_back")
	}
	if info.Mode().Perm()&0o077 != 0 {
		return failed("key", "key_open", "key_mode", "Path", a.config.KeyPath())
	}
	return passed("key", "key", "Fingerprint", a.vault.Key().Fingerprint())
}

func (a *App) checkOrders(ctx context.Context) Check {
	now := a.clock.Now()
	orders, err := a.orders(ctx, now)
	switch {
	case err != nil:
		return failed("orders", "error", "see_database", "Error", err.Error())
	case orders.AsOf.IsZero():
		return a.checkFirstOrders(ctx)
	case now.Sub(orders.AsOf) > a.brand.Documents().Rules.OrderMaxAge:
		return failed("orders", "orders_stale", "orders_newer", "Day", orders.AsOf.In(a.zone).Format(time.DateOnly))
	}
	return passed("orders", "orders", "Share", strconv.FormatFloat(100*orders.Links.All, 'f', 0, 64))
}

// checkForecast tells whether the last forecast whose horizon is over parted
// from what happened by more than chance and common shocks explain.
func (a *App) checkForecast(ctx context.Context) Check {
	watch, err := desk.NewestWatch(ctx, a.db)
	if err != nil {
		return failed("forecast", "error", "see_database", "Error", err.Error())
	}
	j, ok := watch.Newest()
	if !ok {
		return passed("forecast", "forecast_young")
	}
	said := []string{"Day", j.From.In(a.zone).Format(time.DateOnly), "Expected", strconv.FormatFloat(j.Expected, 'f', 0, 64), "Actual", strconv.Itoa(j.Actual),
		"Low", strconv.FormatFloat(j.Low, 'f', 0, 64), "High", strconv.FormatFloat(j.High, 'f', 0, 64)}
	if j.Parted() {
		return noticed("forecast", "forecast_parted", "forecast", said...)
	}
	return passed("forecast", "forecast", said...)
}

// checkFirstOrders tells an installation that awaits its first orders, which is
// healthy, from one whose orders stopped coming.
func (a *App) checkFirstOrders(ctx context.Context) Check {
	ever, err := a.db.EverCounted(ctx, flow.CountOrders)
	switch {
	case err != nil:
		return failed("orders", "error", "see_database", "Error", err.Error())
	case ever:
		return failed("orders", "orders_none", "orders_newer")
	}
	return noticed("orders", "orders_never", "orders_import")
}

func (a *App) checkSecret(ctx context.Context, l *link) Check {
	if _, err := l.client.FollowUsers(ctx); err != nil {
		return failed("secret", "error", remedyFor(err), "Error", err.Error())
	}
	return passed("secret", "secret")
}

// remedyFor names the remedy for what WeCom refused.
func remedyFor(err error) string {
	switch {
	case wecom.IsCode(err, wecom.CodeBadSecret), wecom.IsCode(err, wecom.CodeBadCorp):
		return "secret_anew"
	case wecom.IsCode(err, wecom.CodeUntrustedIP):
		return "trusted_ip"
	case wecom.IsCode(err, wecom.CodeNotPermitted):
		return "callable_app"
	}
	return "reach"
}

func (a *App) checkPermission(ctx context.Context, l *link) Check {
	if _, err := l.client.Tags(ctx); err != nil {
		return failed("permission", "error", remedyFor(err), "Error", err.Error())
	}
	return passed("permission", "permission")
}

// maxSkew is how far our clock may be off before callbacks are flagged.
const maxSkew = 2 * time.Minute

func (a *App) checkClock(ctx context.Context, l *link) Check {
	at, err := l.client.ServerTime(ctx)
	if err != nil {
		return failed("clock", "clock_unread", remedyFor(err), "Error", err.Error())
	}
	if skew := a.clock.Now().Sub(at).Abs(); skew > maxSkew {
		return failed("clock", "clock_off", "clock_sync", "Skew", skew.Round(time.Second).String())
	}
	return passed("clock", "clock")
}

func (a *App) checkCallback(l *link) Check {
	if l.Mode == web.ModePolling {
		return passed("callback", "polling")
	}
	counts := l.counts()
	at := l.called.Load()
	if at == nil && counts.Stored == 0 {
		return failed("callback", "callback_none", "callback_enter", "Address", a.config.PublicURL+CallbackPath,
			"Refused", fmt.Sprint(counts.Forged+counts.Foreign+counts.Malformed), "Forged", fmt.Sprint(counts.Forged), "Foreign", fmt.Sprint(counts.Foreign))
	}
	return passed("callback", "callback", "Stored", fmt.Sprint(counts.Stored))
}

func (a *App) checkLetters(ctx context.Context) Check {
	pending, aside, err := a.db.CountLetters(ctx)
	if err != nil {
		return failed("inbox", "error", "see_database", "Error", err.Error())
	}
	if aside > 0 {
		return failed("inbox", "letters_aside", "letters_report", "Aside", fmt.Sprint(aside))
	}
	return passed("inbox", "letters", "Pending", fmt.Sprint(pending))
}
