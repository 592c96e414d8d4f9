package bench

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"runtime"

	"golang.org/x/sync/errgroup"

	"siyu/internal/app/demo"
	"siyu/internal/clock"
	"siyu/internal/stats"
	"siyu/internal/wecom/world"
)

// LifetimeOptions say which lives are lived.
type LifetimeOptions struct {
	Options
	Seed       uint64  // of the first life; each further one has the next
	Seeds      int     // lives of each world and plan
	Days       int     // in which the brand operates
	After      int     // days after them in which nobody does anything
	Confirming float64 // share of contacts and mass messages that members carry out
	World      string  // only this one
	Beside     int     // lives that are lived at the same time; 0: one for each processor
	Kept       string  // file of lives that need not be lived again; new ones are added. "": none
}

// Lifetime is what plans brought over their lives.
type Lifetime struct {
	Customers  int             `json:"customers"`
	Seeds      int             `json:"seeds"`
	Days       int             `json:"days"`
	After      int             `json:"after"`
	Confirming float64         `json:"confirming"`
	Capacity   int             `json:"capacity"` // contacts by hand of a member in a day
	Seconds    float64         `json:"seconds"`
	Worlds     []LifetimeWorld `json:"worlds"`
}

// LifetimeWorld is how plans did in one world.
type LifetimeWorld struct {
	Name  string         `json:"name"`
	Plans []LifetimePlan `json:"plans"`
}

// LifetimePlan is what one plan brought: means over lives, of each customer of the
// first day, with 95 % intervals of the mean.
type LifetimePlan struct {
	Name     string `json:"name"`
	Value    Mean   `json:"value"`     // margin of all days less what contacts cost, yuan
	Margin   Mean   `json:"margin"`    // yuan
	Orders   Mean   `json:"orders"`    // of all days
	Deleted  Mean   `json:"deleted"`   // relations ended by customers while the brand operated
	ByHand   Mean   `json:"by_hand"`   // contacts by hand that reached the customer
	Mass     Mean   `json:"mass"`      // mass messages that did
	SiyuMore Mean   `json:"siyu_more"` // value of Siyu's plan less this one's in the same lives, yuan
}

// Mean is a mean over lives with its 95 % interval.
type Mean struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// What a contact costs the brand, fen. A contact by hand is what a new installation
// takes it for: three minutes at 40 yuan an hour. To confirm a mass message is a minute.
const (
	byHandCosts  = 200
	confirmCosts = 67
)

// chain is how many customers the demo's members serve: hands are as scarce in a
// smaller world as there.
const chain = 20_000

func lifetimeWorlds() []brandKnown {
	const usual = .85
	return []brandKnown{
		{"standard", world.Standard, true, usual},
		{"buying_ignores_trust", world.TrustIsIdle, true, usual},
		{"nobody_tires", world.NoFatigue, true, usual},
	}
}

// life is what one life brought.
type life struct {
	customers       int
	operated, after world.Tally
}

// Lives lets the same people live under Siyu's plan, carried out through the real
// doors, and under what brands do without it: same luck, so that they differ by the
// plan alone. Who is held out by Siyu counts like everybody.
func Lives(ctx context.Context, o LifetimeOptions) (Lifetime, error) {
	began := started()
	worlds, err := named(lifetimeWorlds(), o.World)
	result := Lifetime{Customers: o.Customers, Seeds: o.Seeds, Days: o.Days, After: o.After, Confirming: o.Confirming, Capacity: o.capacity()}
	if err != nil {
		return result, err
	}
	kept, err := keptIn(o.Kept)
	if err != nil {
		return result, err
	}
	lives := make([][][]life, len(worlds)) // by world and seed, one under each plan
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(cmp.Or(o.Beside, runtime.GOMAXPROCS(0)))
	for i, brand := range worlds {
		lives[i] = make([][]life, o.Seeds)
		for s := range o.Seeds {
			all.Go(func() (err error) {
				lives[i][s], err = o.live(ctx, brand, o.Seed+uint64(s), kept) //nolint:gosec // not negative
				return err
			})
		}
	}
	if err := all.Wait(); err != nil {
		return result, err
	}
	for i, brand := range worlds {
		w := LifetimeWorld{Name: brand.name}
		for k, plan := range lifetimePlans() {
			w.Plans = append(w.Plans, summed(string(plan), lives[i], k))
		}
		result.Worlds = append(result.Worlds, w)
	}
	result.Seconds = began.passed().Seconds()
	return result, nil
}

// capacity returns the hands of a member, in proportion to those of a chain.
func (o LifetimeOptions) capacity() int {
	const usual = 30
	return max(1, int(math.Round(usual*float64(o.Customers)/chain)))
}

// lifetimePlans are the plans lives are compared under, Siyu's first.
func lifetimePlans() []world.Practice { return append([]world.Practice{Siyu}, world.Practices()...) }

// live lives one seed of a world under each plan, in their order, unless that is kept.
func (o LifetimeOptions) live(ctx context.Context, brand brandKnown, seed uint64, kept *keptLives) ([]life, error) {
	of := lived{o.Customers, o.Days, o.After, o.Confirming, brand.name, seed}
	if lives, ok := kept.known[of]; ok {
		return lives, nil
	}
	l, err := o.withSiyu(ctx, brand, seed)
	if err != nil {
		return nil, err
	}
	lives := []life{l}
	for _, practice := range world.Practices() {
		l, err := o.without(ctx, brand, seed, practice)
		if err != nil {
			return nil, err
		}
		lives = append(lives, l)
	}
	o.say("%s: life %d is over", brand.name, seed)
	return lives, kept.keep(of, lives)
}

func (o LifetimeOptions) withSiyu(ctx context.Context, brand brandKnown, seed uint64) (l life, err error) {
	folder, err := os.MkdirTemp("", "siyu-bench-*")
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	d, err := demo.Open(ctx, demo.Config{
		Addr: "127.0.0.1:0", Data: folder, Customers: o.Customers, Seed: seed, Archive: brand.archive, Linked: brand.linked,
		Law: brand.law, Start: clock.Day(firstMorning, clock.Shanghai), Confirming: o.Confirming, Capacity: o.capacity(),
		Log: slog.New(slog.DiscardHandler), Say: func(string, ...any) {},
	})
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	l.customers = o.Customers
	if err := d.Live(ctx, o.Days); err != nil {
		return l, err
	}
	if err := d.LiveAlone(ctx, o.After); err != nil {
		return l, err
	}
	o.tally(&l, d.Tally)
	return l, nil
}

func (o LifetimeOptions) without(ctx context.Context, brand brandKnown, seed uint64, practice world.Practice) (l life, err error) {
	c, err := world.NewCourse(ctx, world.Config{
		Customers: o.Customers, Seed: seed, Start: clock.Day(firstMorning, clock.Shanghai), Archive: brand.archive, LinkedShare: brand.linked, Law: brand.law,
	})
	if err != nil {
		return l, err
	}
	l.customers = o.Customers
	if err := c.Live(ctx, world.Operation{Practice: practice, Confirming: o.Confirming, Capacity: o.capacity()}, o.Days); err != nil {
		return l, err
	}
	if err := c.Live(ctx, world.Operation{Practice: world.Alone}, o.After); err != nil {
		return l, err
	}
	o.tally(&l, c.Tally)
	return l, nil
}

// tally counts what a life brought from the first day with the plan on.
func (o LifetimeOptions) tally(l *life, between func(from, until int) world.Tally) {
	first := world.HistoryDays
	l.operated, l.after = between(first, first+o.Days), between(first+o.Days, first+o.Days+o.After)
}

// value returns what a life was worth, yuan a customer.
func (l life) value() float64 {
	cost := byHandCosts*l.operated.ByHand + confirmCosts*l.operated.Sends
	return l.yuan(l.operated.Margin + l.after.Margin - int64(cost))
}

func (l life) yuan(fen int64) float64 { return float64(fen) / 100 / float64(l.customers) }

func (l life) each(n int) float64 { return float64(n) / float64(l.customers) }

// summed sums up the lives under one of the plans.
func summed(name string, lives [][]life, plan int) LifetimePlan {
	over := func(of func(l, siyu life) float64) Mean {
		values := make([]float64, len(lives))
		for i, seed := range lives {
			values[i] = of(seed[plan], seed[0])
		}
		var m Mean
		m.Mean, m.Low, m.High = stats.MeanInterval(values, .95)
		return m
	}
	return LifetimePlan{
		Name:     name,
		Value:    over(func(l, _ life) float64 { return l.value() }),
		Margin:   over(func(l, _ life) float64 { return l.yuan(l.operated.Margin + l.after.Margin) }),
		Orders:   over(func(l, _ life) float64 { return l.each(l.operated.Orders + l.after.Orders) }),
		Deleted:  over(func(l, _ life) float64 { return l.each(l.operated.Deleted) }),
		ByHand:   over(func(l, _ life) float64 { return l.each(l.operated.ByHand) }),
		Mass:     over(func(l, _ life) float64 { return l.each(l.operated.Mass) }),
		SiyuMore: over(func(l, siyu life) float64 { return siyu.value() - l.value() }),
	}
}
