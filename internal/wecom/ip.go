package wecom

import "context"

// CallbackIPs returns the addresses callbacks come from.
func (c *Client) CallbackIPs(ctx context.Context) ([]string, error) {
	return c.ips(ctx, "getcallbackip")
}

// APIIPs returns the addresses of the API itself.
func (c *Client) APIIPs(ctx context.Context) ([]string, error) {
	return c.ips(ctx, "get_api_domain_ip")
}

func (c *Client) ips(ctx context.Context, path string) ([]string, error) {
	got, err := get[struct {
		answer
		List []string `json:"ip_list"`
	}](ctx, c, path, nil)
	return got.List, err
}
