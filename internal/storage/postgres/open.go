// Package postgres opens PostgreSQL and holds what is different about it:
// pool, retry rules, migrations.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"siyu/internal/fault"
)

//go:embed migration/*.sql
var files embed.FS

// Migrations returns the numbered SQL files.
func Migrations() (fs.FS, error) { return fs.Sub(files, "migration") }

// Open connects to the database at address ("postgres://...") with at most
// connections connections. The address is never part of an error, because it
// may hold a password.
func Open(ctx context.Context, address string, connections int) (*sql.DB, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fault.New(fault.Invalid, "open PostgreSQL: the address is not valid")
	}
	config.RuntimeParams["application_name"] = "siyu"
	config.RuntimeParams["timezone"] = "UTC"
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fault.New(fault.Upstream, "open PostgreSQL at %s: %w", config.Host, err), db.Close())
	}
	return db, nil
}

// Retryable tells whether the transaction that failed may succeed when it is
// run again from its start: serialization failures and deadlocks.
func Retryable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

// Explain gives errors of the database a code: a broken uniqueness rule is
// fault.Conflict; a server that is gone, full or shutting down fault.Upstream.
func Explain(err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		if _, lost := errors.AsType[*pgconn.ConnectError](err); lost || pgconn.Timeout(err) {
			return fault.New(fault.Upstream, "%w", err)
		}
		return err
	}
	switch {
	case e.Code == "23505":
		return fault.New(fault.Conflict, "%w", err)
	case e.Code == "53100":
		return fault.WithKey(fault.Upstream, "fault.disk_full", err)
	case e.Code[:2] == "57" || e.Code[:2] == "53" || e.Code[:2] == "08":
		return fault.New(fault.Upstream, "%w", err)
	}
	return err
}
