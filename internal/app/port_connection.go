package app

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/connector/backfill"
	"siyu/internal/fault"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
	"siyu/internal/wecom"
)

// connectionPort answers the page of the link to WeCom.
type connectionPort struct{ *App }

var _ web.Connection = connectionPort{}

// Connection implements web.Connection.
func (p connectionPort) Connection(_ context.Context, scope org.Scope) (web.ConnectionView, error) {
	if err := headquarters(scope); err != nil {
		return web.ConnectionView{}, err
	}
	v := web.ConnectionView{Mode: web.ModePolling}
	if p.config.PublicURL != "" {
		v.Callback, v.Mode = p.config.PublicURL+CallbackPath, web.ModeCallbacks
	}
	l := p.link.Load()
	if l == nil {
		return v, nil
	}
	v.Corp, v.Agent, v.Mode = l.Corp, int(l.Agent), l.Mode
	v.SecretSet, v.TokenSet, v.AESKeySet = l.Secret != "", l.Token != "", l.AESKey != ""
	if at := l.called.Load(); at != nil {
		v.LastCall = *at
	}
	if at := l.polled.Load(); at != nil {
		v.LastPoll = *at
	}
	return v, nil
}

func headquarters(scope org.Scope) error {
	if scope.Everything {
		return nil
	}
	return fault.WithKey(fault.Denied, "error.denied", fmt.Errorf("only headquarters may see this"))
}

// Connect implements web.Connection.
func (p connectionPort) Connect(ctx context.Context, by web.Asker, f web.ConnectionForm) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	c := Connection{Corp: f.Corp, Agent: int64(f.Agent), Mode: f.Mode,
		Secret: wecom.Secret(f.Secret), Token: wecom.Secret(f.Token), AESKey: wecom.Secret(f.AESKey)}
	if err := p.App.Connect(ctx, c, by.Account); err != nil {
		return err
	}
	return p.audit(ctx, by, "connection.changed")
}

func (a *App) audit(ctx context.Context, by web.Asker, did string) error {
	return a.db.Audit(ctx, storage.AuditEntry{At: a.clock.Now(), Account: by.Account, Did: did})
}

// Doctor implements web.Connection.
func (p connectionPort) Doctor(ctx context.Context, scope org.Scope) ([]web.Check, error) {
	if err := headquarters(scope); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	checks := p.Examine(ctx)
	view := make([]web.Check, len(checks))
	for i, c := range checks {
		view[i] = web.Check(c)
	}
	return view, nil
}

// Backfill implements web.Connection.
func (p connectionPort) Backfill(ctx context.Context, scope org.Scope) (web.Backfill, error) {
	v := web.Backfill{State: "idle"}
	if err := headquarters(scope); err != nil {
		return v, err
	}
	l := p.link.Load()
	if l == nil {
		return v, nil
	}
	var asked backfillAsked
	if _, err := p.db.Setting(ctx, backfillDoc, &asked); err != nil {
		return v, err
	}
	progress := l.backfill.Progress()
	v.Started, v.Ended, v.Remains = progress.Began, progress.Ended, progress.Remaining
	switch {
	case progress.Running || asked.Open && progress.Err == nil:
		v.State = "running"
	case progress.Err != nil:
		v.State, v.Error = "failed", "error.backfill"
	case !progress.Ended.IsZero():
		v.State = "done"
	}
	if progress.Stage != "" {
		v.Rows = stagesUpTo(progress)
	}
	return v, nil
}

// stagesUpTo lists the stages that are through and the one under way, if any.
func stagesUpTo(p backfill.Progress) []web.BackfillRow {
	var rows []web.BackfillRow
	ended := !p.Ended.IsZero() && p.Err == nil
	for _, s := range []backfill.Stage{backfill.Departments, backfill.Staff, backfill.Tags, backfill.ContactWays, backfill.Customers, backfill.Groups} {
		if s == p.Stage && !ended {
			return append(rows, web.BackfillRow{Kind: string(s), Done: p.Done, Total: p.Total, Rate: p.Rate})
		}
		rows = append(rows, web.BackfillRow{Kind: string(s), Through: true})
	}
	return rows
}

// StartBackfill implements web.Connection.
func (p connectionPort) StartBackfill(ctx context.Context, by web.Asker) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	if p.link.Load() == nil {
		return fault.WithKey(fault.Conflict, "error.not_connected", fmt.Errorf("WeCom is not connected"))
	}
	if err := p.App.StartBackfill(ctx); err != nil {
		return err
	}
	return p.audit(ctx, by, "backfill.started")
}
