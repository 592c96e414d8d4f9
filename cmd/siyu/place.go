package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"

	"siyu/internal/app"
	"siyu/internal/clock"
	"siyu/internal/fault"
)

// place says which installation a command is about.
type place struct {
	jsonFlag
	Config string `type:"existingfile" help:"Configuration file, see docs/configuration.md."`
	Data   string `help:"Data folder; overrides the configuration."`
	DB     string `name:"db" help:"postgres:// URL; overrides the configuration."`
}

// config reads the configuration and what the flags override.
func (p place) config() (app.Config, error) {
	c, err := app.LoadConfig(p.Config, os.Getenv)
	if err != nil {
		return c, err
	}
	if p.Data != "" {
		c.Data = p.Data
	}
	if p.DB != "" {
		c.DB = p.DB
	}
	return c, nil
}

// mustExist refuses a place where no installation was opened before.
func (p place) mustExist() error {
	c, err := p.config()
	if err != nil || c.DB != "" {
		return err
	}
	if _, err := os.Stat(c.DatabasePath()); errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Invalid, "there is no installation in %s: name its folder with --data", c.Data)
	}
	return nil
}

// open opens the installation's data.
func (p place) open(ctx context.Context, out *answer) (*app.App, error) {
	c, err := p.config()
	if err != nil {
		return nil, err
	}
	return app.Open(ctx, c, clock.System{}, logger(out))
}

// ask sends the command to the server that runs on the data, if one does.
func (p place) ask(ctx context.Context, name string, q, into any) (running bool, err error) {
	c, err := p.config()
	if err != nil {
		return false, err
	}
	if q == nil {
		q = struct{}{}
	}
	return c.Ask(ctx, name, q, into)
}

// command is what is asked of an installation.
type command struct {
	name   string // as the server's socket knows it
	asked  any
	begins bool // an installation may begin with it
}

// carried returns what the server that runs on the data answers to the command,
// or what here answers where none runs.
func carried[R any](ctx context.Context, p place, out *answer, c command, here func(*app.App) (R, error)) (result R, err error) {
	running, err := p.ask(ctx, c.name, c.asked, &result)
	if err != nil || running {
		return result, err
	}
	if !c.begins {
		if err := p.mustExist(); err != nil {
			return result, err
		}
	}
	a, err := p.open(ctx, out)
	if err != nil {
		return result, err
	}
	defer closing(a, &err)
	return here(a)
}

func logger(out *answer) *slog.Logger {
	return slog.New(slog.NewTextHandler(out.stderr, nil))
}

// closing closes the installation and keeps the first error.
func closing(a *app.App, err *error) {
	if closed := a.Close(); *err == nil {
		*err = closed
	}
}
