package delivery

import (
	"context"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Draft is a new dispatch with its touches.
type Draft struct {
	Dispatch Dispatch
	Touches  []Touch
	Gain     Gain // of all its touches
}

// Gain is what actions together are expected to bring, in fen, with a range.
type Gain struct{ Value, Low, High float64 }

// Record is one dispatch as a transaction sees it. What a change alters in
// Dispatch and in Touches (only State, Because, At and Dispatch of a touch are
// ever altered; none is added or taken away) is written back. Successor, when
// a change sets it, is stored as a new dispatch in the same transaction, so
// that touches can move to it.
type Record struct {
	Dispatch  Dispatch
	Touches   []Touch // of the dispatch, in order of ID
	Successor *Dispatch
}

// Opening is a Record with all that is asked again in the transaction that
// opens the call.
type Opening struct {
	*Record
	// Standings holds one entry per touch, in the same order, of the customer
	// that answers for the touch's customer now (merges are followed). Its
	// Contacts leave out the touches of this dispatch.
	Standings []decision.Standing
	// Confirmations is what else the member is asked to confirm on the day: mass
	// sends called since it began and not cancelled, whatever made them, and those
	// that wait to take the place of a cancelled one.
	Confirmations int
	Frozen        bool // see Nodes.Frozen
	Paused        bool // its process is
	Retired       bool // its process is
	Send          SendState
}

// Query picks dispatches. Zero fields ask nothing. States and Tasks are
// alternatives: a dispatch in any one of them is picked.
type Query struct {
	States    []State
	Tasks     []TaskState
	Corp      id.Corp
	Staff     id.Staff
	Day       time.Time
	ReadyAt   time.Time     // not zero: approved, of no halted send and no paused process, From and NotBefore not after it
	Customers []id.Customer // with an underway touch to one of them, or to one that answers for or is answered for by them
	UntilFrom time.Time     // Until not before it
	MsgIDs    []string      // accepted under one of these names
	Send      int64
	Process   int64
	Scope     org.Scope // by Store and Staff, as everywhere; org.All() in the machine room
	After     int64     // ID > After
	Limit     int       // 0: 1000
}

// Ledger keeps dispatches and touches. A change function is pure: it may be
// called again when the database asks for a repetition, and when it returns an
// error nothing is written and the error comes back as it is. Changes return
// only after they are durable against loss of power.
type Ledger interface {
	// AddDispatches stores drafts, each with its touches in one transaction. A
	// touch whose key is known already is left out; a draft of which nothing
	// is left is not stored. A draft whose dispatch ID is known is skipped
	// whole. It returns how many touches are new.
	AddDispatches(ctx context.Context, drafts []Draft) (touches int, err error)
	// Dispatches returns what the query picks, in order of ID.
	Dispatches(ctx context.Context, q Query) ([]Dispatch, error)
	// TouchesOf returns the touches of a dispatch in order of ID.
	TouchesOf(ctx context.Context, dispatch int64) ([]Touch, error)
	// ChangeDispatch loads a dispatch with its touches, lets change alter it
	// and writes it back, in one transaction that excludes any other change of
	// the same dispatch. An unknown dispatch is fault.NotFound.
	ChangeDispatch(ctx context.Context, dispatch int64, change func(*Record) error) error
	// OpenDispatch is ChangeDispatch with what the gate asks again on a business
	// day. Facts about the customers that were stored before the transaction began
	// are seen.
	OpenDispatch(ctx context.Context, dispatch int64, day time.Time, change func(Opening) error) error
}

// Nodes tells starts of nodes apart and keeps the freeze after a restore.
type Nodes interface {
	// NextFence returns a number higher than any it returned before for node.
	// It is durable before it returns.
	NextFence(ctx context.Context, node string) (int64, error)
	// Frozen tells since when nothing may be sent because the database was
	// restored from a backup and may be older than reality; zero: it may.
	Frozen(ctx context.Context) (since time.Time, err error)
	// Freeze sets that mark; a zero time takes it away.
	Freeze(ctx context.Context, since time.Time) error
}

// TaskQuery picks staff tasks. Zero fields ask nothing.
type TaskQuery struct {
	Task        int64
	Staff       id.Staff
	States      []StaffTaskState
	Customers   []id.Customer // as in Query; picks only tasks that wait
	FromBefore  time.Time     // From not after it
	UntilFrom   time.Time     // Until not before it
	UntilBefore time.Time     // Until before it
	Unsaid      bool          // only tasks that wait and that the member has not answered
	Purpose     event.Purpose
	Text        string // exactly what is said
	Scope       org.Scope
	Limit       int // 0: 1000
}

// StaffTasks keeps the one-to-one tasks of members. Adding one adds its Touch
// (channel one_to_one, no dispatch) in the same transaction; change functions
// are as in Ledger, and get both.
type StaffTasks interface {
	// AddStaffTasks stores tasks whose touch key is new and returns how many
	// were.
	AddStaffTasks(ctx context.Context, tasks []StaffTask, touches []Touch) (added int, err error)
	// StaffTasks returns what the query picks, by From, then ID.
	StaffTasks(ctx context.Context, q TaskQuery) ([]StaffTask, error)
	// ChangeStaffTask lets change alter a task and its touch. An unknown task
	// is fault.NotFound.
	ChangeStaffTask(ctx context.Context, task int64, change func(*StaffTask, *Touch) error) error
	// ChangeStaffTasks lets change alter several tasks, one after the other, all in one
	// transaction; no task may be named twice.
	ChangeStaffTasks(ctx context.Context, tasks []int64, change func(*StaffTask, *Touch) error) error
}

// Addresses knows by which external_userid a corp reaches a customer.
type Addresses interface {
	// ExternalIDs returns the external_userid of each customer, or of one
	// that it answers for, in the corp. Customers without one are absent. It
	// prefers one that has an active relation with the member.
	ExternalIDs(ctx context.Context, corp id.Corp, staff id.Staff, customers []id.Customer) (map[id.Customer]string, error)
}
