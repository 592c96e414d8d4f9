package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/event"
	"siyu/internal/vault"
	"siyu/internal/wecom"
)

// Tokens keeps WeCom's access tokens, sealed. It implements wecom.TokenStore.
type Tokens struct {
	db  *DB
	key vault.Key
}

var _ wecom.TokenStore = (*Tokens)(nil)

// NewTokens returns the tokens kept in db under the key.
func NewTokens(db *DB, key vault.Key) *Tokens { return &Tokens{db: db, key: key} }

// Token implements wecom.TokenStore.
func (s *Tokens) Token(ctx context.Context, key wecom.TokenKey) (wecom.Token, error) {
	var t wecom.Token
	var box []byte
	found, err := one(ctx, s.db.reader, []any{&box, &t.Version, moment{&t.Expires}},
		"SELECT box, version, expires FROM token WHERE key = $1", string(key))
	if err != nil {
		return wecom.Token{}, fmt.Errorf("read token: %w", err)
	}
	if !found || t.Version == 0 {
		return wecom.Token{}, nil
	}
	value, err := s.key.Open(box, []byte(key))
	if err != nil {
		return wecom.Token{}, fmt.Errorf("read token: %w", err)
	}
	t.Value = wecom.Secret(value)
	return t, nil
}

// Lease implements wecom.TokenStore.
func (s *Tokens) Lease(ctx context.Context, key wecom.TokenKey, holder string, ttl time.Duration) (fence int64, err error) {
	err = s.db.Write(ctx, Interactive, func(tx *Tx) error {
		if _, err := tx.exec(ctx, `INSERT INTO token (key, box, version, expires, holder, fence, leased)
			VALUES ($1, $2, 0, 0, '', 0, 0) ON CONFLICT (key) DO NOTHING`, string(key), []byte{}); err != nil {
			return err
		}
		now := tx.dialect.now()
		_, err := one(ctx, tx, []any{&fence}, `UPDATE token SET holder = $1, fence = fence + 1, leased = `+now+` + $2
			WHERE key = $3 AND (holder = '' OR holder = $4 OR leased <= `+now+`) RETURNING fence`,
			holder, ttl.Milliseconds(), string(key), holder)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("lease token: %w", err)
	}
	return fence, nil
}

// Put implements wecom.TokenStore.
func (s *Tokens) Put(ctx context.Context, key wecom.TokenKey, t wecom.Token) (stored bool, err error) {
	box := s.key.Seal([]byte(t.Value), []byte(key))
	err = s.db.Write(ctx, Interactive, func(tx *Tx) error {
		n, err := tx.exec(ctx, "UPDATE token SET box = $1, version = $2, expires = $3, holder = '' WHERE key = $4 AND fence = $5",
			box, t.Version, int64(event.At(t.Expires)), string(key), t.Version)
		stored = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("store token: %w", err)
	}
	return stored, nil
}

// Release implements wecom.TokenStore.
func (s *Tokens) Release(ctx context.Context, key wecom.TokenKey, fence int64) error {
	err := s.db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, "UPDATE token SET holder = '' WHERE key = $1 AND fence = $2", string(key), fence)
		return err
	})
	if err != nil {
		return fmt.Errorf("release token: %w", err)
	}
	return nil
}

// now is the database's own clock in milliseconds, as an expression.
func (d Dialect) now() string {
	if d == Postgres {
		return "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"
	}
	return "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
}
