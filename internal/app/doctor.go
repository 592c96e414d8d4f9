package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"siyu/internal/web"
	"siyu/internal/wecom"
)

// Check is one answer of the doctor.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"` // free of secrets
	Fix    string `json:"fix,omitempty"`
}

// Examine tests what this installation stands on. It changes nothing.
func (a *App) Examine(ctx context.Context) []Check {
	checks := []Check{a.checkDatabase(ctx), a.checkDisk(), a.checkKey(), a.checkOrders(ctx), a.checkFreeze(ctx)}
	l := a.link.Load()
	if l == nil {
		return append(checks, Check{Name: "connection", Detail: "WeCom is not connected", Fix: "enter corp id and secret under Settings, WeCom connection"})
	}
	checks = append(checks, a.checkSecret(ctx, l), a.checkClock(ctx, l), a.checkPermission(ctx, l), a.checkCallback(l))
	return append(checks, a.checkLetters(ctx))
}

func (a *App) checkDatabase(ctx context.Context) Check {
	head, err := a.db.LogHead(ctx)
	if err != nil {
		return Check{Name: "database", Detail: err.Error(), Fix: "see that the database runs, that the disk has room, and that the user may write"}
	}
	return Check{Name: "database", OK: true, Detail: fmt.Sprintf("%s, %d facts", a.db.Dialect(), head)}
}

// checkDisk writes and syncs a small file.
func (a *App) checkDisk() Check {
	path := filepath.Join(a.config.Data, ".doctor")
	err := os.WriteFile(path, make([]byte, 1<<16), 0o600)
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil {
		return Check{Name: "disk", Detail: "the data folder cannot be written: " + err.Error(), Fix: "make room, or give the user the right to write into the data folder"}
	}
	return Check{Name: "disk", OK: true, Detail: "the data folder can be written"}
}

func (a *App) checkKey() Check {
	info, err := os.Stat(a.config.KeyPath())
	if err != nil {
		return Check{Name: "key", Detail: "the key file cannot be read", Fix: "put the copy of vault.key back"}
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Check{Name: "key", Detail: "the key file can be read by other users", Fix: "chmod 600 " + a.config.KeyPath()}
	}
	return Check{Name: "key", OK: true, Detail: "fingerprint " + a.vault.Key().Fingerprint() + "; keep a copy apart from database backups"}
}

func (a *App) checkOrders(ctx context.Context) Check {
	now := a.clock.Now()
	asOf, links, err := a.orders(ctx, now)
	switch {
	case err != nil:
		return Check{Name: "orders", Detail: err.Error(), Fix: "see the check of the database"}
	case asOf.IsZero():
		return Check{Name: "orders", Detail: "no orders in the last 30 days", Fix: "import a shop export: siyu import orders FILE, or Settings, Imports"}
	case now.Sub(asOf) > a.brand.Documents().Rules.OrderMaxAge:
		return Check{Name: "orders", Detail: "the newest order is of " + asOf.In(a.zone).Format(time.DateOnly), Fix: "import newer orders; until then nobody is reminded to buy"}
	}
	return Check{Name: "orders", OK: true, Detail: fmt.Sprintf("up to date; %.0f %% belong to a known customer", 100*links.All)}
}

func (a *App) checkSecret(ctx context.Context, l *link) Check {
	if _, err := l.client.FollowUsers(ctx); err != nil {
		return Check{Name: "secret", Detail: err.Error(), Fix: fixFor(err)}
	}
	return Check{Name: "secret", OK: true, Detail: "WeCom accepts corp and secret"}
}

// fixFor names the remedy for what WeCom refused.
func fixFor(err error) string {
	switch {
	case wecom.IsCode(err, wecom.CodeBadSecret), wecom.IsCode(err, wecom.CodeBadCorp):
		return "enter the corp id and the app's secret anew"
	case wecom.IsCode(err, wecom.CodeUntrustedIP):
		return "add this server's outgoing address to the app's trusted addresses (企业可信IP); it takes about a minute"
	case wecom.IsCode(err, wecom.CodeNotPermitted):
		return "put the app under 客户联系, 可调用接口的应用"
	}
	return "see that this machine reaches the WeCom API, then try again"
}

func (a *App) checkPermission(ctx context.Context, l *link) Check {
	if _, err := l.client.Tags(ctx); err != nil {
		return Check{Name: "permission", Detail: err.Error(), Fix: fixFor(err)}
	}
	return Check{Name: "permission", OK: true, Detail: "customers and tags can be read"}
}

// maxSkew is how far our clock may be off before callbacks are flagged.
const maxSkew = 2 * time.Minute

func (a *App) checkClock(ctx context.Context, l *link) Check {
	at, err := l.client.ServerTime(ctx)
	if err != nil {
		return Check{Name: "clock", Detail: "WeCom's time could not be read: " + err.Error(), Fix: fixFor(err)}
	}
	if skew := a.clock.Now().Sub(at).Abs(); skew > maxSkew {
		return Check{Name: "clock", Detail: "this machine's clock is off by " + skew.Round(time.Second).String(), Fix: "switch time synchronisation (NTP) on"}
	}
	return Check{Name: "clock", OK: true, Detail: "agrees with WeCom's"}
}

func (a *App) checkCallback(l *link) Check {
	if l.Mode == web.ModePolling {
		return Check{Name: "callback", OK: true, Detail: "polling: no welcome messages, alerts within the hour"}
	}
	counts := l.counts()
	at := l.called.Load()
	if at == nil && counts.Stored == 0 {
		return Check{Name: "callback", Detail: fmt.Sprintf("no callback has arrived since the start; %d were refused (signature %d, corp %d)",
			counts.Forged+counts.Foreign+counts.Malformed, counts.Forged, counts.Foreign),
			Fix: "in WeCom's console enter " + a.config.PublicURL + CallbackPath + " with token and key as under Settings, and save: WeCom tests it at once"}
	}
	return Check{Name: "callback", OK: true, Detail: fmt.Sprintf("%d callbacks since the start", counts.Stored)}
}

func (a *App) checkLetters(ctx context.Context) Check {
	pending, aside, err := a.db.CountLetters(ctx)
	if err != nil {
		return Check{Name: "inbox", Detail: err.Error(), Fix: "see the check of the database"}
	}
	if aside > 0 {
		return Check{Name: "inbox", Detail: fmt.Sprintf("%d callbacks could not be read and were set aside", aside), Fix: "report them with the log; reconciliation finds what they said"}
	}
	return Check{Name: "inbox", OK: true, Detail: fmt.Sprintf("%d callbacks wait", pending)}
}
