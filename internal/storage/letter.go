package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/vault"
)

var _ vault.InboxStore = (*DB)(nil)

// PutLetters implements vault.InboxStore.
func (db *DB) PutLetters(ctx context.Context, letters []vault.Letter) (added int, err error) {
	db.arrivals.count.Add(int64(len(letters)))
	err = db.Write(ctx, Intake, func(tx *Tx) error {
		if tx.dialect == Postgres {
			added, err = tx.putLetterArrays(ctx, letters)
		} else {
			added, err = tx.putLetters(ctx, letters)
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("store %d letters: %w", len(letters), err)
	}
	return added, nil
}

// putLetters stores letters that are neither pending nor finished. In the order
// of their hashes, which begin with a time, neighbours share pages.
func (tx *Tx) putLetters(ctx context.Context, letters []vault.Letter) (added int, err error) {
	slices.SortFunc(letters, func(a, b vault.Letter) int { return slices.Compare(a.Hash[:], b.Hash[:]) })
	hashes := make([][]byte, len(letters))
	for i := range letters {
		hashes[i] = letters[i].Hash[:]
	}
	finished := map[[32]byte]bool{}
	err = each(ctx, tx, func(scan func(...any) error) error {
		var hash []byte
		if err := scan(&hash); err != nil {
			return err
		}
		finished[[32]byte(hash)] = true
		return nil
	}, "SELECT hash FROM letter WHERE hash "+tx.dialect.amongBytes(1), byteList(tx.dialect, hashes))
	if err != nil {
		return 0, err
	}
	for i := range letters {
		l := &letters[i]
		if finished[l.Hash] {
			continue
		}
		n, err := tx.exec(ctx, `INSERT INTO letter_pending (hash, corp, received, stale, aside, attempts, reason, body)
			VALUES ($1, $2, $3, $4, 0, 0, '', $5) ON CONFLICT (hash) DO NOTHING`,
			hashes[i], string(l.Corp), int64(event.At(l.Received)), l.Stale, l.Body)
		if err != nil {
			return 0, err
		}
		added += int(n)
	}
	return added, nil
}

// putLetterArrays stores them in one statement, in the order of the hashes: two
// nodes that store the same letters then wait for each other instead of locking
// each other out.
func (tx *Tx) putLetterArrays(ctx context.Context, letters []vault.Letter) (int, error) {
	n := len(letters)
	hashes, bodies, corps := make([][]byte, n), make([][]byte, n), make([]string, n)
	received, stale := make([]int64, n), make([]bool, n)
	for i, l := range letters {
		hashes[i], bodies[i], corps[i] = l.Hash[:], l.Body, string(l.Corp)
		received[i], stale[i] = int64(event.At(l.Received)), l.Stale
	}
	added, err := tx.exec(ctx, `INSERT INTO letter_pending (hash, corp, received, stale, aside, attempts, reason, body)
		SELECT DISTINCT ON (hash) hash, corp, received, stale, false, 0, '', body
		FROM unnest($1::bytea[], $2::text[], $3::bigint[], $4::boolean[], $5::bytea[]) AS t (hash, corp, received, stale, body)
		WHERE NOT EXISTS (SELECT 1 FROM letter WHERE letter.hash = t.hash)
		ORDER BY hash
		ON CONFLICT (hash) DO NOTHING`,
		hashes, corps, received, stale, bodies)
	if err != nil {
		return 0, err
	}
	// Another node may have finished a letter while this one waited for its row.
	doubled, err := tx.exec(ctx, "DELETE FROM letter_pending p USING letter l WHERE p.hash = l.hash AND p.hash = ANY ($1::bytea[])", hashes)
	return int(added - doubled), err
}

// PendingLetters implements vault.InboxStore.
func (db *DB) PendingLetters(ctx context.Context, limit int) ([]vault.Letter, error) {
	var letters []vault.Letter
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var l vault.Letter
		var hash []byte
		var corp string
		var received event.Instant
		if err := scan(&hash, &corp, &received, &l.Stale, &l.Attempts, &l.Body); err != nil {
			return err
		}
		l.Hash, l.Corp, l.Received = [32]byte(hash), id.Corp(corp), received.Time()
		letters = append(letters, l)
		return nil
	}, "SELECT hash, corp, received, stale, attempts, body FROM letter_pending WHERE NOT aside ORDER BY aside, received LIMIT $1", limit)
	if err != nil {
		return nil, fmt.Errorf("read pending letters: %w", err)
	}
	return letters, nil
}

// FinishLetters implements vault.InboxStore. The bodies are erased, the hashes
// stay for ever, so that a late repetition is known.
func (db *DB) FinishLetters(ctx context.Context, hashes [][32]byte, at time.Time) error {
	list := make([][]byte, len(hashes))
	for i := range hashes {
		list[i] = hashes[i][:]
	}
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		if _, err := tx.exec(ctx, "INSERT INTO letter (hash, received) SELECT hash, received FROM letter_pending WHERE hash "+
			tx.dialect.amongBytes(1)+" ORDER BY hash ON CONFLICT (hash) DO NOTHING", byteList(tx.dialect, list)); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, "DELETE FROM letter_pending WHERE hash "+tx.dialect.amongBytes(1), byteList(tx.dialect, list)); err != nil {
			return err
		}
		_, err := tx.exec(ctx, "UPDATE inbox SET finished = $1 WHERE finished < $2", int64(event.At(at)), int64(event.At(at)))
		return err
	})
	if err != nil {
		return fmt.Errorf("finish %d letters: %w", len(hashes), err)
	}
	return nil
}

// FailLetter implements vault.InboxStore.
func (db *DB) FailLetter(ctx context.Context, hash [32]byte, reason string, limit int) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, `UPDATE letter_pending SET attempts = attempts + 1, reason = $1, aside = (attempts + 1 >= $2)
			WHERE hash = $3`, reason, limit, hash[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("count failed letter: %w", err)
	}
	return nil
}

// CountLetters implements vault.InboxStore.
func (db *DB) CountLetters(ctx context.Context) (pending, aside int, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var n int
		var away bool
		if err := scan(&away, &n); err != nil {
			return err
		}
		if away {
			aside = n
		} else {
			pending = n
		}
		return nil
	}, "SELECT aside, count(*) FROM letter_pending GROUP BY aside")
	if err != nil {
		return 0, 0, fmt.Errorf("count letters: %w", err)
	}
	return pending, aside, nil
}

// LastLetter returns when the newest pending or finished letter was worked
// on; zero when none ever was.
func (db *DB) LastLetter(ctx context.Context) (finished time.Time, err error) {
	var at event.Instant
	if _, err = one(ctx, db.reader, []any{&at}, "SELECT finished FROM inbox"); err != nil {
		return time.Time{}, fmt.Errorf("read inbox: %w", err)
	}
	return at.Time(), nil
}
