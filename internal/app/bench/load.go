package bench

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"siyu/internal/app"
	"siyu/internal/clock"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// Load says which callbacks to send where. It is handed to a second process,
// so that the load costs the server no memory and no goroutines.
type Load struct {
	Addr   string  `json:"addr"`
	Corp   id.Corp `json:"corp"`
	Token  string  `json:"token"` // made up, hence no wecom.Secret, which writes itself as ***
	AESKey string  `json:"aes_key"`
	First  int     `json:"first"`  // number of the first event; events of different numbers differ
	Events int     `json:"events"` // different ones
	// Within is over how long the events are spread, evenly.
	Within time.Duration `json:"within"`
	// Repeats is how often an event is delivered at most: as often as luck has
	// it, the repetitions within RepeatWithin of the first delivery.
	Repeats      int           `json:"repeats"`
	RepeatWithin time.Duration `json:"repeat_within"`
}

// Loaded is what became of a Load. Latencies count from when a delivery was
// due, not from when a connection was free for it.
type Loaded struct {
	Deliveries int     `json:"deliveries"`
	Accepted   int     `json:"accepted"` // answered 200
	Events     int     `json:"events"`   // accepted at least once
	Rate       float64 `json:"rate"`     // accepted a second, until the last answer
	P50        float64 `json:"p50_ms"`
	P99        float64 `json:"p99_ms"`
	Max        float64 `json:"max_ms"`
	Seconds    float64 `json:"seconds"`
}

// connections is how many deliveries can wait for their answers at a time. At
// 10,000 a second that is 100 ms of them; then latencies grow, but no delivery
// is left out.
const connections = 1024

// delivery is one HTTP request, ready to be written, and when it is due.
type delivery struct {
	due     time.Duration
	event   int
	request []byte
}

// Send delivers everything, open loop, and waits for the last answer.
func Send(ctx context.Context, l Load) (Loaded, error) {
	deliveries, err := l.deliveries()
	if err != nil {
		return Loaded{}, err
	}
	s := &sending{deliveries: deliveries, latencies: make([]time.Duration, len(deliveries)), accepted: make([]bool, len(deliveries))}
	sockets := make([]net.Conn, connections)
	for i := range sockets {
		if sockets[i], err = net.Dial("tcp", l.Addr); err != nil {
			return Loaded{}, fmt.Errorf("connect to %s: %w", l.Addr, err)
		}
		defer func() { _ = sockets[i].Close() }() // all answers were read
	}
	s.began = clock.System{}.Now()
	var all sync.WaitGroup
	for _, socket := range sockets {
		all.Go(func() { s.fail(s.run(ctx, socket)) })
	}
	all.Wait()
	return s.result(), s.failed
}

// deliveries prepares all requests, so that sealing costs nothing while time is
// taken.
func (l Load) deliveries() ([]delivery, error) {
	crypt, err := wecom.NewCrypt(l.Corp, wecom.Secret(l.Token), wecom.Secret(l.AESKey))
	if err != nil {
		return nil, err
	}
	luck := rand.New(rand.NewPCG(uint64(l.First), 1)) //nolint:gosec // luck of a benchmark, and First counts from 0
	now := clock.System{}.Now()
	var list []delivery
	for n := range l.Events {
		event := l.First + n
		due := l.Within * time.Duration(n) / time.Duration(l.Events)
		sent := now.Add(due)
		list = append(list, delivery{due, n, l.request(crypt, event, 0, sent)})
		for again := range luck.IntN(max(1, l.Repeats)) {
			later := due + time.Duration(luck.Int64N(int64(l.RepeatWithin)))
			list = append(list, delivery{later, n, l.request(crypt, event, 1+again, sent)})
		}
	}
	slices.SortFunc(list, func(a, b delivery) int { return int(a.due - b.due) })
	return list, nil
}

// request returns a delivery as WeCom sends it: a customer has deleted a member
// of staff. A repetition carries the same text under another random prefix.
func (l Load) request(crypt *wecom.Crypt, event, repetition int, sent time.Time) []byte {
	plain := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>%d</CreateTime>"+
		"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[%s]]></Event><ChangeType><![CDATA[%s]]></ChangeType>"+
		"<UserID><![CDATA[member%05d]]></UserID><ExternalUserID><![CDATA[%s]]></ExternalUserID></xml>",
		l.Corp, sent.Unix(), wecom.EventContact, wecom.StaffDeletedByCustomer, event%64, externalUserID(event))
	var random [16]byte
	binary.BigEndian.PutUint64(random[:], uint64(event))         //nolint:gosec // counts from 0
	binary.BigEndian.PutUint64(random[8:], uint64(1+repetition)) //nolint:gosec // counts from 0
	sealed := crypt.Seal(random, []byte(plain))
	timestamp, nonce := fmt.Sprint(sent.Unix()), fmt.Sprint(event)
	body := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><AgentID><![CDATA[]]></AgentID><Encrypt><![CDATA[%s]]></Encrypt></xml>", l.Corp, sealed)
	return fmt.Appendf(nil, "POST %s?msg_signature=%s&timestamp=%s&nonce=%s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s",
		app.CallbackPath, crypt.Signature(timestamp, nonce, sealed), timestamp, nonce, l.Addr, len(body), body)
}

// sending is a Load under way.
type sending struct {
	deliveries []delivery
	began      time.Time
	next       atomic.Int64
	latencies  []time.Duration
	accepted   []bool
	mu         sync.Mutex
	failed     error
}

func (s *sending) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = errors.Join(s.failed, err)
}

// run takes the next delivery again and again, waits until it is due and sends
// it over one connection.
func (s *sending) run(ctx context.Context, socket net.Conn) error {
	answers := bufio.NewReaderSize(socket, 1<<10)
	for ctx.Err() == nil {
		at := int(s.next.Add(1)) - 1
		if at >= len(s.deliveries) {
			return nil
		}
		d := &s.deliveries[at]
		if wait := d.due - s.passed(); wait > 0 {
			time.Sleep(wait)
		}
		if _, err := socket.Write(d.request); err != nil {
			return fmt.Errorf("send: %w", err)
		}
		status, err := answer(answers)
		if err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		s.latencies[at], s.accepted[at] = s.passed()-d.due, status == http.StatusOK
	}
	return ctx.Err()
}

func (s *sending) passed() time.Duration { return clock.System{}.Now().Sub(s.began) }

var errAnswer = errors.New("an answer with a body was not expected")

// answer reads one answer without a body and returns its status.
func answer(r *bufio.Reader) (status int, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, errAnswer
	}
	digits := line[len("HTTP/1.1 "):]
	status = int(digits[0]-'0')*100 + int(digits[1]-'0')*10 + int(digits[2]-'0')
	empty := false
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) <= len("\r\n") {
			break
		}
		empty = empty || string(line) == "Content-Length: 0\r\n"
	}
	if !empty {
		return 0, errAnswer
	}
	return status, nil
}

func (s *sending) result() Loaded {
	r := Loaded{Deliveries: len(s.deliveries), Seconds: s.passed().Seconds()}
	events := map[int]bool{}
	for i, ok := range s.accepted {
		if ok {
			r.Accepted++
			events[s.deliveries[i].event] = true
		}
	}
	r.Events = len(events)
	r.Rate = float64(r.Accepted) / r.Seconds
	t := times(s.latencies)
	r.P50, r.P99, r.Max = t.at(.50), t.at(.99), t.at(1)
	return r
}
