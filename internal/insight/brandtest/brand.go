// Package brandtest makes up customers whose hidden need, trust and memory are
// known, for tests. They live by the law
//
//	orders a day = exp(base + trust + memory) x readiness,
//
// with readiness low after a purchase and full from the customer's own cycle
// on. Trust also drives how often a customer starts to talk; memory is what
// contacts left.
package brandtest

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/money"
	"siyu/internal/profile"
)

// Law is how strongly the hidden states act.
type Law struct {
	Trust    float64 // standard deviation of trust between customers, on the log scale
	Memory   float64 // log of the rate at full memory over that at none
	HalfLife float64 // of memory, in days
	Days     int     // of history
}

// Usual is a law under which all three parts matter.
func Usual() Law { return Law{Trust: .7, Memory: 1.5, HalfLife: 14, Days: 300} }

// Line is the product line everybody buys.
const Line = id.Line(7)

// CycleDays is the mean of the customers' cycles.
const CycleDays = 30

// Person is a customer and what is hidden.
type Person struct {
	Profile *profile.Customer
	Facts   []event.Fact // by time
	Trust   float64
	Memory  float64 // at the end
	Due     float64 // days since the last order over the own cycle, -1: never bought
}

// End returns the moment at which the history ends: midnight of a business day.
func (l Law) End() time.Time { return start().AddDate(0, 0, l.Days) }

func start() time.Time { return time.Date(2025, 1, 1, 0, 0, 0, 0, time.FixedZone("", 8*60*60)) }

// People lives the history of customers who come over its first two thirds.
func (l Law) People(customers int, seed uint64) []Person {
	people := make([]Person, customers)
	for i := range people {
		people[i] = l.person(int64(i+1), rand.New(rand.NewPCG(seed, uint64(i))))
	}
	return people
}

func (l Law) person(number int64, random *rand.Rand) Person {
	p := Person{Profile: &profile.Customer{ID: id.Customer(number)}, Trust: l.Trust * random.NormFloat64(), Due: -1}
	cycle := CycleDays * math.Exp(.25*random.NormFloat64())
	base := -3.4 + .4*random.NormFloat64()
	spends := 9000 * math.Exp(.5*random.NormFloat64())
	day := random.IntN(l.Days * 2 / 3)
	p.note(day, 8, event.RelationAdded{Staff: 1, AddWay: 1 + random.IntN(2)})
	for last := -1; day < l.Days; day++ {
		p.Memory *= math.Exp2(-1 / l.HalfLife)
		if random.Float64() < .06 {
			p.Memory += .7 * (1 - p.Memory)
			p.note(day, 10, event.TouchDelivered{Touch: number*1000 + int64(day), Staff: 1, Channel: event.OneToOne, Purpose: event.Remind})
		}
		if random.Float64() < .012*math.Exp(p.Trust) {
			p.note(day, 11, event.MessageExchanged{Staff: 1, Inbound: true})
		}
		ready := .6
		if last >= 0 {
			p.Due = float64(day-last) / cycle
			ready = 1 / (1 + math.Exp(-(p.Due-.9)/.1))
		}
		if random.Float64() < ready*math.Exp(base+p.Trust+l.Memory*p.Memory) {
			last = day
			p.Due = 0
			p.note(day, 12, event.OrderPaid{Order: id.Order(number*1000 + int64(day)), Amount: money.Fen(spends * math.Exp(.3*random.NormFloat64())),
				Items: []event.OrderItem{{Line: Line, Quantity: 1}}})
		}
	}
	return p
}

func (p *Person) note(day, hour int, body event.Body) {
	at := start().AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour)
	fact, err := event.New(event.Customer(p.Profile.ID), at, event.FromArchive, id.Hash(string(body.Kind()), at.String()), body)
	if err == nil {
		err = p.Profile.Apply(fact)
	}
	if err != nil {
		panic("a made-up fact cannot be applied: " + err.Error())
	}
	p.Facts = append(p.Facts, fact)
}

// Until returns the customer folded from the facts before a moment only.
func (p Person) Until(moment time.Time) *profile.Customer {
	c := &profile.Customer{ID: p.Profile.ID}
	before := slices.DeleteFunc(slices.Clone(p.Facts), func(f event.Fact) bool { return !f.At.Before(moment) })
	for _, f := range before {
		if err := c.Apply(f); err != nil {
			panic("a made-up fact cannot be applied: " + err.Error())
		}
	}
	return c
}
