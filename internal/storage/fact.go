package storage

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"siyu/internal/event"
	"siyu/internal/eventlog"
)

var _ eventlog.Store = (*DB)(nil)

// AppendFacts implements eventlog.Store. Appending holds the row of the log's
// head until the commit: positions have no gaps and follow the order of
// commits, on one node or several.
func (db *DB) AppendFacts(ctx context.Context, facts []event.Fact) (added int, err error) {
	var put appended
	err = db.Write(ctx, Background, func(tx *Tx) error {
		put, err = tx.appendFacts(ctx, facts)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("append %d facts: %w", len(facts), err)
	}
	db.tail.push(put.facts)
	return put.count, nil
}

// appended says which facts were new.
type appended struct {
	count int
	facts []event.Fact // with their positions; nil on PostgreSQL, which numbers them itself
}

func (tx *Tx) appendFacts(ctx context.Context, facts []event.Fact) (put appended, err error) {
	if len(facts) == 0 {
		return put, nil
	}
	var head int64
	lock := "SELECT seq FROM log_head"
	if tx.dialect == Postgres {
		lock += " FOR UPDATE"
	}
	if _, err := one(ctx, tx, []any{&head}, lock); err != nil {
		return put, fmt.Errorf("read head of the log: %w", err)
	}
	if tx.dialect == Postgres {
		put.count, err = tx.putFactArrays(ctx, head, facts)
	} else {
		put.facts, err = tx.putFacts(ctx, head, facts)
		put.count = len(put.facts)
	}
	if err != nil || put.count == 0 {
		return put, err
	}
	if _, err := tx.exec(ctx, "UPDATE log_head SET seq = $1", head+int64(put.count)); err != nil {
		return put, fmt.Errorf("move head of the log: %w", err)
	}
	return put, nil
}

const factColumns = "seq, kind, version, subject_id, subject_type, at, received, source, key, body"

func (tx *Tx) putFacts(ctx context.Context, head int64, facts []event.Fact) ([]event.Fact, error) {
	added := make([]event.Fact, 0, len(facts))
	texts := map[factWords]string{}
	for _, f := range facts {
		f.Seq = head + int64(len(added)) + 1
		words := factWords{f.Kind, f.Version, f.Subject.Type, f.Source}
		if texts[words] == "" {
			texts[words] = words.insert()
		}
		n, err := tx.exec(ctx, texts[words], f.Seq, f.Subject.ID, int64(event.At(f.At)), int64(event.At(f.Received)), f.Key[:], string(f.Body))
		if err != nil {
			return nil, fmt.Errorf("write fact: %w", err)
		}
		if n > 0 {
			added = append(added, f)
		}
	}
	return added, nil
}

// factWords are what many facts have in common. They stand in the statement
// itself: binding a text costs SQLite's driver more than storing it.
type factWords struct {
	kind    event.Kind
	version int
	subject event.SubjectType
	source  event.Source
}

func (w factWords) insert() string {
	return fmt.Sprintf("INSERT INTO fact (seq, subject_id, at, received, key, body, kind, version, subject_type, source)"+
		" VALUES ($1, $2, $3, $4, $5, $6, %s, %d, %s, %s) ON CONFLICT (subject_id, substr(key, 1, 8)) DO NOTHING",
		literal(w.kind), w.version, literal(w.subject), literal(w.source))
}

// literal writes a word into a statement.
func literal[W ~string](word W) string {
	return "'" + strings.ReplaceAll(string(word), "'", "''") + "'"
}

// putFactArrays numbers those of the facts that are new, in the order given.
// Holding the head keeps others from adding the same facts meanwhile.
func (tx *Tx) putFactArrays(ctx context.Context, head int64, facts []event.Fact) (int, error) {
	facts = distinct(facts)
	n := len(facts)
	kinds, versions, ids, types := make([]string, n), make([]int64, n), make([]int64, n), make([]string, n)
	ats, received, sources := make([]int64, n), make([]int64, n), make([]string, n)
	keys, bodies := make([][]byte, n), make([]string, n)
	for i, f := range facts {
		kinds[i], versions[i], ids[i], types[i] = string(f.Kind), int64(f.Version), f.Subject.ID, string(f.Subject.Type)
		ats[i], received[i], sources[i] = int64(event.At(f.At)), int64(event.At(f.Received)), string(f.Source)
		keys[i], bodies[i] = f.Key[:], string(f.Body)
	}
	added, err := tx.exec(ctx, `INSERT INTO fact (`+factColumns+`)
		SELECT $1::bigint + row_number() OVER (ORDER BY u.n), u.kind, u.version, u.subject_id, u.subject_type,
			u.at, u.received, u.source, u.key, u.body
		FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::bytea[], $10::text[])
			WITH ORDINALITY AS u (kind, version, subject_id, subject_type, at, received, source, key, body, n)
		WHERE NOT EXISTS (SELECT 1 FROM fact f
			WHERE f.subject_id = u.subject_id AND f.subject_type = u.subject_type AND f.key = u.key)`,
		head, kinds, versions, ids, types, ats, received, sources, keys, bodies)
	if err != nil {
		return 0, fmt.Errorf("write facts: %w", err)
	}
	return int(added), nil
}

type factKey struct {
	subject event.Subject
	key     [32]byte
}

// distinct drops facts that stand in the list twice, keeping the first.
func distinct(facts []event.Fact) []event.Fact {
	seen, kept := make(map[factKey]bool, len(facts)), make([]event.Fact, 0, len(facts))
	for _, f := range facts {
		if k := (factKey{f.Subject, f.Key}); !seen[k] {
			seen[k] = true
			kept = append(kept, f)
		}
	}
	return kept
}

// FactsAfter implements eventlog.Store.
func (db *DB) FactsAfter(ctx context.Context, after int64, limit int) ([]event.Fact, error) {
	if facts, ok := db.tail.after(after, limit); ok {
		return facts, nil
	}
	facts, err := db.facts(ctx, "SELECT "+factColumns+" FROM fact WHERE seq > $1 ORDER BY seq LIMIT $2", after, limit)
	if err != nil {
		return nil, fmt.Errorf("read facts after %d: %w", after, err)
	}
	return facts, nil
}

// FactsAbout implements eventlog.Store.
func (db *DB) FactsAbout(ctx context.Context, subjects []event.Subject, after int64, limit int) ([]event.Fact, error) {
	byType := map[event.SubjectType][]int64{}
	for _, s := range subjects {
		byType[s.Type] = append(byType[s.Type], s.ID)
	}
	var all []event.Fact
	for kind, ids := range byType {
		facts, err := db.facts(ctx, "SELECT "+factColumns+" FROM fact WHERE subject_id "+db.dialect.among(1)+
			" AND subject_type = $2 AND seq > $3 ORDER BY seq LIMIT $4", idList(db.dialect, ids), string(kind), after, limit)
		if err != nil {
			return nil, fmt.Errorf("read facts about %d subjects: %w", len(subjects), err)
		}
		all = append(all, facts...)
	}
	slices.SortFunc(all, func(a, b event.Fact) int { return cmp.Compare(a.Seq, b.Seq) })
	return all[:min(limit, len(all))], nil
}

// FactsBefore returns up to limit facts about the subjects with Seq < before
// (0: no bound), newest first.
func (db *DB) FactsBefore(ctx context.Context, subjects []event.Subject, before int64, limit int) ([]event.Fact, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	var all []event.Fact
	for _, s := range subjects {
		facts, err := db.facts(ctx, "SELECT "+factColumns+" FROM fact WHERE subject_id = $1 AND subject_type = $2 AND seq < $3"+
			" ORDER BY seq DESC LIMIT $4", s.ID, string(s.Type), before, limit)
		if err != nil {
			return nil, fmt.Errorf("read facts about %d subjects: %w", len(subjects), err)
		}
		all = append(all, facts...)
	}
	slices.SortFunc(all, func(a, b event.Fact) int { return cmp.Compare(b.Seq, a.Seq) })
	return all[:min(limit, len(all))], nil
}

func (db *DB) facts(ctx context.Context, text string, args ...any) ([]event.Fact, error) {
	facts, err := scanFacts(ctx, db.reader, text, args...)
	return facts, err
}

func scanFacts(ctx context.Context, q querier, text string, args ...any) ([]event.Fact, error) {
	var facts []event.Fact
	err := each(ctx, q, func(scan func(...any) error) error {
		var f event.Fact
		var key, body []byte
		err := scan(&f.Seq, &f.Kind, &f.Version, &f.Subject.ID, &f.Subject.Type, moment{&f.At}, moment{&f.Received}, &f.Source, &key, &body)
		if err != nil {
			return err
		}
		f.Key, f.Body = [32]byte(key), json.RawMessage(body)
		facts = append(facts, f)
		return nil
	}, text, args...)
	return facts, err
}

// LogHead implements eventlog.Store.
func (db *DB) LogHead(ctx context.Context) (seq int64, err error) {
	if _, err = one(ctx, db.reader, []any{&seq}, "SELECT seq FROM log_head"); err != nil {
		return 0, fmt.Errorf("read head of the log: %w", err)
	}
	return seq, nil
}

// Cursor implements eventlog.Store.
func (db *DB) Cursor(ctx context.Context, reader string) (seq int64, err error) {
	if _, err = one(ctx, db.reader, []any{&seq}, "SELECT seq FROM log_cursor WHERE reader = $1", reader); err != nil {
		return 0, fmt.Errorf("read cursor %s: %w", reader, err)
	}
	return seq, nil
}

// SetCursor implements eventlog.Store.
func (db *DB) SetCursor(ctx context.Context, reader string, seq int64) error {
	return db.Write(ctx, Background, func(tx *Tx) error { return tx.setCursor(ctx, reader, seq) })
}

func (tx *Tx) setCursor(ctx context.Context, reader string, seq int64) error {
	_, err := tx.exec(ctx, `INSERT INTO log_cursor (reader, seq) VALUES ($1, $2)
		ON CONFLICT (reader) DO UPDATE SET seq = excluded.seq
		WHERE excluded.seq > log_cursor.seq OR excluded.seq = 0`, reader, seq)
	if err != nil {
		return fmt.Errorf("set cursor %s: %w", reader, err)
	}
	return nil
}
