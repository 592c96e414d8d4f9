// Package web is the console: pages rendered on the server for people who
// work for the brand. A page reads through the small interfaces declared here,
// never through SQL or WeCom, and writes nothing but what a person asked for.
package web

import (
	"context"

	"siyu/internal/id"
	"siyu/internal/org"
)

// Ports are all sources the pages read from and the doors they change things
// by. Rules for every implementation:
//   - a read answers within 100 ms at a million customers: it uses counters,
//     stored plans and keyset pages, and never walks all customers;
//   - a read shows nothing outside its org.Scope; what exists but may not be
//     seen is fault.NotFound, so that ids cannot be probed;
//   - names and texts arrive in clear, as they were written, and are escaped
//     here; secrets never arrive;
//   - cursors are opaque to web, "" asks for the first page, and an answered
//     "" says that there is no further page;
//   - money is money.Fen or an insight.Estimate in fen, times are time.Time,
//     shares are 0..1.
type Ports struct {
	Accounts       Accounts
	Users          Users
	Keys           Keys
	Preference     Preferences
	Directory      Directory
	Today          Today
	Customers      Customers
	Audiences      Audiences
	AudienceFiles  AudienceFiles
	ReadyAudiences ReadyAudiences
	Invitations    Invitations
	Members        AudienceMembers
	Processes      Processes
	Losses         Losses
	Calendars      Calendars
	Records        Records
	Touches        Touches
	Decisions      Decisions
	Contacts       Contacts
	Results        MassResults
	Posts          Posts
	OneOffs        OneOffs
	Stopped        Stopped
	Groups         Groups
	Value          Value
	Tasks          Tasks
	Scripts        Scripts
	Sidebar        Sidebar
	Connection     Connection
	Things         Things
	Contents       Contents
	Surveys        Surveys
	Tags           Tags
	Tagging        Tagging
	Imports        Imports
	Brand          Brand
	Texts          Texts
	Lines          Lines
	Stores         Stores
	Organisation   Organisation
	Stages         Stages
	Audit          Audit
}

// Asker is who wants something changed. Every change is recorded in the audit
// under the account and refused with fault.NotFound outside the scope.
type Asker struct {
	Account string // name of the console account
	Role    Role   // "" for a program's key
	Scope   org.Scope
}

// Directory names the things that filters and sentences mention. All of it is
// reference data, kept in memory by the implementation.
type Directory interface {
	// Stores returns the stores in scope, by name.
	Stores(ctx context.Context, scope org.Scope) ([]StoreName, error)
	// Staff returns the active staff in scope who hold customers, by name.
	Staff(ctx context.Context, scope org.Scope) ([]StaffName, error)
	// Acting returns who does what the stores in scope have to do, by store.
	Acting(ctx context.Context, scope org.Scope) ([]StoreActing, error)
	// Lines returns the names of the product lines.
	Lines(ctx context.Context) (map[id.Line]string, error)
	// Badges returns what waits for a person, for the menu. It is asked on
	// every page and must cost one read of counters.
	Badges(ctx context.Context, scope org.Scope) (Badges, error)
}

// StoreName names a store.
type StoreName struct {
	ID   id.Store
	Name string
	Kind org.Kind
}

// StoreActing tells who does what a store has to do.
type StoreActing struct {
	Store   string
	Member  string // "" for nobody
	Manages bool   // the member is the store's manager, not only its first member
}

// StaffName names a person who works for the brand.
type StaffName struct {
	ID    id.Staff
	Name  string
	Store id.Store
}

// Badges counts what waits for a person.
type Badges struct {
	Approvals int // batches that wait for approval
	InDoubt   int // dispatches in doubt
	Posts     int // posts that wait for approval or are in doubt
	Groups    int // groups that lost more members than usual in 7 days
	Tasks     int // open tasks of the asker, for staff accounts
}

// Touch counts what waits under Touch.
func (b Badges) Touch() int { return b.Approvals + b.Posts }

// Preferences keep how one account likes its pages: chosen columns and saved
// views, as short texts that web writes and reads.
type Preferences interface {
	// Preference returns the text kept under name, "" if there is none.
	Preference(ctx context.Context, account, name string) (string, error)
	// SetPreference keeps text (at most 8 KB) under name.
	SetPreference(ctx context.Context, account, name, text string) error
}
