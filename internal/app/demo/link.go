package demo

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// browser is what people open links with: WeChat's own window. It stays where
// it was sent, for the demo's pages do not exist.
var browser = &http.Client{
	Timeout:       2 * time.Minute, // longer than the door's patience
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

const wechat = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Mobile Safari/537.36 MicroMessenger/8.0.49"

// openLink goes to a link as a customer does. Only links of this installation
// are opened: what lies behind them does not exist.
func (d *Demo) openLink(ctx context.Context) func(address string) error {
	own := "http://" + d.addr + "/"
	return func(address string) error {
		if !strings.HasPrefix(address, own) {
			return nil
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return fmt.Errorf("open a link: %w", err)
		}
		request.Header.Set("User-Agent", wechat)
		answer, err := browser.Do(request)
		if err != nil {
			return fmt.Errorf("open a link: %w", err)
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusFound || !strings.HasPrefix(answer.Header.Get("Location"), "https://") {
			return fmt.Errorf("open a link: answered %s", answer.Status)
		}
		return nil
	}
}
