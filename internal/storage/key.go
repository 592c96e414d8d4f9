package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/account"
	"siyu/internal/fault"
)

var _ account.KeyKeeper = (*DB)(nil)

var keyTable = table{name: "api_key", key: []string{"name"}, known: keep,
	columns: []column{{"name", text}, {"hash", bytes}, {"role", text}, {"stores", bytes}, {"maker", text}, {"made", bigint}, {"used", bigint}, {"members", boolean}}}

// AddKey implements account.KeyKeeper.
func (db *DB) AddKey(ctx context.Context, k account.Key) error {
	stores, err := encode(k.Stores)
	if err != nil {
		return err
	}
	return db.Write(ctx, Interactive, func(tx *Tx) error {
		n, err := tx.put(ctx, keyTable, [][]any{{k.Name, k.Hash[:], string(k.Role), stores, k.Maker, at(k.Made), at(k.Used), k.Members}})
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "a key of this name is there")
		}
		return err
	})
}

// Keys implements account.KeyKeeper.
func (db *DB) Keys(ctx context.Context) ([]account.Key, error) {
	var all []account.Key
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var k account.Key
		var hash, stores []byte
		if err := scan(&k.Name, &hash, &k.Role, &stores, &k.Maker, moment{&k.Made}, moment{&k.Used}, &k.Members); err != nil {
			return err
		}
		k.Hash = [32]byte(hash)
		err := decode(stores, &k.Stores)
		all = append(all, k)
		return err
	}, "SELECT "+keyTable.list()+" FROM api_key ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	return all, nil
}

// KeyOf implements account.KeyKeeper.
func (db *DB) KeyOf(ctx context.Context, hash [32]byte) (*account.Key, *account.Account, error) {
	var k account.Key
	var maker account.Account
	var kept, stores, makers []byte
	found, err := one(ctx, db.reader, []any{&k.Name, &kept, &k.Role, &stores, &k.Maker, moment{&k.Made}, moment{&k.Used}, &k.Members, &maker.Name, &maker.Role, &makers, &maker.Active},
		`SELECT k.name, k.hash, k.role, k.stores, k.maker, k.made, k.used, k.members, COALESCE(a.name, ''), COALESCE(a.role, ''), a.stores, COALESCE(a.active, false)
		FROM api_key k LEFT JOIN account a ON a.name = k.maker WHERE k.hash = $1`, hash[:])
	if err != nil {
		return nil, nil, fmt.Errorf("read key: %w", err)
	}
	if !found {
		return nil, nil, nil
	}
	k.Hash = [32]byte(kept)
	if err := decode(stores, &k.Stores); err != nil {
		return nil, nil, err
	}
	if maker.Name == "" {
		return &k, nil, nil
	}
	return &k, &maker, decode(makers, &maker.Stores)
}

// KeyUsed implements account.KeyKeeper.
func (db *DB) KeyUsed(ctx context.Context, name string, when time.Time) error {
	return db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, "UPDATE api_key SET used = $1 WHERE name = $2 AND used < $3", at(when), name, at(when))
		return err
	})
}

// DropKey implements account.KeyKeeper.
func (db *DB) DropKey(ctx context.Context, name string) (was bool, err error) {
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		n, err := tx.exec(ctx, "DELETE FROM api_key WHERE name = $1", name)
		was = n > 0
		return err
	})
	return was, err
}
