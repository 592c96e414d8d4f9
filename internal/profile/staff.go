package profile

import (
	"fmt"

	"siyu/internal/event"
	"siyu/internal/id"
)

// Staff is what is known of one person who works for the brand.
type Staff struct {
	ID          id.Staff      `cbor:"1,keyasint"`
	Corp        id.Corp       `cbor:"2,keyasint,omitempty"`
	UserID      string        `cbor:"3,keyasint,omitempty"`
	Departments []int         `cbor:"4,keyasint,omitempty"`
	Status      int           `cbor:"5,keyasint,omitempty"` // WeCom's number, 1 active
	Contact     bool          `cbor:"6,keyasint,omitempty"` // may hold customers
	Left        event.Instant `cbor:"7,keyasint,omitempty"`
	Confirmed   int           `cbor:"8,keyasint,omitempty"` // WeCom tasks confirmed so far
	BulkDeleted event.Instant `cbor:"9,keyasint,omitempty"` // last alarm of deletions in bulk
}

// StatusActive is WeCom's number for a member who has logged in.
const StatusActive = 1

// Works tells whether the member can be given something to do.
func (s *Staff) Works() bool { return s.Left == 0 && s.Status == StatusActive && s.Contact }

// Apply folds one fact about the member into the state.
func (s *Staff) Apply(f event.Fact) error {
	at := event.At(f.At)
	switch f.Kind {
	case event.KindStaffSeen:
		b, err := event.Read[event.StaffSeen](f)
		if err != nil {
			return fmt.Errorf("fold staff %s: %w", id.Text(s.ID), err)
		}
		s.Corp, s.UserID, s.Departments = b.Corp, b.UserID, b.Departments
		s.Status, s.Contact = b.Status, b.Contact
		if s.Left <= at {
			s.Left = 0
		}
	case event.KindStaffLeft:
		s.Left = at
	case event.KindTaskConfirmed:
		s.Confirmed++
	case event.KindStaffDeletedInBulk:
		s.BulkDeleted = max(s.BulkDeleted, at)
	}
	return nil
}
