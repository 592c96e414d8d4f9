package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"siyu/internal/clock"
	"siyu/internal/fault"
)

func TestADatabaseIsOpenedWithItsOwnKeyOnly(t *testing.T) {
	config, err := LoadConfig("", func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	config.Data = t.TempDir()
	open := func() error {
		a, err := Open(t.Context(), config, clock.NewVirtual(monday), slog.New(slog.DiscardHandler))
		if err == nil {
			err = a.Close()
		}
		return err
	}
	if err := open(); err != nil {
		t.Fatalf("a new installation: %v", err)
	}
	path := filepath.Join(config.Data, "vault.key")
	own, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func() error{
		"missing": func() error { return os.Remove(path) },
		"another": func() error { return os.WriteFile(path, []byte(strings.Repeat("ab", 32)), 0o600) },
		"damaged": func() error { return os.WriteFile(path, []byte("no key"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := spoil(); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path) // nothing where it is missing
			if err := open(); err == nil || fault.CodeOf(err) == fault.Internal {
				t.Errorf("opened, or refused without a reason: %v", err)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the key file was written")
			}
			if err := os.WriteFile(path, own, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := open(); err != nil {
				t.Errorf("with its own key again: %v", err)
			}
		})
	}
}
