package world

import (
	"math"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
)

// HistoryDays is how long the brand has run its private domain before Siyu
// connects.
const HistoryDays = 365

// Config describes a world. Zero fields take the defaults named.
type Config struct {
	Customers   int       // living customers when Siyu connects; 20,000
	Seed        uint64    // the same seed gives the same world
	Start       time.Time // when Siyu connects; the business day of 2026-11-01 at midnight
	Archive     bool      // whether messages carry texts, as with the message archive
	LinkedShare float64   // share of orders whose buyer's phone leads to a customer; 0.85
	Law         Law       // how the people differ from the standard
	Watched     bool      // what happens to people is kept for Oracle
	// Confirming is the share of what they are asked to send that members do send; 0:
	// each has a diligence of the own.
	Confirming float64
	// RelationsPerCustomer is the living relations per living customer; 1.3.
	RelationsPerCustomer float64
}

const (
	defaultCustomers = 20_000
	defaultLinked    = 0.85
	defaultRelations = 1.3
	fewestCustomers  = 100
)

func (c Config) complete() (Config, error) {
	if c.Customers == 0 {
		c.Customers = defaultCustomers
	}
	if c.LinkedShare == 0 {
		c.LinkedShare = defaultLinked
	}
	if c.RelationsPerCustomer == 0 {
		c.RelationsPerCustomer = defaultRelations
	}
	if c.Start.IsZero() {
		c.Start = time.Date(2026, time.November, 1, 0, 0, 0, 0, clock.Shanghai)
	}
	c.Start = clock.Day(c.Start, clock.Shanghai)
	switch {
	case c.Customers < fewestCustomers:
		return c, fault.New(fault.Invalid, "a world needs at least %d customers, not %d", fewestCustomers, c.Customers)
	case c.LinkedShare < 0 || c.LinkedShare > 1:
		return c, fault.New(fault.Invalid, "linked share %v: expected 0 to 1", c.LinkedShare)
	case c.RelationsPerCustomer < 1 || c.RelationsPerCustomer > 2:
		return c, fault.New(fault.Invalid, "relations per customer %v: expected 1 to 2", c.RelationsPerCustomer)
	case c.Confirming < 0 || c.Confirming > 1:
		return c, fault.New(fault.Invalid, "share confirmed %v: expected 0 to 1", c.Confirming)
	}
	return c, nil
}

// World is the demo brand's people. It is not safe for concurrent use.
type World struct {
	config  Config
	factors factors
	brand   Brand
	words   words
	stage   stage
	epoch   time.Time // midnight of day 0
	chance  draws     // the brand's own luck
	// unmasked is the share of orders whose till shows the phone. A phone is
	// also known on the WeCom side with this share, so that both together
	// link the configured share of orders.
	unmasked float64

	crew    []crew // hidden side of Brand.Staff, same index
	people  []person
	known   map[string]int // person by external user id
	members [][]int        // people by group
	orders  []order

	day    int    // business days since the epoch
	hour   int    // hour of the day that was lived last, -1 before the first
	alive  int    // customers with a living relation
	bonds  int    // living relations
	came   uint64 // newcomers who came by themselves, numbered apart from referrals
	plan   plan
	agenda agenda
	duty   *duty                      // nil where nothing but the law is studied
	open   func(address string) error // nil where nobody opens links

	tallies []dayTally // by day
}

// crew is the hidden side of a member of staff.
type crew struct {
	draws
	service   float64 // chance of a good answer in time
	diligence float64 // chance that a mass-send task is ever confirmed
	delay     float64 // median hours until it is
}

// newWorld returns a world on its first midnight, without people.
func newWorld(config Config, on stage) (*World, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	factors, err := config.Law.factors()
	if err != nil {
		return nil, err
	}
	brand := DemoBrand()
	w := &World{
		config: config, factors: factors, brand: brand, words: newWords(), stage: on,
		epoch: config.Start.AddDate(0, 0, -HistoryDays), chance: draws{mix(config.Seed)},
		unmasked: math.Sqrt(config.LinkedShare),
		known:    map[string]int{}, members: make([][]int, len(brand.Groups)), hour: -1,
	}
	for i := range brand.Staff {
		w.crew = append(w.crew, newCrew(w.chance.apart(staffPart+uint64(i))))
	}
	return w, nil
}

// Parts of the brand's random source.
const (
	staffPart   = 1 << 20
	arrivalPart = 1 << 24
	groupPart   = 1 << 28
	bondPart    = 1 << 40
	comerPart   = 1 << 44
	memberPart  = 1 << 48
)

func newCrew(src draws) crew {
	return crew{
		draws:     src,
		service:   0.45 + 0.5*src.uniform(0, drawService),
		diligence: 0.45 + 0.52*src.uniform(0, drawConfirm),
		delay:     2 + 26*src.uniform(0, drawDelay),
	}
}

// Brand returns what everybody may know about the brand.
func (w *World) Brand() Brand { return w.brand }

// People returns how many people there are, those who left included.
func (w *World) People() int { return len(w.people) }

// Customers returns the number of people with a living relation.
func (w *World) Customers() int { return w.alive }

// Relations returns the number of living relations.
func (w *World) Relations() int { return w.bonds }

// Now returns the end of the hour that was lived last.
func (w *World) Now() time.Time { return w.at(w.day, w.hour+1, 0) }

// at returns a time on a day since the epoch.
func (w *World) at(day, hour, minute int) time.Time {
	e := w.epoch
	return time.Date(e.Year(), e.Month(), e.Day()+day, hour, minute, 0, 0, e.Location())
}

// around returns what surrounds the person on a day.
func (w *World) around(p *person, day int) around {
	a := around{day: day}
	if g := p.guide; g >= 0 {
		a.reachable, a.service = true, w.crew[g].service
	}
	if p.group >= 0 {
		a.inGroup, a.vitality = true, w.plan.vitality[p.group]
	}
	return a
}
