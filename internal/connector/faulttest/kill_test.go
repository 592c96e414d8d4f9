package faulttest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/connector/callback"
	"siyu/internal/fault/killtest"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/vault"
	"siyu/internal/wecom"
)

// The kill test: a child process serves the callback door on SQLite, the
// parent is WeCom: it posts encrypted callbacks and remembers which were
// answered 200, while it kills the child (SIGKILL) at random moments. Whatever
// was answered must be in the inbox, once.
const (
	databases     = 3
	senders       = 4                     // concurrent deliveries
	longestSpared = 80 * time.Millisecond // real time a child gets
	headerTime    = 20 * time.Second
	repeated      = 4 // one callback in so many is delivered again although it was answered

	corp   id.Corp      = "ww1234567890abcdef"
	token  wecom.Secret = "QDG6eK"
	aesKey wecom.Secret = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
)

type orders struct{ DB, Key string }

func TestMain(m *testing.M) { killtest.Main(m, serve) }

// serve is the process that gets killed.
func serve(o orders) error {
	db, err := storage.Open(context.Background(), storage.Config{URL: o.DB})
	if err != nil {
		return err
	}
	key, err := vault.OpenKey(o.Key)
	if err != nil {
		return err
	}
	crypt, err := wecom.NewCrypt(corp, token, aesKey)
	if err != nil {
		return err
	}
	sink := callback.NewSink(vault.NewInbox(db, key), func() {})
	door, err := wecom.NewCallbackHandler(sink, clock.System{}, crypt)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	server := &http.Server{Handler: door, ReadHeaderTimeout: headerTime}
	return server.Serve(listener)
}

func TestKilledAtAnyMomentNoAnsweredCallbackIsLost(t *testing.T) {
	rounds := killtest.Rounds(t) / databases
	for number := range databases {
		t.Run(fmt.Sprintf("database %d", number+1), func(t *testing.T) {
			t.Parallel()
			newStorm(t, number).run(t, rounds)
		})
	}
}

// storm is WeCom during one database's kills.
type storm struct {
	orders orders
	crypt  *wecom.Crypt
	moment *rand.Rand // of the kills
	client *http.Client

	mu       sync.Mutex
	rng      *rand.Rand
	made     int
	answered map[[sha256.Size]byte]bool
	unsure   []string // sent, not answered: WeCom repeats them
	again    int      // answered callbacks delivered once more
}

func newStorm(t *testing.T, number int) *storm {
	t.Helper()
	crypt, err := wecom.NewCrypt(corp, token, aesKey)
	must(t, err)
	dir := t.TempDir()
	return &storm{
		orders:   orders{DB: filepath.Join(dir, "siyu.db"), Key: filepath.Join(dir, "siyu.key")},
		crypt:    crypt,
		moment:   rand.New(rand.NewPCG(uint64(number), 300)),
		rng:      rand.New(rand.NewPCG(uint64(number), 301)),
		client:   &http.Client{Timeout: headerTime, Transport: &http.Transport{MaxIdleConnsPerHost: senders}},
		answered: map[[sha256.Size]byte]bool{},
	}
}

func (s *storm) run(t *testing.T, rounds int) {
	t.Helper()
	for range rounds {
		s.kill(t)
	}
	stored, lost, twice := s.stored(t), 0, 0
	for hash := range s.answered {
		if stored[hash] == 0 {
			lost++
		}
	}
	for _, n := range stored {
		if n > 1 {
			twice++
		}
	}
	if lost+twice > 0 {
		t.Errorf("%d callbacks were answered and are lost, %d are stored more than once", lost, twice)
	}
	if len(s.answered) < rounds {
		t.Errorf("only %d callbacks were answered in %d rounds: the test proves nothing", len(s.answered), rounds)
	}
	t.Logf("%d kills, %d callbacks made, %d answered, %d delivered again: %d lost, %d stored twice",
		rounds, s.made, len(s.answered), s.again, lost, twice)
}

// kill serves from a new child until it is killed.
func (s *storm) kill(t *testing.T) {
	t.Helper()
	child := killtest.Start(t, s.orders)
	wait := s.deliver("http://" + child.Said + "/")
	child.Kill(time.Duration(s.moment.Int64N(int64(longestSpared))))
	wait()
	s.client.CloseIdleConnections()
}

// deliver posts callbacks until the door is gone; the returned function waits
// for that.
func (s *storm) deliver(door string) (wait func()) {
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for {
				plain := s.next()
				status, err := s.post(door, plain)
				if err != nil {
					s.keep(plain)
					return
				}
				if status == http.StatusOK {
					s.confirm(plain)
				}
			}
		})
	}
	return all.Wait
}

// next returns the next callback: one WeCom is not sure of, now and then one
// that was answered already, else a new one.
func (s *storm) next() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.unsure); n > 0 {
		plain := s.unsure[n-1]
		s.unsure = s.unsure[:n-1]
		return plain
	}
	if s.made > 0 && s.rng.IntN(repeated) == 0 {
		s.again++
		return event(s.rng.IntN(s.made))
	}
	s.made++
	return event(s.made - 1)
}

func event(number int) string {
	return fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>1777946400</CreateTime>"+
		"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[add_external_contact]]></ChangeType>"+
		"<UserID><![CDATA[m0]]></UserID><ExternalUserID><![CDATA[wm%030d]]></ExternalUserID></xml>", corp, number)
}

func (s *storm) post(door, plain string) (status int, err error) {
	s.mu.Lock()
	var random [16]byte
	for i := range random {
		random[i] = byte(s.rng.Uint32())
	}
	nonce := strconv.Itoa(s.rng.Int())
	s.mu.Unlock()
	sealed, timestamp := s.crypt.Seal(random, []byte(plain)), strconv.FormatInt(clock.System{}.Now().Unix(), 10)
	query := url.Values{"msg_signature": {s.crypt.Signature(timestamp, nonce, sealed)}, "timestamp": {timestamp}, "nonce": {nonce}}
	body := "<xml><ToUserName><![CDATA[" + string(corp) + "]]></ToUserName><Encrypt><![CDATA[" + sealed + "]]></Encrypt></xml>"
	response, err := s.client.Post(door+"?"+query.Encode(), "text/xml", strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, response.Body) // the status alone is the answer
	return response.StatusCode, response.Body.Close()
}

func (s *storm) keep(plain string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsure = append(s.unsure, plain)
}

func (s *storm) confirm(plain string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered[wecom.LetterHash([]byte(plain))] = true
}

// stored returns how often each callback is in the inbox.
func (s *storm) stored(t *testing.T) map[[sha256.Size]byte]int {
	t.Helper()
	db, err := storage.Open(t.Context(), storage.Config{URL: s.orders.DB})
	must(t, err)
	defer func() { _ = db.Close() }()
	key, err := vault.OpenKey(s.orders.Key)
	must(t, err)
	letters, err := vault.NewInbox(db, key).Pending(t.Context(), 1<<30)
	must(t, err)
	found := map[[sha256.Size]byte]int{}
	for _, l := range letters {
		if wecom.LetterHash(l.Body) != l.Hash {
			t.Errorf("callback %x is damaged", l.Hash[:4])
		}
		found[l.Hash]++
	}
	return found
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
