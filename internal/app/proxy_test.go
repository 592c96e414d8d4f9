package app

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOnlyTheTrustedProxyIsBelievedAboutAddresses(t *testing.T) {
	for name, c := range map[string]struct {
		trusted, from string
		forwarded     []string
		want          string
	}{
		"no proxy configured":     {"", "203.0.113.9:5", []string{"198.51.100.1"}, "203.0.113.9:5"},
		"from the proxy":          {"127.0.0.1", "127.0.0.1:5", []string{"198.51.100.1"}, "198.51.100.1:5"},
		"made up before the last": {"127.0.0.1", "127.0.0.1:5", []string{"10.0.0.1, 198.51.100.1"}, "198.51.100.1:5"},
		"several headers":         {"127.0.0.1", "127.0.0.1:5", []string{"10.0.0.1", "198.51.100.1"}, "198.51.100.1:5"},
		"from somebody else":      {"127.0.0.1", "203.0.113.9:5", []string{"198.51.100.1"}, "203.0.113.9:5"},
		"no address":              {"127.0.0.1", "127.0.0.1:5", []string{"<script>"}, "127.0.0.1:5"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.from
			for _, f := range c.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			got := ""
			behindProxy(c.trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr })).
				ServeHTTP(httptest.NewRecorder(), r)
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
