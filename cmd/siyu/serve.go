package main

import (
	"context"
	"fmt"
	"io"

	"siyu/internal/app"
	"siyu/internal/clock"
)

// serveCmd runs the product.
type serveCmd struct {
	place
	Addr string `help:"Address to listen on; overrides the configuration."`
}

type serveAnswer struct {
	Addr  string `json:"addr"`
	Setup string `json:"setup,omitempty"` // one-time link to the first password, until it was used
}

// Help shows an example.
func (serveCmd) Help() string { return "Example: siyu serve --data /var/lib/siyu" }

// Run serves until it is stopped.
func (c *serveCmd) Run(ctx context.Context, out *answer) (err error) {
	config, err := c.config()
	if err != nil {
		return err
	}
	if c.Addr != "" {
		config.Addr = c.Addr
	}
	a, err := app.Open(ctx, config, clock.System{}, logger(out))
	if err != nil {
		return err
	}
	defer closing(a, &err)
	token, err := a.Accounts().FirstLink(ctx)
	if err != nil {
		return err
	}
	return a.Serve(ctx, func(addr string) {
		out.say("siyu listens on http://%s", addr)
		result := serveAnswer{Addr: addr}
		if token != "" {
			result.Setup = fmt.Sprintf("http://%s/setup?token=%s", addr, token)
		}
		_ = out.give(result, func(w io.Writer) { // who reads it may have gone; the server stays
			if result.Setup != "" {
				fmt.Fprintf(w, "set the first password: %s\n", result.Setup)
			}
		})
	})
}
