package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"siyu/internal/clock"
)

// progress shows on a terminal that a step takes its time: a bar under the
// line that named the step, once it has taken longer than quietFor. How long a
// step will take is not known, so the bar moves to and fro.
type progress struct {
	out   io.Writer
	mu    sync.Mutex
	label string
	since time.Time // zero: no step is under way
	drawn bool
	stop  chan struct{}
	ended sync.WaitGroup
}

const (
	quietFor = 2 * time.Second
	beat     = 200 * time.Millisecond
	barWidth = 20
	eraser   = "\r\x1b[K" // to the line's beginning, and erase it
)

// onTerminal returns a running progress if w is a terminal, else nil.
func onTerminal(w io.Writer) *progress {
	f, ok := w.(*os.File)
	if !ok {
		return nil
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	p := &progress{out: w, stop: make(chan struct{}), since: clock.System{}.Now()}
	p.ended.Go(p.run)
	return p
}

func (p *progress) run() {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-ticker.C:
			p.draw(clock.System{}.Now())
		}
	}
}

// line prints a line that stays and begins the step it names.
func (p *progress) line(now time.Time, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	fmt.Fprintln(p.out, text)
	p.since, p.label = now, ""
}

// count says how far the step under way is.
func (p *progress) count(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.label = text
}

// draw draws the bar if the step has taken long enough.
func (p *progress) draw(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	passed := now.Sub(p.since)
	if p.since.IsZero() || passed < quietFor {
		return
	}
	const block, ways = 4, barWidth - 4
	at := int(passed/beat) % (2 * ways)
	if at > ways {
		at = 2*ways - at
	}
	fmt.Fprintf(p.out, "%s[%s%s%s] %d s  %s", eraser, strings.Repeat(" ", at), strings.Repeat("=", block), strings.Repeat(" ", ways-at), int(passed.Seconds()), p.label)
	p.drawn = true
}

func (p *progress) erase() {
	if p.drawn {
		fmt.Fprint(p.out, eraser)
		p.drawn = false
	}
}

// rest takes the bar away until the next line.
func (p *progress) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	p.since = time.Time{}
}

// close ends it.
func (p *progress) close() {
	close(p.stop)
	p.ended.Wait()
	p.rest()
}
