package storage_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"siyu/internal/fault"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
	"siyu/internal/vault"
)

// childVariable names the database that this binary, started again as a child,
// stores letters in until it is killed.
const childVariable = "SIYU_TEST_INGEST_INTO"

// killsVariable says how often the child is killed, instead of usualKills.
const (
	killsVariable = "SIYU_KILLS"
	usualKills    = 40
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(childVariable) != "":
		ingestUntilKilled(os.Getenv(childVariable))
	case os.Getenv(diskVariable) != "":
		os.Exit(fillDisk(os.Getenv(diskVariable)))
	default:
		code := m.Run()
		if launched.Load() {
			if s, err := server(); err == nil {
				s.Stop()
			}
		}
		os.Exit(code)
	}
}

// ingestUntilKilled stores letters from four senders and writes the hash of
// each to standard output once it is acknowledged.
func ingestUntilKilled(url string) {
	db, err := storage.Open(context.Background(), storage.Config{URL: url})
	if err != nil {
		panic(err)
	}
	fmt.Println("ready")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				letter := randomLetter()
				if _, err := db.PutLetters(context.Background(), []vault.Letter{letter}); err != nil {
					panic(err)
				}
				fmt.Println(hex.EncodeToString(letter.Hash[:]))
			}
		})
	}
	all.Wait()
}

func randomLetter() vault.Letter {
	body := make([]byte, 400)
	for i := range body {
		body[i] = byte(rand.Uint32())
	}
	return vault.Letter{Hash: sha256.Sum256(body), Corp: "ww1", Received: noon, Body: body}
}

func TestNoAcknowledgedLetterIsLostWhenTheProcessIsKilled(t *testing.T) {
	kills := usualKills
	if n, err := strconv.Atoi(os.Getenv(killsVariable)); err == nil {
		kills = n
	}
	t.Run("SQLite", func(t *testing.T) { killIngest(t, filepath.Join(t.TempDir(), "siyu.db"), kills) })
	t.Run("PostgreSQL", func(t *testing.T) { killIngest(t, postgres(t), kills/4) })
}

func killIngest(t *testing.T, url string, kills int) {
	acknowledged := map[[32]byte]bool{}
	for range kills {
		for _, h := range killOnce(t, url) {
			acknowledged[h] = true
		}
	}
	db := open(t, url)
	pending, err := db.PendingLetters(t.Context(), len(acknowledged)+1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range pending {
		if sha256.Sum256(l.Body) != l.Hash {
			t.Fatalf("letter %x came back altered", l.Hash[:4])
		}
		delete(acknowledged, l.Hash)
	}
	if len(acknowledged) > 0 || len(pending) == 0 {
		t.Errorf("%d acknowledged letters are lost, %d are there", len(acknowledged), len(pending))
	}
	if problems, err := db.Check(t.Context()); err != nil || len(problems) > 0 {
		t.Errorf("check: %v, %v", problems, err)
	}
	t.Logf("%d kills, %d letters", kills, len(pending))
}

// killOnce kills a child between 5 and 60 ms after it began to ingest and
// returns what it acknowledged.
func killOnce(t *testing.T, url string) (acknowledged [][32]byte) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+url)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if ready, err := lines.ReadString('\n'); err != nil || ready != "ready\n" {
		t.Fatalf("the child said %q, %v", ready, err)
	}
	timer := time.AfterFunc(time.Duration(5+rand.IntN(55))*time.Millisecond, func() { _ = child.Process.Kill() })
	defer timer.Stop()
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break
		}
		var hash [32]byte
		if n, _ := hex.Decode(hash[:], bytes.TrimSpace([]byte(line))); n != len(hash) {
			t.Fatalf("the child said %q", line)
		}
		acknowledged = append(acknowledged, hash)
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	return acknowledged
}

func TestASecondProcessOnTheSameDataIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "siyu.db")
	first, err := storage.Open(t.Context(), storage.Config{URL: "sqlite://" + path})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := storage.Open(t.Context(), storage.Config{URL: path}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("opening it again: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestForeignFilesAreRefusedAndLeftAlone(t *testing.T) {
	text, other := filepath.Join(t.TempDir(), "notes.txt"), filepath.Join(t.TempDir(), "other.db")
	if err := os.WriteFile(text, bytes.Repeat([]byte("not a database\n"), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE theirs (x)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, other} {
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := storage.Open(t.Context(), storage.Config{URL: path}); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s was changed: %v", filepath.Base(path), err)
		}
	}
	for _, url := range []string{"", "mysql://x"} {
		if _, err := storage.Open(t.Context(), storage.Config{URL: url}); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("address %q: %v", url, err)
		}
	}
}

func TestAnErrorNeverShowsThePasswordOfTheDatabase(t *testing.T) {
	for _, url := range []string{"postgres://siyu:hunter2@127.0.0.1:1/siyu", "postgres://siyu:hunter2@127.0.0.1:notaport/siyu"} {
		_, err := storage.Open(t.Context(), storage.Config{URL: url})
		if err == nil || bytes.Contains([]byte(err.Error()), []byte("hunter2")) {
			t.Errorf("error: %v", err)
		}
	}
}

func TestAPanickingWriteReachesItsCallerAndNobodyElse(t *testing.T) {
	db := open(t, storagetest.SQLite(t))
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			defer func() {
				if p := recover(); (p != nil) != (i%5 == 0) {
					t.Errorf("write %d: recovered %v", i, p)
				}
			}()
			err := db.Write(context.Background(), storage.Interactive, func(*storage.Tx) error {
				if i%5 == 0 {
					panic("on purpose")
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestAWriteThatNobodyWaitsForAnyMoreDoesNotRun(t *testing.T) {
	db := open(t, storagetest.SQLite(t))
	ctx, cancel := context.WithCancel(t.Context())
	busy, free := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_ = db.Write(context.Background(), storage.Background, func(*storage.Tx) error { close(busy); <-free; return nil })
	})
	<-busy
	ran := false
	all.Go(func() {
		if err := db.Write(ctx, storage.Intake, func(*storage.Tx) error { ran = true; return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("error of the cancelled write: %v", err)
		}
		close(free)
	})
	cancel()
	all.Wait()
	if ran {
		t.Error("the cancelled write ran")
	}
}
