package simulator

import (
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	codeLife        = 5 * time.Minute
	userTicketLife  = 30 * time.Minute
	ticketLife      = 7200 * time.Second
	loginCodeLength = 43
	ticketLength    = 86
)

// loginCode is a one-use code of a fake login page.
type loginCode struct {
	app     *app
	member  *member
	ext     *external
	private bool
	made    time.Time
}

type loginBook struct {
	codes   map[string]loginCode
	tickets map[string]loginCode // user tickets
	jsapi   map[string]*token    // JS-SDK tickets by kind and app
}

func newLoginBook() loginBook {
	return loginBook{codes: map[string]loginCode{}, tickets: map[string]loginCode{}, jsapi: map[string]*token{}}
}

func loginRoutes(t map[string]route) {
	t["/cgi-bin/auth/getuserinfo"] = get("", loginIdentity)
	t["/cgi-bin/user/getuserinfo"] = get("", loginIdentity)
	t["/cgi-bin/auth/getuserdetail"] = post("", loginDetail)
	t["/cgi-bin/get_jsapi_ticket"] = get("", func(c *call) (any, error) { return c.jsTicket("corp"), nil })
	t["/cgi-bin/ticket/get"] = get("", agentTicket)
}

// LoginCode makes the code a member brings back from a login page of the i-th
// app. It can be used once, within five minutes.
func (p *Platform) LoginCode(i int, userID string) (string, error) {
	var code string
	err := p.do(func() error {
		m, err := p.org.of(userID)
		if err == nil {
			code = p.loginCode(loginCode{app: p.apps[i], member: m})
		}
		return err
	})
	return code, err
}

func (p *Platform) loginCode(l loginCode) string {
	code := p.randomText(loginCodeLength)
	l.made = p.wire.Now()
	p.login.codes[code] = l
	return code
}

func loginIdentity(c *call) (any, error) {
	code := c.query("code")
	l, ok := c.login.codes[code]
	delete(c.login.codes, code)
	if !ok || l.app != c.app || c.wire.Sub(l.made) > codeLife {
		return nil, refuse(codeBadOAuthCode, "invalid code")
	}
	if l.ext != nil {
		return map[string]any{"openid": openID(l.ext.ExternalUserID), "external_userid": l.ext.ExternalUserID}, nil
	}
	answer := map[string]any{"userid": l.member.UserID}
	if l.private {
		ticket := c.nextID("UT")
		l.made = c.wire
		c.login.tickets[ticket] = l
		answer["user_ticket"], answer["expires_in"] = ticket, int(userTicketLife.Seconds())
	}
	return answer, nil
}

func loginDetail(c *call, q struct {
	Ticket string `json:"user_ticket"`
}) (any, error) {
	l, ok := c.login.tickets[q.Ticket]
	if !ok || l.app != c.app {
		return nil, refuse(codeBadTicket, "invalid user_ticket")
	}
	if c.wire.Sub(l.made) > userTicketLife {
		return nil, refuse(codeTicketExpired, "user_ticket expired")
	}
	m := l.member
	return map[string]any{
		"userid": m.UserID, "gender": strconv.Itoa(m.Gender), "avatar": "", "qr_code": "", "mobile": m.Mobile,
		"email": m.Email, "biz_mail": m.Email, "address": "",
	}, nil
}

func agentTicket(c *call) (any, error) {
	if c.query("type") != "agent_config" {
		return nil, refuse(codeInvalidParameter, "invalid type")
	}
	return c.jsTicket("agent " + c.app.Secret), nil
}

func (c *call) jsTicket(kind string) any {
	t := c.login.jsapi[kind]
	if t == nil || !c.wire.Before(t.expires) {
		t = &token{text: c.randomText(ticketLength), expires: c.wire.Add(ticketLife)}
		c.login.jsapi[kind] = t
	}
	return map[string]any{"ticket": t.text, "expires_in": int(t.expires.Sub(c.wire).Seconds())}
}

// authorize serves the login pages: it shows the members and sends the one
// picked back with a code. ?pick=USERID (or an external id) skips the page,
// ?pick=- refuses.
func (p *Platform) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Host == "" {
		http.Error(w, "redirect_uri is wrong", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	a := p.appFor(q.Get("appid"), q.Get("agentid"))
	p.mu.Unlock()
	switch {
	case a == nil:
		http.Error(w, "appid or agentid is wrong", http.StatusBadRequest)
	case a.TrustedDomains != nil && !slices.Contains(a.TrustedDomains, back.Hostname()):
		http.Error(w, "errcode 50001: redirect_uri is not a trusted domain", http.StatusForbidden)
	case q.Get("pick") == "":
		writePage(w, p.pickerPage(r.URL, a))
	default:
		http.Redirect(w, r, p.returnAddress(a, back, q), http.StatusFound)
	}
}

// returnAddress is where the browser goes with its code, or without one if
// nobody by that id logged in.
func (p *Platform) returnAddress(a *app, back *url.URL, q url.Values) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer, pick := back.Query(), q.Get("pick")
	answer.Set("state", q.Get("state"))
	l := loginCode{app: a, member: p.org.members[pick], ext: p.people.byID[pick], private: q.Get("scope") == "snsapi_privateinfo"}
	if l.member != nil || l.ext != nil {
		answer.Set("code", p.loginCode(l))
	}
	back.RawQuery = answer.Encode()
	return back.String()
}

func (p *Platform) appFor(corp, agentID string) *app {
	if corp != p.cfg.Corp {
		return nil
	}
	for _, a := range p.apps {
		if agentID == "" || agentID == strconv.Itoa(a.AgentID) {
			return a
		}
	}
	return nil
}

func (p *Platform) pickerPage(page *url.URL, a *app) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	b.WriteString(pageHead + "<h1>" + html.EscapeString(a.Name) + "</h1><ul>")
	for _, m := range p.org.order {
		if m.status != MemberActive || !p.sees(a, m) {
			continue
		}
		q := page.Query()
		q.Set("pick", m.UserID)
		b.WriteString(`<li><a href="` + html.EscapeString(page.Path+"?"+q.Encode()) + `">` +
			html.EscapeString(m.Name+" ("+m.UserID+")") + "</a></li>")
	}
	return b.String() + "</ul>"
}
