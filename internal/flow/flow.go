// Package flow is one turn of the mill: facts become state, state becomes
// understanding, understanding becomes today's plan, and the plan is handed to
// delivery.
package flow

import (
	"siyu/internal/eventlog"
	"siyu/internal/id"
)

// Flow carries facts through the house.
type Flow struct {
	log     *eventlog.Log
	states  States
	storeOf func(id.Staff) id.Store
}
