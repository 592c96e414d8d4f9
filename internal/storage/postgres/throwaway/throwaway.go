// Package throwaway runs a private PostgreSQL from the binaries of the machine
// in a temporary folder, for tests and benchmarks.
package throwaway

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver under "pgx"
)

// ErrMissing says that the machine has no PostgreSQL server.
var ErrMissing = errors.New("/usr/lib/postgresql/*/bin holds no PostgreSQL server")

// Server is a running PostgreSQL. Stop ends it.
type Server struct {
	address string
	process *exec.Cmd
	folder  string
}

// Start starts a server with fsync on, reachable over loopback only. Without
// binaries it returns ErrMissing.
func Start() (*Server, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return nil, ErrMissing
	}
	folder, err := os.MkdirTemp("", "siyu-postgres-*")
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder}
	if err := s.create(filepath.Dir(slices.Max(found))); err != nil {
		s.Stop()
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return s, nil
}

// Address returns the URL of the server's own database, for its superuser.
func (s *Server) Address() string { return s.address }

// Process returns the id of the server's first process.
func (s *Server) Process() int { return s.process.Process.Pid }

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

// Stop ends the server and removes all it stored.
func (s *Server) Stop() {
	if s.process != nil && s.process.Process != nil {
		_ = s.process.Process.Signal(os.Interrupt) // fast shutdown; Wait tells when
		_ = s.process.Wait()
	}
	_ = os.RemoveAll(s.folder) // a temporary folder that stays harms nobody
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
