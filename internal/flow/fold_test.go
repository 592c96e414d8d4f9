package flow_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/money"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, clock.Shanghai)

// mill is a flow over a database.
type mill struct {
	*flow.Flow
	db  *storage.DB
	log *eventlog.Log
}

func newMill(t *testing.T, calm bool) mill {
	t.Helper()
	db, err := storage.Open(t.Context(), storage.Config{URL: storagetest.SQLite(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return millOn(node{db, db, db}, calm)
}

// node is what a mill uses of a database; a test may stand in between.
type node struct {
	db     *storage.DB
	log    eventlog.Store
	states flow.States
}

func millOn(n node, calm bool) mill {
	log := eventlog.New(n.log, clock.NewVirtual(noon))
	return mill{db: n.db, log: log, Flow: flow.New(flow.Parts{
		Log: log, States: n.states, Others: n.db, Understandings: n.db, Plans: n.db, Facets: n.db, Audiences: n.db, StoreOf: func(id.Staff) id.Store { return 0 },
		Calm: func() bool { return calm },
	})}
}

func (m mill) append(t *testing.T, facts ...event.Fact) {
	t.Helper()
	if _, err := m.log.Append(t.Context(), facts...); err != nil {
		t.Fatal(err)
	}
}

func (m mill) fold(t *testing.T) []id.Customer {
	t.Helper()
	touched, _, err := m.Fold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return touched
}

// verified fails unless every state is what its facts say.
func (m mill) verified(t *testing.T) {
	t.Helper()
	r, err := m.Verify(t.Context())
	if err != nil || r.Differences != 0 || r.Customers == 0 {
		t.Fatalf("replayed %+v, %v", r, err)
	}
}

// figures returns what was counted about orders, over all days.
func (m mill) figures(t *testing.T) string {
	t.Helper()
	counters, err := m.db.Counters(t.Context(), []string{flow.CountOrders, flow.CountOrdersLinked, flow.CountTurnover}, 0, event.At(noon.AddDate(1, 0, 0)))
	if err != nil {
		t.Fatal(err)
	}
	var text string
	for _, c := range counters {
		if c.Delta != 0 {
			text += fmt.Sprintf("%s %d %d: %d\n", c.Name, c.Store, c.Day, c.Delta)
		}
	}
	return text
}

func fact(t *testing.T, subject event.Subject, n int, body event.Body) event.Fact {
	t.Helper()
	f, err := event.New(subject, noon.Add(time.Duration(n)*time.Hour), event.FromOrders, id.Hash(string(body.Kind()), fmt.Sprint(n)), body)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func paid(n int) event.OrderPaid {
	return event.OrderPaid{Order: id.Order(n + 1), Shop: "shop", Store: id.Store(1 + n%2), Amount: money.Fen(100 + n)}
}

// history draws facts about people who are known from a shop, from WeCom, and
// from both under one phone.
func history(t *testing.T, seed uint64) []event.Fact {
	random := rand.New(rand.NewPCG(seed, 7))
	facts := make([]event.Fact, 300)
	for n := range facts {
		person := random.IntN(12)
		phone := []byte(fmt.Sprint("phone ", person))
		buyer, known := event.Customer(id.BuyerOf(phone)), event.Customer(id.CustomerOf("ww1", fmt.Sprint("wm", person)))
		switch random.IntN(8) {
		case 0:
			facts[n] = fact(t, known, n, event.CustomerSeen{Corp: "ww1", Type: 1})
		case 1:
			facts[n] = fact(t, known, n, event.CustomerIdentified{Identity: event.ByPhone, Key: phone})
		case 2:
			facts[n] = fact(t, buyer, n, event.CustomerIdentified{Identity: event.ByPhone, Key: phone})
		case 3:
			facts[n] = fact(t, buyer, n, event.OrderRefunded{Order: id.Order(1 + random.IntN(n+1)), Refunded: 50})
		case 4:
			facts[n] = fact(t, event.Store(3), n, paid(n))
		case 5:
			facts[n] = fact(t, known, n, paid(n))
		default:
			facts[n] = fact(t, buyer, n, paid(n))
		}
	}
	return facts
}

// However facts are cut into batches, and whoever folds them, the same is known
// and counted in the end.
func TestTheSizeOfBatchesChangesNothing(t *testing.T) {
	for seed := range uint64(3) {
		facts := history(t, seed)
		alone := newMill(t, false)
		for _, f := range facts {
			alone.append(t, f)
			alone.fold(t)
		}
		alone.verified(t)
		want := alone.figures(t)

		ahead, random := newMill(t, true), rand.New(rand.NewPCG(seed, 8))
		for rest := facts; len(rest) > 0; {
			n := min(len(rest), 1+random.IntN(60))
			ahead.append(t, rest[:n]...)
			if err := ahead.FoldAhead(t.Context()); err != nil {
				t.Fatal(err)
			}
			if random.IntN(4) == 0 {
				ahead.fold(t)
			}
			rest = rest[n:]
		}
		ahead.fold(t)
		ahead.verified(t)
		if got := ahead.figures(t); got != want {
			t.Fatalf("seed %d: in batches\n%sone by one\n%s", seed, got, want)
		}
	}
}

func TestFoldingAheadStoresWholeBatchesOnly(t *testing.T) {
	for _, calm := range []bool{true, false} {
		m := newMill(t, calm)
		facts := make([]event.Fact, 2500)
		for n := range facts {
			facts[n] = fact(t, event.Customer(id.Customer(1+n)), n, paid(n))
		}
		m.append(t, facts...)
		if err := m.FoldAhead(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := int64(0) // a long transaction would still have room
		if !calm {
			want = 2000
		}
		if at, err := m.log.Cursor(t.Context(), flow.Reader); err != nil || at != want {
			t.Errorf("calm %v: folded ahead up to %d, want %d; %v", calm, at, want, err)
		}
		if touched := m.fold(t); len(touched) != len(facts) {
			t.Errorf("calm %v: %d customers are told of, want %d", calm, len(touched), len(facts))
		}
		if touched := m.fold(t); len(touched) != 0 {
			t.Errorf("calm %v: %d customers are told of twice", calm, len(touched))
		}
		m.verified(t)
	}
}

// A state keeps the most recent orders only; the day's figures count them all.
func TestOrdersThatFallOutOfTheRecentOnesAreCounted(t *testing.T) {
	m := newMill(t, true)
	const orders = 3 * profile.RecentOrders
	for n := range orders {
		m.append(t, fact(t, event.Customer(1), n, paid(n)))
	}
	m.fold(t)
	counters, err := m.db.Counters(t.Context(), []string{flow.CountOrders}, 0, event.At(noon.AddDate(1, 0, 0)))
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for _, c := range counters {
		sum += c.Delta
	}
	if sum != orders {
		t.Errorf("%d orders were counted, want %d", sum, orders)
	}
}
