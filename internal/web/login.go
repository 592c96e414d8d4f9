package web

import (
	"net"
	"net/http"
	"strings"
	"time"

	"siyu/internal/fault"
)

// SessionCookie is the name of the cookie that carries the session which
// Accounts.LogIn gave.
const SessionCookie = "siyu_session"

const (
	sessionLife  = 14 * 24 * time.Hour // of the cookie; the session itself ends by its own rule
	languageLife = 365 * 24 * time.Hour
)

// home sends each person to the page they open first.
func (v *visit) home() error {
	switch {
	case v.seat.Account == "":
		v.redirect("/login")
	case v.seat.Role == RoleStaff:
		v.redirect("/tasks")
	default:
		v.redirect("/today")
	}
	return nil
}

type setupPage struct {
	Open           bool
	Token, Account string
	Wrong          string
}

func (v *visit) setupShow() error {
	token := v.r.URL.Query().Get("token")
	open, err := v.Accounts.SetupOpen(v.r.Context(), token)
	if err != nil {
		return err
	}
	return v.showSetup(setupPage{Open: open, Token: token})
}

func (v *visit) showSetup(p setupPage) error {
	return v.show("setup", Page{Title: v.lang.text("setup.title"), Data: p})
}

func (v *visit) setupCreate() error {
	p := setupPage{Open: true, Token: v.r.FormValue("token"), Account: strings.TrimSpace(v.r.FormValue("account"))}
	err := v.Accounts.SetUp(v.r.Context(), p.Token, p.Account, v.r.FormValue("password"))
	if refused(err) {
		p.Wrong, v.status = v.lang.fault(err), http.StatusUnprocessableEntity
		return v.showSetup(p)
	}
	if err != nil {
		return err
	}
	v.redirect("/login")
	return nil
}

type loginPage struct{ Account, Wrong string }

func (v *visit) loginShow() error { return v.showLogin(loginPage{}) }

func (v *visit) showLogin(p loginPage) error {
	return v.show("login", Page{Title: v.lang.text("login.title"), Data: p})
}

func (v *visit) loginCreate() error {
	from, _, err := net.SplitHostPort(v.r.RemoteAddr)
	if err != nil {
		from = v.r.RemoteAddr
	}
	account := strings.TrimSpace(v.r.FormValue("account"))
	session, err := v.Accounts.LogIn(v.r.Context(), Login{Account: account, Password: v.r.FormValue("password"), From: from})
	if refused(err) {
		v.status = http.StatusForbidden
		return v.showLogin(loginPage{Account: account, Wrong: v.lang.fault(err)})
	}
	if err != nil {
		return err
	}
	v.setCookie(SessionCookie, session, sessionLife)
	v.redirect("/")
	return nil
}

// refused tells whether the person can mend the input and try again.
func refused(err error) bool {
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Denied, fault.Forbidden, fault.Conflict, fault.Upstream:
		return true
	}
	return false
}

func (v *visit) logout() error {
	if cookie, err := v.r.Cookie(SessionCookie); err == nil {
		if err := v.Accounts.LogOut(v.r.Context(), cookie.Value); err != nil {
			return err
		}
	}
	v.setCookie(SessionCookie, "", -time.Second)
	v.redirect("/login")
	return nil
}

func (v *visit) language() error {
	if tag := v.r.FormValue("language"); v.locales[tag] != nil {
		v.setCookie(languageCookie, tag, languageLife)
	}
	back := v.r.FormValue("back")
	if !local(back) {
		back = "/"
	}
	v.redirect(back)
	return nil
}

// local tells whether an address stays on the console: browsers read "//host"
// and "/\host" as another site.
func local(address string) bool {
	return strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") && !strings.Contains(address, "\\")
}

func (v *visit) setCookie(name, value string, life time.Duration) {
	http.SetCookie(v.w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: v.Secure, SameSite: http.SameSiteLaxMode,
	})
}

type passwordPage struct{ Wrong string }

func (v *visit) passwordShow() error { return v.showPassword(passwordPage{}) }

func (v *visit) showPassword(p passwordPage) error {
	return v.show("password", Page{Title: v.lang.text("password.title"), Data: p})
}

func (v *visit) passwordUpdate() error {
	cookie, err := v.r.Cookie(SessionCookie)
	if err != nil {
		return fault.New(fault.Denied, "change password without session")
	}
	err = v.Accounts.SetPassword(v.r.Context(), PasswordChange{
		Account: v.seat.Account, Session: cookie.Value, Old: v.r.FormValue("old"), New: v.r.FormValue("new"),
	})
	if refused(err) {
		v.status = http.StatusUnprocessableEntity
		return v.showPassword(passwordPage{Wrong: v.lang.fault(err)})
	}
	if err != nil {
		return err
	}
	v.redirect("/password?done=password")
	return nil
}
