package simulator

import (
	"fmt"
	"slices"

	"siyu/internal/fault"
)

// Credentials are what a client needs to use an app of the corp.
type Credentials struct {
	Corp    string `json:"corp"`
	Secret  string `json:"secret"`
	AgentID int    `json:"agent_id"`
	Token   string `json:"token"`
	AESKey  string `json:"aes_key"`
}

const (
	firstAgentID = 1000002 // WeCom numbers self-built apps from here
	secretLength = 43
	tokenLength  = 32
	corpDigits   = 16
)

// makeApps completes what the configuration left out: corp id, apps, secrets,
// numbers, callback keys.
func (p *Platform) makeApps() error {
	if p.cfg.Corp == "" {
		p.cfg.Corp = fmt.Sprintf("ww%0*x", corpDigits, p.rng.Uint64())
	}
	if len(p.cfg.Apps) == 0 {
		p.cfg.Apps = []App{{}}
	}
	seen := map[string]bool{}
	for i, a := range p.cfg.Apps {
		made, err := p.makeApp(i, a)
		if err != nil {
			return err
		}
		if seen[made.Secret] {
			return fault.New(fault.Invalid, "app %d has the secret of another app", i)
		}
		seen[made.Secret] = true
		p.apps = append(p.apps, made)
	}
	return nil
}

func (p *Platform) makeApp(i int, a App) (*app, error) {
	a.Secret = orElse(a.Secret, p.randomText(secretLength))
	a.Callback.Token = orElse(a.Callback.Token, p.randomText(tokenLength))
	a.Callback.AESKey = orElse(a.Callback.AESKey, p.randomText(secretLength))
	a.Name = orElse(a.Name, fmt.Sprintf("app%d", i+1))
	if a.AgentID == 0 {
		a.AgentID = firstAgentID + i
	}
	if _, err := decodeKey(a.Callback.AESKey); err != nil {
		return nil, fault.New(fault.Invalid, "app %q: %w", a.Name, err)
	}
	made := &app{App: a, index: i}
	if a.Rights != nil {
		made.rights = setOf(a.Rights)
	}
	if a.Members != nil || a.Departments != nil {
		made.members, made.depts = setOf(a.Members), setOf(a.Departments)
	}
	return made, nil
}

// Credentials returns those of the i-th app; the main app is number 0.
func (p *Platform) Credentials(i int) Credentials {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.apps[i]
	return Credentials{
		Corp: p.cfg.Corp, Secret: a.Secret, AgentID: a.AgentID,
		Token: a.Callback.Token, AESKey: a.Callback.AESKey,
	}
}

// SetCallback makes the i-th app receive its events at the URL from now on;
// empty stops them.
func (p *Platform) SetCallback(i int, url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.apps[i].Callback.URL = url
}

// SetPublicURL tells the platform the address it is served at; links to
// pictures and login pages start with it.
func (p *Platform) SetPublicURL(url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cfg.PublicURL = url
}

func (a *app) may(r Right) bool { return r == "" || a.rights == nil || a.rights[r] }

func setOf[T comparable](list []T) map[T]bool {
	set := make(map[T]bool, len(list))
	for _, v := range list {
		set[v] = true
	}
	return set
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

func without[T comparable](list []T, v T) []T {
	if i := slices.Index(list, v); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}
