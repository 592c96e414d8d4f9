package simulator

import "time"

// tokenLife is how long an access token is valid.
const tokenLife = 7200 * time.Second

const tokenTextLength = 214

type token struct {
	app     *app
	text    string
	expires time.Time
}

// tokenBook keeps every token ever issued, because an expired one is answered
// differently from an unknown one.
type tokenBook struct {
	issued  map[string]*token
	current map[*app]*token
}

func newTokenBook() tokenBook {
	return tokenBook{issued: map[string]*token{}, current: map[*app]*token{}}
}

// app returns whose valid token the text is.
func (b *tokenBook) app(tokenText string, now time.Time) (*app, error) {
	if tokenText == "" {
		return nil, refuse(codeNoToken, "access_token missing")
	}
	t := b.issued[tokenText]
	if t == nil {
		return nil, refuse(codeBadToken, "invalid access_token")
	}
	if !now.Before(t.expires) {
		return nil, refuse(codeTokenExpired, "access_token expired")
	}
	return t.app, nil
}

func tokenRoutes(t map[string]route) {
	t["/cgi-bin/gettoken"] = route{free: true, run: getToken}
	t["/cgi-bin/getcallbackip"] = get("", listIPs)
	t["/cgi-bin/get_api_domain_ip"] = get("", listIPs)
}

func getToken(c *call) (any, error) {
	corp, secret := c.query("corpid"), c.query("corpsecret")
	if corp == "" {
		return nil, refuse(codeNoCorp, "corpid missing")
	}
	if secret == "" {
		return nil, refuse(codeNoSecret, "corpsecret missing")
	}
	if c.limiter.locked(c.ip(), c.wire) {
		return nil, refuse(codeTooManyCalls, "too many faulty gettoken calls")
	}
	if corp != c.cfg.Corp {
		c.limiter.faulty(c.ip(), c.wire)
		return nil, refuse(codeBadCorp, "invalid corpid")
	}
	for _, a := range c.apps {
		if a.Secret == secret {
			return c.issueToken(a), nil
		}
	}
	c.limiter.faulty(c.ip(), c.wire)
	return nil, refuse(codeBadSecret, "invalid credential")
}

func (c *call) issueToken(a *app) any {
	t := c.tokens.current[a]
	if t == nil || !c.wire.Before(t.expires) {
		t = &token{app: a, text: c.randomText(tokenTextLength), expires: c.wire.Add(tokenLife)}
		c.tokens.current[a], c.tokens.issued[t.text] = t, t
	}
	return map[string]any{"access_token": t.text, "expires_in": int(t.expires.Sub(c.wire).Seconds())}
}

// ExpireTokens makes every token issued so far answer 42001 from now on, as
// the platform may do before their time.
func (p *Platform) ExpireTokens() {
	_ = p.do(func() error {
		for _, t := range p.tokens.current {
			t.expires = p.wire.Now()
		}
		return nil
	})
}

func listIPs(*call) (any, error) {
	return map[string]any{"ip_list": []string{"127.0.0.1"}}, nil
}
