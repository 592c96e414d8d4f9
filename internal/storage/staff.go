package storage

import (
	"context"

	"siyu/internal/id"
	"siyu/internal/profile"
)

// LoadStaff implements flow.States.
func (db *DB) LoadStaff(ctx context.Context, ids []id.Staff) ([]profile.Staff, error) {
	return loadStates(ctx, db, "staff", ids, func(s id.Staff) profile.Staff { return profile.Staff{ID: s} })
}

// Staff returns the state of every member, by id.
func (db *DB) Staff(ctx context.Context) ([]profile.Staff, error) {
	return allStates[profile.Staff](ctx, db, "staff")
}
