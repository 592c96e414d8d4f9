package wecom

import (
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // what the platform signs pages with
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// TicketKind says what a page's signature opens.
type TicketKind string

// The kinds of ticket.
const (
	CorpTicket TicketKind = "corp"  // for config: what any page of the corp may call
	AppTicket  TicketKind = "agent" // for agentConfig: what only the app's pages may call
)

// PageSignature lets one page call the JavaScript interfaces of WeCom.
type PageSignature struct {
	Timestamp int64  `json:"timestamp"` // unix seconds
	Nonce     string `json:"nonceStr"`
	Signature string `json:"signature"`
}

// ticketRenewal is how long before its end a ticket is fetched anew, so that a
// page signed with it can still use it.
const ticketRenewal = 10 * time.Minute

// ticket is one ticket as the platform gave it.
type ticket struct {
	text    string
	expires time.Time
}

// tickets keeps one ticket of each kind: an app may fetch 100 an hour, and each
// page view needs one.
type tickets struct {
	mu   sync.Mutex
	kept map[TicketKind]ticket
}

// SignPage signs the address of a page. What follows # is not signed.
func (c *Client) SignPage(ctx context.Context, kind TicketKind, page string) (PageSignature, error) {
	t, err := c.ticket(ctx, kind)
	if err != nil {
		return PageSignature{}, err
	}
	return sign(t, rand.Text(), c.config.Clock.Now(), page), nil
}

// sign is the platform's rule: SHA1 over these four, in this order, not
// encoded.
func sign(ticket, nonce string, at time.Time, page string) PageSignature {
	page, _, _ = strings.Cut(page, "#")
	text := "jsapi_ticket=" + ticket + "&noncestr=" + nonce + "&timestamp=" + strconv.FormatInt(at.Unix(), 10) + "&url=" + page
	sum := sha1.Sum([]byte(text)) //nolint:gosec // what the platform signs pages with
	return PageSignature{Timestamp: at.Unix(), Nonce: nonce, Signature: hex.EncodeToString(sum[:])}
}

func (c *Client) ticket(ctx context.Context, kind TicketKind) (string, error) {
	c.tickets.mu.Lock()
	defer c.tickets.mu.Unlock()
	if t := c.tickets.kept[kind]; c.config.Clock.Now().Before(t.expires.Add(-ticketRenewal)) {
		return t.text, nil
	}
	path, query := "get_jsapi_ticket", url.Values(nil)
	if kind == AppTicket {
		path, query = "ticket/get", url.Values{"type": {"agent_config"}}
	}
	got, err := get[struct {
		answer
		Ticket  string `json:"ticket"`
		Seconds int    `json:"expires_in"`
	}](ctx, c, path, query)
	if err != nil {
		return "", err
	}
	if c.tickets.kept == nil {
		c.tickets.kept = map[TicketKind]ticket{}
	}
	c.tickets.kept[kind] = ticket{got.Ticket, c.config.Clock.Now().Add(time.Duration(got.Seconds) * time.Second)}
	return got.Ticket, nil
}
