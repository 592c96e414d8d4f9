package storage

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"

	"siyu/internal/fault"
	"siyu/internal/storage/postgres"
	"siyu/internal/storage/sqlite"
)

// migrate brings the schema to a version, 0 meaning the newest. Each step is
// one transaction, so that a crash leaves a whole version behind. A schema
// newer than this program is refused.
func migrate(ctx context.Context, db *sql.DB, d Dialect, until int64) error {
	p, err := migrations(db, d)
	if err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	found, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	sources := p.ListSources()
	newest := sources[len(sources)-1].Version
	if found > newest {
		return fault.WithKey(fault.Invalid, "fault.database_newer",
			fmt.Errorf("migrate database: its version %d is newer than this program knows (%d)", found, newest))
	}
	if until == 0 {
		until = newest
	}
	if _, err := p.UpTo(ctx, until); err != nil {
		return fmt.Errorf("migrate database from version %d to %d: %w", found, until, err)
	}
	return nil
}

func migrations(db *sql.DB, d Dialect) (*goose.Provider, error) {
	dialect, files := goose.DialectSQLite3, sqlite.Migrations
	if d == Postgres {
		dialect, files = goose.DialectPostgres, postgres.Migrations
	}
	tree, err := files()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, db, tree, goose.WithDisableGlobalRegistry(true))
}

// Migration returns the version of the schema.
func (db *DB) Migration(ctx context.Context) (int64, error) {
	var v int64
	_, err := one(ctx, db.reader, []any{&v}, "SELECT max(version_id) FROM goose_db_version WHERE is_applied")
	if err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	return v, nil
}
