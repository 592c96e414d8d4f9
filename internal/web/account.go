package web

import (
	"context"
	"time"

	"siyu/internal/id"
	"siyu/internal/org"
)

// Role says what a console account may do. What it may see is its Scope.
type Role string

// The roles, each with what it may do beside reading its scope.
const (
	RoleOwner Role = "owner" // everything, connection and accounts included
	RoleLead  Role = "lead"  // approves, urges, decides in-doubt, imports, brand settings
	RoleStore Role = "store" // approves and urges within its stores
	RoleStaff Role = "staff" // own customers and own tasks
)

// Seat is a logged-in person.
type Seat struct {
	Account string // unique name
	Role    Role
	Scope   org.Scope
	// Members tells of a program whether it may read who is in audiences.
	Members bool
}

// Accounts let people in. Passwords and tokens reach it in clear and never
// come back; it keeps only hashes.
type Accounts interface {
	// SetupOpen tells whether token is the one-time link printed at the first
	// start and no account exists yet.
	SetupOpen(ctx context.Context, token string) (bool, error)
	// SetUp creates the first account, an owner, and uses the link up. It is
	// fault.Denied for a wrong or used link and fault.Invalid with key
	// "error.password_weak" for a password it refuses.
	SetUp(ctx context.Context, token, account, password string) error
	// LogIn returns the token of a new session. A wrong name and a wrong
	// password are the same fault.Denied with key "error.login"; too many
	// guesses are fault.Denied with key "error.login_later".
	LogIn(ctx context.Context, l Login) (session string, err error)
	// LogOut ends a session. An unknown one is no error.
	LogOut(ctx context.Context, session string) error
	// Seat returns who is behind a session, fault.Denied if nobody is. It is
	// asked on every request and must cost one read by key.
	Seat(ctx context.Context, session string) (Seat, error)
	// SetPassword changes the own password and ends all other sessions.
	SetPassword(ctx context.Context, c PasswordChange) error
}

// Login is one attempt to come in.
type Login struct {
	Account, Password string
	From              string // address of the client, for limiting guesses
}

// PasswordChange asks for a new own password.
type PasswordChange struct {
	Account, Session, Old, New string
}

// Users are the console accounts as an owner administers them.
type Users interface {
	// Users returns all accounts, by name.
	Users(ctx context.Context, scope org.Scope) ([]User, error)
	// AddUser creates an account and returns a one-time link path
	// ("/setup?token=...") by which its person chooses a password.
	AddUser(ctx context.Context, by Asker, u User) (link string, err error)
	// ChangeUser stores role, scope and Active; it ends the account's sessions.
	// Taking the last active owner away is fault.Forbidden with key
	// "error.last_owner".
	ChangeUser(ctx context.Context, by Asker, u User) error
	// ResetUser ends the account's sessions, disables its password and returns
	// a new one-time link path.
	ResetUser(ctx context.Context, by Asker, account string) (link string, err error)
}

// User is a console account.
type User struct {
	Account  string
	Role     Role
	Stores   []id.Store // for RoleStore
	Staff    id.Staff   // for RoleStaff
	Active   bool
	LastSeen time.Time // zero: never
}
