package web

import (
	"context"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/id"
	"siyu/internal/insight/capacity"
	"siyu/internal/org"
)

// Organisation tells whether people can do what is asked of them, and who does.
type Organisation interface {
	// Organisation returns today's work against the hours of the stores in scope.
	// What is said of members and teams is of the whole brand and for who sees all
	// of it.
	Organisation(ctx context.Context, scope org.Scope) (OrganisationView, error)
	// ExecutionBy returns tasks of the last 7 days by store or area, most open
	// first.
	ExecutionBy(ctx context.Context, scope org.Scope, by Place) ([]*PlaceExecution, error)
	// UrgeArea reminds the staff of an area's stores that are in scope, under the
	// limits of Decisions.UrgeStore. An area without any is fault.NotFound.
	UrgeArea(ctx context.Context, by Asker, area string) (staff int, err error)
	// SetCapacity sets how long work takes and how much time members have. Errors
	// as of Texts.SetText.
	SetCapacity(ctx context.Context, by Asker, f CapacityForm) error
	// SetLimit sets how many contacts by hand a plan hands a member a day; version is
	// OrganisationView.Rules. A version that is not the newest is fault.Conflict.
	SetLimit(ctx context.Context, by Asker, version, contacts int) error
}

// Place is by what execution is added up.
type Place string

// The places.
const (
	ByStaff Place = "staff"
	ByStore Place = "store"
	ByArea  Place = "area"
)

// All returns all of them, the smallest first.
func (Place) All() []Place { return []Place{ByStaff, ByStore, ByArea} }

// OrganisationView is what the page shows.
type OrganisationView struct {
	Day      time.Time
	Version  int // of the settings, 0: nobody has set any
	Settings capacity.Settings
	Stores   []StoreBalance // those that lack most first
	Whole    capacity.Balance
	Short    int           // stores that lack time
	Missing  time.Duration // of those
	Stops    []capacity.Stop
	Lacks    time.Duration // what stopping does not free
	Ahead    []DayAhead    // the next days, as far as the plan looks; nil before the first night where no process comes to anything
	// Processes are the hours of each process that takes any, those that need most
	// first; Titles are what all are called, by number.
	Processes []ProcessHours
	Titles    map[int64]ProcessName
	Counting  bool // what processes come to on the next days is being added up
	// Of the whole brand.
	Brand  bool // the asker sees it
	Rules  int  // version of the rules that the limit is one of
	Limit  int  // contacts by hand that a plan hands a member a day
	Fits   int  // the limit that the settings' time has room for, be they set or assumed
	AsOf   time.Time
	Curves []capacity.Curve
	Span   capacity.Span
	Watch  []WatchedTeam // that the span warns of
}

// ProcessName is what a process is called.
type ProcessName struct {
	Name  string // in addresses
	Title sop.Text
}

// ProcessHours is the time that steps of a process take.
type ProcessHours struct {
	ProcessName
	Today capacity.Work
	Ahead []capacity.Work // on the days of OrganisationView.Ahead
}

// Sum returns the time of all days.
func (h ProcessHours) Sum() (sum time.Duration) {
	for _, w := range h.Ahead {
		sum += w.Takes
	}
	return sum + h.Today.Takes
}

// WatchedTeam is a store's team that is wide, or large and behind.
type WatchedTeam struct {
	capacity.Crew
	Name string
	Area string
}

// DayAhead is what one of the next days asks of members: what the newest plan expects,
// and what processes come to.
type DayAhead struct {
	Day     time.Time
	Planned bool // by a plan; else the next three are 0
	ByHand  int  // customers contacted by hand
	Room    int  // contacts by hand that members have room for
	BySend  int  // customers of mass sends
	Whole   capacity.Balance
	Short   []StoreBalance // stores that lack time, those that lack most first
}

// StoreBalance is one store's work against its hours.
type StoreBalance struct {
	Store id.Store // 0: headquarters
	Name  string
	Area  string
	capacity.Balance
}

// PlaceExecution is what the members of a store or an area did of the tasks of
// the last 7 days.
type PlaceExecution struct {
	Store   id.Store // 0 of headquarters, and of areas
	Name    string   // "" of who belongs to none
	Area    string   // of a store
	Stores  int      // of an area
	Staff   int      // who hold customers
	Due     int
	Done    int
	OnTime  int
	Open    int
	UrgedAt time.Time
}

// CapacityForm is the settings as a person enters them.
type CapacityForm struct {
	Version int
	capacity.Settings
}

// Flaws returns what is wrong with it.
func (f CapacityForm) Flaws() Flaws {
	flaws := Flaws{}
	for _, field := range f.Settings.Flaws() {
		flaws.Add(field, "error.capacity")
	}
	return flaws
}
