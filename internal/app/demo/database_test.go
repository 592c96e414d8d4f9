package demo

import (
	"log/slog"
	"reflect"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/storage/postgrestest"
)

func TestADayIsTheSameOnBothDatabases(t *testing.T) {
	live := func(db string) Summary {
		d, err := Open(t.Context(), Config{
			Addr: "127.0.0.1:0", Data: t.TempDir(), DB: db, Customers: 300, Seed: 3, Archive: true, Linked: 0.85,
			Start: time.Date(2026, 11, 2, 0, 0, 0, 0, clock.Shanghai), Log: slog.New(slog.DiscardHandler), Say: t.Logf,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}()
		if err := d.Live(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		s, err := d.Summary(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.Seconds = 0
		return s
	}
	postgres := postgrestest.Start(t).Database(t)
	if sqlite, postgres := live(""), live(postgres); !reflect.DeepEqual(sqlite, postgres) {
		t.Errorf("SQLite and PostgreSQL differ:\n%+v\n%+v", sqlite, postgres)
	}
}
