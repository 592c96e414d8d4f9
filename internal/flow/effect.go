package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/exposure"
	"siyu/internal/insight/past"
	"siyu/internal/measurement/effect"
	"siyu/internal/profile"
)

// EffectName is the name under which is stored what contacts do.
const EffectName = "effect"

// Trials reads what chance decided about customers.
type Trials interface {
	// Assigned returns, of the customers, those who were assigned to the hold-out
	// or to those who may be reached, and those with whom something would have been
	// done.
	Assigned(ctx context.Context, customers []id.Customer) (map[id.Customer]Assignment, error)
	// Contacts calls do with the contacts planned on the days from one on and before
	// another, days in order, with one in oneIn customers: those of
	// SampleCustomers.
	Contacts(ctx context.Context, from, until time.Time, oneIn int, do func(PlannedContact)) error
}

// Assignment says where the hold-out's draw put a customer, and when.
type Assignment struct {
	Held     bool
	At       event.Instant // 0: the hold-out never drew
	Withheld []Proposal    // that had a purpose, oldest first
}

// Proposal is a contact that was proposed and withheld for days.
type Proposal struct {
	Since, Until event.Instant // days; Until 0: still
	Because      decision.Because
	Purpose      event.Purpose
}

// PlannedContact is an action, as far as trials need it.
type PlannedContact struct {
	Customer     id.Customer
	Day          event.Instant
	Purpose      event.Purpose
	Channel      event.Channel
	Alternatives []string
	TakenBack    bool
	Gain, Raw    float64 // fen, as the plan stated it and before it was corrected
	Orders       float64 // that Gain stands for; 0: not known
}

// Assumer says what is assumed of contacts.
type Assumer interface {
	// Table names the version of the assumptions and of the models behind them.
	Table() string
	// Assumed returns the orders expected of a customer without contact, from a
	// moment on and counted until days later, and what a contact for each lever is
	// assumed to add to them, by what contacts before left to do. It may be asked
	// about the past.
	Assumed(world *World, c *profile.Customer, at event.Instant, days float64) (plain float64, added effect.Orders)
	// Risk returns the chance that a contact at a moment costs the relation within a
	// week, by the hazard as it was fitted.
	Risk(world *World, c *profile.Customer, at event.Instant) float64
}

const (
	// measureEvery is how many days of draws are taken together.
	measureEvery = 7
	// entryDays is for how long after the assignment the first proposal counts:
	// most customers have one once they are no strangers any more.
	entryDays = 14
	// measureBack is how many days of draws are looked at where none were before.
	measureBack = 180
	// measuredCustomers is of how many customers effects are measured at most. With
	// one in twenty held out, effects are then known to within a seventh of what is
	// assumed.
	measuredCustomers = 100_000
	measureChunk      = 1000
)

// MeasureEffects adds the draws whose time is over to what is known of contacts,
// once a week.
func (f *Flow) MeasureEffects(ctx context.Context, now time.Time, trials Trials, assumer Assumer) error {
	world, err := f.world(ctx, now)
	if err != nil {
		return fmt.Errorf("read what holds today: %w", err)
	}
	record, err := f.measuredEffects(ctx, assumer.Table())
	if err != nil || world.Related == 0 || world.OrdersAsOf.IsZero() {
		return err
	}
	until := dayBefore(world.Day, event.At(world.OrdersAsOf), effect.Days)
	from := until.AddDate(0, 0, -measureBack)
	if record.Until.After(from) {
		from = record.Until.In(until.Location())
	}
	if until.Before(from.AddDate(0, 0, measureEvery)) {
		return nil
	}
	m := measuring{flow: f, world: &world, assumer: assumer, from: event.At(from), until: event.At(until), contacts: map[id.Customer][]PlannedContact{}}
	oneIn := max(1, world.Related/measuredCustomers)
	if m.promises, err = f.promises(ctx, from, until, oneIn); err != nil {
		return fmt.Errorf("read what plans promised: %w", err)
	}
	err = trials.Contacts(ctx, from.AddDate(0, 0, -entryDays), until.AddDate(0, 0, effect.Days), oneIn, func(c PlannedContact) {
		m.contacts[c.Customer] = append(m.contacts[c.Customer], c)
	})
	if err != nil {
		return fmt.Errorf("read planned contacts: %w", err)
	}
	if err := m.all(ctx, trials, oneIn); err != nil {
		return err
	}
	if !record.Until.IsZero() {
		record.Fade(until.Sub(record.Until).Hours() / 24)
	}
	record.At, record.Until = now, until
	record.Take(&m.batch)
	document, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("write what contacts do: %w", err)
	}
	if err := f.savePromises(ctx, m.promises, now, until); err != nil {
		return fmt.Errorf("store what came of promises: %w", err)
	}
	return f.known.SaveModel(ctx, EffectName, now.UTC().Format(time.RFC3339), document)
}

// dayBefore returns the last day whose draws were followed for so many days with
// orders known.
func dayBefore(day time.Time, orders event.Instant, days int) time.Time {
	back := day.AddDate(0, 0, -days)
	for event.At(back.AddDate(0, 0, days)) > orders {
		back = back.AddDate(0, 0, -1)
	}
	return back
}

func (f *Flow) measuredEffects(ctx context.Context, table string) (effect.Record, error) {
	_, document, err := f.known.NewestModel(ctx, EffectName)
	if err != nil {
		return effect.Record{}, err
	}
	return EffectsOf(document, table), nil
}

// EffectsOf reads a stored record; of other assumptions, or unreadable, it is
// begun anew.
func EffectsOf(document []byte, table string) effect.Record {
	var r effect.Record
	if document == nil || json.Unmarshal(document, &r) != nil || !r.Readable(table) {
		return effect.NewRecord(table)
	}
	return r
}

// measuring is one pass over the customers.
type measuring struct {
	flow        *Flow
	world       *World
	assumer     Assumer
	from, until event.Instant // draws of these days
	contacts    map[id.Customer][]PlannedContact
	batch       effect.Batch
	promises    *promising
}

func (m *measuring) all(ctx context.Context, trials Trials, oneIn int) error {
	pace := m.flow.pace()
	return m.flow.states.SampleCustomers(ctx, oneIn, measureChunk, func(states []profile.Customer) error {
		ids := make([]id.Customer, len(states))
		for i := range states {
			ids[i] = states[i].ID
		}
		assigned, err := trials.Assigned(ctx, ids)
		if err != nil {
			return err
		}
		for i := range states {
			if i%paceCustomers == 0 {
				pace()
			}
			c := &states[i]
			a := assigned[c.ID]
			m.promises.done(c, m.contacts[c.ID])
			t := effect.Trial{Draws: m.draws(c), Waits: m.waits(c, a.Withheld)}
			if a.At != 0 {
				t.Entry = m.entry(c, a)
			}
			m.batch.Add(t)
		}
		return ctx.Err()
	})
}

// entry returns the first proposal after the assignment, nil where there is none
// among the days looked at. Who refused marketing by then is never proposed
// anything, held out or not.
func (m *measuring) entry(c *profile.Customer, a Assignment) *effect.Entry {
	begin := DayOf(a.At)
	first, purpose := begin+entryDays*past.Day, event.Purpose("")
	for _, p := range a.Withheld {
		since := max(p.Since, begin)
		if p.Because != decision.BecauseRefused && since < first && (p.Until == 0 || p.Until > since) {
			first, purpose = since, p.Purpose
		}
	}
	for _, p := range m.contacts[c.ID] {
		if p.Day >= begin && p.Day < first {
			first, purpose = p.Day, p.Purpose
		}
	}
	lever := leverOf(purpose)
	if lever < 0 || first < m.from || first >= m.until {
		return nil
	}
	follow, promises := m.follow(c, span{first, effect.Days, lever})
	e := &effect.Entry{Follow: follow, Week: int(first.Day() / measureEvery), Held: a.Held,
		Lever: lever, Promise: promises[lever], Threat: m.assumer.Risk(m.world, c, first)}
	m.promises.drawn(c, m.contacts[c.ID], first, e)
	return e
}

// draws returns the contacts whose purpose was drawn. Mass sends are left out:
// what is drawn decides with whom they are sent together, and so whether at all.
func (m *measuring) draws(c *profile.Customer) []effect.Draw {
	var list []effect.Draw
	for _, p := range m.contacts[c.ID] {
		if p.Day < m.from || p.Day >= m.until || p.Channel != event.OneToOne {
			continue
		}
		d := effect.Draw{Drawn: leverOf(p.Purpose)}
		for _, word := range p.Alternatives {
			if lever := leverOf(event.Purpose(word)); lever >= 0 {
				d.Options = append(d.Options, lever)
			}
		}
		if len(d.Options) > 1 && slices.Contains(d.Options, d.Drawn) {
			d.Follow, d.Promises = m.follow(c, span{p.Day, effect.Days, anyLever})
			list = append(list, d)
		}
	}
	return list
}

// span is for how long a customer is followed, and which lever a contact counts for
// that members began by hand.
type span struct {
	day    event.Instant
	days   int
	byHand int // anyLever where the draw was between levers
}

// anyLever is no lever: contacts by hand are alike on both sides of the draw.
const anyLever = -1

// follow returns what came of a customer, and what a contact on the first day
// promised. What was planned and never reached the customer does nothing; of
// contacts for one lever, the later ones find what the earlier ones left open.
func (m *measuring) follow(c *profile.Customer, s span) (f effect.Follow, promises effect.Orders) {
	end := s.day + event.Instant(s.days*past.Day)
	f.Plain, promises = m.assumer.Assumed(m.world, c, s.day, float64(s.days))
	f.Bought, f.Lost = ordersBetween(c, s.day, end), lostBetween(c, s.day, end)
	had := contactsBetween(c, s, end)
	f.Contacted = len(had) > 0
	for _, one := range had {
		left := float64(end-one.at) / past.Day
		f.Risk += m.assumer.Risk(m.world, c, one.at) * min(1, left/exposure.FatigueDays)
		if one.lever < 0 {
			continue
		}
		_, added := m.assumer.Assumed(m.world, c, one.at, left)
		f.Given[one.lever] += added[one.lever]
	}
	return f, promises
}

// lostBetween returns 1 where the customer ended a relation from one instant on and
// before another.
func lostBetween(c *profile.Customer, from, to event.Instant) float64 {
	for i := range c.Relations {
		if r := &c.Relations[i]; r.End == event.ByCustomer && r.Until >= from && r.Until < to {
			return 1
		}
	}
	return 0
}

func ordersBetween(c *profile.Customer, from, to event.Instant) float64 {
	return float64(past.OrdersBetween(c, from, to))
}

// leverOf returns the lever that a purpose works on, -1 for none.
func leverOf(p event.Purpose) int {
	for i, part := range effect.Levers() {
		if decision.PurposeOf(part) == p && p != "" {
			return i
		}
	}
	return -1
}
