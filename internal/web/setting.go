package web

import (
	"context"
	"io"
	"time"

	"siyu/internal/id"
	"siyu/internal/money"
	"siyu/internal/org"
)

// Connection is the brand's link to WeCom.
type Connection interface {
	// Connection returns how it is set up. Secrets come back only as "set".
	Connection(ctx context.Context, scope org.Scope) (ConnectionView, error)
	// Connect keeps the form; an empty secret keeps the stored one. It tests
	// the secret first and answers fault.Upstream with a key where WeCom
	// refuses it; nothing is stored then.
	Connect(ctx context.Context, by Asker, f ConnectionForm) error
	// Doctor runs all checks, within 10 s.
	Doctor(ctx context.Context, scope org.Scope) ([]Check, error)
	// Backfill returns the running or last backfill, one row per kind of thing.
	// Pages ask for it every 2 s while it runs.
	Backfill(ctx context.Context, scope org.Scope) (Backfill, error)
	// StartBackfill starts or resumes it; a running one is no error.
	StartBackfill(ctx context.Context, by Asker) error
}

// Mode is how Siyu learns of changes in WeCom.
type Mode string

// The modes.
const (
	ModeCallbacks Mode = "callbacks" // WeCom calls a public https address
	ModePolling   Mode = "polling"   // no public address: no welcome, alerts are late
)

// ConnectionView is how the link is set up.
type ConnectionView struct {
	Corp      id.Corp // "" until set up
	Agent     int
	Mode      Mode
	SecretSet bool
	TokenSet  bool
	AESKeySet bool
	Callback  string    // address to enter in WeCom, "" without a public address
	LastCall  time.Time // last callback that arrived, zero: never
	LastPoll  time.Time
}

// ConnectionForm is what a person enters. Secrets are write-only.
type ConnectionForm struct {
	Corp   id.Corp
	Agent  int
	Mode   Mode
	Secret string
	Token  string
	AESKey string
}

// Check is one answer of the doctor.
type Check struct {
	Name   string // key: "check.<name>" in the locale files, shown as is if unknown
	OK     bool
	Detail string // free of secrets; shown where the locale files do not know Key
	Fix    string // shown where they do not know Remedy
	Notice bool   // OK, yet Fix is still to be done
	Key    string // "doctor_says.<key>" in the locale files
	Remedy string // "doctor_fix.<remedy>"
	Args   []string
}

// Backfill is the progress of reading everything from WeCom.
type Backfill struct {
	State   string // "idle", "running", "done", "failed"
	Rows    []BackfillRow
	Started time.Time
	Ended   time.Time
	Remains time.Duration // estimate, 0 if not known
	Error   string        // locale key of what stopped it
}

// BackfillRow is the progress for one kind of thing.
type BackfillRow struct {
	Kind    string  // "departments", "staff", "tags", "contact_ways", "customers", "groups"
	Through bool    // all of it is read; nothing else is known then
	Done    int     // things read; for customers: members whose customers were read
	Total   int     // 0: not known yet
	Rate    float64 // things per second
}

// Imports are order files and lists of members. An upload is kept until it is imported or a day old.
type Imports interface {
	// Imports returns the latest 50.
	Imports(ctx context.Context, scope org.Scope) ([]Import, error)
	// Upload keeps a file (csv or xlsx, read as a stream, at most the size
	// limit of the implementation) and recognises its format.
	Upload(ctx context.Context, by Asker, what ImportKind, name string, file io.Reader) (importID int64, err error)
	// Preview returns columns, the mapping that would be used and sample lines.
	Preview(ctx context.Context, scope org.Scope, importID int64) (ImportPreview, error)
	// Map keeps another mapping: column index by field, and runs a dry run
	// over the whole file in the background.
	Map(ctx context.Context, by Asker, importID int64, columns map[string]int) error
	// Start imports in the background; starting twice is no error.
	Start(ctx context.Context, by Asker, importID int64) error
	// Import returns one import with its progress.
	Import(ctx context.Context, scope org.Scope, importID int64) (Import, error)
	// Rejected calls do for each rejected line, in order of lines.
	Rejected(ctx context.Context, scope org.Scope, importID int64, do func(RejectedLine) error) error
}

// ImportState says how far an import is.
type ImportState string

// The states of an import.
const (
	ImportUploaded ImportState = "uploaded"
	ImportChecking ImportState = "checking" // dry run
	ImportChecked  ImportState = "checked"
	ImportRunning  ImportState = "running"
	ImportDone     ImportState = "done"
	ImportFailed   ImportState = "failed"
)

// ImportKind says as what a file is read.
type ImportKind string

// The kinds.
const (
	ImportOrders    ImportKind = "orders"
	ImportCustomers ImportKind = "customers" // a list of members
)

// Import is one file.
type Import struct {
	ID         int64
	What       ImportKind
	Name       string // of the file, as the uploader's machine called it
	Format     string // profile: "youzan"; "" if not recognised
	State      ImportState
	By         string
	At         time.Time
	Lines      int // read so far
	TotalBytes int64
	ReadBytes  int64
	Orders     int
	Described  int // customers of whom the list says something new
	Referred   int // customers of whom it says who brought them
	Matched    int // customers recognised
	New        int
	Duplicates int
	Rejected   int
	Error      string // locale key, "" unless failed
}

// ImportPreview is a file before it is imported.
type ImportPreview struct {
	Import  Import
	Columns []string
	Fields  []ImportField
	Samples [][]string // up to 5 lines
}

// ImportField is something that is read and the column it is read from.
type ImportField struct {
	Name     string // "order_no", "paid_at", "phone", "birthday", ...
	Required bool
	Column   int // index in Columns, -1: none
}

// RejectedLine is a line that could not be imported.
type RejectedLine struct {
	Line   int
	Column string
	Value  string
	Reason string // locale key or plain text
}

// Brand is the settings of contacts and measures.
type Brand interface {
	// Brand returns the settings.
	Brand(ctx context.Context, scope org.Scope) (BrandSettings, error)
	// SetBrand keeps them as a new version; fault.Invalid names a key.
	SetBrand(ctx context.Context, by Asker, s BrandSettings) error
	// Approval returns who may approve sends of how many customers.
	Approval(ctx context.Context) (ApprovalSettings, error)
	// SetApproval keeps it as a new version; fault.Conflict if there is a newer one.
	SetApproval(ctx context.Context, by Asker, s ApprovalSettings) error
	// Notices returns what staff is told in the app, and in which words.
	Notices(ctx context.Context) (Notices, error)
	// SetNotices keeps the words as a new version; fault.Conflict if there is a newer
	// one.
	SetNotices(ctx context.Context, by Asker, n Notices) error
}

// BrandSettings are the rules a lead sets for the whole brand.
type BrandSettings struct {
	Version      int
	Name         string
	PerDay       int // contacts per customer over all channels
	PerWeek      int
	PerMonth     int
	QuietFrom    time.Duration // since midnight; contacts stop
	QuietUntil   time.Duration // since midnight; contacts may begin
	HoldoutShare float64       // 0..0.5; assigned customers stay assigned
	LinkFloor    float64       // 0..1
	ContactCost  money.Fen     // what one contact costs in staff time and patience
	Discount     float64       // of value, per year, 0..1
	// ReferralShare, 0..1, of the value of a referred customer who is still there
	// after ReferralDays counts for who brought the customer.
	ReferralShare float64
	ReferralDays  int
	Approval      bool // plans wait for a person before anything is sent
	Plan          PlanRules
}

// Audit lists who did what.
type Audit interface {
	// Audit returns a page, newest first.
	Audit(ctx context.Context, scope org.Scope, after string) (AuditPage, error)
}

// AuditPage is one page of the audit.
type AuditPage struct {
	Entries []AuditEntry
	Next    string
}

// AuditEntry is one change or export.
type AuditEntry struct {
	At      time.Time
	Account string
	Did     string // key: "audit_did.<did>" in the locale files, shown as is if unknown
	About   string // what it was done to, without personal data
}
