package vault

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"siyu/internal/event"
	"siyu/internal/id"
)

// names is what people are called, in memory: nothing in the database can be
// searched by name.
type names struct {
	mu     sync.RWMutex
	loaded bool
	book   *book
}

// called is a name and, for customers, what staff call them.
type called struct {
	name    string
	remarks []remark
}

type remark struct{ part, text string }

// LoadNames reads all names into memory. It is called once at the start; from
// then on Put and Erase keep them current.
func (v *Vault) LoadNames(ctx context.Context) error {
	v.names.mu.Lock()
	v.names.loaded, v.names.book = true, newBook()
	v.names.mu.Unlock()
	const some = 1000
	entries := make([]Entry, 0, some)
	for _, field := range []Field{Name, Remark} {
		err := v.store.EachSealed(ctx, field, func(r Sealed) error {
			e, err := v.open(r)
			if entries = append(entries, e); len(entries) == some {
				v.names.learn(entries)
				entries = entries[:0]
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("load names: %w", err)
		}
	}
	v.names.learn(entries)
	return nil
}

func (n *names) learn(entries []Entry) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.loaded {
		return
	}
	for _, e := range entries {
		c := n.book.of(e.Subject)
		switch e.Field {
		case Name:
			c.name = e.Text
		case Remark:
			c.remarks = slices.DeleteFunc(c.remarks, func(r remark) bool { return r.part == e.Part })
			c.remarks = append(c.remarks, remark{e.Part, e.Text})
		default:
			continue
		}
		n.book.put(e.Subject, c)
	}
}

func (n *names) forget(s event.Subject) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.loaded {
		n.book.remove(s)
	}
}

// NamesOf returns what the subjects are called; those without a name are left
// out. A customer without a name is called as staff remarked.
func (v *Vault) NamesOf(_ context.Context, subjects []event.Subject) (map[event.Subject]string, error) {
	v.names.mu.RLock()
	defer v.names.mu.RUnlock()
	found := make(map[event.Subject]string, len(subjects))
	if !v.names.loaded {
		return found, nil
	}
	for _, s := range subjects {
		c := v.names.book.of(s)
		switch {
		case c.name != "":
			found[s] = c.name
		case len(c.remarks) > 0:
			found[s] = c.remarks[0].text
		}
	}
	return found, nil
}

// FindCustomers returns up to limit customers whose name or remark holds the
// text, whatever its case. It looks at all names in memory: some 70 ms among a
// million.
func (v *Vault) FindCustomers(_ context.Context, text string, limit int) ([]id.Customer, error) {
	wanted := strings.ToLower(strings.TrimSpace(text))
	if wanted == "" {
		return nil, nil
	}
	v.names.mu.RLock()
	defer v.names.mu.RUnlock()
	if !v.names.loaded {
		return nil, nil
	}
	found := v.names.book.find(event.AboutCustomer, wanted, limit)
	slices.Sort(found)
	return found, nil
}
