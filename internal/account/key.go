package account

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// KeyPrefix begins every key, so that scanners for leaked secrets know one.
const KeyPrefix = "siyu_"

// Key lets a brand's own program in. It may do and see what an account of its
// role and stores may, and never more than the account that made it.
type Key struct {
	Hash   [32]byte `json:"-"` // of the secret
	Name   string   // unique
	Role   Role     // Lead or Store
	Stores []id.Store
	// Members lets the program read who is in audiences, however many they are.
	Members bool
	Maker   string // account, "" for the command line
	Made    time.Time
	Used    time.Time // zero: never
}

// KeyKeeper is what keys need of a database.
type KeyKeeper interface {
	// AddKey stores a key. A name that exists is fault.Conflict.
	AddKey(ctx context.Context, k Key) error
	// Keys returns all keys, by name.
	Keys(ctx context.Context) ([]Key, error)
	// KeyOf returns the key with the hash and the account that made it in one
	// read; nil if there is none.
	KeyOf(ctx context.Context, hash [32]byte) (*Key, *Account, error)
	// KeyUsed notes when a key was last used.
	KeyUsed(ctx context.Context, name string, at time.Time) error
	// DropKey deletes a key and tells whether there was one.
	DropKey(ctx context.Context, name string) (bool, error)
	// Accounts returns all accounts, by name.
	Accounts(ctx context.Context) ([]Account, error)
}

// Keys lets programs in. It is safe for concurrent use.
type Keys struct {
	keeper KeyKeeper
	clock  clock.Clock
}

// NewKeys returns the keys kept by keeper.
func NewKeys(keeper KeyKeeper, c clock.Clock) *Keys { return &Keys{keeper: keeper, clock: c} }

var (
	errKeyTaken = errors.New("there is a key with this name")
	errKeyMore  = errors.New("a key may do no more than who makes it")
	errNoKey    = errors.New("no such key")
)

// Add makes a key and returns its secret, which nobody can read again. A name
// that exists is fault.Conflict, a key that may more than its maker
// fault.Forbidden.
func (k *Keys) Add(ctx context.Context, fresh Key) (secret string, err error) {
	if err := fresh.check(); err != nil {
		return "", err
	}
	if err := k.bounded(ctx, fresh); err != nil {
		return "", err
	}
	token, _ := newToken()
	secret = KeyPrefix + token
	fresh.Hash, fresh.Made, fresh.Used = hashOf(secret), k.clock.Now(), time.Time{}
	if fresh.Role == Lead {
		fresh.Stores = nil
	}
	if err := k.keeper.AddKey(ctx, fresh); err != nil {
		if fault.CodeOf(err) == fault.Conflict {
			err = fault.WithKey(fault.Conflict, "error.key_taken", errKeyTaken)
		}
		return "", err
	}
	return secret, nil
}

func (k *Keys) bounded(ctx context.Context, fresh Key) error {
	all, err := k.keeper.Accounts(ctx)
	if err != nil {
		return err
	}
	var maker *Account
	if i := slices.IndexFunc(all, func(a Account) bool { return a.Name == fresh.Maker }); i >= 0 {
		maker = &all[i]
	}
	if !fresh.within(maker) {
		return fault.WithKey(fault.Forbidden, "error.key_more", errKeyMore)
	}
	return nil
}

// within tells whether a key may do and see no more than its maker.
func (k Key) within(maker *Account) bool {
	if k.Maker == "" { // who reaches the data folder has everything in hand
		return true
	}
	if maker == nil || !maker.Active {
		return false
	}
	switch maker.Role {
	case Owner, Lead:
		return true
	case Store:
		return k.Role == Store && !slices.ContainsFunc(k.Stores, func(s id.Store) bool { return !slices.Contains(maker.Stores, s) })
	}
	return false
}

func (k Key) check() error {
	named := Account{Name: k.Name, Role: k.Role, Stores: k.Stores}
	if err := named.check(); err != nil {
		return err
	}
	if k.Role != Lead && k.Role != Store {
		return fault.New(fault.Invalid, "a key is for a lead or for stores, not %q", k.Role)
	}
	return nil
}

// All returns all keys, by name, without their hashes.
func (k *Keys) All(ctx context.Context) ([]Key, error) {
	all, err := k.keeper.Keys(ctx)
	for i := range all {
		all[i].Hash = [32]byte{}
	}
	return all, err
}

// Revoke ends a key at once; fault.NotFound if there is none.
func (k *Keys) Revoke(ctx context.Context, name string) error {
	was, err := k.keeper.DropKey(ctx, name)
	if err == nil && !was {
		err = fault.New(fault.NotFound, "there is no such key")
	}
	return err
}

// Who returns the key of a secret. It is fault.Denied where there is none, and
// while the account that made it may no longer do what the key may.
func (k *Keys) Who(ctx context.Context, secret string) (Key, error) {
	hash := hashOf(secret)
	known, maker, err := k.keeper.KeyOf(ctx, hash)
	if err != nil {
		return Key{}, err
	}
	if known == nil || subtle.ConstantTimeCompare(known.Hash[:], hash[:]) != 1 || !known.within(maker) {
		return Key{}, fault.New(fault.Denied, "%w", errNoKey)
	}
	if now := k.clock.Now(); now.Sub(known.Used) > seenEvery {
		if err := k.keeper.KeyUsed(ctx, known.Name, now); err != nil {
			return Key{}, err
		}
		known.Used = now
	}
	known.Hash = [32]byte{}
	return *known, nil
}
