package wecom

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// DefaultLoginURL is where members log in inside WeCom. Tests and the demo use
// a simulator's.
const DefaultLoginURL = "https://open.weixin.qq.com"

// LoginURL returns the page that sends a member, without asking anything, to
// back with a code and the state. It works inside WeCom only. state consists of
// at most 128 letters and digits; back lies on one of the app's trusted domains.
func (c *Client) LoginURL(login, back, state string) string {
	q := url.Values{"appid": {string(c.config.Corp)}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {"snsapi_base"},
		"state": {state}, "agentid": {strconv.FormatInt(c.config.AgentID, 10)}}
	return strings.TrimRight(login, "/") + "/connect/oauth2/authorize?" + q.Encode() + "#wechat_redirect"
}

// Identity is who brought the code of a login page.
type Identity struct {
	UserID         string `json:"userid"`          // of a member, "" for others
	ExternalUserID string `json:"external_userid"` // of a customer of the corp
}

// LoggedIn returns who brought the code. A code lives five minutes and can be
// used once; another one is CodeBadLogin.
func (c *Client) LoggedIn(ctx context.Context, code string) (Identity, error) {
	got, err := call[struct {
		answer
		Identity
	}](ctx, c, request{method: http.MethodGet, path: "auth/getuserinfo", query: url.Values{"code": {code}}, priority: TaskNext})
	return got.Identity, err
}
