package web

import (
	"context"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Groups reads WeCom customer groups, of which a brand has at most some tens
// of thousands.
type Groups interface {
	// Groups returns one page, those that lost most members in 7 days first.
	Groups(ctx context.Context, scope org.Scope, q GroupQuery) (GroupPage, error)
	// Group returns one group with its last 90 days.
	Group(ctx context.Context, scope org.Scope, g id.Group) (GroupView, error)
	// SetGroupKind keeps what kind of group it is, as a person says.
	SetGroupKind(ctx context.Context, by Asker, g id.Group, kind GroupKind) error
}

// GroupKind says why members stay; health means something else for each.
type GroupKind = sop.GroupKind

// The kinds.
const (
	GroupUnknown  GroupKind = "unknown" // nobody classified it
	GroupDeal               = sop.DealGroup
	GroupInterest           = sop.InterestGroup
	GroupLearning           = sop.LearningGroup
	GroupVIP                = sop.VIPGroup
	GroupFlash              = sop.FlashGroup
	GroupStore              = sop.StoreGroup
)

// GroupQuery asks for one page of groups. Zero fields do not filter.
type GroupQuery struct {
	Kind  GroupKind
	Store id.Store
	After string
	Limit int
}

// GroupPage is one page of groups.
type GroupPage struct {
	Rows  []GroupRow
	Next  string
	Total int // groups in scope that match
}

// GroupRow is one group in a list.
type GroupRow struct {
	ID         id.Group
	Name       string
	Kind       GroupKind
	Owner      string // name of the member
	Store      string
	Customers  int
	Staff      int
	Joins7     int
	Leaves7    int
	Joins30    int
	Leaves30   int
	LastActive time.Time // last join, leave or (with archive) message of a customer
	Created    time.Time
	Dismissed  bool
}

// GroupView is the group page.
type GroupView struct {
	GroupRow
	Days    []GroupDay // the last 90, oldest first, days without change left out
	Archive bool       // speakers are known
	// Speakers7 counts distinct customers who wrote in 7 days, with Archive.
	Speakers7 int
}

// GroupDay is what one day changed.
type GroupDay struct {
	Day    time.Time
	Joins  int
	Leaves int
}
