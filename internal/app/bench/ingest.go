package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

	"siyu/internal/app"
	"siyu/internal/clock"
	"siyu/internal/connector/callback"
	"siyu/internal/connector/intake"
	"siyu/internal/id"
	"siyu/internal/vault"
	"siyu/internal/wecom"
)

// The made-up corp's callback secrets.
const (
	token  = "benchtoken"
	aesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

// latencyGoal is what 99 of 100 answers must stay below.
const latencyGoal = 100.0 // ms

// IngestOptions say how callbacks are delivered.
type IngestOptions struct {
	Options
	Rate    int           // a second; 0: raise it until latencies pass the goal
	For     time.Duration // at each rate
	Surge   bool          // instead: 60,000 events in ten minutes, each delivered up to three times
	Faster  int           // the surge's ten minutes pass this many times faster
	Command []string      // runs Send on the Load it reads from standard input
}

// Ingest is what became of callbacks while nights ran.
type Ingest struct {
	Figures
	Rates  []Loaded `json:"rates"` // what was tried, in order; Figures is the last within the goal
	Nights int      `json:"nights"`
	Surge  *Surge   `json:"surge,omitempty"`
}

// Surge counts what was stored of a surge. Lost and Duplicated must be 0.
type Surge struct {
	Events     int `json:"events"`
	Deliveries int `json:"deliveries"`
	Facts      int `json:"facts"` // told
	Lost       int `json:"lost"`
	Duplicated int `json:"duplicated"`
}

// Receive measures callbacks over HTTP, signed and sealed, each durable before
// its answer, while one night after the other runs over the customers. The
// load comes from a second process on the same machine.
func Receive(ctx context.Context, o IngestOptions) (result Ingest, err error) {
	g, err := prepare(ctx, o.Options)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	result.Engine, result.Customers = o.Engine, o.Customers
	door, err := g.receive()
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, door.server.Close()) }()
	stop := g.keepPlanning(ctx)
	forgetPeak()
	if o.Surge {
		result.Surge, err = door.surge(ctx, o, &result)
	} else {
		err = door.climb(ctx, o, &result)
	}
	nights, failed := stop()
	result.Nights, result.RSS = nights, resident(ownProcess)
	return result, errors.Join(err, failed)
}

// keepPlanning runs nights until it is told to stop, and then says how many.
func (g *ground) keepPlanning(ctx context.Context) (stop func() (int, error)) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	nights := 0
	go func() {
		for {
			if _, err := g.Night(ctx); err != nil {
				done <- err
				return
			}
			nights++
			g.clock.Set(g.clock.Now().Add(24 * time.Hour))
		}
	}()
	return func() (int, error) {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			return nights, err
		}
		return nights, nil
	}
}

// door is where callbacks arrive.
type door struct {
	*ground
	inbox  *vault.Inbox
	server *http.Server
	addr   string
	sent   int // events so far
}

// receive opens the callback handler on loopback. Time is real there: WeCom's
// retries do not wait for the brand's clock.
func (g *ground) receive() (*door, error) {
	key, err := g.key()
	if err != nil {
		return nil, err
	}
	crypt, err := wecom.NewCrypt(corp, token, aesKey)
	if err != nil {
		return nil, err
	}
	d := &door{ground: g, inbox: vault.NewInbox(g.DB(), key)}
	handler, err := wecom.NewCallbackHandler(callback.NewSink(d.inbox, func() {}), clock.System{}, crypt)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(app.CallbackPath, handler)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on loopback: %w", err)
	}
	d.addr, d.server = listener.Addr().String(), &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = d.server.Serve(listener) }() // it ends when it is closed
	return d, nil
}

// send lets the second process deliver a load.
func (d *door) send(ctx context.Context, command []string, l Load) (loaded Loaded, err error) {
	l.Addr, l.Corp, l.Token, l.AESKey, l.First = d.addr, corp, token, aesKey, d.sent
	d.sent += l.Events
	spec, err := json.Marshal(l)
	if err != nil {
		return loaded, err
	}
	process := exec.CommandContext(ctx, command[0], command[1:]...)
	process.Stdin, process.Stderr = bytes.NewReader(spec), os.Stderr
	answer, err := process.Output()
	if err != nil {
		return loaded, fmt.Errorf("send callbacks: %w", err)
	}
	return loaded, json.Unmarshal(answer, &loaded)
}

// rates are tried in turn when none is given, a second.
func rates() []int { return []int{4000, 7000, 10000, 12500, 15000, 20000} }

func (d *door) climb(ctx context.Context, o IngestOptions, result *Ingest) error {
	tried := rates()
	if o.Rate > 0 {
		tried = []int{o.Rate}
	}
	for i, rate := range tried {
		loaded, err := d.send(ctx, o.Command, Load{Events: int(float64(rate) * o.For.Seconds()), Within: o.For})
		if err != nil {
			return err
		}
		o.say("%d a second: %.0f answered a second, p50 %.1f ms, p99 %.1f ms, slowest %.0f ms", rate, loaded.Rate, loaded.P50, loaded.P99, loaded.Max)
		result.Rates = append(result.Rates, loaded)
		within := loaded.P99 < latencyGoal && loaded.Accepted == loaded.Deliveries
		if within || i == 0 {
			result.Rate, result.P50, result.P99, result.Max, result.Seconds = loaded.Rate, loaded.P50, loaded.P99, loaded.Max, loaded.Seconds
		}
		if !within {
			break
		}
	}
	return nil
}

// The surge of the promise: 60,000 events in ten minutes.
const (
	surgeEvents = 60_000
	surgeWithin = 10 * time.Minute
	surgeTimes  = 3
)

// surge delivers the surge while the reader turns letters into facts, and
// counts.
func (d *door) surge(ctx context.Context, o IngestOptions, result *Ingest) (*Surge, error) {
	before, err := d.DB().LogHead(ctx)
	if err != nil {
		return nil, err
	}
	reading, stop := context.WithCancel(ctx)
	read := make(chan struct{})
	reader, err := d.reader()
	if err != nil {
		stop()
		return nil, err
	}
	go func() { defer close(read); reader.Run(reading) }()
	loaded, err := d.send(ctx, o.Command, Load{
		Events: surgeEvents, Within: surgeWithin / time.Duration(max(1, o.Faster)), Repeats: surgeTimes, RepeatWithin: 5 * time.Second,
	})
	if err == nil {
		err = d.drain(ctx)
	}
	stop()
	<-read
	if err != nil {
		return nil, err
	}
	after, err := d.DB().LogHead(ctx)
	if err != nil {
		return nil, err
	}
	result.Rates = append(result.Rates, loaded)
	result.Rate, result.P50, result.P99, result.Max, result.Seconds = loaded.Rate, loaded.P50, loaded.P99, loaded.Max, loaded.Seconds
	s := &Surge{Events: loaded.Events, Deliveries: loaded.Deliveries, Facts: int(after - before)}
	s.Lost, s.Duplicated = max(0, loaded.Events-s.Facts), max(0, s.Facts-loaded.Events)
	return s, nil
}

// drain waits until every letter has been read.
func (d *door) drain(ctx context.Context) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		pending, aside, err := d.DB().CountLetters(ctx)
		if err != nil || pending+aside == 0 {
			return err
		}
		if aside > 0 {
			return fmt.Errorf("%d letters could not be read", aside)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// reader turns letters into facts as the server does. The events of the load
// need no look at WeCom.
func (d *door) reader() (*callback.Reader, error) {
	key, err := d.key()
	if err != nil {
		return nil, err
	}
	in := &intake.Intake{Corp: corp, Log: d.Facts(), Vault: vault.Open(d.DB(), key), Ledger: d.DB(), Clock: d.clock}
	return callback.NewReader(callback.Config{
		Doors: map[id.Corp]callback.Door{corp: {Intake: in}},
		Inbox: letters{d.inbox, d.DB()}, Settings: callback.DefaultSettings(), Clock: clock.System{},
		Logger: slog.New(slog.DiscardHandler),
	}), nil
}

// letters are the inbox and its store, as the reader wants them.
type letters struct {
	*vault.Inbox
	vault.InboxStore
}
