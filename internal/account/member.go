package account

import (
	"context"
	"errors"

	"siyu/internal/fault"
	"siyu/internal/id"
)

var errOff = errors.New("the member's account is switched off")

// Member is a member of staff for whom WeCom has vouched.
type Member struct {
	Staff id.Staff
	Name  string // of the account that is made if the member has none yet
}

// LetIn returns the token of a new session for the member: of the member's own
// staff account, or of a new one without a password. Whose accounts are all
// switched off stays outside: fault.Denied. A name that somebody else has is
// fault.Conflict.
func (a *Accounts) LetIn(ctx context.Context, m Member) (token string, err error) {
	now := a.clock.Now()
	token, hash := newToken()
	err = a.keeper.ChangeAccounts(ctx, func(b Book) error {
		known, err := m.account(ctx, b)
		if err != nil {
			return err
		}
		known.LastSeen = now
		if err := b.PutAccount(ctx, known); err != nil {
			return err
		}
		return b.PutSession(ctx, Session{Hash: hash, Account: known.Name, Began: now, Expires: now.Add(sessionLife)})
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// account returns the member's active staff account, a fresh one if there is
// none at all.
func (m Member) account(ctx context.Context, b Book) (Account, error) {
	all, err := b.All(ctx)
	if err != nil {
		return Account{}, err
	}
	off, taken := false, false
	for _, one := range all {
		if one.Role == Staff && one.Staff == m.Staff {
			if one.Active {
				return one, nil
			}
			off = true
		}
		taken = taken || one.Name == m.Name
	}
	fresh := Account{Name: m.Name, Role: Staff, Staff: m.Staff, Active: true}
	switch {
	case off:
		return Account{}, fault.WithKey(fault.Denied, "error.account_off", errOff)
	case taken:
		return Account{}, fault.WithKey(fault.Conflict, "error.account_exists", errExists)
	}
	return fresh, fresh.check()
}
