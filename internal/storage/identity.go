package storage

import (
	"context"
	"fmt"

	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
)

var (
	// identityTable keeps the first owner: a claim on a known identity is
	// evidence for a merge, not a change of owner.
	identityTable = table{name: "identity", key: []string{"kind", "key"},
		columns: []column{{"kind", text}, {"key", bytes}, {"customer_id", bigint}}}
	aliasTable = table{name: "customer_alias", key: []string{"customer_id"}, known: replace,
		columns: []column{{"customer_id", bigint}, {"canonical_id", bigint}}}
)

// IdentityOwners implements flow.States.
func (db *DB) IdentityOwners(ctx context.Context, keys []flow.Identity) (map[string]id.Customer, error) {
	byKind := map[event.IdentityKind][][]byte{}
	for _, k := range keys {
		byKind[k.Kind] = append(byKind[k.Kind], k.Key)
	}
	owners := map[string]id.Customer{}
	for kind, list := range byKind {
		err := each(ctx, db.reader, func(scan func(...any) error) error {
			i := flow.Identity{Kind: kind}
			if err := scan(&i.Key, &i.Customer); err != nil {
				return err
			}
			owners[i.Text()] = i.Customer
			return nil
		}, "SELECT identity.key, customer_id FROM "+db.dialect.joinedBytes(1)+" identity ON kind = $2 AND identity.key = "+db.dialect.bytesJoined(),
			byteList(db.dialect, list), string(kind))
		if err != nil {
			return nil, fmt.Errorf("look up %d identities: %w", len(keys), err)
		}
	}
	return owners, nil
}

// MergesOf implements flow.States.
func (db *DB) MergesOf(ctx context.Context, ids []id.Customer) (map[id.Customer]id.Customer, error) {
	next, err := mergesOf(ctx, db.reader, db.dialect, ids)
	if err != nil {
		return nil, fmt.Errorf("look up merges: %w", err)
	}
	return next, nil
}

// Canonical returns, for those of the ids that were merged, who answers for
// them now: the end of the chain.
func (db *DB) Canonical(ctx context.Context, ids []id.Customer) (map[id.Customer]id.Customer, error) {
	answers, err := canonical(ctx, db.reader, db.dialect, ids)
	if err != nil {
		return nil, fmt.Errorf("look up merged customers: %w", err)
	}
	return answers, nil
}

// mergesOf follows all chains one step at a time, until nothing moves.
func mergesOf(ctx context.Context, q querier, d Dialect, ids []id.Customer) (map[id.Customer]id.Customer, error) {
	next, ask := map[id.Customer]id.Customer{}, ids
	for len(ask) > 0 {
		var further []id.Customer
		err := each(ctx, q, func(scan func(...any) error) error {
			var from, to id.Customer
			if err := scan(&from, &to); err != nil {
				return err
			}
			if _, known := next[from]; !known {
				next[from] = to
				further = append(further, to)
			}
			return nil
		}, "SELECT customer_id, canonical_id FROM "+d.joined(1)+" customer_alias ON customer_id = j.value", idList(d, ask))
		if err != nil {
			return nil, err
		}
		ask = further
	}
	return next, nil
}

func canonical(ctx context.Context, q querier, d Dialect, ids []id.Customer) (map[id.Customer]id.Customer, error) {
	next, err := mergesOf(ctx, q, d, ids)
	if err != nil {
		return nil, err
	}
	answers := map[id.Customer]id.Customer{}
	for _, c := range ids {
		end := c
		for range next { // a chain is never longer than all links together
			to, merged := next[end]
			if !merged {
				break
			}
			end = to
		}
		if end != c {
			answers[c] = end
		}
	}
	return answers, nil
}

// AliasesOf implements flow.States.
func (db *DB) AliasesOf(ctx context.Context, customers []id.Customer) (map[id.Customer][]id.Customer, error) {
	all, err := aliasesOf(ctx, db.reader, db.dialect, customers)
	if err != nil {
		return nil, fmt.Errorf("look up aliases: %w", err)
	}
	return all, nil
}

func aliasesOf(ctx context.Context, q querier, d Dialect, customers []id.Customer) (map[id.Customer][]id.Customer, error) {
	all, owner := map[id.Customer][]id.Customer{}, map[id.Customer]id.Customer{}
	ask := make([]id.Customer, 0, len(customers))
	for _, c := range customers {
		if _, known := owner[c]; !known {
			all[c], owner[c] = []id.Customer{c}, c
			ask = append(ask, c)
		}
	}
	for len(ask) > 0 {
		var further []id.Customer
		err := each(ctx, q, func(scan func(...any) error) error {
			var from, to id.Customer
			if err := scan(&from, &to); err != nil {
				return err
			}
			if _, known := owner[from]; !known {
				owner[from] = owner[to]
				all[owner[to]] = append(all[owner[to]], from)
				further = append(further, from)
			}
			return nil
		}, "SELECT customer_id, canonical_id FROM customer_alias WHERE canonical_id "+d.among(1)+" ORDER BY customer_id", idList(d, ask))
		if err != nil {
			return nil, err
		}
		ask = further
	}
	return all, nil
}

// putAliases stores merges and undoes them, in the order given.
func (tx *Tx) putAliases(ctx context.Context, aliases []flow.Alias) error {
	for _, a := range aliases {
		if a.Customer == a.Canonical {
			if _, err := tx.exec(ctx, "DELETE FROM customer_alias WHERE customer_id = $1", int64(a.Customer)); err != nil {
				return fmt.Errorf("undo alias: %w", err)
			}
			continue
		}
		if _, err := tx.put(ctx, aliasTable, [][]any{{int64(a.Customer), int64(a.Canonical)}}); err != nil {
			return err
		}
	}
	return nil
}
