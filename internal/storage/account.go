package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/account"
)

var _ account.Keeper = (*DB)(nil)

var (
	accountTable = table{name: "account", key: []string{"name"}, known: replace,
		columns: []column{{"name", text}, {"role", text}, {"stores", bytes}, {"staff_id", bigint}, {"active", boolean},
			{"password", text}, {"last_seen", bigint}}}
	linkTable = table{name: "account_link", key: []string{"hash"}, known: replace,
		columns: []column{{"hash", bytes}, {"account", text}, {"expires", bigint}}}
	sessionTable = table{name: "session", key: []string{"hash"}, known: replace,
		columns: []column{{"hash", bytes}, {"account", text}, {"began", bigint}, {"expires", bigint}}}
)

// ChangeAccounts implements account.Keeper.
func (db *DB) ChangeAccounts(ctx context.Context, change func(account.Book) error) error {
	return db.Write(ctx, Interactive, func(tx *Tx) error {
		if tx.dialect == Postgres {
			if _, err := tx.exec(ctx, "LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE"); err != nil {
				return fmt.Errorf("lock accounts: %w", err)
			}
		}
		return change(accountBook{tx})
	})
}

// accountBook implements account.Book.
type accountBook struct{ tx *Tx }

func (b accountBook) Account(ctx context.Context, name string) (*account.Account, error) {
	list, err := accounts(ctx, b.tx, "WHERE name = $1", name)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func (b accountBook) All(ctx context.Context) ([]account.Account, error) {
	return accounts(ctx, b.tx, "ORDER BY name")
}

func (b accountBook) PutAccount(ctx context.Context, a account.Account) error {
	stores, err := encode(a.Stores)
	if err != nil {
		return err
	}
	_, err = b.tx.put(ctx, accountTable, [][]any{{a.Name, string(a.Role), stores, int64(a.Staff), a.Active, a.Password, at(a.LastSeen)}})
	return err
}

func (b accountBook) PutLink(ctx context.Context, l account.Link) error {
	if _, err := b.tx.exec(ctx, "DELETE FROM account_link WHERE account = $1", l.Account); err != nil {
		return fmt.Errorf("void links: %w", err)
	}
	_, err := b.tx.put(ctx, linkTable, [][]any{{l.Hash[:], l.Account, at(l.Expires)}})
	return err
}

func (b accountBook) TakeLink(ctx context.Context, hash [32]byte) (*account.Link, error) {
	l, err := linkOf(ctx, b.tx, hash)
	if err != nil || l == nil {
		return nil, err
	}
	_, err = b.tx.exec(ctx, "DELETE FROM account_link WHERE hash = $1", hash[:])
	return l, err
}

func (b accountBook) PutSession(ctx context.Context, s account.Session) error {
	_, err := b.tx.put(ctx, sessionTable, [][]any{{s.Hash[:], s.Account, at(s.Began), at(s.Expires)}})
	return err
}

func (b accountBook) EndSessions(ctx context.Context, name string, but [32]byte, now time.Time) error {
	_, err := b.tx.exec(ctx, "DELETE FROM session WHERE (account = $1 AND hash <> $2) OR expires <= $3", name, but[:], at(now))
	return err
}

func accounts(ctx context.Context, q querier, where string, args ...any) ([]account.Account, error) {
	var list []account.Account
	err := each(ctx, q, func(scan func(...any) error) error {
		var a account.Account
		var stores []byte
		if err := scan(&a.Name, &a.Role, &stores, &a.Staff, &a.Active, &a.Password, moment{&a.LastSeen}); err != nil {
			return err
		}
		if err := decode(stores, &a.Stores); err != nil {
			return err
		}
		list = append(list, a)
		return nil
	}, "SELECT "+accountTable.list()+" FROM account "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	return list, nil
}

func linkOf(ctx context.Context, q querier, hash [32]byte) (*account.Link, error) {
	l := account.Link{Hash: hash}
	found, err := one(ctx, q, []any{&l.Account, moment{&l.Expires}}, "SELECT account, expires FROM account_link WHERE hash = $1", hash[:])
	if err != nil {
		return nil, fmt.Errorf("read link: %w", err)
	}
	if !found {
		return nil, nil
	}
	return &l, nil
}

// Accounts implements account.Keeper.
func (db *DB) Accounts(ctx context.Context) ([]account.Account, error) {
	list, err := accounts(ctx, db.reader, "ORDER BY name")
	return list, err
}

// OpenLink implements account.Keeper.
func (db *DB) OpenLink(ctx context.Context, hash [32]byte) (link *account.Link, anybody bool, err error) {
	if link, err = linkOf(ctx, db.reader, hash); err != nil {
		return nil, false, err
	}
	if _, err = one(ctx, db.reader, []any{&anybody}, "SELECT EXISTS (SELECT 1 FROM account)"); err != nil {
		return nil, false, fmt.Errorf("look for accounts: %w", err)
	}
	return link, anybody, nil
}

// SessionOf implements account.Keeper.
func (db *DB) SessionOf(ctx context.Context, hash [32]byte) (*account.Session, *account.Account, error) {
	s, a := account.Session{Hash: hash}, account.Account{}
	var stores []byte
	found, err := one(ctx, db.reader, []any{&s.Account, moment{&s.Began}, moment{&s.Expires}, &a.Role, &stores, &a.Staff, &a.Active, moment{&a.LastSeen}},
		`SELECT s.account, s.began, s.expires, a.role, a.stores, a.staff_id, a.active, a.last_seen
		FROM session s JOIN account a ON a.name = s.account WHERE s.hash = $1`, hash[:])
	if err == nil && found {
		err = decode(stores, &a.Stores)
	}
	if err != nil || !found {
		return nil, nil, err
	}
	a.Name = s.Account
	return &s, &a, nil
}

// EndSession implements account.Keeper.
func (db *DB) EndSession(ctx context.Context, hash [32]byte) error {
	return db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, "DELETE FROM session WHERE hash = $1", hash[:])
		return err
	})
}

// Saw implements account.Keeper.
func (db *DB) Saw(ctx context.Context, name string, when time.Time) error {
	return db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, "UPDATE account SET last_seen = $1 WHERE name = $2 AND last_seen < $3", at(when), name, at(when))
		return err
	})
}

// CountAttempt implements account.Keeper.
func (db *DB) CountAttempt(ctx context.Context, keys [][]byte, now time.Time, window time.Duration) (highest int, err error) {
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		highest = 0
		if _, err := tx.exec(ctx, "DELETE FROM login_attempt WHERE since <= $1", at(now.Add(-window))); err != nil {
			return err
		}
		for _, k := range keys {
			var n int
			_, err := one(ctx, tx, []any{&n}, `INSERT INTO login_attempt (key, since, count) VALUES ($1, $2, 1)
				ON CONFLICT (key) DO UPDATE SET count = login_attempt.count + 1 RETURNING count`, k, at(now))
			if err != nil {
				return err
			}
			highest = max(highest, n)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count login: %w", err)
	}
	return highest, nil
}
