package flow

import (
	"context"
	"time"

	"siyu/internal/audience"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// States is what folding needs of a database.
type States interface {
	// LoadCustomers returns one state per id, in the order asked; a customer
	// never seen comes back with nothing but its id.
	LoadCustomers(ctx context.Context, ids []id.Customer) ([]profile.Customer, error)
	// MergesOf returns the chains of merges that begin at the ids: of each merged
	// customer on them, into whom it was merged.
	MergesOf(ctx context.Context, ids []id.Customer) (map[id.Customer]id.Customer, error)
	// AliasesOf returns every id that each customer answers for, itself first.
	AliasesOf(ctx context.Context, customers []id.Customer) (map[id.Customer][]id.Customer, error)
	// IdentityOwners returns who owns each identity that is known.
	IdentityOwners(ctx context.Context, keys []Identity) (map[string]id.Customer, error)
	// CommitFold stores a whole fold in one transaction: all of it or none. It is
	// fault.Conflict where the reader's cursor is no longer where the fold began.
	CommitFold(ctx context.Context, f Fold) error
	// SetCounters stores figures as they are, in place of what is stored.
	SetCounters(ctx context.Context, figures []Counter) error
	// EachCustomer calls do with every unmerged customer state, in id order, in
	// chunks of at most chunk, without holding a transaction over a chunk. The
	// states are do's until it returns.
	EachCustomer(ctx context.Context, chunk int, do func([]profile.Customer) error) error
	// SampleCustomers does the same with one in oneIn of them, always the same.
	SampleCustomers(ctx context.Context, oneIn, chunk int, do func([]profile.Customer) error) error
}

// Others is what folding needs of a database for groups and staff.
type Others interface {
	// LoadGroups returns one state per id, in the order asked; a group never
	// seen comes back with nothing but its id.
	LoadGroups(ctx context.Context, ids []id.Group) ([]profile.Group, error)
	// LoadStaff does the same for staff.
	LoadStaff(ctx context.Context, ids []id.Staff) ([]profile.Staff, error)
}

// Identity is one way to recognise a customer. Key is a keyed hash.
type Identity struct {
	Kind     event.IdentityKind
	Key      []byte
	Customer id.Customer
}

// Text returns kind and key as one comparable string, the key of
// States.IdentityOwners' answer.
func (i Identity) Text() string { return string(i.Kind) + ":" + string(i.Key) }

// Alias says that Canonical answers for Customer. Equal ids undo an alias.
type Alias struct {
	Customer, Canonical id.Customer
}

// Counter adds Delta to a figure of one business day. Part divides a figure
// (the shop system of orders, the channel of adds) and may be empty.
type Counter struct {
	Name  string
	Part  string
	Store id.Store
	Day   event.Instant // start of the business day
	Delta int64
}

// Loss is a customer who deleted a member, or whom a member deleted. A loss of the
// same two at the same moment is the same one.
type Loss struct {
	At       event.Instant
	Staff    id.Staff
	Customer id.Customer
	By       event.EndedBy // ByCustomer or ByStaff
	Store    id.Store      // of the member then
	Way      string        // by whose contact way the two met, "" unknown
}

// Fold is everything one batch of facts changes.
type Fold struct {
	Customers  []profile.Customer
	Groups     []profile.Group
	Staff      []profile.Staff
	Aliases    []Alias
	Identities []Identity
	Counters   []Counter
	Losses     []Loss
	Reader     string // name of the cursor
	Began      int64  // where the cursor stood when the states were read
	Cursor     int64  // position that is finished with this fold
}

// Understandings keeps what is understood of customers.
type Understandings interface {
	// SaveInsights upserts; Columns that lists filter and sort by come along.
	SaveInsights(ctx context.Context, rows []InsightRow) error
	// ForgetInsights removes what is stored for the customers, and them from all
	// lists. Customers without any change nothing.
	ForgetInsights(ctx context.Context, customers []id.Customer) error
	// LoadInsights returns what is stored for the ids, in any order; customers
	// without any are left out.
	LoadInsights(ctx context.Context, ids []id.Customer) ([]insight.Customer, error)
	// SaveModel stores a fitted model as a JSON document under name and version.
	SaveModel(ctx context.Context, name string, version string, document []byte) error
	// NewestModel returns the newest document under name, nil if there is none.
	NewestModel(ctx context.Context, name string) (version string, document []byte, err error)
	// ModelBefore returns the newest document under name among those of versions that
	// sort before this one, nil if there is none.
	ModelBefore(ctx context.Context, name, version string) (document []byte, err error)
}

// InsightRow is an insight with what lists need beside it.
type InsightRow struct {
	insight.Customer
	Related  bool
	Refuses  bool
	Staff    id.Staff // owner: the member whose relation is first in line
	Store    id.Store // of the owner
	LastFact time.Time
}

// Plans keeps decisions.
type Plans interface {
	// BeginPlan makes room for a day's plan: actions of the day that were not
	// handed to delivery yet, and the day's counts, are forgotten. It tells
	// whether some were handed: those stay.
	BeginPlan(ctx context.Context, day time.Time) (handed bool, err error)
	// SavePlan stores a part of a day's plan: actions by (customer, day),
	// withheld ones as runs (a row only where the reason changed), and adds the
	// counts, in one transaction; runs alone may be stored little by little.
	SavePlan(ctx context.Context, p PlanPart) error
	// PlanOf returns what was decided for a day about the customers.
	PlanOf(ctx context.Context, day time.Time, customers []id.Customer) (decision.Plan, error)
	// TakeBack takes a day's answers back and adds the counts, in one
	// transaction.
	TakeBack(ctx context.Context, t TakenBack, counts []PlanCount) error
	// Holdout returns the stored assignment of the customers; missing: not yet
	// assigned.
	Holdout(ctx context.Context, of Whom) (map[id.Customer]bool, error)
	// AssignHoldout stores new assignments made at a time. An assignment never
	// changes.
	AssignHoldout(ctx context.Context, assigned map[id.Customer]bool, at time.Time) error
	// Planned tells whether there is a whole plan of the day: its counts are
	// stored last.
	Planned(ctx context.Context, day time.Time) (bool, error)
	Underways
}

// Underways tells what is on its way to customers.
type Underways interface {
	// Underway returns, of the customers, those with a touch that is planned at
	// the gate, waits for staff (false) or is in doubt (true). Those in a List
	// have the touches of all ids they answer for.
	Underway(ctx context.Context, of Whom) (inDoubt map[id.Customer]bool, err error)
	// SellingUnderway returns touches that sell and that a member has and has not done,
	// tasks by hand and mass messages that wait for a confirmation, in order of customer
	// and number, after one (the zero touch: from the first on).
	SellingUnderway(ctx context.Context, after delivery.Touch, limit int) ([]delivery.Touch, error)
}

// Aheads keeps what the newest night expects of the days after its own.
type Aheads interface {
	// SaveAhead puts the rows of a night's day in place of what was kept, little by
	// little: rows of an earlier night go last.
	SaveAhead(ctx context.Context, day time.Time, rows []decision.Ahead) error
	// AheadOf returns what the night of a day expects of a member, in order of days.
	AheadOf(ctx context.Context, day time.Time, staff id.Staff) ([]decision.Ahead, error)
}

// Whom names customers: those in List, or everybody from First to Last in the
// order of ids, which is faster where few between them are not meant.
type Whom struct {
	List        []id.Customer
	First, Last id.Customer
}

// PlanPart is a part of a day's plan.
type PlanPart struct {
	decision.Plan
	Counts []PlanCount
	Of     Whom // whom the plan is about, nobody else
}

// TakenBack are answers of a day that no longer hold.
type TakenBack struct {
	Day     time.Time
	Actions []decision.Cancellation
	Gone    []id.Customer // about whom there is no answer any more
}

// PlanCount adds up what a day's plan says, so that pages never count rows.
// Saved counts are added to what is stored for the same key.
type PlanCount struct {
	PlanKey
	Customers int
	Gain      float64 // fen, expected
	Low, High float64 // fen, sums of the bounds: wider than the bounds of the sum
}

// PlanKey is what plan counts are kept by. Because is "" for planned actions;
// Channel is "" for withheld customers.
type PlanKey struct {
	Day      time.Time
	Store    id.Store
	Because  decision.Because
	Limiting insight.Part
	Purpose  event.Purpose
	Channel  event.Channel
}

// Guests are customers whom members ask into groups.
type Guests interface {
	// Settle ends what came to its end with the customers, whose states changed:
	// they joined, or should not be asked any more. Settling again changes nothing.
	Settle(ctx context.Context, customers []id.Customer) error
}

// Facets keeps what rules ask of customers that changes with facts.
type Facets interface {
	// SaveFacets stores rows in place of what is stored of their customers. No
	// customer may stand in it twice.
	SaveFacets(ctx context.Context, rows []audience.Row) error
	// ForgetFacets removes customers. Those in frozen audiences stay in them, for
	// the day on which they answer for themselves again.
	ForgetFacets(ctx context.Context, customers []id.Customer) error
	// EachMoved calls do, in chunks and in order of ids, with customers whose
	// stored facets are right only until before a business day.
	EachMoved(ctx context.Context, day int64, chunk int, do func([]id.Customer) error) error
	// EachJudged calls do with the unmerged states from the first id to the last,
	// in the order of ids and in chunks of at most chunk, and beside each state
	// with what audiences ask of its insight, with the id 0 where there is none.
	// They are do's until it returns; its error ends the walk and is returned as
	// it is.
	EachJudged(ctx context.Context, of Whom, chunk int, do func([]profile.Customer, []Judged) error) error
	// SaveWords stores texts behind codes. Those that are there already may come
	// again.
	SaveWords(ctx context.Context, words []Word) error
	// Judged returns what audiences ask of the customers' insights, in any order;
	// customers without any are left out.
	Judged(ctx context.Context, customers []id.Customer) ([]Judged, error)
	// Progress returns how far a work has come, 0 where it has not begun.
	Progress(ctx context.Context, work string) (int64, error)
	// SetProgress stores that.
	SetProgress(ctx context.Context, work string, number int64) error
}

// Judged is what audiences ask of an insight; nothing else of it is filled in.
type Judged struct {
	insight.Customer
	Store id.Store // of the owner, as of then
}

// Word is a text behind a code of a field.
type Word struct{ Field, Text string }

// Audiences keeps audiences and who is in them.
type Audiences interface {
	// Audiences returns those in use, by number.
	Audiences(ctx context.Context) ([]Audience, error)
	// MembershipsOf returns in which audiences, of those whose members are stored,
	// customers are. Customers in none are missing.
	MembershipsOf(ctx context.Context, customers []id.Customer) (map[id.Customer][]int64, error)
	// EachMember calls do with the stored members of an audience in chunks.
	EachMember(ctx context.Context, audience int64, chunk int, do func([]id.Customer) error) error
	// ChangeMembers puts customers into audiences and takes others out, appends the
	// facts of those who were not in them, or were, and counts them in the history,
	// all in one transaction.
	ChangeMembers(ctx context.Context, changes []MemberChange) error
	// SetFilled notes that the members of a round of an audience are stored.
	SetFilled(ctx context.Context, audience int64, round int) error
	// Emptying returns audiences no longer in use whose members are still stored.
	Emptying(ctx context.Context) ([]Audience, error)
	// AudiencesStamp returns a number that grows with everything Audiences returns.
	AudiencesStamp(ctx context.Context) (int64, error)
	// AddDays stores sizes of audiences on a day, and adds to who came and went.
	AddDays(ctx context.Context, days []AudienceDay) error
}
