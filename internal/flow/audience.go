package flow

import (
	"time"

	"siyu/internal/audience"
	"siyu/internal/event"
	"siyu/internal/id"
)

// Audience is a stored audience.
type Audience struct {
	Number  int64
	Version int // of what a person entered
	Name    string
	Note    string
	Kind    AudienceKind
	Rule    audience.Rule
	Watched bool // who enters and leaves becomes a fact; dynamic ones only
	// Round grows whenever everybody has to be asked anew: the audience, or one
	// that it names, got another rule.
	Round int
	// Filled tells whether the members of this round are stored. Until they are,
	// turns leave them alone.
	Filled bool
	// Told tells whether there was a fact about everybody who came to the stored
	// members and went from them since they were first stored.
	Told               bool
	Created, Changed   time.Time
	CreatedBy, Changer string
	Archived           time.Time // zero: in use
}

// AudienceKind says whether membership follows the rule.
type AudienceKind string

// The kinds of audience.
const (
	Dynamic AudienceKind = "dynamic" // who fits now
	Frozen  AudienceKind = "frozen"  // who fitted when it was saved
)

// Stored tells whether the audience's members are stored.
func (a *Audience) Stored() bool { return a.Watched || a.Kind == Frozen }

// MemberChange is who comes into an audience and who goes. No customer may
// stand in it twice.
type MemberChange struct {
	Audience   int64
	At         time.Time
	Day        int64 // business day in whose history they are counted
	Came, Went []id.Customer
	// Facts are what is appended of those who came and then of those who went;
	// nil where nobody enters or leaves, because the audience is new: then nobody
	// is counted either.
	Facts []event.Fact
}

// AudienceDay is one day in the history of an audience.
type AudienceDay struct {
	Audience   int64
	Day        int64 // business day
	Size       int   // at its end
	Came, Went int
}
