package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"siyu/internal/web"
	"siyu/internal/web/webtest"
)

// BenchmarkPage measures what the console itself adds to reading: routing,
// the seat, rendering and compressing.
func BenchmarkPage(b *testing.B) {
	brand := webtest.Full()
	console, err := brand.Console()
	if err != nil {
		b.Fatal(err)
	}
	session, err := brand.LogIn(b.Context(), web.Login{Account: webtest.OwnerAccount, Password: webtest.Password})
	if err != nil {
		b.Fatal(err)
	}
	for name, path := range map[string]string{"today": "/today", "list of 50": "/customers", "customer": brand.Someone(0)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequest(http.MethodGet, path, nil)
				r.AddCookie(&http.Cookie{Name: web.SessionCookie, Value: session})
				r.Header.Set("Accept-Encoding", "gzip")
				w := httptest.NewRecorder()
				console.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatalf("%s answered %d", path, w.Code)
				}
			}
		})
	}
}
