package job_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
	"siyu/internal/job"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
)

func open(t *testing.T) (*storage.DB, *clock.Virtual) {
	t.Helper()
	db, err := storage.Open(t.Context(), storage.Config{URL: storagetest.SQLite(t)})
	ok(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db, clock.NewVirtual(time.Date(2026, 5, 5, 9, 0, 0, 0, time.UTC))
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, q *job.Queue, want bool) {
	t.Helper()
	ran, err := q.RunDue(t.Context())
	ok(t, err)
	if ran != want {
		t.Fatalf("ran: %v, want %v", ran, want)
	}
}

func newest(t *testing.T, db *storage.DB) job.Job {
	t.Helper()
	list, err := db.Jobs(t.Context(), "backfill", 1)
	ok(t, err)
	return list[0]
}

func TestAJobRunsOnceAtItsTimeAndKeepsItsProgress(t *testing.T) {
	db, c := open(t)
	runs := 0
	q := job.NewQueue(db, c, map[string]job.Work{"backfill": func(ctx context.Context, task *job.Task) error {
		runs++
		return task.Report(ctx, append(task.Payload, " half"...))
	}})
	first, err := q.Add(t.Context(), "backfill", "ww1", c.Now().Add(time.Minute), []byte("ww1"))
	ok(t, err)
	again, err := q.Add(t.Context(), "backfill", "ww1", c.Now(), nil)
	ok(t, err)
	if again.ID != first.ID {
		t.Error("a second open job of one name was made")
	}
	run(t, q, false)
	c.Set(c.Now().Add(time.Minute))
	run(t, q, true)
	run(t, q, false)
	if j := newest(t, db); runs != 1 || j.State != job.Done || string(j.Progress) != "ww1 half" || j.Ended != c.Now() {
		t.Errorf("after %d runs the job is %+v", runs, j)
	}
	if fresh, err := q.Add(t.Context(), "backfill", "ww1", c.Now(), nil); err != nil || fresh.ID == first.ID {
		t.Errorf("a done job keeps its name taken: %v", err)
	}
}

func TestAFailedJobWaitsLongerEachTimeAndGivesUp(t *testing.T) {
	db, c := open(t)
	q := job.NewQueue(db, c, map[string]job.Work{"backfill": func(_ context.Context, task *job.Task) error {
		if task.Attempts == 2 {
			panic("second attempt")
		}
		return errors.New("WeCom does not answer")
	}})
	_, err := q.Add(t.Context(), "backfill", "ww1", c.Now(), nil)
	ok(t, err)
	var pause time.Duration
	for attempt := 1; attempt <= 8; attempt++ {
		run(t, q, true)
		j := newest(t, db)
		if attempt == 8 {
			if j.State != job.Failed || j.Because != "WeCom does not answer" {
				t.Errorf("after the last attempt the job is %+v", j)
			}
			break
		}
		if next := j.RunAt.Sub(c.Now()); j.State != job.Waiting || next <= pause {
			t.Fatalf("after attempt %d the job is %s and waits %s, before %s", attempt, j.State, next, pause)
		} else {
			pause = next
		}
		run(t, q, false)
		c.Set(j.RunAt)
	}
	run(t, q, false)
}

func TestWrongInputFailsAtOnce(t *testing.T) {
	db, c := open(t)
	q := job.NewQueue(db, c, map[string]job.Work{"backfill": func(context.Context, *job.Task) error {
		return fault.New(fault.Invalid, "no such corp")
	}})
	_, err := q.Add(t.Context(), "backfill", "ww1", c.Now(), nil)
	ok(t, err)
	run(t, q, true)
	if j := newest(t, db); j.State != job.Failed || j.Attempts != 1 {
		t.Errorf("the job is %+v", j)
	}
}

func TestWhoseLeaseRanOutCanNeitherReportNorFinish(t *testing.T) {
	db, c := open(t)
	var reported error
	finished := job.NewQueue(db, c, map[string]job.Work{"backfill": func(context.Context, *job.Task) error { return nil }})
	slow := job.NewQueue(db, c, map[string]job.Work{"backfill": func(ctx context.Context, task *job.Task) error {
		c.Set(c.Now().Add(2 * time.Minute)) // stopped, and woken up again
		run(t, finished, true)
		reported = task.Report(ctx, []byte("from the dead"))
		return errors.New("too late to matter")
	}})
	_, err := slow.Add(t.Context(), "backfill", "ww1", c.Now(), nil)
	ok(t, err)
	run(t, slow, true)
	if fault.CodeOf(reported) != fault.Conflict {
		t.Errorf("reporting after losing the lease: %v", reported)
	}
	if j := newest(t, db); j.State != job.Done || len(j.Progress) != 0 {
		t.Errorf("the job is %+v", j)
	}
}

func TestPostponedWorkGoesOnWithAllItsAttempts(t *testing.T) {
	db, c := open(t)
	runs := 0
	q := job.NewQueue(db, c, map[string]job.Work{"backfill": func(context.Context, *job.Task) error {
		if runs++; runs <= 20 {
			return &job.Later{Until: c.Now().Add(time.Minute), Because: "limits"}
		}
		return nil
	}})
	_, err := q.Add(t.Context(), "backfill", "ww1", c.Now(), nil)
	ok(t, err)
	for range 20 {
		run(t, q, true)
		run(t, q, false)
		if j := newest(t, db); j.State != job.Waiting || j.Because != "limits" || j.Attempts != 0 {
			t.Fatalf("the postponed job is %+v", j)
		}
		c.Set(c.Now().Add(time.Minute))
	}
	run(t, q, true)
	if j := newest(t, db); j.State != job.Done {
		t.Errorf("the job is %+v", j)
	}
}
