package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"siyu/internal/connector/reading"
	"siyu/internal/web"
)

// CallbackPath is where WeCom delivers events.
const CallbackPath = "/wecom/callback"

// HTTP time-outs: pages and callbacks are small; only uploads take long, and
// they are bounded by size.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Minute
	writeTimeout  = 2 * time.Minute
	idleTimeout   = 2 * time.Minute
)

// Handler serves callbacks and the console.
func (a *App) Handler() (http.Handler, error) {
	console, err := web.New(a.ports(), web.Options{Clock: a.clock, Zone: a.zone, Log: a.log, Secure: strings.HasPrefix(a.config.PublicURL, "https://")})
	if err != nil {
		return nil, fmt.Errorf("open console: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc(CallbackPath, a.callback)
	mux.Handle(reading.Path, a.door)
	mux.HandleFunc("GET /healthz", a.health)
	mux.Handle("/", console)
	return behindProxy(a.config.TrustProxy, mux), nil
}

// ports returns everything that the console asks.
func (a *App) ports() web.Ports {
	people := accountPort{a, a.accounts}
	ports := web.Ports{Connection: connectionPort{a}, Things: thingPort{a}, Imports: newImportPort(a), Accounts: people, Users: people, Keys: keyPort{a}, Sidebar: sidebarPort{a}}
	a.desk.Ports(&ports)
	return ports
}

// callback hands a delivery to the corp that is connected now.
func (a *App) callback(w http.ResponseWriter, r *http.Request) {
	l := a.link.Load()
	if l == nil || l.callback == nil {
		http.NotFound(w, r)
		return
	}
	l.callback.ServeHTTP(w, r)
}

// health answers 200 while the database can be read.
func (a *App) health(w http.ResponseWriter, r *http.Request) {
	if _, err := a.db.LogHead(r.Context()); err != nil {
		http.Error(w, "database", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// Serve runs the product until ctx ends, then stops gracefully: no new
// requests, the timers finish what they began. ready is called with the
// address once it listens.
func (a *App) Serve(ctx context.Context, ready func(addr string)) error {
	if limit, err := Bytes(a.config.MemoryLimit); err != nil {
		return err
	} else {
		debug.SetMemoryLimit(limit)
	}
	handler, err := a.Handler()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", a.config.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", a.config.Addr, err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn)}
	socket, err := a.listenSocket()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	commands := &http.Server{Handler: a.socketHandler(), ReadHeaderTimeout: headerTimeout}
	go func() { _ = commands.Serve(socket) }() // it ends when it is closed below
	defer commands.Close()
	if ready != nil {
		ready(listener.Addr().String())
	}
	return a.until(ctx, server, listener)
}

func (a *App) until(ctx context.Context, server *http.Server, listener net.Listener) error {
	timersCtx, stopTimers := context.WithCancel(ctx)
	timers := make(chan struct{})
	go func() {
		defer close(timers)
		var running sync.WaitGroup
		running.Go(func() { a.readOn(timersCtx) })
		running.Go(func() { a.pullOn(timersCtx) })
		a.Timers().Start(timersCtx)
		running.Wait()
	}()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stop, cancel := context.WithTimeout(context.Background(), a.config.StopWithin)
	defer cancel()
	if shut := server.Shutdown(stop); err == nil {
		err = shut
	}
	stopTimers()
	select {
	case <-timers:
		a.keepIndexFile(stop)
	case <-stop.Done():
		err = errors.Join(err, fmt.Errorf("timers did not stop within %s", a.config.StopWithin))
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
