package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"siyu/internal/app"
	"siyu/internal/clock"
	"siyu/internal/fault"
	"siyu/internal/storage"
)

// dbCmd administers the database.
type dbCmd struct {
	Migrate  dbMigrateCmd  `cmd:"" help:"Bring the schema to this program's version. Example: siyu db migrate --data /var/lib/siyu"`
	Check    dbCheckCmd    `cmd:"" help:"Verify integrity. Example: siyu db check --data /var/lib/siyu"`
	Restored dbRestoredCmd `cmd:"" help:"Say that an older copy was put back: nothing is sent until it was compared with WeCom. Example: siyu db restored --data /var/lib/siyu"`
	Copy     dbCopyCmd     `cmd:"" help:"Copy SQLite into an empty PostgreSQL database, verified row by row. Example: siyu db copy --data /var/lib/siyu --to postgres://siyu@db/siyu"`
}

// okAnswer says that a command did what it should.
type okAnswer struct {
	OK       bool   `json:"ok"`
	Database string `json:"database"`
}

type dbMigrateCmd struct{ place }

// Run opens the database, which migrates it; a server that runs did so when it
// started.
func (c *dbMigrateCmd) Run(ctx context.Context, out *answer) error {
	var result okAnswer
	asked, err := c.ask(ctx, "migrate", nil, &result)
	if !asked && err == nil {
		result, err = c.here(ctx)
	}
	if err != nil {
		return err
	}
	return out.give(result, func(w io.Writer) { fmt.Fprintln(w, "the schema is up to date") })
}

func (c *dbMigrateCmd) here(ctx context.Context) (_ okAnswer, err error) {
	db, err := c.database(ctx)
	if err != nil {
		return okAnswer{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return okAnswer{OK: true, Database: string(db.Dialect())}, nil
}

// database opens the database alone.
func (p place) database(ctx context.Context) (*storage.DB, error) {
	c, err := p.config()
	if err != nil {
		return nil, err
	}
	return storage.Open(ctx, storage.Config{URL: c.DatabaseURL()})
}

// existing is database for commands that would be pointless on a new one: a
// slip in --data must not make a folder and find it in order.
func (p place) existing(ctx context.Context) (*storage.DB, error) {
	if err := p.mustExist(); err != nil {
		return nil, err
	}
	return p.database(ctx)
}

type dbCheckCmd struct{ place }

// Run prints what was found; it fails if anything was.
func (c *dbCheckCmd) Run(ctx context.Context, out *answer) (err error) {
	var found app.Checked
	asked, err := c.ask(ctx, "check", nil, &found)
	if err != nil {
		return err
	}
	if !asked {
		if found, err = c.here(ctx); err != nil {
			return err
		}
	}
	if err := out.give(found, func(w io.Writer) {
		for _, p := range found.Problems {
			fmt.Fprintln(w, p)
		}
		if found.OK {
			fmt.Fprintln(w, "no problem found")
		}
	}); err != nil {
		return err
	}
	if !found.OK {
		return fault.New(fault.Internal, "%d problems", len(found.Problems))
	}
	return nil
}

func (c *dbCheckCmd) here(ctx context.Context) (found app.Checked, err error) {
	db, err := c.existing(ctx)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return app.CheckDatabase(ctx, db)
}

type dbCopyCmd struct {
	place
	To string `required:"" placeholder:"URL" help:"postgres:// URL of an empty database."`
}

type copiedTable struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	Hash  string `json:"hash"`
}

type dbCopyAnswer struct {
	OK     bool          `json:"ok"`
	Rows   int64         `json:"rows"`
	Tables []copiedTable `json:"tables"`
}

// Run copies everything in one transaction.
func (c *dbCopyCmd) Run(ctx context.Context, out *answer) (err error) {
	from, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := storage.Open(ctx, storage.Config{URL: c.To})
	if err != nil {
		return fmt.Errorf("open the target: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	result := dbCopyAnswer{OK: true}
	err = storage.Copy(ctx, from, to, func(t storage.Copied) {
		out.say("%s: %d rows", t.Table, t.Rows)
		result.Rows += t.Rows
		result.Tables = append(result.Tables, copiedTable{t.Table, t.Rows, hex.EncodeToString(t.Hash[:])})
	})
	if err != nil {
		return err
	}
	return out.give(result, func(w io.Writer) {
		fmt.Fprintf(w, "%d rows of %d tables copied, each read back and compared\n", result.Rows, len(result.Tables))
	})
}

type dbRestoredCmd struct{ place }

// Run freezes the send gate; the running product thaws it.
func (c *dbRestoredCmd) Run(ctx context.Context, out *answer) (err error) {
	db, err := c.database(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Freeze(ctx, clock.System{}.Now()); err != nil {
		return err
	}
	return out.give(okAnswer{OK: true, Database: string(db.Dialect())}, func(w io.Writer) {
		fmt.Fprintln(w, "nothing is sent until what happened since the copy was compared with WeCom")
	})
}
