// Package backfill reads everything WeCom will show: departments, staff, tags,
// codes, customers, groups and mass messages. Run again it tells only
// differences, and so finds what no callback brought: it is backfill,
// reconciliation, and the whole connection of an installation that callbacks
// cannot reach.
package backfill

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"siyu/internal/connector/intake"
	"siyu/internal/event"
	"siyu/internal/wecom"
)

// Stage is a part of a run.
type Stage string

// The stages, in order.
const (
	Departments Stage = "departments"
	Staff       Stage = "staff"
	Tags        Stage = "tags"
	ContactWays Stage = "contact_ways"
	Customers   Stage = "customers"
	Groups      Stage = "groups"
	MassSends   Stage = "mass_sends"
)

// Progress says how far a run is. Total, Rate and Remaining are of the stage
// and 0 while unknown.
type Progress struct {
	Stage     Stage
	Done      int           // things looked at: members, relations, groups ...
	Total     int           // of them, as counted when the stage began
	Rate      float64       // per second
	Remaining time.Duration // of the stage
	Facts     int           // new to the log since the run began
	Running   bool
	Resumed   bool // the run continues one that was interrupted
	Began     time.Time
	Ended     time.Time // zero while running
	Err       error     // why the last run stopped
}

// Backfill reads one corp.
type Backfill struct {
	client *wecom.Client
	intake *intake.Intake
	tags   func(ctx context.Context) error
	sent   Sent

	mu       sync.Mutex
	progress Progress
	began    time.Time // of the stage
}

// New returns a Backfill. It makes no call. tags looks at the corp's tags and
// keeps what changed; sent knows Siyu's own mass messages.
func New(client *wecom.Client, in *intake.Intake, tags func(ctx context.Context) error, sent Sent) *Backfill {
	return &Backfill{client: client, intake: in, tags: tags, sent: sent}
}

// workers is how many members or groups are looked at at a time; the client
// has a limit of its own below which this stays, so that callbacks get
// through.
const workers = 6

// ErrRunning says that a run of this Backfill is under way.
var ErrRunning = errors.New("a backfill is running")

// run is one pass over the platform. A pass that was interrupted is continued
// under its number.
type run struct {
	*Backfill
	number int64
	source event.Source
	counts map[string]int // relations by member, as listed when the stage began
}

// runRow is the checkpoint of runs.
type runRow struct {
	Number int64 `json:"n"`
	Done   bool  `json:"d"`
	Ever   bool  `json:"e,omitempty"` // a run was finished before
}

// stageRow is the checkpoint of a stage, or of a part of one.
type stageRow struct {
	Number int64  `json:"n"`
	Cursor string `json:"c,omitempty"`
	Done   bool   `json:"d,omitempty"`
}

const runName = "backfill"

// Run reads everything. It continues a run that was interrupted. The facts of
// the first complete run come from backfill, those of later ones from
// reconciliation.
func (b *Backfill) Run(ctx context.Context) error {
	r, resumed, err := b.open(ctx)
	if err != nil {
		return err
	}
	if !b.start(resumed) {
		return ErrRunning
	}
	err = r.stages(ctx)
	if err == nil {
		err = r.close(ctx)
	}
	b.stop(err)
	return err
}

// Progress returns how far the present run is, or how the last one ended.
func (b *Backfill) Progress() Progress {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.progress
	if spent := b.intake.Clock.Now().Sub(b.began); p.Running && spent > 0 {
		p.Rate = float64(p.Done) / spent.Seconds()
		if p.Rate > 0 && p.Total > p.Done {
			p.Remaining = time.Duration(float64(p.Total-p.Done) / p.Rate * float64(time.Second))
		}
	}
	return p
}

// open returns the run to be done.
func (b *Backfill) open(ctx context.Context) (*run, bool, error) {
	batch := b.intake.Begin(event.FromBackfill)
	var row runRow
	known, err := batch.Checkpoint(ctx, runName, &row)
	if err != nil {
		return nil, false, err
	}
	resumed := known && !row.Done
	if !resumed {
		row = runRow{Number: row.Number + 1, Ever: row.Ever}
		if err := batch.SetCheckpoint(ctx, runName, row); err != nil {
			return nil, false, err
		}
		if _, err := batch.Commit(ctx); err != nil {
			return nil, false, err
		}
	}
	source := event.FromBackfill
	if row.Ever {
		source = event.FromReconcile
	}
	return &run{Backfill: b, number: row.Number, source: source}, resumed, nil
}

func (r *run) close(ctx context.Context) error {
	batch := r.begin()
	if err := batch.SetCheckpoint(ctx, runName, runRow{Number: r.number, Done: true, Ever: true}); err != nil {
		return err
	}
	return r.commit(ctx, batch)
}

func (r *run) stages(ctx context.Context) error {
	for _, s := range []struct {
		stage Stage
		do    func(context.Context) error
	}{
		{Departments, r.departments}, {Staff, r.staff}, {Tags, r.lookAtTags},
		{ContactWays, r.contactWays}, {Customers, r.customers}, {Groups, r.groups}, {MassSends, r.massMessages},
	} {
		done, err := r.finished(ctx, string(s.stage))
		if err != nil {
			return err
		}
		if done {
			continue
		}
		r.enter(s.stage)
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("backfill %s: %w", s.stage, err)
		}
		batch := r.begin()
		if err := batch.SetCheckpoint(ctx, "stage "+string(s.stage), stageRow{Number: r.number, Done: true}); err != nil {
			return err
		}
		if err := r.commit(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) finished(ctx context.Context, stage string) (bool, error) {
	var row stageRow
	_, err := r.begin().Checkpoint(ctx, "stage "+stage, &row)
	return row.Done && row.Number == r.number, err
}

func (r *run) begin() *intake.Batch { return r.intake.Begin(r.source) }

func (r *run) commit(ctx context.Context, batch *intake.Batch) error {
	added, err := batch.Commit(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress.Facts += added
	return err
}

func (b *Backfill) start(resumed bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.progress.Running {
		return false
	}
	b.progress = Progress{Running: true, Resumed: resumed, Began: b.intake.Clock.Now()}
	return true
}

func (b *Backfill) stop(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.progress.Running, b.progress.Ended, b.progress.Err = false, b.intake.Clock.Now(), err
}

func (b *Backfill) enter(stage Stage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.progress.Stage, b.progress.Done, b.progress.Total, b.began = stage, 0, 0, b.intake.Clock.Now()
}

// expect says how many things the stage will look at.
func (b *Backfill) expect(total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.progress.Total = total
}

func (b *Backfill) did(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.progress.Done += n
}
