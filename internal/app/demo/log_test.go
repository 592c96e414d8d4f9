package demo

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/vault"
	"siyu/internal/wecom/simulator"
)

// record is a log that several goroutines write.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// A day with everything going wrong that can be made to: nothing of it may
// bring a person or a secret into the log, the progress or an error.
func TestNoNamePhoneTextOrSecretReachesTheLog(t *testing.T) {
	log, data := &record{}, t.TempDir()
	d, err := Open(t.Context(), Config{
		Addr: "127.0.0.1:0", Data: data, Customers: 300, Seed: 1, Archive: true, Linked: 0.85,
		Start: time.Date(2026, 11, 2, 0, 0, 0, 0, clock.Shanghai),
		Log:   slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Say:   func(format string, args ...any) { _, _ = fmt.Fprintf(log, format+"\n", args...) }, // a buffer takes everything
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }() // its servers are closed below
	d.platform.SetFaults(simulator.Faults{Lose: 0.1, Duplicate: 0.2, Reorder: 0.2})
	for hour := range 24 {
		switch hour {
		case 6:
			d.platform.ExpireTokens()
		case 12:
			d.platform.SetLimits(simulator.Limits{PerMinute: 1})
		case 15:
			d.platform.SetLimits(simulator.Limits{})
		case 20:
			if err := d.servers[0].Close(); err != nil { // WeCom is away
				t.Fatal(err)
			}
		}
		d.patientHour(t, log)
	}
	said := log.String()
	if !strings.Contains(said, "level=ERROR") {
		t.Error("nothing was logged: the test proves nothing")
	}
	for kind, words := range d.canaries(t, data) {
		if len(words) == 0 {
			t.Errorf("no %s is known: the test proves nothing", kind)
		}
		for _, word := range words {
			if i := strings.Index(said, word); i >= 0 {
				t.Errorf("%s %q is in the log: ...%s...", kind, word, said[max(0, i-100):min(len(said), i+100)])
			}
		}
	}
}

// patientHour lives an hour and writes what failed beside the log.
func (d *Demo) patientHour(t *testing.T, log *record) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := d.Hour(ctx); err != nil {
		_, _ = fmt.Fprintln(log, err) // a buffer takes everything
	}
}

// canaries are what must not be found, by kind.
func (d *Demo) canaries(t *testing.T, data string) map[string][]string {
	t.Helper()
	own := d.platform.Credentials(0)
	key, err := os.ReadFile(filepath.Join(data, "vault.key"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{"secret": {own.Secret, own.Token, own.AESKey, strings.TrimSpace(string(key)), base64.StdEncoding.EncodeToString([]byte(own.Secret))}}
	for _, r := range d.platform.Relations() {
		subject := event.Customer(id.CustomerOf(d.corp, r.ExternalUserID))
		for kind, field := range map[string]vault.Field{"name": vault.Name, "phone of a remark": vault.Phone} {
			texts, err := d.App.Texts(t.Context(), subject, field)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range texts {
				if utf8.RuneCountInString(text) >= 3 { // shorter ones stand in other words
					found[kind] = append(found[kind], text)
				}
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(data, "exports", "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found["phone of an order"] = append(found["phone of an order"], regexp.MustCompile(`\b1[3-9]\d{9}\b`).FindAllString(string(text), -1)...)
	}
	return found
}
