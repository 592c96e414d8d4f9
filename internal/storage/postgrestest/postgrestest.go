// Package postgrestest gives tests a real PostgreSQL: the one SIYU_TEST_POSTGRES
// names, or a private one started from the binaries of the machine.
package postgrestest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver under "pgx"
)

// Variable names the environment variable with the address of a server on
// which tests may create and drop databases.
const Variable = "SIYU_TEST_POSTGRES"

// Server is a PostgreSQL for tests.
type Server struct {
	address string
	serial  atomic.Int64
	process *exec.Cmd
	folder  string
}

// Start returns the server that Variable names or starts a private one, with
// fsync on, reachable over loopback only. Without either it skips the test,
// saying so. The server ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	if address := os.Getenv(Variable); address != "" {
		return &Server{address: address}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		t.Skipf("PostgreSQL is not tested: %s is not set and /usr/lib/postgresql/*/bin holds no server", Variable)
	}
	s, err := start(filepath.Dir(slices.Max(found)))
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	t.Cleanup(s.stop)
	return s
}

func start(binaries string) (*Server, error) {
	folder, err := os.MkdirTemp("", "siyu-postgres-*")
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder}
	if err := s.create(binaries); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) create(binaries string) error {
	as, err := unprivileged(s.folder)
	if err != nil {
		return err
	}
	data := filepath.Join(s.folder, "data")
	init := exec.Command(filepath.Join(binaries, "initdb"), "-D", data, "-U", "siyu", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	as(init)
	if out, err := init.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	s.process = exec.Command(filepath.Join(binaries, "postgres"), "-D", data, "-p", strconv.Itoa(port), "-k", "",
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=on", "-c", "shared_buffers=256MB", "-c", "max_wal_size=2GB",
		"-c", "max_connections=60")
	as(s.process)
	log := new(bytes.Buffer)
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	s.address = fmt.Sprintf("postgres://siyu@127.0.0.1:%d/postgres?sslmode=disable", port)
	return s.wait()
}

// wait polls until the server answers.
func (s *Server) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	db, err := sql.Open("pgx", s.address)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // nothing was written
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for postgres: %w", err)
		}
	}
}

func (s *Server) stop() {
	if s.process != nil && s.process.Process != nil {
		_ = s.process.Process.Signal(os.Interrupt) // fast shutdown; Wait tells when
		_ = s.process.Wait()
	}
	_ = os.RemoveAll(s.folder) // a temporary folder that stays harms nobody
}

// Database returns the address of a new, empty database. It is dropped when
// the test ends.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("siyu_test_%d_%d", os.Getpid(), s.serial.Add(1))
	s.admin(t, "CREATE DATABASE "+name)
	t.Cleanup(func() { s.admin(t, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	u, err := url.Parse(s.address)
	if err != nil {
		t.Fatalf("address of PostgreSQL is not a URL")
	}
	u.Path = "/" + name
	return u.String()
}

func (s *Server) admin(t testing.TB, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // the statement's own error counts
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// owner returns the account that may run a server: PostgreSQL refuses root.
func owner() (uid, gid int, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, e := user.Lookup(name)
		if e != nil {
			err = e
			continue
		}
		if uid, err = strconv.Atoi(u.Uid); err != nil {
			return 0, 0, err
		}
		gid, err = strconv.Atoi(u.Gid)
		return uid, gid, err
	}
	return 0, 0, err
}
