package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/measurement/cohort"
)

var _ flow.Cohorts = (*DB)(nil)

var cohortTable = table{name: "cohort", key: []string{"place", "store_id"}, known: replace,
	columns: []column{{"place", text}, {"store_id", bigint}, {"as_of", bigint}, {"sums", bytes}}}

// The places sums are kept of.
const (
	ofBrand = "brand"
	ofStore = "store"
)

// storesAtATime is how many stores' sums, ten kilobytes each, are written by
// one transaction: callbacks wait for it.
const storesAtATime = 100

// SetCohorts implements flow.Cohorts.
func (db *DB) SetCohorts(ctx context.Context, t *cohort.Tally, now time.Time) error {
	row, err := cohortRow(ofBrand, 0, t.Whole())
	if err != nil {
		return err
	}
	rows := [][]any{row}
	for store, sums := range t.Stores() {
		if row, err = cohortRow(ofStore, store, sums); err != nil {
			return err
		}
		rows = append(rows, row)
	}
	for part := range slices.Chunk(rows, storesAtATime) {
		err := db.Write(ctx, Background, func(tx *Tx) error {
			_, err := tx.put(ctx, cohortTable, part)
			return err
		})
		if err != nil {
			return fmt.Errorf("store sums of %d places: %w", len(rows), err)
		}
	}
	err = db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.exec(ctx, "DELETE FROM cohort WHERE as_of <> $1", at(now))
		return err
	})
	if err != nil {
		return fmt.Errorf("forget sums of stores without customers: %w", err)
	}
	return nil
}

func cohortRow(place string, store id.Store, sums *cohort.Sums) ([]any, error) {
	document, err := json.Marshal(sums)
	if err != nil {
		return nil, fmt.Errorf("write sums of %s %s: %w", place, id.Text(store), err)
	}
	return []any{place, int64(store), at(sums.AsOf), document}, nil
}

// BrandCohorts returns the sums of the whole brand, nil before the first night.
func (db *DB) BrandCohorts(ctx context.Context) (*cohort.Sums, error) {
	list, err := db.cohorts(ctx, "SELECT sums FROM cohort WHERE place = 'brand'")
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// StoreCohorts returns the sums of those of the stores that have customers, in
// the order of their ids.
func (db *DB) StoreCohorts(ctx context.Context, stores []id.Store) ([]*cohort.Sums, error) {
	return db.cohorts(ctx, "SELECT sums FROM cohort WHERE place = 'store' AND store_id "+db.dialect.among(1)+" ORDER BY store_id", idList(db.dialect, stores))
}

func (db *DB) cohorts(ctx context.Context, query string, args ...any) ([]*cohort.Sums, error) {
	var list []*cohort.Sums
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var document []byte
		if err := scan(&document); err != nil {
			return err
		}
		sums := new(cohort.Sums)
		list = append(list, sums)
		return json.Unmarshal(document, sums)
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read sums: %w", err)
	}
	return list, nil
}
