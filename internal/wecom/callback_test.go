package wecom

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/id"
)

// kept is a sink in memory that can be made to fail.
type kept struct {
	mu   sync.Mutex
	rows []Callback
	fail error
}

func (k *kept) Put(_ context.Context, c Callback) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fail != nil {
		return k.fail
	}
	k.rows = append(k.rows, c)
	return nil
}

func (k *kept) all() []Callback {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.rows
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, clock.Shanghai)

const (
	testCorp = id.Corp("ww6a112864f8022910")
	keyOne   = Secret("4Ma3YBrSBbX2aez8MJpXGBne5LSDwgGqHbhM9WPYIws")
	keyTwo   = Secret("cD0d7jx4tYvVtzqrmh3Dm3QFCXe6f8SlHoMtMh3qQEP")
)

func crypt(t testing.TB, token, key Secret) *Crypt {
	t.Helper()
	c, err := NewCrypt(testCorp, token, key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type door struct {
	*httptest.Server
	handler *CallbackHandler
	sink    *kept
}

func openDoor(t testing.TB, crypts ...*Crypt) door {
	t.Helper()
	sink := &kept{}
	h, err := NewCallbackHandler(sink, clock.NewVirtual(noon), crypts...)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	server.Config.ErrorLog = nil
	t.Cleanup(server.Close)
	return door{server, h, sink}
}

func sealedURL(base string, c *Crypt, sealed string, at time.Time) string {
	ts := strconv.FormatInt(at.Unix(), 10)
	return base + "/?" + url.Values{"msg_signature": {c.Signature(ts, "n0nce", sealed)}, "timestamp": {ts}, "nonce": {"n0nce"}}.Encode()
}

func envelopeOf(corp id.Corp, sealed string) string {
	return fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><AgentID><![CDATA[1000002]]></AgentID><Encrypt><![CDATA[%s]]></Encrypt></xml>", corp, sealed)
}

func post(t testing.TB, target, body string) (int, string) {
	t.Helper()
	reply, err := http.Post(target, "text/xml", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, string(text)
}

func TestURLVerificationAnswersExactlyThePlaintext(t *testing.T) {
	for _, name := range []string{"A", "D", "E"} {
		a := vector(t, name)
		d := openDoor(t, a.crypt(t))
		query := url.Values{"msg_signature": {a.signature}, "timestamp": {a.timestamp}, "nonce": {a.nonce}, "echostr": {a.sealed}}
		reply, err := http.Get(d.URL + "/?" + query.Encode())
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(reply.Body)
		reply.Body.Close()
		if err != nil || reply.StatusCode != http.StatusOK || string(body) != a.plain {
			t.Errorf("vector %s: %d %q, want %q", name, reply.StatusCode, body, a.plain)
		}
		query.Set("msg_signature", a.signature[:39]+"x")
		reply, err = http.Get(d.URL + "/?" + query.Encode())
		if err != nil {
			t.Fatal(err)
		}
		reply.Body.Close()
		if reply.StatusCode != http.StatusForbidden {
			t.Errorf("vector %s: a wrong signature is answered %d", name, reply.StatusCode)
		}
	}
}

func TestPublishedDeliveriesAreStoredAndAnsweredEmpty(t *testing.T) {
	for _, name := range []string{"B", "C", "F"} {
		a := vector(t, name)
		d := openDoor(t, a.crypt(t))
		query := url.Values{"msg_signature": {a.signature}, "timestamp": {a.timestamp}, "nonce": {a.nonce}}
		status, body := post(t, d.URL+"/?"+query.Encode(), envelopeOf(id.Corp(a.corp), a.sealed))
		rows := d.sink.all()
		if status != http.StatusOK || body != "" || len(rows) != 1 {
			t.Fatalf("vector %s: %d %q, %d rows", name, status, body, len(rows))
		}
		got := rows[0]
		if string(got.Plain) != a.plain || got.Hash != LetterHash([]byte(a.plain)) || got.Corp != id.Corp(a.corp) || !got.At.Equal(noon) {
			t.Errorf("vector %s: stored %+v", name, got)
		}
		if !got.Stale {
			t.Errorf("vector %s: a delivery of 2014 or 2020 is not flagged", name)
		}
	}
}

func TestAFreshDeliveryIsNotStaleAndADayOfClockSkewLosesNothing(t *testing.T) {
	c := crypt(t, "token", keyOne)
	d := openDoor(t, c)
	for _, skew := range []time.Duration{0, 4 * time.Minute, -24 * time.Hour, 24 * time.Hour} {
		sealed := c.Seal([16]byte{}, []byte(skew.String()))
		if status, _ := post(t, sealedURL(d.URL, c, sealed, noon.Add(skew)), envelopeOf(testCorp, sealed)); status != http.StatusOK {
			t.Errorf("skew %v: status %d", skew, status)
		}
	}
	for _, row := range d.sink.all() {
		skew, err := time.ParseDuration(string(row.Plain))
		if err != nil || row.Stale != (skew.Abs() > 5*time.Minute) {
			t.Errorf("skew %s flagged %v, %v", row.Plain, row.Stale, err)
		}
	}
	if len(d.sink.all()) != 4 {
		t.Errorf("%d of 4 stored", len(d.sink.all()))
	}
}

func TestWhenTheStoreFailsTheConnectionBreaksInsteadOfAnAnswer(t *testing.T) {
	c := crypt(t, "token", keyOne)
	d := openDoor(t, c)
	d.sink.fail = errors.New("disk full")
	sealed := c.Seal([16]byte{}, []byte("<xml></xml>"))
	reply, err := http.Post(sealedURL(d.URL, c, sealed, noon), "text/xml", strings.NewReader(envelopeOf(testCorp, sealed)))
	if err == nil {
		reply.Body.Close()
		t.Fatalf("answered %d for what is not stored", reply.StatusCode)
	}
	if counts := d.handler.Counts(); counts != (CallbackCounts{Failed: 1}) {
		t.Errorf("counts %+v", counts)
	}
}

func TestBadDeliveriesAreRefusedCountedAndNotStored(t *testing.T) {
	c := crypt(t, "token", keyOne)
	other, err := NewCrypt("wwOTHER", "token", keyOne)
	if err != nil {
		t.Fatal(err)
	}
	good := c.Seal([16]byte{1}, []byte("<xml></xml>"))
	foreign := other.Seal([16]byte{1}, []byte("<xml></xml>"))
	bad := sealRaw(c, make([]byte, 32))
	d := openDoor(t, c)
	for name, try := range map[string]struct {
		url, body string
		want      int
	}{
		"no query":             {d.URL, envelopeOf(testCorp, good), http.StatusForbidden},
		"other text signed":    {sealedURL(d.URL, c, foreign, noon), envelopeOf(testCorp, good), http.StatusForbidden},
		"empty body":           {sealedURL(d.URL, c, good, noon), "", http.StatusBadRequest},
		"no envelope":          {sealedURL(d.URL, c, good, noon), "<xml></xml>", http.StatusBadRequest},
		"truncated":            {sealedURL(d.URL, c, good, noon), envelopeOf(testCorp, good)[:200], http.StatusBadRequest},
		"signed but not ours":  {sealedURL(d.URL, c, foreign, noon), envelopeOf(testCorp, foreign), http.StatusForbidden},
		"envelope of another":  {sealedURL(d.URL, c, good, noon), envelopeOf("wwOTHER", good), http.StatusForbidden},
		"signed but not clear": {sealedURL(d.URL, c, bad, noon), envelopeOf(testCorp, bad), http.StatusBadRequest},
		"larger than 1 MiB":    {sealedURL(d.URL, c, good, noon), envelopeOf(testCorp, good) + strings.Repeat(" ", 1<<20), http.StatusRequestEntityTooLarge},
	} {
		if status, body := post(t, try.url, try.body); status != try.want || body != "" {
			t.Errorf("%s: %d %q, want %d", name, status, body, try.want)
		}
	}
	if n := len(d.sink.all()); n != 0 {
		t.Errorf("%d stored", n)
	}
	if got, want := d.handler.Counts(), (CallbackCounts{Forged: 2, Malformed: 5, Foreign: 2}); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
	request, err := http.NewRequest(http.MethodPut, d.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	reply.Body.Close()
	if reply.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("PUT is answered %d", reply.StatusCode)
	}
}

func TestABodyOfUnknownLengthIsCapped(t *testing.T) {
	c := crypt(t, "token", keyOne)
	d := openDoor(t, c)
	endless := io.LimitReader(zeroes{}, 64<<20)
	reply, err := http.Post(d.URL, "text/xml", struct{ io.Reader }{endless})
	if err == nil {
		reply.Body.Close()
		if reply.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d", reply.StatusCode)
		}
	}
	if d.handler.Counts().Malformed != 1 {
		t.Errorf("counts %+v", d.handler.Counts())
	}
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte{'0'}, len(p))), nil }

func TestDuringARotationNothingIsRefused(t *testing.T) {
	old, fresh := crypt(t, "old", keyOne), crypt(t, "new", keyTwo)
	d := openDoor(t, old)
	var senders sync.WaitGroup
	for i, c := range []*Crypt{old, fresh} {
		if i == 1 {
			if err := d.handler.Rotate(fresh, old); err != nil {
				t.Fatal(err)
			}
		}
		senders.Go(func() {
			for n := range 200 {
				sealed := c.Seal([16]byte{}, fmt.Appendf(nil, "%d %d", i, n))
				if status, _ := post(t, sealedURL(d.URL, c, sealed, noon), envelopeOf(testCorp, sealed)); status != http.StatusOK {
					t.Errorf("key %d, delivery %d: %d", i, n, status)
				}
			}
		})
	}
	senders.Wait()
	if n := len(d.sink.all()); n != 400 {
		t.Errorf("%d of 400 stored", n)
	}
	if err := d.handler.Rotate(); err == nil {
		t.Error("a rotation to no keys is accepted")
	}
}

// Two customers who add the same member in the same second differ in one
// field only; a key of sender and second would lose one of them.
func TestDeliveriesOfOneSecondHaveDifferentHashesAndRepetitionsTheSame(t *testing.T) {
	c := crypt(t, "token", keyOne)
	d := openDoor(t, c)
	bodies := []string{"wmAAA", "wmAAB", "wmAAA"}
	for i, customer := range bodies {
		plain := eventXML("<ExternalUserID>" + customer + "</ExternalUserID>")
		sealed := c.Seal([16]byte{byte(i)}, plain)
		post(t, sealedURL(d.URL, c, sealed, noon.Add(time.Duration(i)*time.Second)), envelopeOf(testCorp, sealed))
	}
	rows := d.sink.all()
	if len(rows) != 3 || rows[0].Hash == rows[1].Hash || rows[0].Hash != rows[2].Hash {
		t.Error("the hash does not follow the plaintext")
	}
}

func TestLettersOfOneSecondLieTogetherAndOfOneTextAreOne(t *testing.T) {
	text := func(at int64, who string) []byte {
		return fmt.Appendf(nil, "<xml><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime></xml>", who, at)
	}
	one, other, later := LetterHash(text(1_780_000_000, "a")), LetterHash(text(1_780_000_000, "b")), LetterHash(text(1_780_000_001, "a"))
	if one == other || !bytes.Equal(one[:4], other[:4]) || bytes.Compare(later[:4], one[:4]) <= 0 {
		t.Errorf("hashes %x %x %x", one[:6], other[:6], later[:6])
	}
	if one != LetterHash(text(1_780_000_000, "a")) {
		t.Error("a repetition has another hash")
	}
	for _, plain := range []string{"", "no xml", "<xml><CreateTime>soon</CreateTime></xml>", "<CreateTime>1780000000", "<CreateTime>99999999999</CreateTime>"} {
		if LetterHash([]byte(plain)) != sha256.Sum256([]byte(plain)) {
			t.Errorf("%q: without a time the hash is sha256", plain)
		}
	}
}
