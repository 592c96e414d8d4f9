package web

import (
	"context"

	"siyu/internal/org"
)

// Things lists what Siyu found in WeCom beside people and groups.
type Things interface {
	// Things returns contact ways as WeCom showed them last.
	Things(ctx context.Context, scope org.Scope) (ThingsView, error)
}

// MostThings is how many contact ways a page lists.
const MostThings = 500

// ThingsView is what was found in WeCom, by name. At most MostThings are
// listed; those of other apps come first.
type ThingsView struct {
	Connected bool
	Ways      []ContactWay
	AllWays   int
}

// ContactWay is a code by which customers add staff.
type ContactWay struct {
	Remark string
	State  string // channel that WeCom reports with a customer who came by it
	Staff  []string
	Own    bool // Siyu made it; WeCom refuses Siyu changes to all others
}

func (v *visit) thingList() error {
	found, err := v.Things.Things(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	return v.showSetting("things", found)
}
