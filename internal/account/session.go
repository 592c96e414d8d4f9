package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"siyu/internal/fault"
)

// How long things last.
const (
	sessionLife = 14 * 24 * time.Hour // a fortnight, then the password is asked for again
	linkLife    = 7 * 24 * time.Hour  // a colleague on holiday still finds the link good
	seenEvery   = 5 * time.Minute     // how exactly it is known when somebody was last seen
	guessWindow = 15 * time.Minute    // in which guesses are counted
)

// guesses is how many logins are tried in a window per account and per
// address, right ones included: counting only wrong ones lets a guesser with
// one account of his own begin anew.
const guesses = 20

var (
	errLogin     = errors.New("name or password is wrong")
	errLater     = errors.New("too many guesses, try again in a quarter of an hour")
	errLink      = errors.New("the link is wrong, used up or too old")
	errWeak      = errors.New("the password is too easy to guess")
	errExists    = errors.New("there is an account with this name")
	errLastOwner = errors.New("the last active owner cannot be taken away")
	errNobody    = errors.New("nobody is logged in with this session")
)

// newToken returns a secret of 256 random bits as it stands in links and
// cookies, and the hash by which it is kept.
func newToken() (token string, hash [32]byte) {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails, see crypto/rand
	token = base64.RawURLEncoding.EncodeToString(raw[:])
	return token, hashOf(token)
}

func hashOf(token string) [32]byte { return sha256.Sum256([]byte(token)) }

func (a *Accounts) newLink(account string) (token string, l Link) {
	token, hash := newToken()
	return token, Link{Hash: hash, Account: account, Expires: a.clock.Now().Add(linkLife)}
}

// FirstLink returns the token of a link that creates the first account; "" if
// an account exists already. Earlier first links are void.
func (a *Accounts) FirstLink(ctx context.Context) (token string, err error) {
	token, link := a.newLink("")
	err = a.keeper.ChangeAccounts(ctx, func(b Book) error {
		all, err := b.All(ctx)
		if err != nil {
			return err
		}
		if len(all) > 0 {
			token = ""
			return nil
		}
		return b.PutLink(ctx, link)
	})
	return token, err
}

// SetupOpen tells whether the token is of a link that still works, and whose
// account it is for: "" for the first account of the installation.
func (a *Accounts) SetupOpen(ctx context.Context, token string) (account string, open bool, err error) {
	link, anybody, err := a.keeper.OpenLink(ctx, hashOf(token))
	if err != nil || link == nil || !a.clock.Now().Before(link.Expires) {
		return "", false, err
	}
	return link.Account, link.Account != "" || !anybody, nil
}

// SetUp uses a link up: it sets the password of the link's account, or creates
// the first account, an owner called name. A wrong link is fault.Denied, a weak
// password fault.Invalid; then the link still works.
func (a *Accounts) SetUp(ctx context.Context, token, name, password string) error {
	if err := checkPassword(name, password); err != nil {
		return err
	}
	hash, err := a.hashPassword(ctx, password)
	if err != nil {
		return err
	}
	return a.keeper.ChangeAccounts(ctx, func(b Book) error {
		link, err := b.TakeLink(ctx, hashOf(token))
		if err != nil {
			return err
		}
		if link == nil || !a.clock.Now().Before(link.Expires) || link.Account != "" && link.Account != name {
			return fault.WithKey(fault.Denied, "error.link", errLink)
		}
		who := &Account{Name: name, Role: Owner, Active: true}
		if link.Account == "" {
			err = a.checkFirst(ctx, b, *who)
		} else {
			who, err = mustKnow(ctx, b, link.Account)
		}
		if err != nil {
			return err
		}
		who.Password = hash
		return b.PutAccount(ctx, *who)
	})
}

func (a *Accounts) checkFirst(ctx context.Context, b Book, first Account) error {
	all, err := b.All(ctx)
	if err != nil {
		return err
	}
	if len(all) > 0 {
		return fault.WithKey(fault.Denied, "error.link", errLink)
	}
	return first.check()
}

// Login is one attempt to come in. From is the client's address.
type Login struct{ Account, Password, From string }

// LogIn returns the token of a new session. A wrong name, a wrong password and
// an inactive account are the same fault.Denied.
func (a *Accounts) LogIn(ctx context.Context, l Login) (token string, err error) {
	now := a.clock.Now()
	if err := a.count(ctx, l.Account, l.From); err != nil {
		return "", err
	}
	token, hash := newToken()
	known, err := a.recognise(ctx, l.Account, l.Password)
	if err != nil {
		return "", err
	}
	err = a.keeper.ChangeAccounts(ctx, func(b Book) error {
		again, err := b.Account(ctx, l.Account)
		if err != nil {
			return err
		}
		if again == nil || !again.Active || again.Password != known.Password {
			return fault.WithKey(fault.Denied, "error.login", errLogin) // changed while we were hashing
		}
		again.LastSeen = now
		if err := b.PutAccount(ctx, *again); err != nil {
			return err
		}
		return b.PutSession(ctx, Session{Hash: hash, Account: again.Name, Began: now, Expires: now.Add(sessionLife)})
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// count refuses an attempt beyond the limit. Keys are hashed: what is typed as
// a name is sometimes a password.
func (a *Accounts) count(ctx context.Context, account, from string) error {
	var keys [][]byte
	for _, text := range []string{"account " + strings.ToLower(account), "from " + from} {
		h := hashOf(text)
		keys = append(keys, h[:])
	}
	n, err := a.keeper.CountAttempt(ctx, keys, a.clock.Now(), guessWindow)
	if err == nil && n > guesses {
		err = fault.WithKey(fault.Denied, "error.login_later", errLater)
	}
	return err
}

func (a *Accounts) recognise(ctx context.Context, name, password string) (Account, error) {
	all, err := a.keeper.Accounts(ctx)
	if err != nil {
		return Account{}, err
	}
	var known Account
	for _, one := range all {
		if one.Name == name && one.Active {
			known = one
		}
	}
	ok, err := a.matches(ctx, password, known.Password)
	if err == nil && !ok {
		err = fault.WithKey(fault.Denied, "error.login", errLogin)
	}
	return known, err
}

// LogOut ends a session. An unknown one is no error.
func (a *Accounts) LogOut(ctx context.Context, token string) error {
	return a.keeper.EndSession(ctx, hashOf(token))
}

// Who returns the account behind a session, without its password. It is
// fault.Denied when nobody is.
func (a *Accounts) Who(ctx context.Context, token string) (Account, error) {
	s, who, err := a.keeper.SessionOf(ctx, hashOf(token))
	if err != nil {
		return Account{}, err
	}
	now := a.clock.Now()
	if s == nil || !who.Active || !now.Before(s.Expires) {
		return Account{}, fault.WithKey(fault.Denied, "error.session", errNobody)
	}
	if now.Sub(who.LastSeen) > seenEvery {
		if err := a.keeper.Saw(ctx, who.Name, now); err != nil {
			return Account{}, err
		}
	}
	who.Password = ""
	return *who, nil
}

// PasswordChange asks for another own password. Session is the token of the session that asks.
type PasswordChange struct{ Account, Session, Old, New string }

// SetPassword changes the own password and ends all other sessions. It counts
// as an attempt to log in.
func (a *Accounts) SetPassword(ctx context.Context, c PasswordChange) error {
	if err := checkPassword(c.Account, c.New); err != nil {
		return err
	}
	if err := a.count(ctx, c.Account, "session "+c.Session); err != nil {
		return err
	}
	known, err := a.recognise(ctx, c.Account, c.Old)
	if err != nil {
		return err
	}
	hash, err := a.hashPassword(ctx, c.New)
	if err != nil {
		return err
	}
	return a.keeper.ChangeAccounts(ctx, func(b Book) error {
		again, err := mustKnow(ctx, b, c.Account)
		if err != nil {
			return err
		}
		if again.Password != known.Password {
			return fault.WithKey(fault.Denied, "error.login", errLogin)
		}
		again.Password = hash
		if err := b.PutAccount(ctx, *again); err != nil {
			return err
		}
		return b.EndSessions(ctx, c.Account, hashOf(c.Session), a.clock.Now())
	})
}
