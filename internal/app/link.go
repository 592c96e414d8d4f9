package app

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"siyu/internal/connector/archive"
	"siyu/internal/connector/backfill"
	"siyu/internal/connector/callback"
	"siyu/internal/connector/intake"
	"siyu/internal/delivery"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/web"
	"siyu/internal/wecom"
)

// connectionDoc names the document that holds the link to WeCom.
const connectionDoc = "connection"

// connectionStored is the link as the database holds it; secrets are sealed.
type connectionStored struct {
	Corp   id.Corp  `json:"corp"`
	Agent  int64    `json:"agent"`
	Mode   web.Mode `json:"mode"`
	Secret string   `json:"secret"`
	Token  string   `json:"token"`
	AESKey string   `json:"aes_key"`
}

// Connection is the link in clear. Secrets print as ***.
type Connection struct {
	Corp   id.Corp
	Agent  int64
	Mode   web.Mode
	Secret wecom.Secret
	Token  wecom.Secret
	AESKey wecom.Secret
}

// link is one connected corp.
type link struct {
	Connection
	client   *wecom.Client
	callback http.Handler // nil while polling
	counts   func() wecom.CallbackCounts
	intake   *intake.Intake
	reader   *callback.Reader
	backfill *backfill.Backfill
	archive  *archive.Archive // nil without one
	polled   atomic.Pointer[time.Time]
	called   atomic.Pointer[time.Time]
}

// connect reads the stored link and opens it. Without one the gate is open for
// nobody and the pages say so.
func (a *App) connect(ctx context.Context) error {
	var stored connectionStored
	version, err := a.db.Setting(ctx, connectionDoc, &stored)
	if err != nil {
		return err
	}
	if version == 0 {
		return a.openGate(ctx, nil)
	}
	c, err := a.unsealed(stored)
	if err != nil {
		return err
	}
	return a.use(ctx, c)
}

// use puts a link into force.
func (a *App) use(ctx context.Context, c Connection) error {
	client, err := a.client(c)
	if err != nil {
		return err
	}
	l := &link{Connection: c, client: client}
	if err := a.openIntake(l); err != nil {
		return err
	}
	if c.Mode == web.ModeCallbacks {
		crypt, err := wecom.NewCrypt(c.Corp, c.Token, c.AESKey)
		if err != nil {
			return fault.WithKey(fault.Invalid, "error.callback_keys", err)
		}
		sink := callback.NewSink(a.inbox, func() {
			now := a.clock.Now()
			l.called.Store(&now)
			l.reader.Wake()
		})
		handler, err := wecom.NewCallbackHandler(sink, a.clock, crypt)
		if err != nil {
			return fmt.Errorf("open callbacks: %w", err)
		}
		l.callback, l.counts = handler, handler.Counts
	}
	if err := a.openGate(ctx, map[id.Corp]delivery.WeCom{c.Corp: client}); err != nil {
		return err
	}
	a.link.Store(l)
	select {
	case a.relinked <- struct{}{}:
	default:
	}
	return nil
}

func (a *App) client(c Connection) (*wecom.Client, error) {
	client, err := wecom.New(wecom.Config{BaseURL: a.config.WeComURL, Corp: c.Corp, Secret: c.Secret, AgentID: c.Agent, Tokens: storage.NewTokens(a.db, a.vault.Key()), Clock: a.clock})
	if err != nil {
		return nil, fault.WithKey(fault.Invalid, "error.connection", err)
	}
	return client, nil
}

// Connect stores a link and puts it into force. Empty secrets keep the stored
// ones. It asks WeCom first; what WeCom refuses is not stored.
func (a *App) Connect(ctx context.Context, c Connection, account string) error {
	var stored connectionStored
	version, err := a.db.Setting(ctx, connectionDoc, &stored)
	if err != nil {
		return err
	}
	before, err := a.unsealed(stored)
	if err != nil {
		return err
	}
	for _, keep := range []struct{ now, was *wecom.Secret }{{&c.Secret, &before.Secret}, {&c.Token, &before.Token}, {&c.AESKey, &before.AESKey}} {
		if *keep.now == "" {
			*keep.now = *keep.was
		}
	}
	if err := a.try(ctx, c); err != nil {
		return err
	}
	s := storage.NewSetting{Name: connectionDoc, After: version, Document: a.sealed(c), At: a.clock.Now(), Account: account}
	if _, err := a.db.SetSetting(ctx, s); err != nil {
		return err
	}
	return a.use(ctx, c)
}

// try makes one call with the link.
func (a *App) try(ctx context.Context, c Connection) error {
	client, err := a.client(c)
	if err != nil {
		return err
	}
	if _, err := client.FollowUsers(ctx); err != nil {
		return fault.WithKey(fault.Upstream, "error.connection_refused", err)
	}
	return nil
}

func (a *App) sealed(c Connection) connectionStored {
	seal := func(name string, s wecom.Secret) string {
		if s == "" {
			return ""
		}
		return base64.StdEncoding.EncodeToString(a.vault.Key().Seal([]byte(s), []byte(connectionDoc+"/"+name)))
	}
	return connectionStored{Corp: c.Corp, Agent: c.Agent, Mode: c.Mode,
		Secret: seal("secret", c.Secret), Token: seal("token", c.Token), AESKey: seal("aes_key", c.AESKey)}
}

func (a *App) unsealed(s connectionStored) (Connection, error) {
	c := Connection{Corp: s.Corp, Agent: s.Agent, Mode: s.Mode}
	for _, part := range []struct {
		name string
		from string
		into *wecom.Secret
	}{{"secret", s.Secret, &c.Secret}, {"token", s.Token, &c.Token}, {"aes_key", s.AESKey, &c.AESKey}} {
		if part.from == "" {
			continue
		}
		box, err := base64.StdEncoding.DecodeString(part.from)
		if err != nil {
			return c, fmt.Errorf("read the connection's %s: %w", part.name, err)
		}
		text, err := a.vault.Key().Open(box, []byte(connectionDoc+"/"+part.name))
		if err != nil {
			return c, fmt.Errorf("open the connection's %s: %w", part.name, err)
		}
		*part.into = wecom.Secret(text)
	}
	return c, nil
}
