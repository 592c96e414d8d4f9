package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/flow"
	"siyu/internal/id"
)

var _ flow.Heirs = (*DB)(nil)

// FrozenOf implements flow.Heirs.
func (db *DB) FrozenOf(ctx context.Context, customers []id.Customer) (members []flow.FrozenMember, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var m flow.FrozenMember
		err := scan(&m.Customer, &m.Audience, &m.Own)
		members = append(members, m)
		return err
	}, "SELECT m.customer_id, m.audience_id, m.own FROM "+db.dialect.joined(1)+" audience_member m ON m.customer_id = j.value"+
		" WHERE m.audience_id IN (SELECT id FROM audience WHERE kind = 'frozen')", idList(db.dialect, slices.Sorted(slices.Values(customers))))
	if err != nil {
		return nil, fmt.Errorf("read frozen audiences of %d customers: %w", len(customers), err)
	}
	return members, nil
}

// SetHeirs implements flow.Heirs.
func (db *DB) SetHeirs(ctx context.Context, come, gone []flow.FrozenMember, when time.Time) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		for _, m := range come {
			if _, err := tx.exec(ctx, `INSERT INTO audience_member (customer_id, audience_id, since, own) VALUES ($1, $2, $3, $4)
				ON CONFLICT (customer_id, audience_id) DO NOTHING`, int64(m.Customer), m.Audience, at(when), false); err != nil {
				return err
			}
		}
		for _, m := range gone {
			if _, err := tx.exec(ctx, "DELETE FROM audience_member WHERE customer_id = $1 AND audience_id = $2 AND NOT own", int64(m.Customer), m.Audience); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("hand frozen audiences on to %d customers: %w", len(come), err)
	}
	return nil
}
