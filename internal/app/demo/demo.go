// Package demo runs a demo brand: people on a simulated WeCom, connected to
// the product through the real doors - backfill, encrypted callbacks, shop
// export files, tasks that staff confirm - on one virtual clock.
package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"siyu/internal/app"
	"siyu/internal/clock"
	"siyu/internal/connector/customers"
	"siyu/internal/connector/orders"
	"siyu/internal/id"
	"siyu/internal/web"
	"siyu/internal/wecom"
	"siyu/internal/wecom/simulator"
	"siyu/internal/wecom/world"
)

// Config says what demo to run.
type Config struct {
	Addr      string // of the console
	Data      string // new or empty folder
	DB        string // postgres:// URL, "" for SQLite in Data
	Customers int
	Seed      uint64
	Days      int     // days lived with Siyu before the console is handed over
	Archive   bool    // the brand has bought the message archive
	Linked    float64 // share of orders whose buyer can be recognised; 0: the world's own
	Law       world.Law
	Watched   bool // Oracle will be asked
	// Confirming is the share of contacts that members carry out, by hand or by
	// confirming a mass message; 0: each as diligent as the member is.
	Confirming float64
	Capacity   int // contacts by hand of a member in a day; 0: as in a new installation
	Start      time.Time
	Log        *slog.Logger
	Say        func(format string, args ...any) // progress
}

// Demo is a running demo.
type Demo struct {
	App      *app.App
	config   Config
	clock    *clock.Virtual
	world    *world.World
	platform *simulator.Platform
	corp     id.Corp
	start    time.Time
	servers  []*http.Server
	addr     string // of the console
	timers   *app.Timers
	imported orders.Result
	begun    time.Time
}

// Open builds the brand with its year of history, starts the product and
// connects the two. Close ends it.
func Open(ctx context.Context, config Config) (d *Demo, err error) {
	d = &Demo{config: config, begun: clock.System{}.Now()}
	d.start = clock.Day(config.Start, clock.Shanghai)
	d.clock = clock.NewVirtual(d.start)
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if err := d.buildWorld(ctx); err != nil {
		return d, err
	}
	api, err := d.listen("127.0.0.1:0", d.platform)
	if err != nil {
		return d, err
	}
	if err := d.openApp(ctx, "http://"+api); err != nil {
		return d, err
	}
	return d, d.connect(ctx)
}

func (d *Demo) buildWorld(ctx context.Context) (err error) {
	d.config.Say("building %d customers and a year of history", d.config.Customers)
	d.platform, err = simulator.New(simulator.Config{
		Clock: d.clock, Seed: d.config.Seed, Archive: simulator.Archive{On: d.config.Archive},
		ListLag: 5 * time.Second, GroupLag: time.Second,
	})
	if err != nil {
		return fmt.Errorf("open the simulator: %w", err)
	}
	d.world, err = world.New(d.platform, world.Config{
		Customers: d.config.Customers, Seed: d.config.Seed, Start: d.start, Archive: d.config.Archive, LinkedShare: d.config.Linked,
		Law: d.config.Law, Watched: d.config.Watched, Confirming: d.config.Confirming,
	})
	if err != nil {
		return fmt.Errorf("build the demo brand: %w", err)
	}
	return d.world.History(ctx)
}

// listen serves a handler on an address of this machine.
func (d *Demo) listen(addr string, h http.Handler) (string, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("listen on %s: %w", addr, err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(d.config.Log.Handler(), slog.LevelWarn)}
	d.servers = append(d.servers, server)
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			d.config.Log.Error("server stopped", "error", err)
		}
	}()
	return listener.Addr().String(), nil
}

func (d *Demo) openApp(ctx context.Context, api string) error {
	d.platform.SetPublicURL(api)
	listener, err := net.Listen("tcp", d.config.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", d.config.Addr, err)
	}
	d.addr = listener.Addr().String()
	if err := listener.Close(); err != nil {
		return fmt.Errorf("release %s: %w", d.addr, err)
	}
	config, err := app.LoadConfig("", func(string) string { return "" })
	if err != nil {
		return err
	}
	config.Addr, config.Data, config.DB, config.WeComURL, config.LoginURL, config.PublicURL = d.addr, d.config.Data, d.config.DB, api, api, "http://"+d.addr
	if d.config.Archive {
		config.ArchiveURL = api + "/simulator/archive"
	}
	if d.App, err = app.Open(ctx, config, d.clock, d.config.Log); err != nil {
		return err
	}
	d.App.Door().Patience = time.Minute // the same seed gives the same openings, however busy the machine is
	handler, err := d.App.Handler()
	if err != nil {
		return err
	}
	_, err = d.listen(d.addr, handler)
	return err
}

// connect does what an owner does on the first day: the connection, the brand,
// the backfill, the shop exports.
func (d *Demo) connect(ctx context.Context) error {
	c := d.platform.Credentials(0)
	d.corp = id.Corp(c.Corp)
	d.platform.SetCallback(0, "http://"+d.addr+app.CallbackPath)
	err := d.App.Connect(ctx, app.Connection{
		Corp: d.corp, Agent: int64(c.AgentID), Mode: web.ModeCallbacks,
		Secret: wecom.Secret(c.Secret), Token: wecom.Secret(c.Token), AESKey: wecom.Secret(c.AESKey),
	}, by)
	if err != nil {
		return fmt.Errorf("connect to the simulator: %w", err)
	}
	if err := d.platform.VerifyCallback(ctx, 0); err != nil {
		return fmt.Errorf("verify the callback address: %w", err)
	}
	if err := d.enterBrand(ctx); err != nil {
		return err
	}
	d.config.Say("reading everything from WeCom")
	if err := d.App.Backfill(ctx); err != nil {
		return err
	}
	if err := d.enterStores(ctx); err != nil {
		return err
	}
	if err := d.App.Turn(ctx); err != nil {
		return err
	}
	d.config.Say("importing a year of orders from the shop's export files")
	if err := d.importOrders(ctx, d.start.AddDate(-1, 0, -1), d.start); err != nil {
		return err
	}
	if err := d.importMembers(ctx, d.start); err != nil {
		return err
	}
	d.config.Say("folding, learning, planning the first day")
	if err := d.App.Turn(ctx); err != nil {
		return err
	}
	if err := d.enterGroups(ctx); err != nil {
		return err
	}
	d.timers = d.App.Timers()
	return nil
}

// importOrders imports what the shop systems export for a time.
func (d *Demo) importOrders(ctx context.Context, from, to time.Time) error {
	folder, err := d.exports()
	if err != nil {
		return err
	}
	files, err := d.world.WriteExport(folder, from, to)
	if err != nil {
		return fmt.Errorf("export orders: %w", err)
	}
	for _, file := range files {
		result, err := d.App.Importer().Import(ctx, file, orders.Options{})
		if err != nil {
			return fmt.Errorf("import %s: %w", filepath.Base(file), err)
		}
		d.imported.Orders += result.Orders
		d.imported.RejectedTotal += result.RejectedTotal
	}
	return nil
}

// importMembers imports the shop's list of members as it stands at a time.
func (d *Demo) importMembers(ctx context.Context, until time.Time) error {
	folder, err := d.exports()
	if err != nil {
		return err
	}
	file, err := d.world.WriteMembers(folder, until)
	if err != nil {
		return err
	}
	result, err := d.App.Members().Import(ctx, file, customers.Options{})
	if err != nil {
		return fmt.Errorf("import %s: %w", filepath.Base(file), err)
	}
	d.imported.RejectedTotal += result.RejectedTotal
	return nil
}

// exports returns the folder that the shop systems write to.
func (d *Demo) exports() (string, error) {
	folder := filepath.Join(d.config.Data, "exports")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make a folder for exports: %w", err)
	}
	return folder, nil
}

// Addr returns the console's address.
func (d *Demo) Addr() string { return d.addr }

// Close stops servers and product.
func (d *Demo) Close() error {
	var errs []error
	for _, s := range d.servers {
		errs = append(errs, s.Close())
	}
	if d.platform != nil {
		d.platform.Close()
	}
	if d.App != nil {
		errs = append(errs, d.App.Close())
	}
	return errors.Join(errs...)
}
