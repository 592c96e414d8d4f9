package bench

import (
	"context"
	"testing"
	"time"

	"siyu/internal/storage"
)

func TestQuantilesAreThoseOfTheSortedTimes(t *testing.T) {
	var all times
	for i := range 100 {
		all = append(all, time.Duration(100-i)*time.Millisecond)
	}
	if all.at(.50) != 51 || all.at(.99) != 100 || all.at(1) != 100 || (times{}).at(.5) != 0 {
		t.Errorf("p50 %v, p99 %v, max %v", all.at(.50), all.at(.99), all.at(1))
	}
}

func TestRepeatedDeliveriesBecomeOneFactEach(t *testing.T) {
	ctx := t.Context()
	g, err := prepare(ctx, Options{Customers: 50, Engine: storage.SQLite})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := g.close(); err != nil {
			t.Error(err)
		}
	}()
	d, err := g.receive()
	if err != nil {
		t.Fatal(err)
	}
	defer d.server.Close()
	before, err := d.DB().LogHead(ctx)
	if err != nil {
		t.Fatal(err)
	}
	const events = 300
	loaded, err := Send(ctx, Load{Addr: d.addr, Corp: corp, Token: token, AESKey: aesKey, Events: events, Within: time.Second,
		Repeats: 3, RepeatWithin: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Events != events || loaded.Accepted != loaded.Deliveries || loaded.Deliveries <= events {
		t.Errorf("%d of %d deliveries of %d events were accepted", loaded.Accepted, loaded.Deliveries, loaded.Events)
	}
	if after := d.readAll(t); after-before != events {
		t.Errorf("%d events became %d facts", events, after-before)
	}
}

// readAll turns all letters into facts and returns the head of the log.
func (d *door) readAll(t *testing.T) int64 {
	t.Helper()
	reader, err := d.reader()
	if err != nil {
		t.Fatal(err)
	}
	reading, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); reader.Run(reading) }()
	err = d.drain(t.Context())
	stop()
	<-done
	if err != nil {
		t.Fatal(err)
	}
	head, err := d.DB().LogHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return head
}

func TestThePlannerBreaksNoRuleAndStaysBelowTheBound(t *testing.T) {
	r, err := Plan(t.Context(), Options{Customers: 3000})
	if err != nil {
		t.Fatal(err)
	}
	if d := r.Planner; r.Violated != 0 || d.Planned == 0 || d.Withheld == 0 || d.Gap < 0 || d.Gap >= 1 {
		t.Errorf("%d rules broken, %d planned, %d withheld, gap %v", r.Violated, d.Planned, d.Withheld, d.Gap)
	}
	if len(r.Families) != 3 || r.Gap < 0 || r.Gap > .01 {
		t.Errorf("families %+v", r.Families)
	}
}

func TestAnImportIsCountedToTheState(t *testing.T) {
	r, err := Import(t.Context(), Options{Customers: 50, Engine: storage.SQLite}, 400)
	if err != nil {
		t.Fatal(err)
	}
	if r.Rejected != 0 || r.Rate <= 0 {
		t.Errorf("%d rejected, %v lines a second", r.Rejected, r.Rate)
	}
}

func TestWhatLimitsIsComparedWithTheTruth(t *testing.T) {
	r, err := Limiting(t.Context(), LimitOptions{Options: Options{Customers: 300}, Seed: 3, World: "standard", Oracle: 20})
	if err != nil {
		t.Fatal(err)
	}
	regret := map[string]float64{}
	for _, rule := range r.Worlds[0].Rules {
		regret[rule.Name] = rule.Regret
	}
	if len(r.Worlds) != 1 || len(regret) != 8 || !(regret["random"] > regret["majority"]) || !(regret["majority"] > 0) {
		t.Errorf("%+v", r.Worlds)
	}
	if _, err := Limiting(t.Context(), LimitOptions{World: "elsewhere"}); err == nil {
		t.Error("a world that does not exist was lived")
	}
}

func TestTheIndexFindsAsManyAsTheDatabaseWithTheSameRows(t *testing.T) {
	sqlite := []storage.Dialect{storage.SQLite}
	r, err := Segment(t.Context(), SegmentOptions{Options: Options{Customers: 3000}, Index: true, Reads: sqlite, Asked: sqlite})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Reads) != 1 || r.Reads[0].Customers != 3000 {
		t.Errorf("read from databases: %+v", r.Reads)
	}
	if len(r.Databases) != 1 || !r.Databases[0].Agrees || r.Four.Found == 0 || r.Mixed.Found == 0 {
		t.Errorf("four predicates find %d, 20 nodes %d, databases %+v", r.Four.Found, r.Mixed.Found, r.Databases)
	}
}
