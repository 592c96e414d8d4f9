// Package storage keeps everything in SQLite or PostgreSQL behind the small
// interfaces that the rooms declare. It is the only place with SQL: one text
// for both databases, with $n placeholders; only opening, bulk statements and
// migrations exist twice.
package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
	"siyu/internal/storage/postgres"
	"siyu/internal/storage/sqlite"
)

// Dialect names the database behind a DB.
type Dialect string

// The databases.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Config says where the data is.
type Config struct {
	// URL is "sqlite:///path/file.db", a bare path, or "postgres://...".
	URL string
	// Connections bounds concurrent readers on SQLite and all connections on
	// PostgreSQL; 0 chooses by the number of processors.
	Connections int
	// UntilMigration stops migrating at this version; 0 means the newest.
	// Only upgrade tests stop earlier.
	UntilMigration int64
}

// DB is the open database. It is safe for concurrent use.
type DB struct {
	dialect  Dialect
	path     string // of the SQLite file
	reader   *reader
	tail     tail
	list     *customerList
	days     *countedDays
	sums     *planSums
	arrivals arrivals // of callbacks
	parsed   sync.Map // texts of processes that were read, as sop.Process
	write    func(ctx context.Context, p Priority, do func(*Tx) error) error
	close    func() error
}

// Dialect tells which database this is.
func (db *DB) Dialect() Dialect { return db.dialect }

// Open opens the database, creates it if there is none, and brings it to the
// newest migration. A database that another process uses is fault.Conflict, a
// foreign or newer one fault.Invalid.
func Open(ctx context.Context, c Config) (*DB, error) {
	if strings.HasPrefix(c.URL, "postgres://") || strings.HasPrefix(c.URL, "postgresql://") {
		return openPostgres(ctx, c)
	}
	path := strings.TrimPrefix(c.URL, "sqlite://")
	if path == "" || strings.Contains(path, "://") {
		return nil, fault.New(fault.Invalid, "open database: expected a path, sqlite:///path or postgres://..., got another scheme")
	}
	return openSQLite(ctx, c, path)
}

func openSQLite(ctx context.Context, c Config, path string) (*DB, error) {
	if c.Connections == 0 {
		c.Connections = 2 + 2*runtime.GOMAXPROCS(0)
	}
	f, err := sqlite.Open(ctx, path, c.Connections)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, f.Writer, SQLite, c.UntilMigration); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	w, err := startWriter(ctx, f.Writer)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r := newReader(f.Reader, SQLite)
	return &DB{dialect: SQLite, path: path, reader: r, list: new(customerList), days: &countedDays{most: mostDays, alone: true}, sums: &planSums{most: mostSums, alone: true}, write: w.write, close: func() error {
		return errors.Join(w.stop(), r.stop(), f.Close())
	}}, nil
}

func openPostgres(ctx context.Context, c Config) (*DB, error) {
	if c.Connections == 0 {
		c.Connections = 4 + 4*runtime.GOMAXPROCS(0)
	}
	s, err := postgres.Open(ctx, c.URL, c.Connections)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, s, Postgres, c.UntilMigration); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	r := newReader(s, Postgres)
	return &DB{dialect: Postgres, reader: r, list: new(customerList), days: &countedDays{most: mostDays}, sums: &planSums{most: mostSums}, write: retrying(s), close: func() error {
		return errors.Join(r.stop(), s.Close())
	}}, nil
}

// Close ends all work and closes the database. Writes that were promised are
// finished first.
func (db *DB) Close() error {
	if err := db.close(); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// Write runs do in one transaction and returns after it is durable. On SQLite
// several writes share a transaction; an error of one does not touch the
// others. do may run more than once: it must only work through tx.
func (db *DB) Write(ctx context.Context, p Priority, do func(tx *Tx) error) error {
	if p < Background {
		return db.dialect.explain(db.write(ctx, p, do))
	}
	var worked time.Duration
	err := db.write(ctx, p, func(tx *Tx) error {
		began := clock.System{}.Now()
		defer func() { worked = clock.System{}.Now().Sub(began) }()
		return do(tx)
	})
	db.arrivals.restFrom(worked)
	return db.dialect.explain(err)
}

// refusable writes as Write does for people who wait. What do hands to refuse, unless
// it is nil, comes back exactly as it is once do returns it, and nothing is written.
func (db *DB) refusable(ctx context.Context, do func(tx *Tx, refuse func(error) error) error) error {
	var refused error
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		return do(tx, func(err error) error { refused = err; return err })
	})
	if refused != nil && errors.Is(err, refused) {
		return refused
	}
	return err
}

// turnTime is how long background work keeps the SQLite writer at a time
// while callbacks wait for it, calmTurn while there are none: fewer commits
// carry the same rows. After turnRows it looks at the clock. On PostgreSQL as
// many rows as take about that long go into one statement.
const (
	turnTime         = 10 * time.Millisecond
	calmTurn         = 50 * time.Millisecond
	turnRows         = 100
	turnRowsPostgres = 500
)

// putInTurns writes rows that need not be stored together. It gives the writer,
// or the processor, back again and again.
func (db *DB) putInTurns(ctx context.Context, t table, rows [][]any) error {
	for len(rows) > 0 {
		done := 0
		err := db.Write(ctx, Background, func(tx *Tx) (err error) {
			if tx.dialect == Postgres {
				done = min(turnRowsPostgres, len(rows))
				_, err = tx.put(ctx, t, rows[:done])
				return err
			}
			turn := turnTime
			if db.Calm() {
				turn = calmTurn
			}
			done, err = tx.putForATurn(ctx, t, rows, turn)
			return err
		})
		if err != nil {
			return err
		}
		rows = rows[done:]
	}
	return nil
}

// putForATurn writes rows until the turn is over and returns how many.
func (tx *Tx) putForATurn(ctx context.Context, t table, rows [][]any, turn time.Duration) (done int, err error) {
	for began := (clock.System{}).Now(); done < len(rows) && (done == 0 || (clock.System{}).Now().Sub(began) < turn); {
		n := min(turnRows, len(rows)-done)
		if _, err := tx.put(ctx, t, rows[done:done+n]); err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

// explain gives errors of the database a code.
func (d Dialect) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case d == SQLite:
		return sqlite.Explain(err)
	default:
		return postgres.Explain(err)
	}
}

// reader runs queries outside transactions, each on one consistent state.
type reader struct {
	db      *sql.DB
	dialect Dialect
	mu      sync.RWMutex
	kept    map[string]*sql.Stmt
}

func newReader(db *sql.DB, d Dialect) *reader {
	return &reader{db: db, dialect: d, kept: map[string]*sql.Stmt{}}
}

func (r *reader) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if r.dialect == Postgres {
		return r.db.QueryContext(ctx, text, args...)
	}
	s, err := r.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// statement keeps prepared statements, because compiling costs SQLite more
// than running. PostgreSQL's driver keeps its own.
func (r *reader) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	r.mu.RLock()
	s := r.kept[text]
	r.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.kept[text]; s != nil {
		return s, nil
	}
	s, err := r.db.PrepareContext(ctx, placeholders(text))
	if err != nil {
		return nil, fmt.Errorf("prepare %.60s: %w", text, err)
	}
	r.kept[text] = s
	return s, nil
}

func (r *reader) stop() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, s := range r.kept {
		errs = append(errs, s.Close())
	}
	clear(r.kept)
	return errors.Join(errs...)
}

// querier is what reads: a transaction, or the reader outside one.
type querier interface {
	query(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	explain(error) error
}

func (r *reader) explain(err error) error { return r.dialect.explain(err) }

// each calls do for every row.
func each(ctx context.Context, q querier, do func(scan func(...any) error) error, text string, args ...any) error {
	rows, err := q.query(ctx, text, args...)
	if err != nil {
		return q.explain(err)
	}
	defer func() { _ = rows.Close() }() // Err below tells what went wrong
	for rows.Next() {
		if err := do(rows.Scan); err != nil {
			return err
		}
	}
	return q.explain(rows.Err())
}

// one scans the first row into dest; found is false when there is none.
func one(ctx context.Context, q querier, dest []any, text string, args ...any) (found bool, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		if found {
			return nil
		}
		found = true
		return scan(dest...)
	}, text, args...)
	return found, err
}
