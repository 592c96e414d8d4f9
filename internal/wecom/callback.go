package wecom

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"siyu/internal/clock"
	"siyu/internal/id"
)

const (
	bodyLimit = 1 << 20 // bytes of one delivery; the platform's are below 4 KiB
	// storeLimit leaves two of the platform's five seconds to the network:
	// an answer it no longer waits for would only hide a duplicate.
	storeLimit = 3 * time.Second
	// staleAfter is the age at which a delivery is flagged. It is not refused:
	// it may be our own clock that is wrong.
	staleAfter = 5 * time.Minute
)

// Callback is one verified, decrypted delivery.
type Callback struct {
	Corp  id.Corp
	Hash  [sha256.Size]byte // LetterHash of Plain: the same for every repetition of a delivery
	Plain []byte            // XML or, for app messages, whatever was sealed; the sink may keep it
	At    time.Time         // when it arrived here
	Stale bool              // its timestamp is more than five minutes off our clock, or unreadable
}

// CallbackSink stores callbacks.
type CallbackSink interface {
	// Put returns nil only when the callback is durable, or already was.
	Put(ctx context.Context, c Callback) error
}

// CallbackCounts says what became of deliveries since the start.
type CallbackCounts struct {
	Stored    uint64 // answered 200 after the sink had it
	Failed    uint64 // the sink failed, the connection was broken
	Malformed uint64 // no envelope, too large, or not decryptable
	Forged    uint64 // wrong signature
	Foreign   uint64 // another corp's message
}

// CallbackHandler answers WeCom's URL verification and deliveries for one
// corp. A delivery is answered 200 with an empty body when the sink has it;
// when the sink fails the connection is broken without an answer, because
// that is the only outcome WeCom is sure to repeat.
type CallbackHandler struct {
	sink   CallbackSink
	clock  clock.Clock
	crypts atomic.Pointer[[]*Crypt]
	// The counts are per outcome, in the order of the outcome constants.
	counts  [outcomes]atomic.Uint64
	scratch sync.Pool
}

type callbackOutcome int

const (
	stored callbackOutcome = iota
	failed
	malformed
	forged
	foreign
	outcomes
)

// NewCallbackHandler returns a handler that accepts messages under any of the
// crypts, so that during a rotation of token or key old and new are valid at
// once.
func NewCallbackHandler(sink CallbackSink, now clock.Clock, crypts ...*Crypt) (*CallbackHandler, error) {
	h := &CallbackHandler{sink: sink, clock: now}
	h.scratch.New = func() any { return new(working) }
	if err := h.Rotate(crypts...); err != nil {
		return nil, err
	}
	return h, nil
}

// Rotate replaces the crypts while deliveries go on; newest first is fastest.
func (h *CallbackHandler) Rotate(crypts ...*Crypt) error {
	if len(crypts) == 0 {
		return errors.New("callback handler: no keys")
	}
	h.crypts.Store(&crypts)
	return nil
}

// Counts returns what became of deliveries so far.
func (h *CallbackHandler) Counts() CallbackCounts {
	return CallbackCounts{
		Stored: h.counts[stored].Load(), Failed: h.counts[failed].Load(),
		Malformed: h.counts[malformed].Load(), Forged: h.counts[forged].Load(), Foreign: h.counts[foreign].Load(),
	}
}

// ServeHTTP implements http.Handler.
func (h *CallbackHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		h.verifyURL(w, r)
	case http.MethodPost:
		h.deliver(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (h *CallbackHandler) verifyURL(w http.ResponseWriter, r *http.Request) {
	work := h.borrow()
	defer h.scratch.Put(work)
	_, plain, err := h.open(work, queryOf(r.URL.RawQuery), nil)
	if err != nil {
		h.refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(plain) // nothing can be done about a reader that has gone
}

func (h *CallbackHandler) deliver(w http.ResponseWriter, r *http.Request) {
	crypt, plain, err := h.receive(r)
	if err != nil {
		h.refuse(w, err)
		return
	}
	now := h.clock.Now()
	ctx, cancel := context.WithTimeout(r.Context(), storeLimit)
	defer cancel()
	err = h.sink.Put(ctx, Callback{
		Corp: id.Corp(crypt.corp), Hash: LetterHash(plain), Plain: plain,
		At: now, Stale: isStale(queryOf(r.URL.RawQuery).timestamp, now),
	})
	if err != nil {
		h.counts[failed].Add(1)
		panic(http.ErrAbortHandler)
	}
	h.counts[stored].Add(1)
	w.WriteHeader(http.StatusOK)
}

// LetterHash names a plaintext: the second its CreateTime tells as four bytes,
// most significant first, then sha256 of it without the first four bytes. What
// is sent at the same time so lies together in an index. Without a CreateTime
// it is sha256.
func LetterHash(plain []byte) [sha256.Size]byte {
	sum := sha256.Sum256(plain)
	_, rest, _ := bytes.Cut(plain, []byte("<CreateTime>"))
	digits, _, found := bytes.Cut(rest, []byte("<"))
	if seconds, err := strconv.ParseUint(string(digits), 10, 32); found && err == nil {
		binary.BigEndian.PutUint32(sum[:], uint32(seconds)) //nolint:gosec // parsed into 32 bits
	}
	return sum
}

// receive returns the plaintext of a delivery and the keys that opened it.
func (h *CallbackHandler) receive(r *http.Request) (*Crypt, []byte, error) {
	work := h.borrow()
	defer h.scratch.Put(work)
	if err := work.read(r); err != nil {
		return nil, nil, err
	}
	parts, err := parseEnvelope(work.body)
	if err != nil {
		return nil, nil, err
	}
	crypt, plain, err := h.open(work, queryOf(r.URL.RawQuery), parts.encrypt)
	if err == nil && len(parts.toUser) > 0 && string(parts.toUser) != crypt.corp {
		return nil, nil, ErrCorp
	}
	return crypt, plain, err
}

// open verifies and decrypts sealed, or the query's echostr if sealed is nil.
func (h *CallbackHandler) open(work *working, q callbackQuery, sealed []byte) (*Crypt, []byte, error) {
	if sealed == nil {
		sealed = []byte(q.echo)
	}
	for _, crypt := range *h.crypts.Load() {
		var sum [40]byte
		sum, work.text = crypt.sign(work.text, q.timestamp, q.nonce, sealed)
		work.sum = append(work.sum[:0], q.signature...)
		if subtle.ConstantTimeCompare(sum[:], work.sum) == 1 {
			plain, err := crypt.open(sealed)
			return crypt, plain, err
		}
	}
	return nil, nil, ErrSignature
}

// refuse answers without saying why: who sends forgeries learns nothing.
func (h *CallbackHandler) refuse(w http.ResponseWriter, err error) {
	status, outcome := http.StatusBadRequest, malformed
	switch {
	case errors.Is(err, ErrSignature):
		status, outcome = http.StatusForbidden, forged
	case errors.Is(err, ErrCorp):
		status, outcome = http.StatusForbidden, foreign
	case errors.Is(err, errTooLarge):
		status = http.StatusRequestEntityTooLarge
	}
	h.counts[outcome].Add(1)
	w.WriteHeader(status)
}

func isStale(timestamp string, now time.Time) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	return err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > staleAfter
}

// working is the memory of one request that the next one may use again.
type working struct{ body, text, sum []byte }

func (h *CallbackHandler) borrow() *working { return h.scratch.Get().(*working) }

var errTooLarge = errors.New("callback body is too large")

const usualBody = 4 << 10

func (w *working) read(r *http.Request) error {
	if r.ContentLength > bodyLimit {
		return errTooLarge
	}
	if w.body == nil {
		w.body = make([]byte, 0, usualBody)
	}
	w.body = w.body[:0]
	for {
		n, err := r.Body.Read(w.body[len(w.body):cap(w.body)])
		w.body = w.body[:len(w.body)+n]
		switch {
		case len(w.body) > bodyLimit:
			w.body = nil // not worth keeping
			return errTooLarge
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return errEnvelope
		case len(w.body) == cap(w.body):
			w.body = append(w.body, 0)[:len(w.body)]
		}
	}
}

type callbackQuery struct{ signature, timestamp, nonce, echo string }

// queryOf reads the four parameters without building a map. Of a repeated
// parameter the last one counts; signing it decides whether it was meant.
func queryOf(raw string) callbackQuery {
	var q callbackQuery
	for len(raw) > 0 {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		name, value, _ := strings.Cut(pair, "=")
		if strings.ContainsAny(value, "%+") {
			unescaped, err := url.QueryUnescape(value)
			if err != nil {
				continue
			}
			value = unescaped
		}
		switch name {
		case "msg_signature":
			q.signature = value
		case "timestamp":
			q.timestamp = value
		case "nonce":
			q.nonce = value
		case "echostr":
			q.echo = value
		}
	}
	return q
}
