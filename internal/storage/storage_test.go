package storage_test

import (
	"path/filepath"
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
	storagetest.Run(t, func(t testing.TB) *storage.DB { return open(t, filepath.Join(t.TempDir(), "siyu.db")) })
}

func TestPostgreSQLKeepsWhatTheRoomsWerePromised(t *testing.T) {
	server := postgrestest.Start(t)
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
