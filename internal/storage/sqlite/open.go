// Package sqlite opens the embedded database and holds what is different
// about it: settings, the lock against a second process, migrations.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	_ "modernc.org/sqlite" // registers the driver under "sqlite"

	"siyu/internal/fault"
)

//go:embed migration/*.sql
var files embed.FS

// Migrations returns the numbered SQL files.
func Migrations() (fs.FS, error) { return fs.Sub(files, "migration") }

// ApplicationID marks a file as Siyu's: "SIYU" in ASCII.
const ApplicationID = 0x53495955

// Files is an open database: one connection that writes and a pool that can
// only read.
type Files struct {
	Writer *sql.DB
	Reader *sql.DB
	lock   *os.File
	copier *checkpointer
}

// Open opens or creates the database at path for this process alone. Another
// process that holds it is fault.Conflict, a file that is not a Siyu database
// fault.Invalid; neither is changed.
func Open(ctx context.Context, path string, readers int) (*Files, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	f := &Files{lock: lock}
	if err := f.open(ctx, path, readers); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (f *Files) open(ctx context.Context, path string, readers int) (err error) {
	if err := claim(ctx, path); err != nil {
		return err
	}
	if f.Writer, err = sql.Open("sqlite", address(path, writerSettings)); err != nil {
		return fmt.Errorf("open database %s: %w", path, err)
	}
	f.Writer.SetMaxOpenConns(1)
	f.Writer.SetConnMaxLifetime(0)
	if f.Reader, err = sql.Open("sqlite", address(path, readerSettings)); err != nil {
		return fmt.Errorf("open database %s: %w", path, err)
	}
	f.Reader.SetMaxOpenConns(readers)
	f.Reader.SetMaxIdleConns(readers)
	f.copier, err = startCheckpoints(path)
	return err
}

// Close closes the database and lets other processes have it.
func (f *Files) Close() error {
	var errs []error
	if f.copier != nil {
		errs = append(errs, f.copier.stop())
	}
	if f.Reader != nil {
		errs = append(errs, f.Reader.Close())
	}
	if f.Writer != nil {
		errs = append(errs, f.Writer.Close())
	}
	return errors.Join(append(errs, f.lock.Close())...)
}

// writerSettings: FULL makes every commit durable before it returns. The
// writer copies the write-ahead log back only when it has grown to 32768 pages
// (128 MB); mostly the checkpointer has done so before.
var writerSettings = []string{"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)",
	"foreign_keys(1)", "cache_size(-131072)", "temp_store(MEMORY)", "wal_autocheckpoint(32768)", "journal_size_limit(268435456)"}

var readerSettings = []string{"query_only(1)", "busy_timeout(10000)", "cache_size(-16384)", "temp_store(MEMORY)"}

func address(path string, settings []string) string {
	u := url.URL{Path: path}
	var s strings.Builder
	s.WriteString("file:" + u.EscapedPath() + "?_txlock=immediate")
	for _, p := range settings {
		s.WriteString("&_pragma=" + p)
	}
	return s.String()
}

// claim refuses foreign files and marks an empty one as ours. It looks
// through a connection without settings, because those change the file.
func claim(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite", address(path, nil))
	if err != nil {
		return fmt.Errorf("open database %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var owner, tables int64
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&owner); err != nil {
		return unreadable(path, err)
	}
	if owner == ApplicationID {
		return nil
	}
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return unreadable(path, err)
	}
	if owner != 0 || tables != 0 {
		return fault.WithKey(fault.Invalid, "fault.database_foreign",
			fmt.Errorf("open database %s: it belongs to another program", path))
	}
	if _, err := db.ExecContext(ctx, "PRAGMA application_id = "+strconv.Itoa(ApplicationID)); err != nil {
		return fmt.Errorf("mark database %s: %w", path, err)
	}
	return nil
}

func unreadable(path string, err error) error {
	if err = Explain(err); fault.CodeOf(err) == fault.Upstream {
		return fmt.Errorf("open database %s: %w", path, err)
	}
	return fault.WithKey(fault.Invalid, "fault.database_foreign", fmt.Errorf("open database %s: %w", path, err))
}
