package app

import (
	"net"
	"net/http"
	"strings"
)

// behindProxy takes the client's address from the trusted reverse proxy, so
// that guesses of passwords are counted by who guesses. The proxy appends the
// address it saw as the last one of X-Forwarded-For; what stands before it can
// be made up by anybody.
func behindProxy(trusted string, next http.Handler) http.Handler {
	if trusted == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, port, err := net.SplitHostPort(r.RemoteAddr)
		if err == nil && host == trusted {
			seen := r.Header.Values("X-Forwarded-For")
			if len(seen) > 0 {
				hops := strings.Split(seen[len(seen)-1], ",")
				if client := strings.TrimSpace(hops[len(hops)-1]); net.ParseIP(client) != nil {
					r.RemoteAddr = net.JoinHostPort(client, port)
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}
