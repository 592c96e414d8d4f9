// Package desk answers what the console's pages ask: it reads storage, vault
// and settings, and carries a person's decisions to the rooms that act.
package desk

import (
	"context"
	"sync"
	"time"

	"siyu/internal/app/brand"
	"siyu/internal/audience/index"
	"siyu/internal/clock"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight/mind"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/vault"
	"siyu/internal/web"
)

// Names finds people by name and says what they are called.
type Names interface {
	// NamesOf returns the names that are known.
	NamesOf(ctx context.Context, subjects []event.Subject) (map[event.Subject]string, error)
	// FindCustomers returns up to limit customers whose name or remark holds
	// the text.
	FindCustomers(ctx context.Context, text string, limit int) ([]id.Customer, error)
}

// Desk is what the pages' ports share.
type Desk struct {
	DB    *storage.DB
	Vault *vault.Vault
	Names Names
	Log   *eventlog.Log
	Brand *brand.Brand
	Gate  func() *delivery.Gate // the one in force
	// PostGate is the one for posts.
	PostGate func() delivery.PostGate
	Clock    clock.Clock
	Zone     *time.Location
	// Turn carries what a person just recorded through the house, so that the
	// page shows it.
	Turn func(ctx context.Context) error
	// Index answers rules about everybody; nil while it is being built.
	Index func() *index.Index
	// Refill begins to bring the stored members of audiences to what a person
	// changed; the rest is done in the background.
	Refill func(ctx context.Context) error
	// Reopen puts changed settings of the send gate into force.
	Reopen func(ctx context.Context) error
	// Orders returns until when orders are known, and the link rates.
	Orders func(ctx context.Context, now time.Time) (flow.Orders, error)
	// Curve returns cumulated expected turnover of the coming year, from nothing
	// on.
	Curve func(c *profile.Customer, now time.Time) []web.ValuePoint
	// Coming returns when the plan expects to contact a customer whom it leaves alone
	// today.
	Coming coming
	// Learned returns the models in force, nil before anything was learned.
	Learned   func() *mind.Model
	Archive   bool // one-to-one messages are known
	Tagger    Tagging
	Inviter   Inviting
	Bookshelf Bookshelf
	Operator  Operating
	Once      OneOffing
	// Urge tells a member by WeCom that tasks wait.
	Urge func(ctx context.Context, staff id.Staff, open int) error

	ranks   ranks
	loads   curves
	editing sync.Mutex // of the brand's documents

	documents documents
	calendars calendars
	reviews   reviews
}

func (d *Desk) today() time.Time { return clock.Day(d.Clock.Now(), d.Zone) }

// stores returns the ids that a query is limited to, nil for all.
func stores(scope org.Scope) []id.Store {
	if scope.Everything {
		return nil
	}
	if scope.Stores == nil {
		return []id.Store{}
	}
	return scope.Stores
}

// covers tells whether the scope covers a customer of this member.
func (d *Desk) covers(scope org.Scope, staff id.Staff) bool {
	if scope.Staff != 0 {
		return scope.Staff == staff
	}
	return scope.Sees(d.Brand.StoreOf(staff))
}

// staffName returns what a member is called, the WeCom id where no name is
// known.
func (d *Desk) staffNames(ctx context.Context, staff []id.Staff) (map[id.Staff]string, error) {
	subjects := make([]event.Subject, len(staff))
	for i, s := range staff {
		subjects[i] = event.Staff(s)
	}
	names, err := d.Names.NamesOf(ctx, subjects)
	if err != nil {
		return nil, err
	}
	result := make(map[id.Staff]string, len(staff))
	for _, s := range staff {
		name := names[event.Staff(s)]
		if name == "" {
			member, _ := d.Brand.Member(s)
			name = member.UserID
		}
		result[s] = name
	}
	return result, nil
}

func (d *Desk) customerNames(ctx context.Context, customers []id.Customer) (map[id.Customer]string, error) {
	subjects := make([]event.Subject, len(customers))
	for i, c := range customers {
		subjects[i] = event.Customer(c)
	}
	names, err := d.Names.NamesOf(ctx, subjects)
	if err != nil {
		return nil, err
	}
	result := make(map[id.Customer]string, len(customers))
	for _, c := range customers {
		result[c] = names[event.Customer(c)]
	}
	return result, nil
}

// audit keeps what a person did.
func (d *Desk) audit(ctx context.Context, by web.Asker, did, about string) error {
	return d.DB.Audit(ctx, storage.AuditEntry{At: d.Clock.Now(), Account: by.Account, Did: did, About: about})
}

func notFound(what string) error { return fault.New(fault.NotFound, "no such %s", what) }
