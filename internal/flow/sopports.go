package flow

import (
	"context"
	"time"

	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// Process is an installed standard process.
type Process struct {
	Number   int64 // counted from 1
	Name     string
	State    ProcessState
	Version  int         // in force
	Document sop.Process // of the version in force
	Audience int64       // whose entering begins runs, 0: no audience's
	Kept     bool        // the audience was made for the process alone
	Began    time.Time   // when it was put to work: triggers before begin nothing
	Changed  time.Time
	Changer  string // console account
}

// ProcessState says whether subjects enter a process.
type ProcessState string

// The states of a process.
const (
	ProcessDraft   ProcessState = "draft"   // installed, nobody enters
	ProcessActive  ProcessState = "active"  // subjects enter, steps happen
	ProcessPaused  ProcessState = "paused"  // nobody enters, steps wait
	ProcessRetired ProcessState = "retired" // all runs were ended
)

// ProcessVersion is one version of a process.
type ProcessVersion struct {
	Process  int64
	Version  int // counted from 1
	Document sop.Process
	Text     string // as a person wrote the document, with comments; empty: as sop.Format writes it
	Note     string
	By       string // console account
	At       time.Time
	Forced   time.Time // when it first came into force, zero: it waits for that, or was replaced before
	// Withdrawn is when it was taken back while it waited, zero: it was not.
	Withdrawn time.Time
}

// Processes keeps standard processes and their versions.
type Processes interface {
	// Processes returns all of them by number, with the documents in force.
	Processes(ctx context.Context) ([]Process, error)
	// AddProcess stores a new process as a draft with its first version under the
	// next number. A name that is taken is fault.Conflict.
	AddProcess(ctx context.Context, v ProcessVersion) (number int64, err error)
	// ChangeProcess stores state, audience and beginning of a process. The version in
	// force of one that is active has come into force.
	ChangeProcess(ctx context.Context, p Process) error
	// ProcessesStamp returns a number that grows with everything Processes returns.
	ProcessesStamp(ctx context.Context) (int64, error)
	Versions
}

// Versions keeps versions of standard processes.
type Versions interface {
	// ProcessVersions returns the versions of a process, the newest first. An unknown
	// number is fault.NotFound.
	ProcessVersions(ctx context.Context, number int64) ([]ProcessVersion, error)
	// AddProcessVersion stores the version after the newest one and puts it in
	// force. It is fault.Conflict if v.Version is not the next one.
	AddProcessVersion(ctx context.Context, v ProcessVersion) error
	// ProposeProcessVersion stores the version after the newest one without putting it
	// in force. It is fault.Conflict if v.Version is not the next one.
	ProposeProcessVersion(ctx context.Context, v ProcessVersion) error
	// WithdrawProcessVersion takes the newest version back before it comes into force. It is
	// fault.Conflict if that version does not wait for that.
	WithdrawProcessVersion(ctx context.Context, number int64, version int, at time.Time) error
	// ForceProcessVersion puts the newest version in force. It is fault.Conflict if
	// the version is not the newest one, was taken back, or is an older one than that in
	// force.
	ForceProcessVersion(ctx context.Context, number int64, version int, by string, at time.Time) error
}

// SOPReader names the cursor of facts that begin and end runs.
const SOPReader = "sop"

// Entering is what facts up to a position, or a date, begin and end.
type Entering struct {
	// Began and Until are where the cursor SOPReader stood and goes; equal: it stays.
	Began, Until int64
	New          []sop.Run // of a key that is known nothing is stored
	Moves        []RunMove
}

// RunMove takes a run from where it stood to where it stands, with what became of
// steps on the way. A run that is another by then is left alone.
type RunMove struct {
	Was  sop.Run
	Is   sop.Run
	Done []StepMade
	Post *delivery.StepPost // what its step posts, nil for nothing
}

// StepMade is what became of a step, with what is kept beside it.
type StepMade struct {
	sop.StepRecord
	Task     bool          // a member has it and it is no contact to one customer
	Kept     bool          // else it is only counted
	LateFrom event.Instant // of given ones: from when on it is late
	Until    time.Time     // of given ones: until when the member has time
	Takes    time.Duration // of given ones: of the member's time for contacts by hand
}

// Runs keeps who is where in which process.
type Runs interface {
	// EnterRuns stores new runs, moves others and moves the cursor, in one
	// transaction. It is fault.Conflict if the cursor stands elsewhere.
	EnterRuns(ctx context.Context, e Entering) (entered int, err error)
	// RunsOf returns all runs of the subjects, ended ones too.
	RunsOf(ctx context.Context, subject sop.Subject, ids []int64) ([]sop.Run, error)
	// DueRuns returns runs of processes that are due, the earliest first, then
	// by subject, after one that is given; nil: from the beginning.
	DueRuns(ctx context.Context, q DueQuery) ([]sop.Run, error)
	// MoveRuns moves runs in one transaction and returns how many were moved.
	MoveRuns(ctx context.Context, moves []RunMove) (moved int, err error)
	// EachRun calls do, in chunks, with the runs of a process that have not ended;
	// version 0: of all versions.
	EachRun(ctx context.Context, process int64, version, chunk int, do func([]sop.Run) error) error
	RunSteps
	VersionMoves
}

// RunSteps keeps what became of the steps of runs.
type RunSteps interface {
	// StepsOfRuns returns what became of the steps of a process's runs of some subjects,
	// in all versions; waits that passed are not kept.
	StepsOfRuns(ctx context.Context, process int64, subject sop.Subject, ids []int64) ([]sop.StepRecord, error)
	// TakeStepTasks takes back the tasks of a process that members have not done and
	// that are no contacts, and returns how many.
	TakeStepTasks(ctx context.Context, process int64, because sop.Because, now time.Time) (int, error)
	// TakeStepTasksOf takes back the tasks about a subject that members have not done and
	// that are no contacts, and returns how many.
	TakeStepTasksOf(ctx context.Context, subject sop.Subject, number int64, because sop.Because, now time.Time) (int, error)
	// StepsGivenOn returns how many steps members were given on a business day,
	// whenever they were due and whatever became of them.
	StepsGivenOn(ctx context.Context, day time.Time) ([]StepsGiven, error)
}

// VersionMoves keeps which versions of processes are moved to the one in force, and how
// far that is.
type VersionMoves interface {
	// AskMove stores that a version is to be moved, from its first run on; one that is
	// being moved is left as it is.
	AskMove(ctx context.Context, m Moving) error
	// OpenMoves returns what has not ended, the one asked for first first.
	OpenMoves(ctx context.Context) ([]Moving, error)
	// RunsToMove returns runs of the version that have not ended, after UpTo, at most so
	// many, by subject and occurrence.
	RunsToMove(ctx context.Context, m Moving, limit int) ([]sop.Run, error)
	// MoveOver moves runs and stores how far the moving is, in one transaction. It returns
	// how many runs it has moved so far.
	MoveOver(ctx context.Context, m Moving, moves []RunMove) (moved int, err error)
}

// StepsGiven counts steps of one member.
type StepsGiven struct {
	Process int64
	Version int
	Step    int
	Staff   id.Staff
	Store   id.Store
	N       int
	Takes   time.Duration // of the member's time for contacts by hand, all of them
}

// DueQuery asks for runs that are due.
type DueQuery struct {
	Until     event.Instant // due then or earlier
	Processes []int64
	Watching  bool // only those whose goal is to be judged
	After     *sop.Run
	Limit     int
}

// StepGiver is what flow hands steps to that reach customers.
type StepGiver interface {
	// GiveSteps is as delivery.StepGate has it.
	GiveSteps(ctx context.Context, due []delivery.StepDue, room delivery.StepRoom, library content.Library) (delivery.StepsGiven, error)
	// TakeSteps takes back what members have not done of the steps.
	TakeSteps(ctx context.Context, steps []sop.StepRecord, because string) (int, error)
	// RetireSteps is as delivery.StepGate has it.
	RetireSteps(ctx context.Context, process int64) (dispatches int, err error)
}

// ProcessParts is what flow needs for standard processes.
type ProcessParts struct {
	Processes Processes
	Runs      Runs
	Steps     delivery.Steps
	Giver     StepGiver
	Keeper    AudienceKeeper
	Zone      *time.Location
	// Groups returns all groups.
	Groups func(ctx context.Context) ([]profile.Group, error)
	// GroupKinds returns the kinds of groups that people classified.
	GroupKinds func(ctx context.Context) (map[id.Group]string, error)
	// Poster makes posts of steps, nil where nothing is posted.
	Poster Poster
	// TagNamed returns the brand's own tag of a name.
	TagNamed func(ctx context.Context, name string) (id.Tag, bool, error)
}

// Poster makes posts of steps that ask for WeCom's result.
type Poster interface {
	// StepPost is as delivery.Gate has it.
	StepPost(w delivery.StepWanted) *delivery.StepPost
	// PostRoom returns what can still be posted on a business day.
	PostRoom(ctx context.Context, day time.Time) (*delivery.PostRoom, error)
	// RetirePosts is as delivery.PostGate has it.
	RetirePosts(ctx context.Context, process int64) (sends int, err error)
}

// Made returns records with what is kept beside them. Waits that passed are only
// counted: nothing can be done about them.
func Made(p *sop.Process, records []sop.StepRecord, w sop.World) []StepMade {
	made := make([]StepMade, len(records))
	for i, r := range records {
		s := &p.Steps[r.Step]
		m := StepMade{StepRecord: r, Kept: s.Channel != sop.Wait || r.Outcome != sop.Passed}
		if r.Outcome == sop.Given {
			m.Task = s.Channel.Manual() && r.Touch == 0
			m.LateFrom = s.Last(r.DueAt, w)
			m.Until = s.Until(r.DueAt, w)
			m.Takes = s.Takes(p.Subject)
		}
		made[i] = m
	}
	return made
}
