package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"siyu/internal/app"
	"siyu/internal/app/brand"
	"siyu/internal/catalog"
	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/storage/postgres/throwaway"
	"siyu/internal/vault"
)

// corp is the WeCom corp of the made-up brand.
const corp = id.Corp("wwbench0000000001")

// by stands in the audit for what a benchmark sets.
const by = "bench"

// The made-up brand has a member of staff for every 500 customers and four
// members in a store.
const (
	customersPerStaff = 500
	staffPerStore     = 4
)

// ground is a temporary installation.
type ground struct {
	*app.App
	options Options
	config  app.Config
	clock   *clock.Virtual
	server  *throwaway.Server // nil on SQLite
	staff   []id.Staff
}

// firstMorning is when the made-up brand's clock starts.
var firstMorning = time.Date(2026, 6, 15, 5, 0, 0, 0, clock.Shanghai)

// prepare opens an installation and fills it. The caller closes it.
func prepare(ctx context.Context, o Options) (*ground, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	g := &ground{options: o, clock: clock.NewVirtual(firstMorning)}
	if err := g.open(ctx); err != nil {
		return nil, errors.Join(err, g.close())
	}
	return g, nil
}

func (g *ground) open(ctx context.Context) (err error) {
	if g.config, err = app.LoadConfig("", func(string) string { return "" }); err != nil {
		return err
	}
	if g.config.Data, err = os.MkdirTemp("", "siyu-bench-*"); err != nil {
		return fmt.Errorf("create data folder: %w", err)
	}
	g.config.DB = g.options.URL
	if g.options.Engine == storage.Postgres && g.options.URL == "" {
		if g.server, err = throwaway.Start(); err != nil {
			return err
		}
		g.config.DB = g.server.Address()
	}
	if err := g.start(ctx); err != nil {
		return err
	}
	began := started()
	if err := g.fill(ctx); err != nil {
		return err
	}
	g.options.say("%d customers were made up and stored in %.1f s", g.options.Customers, began.passed().Seconds())
	return g.restart(ctx)
}

func (g *ground) start(ctx context.Context) (err error) {
	g.App, err = app.Open(ctx, g.config, g.clock, slog.New(slog.DiscardHandler))
	return err
}

// restart opens the installation as a server would after a reboot.
func (g *ground) restart(ctx context.Context) error {
	if err := g.App.Close(); err != nil {
		return err
	}
	began := started()
	if err := g.start(ctx); err != nil {
		return err
	}
	g.options.say("opened in %.1f s", began.passed().Seconds())
	return nil
}

func (g *ground) close() error {
	var errs []error
	if g.App != nil {
		errs = append(errs, g.App.Close())
	}
	if g.server != nil {
		g.server.Stop()
	}
	if g.config.Data != "" {
		errs = append(errs, os.RemoveAll(g.config.Data))
	}
	return errors.Join(errs...)
}

func (g *ground) key() (vault.Key, error) { return vault.OpenKey(g.config.KeyPath()) }

// fill stores brand, staff, customers and the counts that go with them.
func (g *ground) fill(ctx context.Context) error {
	stores, staff := g.organise()
	if err := g.Brand().Set(ctx, brand.StoresDoc, stores, by); err != nil {
		return err
	}
	if err := g.Brand().Set(ctx, brand.CatalogDoc, catalog.Catalog{Lines: lines()}, by); err != nil {
		return err
	}
	fold := flow.Fold{Staff: staff, Counters: g.orderCounts(stores), Reader: by, Cursor: 1}
	if err := g.DB().CommitFold(ctx, fold); err != nil {
		return err
	}
	return g.populate(ctx)
}

func (g *ground) organise() (stores []brand.StoreDoc, staff []profile.Staff) {
	members := max(1, g.options.Customers/customersPerStaff)
	for i := range members {
		if i%staffPerStore == 0 {
			stores = append(stores, brand.StoreDoc{Name: fmt.Sprintf("Store %04d", len(stores)+1), Kind: org.Direct, Department: len(stores) + 1})
		}
		userID := fmt.Sprintf("member%05d", i)
		s := profile.Staff{ID: id.StaffOf(corp, userID), Corp: corp, UserID: userID, Departments: []int{len(stores)}, Status: 1, Contact: true}
		staff, g.staff = append(staff, s), append(g.staff, s.ID)
	}
	return stores, staff
}

func lines() []catalog.Line {
	return []catalog.Line{
		{Code: "coffee", Name: "Coffee beans", CycleDays: 21, MarginRate: .55, Words: []string{"bean"}},
		{Code: "tea", Name: "Tea", CycleDays: 45, MarginRate: .6, Words: []string{"tea"}},
		{Code: "cup", Name: "Cups", CycleDays: 0, MarginRate: .5, Words: []string{"cup"}},
	}
}

// orderCounts makes four orders in five belong to a known customer from 30 days
// back to some days ahead, so that value is measurable whenever it is asked.
func (g *ground) orderCounts(stores []brand.StoreDoc) (counts []flow.Counter) {
	today := flow.DayOf(event.At(g.clock.Now()))
	const ahead = 5
	for back := range 31 + ahead {
		day := today + event.Instant(ahead-back)*day
		for _, s := range stores {
			store := id.StoreOf(s.Name)
			counts = append(counts,
				flow.Counter{Name: flow.CountOrders, Part: shop, Store: store, Day: day, Delta: 50},
				flow.Counter{Name: flow.CountOrdersLinked, Part: shop, Store: store, Day: day, Delta: 40})
		}
	}
	return counts
}

// database returns the size of what is stored, in MB; 0 where it is not a file.
func (g *ground) database() float64 {
	info, err := os.Stat(filepath.Join(g.config.Data, "siyu.db"))
	if err != nil {
		return 0
	}
	return float64(info.Size()) / (1 << 20)
}
