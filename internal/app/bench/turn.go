package bench

import (
	"context"
	"errors"
	"strings"
	"time"

	"siyu/internal/event"
)

// touched is how many customers something happens to before each measured turn.
const touched = 1000

// turnRounds is how many turns are measured.
const turnRounds = 20

// Turns is what BenchTurn measured: Figures are of turns (Rate in customers a
// second), the rest of nights.
type Turns struct {
	Figures
	FirstNight float64 `json:"first_night_seconds"`     // everything is new: hold-out and every answer are written
	Night      float64 `json:"night_seconds"`           // of the second day: answers are written where they changed
	FirstCPU   float64 `json:"first_night_cpu_seconds"` // of all processors together
	NightCPU   float64 `json:"night_cpu_seconds"`
	TurnCPU    float64 `json:"turn_cpu_ms"` // of one turn
	NightRSS   float64 `json:"night_rss_mb"`
	Facets     float64 `json:"facets_seconds"`   // of a database without any: columns of rules are filled, and the index is read
	Midnight   float64 `json:"midnight_seconds"` // columns over windows that moved, before the second night
	Index      float64 `json:"index_seconds"`    // the audience index read from the database, after a restart
	IndexCPU   float64 `json:"index_cpu_seconds"`
	Choosing   float64 `json:"choosing_seconds"` // the weekly choice of purchase models, before the second night
	Chosen     string  `json:"chosen"`           // the models that are in force in it
	Planned    int     `json:"planned"`
	Withheld   int     `json:"withheld"`
	Database   float64 `json:"database_mb"`
}

// Turn measures turns with 1,000 touched customers, and two nights over all of
// them.
func Turn(ctx context.Context, o Options) (result Turns, err error) {
	g, err := prepare(ctx, o)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	result.Engine, result.Customers = o.Engine, o.Customers
	if err := g.nights(ctx, &result); err != nil {
		return result, err
	}
	forgetPeak()
	all, cpu, err := g.turns(ctx)
	if err != nil {
		return result, err
	}
	result.TurnCPU = 1000 * cpu / float64(len(all))
	result.take(all)
	result.RSS, result.Database = max(result.NightRSS, resident(ownProcess)), g.database()
	if err := g.restart(ctx); err != nil {
		return result, err
	}
	before := spent()
	if result.Index, err = g.keepAudiences(ctx); err != nil {
		return result, err
	}
	result.IndexCPU = spent() - before
	var sum time.Duration
	for _, t := range all {
		sum += t
	}
	result.Seconds = sum.Seconds()
	result.Rate = float64(touched*len(all)) / sum.Seconds()
	return result, nil
}

func (g *ground) nights(ctx context.Context, result *Turns) error {
	err := g.DB().SetProgress(ctx, "fill", 0) // as in a database from before there were such columns
	if err != nil {
		return err
	}
	if result.Facets, err = g.keepAudiences(ctx); err != nil {
		return err
	}
	forgetPeak()
	for i, figure := range []struct{ seconds, cpu *float64 }{{&result.FirstNight, &result.FirstCPU}, {&result.Night, &result.NightCPU}} {
		if i > 0 {
			g.clock.Set(event.StartOfDay(event.At(firstMorning).Day() + int64(i)).Time())
			if result.Midnight, err = g.keepAudiences(ctx); err != nil {
				return err
			}
		}
		g.clock.Set(firstMorning.AddDate(0, 0, i))
		if i > 0 {
			if err := g.choose(ctx, result); err != nil {
				return err
			}
		}
		began, before := started(), spent()
		turned, err := g.Night(ctx)
		if err != nil {
			return err
		}
		*figure.seconds, *figure.cpu = began.passed().Seconds(), spent()-before
		result.Planned, result.Withheld, result.NightRSS = turned.Planned.Actions, turned.Planned.Withheld, resident(ownProcess)
		g.options.say("night over %d customers: %.1f s (%.1f s of processors), %d planned, %d withheld, %d queued, %.0f MB resident",
			turned.Customers, *figure.seconds, *figure.cpu, result.Planned, result.Withheld, turned.Queued, result.NightRSS)
	}
	return nil
}

// keepAudiences does what the installation does every minute, and returns how
// many seconds that took.
func (g *ground) keepAudiences(ctx context.Context) (float64, error) {
	began := started()
	err := g.KeepAudiences(ctx)
	took := began.passed().Seconds()
	g.options.say("audiences kept in %.1f s", took)
	return took, err
}

// choose lets the installation choose its purchase models, as it does once a
// week.
func (g *ground) choose(ctx context.Context, result *Turns) error {
	began := started()
	judged, err := g.Backtest(ctx)
	if err != nil {
		return err
	}
	result.Choosing = began.passed().Seconds()
	result.Chosen = strings.Join(judged.Believed().Members, " + ")
	g.options.say("models chosen in %.1f s: %s", result.Choosing, result.Chosen)
	return nil
}

// turns measures turns in the afternoon after the last night. The first one,
// which fills caches, is not counted.
func (g *ground) turns(ctx context.Context) (all times, cpu float64, err error) {
	g.clock.Set(g.clock.Now().Add(10 * time.Hour))
	log := g.Facts()
	ids := customerIDs(g.options.Customers)
	stride := max(1, len(ids)/touched)
	for round := range turnRounds + 1 {
		some := ids[:0:0]
		for i := round; i < len(ids) && len(some) < touched; i += stride {
			some = append(some, ids[i])
		}
		g.clock.Set(g.clock.Now().Add(time.Minute))
		facts, err := g.happenings(some, g.clock.Now(), round)
		if err != nil {
			return nil, 0, err
		}
		if _, err := log.Append(ctx, facts...); err != nil {
			return nil, 0, err
		}
		began, before := started(), spent()
		if err := g.Turn(ctx); err != nil {
			return nil, 0, err
		}
		if round > 0 {
			all, cpu = append(all, began.passed()), cpu+spent()-before
		}
	}
	return all, cpu, nil
}
