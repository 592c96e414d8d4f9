package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
)

// Priority says who waits for a write.
type Priority int

// The priorities, most urgent first.
const (
	Intake      Priority = iota // WeCom waits for an answer to a callback
	Interactive                 // a person or a message that is due waits
	Background                  // nobody waits: the turn, imports, backfill
	priorities
)

// patience is how long a shared transaction takes up further writes before
// it commits. It bounds what the first of them waits for the others.
const patience = 20 * time.Millisecond

// writer runs all writes of a SQLite file on one connection. Writes that wait
// at the same time share one transaction, hence one fsync.
type writer struct {
	db      *sql.DB
	conn    *sql.Conn
	kept    map[string]kept
	args    []driver.NamedValue // of the statement that runs
	clock   clock.System
	mu      sync.Mutex
	waiting [priorities][]*request
	closing bool
	wake    chan struct{}
	ended   chan struct{}
}

// request is one write on its way.
type request struct {
	do    func(*Tx) error
	ctx   context.Context
	prio  Priority
	taken atomic.Bool // by the writer, or by a caller that gave up
	done  chan outcome
}

type outcome struct {
	err      error
	panicked any
}

func startWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	w := &writer{db: db, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	go w.loop()
	return w, nil
}

// connect takes the connection for good: statements prepared on it stay
// compiled.
func (w *writer) connect(ctx context.Context) (err error) {
	if w.conn, err = w.db.Conn(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("connect writer: %w", err)
	}
	w.kept = map[string]kept{}
	return nil
}

// kept is one compiled statement: as the driver has it, to write without what
// database/sql does around each statement, and as database/sql has it, to read.
type kept struct {
	exec  driver.StmtExecContext
	query *sql.Stmt
}

// write queues do and waits for its commit. When ctx ends before the writer
// took it up, it will not run; after that the outcome is waited for, so that
// the caller is never told less than the truth.
func (w *writer) write(ctx context.Context, p Priority, do func(*Tx) error) error {
	r := &request{do: do, ctx: ctx, prio: p, done: make(chan outcome, 1)}
	if err := w.enqueue(r); err != nil {
		return err
	}
	select {
	case o := <-r.done:
		return o.deliver()
	case <-ctx.Done():
		if r.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		o := <-r.done
		return o.deliver()
	}
}

func (o outcome) deliver() error {
	if o.panicked != nil {
		panic(o.panicked)
	}
	return o.err
}

func (o outcome) cause() error {
	if o.panicked != nil {
		return errors.New("it panicked")
	}
	return o.err
}

func (w *writer) enqueue(r *request) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing {
		return fault.New(fault.Upstream, "write: the database is closed")
	}
	w.waiting[r.prio] = append(w.waiting[r.prio], r)
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return nil
}

// next takes the most urgent write up to the given priority.
func (w *writer) next(upTo Priority) *request {
	w.mu.Lock()
	defer w.mu.Unlock()
	for p := range upTo + 1 {
		for len(w.waiting[p]) > 0 {
			r := w.waiting[p][0]
			w.waiting[p][0] = nil
			w.waiting[p] = w.waiting[p][1:]
			if r.taken.CompareAndSwap(false, true) {
				return r
			}
		}
	}
	return nil
}

func (w *writer) loop() {
	defer close(w.ended)
	for {
		if r := w.next(Background); r != nil {
			w.share(r)
			continue
		}
		w.mu.Lock()
		closing := w.closing
		w.mu.Unlock()
		if closing {
			return
		}
		<-w.wake
	}
}

// share runs first and what waits behind it in one transaction. Once it
// carries a write that somebody waits for, it takes up no background work.
func (w *writer) share(first *request) {
	ctx := context.Background()
	if _, err := w.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		first.done <- outcome{err: fmt.Errorf("begin: %w", err)}
		return
	}
	began, upTo := w.clock.Now(), Background
	var promised []*request
	for r := first; r != nil; r = w.next(upTo) {
		lost, o := w.apply(ctx, r, len(promised) == 0)
		switch {
		case lost:
			r.done <- o
			w.abandon(ctx, promised, fmt.Errorf("write lost together with another: %w", o.cause()))
			return
		case o.cause() != nil:
			r.done <- o
		default:
			promised = append(promised, r)
		}
		if w.clock.Now().Sub(began) > patience {
			break
		}
		if r.prio < Background {
			upTo = Interactive
		}
	}
	if _, err := w.exec(ctx, "COMMIT"); err != nil {
		w.abandon(ctx, promised, fmt.Errorf("commit: %w", err))
		return
	}
	for _, r := range promised {
		r.done <- outcome{}
	}
}

// apply runs one write. lost says that the whole transaction was rolled back:
// SQLite does so when the disk is full. A write that is alone so far needs no
// savepoint, which would copy every page it touches.
func (w *writer) apply(ctx context.Context, r *request, alone bool) (lost bool, o outcome) {
	if alone {
		o = w.call(r)
		return o.cause() != nil, o
	}
	if _, err := w.exec(ctx, "SAVEPOINT write"); err != nil {
		return true, outcome{err: fmt.Errorf("begin write: %w", err)}
	}
	if o = w.call(r); o.cause() != nil {
		if _, err := w.exec(ctx, "ROLLBACK TO write"); err != nil {
			return true, o
		}
	}
	if _, err := w.exec(ctx, "RELEASE write"); err != nil {
		return true, outcome{err: fmt.Errorf("end write: %w", err)}
	}
	return false, o
}

func (w *writer) call(r *request) (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			o = outcome{panicked: p}
		}
	}()
	return outcome{err: r.do(&Tx{dialect: SQLite, run: w})}
}

// abandon tells everybody in the lost transaction why, and makes the
// connection ready for the next one.
func (w *writer) abandon(ctx context.Context, lost []*request, why error) {
	// SQLite may have rolled back by itself; then this fails and means nothing.
	_, _ = w.exec(ctx, "ROLLBACK")
	for _, r := range lost {
		r.done <- outcome{err: why}
	}
}

// stop finishes what was queued and lets go of the connection.
func (w *writer) stop() error {
	w.mu.Lock()
	already := w.closing
	w.closing = true
	w.mu.Unlock()
	if !already {
		close(w.wake)
	}
	<-w.ended
	var errs []error
	for _, k := range w.kept {
		errs = append(errs, k.close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

func (k kept) close() error {
	var errs []error
	if k.exec != nil {
		errs = append(errs, k.exec.(driver.Stmt).Close())
	}
	if k.query != nil {
		errs = append(errs, k.query.Close())
	}
	return errors.Join(errs...)
}

// exec ignores the caller's context on purpose: a statement that was started
// is finished, and watching a context costs the driver a goroutine each time.
func (w *writer) exec(_ context.Context, text string, args ...any) (result sql.Result, err error) {
	w.args = w.args[:0]
	for i, v := range args {
		if v, err = plainValue(v); err != nil {
			return nil, fmt.Errorf("parameter %d of %.60s: %w", i+1, text, err)
		}
		w.args = append(w.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	err = w.conn.Raw(func(conn any) error {
		s, err := w.compiled(conn.(driver.ConnPrepareContext), text)
		if err == nil {
			result, err = s.ExecContext(context.Background(), w.args)
		}
		return err
	})
	return result, err
}

// plainValue returns a value as drivers take them.
func plainValue(v any) (driver.Value, error) {
	switch v.(type) {
	case int64, string, []byte, float64, bool:
		return v, nil
	}
	return driver.DefaultParameterConverter.ConvertValue(v)
}

func (w *writer) compiled(conn driver.ConnPrepareContext, text string) (driver.StmtExecContext, error) {
	if k := w.kept[text]; k.exec != nil {
		return k.exec, nil
	}
	s, err := conn.PrepareContext(context.Background(), placeholders(text))
	if err != nil {
		return nil, fmt.Errorf("prepare %.60s: %w", text, err)
	}
	k := w.kept[text]
	k.exec = s.(driver.StmtExecContext)
	w.kept[text] = k
	return k.exec, nil
}

func (w *writer) query(_ context.Context, text string, args ...any) (*sql.Rows, error) {
	k := w.kept[text]
	if k.query == nil {
		s, err := w.conn.PrepareContext(context.Background(), placeholders(text))
		if err != nil {
			return nil, fmt.Errorf("prepare %.60s: %w", text, err)
		}
		k.query = s
		w.kept[text] = k
	}
	return k.query.QueryContext(context.Background(), args...)
}
