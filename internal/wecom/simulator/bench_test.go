package simulator

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkCrawl reads 26,000 pairs in pages of 100, as a backfill does.
func BenchmarkCrawl(b *testing.B) {
	p, _ := start(b, func(c *Config) { c.Limits = Limits{PerMinute: -1, PerHour: -1} })
	history(b, p, 20_000, 0)
	d := sit(b, p, 0)
	for b.Loop() {
		pairs := 0
		for i := range 45 {
			cursor := ""
			for {
				got := d.ok(d.post("batch/get_by_user", body{"userid_list": []string{fmt.Sprint("staff", i)}, "cursor": cursor, "limit": 100}))
				pairs += len(got.list("external_contact_list"))
				if cursor = got["next_cursor"].(string); cursor == "" {
					break
				}
			}
		}
		if pairs != 26_000 {
			b.Fatalf("%d pairs", pairs)
		}
	}
}

// BenchmarkEvents pushes encrypted events to a callback that answers at once.
func BenchmarkEvents(b *testing.B) {
	p, _ := start(b, func(c *Config) { c.Push.Workers = 4 })
	history(b, p, 3000, 0)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	p.SetCallback(0, server.URL)
	people := p.Relations()
	h, words := p.People(), "regular"
	const batch = 1000
	for b.Loop() {
		for _, r := range people[:batch] {
			must(b, h.SetRemark(r.UserID, r.ExternalUserID, Remark{Remark: &words}))
		}
		must(b, p.Drain(b.Context()))
	}
	b.ReportMetric(batch*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
