package customers

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/vault"
)

// memory keeps facts, names and checkpoints as the interfaces promise, and dies
// on request before or after it has stored something.
type memory struct {
	facts  []event.Fact
	keys   map[string]bool
	runs   map[[32]byte]Checkpoint
	owners map[string]id.Customer
	merges map[id.Customer]id.Customer
	known  map[id.Customer]Known
	names  map[id.Customer]string
	calls  int  // of SaveMembers
	dieAt  int  // call that fails, counted from 1; 0 for none
	stores bool // the call that fails has its effect nevertheless
}

var errKilled = errors.New("killed")

func newMemory() *memory {
	return &memory{keys: map[string]bool{}, runs: map[[32]byte]Checkpoint{}, owners: map[string]id.Customer{}, merges: map[id.Customer]id.Customer{},
		known: map[id.Customer]Known{}, names: map[id.Customer]string{}}
}

func (m *memory) Stamp(facts []event.Fact) error {
	for i := range facts {
		facts[i].Received = today
	}
	return nil
}

func (m *memory) PhoneOwners(_ context.Context, keys [][]byte) (map[string]id.Customer, error) {
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

func (m *memory) MetSince(_ context.Context, customers []id.Customer, _ time.Time) (map[id.Customer]bool, error) {
	met := map[id.Customer]bool{}
	for _, c := range customers {
		for _, f := range m.facts {
			met[c] = met[c] || f.Kind == event.KindCustomerIdentified && f.Subject == event.Customer(c)
		}
		if !met[c] {
			delete(met, c)
		}
	}
	return met, nil
}

func (m *memory) DescribedCustomers(_ context.Context, customers []id.Customer) (map[id.Customer]Known, error) {
	out := map[id.Customer]Known{}
	for _, c := range customers {
		if k, ok := m.known[c]; ok {
			out[c] = k
		}
	}
	return out, nil
}

func (m *memory) SaveMembers(_ context.Context, facts []event.Fact, at Checkpoint) error {
	m.calls++
	dies := m.calls == m.dieAt
	if !dies || m.stores {
		for _, f := range facts {
			if key := id.Text(id.Customer(f.Subject.ID)) + string(f.Key[:]); !m.keys[key] {
				m.keys[key] = true
				m.facts = append(m.facts, f)
			}
		}
		at.Result = at.Result.clone()
		m.runs[at.Key] = at
	}
	if dies {
		return errKilled
	}
	return nil
}

func (m *memory) OpenMemberRun(_ context.Context, key [32]byte) (Checkpoint, bool, error) {
	at, ok := m.runs[key]
	return at, ok && !at.Done, nil
}

func (m *memory) Of(_ context.Context, subjects []event.Subject, _ []vault.Field) (entries []vault.Entry, err error) {
	for _, s := range subjects {
		if name, ok := m.names[id.Customer(s.ID)]; ok {
			entries = append(entries, vault.Entry{Subject: s, Field: vault.Remark, Part: namePart, Text: name})
		}
	}
	return entries, nil
}

func (m *memory) Put(_ context.Context, entries []vault.Entry) error {
	for _, e := range entries {
		m.names[id.Customer(e.Subject.ID)] = e.Text
	}
	return nil
}

// fold makes known what the facts say, as the flow does.
func (m *memory) fold(t *testing.T) {
	t.Helper()
	for _, f := range m.facts {
		c := id.Customer(f.Subject.ID)
		k := m.known[c]
		if k.Since.IsZero() {
			k.Since = f.At
		}
		switch f.Kind {
		case event.KindCustomerIdentified:
			body, err := event.Read[event.CustomerIdentified](f)
			if err != nil {
				t.Fatal(err)
			}
			m.owners[string(body.Key)] = c
		case event.KindCustomerReferred:
			body, err := event.Read[event.CustomerReferred](f)
			if err != nil {
				t.Fatal(err)
			}
			k.By = body.By
		case event.KindCustomerDescribed:
			body, err := event.Read[event.CustomerDescribed](f)
			if err != nil {
				t.Fatal(err)
			}
			k.At = f.At
			k.Said = newestOf(k.Said, body)
		}
		m.known[c] = k
	}
	m.facts = nil
}

func newestOf(was, said event.CustomerDescribed) event.CustomerDescribed {
	if said.BirthMonth != 0 {
		was.BirthMonth, was.BirthDay = said.BirthMonth, said.BirthDay
	}
	for to, word := range map[*string]string{&was.City: said.City, &was.Level: said.Level, &was.Campaign: said.Campaign} {
		if word != "" {
			*to = word
		}
	}
	if said.Tags != nil {
		was.Tags = said.Tags
	}
	return was
}

// hashes is a keyed hash as the vault makes it.
type hashes struct{}

func (hashes) PhoneHash(digits string) []byte { return hashed(digits) }

func hashed(digits string) []byte {
	sum := hmac.New(sha256.New, []byte("key of the test"))
	sum.Write([]byte(digits))
	return sum.Sum(nil)
}

func buyer(phone string) id.Customer { return id.BuyerOf(hashed(phone)) }

var today = time.Date(2026, 4, 1, 8, 0, 0, 0, clock.Shanghai)

func importer(m *memory, at time.Time) *Importer {
	return &Importer{Log: m, Identities: m, Names: m, Runs: m, Phones: hashes{}, Clock: clock.NewVirtual(at)}
}

func imported(t *testing.T, m *memory, path string, options Options) Result {
	t.Helper()
	result, err := importer(m, today).Import(t.Context(), path, options)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

const head = "客户手机号,客户姓名,客户生日,所属区域,付费等级,来源渠道,推荐人手机号,成为会员时间,标签\n"

// file writes a csv of lines under head.
func file(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "members.csv")
	if err := os.WriteFile(path, []byte(head+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// said returns the bodies of one kind about a customer.
func said[B event.Body](t *testing.T, m *memory, c id.Customer) (bodies []B) {
	t.Helper()
	var want B
	for _, f := range m.facts {
		if f.Kind == want.Kind() && f.Subject == event.Customer(c) {
			body, err := event.Read[B](f)
			if err != nil {
				t.Fatal(err)
			}
			bodies = append(bodies, body)
		}
	}
	return bodies
}
