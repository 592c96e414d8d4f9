package storage

import (
	"context"
	"fmt"

	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
)

var (
	_ flow.Understandings = (*DB)(nil)
	_ flow.Plans          = (*DB)(nil)
)

// insightTable has no index beside its key: a night rewrites every row. Lists
// walk columns in memory or, on PostgreSQL, the table, see list.go.
var insightTable = table{name: "insight", key: []string{"customer_id"}, known: replace,
	columns: []column{{"customer_id", bigint}, {"related", boolean}, {"refuses", boolean}, {"staff_id", bigint}, {"store_id", bigint},
		{"limiting", text}, {"value", double}, {"next_due", bigint}, {"last_fact", bigint}, {"estimates", bytes},
		{"stage", text}, {"stage_until", bigint}, {"repurchase", double}, {"need", double}, {"trust", double}, {"exposure", double},
		{"alive", double}, {"fatigue", double}}}

// insightChunk is how many rows are packed at a time and, on PostgreSQL,
// written by one statement.
const insightChunk = 2000

// SaveInsights implements flow.Understandings. It may be called from several
// goroutines; no customer may stand in rows twice. A number that is not finite
// is fault.Invalid. What was stored before an error stays.
func (db *DB) SaveInsights(ctx context.Context, rows []flow.InsightRow) error {
	for len(rows) > 0 {
		n := min(insightChunk, len(rows))
		if err := db.saveInsights(ctx, rows[:n]); err != nil {
			return fmt.Errorf("store %d insights: %w", n, err)
		}
		rows = rows[n:]
	}
	return nil
}

func (db *DB) saveInsights(ctx context.Context, rows []flow.InsightRow) error {
	values := make([][]any, len(rows))
	const usual = 256 // bytes of a box
	boxes := make([]byte, 0, usual*len(rows))
	for i := range rows {
		r, begin := &rows[i], len(boxes)
		var err error
		if boxes, err = packInsight(boxes, &r.Customer); err != nil {
			return fmt.Errorf("customer %s: %w", id.Text(r.ID), err)
		}
		values[i] = []any{int64(r.ID), r.Related, r.Refuses, int64(r.Staff), int64(r.Store),
			string(r.Limiting), r.Value.Value, at(r.NextDue), at(r.LastFact), boxes[begin:len(boxes):len(boxes)],
			string(r.Stage), at(r.StageUntil), rounded(r.Repurchase.Value), rounded(r.Need.Value), rounded(r.Trust.Value), rounded(r.Exposure.Value),
			rounded(r.Alive.Value), rounded(r.Fatigue)}
	}
	err := db.putInTurns(ctx, insightTable, values)
	if err == nil {
		db.list.update(rows)
	}
	return err
}

// rounded is a number as its box holds it: columns and boxes answer alike.
func rounded(v float64) float64 { return float64(float32(v)) }

// ForgetInsights implements flow.Understandings.
func (db *DB) ForgetInsights(ctx context.Context, customers []id.Customer) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.exec(ctx, "DELETE FROM insight WHERE customer_id "+tx.dialect.among(1), idList(tx.dialect, customers))
		return err
	})
	if err != nil {
		return fmt.Errorf("forget %d insights: %w", len(customers), err)
	}
	db.list.remove(customers)
	return nil
}

// LoadInsights implements flow.Understandings.
func (db *DB) LoadInsights(ctx context.Context, ids []id.Customer) ([]insight.Customer, error) {
	found := make([]insight.Customer, 0, len(ids))
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var who id.Customer
		var box []byte
		if err := scan(&who, &box); err != nil {
			return err
		}
		c, err := unpackInsight(box)
		if err != nil {
			return fmt.Errorf("customer %s: %w", id.Text(who), err)
		}
		c.ID = who
		found = append(found, c)
		return nil
	}, "SELECT customer_id, estimates FROM insight WHERE customer_id "+db.dialect.among(1), idList(db.dialect, ids))
	if err != nil {
		return nil, fmt.Errorf("load %d insights: %w", len(ids), err)
	}
	return found, nil
}

// SaveModel implements flow.Understandings.
func (db *DB) SaveModel(ctx context.Context, name, version string, document []byte) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO model (name, serial, version, document)
			SELECT CAST($1 AS text), coalesce(max(serial), 0) + 1, CAST($2 AS text), $3 FROM model WHERE name = $4`,
			name, version, document, name)
		return err
	})
	if err != nil {
		return fmt.Errorf("store model %s: %w", name, err)
	}
	return nil
}

// NewestModel implements flow.Understandings.
func (db *DB) NewestModel(ctx context.Context, name string) (version string, document []byte, err error) {
	_, err = one(ctx, db.reader, []any{&version, &document},
		"SELECT version, document FROM model WHERE name = $1 ORDER BY serial DESC LIMIT 1", name)
	if err != nil {
		return "", nil, fmt.Errorf("read model %s: %w", name, err)
	}
	return version, document, nil
}

// ModelBefore implements flow.Understandings.
func (db *DB) ModelBefore(ctx context.Context, name, version string) (document []byte, err error) {
	_, err = one(ctx, db.reader, []any{&document},
		"SELECT document FROM model WHERE name = $1 AND version < $2 ORDER BY serial DESC LIMIT 1", name, version)
	if err != nil {
		return nil, fmt.Errorf("read model %s before %s: %w", name, version, err)
	}
	return document, nil
}
