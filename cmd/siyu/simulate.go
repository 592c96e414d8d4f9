package main

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/clock"
	"siyu/internal/wecom/simulator"
	"siyu/internal/wecom/world"
)

// simulateCmd runs simulators alone.
type simulateCmd struct {
	Wecom simulateWecomCmd `cmd:"" help:"A WeCom on loopback. Example: siyu simulate wecom --customers 2000"`
}

type simulateWecomCmd struct {
	jsonFlag
	Addr          string  `default:"127.0.0.1:0" help:"Address to listen on."`
	Corp          string  `help:"Corp id; made up if empty."`
	Secret        string  `help:"Secret of the app; made up if empty."`
	Token         string  `help:"Callback token; made up if empty."`
	AESKey        string  `name:"aes-key" help:"EncodingAESKey, 43 characters; made up if empty."`
	Callback      string  `placeholder:"URL" help:"Where events are delivered."`
	Customers     int     `help:"Fill it with the demo brand and this many customers; 0 leaves it empty."`
	DaysPerSecond float64 `help:"How fast its time runs; 0 is real time."`
	Seed          uint64  `default:"1" help:"The same seed gives the same people."`
	Script        string  `type:"existingfile" help:"File with acts, see the package simulator."`
}

// Run serves until it is stopped. The first line on standard output is a JSON
// object with addr, corp, secret, agent_id, token and aes_key.
func (c *simulateWecomCmd) Run(ctx context.Context, out *answer) error {
	start := clock.Day(clock.System{}.Now(), clock.Shanghai)
	config := simulator.ServeConfig{
		Config: simulator.Config{Corp: c.Corp, Seed: c.Seed, Archive: simulator.Archive{On: true}, Apps: []simulator.App{{
			Name: "siyu", Secret: c.Secret, Callback: simulator.Callback{URL: c.Callback, Token: c.Token, AESKey: c.AESKey},
		}}},
		Addr: c.Addr, Script: c.Script, DaysPerSecond: c.DaysPerSecond, Out: out.stdout,
		Report: func(err error) { out.say("%v", err) },
	}
	if c.Customers > 0 {
		c.populate(ctx, &config, start, out)
	}
	return simulator.Serve(ctx, config)
}

// populate fills the simulator with the demo brand, whose people go on living.
func (c *simulateWecomCmd) populate(ctx context.Context, config *simulator.ServeConfig, start time.Time, out *answer) {
	var people *world.World
	config.Populate = func(p *simulator.Platform) (err error) {
		if people, err = world.New(p, world.Config{Customers: c.Customers, Seed: c.Seed, Start: start, Archive: true}); err != nil {
			return err
		}
		out.say("building %d customers and a year of history", c.Customers)
		return people.History(ctx)
	}
	config.EachTick = func(now time.Time) {
		if err := people.Step(ctx, now); err != nil && ctx.Err() == nil {
			out.say("%v", fmt.Errorf("live an hour: %w", err))
		}
	}
}
