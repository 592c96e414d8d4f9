package storage_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/storage"
)

// beforeStages is the last version whose insights have no stage.
const beforeStages = 17

func TestWhatAudiencesAskOfInsightsStandsInColumns(t *testing.T) {
	for dialect, fresh := range map[string]func(testing.TB) string{
		"SQLite":     func(t testing.TB) string { return filepath.Join(t.TempDir(), "siyu.db") },
		"PostgreSQL": postgres,
	} {
		t.Run(dialect, func(t *testing.T) {
			ctx, url := t.Context(), fresh(t)
			old, err := storage.Open(ctx, storage.Config{URL: url, UntilMigration: beforeStages})
			ok(t, err)
			ok(t, old.Close())
			execute(t, url, "INSERT INTO insight (customer_id, related, refuses, staff_id, store_id, limiting, value, next_due, last_fact, estimates)"+
				" VALUES (1, true, false, 5, 7, 'trust', 0, 0, 0, $1)", []byte{2})

			db := open(t, url)
			row := understood(2)
			row.Stage, row.StageUntil, row.Fatigue = insight.Mature, noon.AddDate(0, 0, 9), .1
			ok(t, db.SaveInsights(ctx, []flow.InsightRow{row}))
			read, err := db.LoadInsights(ctx, []id.Customer{2})
			ok(t, err)
			for customer, want := range map[int]insight.Customer{1: {}, 2: read[0]} {
				var got insight.Customer
				var until int64
				raw := connect(t, url)
				ok(t, raw.QueryRowContext(ctx, "SELECT stage, stage_until, repurchase, need, trust, exposure, alive, fatigue FROM insight WHERE customer_id = $1", customer).
					Scan(&got.Stage, &until, &got.Repurchase.Value, &got.Need.Value, &got.Trust.Value, &got.Exposure.Value, &got.Alive.Value, &got.Fatigue))
				if got.Stage != want.Stage || until != max(0, want.StageUntil.UnixMilli()) && customer == 2 || got.Fatigue != want.Fatigue ||
					got.Repurchase.Value != want.Repurchase.Value || got.Need.Value != want.Need.Value || got.Trust.Value != want.Trust.Value ||
					got.Exposure.Value != want.Exposure.Value || got.Alive.Value != want.Alive.Value {
					t.Errorf("customer %d: the columns hold %+v until %d, the box %+v", customer, got, until, want)
				}
			}
		})
	}
}

func connect(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if strings.HasPrefix(url, "postgres") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, url)
	ok(t, err)
	t.Cleanup(func() { ok(t, db.Close()) })
	return db
}

func execute(t *testing.T, url, text string, args ...any) {
	t.Helper()
	_, err := connect(t, url).ExecContext(t.Context(), text, args...)
	ok(t, err)
}
