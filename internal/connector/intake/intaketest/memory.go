// Package intaketest holds an intake's log, vault and ledger in memory, for
// tests of what comes in.
package intaketest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"sync"

	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/id"
	"siyu/internal/vault"

	"siyu/internal/connector/intake"
)

// Memory is a log, a vault and a ledger. It is safe for concurrent use.
type Memory struct {
	mu     sync.Mutex
	facts  []event.Fact
	known  map[factKey]bool
	texts  map[textKey]string
	ledger map[string]map[string][]byte
	// Fail, if set, is asked before each write and may refuse it.
	Fail func(what string) error
}

type factKey struct {
	subject event.Subject
	key     [32]byte
}

type textKey struct {
	subject event.Subject
	field   vault.Field
	part    string
}

// New returns an empty memory.
func New() *Memory {
	return &Memory{known: map[factKey]bool{}, texts: map[textKey]string{}, ledger: map[string]map[string][]byte{}}
}

// Intake returns an intake of a corp that keeps everything in the memory. Its
// log checks facts as the real one does.
func (m *Memory) Intake(corp id.Corp, now clock.Clock) *intake.Intake {
	return &intake.Intake{Corp: corp, Log: eventlog.New(store{Memory: m}, now), Vault: m, Ledger: m, Clock: now}
}

// store is the part of a log's store that appending needs.
type store struct {
	eventlog.Store
	*Memory
}

// AppendFacts implements eventlog.Store.
func (s store) AppendFacts(_ context.Context, facts []event.Fact) (int, error) {
	m := s.Memory
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.refused("facts"); err != nil {
		return 0, err
	}
	added := 0
	for _, f := range facts {
		key := factKey{f.Subject, f.Key}
		if m.known[key] {
			continue
		}
		m.known[key] = true
		f.Seq = int64(len(m.facts) + 1)
		m.facts = append(m.facts, f)
		added++
	}
	return added, nil
}

func (m *Memory) refused(what string) error {
	if m.Fail == nil {
		return nil
	}
	return m.Fail(what)
}

// Facts returns the facts after a position.
func (m *Memory) Facts(after int) []event.Fact {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.facts[after:len(m.facts):len(m.facts)]
}

// Put implements intake.Vault.
func (m *Memory) Put(_ context.Context, entries []vault.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.refused("texts"); err != nil {
		return err
	}
	for _, e := range entries {
		m.texts[textKey{e.Subject, e.Field, e.Part}] = e.Text
	}
	return nil
}

// Text returns what the vault holds, "" if nothing.
func (m *Memory) Text(subject event.Subject, field vault.Field, part string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.texts[textKey{subject, field, part}]
}

// PhoneHash implements intake.Vault.
func (m *Memory) PhoneHash(digits string) []byte { return m.KeyedHash("phone " + digits) }

// KeyedHash implements intake.Vault.
func (m *Memory) KeyedHash(text string) []byte {
	mac := hmac.New(sha256.New, []byte("key of the test"))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// Told implements intake.Ledger.
func (m *Memory) Told(_ context.Context, set string, names ...string) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	rows := map[string][]byte{}
	if len(names) == 0 {
		for name, row := range m.ledger[set] {
			rows[name] = row
		}
	}
	for _, name := range names {
		if row, ok := m.ledger[set][name]; ok {
			rows[name] = row
		}
	}
	return rows, nil
}

// Tell implements intake.Ledger.
func (m *Memory) Tell(_ context.Context, set string, rows map[string][]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.refused("ledger"); err != nil {
		return err
	}
	if m.ledger[set] == nil {
		m.ledger[set] = map[string][]byte{}
	}
	for name, row := range rows {
		if row == nil {
			delete(m.ledger[set], name)
		} else {
			m.ledger[set][name] = row
		}
	}
	return nil
}

// Texts returns all the vault holds of a field.
func (m *Memory) Texts(field vault.Field) (texts []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, text := range m.texts {
		if key.field == field {
			texts = append(texts, text)
		}
	}
	return texts
}
