package storage

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"

	"siyu/internal/fault"
	"siyu/internal/job"
)

var _ job.Store = (*DB)(nil)

var jobTable = table{name: "job", key: []string{"id"}, columns: []column{{"id", bigint}, {"kind", text}, {"name", text}, {"state", text},
	{"run_at", bigint}, {"attempts", bigint}, {"fence", bigint}, {"leased", bigint}, {"payload", bytes}, {"progress", bytes},
	{"because", text}, {"created", bigint}, {"ended", bigint}}}

func scanJob(scan func(...any) error) (j job.Job, err error) {
	err = scan(&j.ID, &j.Kind, &j.Name, &j.State, moment{&j.RunAt}, &j.Attempts, &j.Fence, moment{&j.Leased}, &j.Payload, &j.Progress,
		&j.Because, moment{&j.Created}, moment{&j.Ended})
	return j, err
}

func jobs(ctx context.Context, q querier, where string, args ...any) ([]job.Job, error) {
	var list []job.Job
	err := each(ctx, q, func(scan func(...any) error) error {
		j, err := scanJob(scan)
		list = append(list, j)
		return err
	}, "SELECT "+jobTable.list()+" FROM job "+where, args...)
	return list, err
}

// AddJob implements job.Store.
func (db *DB) AddJob(ctx context.Context, j job.Job) (kept job.Job, added bool, err error) {
	j.ID = randomID()
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		n, err := tx.exec(ctx, "INSERT INTO job ("+jobTable.list()+") VALUES ("+marks(0, len(jobTable.columns))+`)
			ON CONFLICT (kind, name) WHERE state IN ('waiting', 'running') DO NOTHING`,
			j.ID, j.Kind, j.Name, string(j.State), at(j.RunAt), int64(0), int64(0), int64(0), some(j.Payload), some(j.Progress), "", at(j.Created), int64(0))
		if err != nil {
			return err
		}
		list, err := jobs(ctx, tx, "WHERE kind = $1 AND name = $2 AND state IN ('waiting', 'running')", j.Kind, j.Name)
		if err != nil || len(list) == 0 {
			return fmt.Errorf("read open job: %w", err)
		}
		kept, added = list[0], n == 1
		return nil
	})
	if err != nil {
		return job.Job{}, false, fmt.Errorf("add %s job: %w", j.Kind, err)
	}
	return kept, added, nil
}

// LeaseJob implements job.Store.
func (db *DB) LeaseJob(ctx context.Context, kinds []string, now, until time.Time) (leased *job.Job, err error) {
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		leased = nil
		lock := ""
		if tx.dialect == Postgres {
			lock = " FOR UPDATE SKIP LOCKED"
		}
		list, err := jobs(ctx, tx, "WHERE kind "+tx.dialect.amongWords(1)+` AND (state = 'waiting' AND run_at <= $2 OR state = 'running' AND leased <= $3)
			ORDER BY run_at, id LIMIT 1`+lock, wordList(tx.dialect, kinds), at(now), at(now))
		if err != nil || len(list) == 0 {
			return err
		}
		j := list[0]
		j.State, j.Leased, j.Attempts, j.Fence = job.Running, until, j.Attempts+1, j.Fence+1
		_, err = tx.exec(ctx, "UPDATE job SET state = 'running', leased = $1, attempts = attempts + 1, fence = fence + 1 WHERE id = $2", at(until), j.ID)
		leased = &j
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lease job: %w", err)
	}
	return leased, nil
}

// KeepJob implements job.Store.
func (db *DB) KeepJob(ctx context.Context, j job.Job) error {
	return db.Write(ctx, Interactive, func(tx *Tx) error {
		n, err := tx.exec(ctx, `UPDATE job SET state = $1, run_at = $2, leased = $3, progress = $4, because = $5, ended = $6, attempts = $7
			WHERE id = $8 AND fence = $9 AND state = 'running'`,
			string(j.State), at(j.RunAt), at(j.Leased), some(j.Progress), j.Because, at(j.Ended), int64(j.Attempts), j.ID, j.Fence)
		if err != nil {
			return fmt.Errorf("keep job %d: %w", j.ID, err)
		}
		if n == 0 {
			return fault.New(fault.Conflict, "job %d was taken over by another node", j.ID)
		}
		return nil
	})
}

// Jobs implements job.Store.
func (db *DB) Jobs(ctx context.Context, kind string, limit int) ([]job.Job, error) {
	list, err := jobs(ctx, db.reader, "WHERE kind = $1 ORDER BY created DESC, id LIMIT $2", kind, limit)
	if err != nil {
		return nil, fmt.Errorf("read %s jobs: %w", kind, err)
	}
	return list, nil
}

// some is never nil: columns are NOT NULL.
func some(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func randomID() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return int64(binary.BigEndian.Uint64(b[:])>>1) | 1
}
