// Package postgrestest gives tests a real PostgreSQL: the one SIYU_TEST_POSTGRES
// names, or a private one started from the binaries of the machine.
package postgrestest

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync/atomic"
	"testing"

	"siyu/internal/storage/postgres/throwaway"
)

// Variable names the environment variable with the address of a server on
// which tests may create and drop databases.
const Variable = "SIYU_TEST_POSTGRES"

// Server is a PostgreSQL for tests.
type Server struct {
	address string
	private *throwaway.Server // nil when Variable names the server
	serial  atomic.Int64
}

// Start returns the server of Launch for the time of the test. Without one it
// skips the test, saying so.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := Launch()
	s.Require(t, err)
	t.Cleanup(s.Stop)
	return s
}

// Launch returns the server that Variable names or starts a private one, with
// fsync on, reachable over loopback only. Where there is neither the error is
// throwaway.ErrMissing.
func Launch() (*Server, error) {
	if address := os.Getenv(Variable); address != "" {
		return &Server{address: address}, nil
	}
	private, err := throwaway.Start()
	if err != nil {
		return nil, err
	}
	return &Server{address: private.Address(), private: private}, nil
}

// Require skips the test where Launch found no server, saying so, and fails it
// on any other error of Launch.
func (*Server) Require(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, throwaway.ErrMissing) {
		t.Skipf("PostgreSQL is not tested: %s is not set and %v", Variable, err)
	}
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
}

// Stop ends a private server and removes its data.
func (s *Server) Stop() {
	if s.private != nil {
		s.private.Stop()
	}
}

// Database returns the address of a new, empty database. On a private server
// it lives as long as the server, else as long as the test.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return s.newDatabase(t, "")
}

// Clone is Database with the content of one that nobody is connected to.
func (s *Server) Clone(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatalf("address of PostgreSQL is not a URL")
	}
	return s.newDatabase(t, " TEMPLATE "+u.Path[1:])
}

func (s *Server) newDatabase(t testing.TB, options string) string {
	t.Helper()
	name := fmt.Sprintf("siyu_test_%d_%d", os.Getpid(), s.serial.Add(1))
	s.admin(t, "CREATE DATABASE "+name+options)
	if s.private == nil { // else its data goes as a whole
		t.Cleanup(func() { s.admin(t, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	}
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
