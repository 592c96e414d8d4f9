package app

import (
	"runtime"
	"testing"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
	"siyu/internal/sheet"
)

// gauge counts what is written and notes the most memory that is reachable
// meanwhile.
type gauge struct{ written, since, most int }

func (g *gauge) Write(p []byte) (int, error) {
	const often = 128 << 10
	if g.since += len(p); g.since >= often {
		g.since = 0
		g.most = max(g.most, reachable())
	}
	g.written += len(p)
	return len(p), nil
}

func reachable() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func TestAFileOfAnAudienceIsWrittenWhileItIsRead(t *testing.T) {
	h := openHouse(t)
	const people = 60_000
	states := make([]profile.Customer, people)
	for i := range states {
		states[i] = profile.Customer{ID: id.Customer(id.CodeOf(id.Text(id.Customer(i)))), FirstSeen: event.At(monday)}
	}
	if err := h.db.SaveCustomers(t.Context(), states); err != nil {
		t.Fatal(err)
	}
	if err := h.KeepAudiences(t.Context()); err != nil {
		t.Fatal(err)
	}
	crowd, before := h.flow.Index().Everybody(), reachable()
	var g gauge
	if err := h.desk.WriteAudience(t.Context(), &g, sheet.CSV, crowd); err != nil {
		t.Fatal(err)
	}
	const idBytes, chunk = 8, 1 << 20
	if grown := g.most - before; g.written < 3<<19 || grown > people*idBytes*2+chunk {
		t.Errorf("%d bytes were written, and %d more were in use meanwhile", g.written, grown)
	}
}
