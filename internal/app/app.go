package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"siyu/internal/account"
	"siyu/internal/app/brand"
	"siyu/internal/app/desk"
	"siyu/internal/clock"
	"siyu/internal/connector/reading"
	"siyu/internal/connector/tag"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/job"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/vault"
	"siyu/internal/web"
)

// App is one running installation.
type App struct {
	config     Config
	clock      clock.Clock
	zone       *time.Location
	log        *slog.Logger
	db         *storage.DB
	vault      *vault.Vault
	inbox      *vault.Inbox
	facts      *eventlog.Log
	brand      *brand.Brand
	accounts   *account.Accounts
	keys       *account.Keys
	learned    *learned
	tags       *tag.Keeper
	tagging    *tag.Bulk
	reading    *bookshelf
	door       *reading.Door
	queue      *job.Queue
	flow       *flow.Flow
	operator   *flow.Operator // of standard processes
	desk       *desk.Desk
	gate       atomic.Pointer[delivery.Gate]
	link       atomic.Pointer[link] // to WeCom; nil until a person connected it
	relinked   chan struct{}        // a new link is in force
	messages   chan struct{}        // the archive has new messages
	pulling    sync.Mutex
	turning    sync.Mutex // see alone
	raising    sync.Mutex // see raiseIndex
	node       string     // this process among those that share a database
	related    atomic.Pointer[related]
	ordersRead atomic.Pointer[ordersRead]
	importing  importing
	english    func(key string, pairs ...string) string // for the command line
}

// Open opens the data of an installation, creating what is missing. Nothing
// runs yet; Serve and Tick do.
func Open(ctx context.Context, config Config, c clock.Clock, log *slog.Logger) (*App, error) {
	zone, err := time.LoadLocation(config.Zone)
	if err != nil {
		return nil, fmt.Errorf("configuration: zone %q: %w", config.Zone, err)
	}
	if err := os.MkdirAll(config.Data, 0o700); err != nil {
		return nil, fmt.Errorf("create data folder: %w", err)
	}
	db, err := storage.Open(ctx, storage.Config{URL: config.DatabaseURL()})
	if err != nil {
		return nil, err
	}
	key, err := keyOf(ctx, db, config.KeyPath(), c.Now())
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	a := &App{config: config, clock: c, zone: zone, log: log, db: db, vault: vault.Open(db, key), inbox: vault.NewInbox(db, key), node: rand.Text(), facts: eventlog.New(db, c), accounts: account.New(db, c), keys: account.NewKeys(db, c),
		relinked: make(chan struct{}, 1), messages: make(chan struct{}, 1)}
	if err := a.assemble(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return a, nil
}

func (a *App) assemble(ctx context.Context) (err error) {
	if err := a.vault.LoadNames(ctx); err != nil {
		return err
	}
	if a.english, err = web.English(); err != nil {
		return fmt.Errorf("read sentences: %w", err)
	}
	if a.brand, err = brand.Open(ctx, a.db, a.clock); err != nil {
		return err
	}
	if a.learned, err = newLearned(ctx, a.db, a.brand); err != nil {
		return err
	}
	a.openTags()
	if err = a.openReading(ctx); err != nil {
		return err
	}
	a.flow = flow.New(flow.Parts{
		Log: a.facts, States: a.db, Others: a.db, Understandings: a.db, Plans: a.db, Ahead: a.db, Cohorts: a.db, Facets: a.db, Audiences: a.db, Heirs: a.db, Shared: a.db.Dialect() == storage.Postgres,
		Gate: a.handover(), Guests: guests{a}, Mind: a.learned, World: a.world, StoreOf: a.brand.StoreOf, Pace: a.db.Pace, Calm: a.db.Calm,
	})
	a.openProcesses()
	a.desk = &desk.Desk{
		DB: a.db, Vault: a.vault, Names: a.vault, Log: a.facts, Brand: a.brand, Gate: a.gate.Load, PostGate: a.postGate, Clock: a.clock, Zone: a.zone,
		Turn: a.Turn, Index: a.flow.Index, Refill: a.Refill, Orders: a.orders, Curve: a.learned.curve, Coming: a.flow.NextContact, Learned: a.learned.model.Load, Archive: a.config.ArchiveURL != "", Urge: a.urge, Reopen: a.Reopen,
		Tagger:  desk.Tagging{Keeper: a.tags, Bulk: a.tagging, Corp: a.tagCorp, Start: a.startTagWork, Hand: a.tagByHand, Push: a.pushAudience, Follow: a.startFollowing},
		Inviter: desk.Inviting{Start: a.startInviting, Stop: a.stopInviting}, Bookshelf: a.reading,
		Operator: desk.Operating{Install: a.storeProcess, Force: a.forceProcess, Withdraw: a.withdrawProcess, Set: a.setProcess, Move: a.moveProcess, Try: a.startTrial, Trial: a.trial, Tried: a.tried, StopTrial: a.stopTrial},
		Once:     desk.OneOffing{Save: a.saveOneOff, Start: a.startOneOff, Foresee: a.foresee},
	}
	return a.connect(ctx)
}

// openGate opens the send gate for the corps that are connected now.
func (a *App) openGate(ctx context.Context, corps map[id.Corp]delivery.WeCom) error {
	settings := delivery.Defaults()
	settings.Approve = !a.brand.Documents().General.Approval
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("name this node: %w", err)
	}
	gate, err := delivery.NewGate(ctx, host, delivery.Parts{
		Ledger: a.db, Tasks: a.db, Invitations: a.db, Reading: a.reading, Sends: a.db, Files: a.db, Nodes: a.nodes(), Addresses: addresses{a.db, a.vault}, Facts: a.facts, Clock: a.clock, Zone: a.zone,
		Corps: corps, Settings: settings,
		Rules: func() decision.Settings { return a.brand.Documents().Rules }, Org: func() org.Org { return a.brand.Org() }, Orders: a.ordersKnown,
	})
	if err != nil {
		return err
	}
	if _, err := gate.Recover(ctx); err != nil {
		return fmt.Errorf("recover what was on its way: %w", err)
	}
	a.gate.Store(gate)
	if _, err := a.postGate().RecoverPosts(ctx); err != nil {
		return fmt.Errorf("recover posts that were on their way: %w", err)
	}
	return nil
}

// Verify folds the log again and compares.
func (a *App) Verify(ctx context.Context) (flow.Replayed, error) { return a.flow.Verify(ctx) }

// Accounts returns who may use the console.
func (a *App) Accounts() *account.Accounts { return a.accounts }

// Gate returns the send gate in force.
func (a *App) Gate() *delivery.Gate { return a.gate.Load() }

// Reopen puts changed settings of the send gate into force.
func (a *App) Reopen(ctx context.Context) error { return a.connect(ctx) }

// Texts returns what the vault holds of a subject in one field.
func (a *App) Texts(ctx context.Context, subject event.Subject, field vault.Field) ([]string, error) {
	entries, err := a.vault.Of(ctx, []event.Subject{subject}, []vault.Field{field})
	texts := make([]string, len(entries))
	for i, e := range entries {
		texts[i] = e.Text
	}
	return texts, err
}

// Replay folds the facts after a position that were not folded yet; 0 goes on
// where the last turn stopped.
func (a *App) Replay(ctx context.Context, from int64) (flow.Replayed, error) {
	done, err := a.facts.Cursor(ctx, flow.Reader)
	if err != nil {
		return flow.Replayed{}, err
	}
	if from > done {
		return flow.Replayed{}, fault.New(fault.Invalid, "position %d is beyond what was folded (%d): facts between them would be left out", from, done)
	}
	touched, facts, err := a.flow.Fold(ctx)
	return flow.Replayed{Facts: int64(facts), Customers: len(touched)}, err
}

// Facts returns the log.
func (a *App) Facts() *eventlog.Log { return a.facts }

// Orders returns what is known of the brand's orders.
func (a *App) Orders(ctx context.Context, now time.Time) (flow.Orders, error) {
	return a.orders(ctx, now)
}

// DB returns the database, for commands that administer it.
func (a *App) DB() *storage.DB { return a.db }

// Brand returns the brand's settings.
func (a *App) Brand() *brand.Brand { return a.brand }

// Close ends the use of the data.
func (a *App) Close() error { return a.db.Close() }

// socketPath is where commands find a running server.
func (c Config) socketPath() string { return filepath.Join(c.Data, "siyu.sock") }
