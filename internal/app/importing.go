package app

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"sync"

	"siyu/internal/connector/customers"
	"siyu/internal/connector/orders"
	"siyu/internal/storage"
)

// importing is what imports by themselves keep between their runs.
type importing struct {
	mu     sync.Mutex
	folder *orders.Folder
	last   orders.Validators
}

// Importer returns what imports order files into this installation.
func (a *App) Importer() *orders.Importer {
	return &orders.Importer{
		Log: a.facts, Identities: a.db, Runs: a.db, Phones: a.vault, Clock: a.clock, Catalog: a.brand.Documents().Catalog, Zone: a.zone,
		StoreNames: a.brand.StoreNames(), Recorded: a.foldAhead, Calm: a.db.Calm,
	}
}

// Members returns what imports lists of members into this installation.
func (a *App) Members() *customers.Importer {
	return &customers.Importer{
		Log: a.facts, Identities: a.db, Names: a.vault, Runs: a.db, Phones: a.vault, Clock: a.clock, Zone: a.zone, Recorded: a.foldAhead,
	}
}

// foldAhead folds what an import has recorded so far, unless a turn is under
// way, which does the same. What fails here fails again in the turn after the
// import, which reports it. On PostgreSQL another node may fold meanwhile: there
// nothing is held open.
func (a *App) foldAhead(ctx context.Context) {
	if a.db.Dialect() == storage.Postgres || !a.turning.TryLock() {
		return
	}
	defer a.turning.Unlock()
	_ = a.flow.FoldAhead(ctx)
}

// ImportOrders imports one file and carries its facts through the house, also
// those of an import that came to an early end.
func (a *App) ImportOrders(ctx context.Context, path string, options orders.Options) (orders.Result, error) {
	result, err := a.Importer().Import(ctx, path, options)
	if options.DryRun || result.Facts == 0 {
		return result, err
	}
	return result, errors.Join(err, a.Turn(context.WithoutCancel(ctx)))
}

// ImportCustomers does with a list of members what ImportOrders does with orders.
func (a *App) ImportCustomers(ctx context.Context, path string, options customers.Options) (customers.Result, error) {
	result, err := a.Members().Import(ctx, path, options)
	if options.DryRun || result.Facts == 0 {
		return result, err
	}
	return result, errors.Join(err, a.Turn(context.WithoutCancel(ctx)))
}

// importFolder imports what was dropped into the order folder.
func (a *App) importFolder(ctx context.Context) error {
	if a.config.OrderFolder == "" && a.config.OrderURL == "" {
		return nil
	}
	a.importing.mu.Lock()
	defer a.importing.mu.Unlock()
	if a.importing.folder == nil {
		a.importing.folder = &orders.Folder{Path: a.orderFolder()}
	}
	a.importing.folder.Importer = a.Importer()
	reports, err := a.importing.folder.Scan(ctx)
	for _, r := range reports {
		a.log.Info("order file imported", "file", filepath.Base(r.File), "orders", r.Result.Orders, "rejected", r.Result.RejectedTotal, "error", r.Error)
	}
	return err
}

func (a *App) orderFolder() string {
	if a.config.OrderFolder != "" {
		return a.config.OrderFolder
	}
	return filepath.Join(a.config.Data, "orders")
}

// importURL fetches a shop export into the order folder.
func (a *App) importURL(ctx context.Context) error {
	if a.config.OrderURL == "" {
		return nil
	}
	a.importing.mu.Lock()
	defer a.importing.mu.Unlock()
	feed := orders.Feed{URL: a.config.OrderURL, Folder: a.orderFolder(), Allowed: a.allowedHosts()}
	_, next, err := feed.Fetch(ctx, a.importing.last, a.clock.Now())
	if err != nil {
		return fmt.Errorf("fetch orders: %w", err)
	}
	a.importing.last = next
	return nil
}

// allowedHosts permits a private address only when the operator wrote it into
// the configuration as an address, not as a name.
func (a *App) allowedHosts() []netip.Addr {
	u, err := url.Parse(a.config.OrderURL)
	if err != nil {
		return nil
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return nil
	}
	return []netip.Addr{addr}
}
