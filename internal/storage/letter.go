package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/vault"
)

var _ vault.InboxStore = (*DB)(nil)

var (
	letterTable = table{name: "letter", key: []string{"hash"}, columns: []column{{"hash", bytes}, {"received", bigint}}}
	// pendingTable holds bodies until they are facts; the hash stays for ever.
	pendingTable = table{name: "letter_pending", key: []string{"hash"}, columns: []column{{"hash", bytes}, {"corp", text},
		{"received", bigint}, {"stale", boolean}, {"aside", boolean}, {"attempts", bigint}, {"reason", text}, {"body", bytes}}}
)

// PutLetters implements vault.InboxStore.
func (db *DB) PutLetters(ctx context.Context, letters []vault.Letter) (added int, err error) {
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

func (tx *Tx) putLetters(ctx context.Context, letters []vault.Letter) (added int, err error) {
	for _, l := range letters {
		n, err := tx.put(ctx, letterTable, [][]any{{l.Hash[:], int64(event.At(l.Received))}})
		if err != nil {
			return 0, err
		}
		if n == 0 {
			continue
		}
		if _, err := tx.put(ctx, pendingTable, [][]any{pendingRow(l)}); err != nil {
			return 0, err
		}
		added++
	}
	return added, nil
}

// putLetterArrays stores hashes and bodies in one statement, in the order of
// the hashes: two nodes that store the same letters then wait for each other
// instead of locking each other out.
func (tx *Tx) putLetterArrays(ctx context.Context, letters []vault.Letter) (int, error) {
	n := len(letters)
	hashes, bodies, corps := make([][]byte, n), make([][]byte, n), make([]string, n)
	received, stale := make([]int64, n), make([]bool, n)
	for i, l := range letters {
		hashes[i], bodies[i], corps[i] = l.Hash[:], l.Body, string(l.Corp)
		received[i], stale[i] = int64(event.At(l.Received)), l.Stale
	}
	added, err := tx.exec(ctx, `WITH u AS (
			SELECT DISTINCT ON (hash) hash, corp, received, stale, body
			FROM unnest($1::bytea[], $2::text[], $3::bigint[], $4::boolean[], $5::bytea[]) AS t (hash, corp, received, stale, body)
			ORDER BY hash),
		fresh AS (
			INSERT INTO letter (hash, received) SELECT hash, received FROM u ORDER BY hash
			ON CONFLICT (hash) DO NOTHING RETURNING hash)
		INSERT INTO letter_pending (hash, corp, received, stale, aside, attempts, reason, body)
		SELECT u.hash, u.corp, u.received, u.stale, false, 0, '', u.body FROM u JOIN fresh ON fresh.hash = u.hash`,
		hashes, corps, received, stale, bodies)
	return int(added), err
}

func pendingRow(l vault.Letter) []any {
	return []any{l.Hash[:], string(l.Corp), int64(event.At(l.Received)), l.Stale, false, int64(0), "", l.Body}
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

// FinishLetters implements vault.InboxStore. The bodies are erased.
func (db *DB) FinishLetters(ctx context.Context, hashes [][32]byte, at time.Time) error {
	list := make([][]byte, len(hashes))
	for i := range hashes {
		list[i] = hashes[i][:]
	}
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
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
