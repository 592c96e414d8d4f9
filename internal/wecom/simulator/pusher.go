package simulator

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
)

// Push configures how events are delivered. The zero value is the platform's
// way: 5 s to answer, 3 attempts.
type Push struct {
	Workers    int           // deliveries at a time, 4 if 0; events about one customer or group stay in order
	Timeout    time.Duration // 5 s if 0
	Attempts   int           // 3 if 0
	RetryPause time.Duration // real time between attempts of one event
	// IgnoreStatus counts any answer in time as success. Whether the platform
	// repeats after an answer other than 200 is not documented; it does here.
	IgnoreStatus bool
	// EchoRemarks pushes edit_external_contact for remarks written by API too.
	EchoRemarks bool
	// EchoTags pushes change_external_tag for tags made, changed and deleted by
	// API, and edit_external_contact for marks by API.
	EchoTags bool
}

// Faults are probabilities with which delivery goes wrong, per event.
type Faults struct {
	Duplicate float64       `json:"duplicate"` // delivered twice
	Reorder   float64       `json:"reorder"`   // overtaken by up to reorderSpan later events
	Lose      float64       `json:"lose"`      // never delivered
	Delay     float64       `json:"delay"`     // delivered DelayFor later
	DelayFor  time.Duration `json:"delay_for"` // real time
}

const reorderSpan = 8

// PushCounters say what became of the events so far.
type PushCounters struct {
	Events     int `json:"events"`     // made, per listening app
	Requests   int `json:"requests"`   // sent, retries included
	Delivered  int `json:"delivered"`  // answered well, duplicates included
	GivenUp    int `json:"given_up"`   // not answered well in all attempts
	Lost       int `json:"lost"`       // lost on purpose
	Duplicated int `json:"duplicated"` // delivered twice on purpose
	Reordered  int `json:"reordered"`  // held back on purpose
	Delayed    int `json:"delayed"`    // delayed on purpose
}

type job struct {
	url, token, key string
	agentID         int
	subject         string // events about one subject go down one lane
	plain           []byte
}

// lane is a queue with at most one worker, which exists only while there is
// something to deliver.
type lane struct {
	queue   []job
	held    []heldJob
	working bool
}

type heldJob struct {
	job
	behind int // so many later events go first
}

// pusher delivers events down a bounded number of lanes.
type pusher struct {
	clock  clock.Clock
	corp   string
	push   Push
	client *http.Client
	ctx    context.Context
	stop   context.CancelFunc

	mu       sync.Mutex
	rng      *rand.Rand
	faults   Faults
	loseNext int
	lanes    []lane
	pending  int
	idle     []chan struct{}
	counters PushCounters
}

func newPusher(p *Platform) *pusher {
	push := p.cfg.Push
	push.Workers = orNumber(push.Workers, 4)
	push.Attempts = orNumber(push.Attempts, 3)
	push.Timeout = orNumber(push.Timeout, 5*time.Second)
	ctx, stop := context.WithCancel(context.Background())
	return &pusher{
		clock: p.wire, corp: p.cfg.Corp, push: push, ctx: ctx, stop: stop, faults: p.cfg.Faults,
		lanes: make([]lane, push.Workers),
		rng:   rand.New(rand.NewPCG(p.cfg.Seed, seedStream+1)),
		client: &http.Client{
			Timeout:   push.Timeout,
			Transport: &http.Transport{MaxIdleConnsPerHost: push.Workers},
		},
	}
}

func orNumber[T ~int | ~int64](v, fallback T) T {
	if v == 0 {
		return fallback
	}
	return v
}

// SetFaults changes the delivery faults from now on.
func (p *Platform) SetFaults(f Faults) {
	p.push.mu.Lock()
	defer p.push.mu.Unlock()
	p.push.faults = f
}

// LoseNext makes the next n events disappear.
func (p *Platform) LoseNext(n int) {
	p.push.mu.Lock()
	defer p.push.mu.Unlock()
	p.push.loseNext = n
}

// PushCounters returns what became of the events so far.
func (p *Platform) PushCounters() PushCounters {
	p.push.mu.Lock()
	defer p.push.mu.Unlock()
	return p.push.counters
}

// Drain waits until every event is delivered or given up.
func (p *Platform) Drain(ctx context.Context) error {
	q := p.push
	q.mu.Lock()
	if q.pending == 0 {
		q.mu.Unlock()
		return nil
	}
	done := make(chan struct{})
	q.idle = append(q.idle, done)
	q.mu.Unlock()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for events to be delivered: %w", ctx.Err())
	}
}

// Close stops delivery; events that are still waiting are given up.
func (p *Platform) Close() { p.push.stop() }

func (q *pusher) enqueue(j job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.counters.Events++
	if q.loseNext > 0 || q.chance(q.faults.Lose) {
		q.loseNext = max(0, q.loseNext-1)
		q.counters.Lost++
		return
	}
	if q.chance(q.faults.Duplicate) {
		q.counters.Duplicated++
		q.accept(j)
	}
	q.accept(j)
}

func (q *pusher) chance(probability float64) bool {
	return probability > 0 && q.rng.Float64() < probability
}

// accept puts the job into the queue, behind later ones, or off for a while.
func (q *pusher) accept(j job) {
	q.pending++
	switch {
	case q.chance(q.faults.Delay):
		q.counters.Delayed++
		time.AfterFunc(q.faults.DelayFor, func() {
			q.mu.Lock()
			defer q.mu.Unlock()
			q.ready(j)
		})
	case q.chance(q.faults.Reorder):
		q.counters.Reordered++
		l := q.lane(j)
		l.held = append(l.held, heldJob{j, 1 + q.rng.IntN(reorderSpan)})
		q.staff(l)
	default:
		q.ready(j)
	}
}

func (q *pusher) lane(j job) *lane {
	h := fnv.New32a()
	_, _ = io.WriteString(h, j.subject)
	return &q.lanes[h.Sum32()%uint32(len(q.lanes))]
}

func (q *pusher) ready(j job) {
	l := q.lane(j)
	l.queue = append(l.queue, j)
	for i := 0; i < len(l.held); i++ {
		if l.held[i].behind--; l.held[i].behind <= 0 {
			l.queue = append(l.queue, l.held[i].job)
			l.held = append(l.held[:i], l.held[i+1:]...)
			i--
		}
	}
	q.staff(l)
}

func (q *pusher) staff(l *lane) {
	if !l.working {
		l.working = true
		go q.work(l)
	}
}

func (q *pusher) work(l *lane) {
	for {
		j, ok := q.next(l)
		if !ok {
			return
		}
		delivered := q.deliver(j)
		q.finish(delivered)
	}
}

// next takes a job; held ones go last, when nothing is left to overtake them.
func (q *pusher) next(l *lane) (job, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(l.queue) == 0 && len(l.held) > 0 {
		l.queue = append(l.queue, l.held[0].job)
		l.held = l.held[1:]
	}
	if len(l.queue) == 0 {
		l.working = false
		return job{}, false
	}
	j := l.queue[0]
	l.queue = l.queue[1:]
	return j, true
}

func (q *pusher) finish(delivered bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if delivered {
		q.counters.Delivered++
	} else {
		q.counters.GivenUp++
	}
	if q.pending--; q.pending == 0 {
		for _, done := range q.idle {
			close(done)
		}
		q.idle = nil
	}
}

// deliver makes up to three attempts with the same plaintext; nonce, time and
// ciphertext are new each time.
func (q *pusher) deliver(j job) bool {
	for attempt := range q.push.Attempts {
		if attempt > 0 && !q.wait() {
			return false
		}
		if q.ctx.Err() != nil {
			return false
		}
		if q.post(j) == nil {
			return true
		}
	}
	return false
}

func (q *pusher) wait() bool {
	t := time.NewTimer(q.push.RetryPause)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-q.ctx.Done():
		return false
	}
}

func (q *pusher) post(j job) error {
	encrypted, query, err := q.seal(j, j.plain)
	if err != nil {
		return err
	}
	body := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><AgentID><![CDATA[%d]]></AgentID><Encrypt><![CDATA[%s]]></Encrypt></xml>",
		q.corp, j.agentID, encrypted)
	req, err := http.NewRequestWithContext(q.ctx, http.MethodPost, withQuery(j.url, query), bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "text/xml")
	_, err = q.send(req)
	return err
}

func (q *pusher) send(req *http.Request) ([]byte, error) {
	q.mu.Lock()
	q.counters.Requests++
	q.mu.Unlock()
	resp, err := q.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK && !q.push.IgnoreStatus {
		err = fault.New(fault.Upstream, "the callback answered %s", resp.Status)
	}
	return answer, err
}

// seal encrypts the message and returns it with the signed query.
func (q *pusher) seal(j job, message []byte) (encrypted string, query url.Values, err error) {
	q.mu.Lock()
	var random [16]byte
	binary.LittleEndian.PutUint64(random[:8], q.rng.Uint64())
	binary.LittleEndian.PutUint64(random[8:], q.rng.Uint64())
	nonce := strconv.FormatUint(uint64(q.rng.Uint32()), 10)
	q.mu.Unlock()
	if encrypted, err = encrypt(j.key, random, message, q.corp); err != nil {
		return "", nil, err
	}
	timestamp := strconv.FormatInt(q.clock.Now().Unix(), 10)
	return encrypted, url.Values{
		"msg_signature": {signature(j.token, timestamp, nonce, encrypted)},
		"timestamp":     {timestamp}, "nonce": {nonce},
	}, nil
}

// VerifyCallback does what the console does when an administrator saves the
// callback URL of the i-th app: it sends an encrypted echo and expects exactly
// its plaintext back.
func (p *Platform) VerifyCallback(ctx context.Context, i int) error {
	p.mu.Lock()
	a, echo := p.apps[i].Callback, strconv.FormatUint(p.rng.Uint64(), 10)
	p.mu.Unlock()
	encrypted, query, err := p.push.seal(job{token: a.Token, key: a.AESKey}, []byte(echo))
	if err != nil {
		return err
	}
	query.Set("echostr", encrypted)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, withQuery(a.URL, query), nil)
	if err != nil {
		return err
	}
	answer, err := p.push.send(req)
	if err != nil {
		return fmt.Errorf("verifying the callback URL: %w", err)
	}
	if string(answer) != echo {
		return fault.New(fault.Upstream, "the callback URL did not answer with the decrypted echo")
	}
	return nil
}

func withQuery(address string, query url.Values) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q := u.Query()
	for name, values := range query {
		q[name] = values
	}
	u.RawQuery = q.Encode()
	return u.String()
}
