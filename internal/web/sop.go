package web

import (
	"context"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Processes are the standard processes that are installed. A document that is
// wrong is an error of sop.Check.
type Processes interface {
	// Processes returns all of them by number, with what became of their steps
	// within the scope in the last ProcessDays days.
	Processes(ctx context.Context, scope org.Scope) ([]ProcessRow, error)
	// Process returns the installed process of a name, fault.NotFound where there
	// is none.
	Process(ctx context.Context, scope org.Scope, name string) (ProcessView, error)
	// InstallProcess stores a document as a draft, or as a new version of the
	// process that bears its name, which is in force from then on. In place of one that
	// is at work it waits where it takes an approval: ProcessPending says for what. A name
	// that another process bears than the one that was opened is fault.Conflict with the key
	// error.process_taken.
	InstallProcess(ctx context.Context, by Asker, f ProcessForm) (waits bool, err error)
	// SetProcess puts a process to work, pauses it or takes it out of use, which ends
	// its runs within some minutes. What members write or call by hand is approved
	// before, by size, as mass messages are: then it is at work only if the answer is
	// whole. Another version than the one that was looked at is fault.Conflict with the
	// key error.form_stale; error.process_untried asks for a dry run.
	SetProcess(ctx context.Context, by Asker, s ProcessSet) (ApprovalDone, error)
	// MoveProcess lets subjects on their way in an older version be taken over into the
	// one in force, within some minutes; ProcessView.Moves tells how far it is.
	MoveProcess(ctx context.Context, by Asker, name string, from int) error
	ProcessApprovals
	ProcessTrials
}

// ProcessApprovals are versions of processes that wait for approval.
type ProcessApprovals interface {
	// ProcessPending returns the version of a process that SetProcess would put to work,
	// and whether the asker may; of none Version is 0.
	ProcessPending(ctx context.Context, by Asker, name string) (ProcessPending, error)
	// ProcessesWaiting returns the versions of processes, and the one-off messages of the
	// asker's scope, that wait for an approval: in place of one at work, or for a second
	// person.
	ProcessesWaiting(ctx context.Context, by Asker) ([]ProcessWaiting, error)
	// WithdrawProcess takes a version back that waits for approval: the one in force stays,
	// and a draft is one that nobody has approved. A version that does not wait is
	// fault.Conflict with the key error.process_waits.
	WithdrawProcess(ctx context.Context, by Asker, name string, version int) error
}

// ProcessTrials are dry runs of processes.
type ProcessTrials interface {
	// StartTrial begins to find out in the background what a document would have done
	// in the last days before today; nothing of it happens. It reads all customers, so that
	// they run one after the other; one that is open already is joined. It is
	// fault.Conflict with the key error.process_trying where too many wait.
	StartTrial(ctx context.Context, by Asker, p *sop.Process, days int) (trial string, err error)
	// Trial returns how far a dry run is, or what it found. The last ones are kept.
	Trial(ctx context.Context, trial string) (TrialView, error)
	// StopTrial gives a dry run up, for all who joined it.
	StopTrial(ctx context.Context, trial string) error
}

// ProcessDays is over how many days pages say how a process was followed;
// GoalDays over how many what it came to, because goals take their time.
const (
	ProcessDays = 30
	GoalDays    = 180
)

// ProcessState says whether subjects enter a process.
type ProcessState string

// The states.
const (
	ProcessDraft   ProcessState = "draft"
	ProcessActive  ProcessState = "active"
	ProcessPaused  ProcessState = "paused"
	ProcessRetired ProcessState = "retired"
)

// ProcessRow is an installed process in a list.
type ProcessRow struct {
	Name     string
	State    ProcessState
	Version  int
	Document sop.Process
	Changed  time.Time
	By       string
	Followed sop.Line // in the last ProcessDays days
	// Running is how many subjects are on their way, at least so many where More is
	// set; -1 for who does not see the whole brand.
	Running int
	More    bool
}

// ProcessView is the page of a process.
type ProcessView struct {
	ProcessRow
	Text     string            // in force, as a person wrote it, with comments
	Newest   string            // to go on with: of a version that waits, else Text
	Versions []ProcessVersion  // the newest first
	Standing []ProcessStanding // where those on their way stand, none for who does not see the whole brand
	Sample   []ProcessRun      // customers whose next step is due first, within the scope
	Steps    []ProcessLine     // in the order of the version in force; steps it no longer has after them
	Staff    []ProcessLine     // least on time first
	Stores   []ProcessLine     // least on time first
	Areas    []ProcessLine     // least on time first; none where no store has one
	Spread   sop.Spread        // of members
	Between  sop.Spread        // of stores
	Photos   []ProcessPhoto    // that prove steps, within the scope, the newest first
	Results  []sop.Result      // the newest version first, none for who does not see the whole brand
	Moves    []ProcessMove     // the newest version first, none for who does not see the whole brand
}

// ProcessMove tells how far subjects of an older version were taken over into the one in
// force.
type ProcessMove struct {
	Version int
	Asked   time.Time
	By      string
	Moved   int       // so far
	Ended   time.Time // zero: not yet
}

// ProcessVersion is one version of a process.
type ProcessVersion struct {
	Version  int
	Document sop.Process
	Note     string
	By       string
	At       time.Time
	Forced   time.Time // when it first came into force, zero: never till now
	// Withdrawn is when it was taken back while it waited for approval, zero: it was not.
	Withdrawn time.Time
}

// ProcessPending is a version that could be put to work, and what that takes.
type ProcessPending struct {
	ProcessVersion
	Asked bool   // it takes an approval
	Lacks string // locale key of what is to be done before anybody can approve, "" for nothing
	ApprovalView
}

// ProcessWaiting is a version that waits for an approval.
type ProcessWaiting struct {
	Version  int
	Document sop.Process
	May      bool // the asker may give it
}

// ProcessSet asks for a process to be put to work, paused or taken out of use.
type ProcessSet struct {
	Name    string
	To      ProcessState
	Version int // to put to work, as it was looked at
	Typed   int // the number of customers, where nobody else approves
}

// ProcessStanding counts who waits for a step in a version.
type ProcessStanding struct {
	Version int
	Step    string // name, "" for those whose steps are through and whose goal is open
	N       int
}

// ProcessRun is a customer on the way.
type ProcessRun struct {
	Customer id.Customer
	Name     string
	Store    string
	Version  int
	Step     string // name of the one to come, "" for none
	Due      time.Time
	Held     bool // in the hold-out
}

// ProcessLine is how a step was followed, or by a member, in a store or in an area.
type ProcessLine struct {
	Name  string
	Store string   // of a member
	Staff id.Staff // of a member, 0 else
	At    id.Store // of a store, 0 for headquarters and else
	sop.Line
}

// ProcessPhoto is a picture that proves a step.
type ProcessPhoto struct {
	Key   string // for Tasks.Photo
	Step  string // name
	Staff string
	Store string
	At    time.Time
}

// ProcessForm is a document that a person wants to install.
type ProcessForm struct {
	Of       string // name of the installed process that was opened, "" for a new one
	Document sop.Process
	Text     string // of the document as the person wrote it, with comments
	Note     string // what changed
}

// TrialState says where a dry run stands.
type TrialState string

// The states.
const (
	TrialWaiting TrialState = "waiting" // for its turn
	TrialRunning TrialState = "running"
	TrialDone    TrialState = "done"
	TrialStopped TrialState = "stopped" // by a person
	TrialFailed  TrialState = "failed"
)

// TrialView is a dry run.
type TrialView struct {
	ID       string
	Document sop.Process
	Days     int
	Begun    time.Time
	State    TrialState
	Before   int          // how many run before it, while it waits
	First    sop.Text     // the title of the one that runs then
	Looked   int          // customers so far
	Trial    ProcessTrial // once it is done
}

// ProcessTrial is what a process would have done.
type ProcessTrial struct {
	From, Until time.Time
	Customers   int // looked at, or other subjects
	Entered     int
	Given       int
	Hours       float64 // of members
	Withheld    map[sop.Because]int
	Stopped     map[sop.Because]int
	Steps       []TrialStep // in the order of the document
}

// TrialStep is what would have become of one step.
type TrialStep struct {
	Name     string
	Outcomes map[sop.Outcome]int
	Because  map[sop.Because]int
	ByHand   int // of the given ones: posts for which there is no room and that members make
}
