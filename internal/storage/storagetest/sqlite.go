package storagetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"siyu/internal/storage"
)

// migrated is what the file of a new SQLite database holds. Making one takes
// all migrations, which under the race detector is longer than most tests.
var migrated = sync.OnceValues(func() (file []byte, err error) {
	folder, err := os.MkdirTemp("", "siyu-sqlite")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "siyu.db")
	db, err := storage.Open(context.Background(), storage.Config{URL: path})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// SQLite returns the path of a new, empty database of the newest version. It
// is gone when the test ends.
func SQLite(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "siyu.db")
	SQLiteAt(t, path)
	return path
}

// SQLiteAt puts a new, empty database of the newest version where there is none.
func SQLiteAt(t testing.TB, path string) {
	t.Helper()
	if _, err := os.Stat(path); err == nil {
		return
	}
	file, err := migrated()
	if err == nil {
		err = os.WriteFile(path, file, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
