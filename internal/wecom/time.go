package wecom

import (
	"context"
	"net/http"
	"time"
)

// ServerTime returns the platform's clock, to the second, from the header of
// any answer. It uses up no quota.
func (c *Client) ServerTime(ctx context.Context) (time.Time, error) {
	fail := func(err error) (time.Time, error) {
		return time.Time{}, c.broken(request{path: "time"}, Token{}, false, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, c.config.BaseURL+"/", nil)
	if err != nil {
		return fail(err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fail(err)
	}
	_ = resp.Body.Close() // HEAD has no body
	at, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return fail(err)
	}
	return at, nil
}
