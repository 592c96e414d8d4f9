package bench

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"siyu/internal/app/demo"
	"siyu/internal/clock"
	"siyu/internal/fault"
	"siyu/internal/insight"
	"siyu/internal/insight/mind"
	"siyu/internal/stats/calibration"
	"siyu/internal/wecom/world"
)

// LimitOptions say about whom Siyu is asked, and when.
type LimitOptions struct {
	Options
	Seed   uint64
	Days   int    // lived with Siyu before it is asked
	Every  int    // days after which it is also asked on the way; 0: at the end alone
	World  string // only this one
	Oracle int    // of one in so many people the best that can be known is worked out; 0: of nobody
}

// Limits is how well Siyu finds what holds customers back, world by world.
type Limits struct {
	Customers int          `json:"customers"`
	Days      int          `json:"days"`
	Seed      uint64       `json:"seed"`
	Seconds   float64      `json:"seconds"`
	Worlds    []LimitWorld `json:"worlds"`
}

// LimitWorld is how Siyu did in one world, beside rules that need no Siyu.
type LimitWorld struct {
	Name string `json:"name"`
	Day  int    `json:"day"` // lived with Siyu
	// Rules are random, majority, recency, leaving everybody alone, siyu; with an
	// oracle three more.
	Rules []LimitRule `json:"rules"`
	// CalibrationError is the mean distance, over ten equal groups of customers,
	// between the probability of an order said a month ago and the share that
	// bought; CalibrationChance what it is by luck alone for a model that is right.
	CalibrationError  float64 `json:"calibration_error"`
	CalibrationChance float64 `json:"calibration_chance"`
	Expected          float64 `json:"expected"` // buyers of that month as said, of the customers then
	Actual            int     `json:"actual"`
	// Rank correlations of the parts with what they stand for.
	TrustRank  float64 `json:"trust_rank"`
	MemoryRank float64 `json:"memory_rank"`
	// Claimed counts customers of whom an effect is told as measured; all other
	// gains are told as assumptions.
	Claimed int `json:"claimed"`
	// Effects is what draws have said of contacts by then, as multiples of what is assumed.
	Effects []mind.Effect `json:"effects"`
}

// The names of rules that others are compared with.
const (
	Random   = "random"
	Majority = "majority"
	Recency  = "recency"
	Siyu     = "siyu"
	Oracle   = "oracle, macro-F1"
)

// Regret returns that of a rule, NaN where it was not asked.
func (w LimitWorld) Regret(rule string) float64 {
	if i := w.at(rule); i >= 0 {
		return w.Rules[i].Regret
	}
	return math.NaN()
}

// Unbeatable tells whether one answer is right for everybody. Majority is told it,
// so that no rule has less regret, and a regret above that is the price of learning
// what majority is told.
func (w LimitWorld) Unbeatable() bool { return w.Regret(Majority) == 0 }

// MostF1 returns the macro-F1 of who knows the law with all its constants, sees what
// Siyu sees and names for macro-F1 alone: on average nobody who has to learn the law
// has more. ok is false without an oracle.
func (w LimitWorld) MostF1() (f1 float64, ok bool) {
	if i := w.at(Oracle); i >= 0 {
		return w.Rules[i].MacroF1, true
	}
	return 0, false
}

func (w LimitWorld) at(rule string) int {
	return slices.IndexFunc(w.Rules, func(r LimitRule) bool { return r.Name == rule })
}

// LimitRule is how one rule did on the people it was asked about.
type LimitRule struct {
	Name    string `json:"name"`
	Unknown int    `json:"unknown,omitempty"` // of whom nothing was said; it counts as "no lever"
	world.Score
}

// brandKnown is a brand in a world, of which Siyu sees more or less.
type brandKnown struct {
	name    string
	law     world.Law
	archive bool
	linked  float64 // share of orders whose buyer can be recognised
}

func brandsKnown() []brandKnown {
	const usual, few = .85, .4
	return []brandKnown{
		{"standard", world.Standard, true, usual},
		{"contacts_have_no_effect", world.NoEffect, true, usual},
		{"nobody_tires", world.NoFatigue, true, usual},
		{"buying_ignores_trust", world.TrustIsIdle, true, usual},
		{"no_archive", world.Standard, false, usual},
		{"few_orders_linked", world.Standard, true, few},
	}
}

// Limiting lets Siyu learn about demo people through the real doors and compares
// what it says of them with what truly would help, which only they know. Rules
// that need no Siyu are asked about the same people. Worlds are lived beside
// each other, one per processor.
func Limiting(ctx context.Context, o LimitOptions) (Limits, error) {
	began := started()
	brands, err := named(brandsKnown(), o.World)
	result := Limits{Customers: o.Customers, Days: o.Days, Seed: o.Seed}
	if err != nil {
		return result, err
	}
	worlds := make([][]LimitWorld, len(brands))
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(runtime.GOMAXPROCS(0))
	for i, brand := range brands {
		all.Go(func() (err error) {
			worlds[i], err = o.judge(ctx, brand)
			return err
		})
	}
	err = all.Wait()
	result.Worlds = slices.Concat(worlds...)
	result.Seconds = began.passed().Seconds()
	return result, err
}

// named returns the one brand of the name, all of them for "".
func named(brands []brandKnown, name string) ([]brandKnown, error) {
	var names []string
	for _, brand := range brands {
		if brand.name == name {
			return []brandKnown{brand}, nil
		}
		names = append(names, brand.name)
	}
	if name != "" {
		return nil, fault.New(fault.Invalid, "world %q: expected one of %s", name, strings.Join(names, ", "))
	}
	return brands, nil
}

// judge lives one world and judges what is said in it.
func (o LimitOptions) judge(ctx context.Context, brand brandKnown) (worlds []LimitWorld, err error) {
	folder, err := os.MkdirTemp("", "siyu-bench-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	d, err := demo.Open(ctx, demo.Config{
		Addr: "127.0.0.1:0", Data: folder, Customers: o.Customers, Seed: o.Seed, Archive: brand.archive, Linked: brand.linked,
		Law: brand.law, Watched: o.Oracle > 0, Start: clock.Day(firstMorning, clock.Shanghai),
		Log: slog.New(slog.DiscardHandler), Say: func(string, ...any) {},
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	lived := 0
	for _, day := range o.asked() {
		if err := d.Live(ctx, day-lived); err != nil {
			return worlds, err
		}
		lived = day
		opinions, err := d.Opinions(ctx)
		if err != nil {
			return worlds, err
		}
		w := compare(brand.name, opinions, o.Seed)
		w.Day = day
		if o.Oracle > 0 {
			w.Rules = append(w.Rules, oracleRules(d, opinions, o.Oracle)...)
		}
		worlds = append(worlds, w)
		o.say("%s: judged on day %d", brand.name, day)
	}
	return worlds, nil
}

// asked returns the days on which Siyu is asked.
func (o LimitOptions) asked() (days []int) {
	for day := 0; o.Every > 0 && day < o.Days; day += o.Every {
		days = append(days, day)
	}
	return append(days, o.Days)
}

func compare(name string, o demo.Opinions, seed uint64) LimitWorld {
	w := LimitWorld{
		Name: name, CalibrationError: o.Month.Error, CalibrationChance: o.Month.Chance, Expected: o.Month.Expected, Actual: o.Month.Actual,
		Rules: []LimitRule{
			{Name: Random, Score: world.Judge(o.Truths, world.RandomRule(o.Truths, seed))},
			{Name: Majority, Score: world.Judge(o.Truths, world.MajorityRule(o.Truths))},
			{Name: Recency, Score: world.Judge(o.Truths, world.RecencyRule(o.Truths))},
			{Name: "leave alone", Score: world.Judge(o.Truths, world.AloneRule(o.Truths))},
			{Name: Siyu, Unknown: o.Unknown, Score: world.Judge(o.Truths, o.Said)},
		},
		Effects: o.Effects,
	}
	var trust, exposure, confidence, memory []float64
	for i := range o.Known {
		c := &o.Known[i]
		if c.ID == 0 {
			continue
		}
		trust, confidence = append(trust, c.Trust.Value), append(confidence, o.Truths[i].Confidence)
		exposure, memory = append(exposure, c.Exposure.Value), append(memory, o.Truths[i].Memory)
		if len(c.Levers) > 0 && c.Levers[0].Grade == insight.Measured && c.Levers[0].Part == c.Limiting {
			w.Claimed++
		}
	}
	w.TrustRank, w.MemoryRank = calibration.Spearman(trust, confidence), calibration.Spearman(exposure, memory)
	return w
}

// oracleRules are what is best to say by who knows the law and all its
// constants but sees no more than Siyu, of one in n people, and what Siyu says
// of the same.
func oracleRules(d *demo.Demo, o demo.Opinions, n int) []LimitRule {
	known, places := d.Oracle(o.Truths, n)
	truths, said := make([]world.Truth, len(places)), make([]world.Part, len(places))
	for k, i := range places {
		truths[k], said[k] = o.Truths[i], o.Said[i]
	}
	return []LimitRule{
		{Name: "oracle, least regret", Score: world.Judge(truths, world.GainRule(known))},
		{Name: Oracle, Score: world.Judge(truths, world.NameRule(known))},
		{Name: "siyu on the same", Score: world.Judge(truths, said)},
	}
}
