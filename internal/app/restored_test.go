package app

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAnOlderCopyOfTheDatabaseSendsNothing(t *testing.T) {
	h := openHouse(t)
	if since, err := h.db.Frozen(t.Context()); err != nil || !since.IsZero() {
		t.Fatalf("a new installation is frozen since %s, %v", since, err)
	}
	// The node remembers more starts than the database does.
	if err := os.WriteFile(filepath.Join(h.config.Data, fenceFile), []byte("1000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.Reopen(t.Context()); err != nil {
		t.Fatal(err)
	}
	if since, err := h.db.Frozen(t.Context()); err != nil || !since.Equal(monday) {
		t.Errorf("frozen since %s, %v; want since the restore was noticed", since, err)
	}
	fence, err := h.nodes().NextFence(t.Context(), "node")
	if err != nil || fence <= 1000 {
		t.Errorf("the next fence is %d, %v: it could be taken for an earlier start", fence, err)
	}
}
