package web

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// policy lets a page load only what the console serves itself; nothing inline
// runs, so a nickname that slipped through could still do nothing.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

func secured(next http.Handler, https bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
		if https {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if !strings.HasPrefix(r.URL.Path, "/asset/") {
			h.Set("Cache-Control", "no-store") // pages hold names
		}
		next.ServeHTTP(w, r)
	})
}

// compressed answers with gzip where the browser takes it and the content is
// text; assets come compressed already.
func compressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding, HX-Request, Cookie")
		if strings.HasPrefix(r.URL.Path, "/asset/") || !acceptsGzip(r) {
			next.ServeHTTP(w, r)
			return
		}
		z := &gzipWriter{ResponseWriter: w}
		defer z.close()
		next.ServeHTTP(z, r)
	})
}

func acceptsGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}

// gzipWriter starts to compress with the first byte of the body, so that an
// answer without body stays without.
type gzipWriter struct {
	http.ResponseWriter
	zip *gzip.Writer
	raw bool // headers went out before any body: nothing is compressed
}

func (g *gzipWriter) WriteHeader(status int) {
	if status == http.StatusNoContent || status == http.StatusNotModified || status >= 300 && status < 400 {
		g.raw = true
	}
	if !g.raw {
		g.Header().Set("Content-Encoding", "gzip")
		g.Header().Del("Content-Length")
		g.zip = gzip.NewWriter(g.ResponseWriter)
	}
	g.ResponseWriter.WriteHeader(status)
}

func (g *gzipWriter) Write(b []byte) (int, error) {
	if g.zip == nil && !g.raw {
		g.WriteHeader(http.StatusOK)
	}
	if g.zip == nil {
		return g.ResponseWriter.Write(b)
	}
	return g.zip.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (g *gzipWriter) Unwrap() http.ResponseWriter { return g.ResponseWriter }

func (g *gzipWriter) close() {
	if g.zip != nil {
		_ = g.zip.Close() // the client is gone; nobody is left to tell
	}
}
