// Package bench sizes a machine: it fills a temporary installation with made-up
// customers and measures what the product does with them. Every figure is taken
// while the command runs; nothing is kept.
package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"siyu/internal/clock"
	"siyu/internal/storage"
)

// Options say what to measure on.
type Options struct {
	Customers int
	// URL is an empty database. Without one the benchmark takes a fresh one of
	// Engine and removes it afterwards.
	URL    string
	Engine storage.Dialect
	// Say tells how far a benchmark has come.
	Say func(format string, args ...any)
}

// Figures is what every benchmark tells. What a benchmark does not measure
// stays 0.
type Figures struct {
	Engine    storage.Dialect `json:"engine,omitempty"`
	Customers int             `json:"customers"`
	Rate      float64         `json:"rate"` // of what the benchmark counts, per second
	P50       float64         `json:"p50_ms"`
	P99       float64         `json:"p99_ms"`
	Max       float64         `json:"max_ms"`
	RSS       float64         `json:"rss_mb"` // largest resident memory of the process while measuring
	Seconds   float64         `json:"seconds"`
}

// times are the durations of what was repeated.
type times []time.Duration

// at returns the duration below which the share of them lies, in milliseconds.
func (t times) at(share float64) float64 {
	if len(t) == 0 {
		return 0
	}
	slices.Sort(t)
	return milliseconds(t[min(len(t)-1, int(share*float64(len(t))))])
}

func (f *Figures) take(t times) {
	f.P50, f.P99, f.Max = t.at(.50), t.at(.99), t.at(1)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// watch is a stopwatch.
type watch struct{ began time.Time }

func started() watch { return watch{clock.System{}.Now()} }

func (w watch) passed() time.Duration { return clock.System{}.Now().Sub(w.began) }

// resident returns the largest resident memory of a process since forgetPeak,
// in MB; 0 where the system does not tell.
func resident(process string) float64 {
	status, err := os.ReadFile("/proc/" + process + "/status")
	if err != nil {
		return 0
	}
	lines := bufio.NewScanner(bytes.NewReader(status))
	for lines.Scan() {
		if rest, ok := bytes.CutPrefix(lines.Bytes(), []byte("VmHWM:")); ok {
			kb, err := strconv.Atoi(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("kB")))))
			if err != nil {
				return 0
			}
			return float64(kb) / 1024
		}
	}
	return 0
}

const ownProcess = "self"

// spent returns the processor time this process has used, in seconds; 0 where
// the system does not tell. Unlike the time of day it does not depend on what
// else runs on the machine.
func spent() float64 {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	const ticksPerSecond = 100                  // of Linux, whatever the kernel's own
	_, rest, _ := bytes.Cut(stat, []byte(") ")) // the name before it may hold spaces
	fields := bytes.Fields(rest)
	const user, system = 11, 12 // positions behind the name, see proc(5)
	if len(fields) <= system {
		return 0
	}
	inUser, err := strconv.Atoi(string(fields[user]))
	if err != nil {
		return 0
	}
	inSystem, err := strconv.Atoi(string(fields[system]))
	if err != nil {
		return 0
	}
	return float64(inUser+inSystem) / ticksPerSecond
}

// forgetPeak starts the measurement of memory anew. Where the system cannot,
// the peak of the preparation stays in the figure, which then is too large.
func forgetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

func (o Options) say(format string, args ...any) {
	if o.Say != nil {
		o.Say(format, args...)
	}
}

func (o Options) check() error {
	if o.Engine != storage.SQLite && o.Engine != storage.Postgres {
		return fmt.Errorf("engine %q: expected %s or %s", o.Engine, storage.SQLite, storage.Postgres)
	}
	return nil
}
