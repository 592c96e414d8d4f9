package orders

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"sync"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/id"
)

// memory keeps facts, orders and checkpoints as the interfaces promise, and
// dies on request before or after it has stored something.
type memory struct {
	mu      sync.Mutex
	facts   []event.Fact
	keys    map[factKey]bool
	orders  map[id.Order]Known
	runs    map[[32]byte]Checkpoint
	owners  map[string]id.Customer
	merges  map[id.Customer]id.Customer
	calls   int // of SaveOrders
	now     time.Time
	dieAt   int // call that fails, counted from 1; 0 for none
	stores  bool
	batches int
}

type factKey struct {
	subject event.Subject
	key     [32]byte
}

var errKilled = errors.New("killed")

func newMemory() *memory {
	return &memory{
		keys: map[factKey]bool{}, orders: map[id.Order]Known{}, runs: map[[32]byte]Checkpoint{}, owners: map[string]id.Customer{}, now: today,
	}
}

// step counts a call; dies tells that it fails and stores whether it has its
// effect nevertheless, as a transaction that commits before the answer is lost.
func (m *memory) step() (dies, stores bool) {
	m.calls++
	if m.calls == m.dieAt {
		return true, m.stores
	}
	return false, true
}

func (m *memory) Stamp(facts []event.Fact) error {
	for i := range facts {
		facts[i].Received = m.now
	}
	return nil
}

func (m *memory) KnownOrders(_ context.Context, orders []id.Order) (map[id.Order]Known, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[id.Order]Known{}
	for _, o := range orders {
		if k, ok := m.orders[o]; ok {
			out[o] = k
		}
	}
	return out, nil
}

func (m *memory) SaveOrders(_ context.Context, facts []event.Fact, orders []Known, at Checkpoint) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	dies, stores := m.step()
	if stores {
		for _, f := range facts {
			if key := (factKey{f.Subject, f.Key}); !m.keys[key] {
				m.keys[key] = true
				m.facts = append(m.facts, f)
			}
		}
		for _, k := range orders {
			m.orders[k.Order] = k
		}
		at.Result = at.Result.clone()
		m.runs[at.Key] = at
		m.batches++
	}
	if dies {
		return errKilled
	}
	return nil
}

func (m *memory) OpenRun(_ context.Context, key [32]byte) (Checkpoint, bool, error) {
	at, ok := m.runs[key]
	at.Result = at.Result.clone()
	return at, ok && !at.Done, nil
}

func (m *memory) MetSince(_ context.Context, customers []id.Customer, since time.Time) (map[id.Customer]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	said := map[id.Customer]time.Time{}
	for _, f := range m.facts {
		if before, ok := said[id.Customer(f.Subject.ID)]; f.Kind == event.KindCustomerIdentified && (!ok || f.Received.Before(before)) {
			said[id.Customer(f.Subject.ID)] = f.Received
		}
	}
	met := map[id.Customer]bool{}
	for _, c := range customers {
		if at, ok := said[c]; ok && !at.Before(since) {
			met[c] = true
		}
	}
	return met, nil
}

func (m *memory) PhoneOwners(_ context.Context, keys [][]byte) (map[string]id.Customer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]id.Customer{}
	for _, key := range keys {
		if owner, ok := m.owners[string(key)]; ok {
			out[string(key)] = owner
		}
	}
	return out, nil
}

func (m *memory) Canonical(_ context.Context, customers []id.Customer) (map[id.Customer]id.Customer, error) {
	answers := map[id.Customer]id.Customer{}
	for _, c := range customers {
		if to, merged := m.merges[c]; merged {
			answers[c] = to
		}
	}
	return answers, nil
}

// learn makes the buyers of the log known by their phones, as the fold does.
func (m *memory) learn(t *testing.T) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range m.facts {
		if f.Kind == event.KindCustomerIdentified {
			body, err := event.Read[event.CustomerIdentified](f)
			if err != nil {
				t.Fatal(err)
			}
			m.owners[string(body.Key)] = id.Customer(f.Subject.ID)
		}
	}
}

// hashes is a keyed hash as the vault makes it.
type hashes struct{}

func (hashes) PhoneHash(digits string) []byte { return hashed(digits) }

func hashed(digits string) []byte {
	sum := hmac.New(sha256.New, []byte("key of the test"))
	sum.Write([]byte(digits))
	return sum.Sum(nil)
}

var today = time.Date(2026, 4, 1, 8, 0, 0, 0, clock.Shanghai)

func importer(m *memory) *Importer {
	busy := func() bool { return false } // then each batch is recorded by itself
	return &Importer{Log: m, Identities: m, Runs: m, Phones: hashes{}, Clock: clock.NewVirtual(m.now), Calm: busy}
}

func imported(t *testing.T, m *memory, path string, options Options) Result {
	t.Helper()
	result, err := importer(m).Import(t.Context(), path, options)
	if err != nil {
		t.Fatal(err)
	}
	return result
}
