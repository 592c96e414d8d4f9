package orders_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"siyu/internal/connector/orders"
	"siyu/internal/event"
	"siyu/internal/storage"
)

// These carry the work of a killed process; only TestTheKilledProcess reads
// them.
const (
	killFile     = "SIYU_TEST_IMPORT_FILE"
	killDatabase = "SIYU_TEST_IMPORT_DATABASE"
	killTimes    = "SIYU_TEST_KILLS"
)

// TestTheKilledProcess is the process that the next test kills.
func TestTheKilledProcess(t *testing.T) {
	if os.Getenv(killFile) == "" {
		t.Skip("runs only inside TestAnImportSurvivesBeingKilled")
	}
	imported(t, os.Getenv(killDatabase), os.Getenv(killFile))
}

// An import in a process of its own is killed at random moments (3 times, or
// SIYU_TEST_KILLS) and started again, until it comes to its end. The database
// must then hold what one undisturbed import leaves.
func TestAnImportSurvivesBeingKilled(t *testing.T) {
	kills := 3
	if set := os.Getenv(killTimes); set != "" {
		n, err := strconv.Atoi(set)
		if err != nil {
			t.Fatal(err)
		}
		kills = n
	}
	folder := t.TempDir()
	file, database := filepath.Join(folder, "export.csv"), filepath.Join(folder, "killed.db")
	const lines = 12_000
	writeExport(t, file, lines)
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 1))
	for killed := 0; ; {
		process := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheKilledProcess$")
		process.Env = append(os.Environ(), killFile+"="+file, killDatabase+"="+database)
		if err := process.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- process.Wait() }()
		var moment <-chan time.Time // never, once it was killed often enough
		if killed < kills {
			moment = time.After(time.Duration(random.IntN(1500)) * time.Millisecond)
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("seed %d: the import failed by itself: %v", seed, err)
			}
		case <-moment:
			if err := process.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
			<-ended
			killed++
			continue
		}
		break
	}
	whole := filepath.Join(folder, "whole.db")
	imported(t, whole, file)
	if got, want := told(t, database), told(t, whole); got != want {
		t.Errorf("seed %d: killed %d times: %s, undisturbed: %s", seed, kills, got, want)
	}
}

// told returns how many facts and orders a database holds and a sum over them.
func told(t *testing.T, url string) string {
	t.Helper()
	db, err := storage.Open(t.Context(), storage.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var sum [32]byte
	n, kinds := 0, map[event.Kind]int{}
	for after := int64(0); ; {
		facts, err := db.FactsAfter(t.Context(), after, 5000)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range facts {
			one := sha256.Sum256(fmt.Appendf(nil, "%v %s %x %s", f.Subject, f.At, f.Key, f.Body))
			for i := range sum {
				sum[i] ^= one[i]
			}
			n++
			kinds[f.Kind]++
			after = f.Seq
		}
		if len(facts) == 0 {
			return fmt.Sprintf("%d facts %v with sum %x", n, kinds, sum[:8])
		}
	}
}

func imported(t *testing.T, url, file string) {
	t.Helper()
	db, err := storage.Open(t.Context(), storage.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := on(t, db).Import(t.Context(), file, orders.Options{}); err != nil {
		t.Fatal(err)
	}
}
