package app

import (
	"context"

	"siyu/internal/account"
	"siyu/internal/app/brand"
	"siyu/internal/fault"
	"siyu/internal/storage"
)

// Checked is what verifying the database found.
type Checked struct {
	OK       bool     `json:"ok"`
	Database string   `json:"database"`
	Problems []string `json:"problems"`
}

// Check verifies the database's integrity.
func (a *App) Check(ctx context.Context) (Checked, error) {
	return CheckDatabase(ctx, a.db)
}

// CheckDatabase verifies the integrity of a database that no installation has
// opened.
func CheckDatabase(ctx context.Context, db *storage.DB) (Checked, error) {
	problems, err := db.Check(ctx)
	return Checked{OK: len(problems) == 0, Database: string(db.Dialect()), Problems: append([]string{}, problems...)}, err
}

// SetDocument puts one of the brand's documents into force.
func (a *App) SetDocument(ctx context.Context, q DocumentAsked) error {
	document, err := brand.ReadDocument(q.Name, q.Document)
	if err != nil {
		return fault.New(fault.Invalid, "%s: %w", q.Name, err)
	}
	if err := a.brand.Set(ctx, q.Name, document, "command line"); err != nil {
		return err
	}
	return a.Reopen(ctx)
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
