package storage_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"siyu/internal/fault"
	"siyu/internal/storage"
	"siyu/internal/vault"
)

// diskVariable names a folder over which this binary, started again in a mount
// namespace of its own, mounts a small disk to fill.
const diskVariable = "SIYU_TEST_FILL_DISK"

func TestAFullDiskIsSaidAndOvercomeWithoutARestart(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a full disk is not tested: mounting one needs root")
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), diskVariable+"="+t.TempDir())
	child.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// fillDisk fills a 24 MB disk and frees it again, three times, and returns
// the exit code.
func fillDisk(folder string) int {
	if err := fillDiskAgainAndAgain(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func fillDiskAgainAndAgain(folder string) error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=24m"); err != nil {
		return fmt.Errorf("mount a small disk: %w", err)
	}
	ctx := context.Background()
	db, err := storage.Open(ctx, storage.Config{URL: filepath.Join(folder, "siyu.db")})
	if err != nil {
		return err
	}
	stored := map[[32]byte]bool{}
	ballast := filepath.Join(folder, "ballast")
	for range 3 {
		if err := os.WriteFile(ballast, make([]byte, 12<<20), 0o600); err != nil && !errors.Is(err, syscall.ENOSPC) {
			return err
		}
		if err := storeUntilFull(ctx, db, stored); err != nil {
			return err
		}
		if err := os.Remove(ballast); err != nil {
			return err
		}
		letter := randomLetter()
		if _, err := db.PutLetters(ctx, []vault.Letter{letter}); err != nil {
			return fmt.Errorf("after space came back: %w", err)
		}
		stored[letter.Hash] = true
		if err := finishAll(ctx, db, stored); err != nil {
			return err
		}
	}
	if problems, err := db.Check(ctx); err != nil || len(problems) > 0 {
		return fmt.Errorf("check: %v, %w", problems, err)
	}
	return db.Close()
}

func storeUntilFull(ctx context.Context, db *storage.DB, stored map[[32]byte]bool) error {
	for range 100_000 {
		letter := randomLetter()
		if _, err := db.PutLetters(ctx, []vault.Letter{letter}); err != nil {
			if fault.CodeOf(err) != fault.Upstream || fault.KeyOf(err) != "fault.disk_full" {
				return fmt.Errorf("a full disk is reported as %s %s: %w", fault.CodeOf(err), fault.KeyOf(err), err)
			}
			return nil
		}
		stored[letter.Hash] = true
	}
	return fmt.Errorf("the disk never was full")
}

// finishAll checks that every acknowledged letter is there and makes room.
func finishAll(ctx context.Context, db *storage.DB, stored map[[32]byte]bool) error {
	pending, err := db.PendingLetters(ctx, 1_000_000)
	if err != nil {
		return err
	}
	var hashes [][32]byte
	for _, l := range pending {
		delete(stored, l.Hash)
		hashes = append(hashes, l.Hash)
	}
	if len(stored) > 0 {
		return fmt.Errorf("%d acknowledged letters are lost", len(stored))
	}
	return db.FinishLetters(ctx, hashes, noon)
}
