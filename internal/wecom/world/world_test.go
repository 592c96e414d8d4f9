package world

import (
	"fmt"
	"testing"
	"time"
)

// nowhere is a stage without WeCom: it only counts.
type nowhere struct{ adds, parts, says, joins, leaves, sends, sent int }

func (n *nowhere) add(_ time.Time, way scan) (string, error) {
	n.adds++
	return fmt.Sprintf("wm%016x", way.person.key), nil
}
func (n *nowhere) part(time.Time, string, string) error { n.parts++; return nil }
func (n *nowhere) say(time.Time, message) error         { n.says++; return nil }
func (n *nowhere) join(time.Time, int, string) error    { n.joins++; return nil }
func (n *nowhere) leave(time.Time, int, string) error   { n.leaves++; return nil }
func (n *nowhere) send(_ time.Time, _, _ string, to []string) error {
	n.sends++
	n.sent += len(to)
	return nil
}

func lived(t testing.TB, config Config) (*World, *nowhere) {
	t.Helper()
	stage := &nowhere{}
	w, err := newWorld(config, stage)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.liveHistory(); err != nil {
		t.Fatal(err)
	}
	return w, stage
}
