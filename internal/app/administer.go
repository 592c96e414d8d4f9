package app

import (
	"context"

	"siyu/internal/account"
)

// Checked is what verifying the database found.
type Checked struct {
	OK       bool     `json:"ok"`
	Database string   `json:"database"`
	Problems []string `json:"problems"`
}

// Check verifies the database's integrity.
func (a *App) Check(ctx context.Context) (Checked, error) {
	problems, err := a.db.Check(ctx)
	return Checked{OK: len(problems) == 0, Database: string(a.db.Dialect()), Problems: problems}, err
}

// AddUser creates a console account and returns its one-time link path.
func (a *App) AddUser(ctx context.Context, fresh account.Account) (UserAnswered, error) {
	fresh.Active = true
	token, err := a.accounts.Add(ctx, fresh)
	return UserAnswered{Link: setupPath + token}, err
}

// ResetUser takes an account's password away and returns a one-time link path.
func (a *App) ResetUser(ctx context.Context, name string) (UserAnswered, error) {
	token, err := a.accounts.Reset(ctx, name)
	return UserAnswered{Link: setupPath + token}, err
}

// ListUsers returns all accounts, without passwords.
func (a *App) ListUsers(ctx context.Context) (UserAnswered, error) {
	all, err := a.accounts.All(ctx)
	return UserAnswered{Accounts: all}, err
}
