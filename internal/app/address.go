package app

import (
	"context"
	"fmt"
	"slices"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/vault"
)

// addresses finds customers' external_userids, which only the vault knows.
type addresses struct {
	db    *storage.DB
	vault *vault.Vault
}

// ExternalIDs implements delivery.Addresses. Where a customer answers for
// several ids of the corp, one whose own state has an active relation with the
// member is preferred.
func (a addresses) ExternalIDs(ctx context.Context, corp id.Corp, staff id.Staff, customers []id.Customer) (map[id.Customer]string, error) {
	aliases, err := a.db.AliasesOf(ctx, customers)
	if err != nil {
		return nil, fmt.Errorf("look up aliases: %w", err)
	}
	var all []id.Customer
	var subjects []event.Subject
	for _, c := range customers {
		for _, one := range aliases[c] {
			all = append(all, one)
			subjects = append(subjects, event.Customer(one))
		}
	}
	known, err := a.known(ctx, corp, subjects)
	if err != nil {
		return nil, err
	}
	related, err := a.related(ctx, staff, all, len(all) > len(customers))
	if err != nil {
		return nil, err
	}
	found := make(map[id.Customer]string, len(customers))
	for _, c := range customers {
		for _, one := range aliases[c] {
			address, ok := known[one]
			if ok && (found[c] == "" || slices.Contains(related, one)) {
				found[c] = address
			}
		}
	}
	return found, nil
}

// known returns the external_userids that belong to the corp.
func (a addresses) known(ctx context.Context, corp id.Corp, subjects []event.Subject) (map[id.Customer]string, error) {
	entries, err := a.vault.Of(ctx, subjects, []vault.Field{vault.UserID})
	if err != nil {
		return nil, err
	}
	known := make(map[id.Customer]string, len(entries))
	for _, e := range entries {
		if c := id.Customer(e.Subject.ID); id.CustomerOf(corp, e.Text) == c {
			known[c] = e.Text
		}
	}
	return known, nil
}

// related returns which of the ids have an active relation with the member by
// themselves. It is asked only where somebody answers for several ids.
func (a addresses) related(ctx context.Context, staff id.Staff, ids []id.Customer, several bool) ([]id.Customer, error) {
	if !several {
		return nil, nil
	}
	states, err := a.db.LoadCustomers(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("load customers: %w", err)
	}
	var related []id.Customer
	for i := range states {
		if slices.Contains(states[i].Staff(), staff) {
			related = append(related, states[i].ID)
		}
	}
	return related, nil
}
