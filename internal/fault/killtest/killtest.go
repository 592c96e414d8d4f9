// Package killtest starts processes that tests kill (SIGKILL) at random
// moments. The process is the test binary itself, called again with orders.
package killtest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	roundsEnv = "SIYU_KILLS"        // kills in all; 300 if unset
	ordersEnv = "SIYU_KILLED_CHILD" // the child's orders, as JSON

	usualRounds = 300
	patience    = 20 * time.Second // real time until a silent child is a failure
)

// Rounds returns how many kills a test makes in all. It skips the test under
// -short.
func Rounds(t *testing.T) int {
	t.Helper()
	if testing.Short() {
		t.Skip("SIGKILL rounds are left out by -short")
	}
	text := os.Getenv(roundsEnv)
	if text == "" {
		return usualRounds
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: expected a number: %v", roundsEnv, err)
	}
	return n
}

// Main is the TestMain of a package with children: in a child it runs live on
// its orders, else the tests.
func Main[Orders any](m *testing.M, live func(Orders) error) {
	text := os.Getenv(ordersEnv)
	if text == "" {
		os.Exit(m.Run())
	}
	var orders Orders
	err := json.Unmarshal([]byte(text), &orders)
	if err == nil {
		err = live(orders)
	}
	fmt.Fprintln(os.Stderr, "the child ended by itself:", err)
	os.Exit(1)
}

// Child is a process that is to be killed.
type Child struct {
	*testing.T
	process *exec.Cmd
	// Said is the first line the child wrote to standard output.
	Said string
}

// Start starts a child on its orders and waits until it has written a line.
func Start(t *testing.T, orders any) *Child {
	t.Helper()
	text, err := json.Marshal(orders)
	if err != nil {
		t.Fatal(err)
	}
	c := &Child{T: t, process: exec.CommandContext(t.Context(), os.Args[0])}
	c.process.Env = append(os.Environ(), ordersEnv+"="+string(text))
	out, err := c.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	complaint, err := c.process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.process.Start(); err != nil {
		t.Fatal(err)
	}
	first := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n') // a child that ends says nothing
		first <- strings.TrimSpace(line)
	}()
	select {
	case c.Said = <-first:
	case <-time.After(patience):
		t.Fatal("the child is silent")
	}
	if c.Said == "" {
		why, _ := io.ReadAll(complaint)
		t.Fatalf("the child ended: %s", why)
	}
	return c
}

// Kill spares the child for a while of real time and kills it. A child that
// ended before is a failure.
func (c *Child) Kill(spared time.Duration) {
	c.Helper()
	time.Sleep(spared) // the moment of the kill is what is random in these tests
	if err := c.process.Process.Kill(); err != nil {
		c.Fatal(err)
	}
	if err := c.process.Wait(); err == nil || c.process.ProcessState.ExitCode() != -1 {
		c.Fatalf("the child ended by itself: %v", err)
	}
}
