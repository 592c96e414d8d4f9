package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"siyu/internal/clock"
)

// ServeConfig describes a simulator that stands alone.
type ServeConfig struct {
	Config
	Addr   string    // "127.0.0.1:0" if empty
	Script string    // file with acts, none if empty
	Out    io.Writer // receives the first line
	// DaysPerSecond lets the platform's time run that fast; 0 is real time.
	// With it Config.Clock and Config.Wire are made here: tokens, codes and
	// rate limits keep to real time, because clients do.
	DaysPerSecond float64
	// Populate fills the platform before it serves.
	Populate func(*Platform) error
	// EachTick is called about every tickLength with the platform's time.
	EachTick func(now time.Time)
	// Report receives errors of acts; the simulator goes on.
	Report func(error)
}

// FirstLine is what Serve writes first, as one line of JSON.
type FirstLine struct {
	Addr string `json:"addr"`
	Credentials
}

const (
	tickLength   = 20 * time.Millisecond
	closeTimeout = 2 * time.Second
	headTimeout  = 10 * time.Second
)

// Serve runs a simulator until ctx ends. It writes the first line to Out as
// soon as calls are answered.
func Serve(ctx context.Context, cfg ServeConfig) error {
	virtual := cfg.virtualClock()
	p, acts, err := cfg.prepare()
	if err != nil {
		return err
	}
	defer p.Close()
	listener, err := net.Listen("tcp", orElse(cfg.Addr, "127.0.0.1:0"))
	if err != nil {
		return fmt.Errorf("listening on %s: %w", cfg.Addr, err)
	}
	if cfg.PublicURL == "" {
		p.SetPublicURL("http://" + listener.Addr().String())
	}
	server := &http.Server{Handler: p, ReadHeaderTimeout: headTimeout}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if err := json.NewEncoder(cfg.Out).Encode(FirstLine{listener.Addr().String(), p.Credentials(0)}); err != nil {
		return errors.Join(fmt.Errorf("writing the first line: %w", err), server.Close())
	}
	if err := cfg.live(ctx, p, acts, virtual, failed); err != nil {
		return err
	}
	// The caller's context has ended; what is under way gets a moment more.
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	return server.Shutdown(stop)
}

func (cfg *ServeConfig) virtualClock() *clock.Virtual {
	if cfg.DaysPerSecond <= 0 {
		return nil
	}
	v := clock.NewVirtual(clock.System{}.Now())
	cfg.Clock, cfg.Wire = v, clock.System{}
	return v
}

func (cfg *ServeConfig) prepare() (*Platform, []Act, error) {
	var acts []Act
	if cfg.Script != "" {
		file, err := os.Open(cfg.Script)
		if err != nil {
			return nil, nil, fmt.Errorf("opening the script: %w", err)
		}
		defer file.Close()
		if acts, err = ReadScript(file); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", cfg.Script, err)
		}
	}
	p, err := New(cfg.Config)
	if err == nil && cfg.Populate != nil {
		err = cfg.Populate(p)
	}
	return p, acts, err
}

// live moves the clock and carries out the script until ctx ends.
func (cfg *ServeConfig) live(ctx context.Context, p *Platform, acts []Act, virtual *clock.Virtual, failed <-chan error) error {
	ticker := time.NewTicker(tickLength)
	defer ticker.Stop()
	begun := p.Now()
	realStart := clock.System{}.Now()
	for {
		for len(acts) > 0 && p.Now().Sub(begun) >= acts[0].After {
			if err := acts[0].run(p); err != nil && cfg.Report != nil {
				cfg.Report(err)
			}
			acts = acts[1:]
		}
		p.Tick()
		if cfg.EachTick != nil {
			cfg.EachTick(p.Now())
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return fmt.Errorf("serving: %w", err)
		case <-ticker.C:
		}
		if virtual != nil {
			real := clock.System{}.Now().Sub(realStart)
			virtual.Set(begun.Add(time.Duration(real.Seconds() * cfg.DaysPerSecond * float64(dayLength))))
		}
	}
}
