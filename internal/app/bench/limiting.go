package bench

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"siyu/internal/app/demo"
	"siyu/internal/clock"
	"siyu/internal/wecom/world"
)

// LimitOptions say about whom Siyu is asked, and when.
type LimitOptions struct {
	Options
	Seed uint64
	Days int // lived with Siyu before it is asked
}

// Limits is how well Siyu finds what holds customers back, beside rules that
// need no Siyu. One entry per rule, in the order in which they were asked.
type Limits struct {
	Customers int         `json:"customers"`
	Days      int         `json:"days"`
	Seconds   float64     `json:"seconds"`
	Rules     []LimitRule `json:"rules"`
}

// LimitRule is how one rule did on the people it was asked about.
type LimitRule struct {
	Name    string `json:"name"`
	Unknown int    `json:"unknown"` // of whom nothing was said; it counts as "no lever"
	world.Score
}

// brandKnown is a brand of which Siyu sees more or less.
type brandKnown struct {
	name    string
	archive bool
	linked  float64 // share of orders whose buyer can be recognised
}

func brandsKnown() []brandKnown {
	const usual, few = .85, .4
	return []brandKnown{
		{"siyu: archive, 85 % of orders linked", true, usual},
		{"siyu: no archive, 85 % of orders linked", false, usual},
		{"siyu: archive, 40 % of orders linked", true, few},
		{"siyu: no archive, 40 % of orders linked", false, few},
	}
}

// Limiting lets Siyu learn about demo people through the real doors and compares
// what it says of them with what truly would help, which only they know. Rules
// that need no Siyu are asked about the same people.
func Limiting(ctx context.Context, o LimitOptions) (result Limits, err error) {
	began := started()
	result.Customers, result.Days = o.Customers, o.Days
	for i, brand := range brandsKnown() {
		opinions, err := o.opinions(ctx, brand)
		if err != nil {
			return result, err
		}
		if i == 0 {
			result.Rules = simpleRules(opinions.Truths, o.Seed)
		}
		result.Rules = append(result.Rules, LimitRule{Name: brand.name, Unknown: opinions.Unknown, Score: world.Judge(opinions.Truths, opinions.Said)})
		o.say("%s: judged", brand.name)
	}
	result.Seconds = began.passed().Seconds()
	return result, nil
}

func simpleRules(truths []world.Truth, seed uint64) []LimitRule {
	return []LimitRule{
		{Name: "random", Score: world.Judge(truths, world.RandomRule(truths, seed))},
		{Name: "majority", Score: world.Judge(truths, world.MajorityRule(truths))},
		{Name: "recency", Score: world.Judge(truths, world.RecencyRule(truths))},
	}
}

func (o LimitOptions) opinions(ctx context.Context, brand brandKnown) (opinions demo.Opinions, err error) {
	folder, err := os.MkdirTemp("", "siyu-bench-*")
	if err != nil {
		return opinions, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	d, err := demo.Open(ctx, demo.Config{
		Addr: "127.0.0.1:0", Data: folder, Customers: o.Customers, Seed: o.Seed, Archive: brand.archive, Linked: brand.linked,
		Start: clock.Day(firstMorning, clock.Shanghai), Log: slog.New(slog.DiscardHandler), Say: o.say,
	})
	if err != nil {
		return opinions, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Live(ctx, o.Days); err != nil {
		return opinions, err
	}
	return d.Opinions(ctx)
}
