package main

import (
	"context"
	"fmt"

	"siyu/internal/app"
	"siyu/internal/clock"
)

// serveCmd runs the product.
type serveCmd struct {
	place
	Addr string `help:"Address to listen on; overrides the configuration."`
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
		if token != "" {
			fmt.Fprintf(out.stdout, "set the first password: http://%s/setup?token=%s\n", addr, token)
		}
	})
}
