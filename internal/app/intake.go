package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"siyu/internal/connector/archive"
	"siyu/internal/connector/backfill"
	"siyu/internal/connector/callback"
	"siyu/internal/connector/intake"
	"siyu/internal/content"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/vault"
	"siyu/internal/web"
	"siyu/internal/wecom"
)

// openIntake builds what reads from one corp.
func (a *App) openIntake(l *link) (err error) {
	l.intake = &intake.Intake{Corp: l.Corp, Log: a.facts, Vault: a.vault, Ledger: a.db, Clock: a.clock}
	tags := func(ctx context.Context) error { return a.tags.Sync(ctx, l.Corp, l.client) }
	l.backfill = backfill.New(l.client, l.intake, tags, sent{a})
	l.reader = callback.NewReader(callback.Config{
		Doors: map[id.Corp]callback.Door{l.Corp: {Client: l.client, Intake: l.intake, Tags: tags}},
		Inbox: letters{a.inbox, a.db}, Welcomer: a, Settings: callback.DefaultSettings(), Clock: a.clock, Logger: a.log, Archived: a.archived,
	})
	if a.config.ArchiveURL != "" {
		l.archive, err = archive.New(archive.Config{URL: a.config.ArchiveURL, Intake: l.intake, Texts: true})
	}
	return err
}

// sent asks the send gate that is in force which mass messages are Siyu's own.
type sent struct{ *App }

// Own implements backfill.Sent.
func (s sent) Own(ctx context.Context, msgIDs []string) (map[string]bool, error) {
	return s.gate.Load().Own(ctx, msgIDs)
}

// Unsettled implements backfill.Sent.
func (s sent) Unsettled(ctx context.Context, corp id.Corp) (time.Time, error) {
	return s.gate.Load().Unsettled(ctx, corp)
}

// letters are the inbox and its store, as the reader wants them.
type letters struct {
	*vault.Inbox
	vault.InboxStore
}

// readLetters turns what WeCom delivered into facts.
func (a *App) readLetters(ctx context.Context) error {
	l := a.link.Load()
	if l == nil {
		return nil
	}
	for {
		handled, err := l.reader.Turn(ctx)
		if err != nil || handled == 0 {
			return err
		}
	}
}

// readOn reads letters as they come until ctx ends, for the corp that is
// connected at the time.
func (a *App) readOn(ctx context.Context) {
	for ctx.Err() == nil {
		reading, stop := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			if l := a.link.Load(); l != nil {
				l.reader.Run(reading)
			}
		}()
		select {
		case <-ctx.Done():
		case <-a.relinked:
		}
		stop()
		<-ended
	}
}

// archived notes that the archive has new messages; they are pulled with the
// next beat.
func (a *App) archived(id.Corp) {
	select {
	case a.messages <- struct{}{}:
	default:
	}
}

// pullOn pulls the archive whenever WeCom says that there is something new.
func (a *App) pullOn(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.messages:
			if err := a.pullArchive(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("archive failed", "error", err)
			}
		}
	}
}

// Welcome implements callback.Welcomer: it greets with the library's greeting,
// if there is one.
func (a *App) Welcome(ctx context.Context, arrival callback.Arrival) error {
	d := a.brand.Documents()
	greetings := d.Library.For(event.Greet, "")
	if len(greetings) == 0 || d.General.NoWelcome {
		return nil
	}
	m := greetings[0]
	names, err := a.vault.NamesOf(ctx, []event.Subject{event.Staff(arrival.Staff)})
	if err != nil {
		return err
	}
	_, err = a.gate.Load().Welcome(ctx, delivery.Greeting{
		Corp: arrival.Corp, Staff: arrival.Staff, Store: a.brand.StoreOf(arrival.Staff), Customer: arrival.Customer,
		Code: arrival.Code, Added: arrival.Added, Material: m,
		Message: wecom.Content{Text: &wecom.Text{Content: content.Fill(m.Text, arrival.Name, names[event.Staff(arrival.Staff)])}},
	})
	if err != nil {
		return fmt.Errorf("welcome a customer: %w", err)
	}
	return nil
}

// pullArchive reads new messages from the archive exporter.
func (a *App) pullArchive(ctx context.Context) error {
	l := a.link.Load()
	if l == nil || l.archive == nil {
		return nil
	}
	a.pulling.Lock()
	defer a.pulling.Unlock()
	_, err := l.archive.Pull(ctx)
	return err
}

// backfillDoc names the document that says whether a person asked for a
// backfill that is not finished.
const backfillDoc = "backfill"

type backfillAsked struct {
	Open bool `json:"open"`
}

// continueBackfill runs a backfill that was asked for, also after a restart.
func (a *App) continueBackfill(ctx context.Context) error {
	l := a.link.Load()
	var asked backfillAsked
	version, err := a.db.Setting(ctx, backfillDoc, &asked)
	if err != nil || l == nil || !asked.Open {
		return err
	}
	if err := l.backfill.Run(ctx); err != nil {
		if errors.Is(err, backfill.ErrRunning) {
			return nil
		}
		return fmt.Errorf("backfill: %w", err)
	}
	return a.setBackfill(ctx, version, false)
}

// Backfill reads everything from WeCom now.
func (a *App) Backfill(ctx context.Context) error {
	l := a.link.Load()
	if l == nil {
		return fault.New(fault.Conflict, "backfill: WeCom is not connected")
	}
	if err := l.backfill.Run(ctx); err != nil {
		return fmt.Errorf("backfill: %w", err)
	}
	return nil
}

// StartBackfill asks for everything to be read from WeCom.
func (a *App) StartBackfill(ctx context.Context) error {
	var asked backfillAsked
	version, err := a.db.Setting(ctx, backfillDoc, &asked)
	if err != nil || asked.Open {
		return err
	}
	return a.setBackfill(ctx, version, true)
}

func (a *App) setBackfill(ctx context.Context, version int, open bool) error {
	_, err := a.db.SetSetting(ctx, storage.NewSetting{Name: backfillDoc, After: version, Document: backfillAsked{open}, At: a.clock.Now(), Account: "siyu"})
	return err
}

// reconcile finds what never arrived. Polling has no callbacks, so there it
// reads everything again.
func (a *App) reconcile(ctx context.Context) error {
	l := a.link.Load()
	if l == nil {
		return nil
	}
	if l.Mode == web.ModePolling {
		return a.readAll(ctx)
	}
	return a.look(l, l.backfill.Reconcile(ctx))
}

// readAll reads everything again and tells the differences.
func (a *App) readAll(ctx context.Context) error {
	l := a.link.Load()
	if l == nil {
		return nil
	}
	return a.look(l, l.backfill.Run(ctx))
}

// look notes that WeCom was looked at.
func (a *App) look(l *link, err error) error {
	switch {
	case errors.Is(err, backfill.ErrRunning):
		return nil
	case err != nil:
		return fmt.Errorf("reconcile: %w", err)
	}
	now := a.clock.Now()
	l.polled.Store(&now)
	return nil
}
