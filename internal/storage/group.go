package storage

import (
	"context"

	"siyu/internal/id"
	"siyu/internal/profile"
)

// LoadGroups implements flow.States.
func (db *DB) LoadGroups(ctx context.Context, ids []id.Group) ([]profile.Group, error) {
	return loadStates(ctx, db, "group", ids, func(g id.Group) profile.Group { return profile.Group{ID: g} })
}

// Groups returns the state of every group, by id.
func (db *DB) Groups(ctx context.Context) ([]profile.Group, error) {
	return allStates[profile.Group](ctx, db, "group")
}
