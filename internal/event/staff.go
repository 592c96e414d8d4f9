package event

import "siyu/internal/id"

// The kinds of fact about staff.
const (
	KindStaffSeen          Kind = "staff_seen"
	KindStaffLeft          Kind = "staff_left"
	KindStaffDeletedInBulk Kind = "staff_deleted_in_bulk"
)

// StaffSeen gives the member as WeCom shows it now, without the name.
type StaffSeen struct {
	Corp        id.Corp `json:"corp"`
	UserID      string  `json:"userid"`
	Departments []int   `json:"departments,omitempty"`
	Status      int     `json:"status"`  // 1 active, 2 disabled, 4 inactive, 5 left
	Contact     bool    `json:"contact"` // may hold customers
}

// StaffLeft says that the member left the corp.
type StaffLeft struct{}

// StaffDeletedInBulk is an alarm: the member deleted many customers in a
// short time.
type StaffDeletedInBulk struct {
	Count  int   `json:"count"`
	Window int64 `json:"window_seconds"`
}

// Kind implements Body.
func (StaffSeen) Kind() Kind { return KindStaffSeen }

// Kind implements Body.
func (StaffLeft) Kind() Kind { return KindStaffLeft }

// Kind implements Body.
func (StaffDeletedInBulk) Kind() Kind { return KindStaffDeletedInBulk }
