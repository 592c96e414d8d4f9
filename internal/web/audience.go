package web

import (
	"context"
	"io"
	"time"
	"unicode/utf8"

	"siyu/internal/audience"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Audiences are crowds that rules describe. A rule that is wrong is an error of
// audience.Check. While the index is being built every question about
// customers is fault.Conflict with the key error.audience_building.
type Audiences interface {
	// Audiences returns the stored audiences that are not archived, by name, with
	// their sizes within the scope.
	Audiences(ctx context.Context, scope org.Scope) ([]AudienceRow, error)
	// Audience returns one stored audience with its history.
	Audience(ctx context.Context, scope org.Scope, number int64) (AudienceView, error)
	// Look says how many customers within the scope a rule describes, who
	// the first of them are and how they are spread. It is asked while the rule is
	// typed.
	Look(ctx context.Context, scope org.Scope, rule *audience.Rule) (AudienceLook, error)
	// Values suggests values of a Ref or Refs field whose names hold the text, the
	// most frequent within the scope first.
	Values(ctx context.Context, scope org.Scope, q ValueQuery) ([]AudienceValue, error)
	// Names returns what things are called, as far as the scope may see them, for
	// sentences and chosen values. It holds for one request.
	Names(ctx context.Context, scope org.Scope) (audience.Names, error)
	// Overlap says how many customers within the scope both rules describe.
	Overlap(ctx context.Context, scope org.Scope, a, b *audience.Rule) (AudienceOverlap, error)
	// SaveAudience stores an audience, new where Number is 0, and returns its
	// number. fault.Conflict where somebody else changed it since Version, where
	// the name is taken, or where rules would describe each other in a circle.
	SaveAudience(ctx context.Context, by Asker, f AudienceForm) (number int64, err error)
	// ArchiveAudience takes an audience out of use; fault.Conflict while another
	// audience or anything else uses it.
	ArchiveAudience(ctx context.Context, by Asker, number int64, version int) error
}

// ReadyAudiences are audiences that nobody has to build.
type ReadyAudiences interface {
	// ReadyAudiences returns the library, cut at the brand's own points, with the
	// sizes within the scope; -1 while nothing can be counted.
	ReadyAudiences(ctx context.Context, scope org.Scope) ([]ReadyAudience, error)
	// ReadyRule returns the rule of one of them, fault.NotFound where there is
	// none of the name.
	ReadyRule(ctx context.Context, name string) (audience.Rule, error)
}

// ReadyAudience is one of the library.
type ReadyAudience struct {
	audience.Ready
	Size int
}

// AudienceFiles carries audiences out of the console.
type AudienceFiles interface {
	// ExportAudience returns who is in the audience, within the scope, as csv or
	// xlsx, to be written once. Above the brand's limit it asks for approval
	// instead: fault.Conflict with the key error.export_approval, and the request
	// waits for a lead.
	ExportAudience(ctx context.Context, by Asker, number int64, format string) (File, error)
	// ExportLimit returns how many customers a file may hold without approval.
	ExportLimit(ctx context.Context) (int, error)
	// SetExportLimit changes that.
	SetExportLimit(ctx context.Context, by Asker, limit int) error
	// ExportRequests returns the exports that wait for approval.
	ExportRequests(ctx context.Context, scope org.Scope) ([]ExportRequest, error)
	// AnswerExport approves or refuses a waiting export; nobody answers their own.
	AnswerExport(ctx context.Context, by Asker, request int64, approved bool) error
	// TagAudience marks in WeCom who is in the audience with a tag of its name in
	// Siyu's own tag group, as background work.
	TagAudience(ctx context.Context, by Asker, number int64) error
}

// File is something to download.
type File struct {
	Name string // with its ending
	Type string // of its content
	// Write writes the content little by little, as it is read.
	Write func(to io.Writer) error
}

// MostExportLimit is the largest limit that can be set: nobody has more
// customers.
const MostExportLimit = 100_000_000

// ExportRequest is an export that waits for approval.
type ExportRequest struct {
	ID       int64
	Audience int64
	Name     string // of the audience
	Account  string
	At       time.Time
	Rows     int
	Format   string
}

// AudienceKind says whether membership follows the rule.
type AudienceKind string

// The kinds.
const (
	Dynamic AudienceKind = "dynamic" // who fits now
	Frozen  AudienceKind = "frozen"  // who fitted when it was saved
)

// AudienceRow is a stored audience in a list.
type AudienceRow struct {
	Number  int64
	Version int
	Name    string
	Note    string
	Kind    AudienceKind
	Rule    audience.Rule
	Watched bool // who enters and leaves is recorded
	Size    int  // within the scope
	Entered int  // since yesterday's midnight, the brand's; 0 for who does not see all of it
	Left    int
	Changed time.Time
	By      string
	UsedBy  []AudienceUse
	Broken  string // locale key of why it cannot be asked, "" where it can
}

// AudienceUse is something that reads an audience.
type AudienceUse struct {
	Kind   string // "audience", "tag"
	Number int64
	Name   string
}

// AudienceView is the page of a stored audience.
type AudienceView struct {
	AudienceRow
	Days []AudienceDay // oldest first, the brand's; none for who does not see all of it
}

// AudienceDay is one day in the history of an audience.
type AudienceDay struct {
	Day     time.Time
	Size    int // at its end
	Entered int
	Left    int
}

// AudienceLook is what is known of a crowd.
type AudienceLook struct {
	Size   int
	Among  int // customers within the scope
	First  []CustomerRow
	Spread []AudienceSpread
	Took   time.Duration // to count
	AsOf   time.Time     // of the last turn
}

// AudienceSpread is how a crowd is spread over the values of a field.
type AudienceSpread struct {
	Field  string
	Shares []AudienceShare // largest first; at most a handful, the rest in the last without a name
}

// AudienceShare is one value's share.
type AudienceShare struct {
	Name  string // a word of the field, a name, or "" for the rest
	None  bool   // customers for whom the field holds nothing
	Count int
	Low   int64 // of bands of a number: from Low up to High; High is 0 where there is no end
	High  int64
}

// ValueQuery asks for values of a field.
type ValueQuery struct {
	Field string
	Text  string
	Limit int
}

// AudienceValue is a value that a field can be compared with.
type AudienceValue struct {
	Number int64
	Text   string // for which Number stands, "" for an id
	Name   string
	Count  int // customers within the scope, -1 where it is not counted
}

// AudienceOverlap compares two crowds.
type AudienceOverlap struct {
	A, B, Both int
	First      []id.Customer // of those in both
}

// AudienceForm is an audience as a person enters it.
type AudienceForm struct {
	Number  int64
	Version int
	Name    string
	Note    string
	Kind    AudienceKind
	Watched bool
	Rule    audience.Rule
}

// MaxAudienceName is how long a name may be, in characters: as long as a tag's in
// WeCom, because it may become one.
const MaxAudienceName = 30

// AudienceFlaws returns what is wrong with an audience by itself, but for its
// rule.
func AudienceFlaws(f AudienceForm) Flaws {
	flaws := Flaws{}
	if f.Name == "" || utf8.RuneCountInString(f.Name) > MaxAudienceName {
		flaws.Add("name", "error.audience_name")
	}
	if f.Kind != Dynamic && f.Kind != Frozen {
		flaws.Add("kind", "error.form")
	}
	return flaws
}
