package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"siyu/internal/account"
	"siyu/internal/connector/customers"
	"siyu/internal/connector/orders"
	"siyu/internal/fault"
	"siyu/internal/flow"
)

// A running server answers the commands through a socket in its data folder,
// which only the folder's owner can reach. Each command is one POST with a JSON
// document; the answer is one JSON document or a refusal.

// refusal is how an error crosses the socket.
type refusal struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
}

// ImportAsked is the import command on the socket.
type ImportAsked struct {
	Path    string         `json:"path"` // absolute
	Options orders.Options `json:"options"`
}

// CustomersAsked is the import of a list of members on the socket.
type CustomersAsked struct {
	Path    string            `json:"path"` // absolute
	Options customers.Options `json:"options"`
}

// UserAsked is a command about console accounts on the socket.
type UserAsked struct {
	Account account.Account `json:"account"`
}

// UserAnswered is its answer.
type UserAnswered struct {
	Link     string            `json:"link,omitempty"` // one-time link path
	Accounts []account.Account `json:"accounts,omitempty"`
}

// DocumentAsked is a command about one of the brand's documents on the socket.
// Document is empty for reading it.
type DocumentAsked struct {
	Name     string          `json:"name"`
	Document json.RawMessage `json:"document,omitempty"`
}

// listenSocket opens the socket. One that a dead server left is replaced.
func (a *App) listenSocket() (net.Listener, error) {
	path := a.config.socketPath()
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("replace the old socket: %w", err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open the command socket: %w", err)
	}
	return listener, os.Chmod(path, 0o600)
}

func (a *App) socketHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /doctor", command(func(ctx context.Context, _ struct{}) (any, error) {
		return map[string]any{"checks": a.Examine(ctx)}, nil
	}))
	mux.HandleFunc("POST /import", command(func(ctx context.Context, q ImportAsked) (any, error) {
		return a.ImportOrders(ctx, q.Path, q.Options)
	}))
	mux.HandleFunc("POST /import/customers", command(func(ctx context.Context, q CustomersAsked) (any, error) {
		return a.ImportCustomers(ctx, q.Path, q.Options)
	}))
	mux.HandleFunc("POST /verify", command(func(ctx context.Context, _ struct{}) (any, error) { return a.Verify(ctx) }))
	mux.HandleFunc("POST /turn", command(func(ctx context.Context, _ struct{}) (any, error) {
		return flow.Replayed{}, a.Turn(ctx)
	}))
	mux.HandleFunc("POST /settings/get", command(func(_ context.Context, q DocumentAsked) (any, error) { return a.brand.Document(q.Name) }))
	mux.HandleFunc("POST /settings/set", command(func(ctx context.Context, q DocumentAsked) (any, error) { return struct{}{}, a.SetDocument(ctx, q) }))
	mux.HandleFunc("POST /migrate", command(func(context.Context, struct{}) (any, error) {
		return map[string]any{"ok": true, "database": a.db.Dialect()}, nil // opening it did it
	}))
	mux.HandleFunc("POST /check", command(func(ctx context.Context, _ struct{}) (any, error) { return a.Check(ctx) }))
	for name, do := range map[string]func(*App, context.Context, AudienceAsked) (AudienceAnswered, error){
		"list": (*App).ListAudiences, "show": (*App).ShowAudience, "count": (*App).CountAudience, "save": (*App).SaveAudience,
		"archive": (*App).ArchiveAudience, "export": (*App).ExportAudience,
	} {
		mux.HandleFunc("POST /audience/"+name, command(func(ctx context.Context, q AudienceAsked) (any, error) { return do(a, ctx, q) }))
	}
	for name, do := range processCommands() {
		mux.HandleFunc("POST /sop/"+name, command(func(ctx context.Context, q ProcessAsked) (any, error) { return do(a, ctx, q) }))
	}
	mux.HandleFunc("POST /user/add", command(func(ctx context.Context, q UserAsked) (any, error) { return a.AddUser(ctx, q.Account) }))
	mux.HandleFunc("POST /user/reset", command(func(ctx context.Context, q UserAsked) (any, error) { return a.ResetUser(ctx, q.Account.Name) }))
	mux.HandleFunc("POST /user/list", command(func(ctx context.Context, _ struct{}) (any, error) { return a.ListUsers(ctx) }))
	mux.HandleFunc("POST /key/add", command(func(ctx context.Context, q KeyAsked) (any, error) { return a.AddKey(ctx, q.Key) }))
	mux.HandleFunc("POST /key/revoke", command(func(ctx context.Context, q KeyAsked) (any, error) { return a.RevokeKey(ctx, q.Key) }))
	mux.HandleFunc("POST /key/list", command(func(ctx context.Context, q KeyAsked) (any, error) { return a.ListKeys(ctx, q.Key) }))
	return mux
}

func command[Q any](do func(context.Context, Q) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q Q
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			refuse(w, fault.New(fault.Invalid, "read the command: %v", err))
			return
		}
		result, err := do(r.Context(), q)
		if err != nil {
			refuse(w, err)
			return
		}
		if err := json.NewEncoder(w).Encode(result); err != nil {
			refuse(w, err)
		}
	}
}

func refuse(w http.ResponseWriter, err error) {
	w.WriteHeader(http.StatusConflict)
	_ = json.NewEncoder(w).Encode(refusal{fault.CodeOf(err), err.Error()}) // the command has gone away
}

// Ask sends a command to the server that runs on the data folder. running is
// false when none does; then nothing was sent.
func (c Config) Ask(ctx context.Context, name string, q, into any) (running bool, err error) {
	path, err := filepath.Abs(c.socketPath())
	if err != nil {
		return false, fmt.Errorf("find the command socket: %w", err)
	}
	probe, err := net.DialTimeout("unix", path, time.Second)
	if err != nil {
		return false, nil // nobody listens: the command opens the data itself
	}
	if err := probe.Close(); err != nil {
		return true, fmt.Errorf("ask the running server: %w", err)
	}
	body, err := json.Marshal(q)
	if err != nil {
		return true, fmt.Errorf("write the command: %w", err)
	}
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://siyu/"+name, bytes.NewReader(body))
	if err != nil {
		return true, fmt.Errorf("write the command: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return true, fmt.Errorf("ask the running server: %w", err)
	}
	defer resp.Body.Close()
	return true, readAnswer(resp, into)
}

func readAnswer(resp *http.Response, into any) error {
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		var no refusal
		if err := json.Unmarshal(raw, &no); err != nil {
			return fault.New(fault.Internal, "the server answered %s", resp.Status)
		}
		return fault.New(no.Code, "%s", no.Message)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return nil
}
