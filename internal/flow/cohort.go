package flow

import (
	"context"
	"time"

	"siyu/internal/insight/capacity"
	"siyu/internal/measurement/cohort"
	"siyu/internal/profile"
)

// Cohorts keeps what groups of customers bought and are worth.
type Cohorts interface {
	// SetCohorts stores the sums of the whole brand and of every store that has
	// customers, as of now, in place of all that are stored.
	SetCohorts(ctx context.Context, t *cohort.Tally, now time.Time) error
	// SetHeld stores what became of the customers of each member, as of now, in
	// place of all that is stored.
	SetHeld(ctx context.Context, held []capacity.Held, now time.Time) error
}

// addUp adds a chunk of customers to the night's sums.
func (n *night) addUp(states []profile.Customer, rows []InsightRow) {
	for i := range states {
		n.held.Add(&states[i])
		n.worth.Add(&states[i], &rows[i].Customer, cohort.Owner{Staff: rows[i].Staff, Store: rows[i].Store})
	}
}
