package storage

import (
	"context"
	"fmt"

	"siyu/internal/decision/sop"
	"siyu/internal/flow"
)

// AskMove implements flow.Runs.
func (db *DB) AskMove(ctx context.Context, m flow.Moving) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO sop_move (process_id, version, account, asked, subject_id, occurrence, moved, ended) VALUES ($1, $2, $3, $4, 0, 0, 0, 0)
			ON CONFLICT (process_id, version) DO UPDATE SET account = excluded.account, asked = excluded.asked, subject_id = 0, occurrence = 0, moved = 0, ended = 0
			WHERE sop_move.ended <> 0`, m.Process, int64(m.Version), m.By, at(m.Asked))
		return err
	})
	if err != nil {
		return fmt.Errorf("ask to move version %d of process %d: %w", m.Version, m.Process, err)
	}
	return nil
}

// OpenMoves implements flow.Runs.
func (db *DB) OpenMoves(ctx context.Context) ([]flow.Moving, error) {
	return db.moves(ctx, "WHERE ended = 0 ORDER BY asked, process_id, version")
}

// MovesOf returns the versions of a process whose runs were or are taken over into the
// one in force, the newest first.
func (db *DB) MovesOf(ctx context.Context, process int64) ([]flow.Moving, error) {
	return db.moves(ctx, "WHERE process_id = $1 ORDER BY version DESC", process)
}

func (db *DB) moves(ctx context.Context, where string, args ...any) (list []flow.Moving, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var m flow.Moving
		var key sop.RunKey
		err := scan(&m.Process, &m.Version, &m.By, moment{&m.Asked}, &key.ID, &key.Occurrence, &m.Moved, moment{&m.Ended})
		if key.ID != 0 {
			m.UpTo = &key
		}
		list = append(list, m)
		return err
	}, "SELECT process_id, version, account, asked, subject_id, occurrence, moved, ended FROM sop_move "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read versions that are moved: %w", err)
	}
	return list, nil
}

// RunsToMove implements flow.Runs.
func (db *DB) RunsToMove(ctx context.Context, m flow.Moving, limit int) ([]sop.Run, error) {
	c := conditions{dialect: db.dialect}
	c.add("state <> 'ended' AND process_id = ?", m.Process)
	c.add("version = ?", int64(m.Version))
	if m.UpTo != nil { // a process is about one kind of subject
		c.add("subject_id >= ?", m.UpTo.ID) // the key begins with it
		c.add("(subject_id, occurrence) > (CAST(? AS bigint), CAST(? AS bigint))", m.UpTo.ID, m.UpTo.Occurrence)
	}
	return runs(ctx, db.reader, c.where()+" ORDER BY subject_id, occurrence"+c.limit(limit), c.args...)
}

// MoveOver implements flow.Runs.
func (db *DB) MoveOver(ctx context.Context, m flow.Moving, moves []flow.RunMove) (moved int, err error) {
	err = db.Write(ctx, Background, func(tx *Tx) error {
		counts := stepCounts{}
		n, err := tx.moveRuns(ctx, moves, counts)
		if err != nil {
			return err
		}
		if err := tx.countSteps(ctx, counts); err != nil {
			return err
		}
		moved = m.Moved + n
		var last sop.RunKey
		if m.UpTo != nil {
			last = *m.UpTo
		}
		_, err = tx.exec(ctx, "UPDATE sop_move SET subject_id = $1, occurrence = $2, moved = $3, ended = $4 WHERE process_id = $5 AND version = $6",
			last.ID, last.Occurrence, int64(moved), at(m.Ended), m.Process, int64(m.Version))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("move %d runs: %w", len(moves), err)
	}
	return moved, nil
}
