package storage_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"siyu/internal/storage"
	"siyu/internal/storage/postgrestest"
	"siyu/internal/storage/storagetest"
)

func open(t testing.TB, url string) *storage.DB {
	t.Helper()
	db, err := storage.Open(t.Context(), storage.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestSQLiteKeepsWhatTheRoomsWerePromised(t *testing.T) {
	storagetest.Run(t, func(t testing.TB) *storage.DB { return open(t, storagetest.SQLite(t)) })
}

// server is the PostgreSQL of all tests of this package, launched by the first
// that needs it. TestMain stops it.
var (
	launched atomic.Bool
	server   = sync.OnceValues(func() (*postgrestest.Server, error) {
		launched.Store(true)
		return postgrestest.Launch()
	})
)

// postgres returns the address of a new, empty database.
func postgres(t testing.TB) string {
	t.Helper()
	return postgresServer(t).Database(t)
}

func postgresServer(t testing.TB) *postgrestest.Server {
	t.Helper()
	s, err := server()
	s.Require(t, err)
	return s
}

func TestPostgreSQLKeepsWhatTheRoomsWerePromised(t *testing.T) {
	server := postgresServer(t)
	migrated := server.Database(t)
	db, err := storage.Open(t.Context(), storage.Config{URL: migrated})
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	storagetest.Run(t, func(t testing.TB) *storage.DB { return open(t, server.Clone(t, migrated)) })
}
