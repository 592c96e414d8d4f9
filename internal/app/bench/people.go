package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/money"
	"siyu/internal/profile"
	"siyu/internal/vault"
)

// shop is the system the made-up orders come from.
const shop = "youzan"

// populate stores the customers in the order of their ids, as a database that
// has grown for years holds them, with their names.
func (g *ground) populate(ctx context.Context) error {
	const chunk = 10_000
	key, err := g.key()
	if err != nil {
		return err
	}
	names := vault.Open(g.DB(), key)
	ids := customerIDs(g.options.Customers)
	crowd := newCrowd(g.staff, event.At(g.clock.Now()))
	done := 0
	for part := range slices.Chunk(ids, chunk) {
		fold := flow.Fold{Reader: by + "/customers", Began: int64(done), Cursor: int64(done + len(part))}
		done += len(part)
		entries := make([]vault.Entry, len(part))
		for i, c := range part {
			fold.Customers = append(fold.Customers, crowd.person(c))
			entries[i] = vault.Entry{Subject: event.Customer(c), Field: vault.Name, Text: fmt.Sprintf("Customer %d", c%1e6)}
		}
		if err := g.DB().CommitFold(ctx, fold); err != nil {
			return err
		}
		if err := names.Put(ctx, entries); err != nil {
			return err
		}
	}
	return nil
}

// customerIDs returns the ids of n customers as WeCom's ids give them, sorted.
func customerIDs(n int) []id.Customer {
	ids := make([]id.Customer, n)
	for i := range ids {
		ids[i] = customerID(i)
	}
	slices.Sort(ids)
	return ids
}

func customerID(number int) id.Customer { return id.CustomerOf(corp, externalUserID(number)) }

func externalUserID(number int) string { return fmt.Sprintf("wmbench%025d", number) }

// crowd makes customers up. Who a customer is depends on the id alone.
type crowd struct {
	staff []id.Staff
	lines []id.Line
	now   event.Instant
}

func newCrowd(staff []id.Staff, now event.Instant) *crowd {
	c := &crowd{staff: staff, now: now}
	for _, l := range lines() {
		c.lines = append(c.lines, id.LineOf(l.Code))
	}
	return c
}

const day = event.Instant(24 * 60 * 60 * 1000)

// person returns a customer of up to two years: three in five have bought,
// their rates spread like an exponential around one order in six weeks; a
// message goes out about every three weeks; some talk.
func (c *crowd) person(who id.Customer) profile.Customer {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], uint64(who)) //nolint:gosec // an id, kept as bits
	r := rand.New(rand.NewChaCha8(seed))             //nolint:gosec // luck of made-up people
	since := c.now - event.Instant(1+r.Int64N(720))*day + event.Instant(r.Int64N(int64(day)))
	p := profile.Customer{ID: who, Corps: []id.Corp{corp}, FirstSeen: since, LastFact: since}
	c.relate(r, &p)
	if r.Float64() < .6 {
		c.shop(r, &p)
	}
	c.touch(r, &p)
	c.talk(r, &p)
	if r.Float64() < .1 {
		p.Needs = []profile.Need{{At: c.between(r, since), Line: c.lines[r.IntN(len(c.lines))], Asked: true}}
	}
	if r.Float64() < .02 {
		p.Refused = c.between(r, since)
	}
	return p
}

func (c *crowd) between(r *rand.Rand, since event.Instant) event.Instant {
	return since + event.Instant(r.Int64N(int64(c.now-since)))
}

func (c *crowd) relate(r *rand.Rand, p *profile.Customer) {
	home := r.IntN(len(c.staff))
	p.Relations = []profile.Relation{{Staff: c.staff[home], Since: p.FirstSeen, AddWay: 1 + r.IntN(4), State: "store"}}
	if r.Float64() < .25 {
		p.Relations = append(p.Relations, profile.Relation{Staff: c.staff[(home+1)%len(c.staff)], Since: c.between(r, p.FirstSeen), AddWay: 1})
	}
	if r.Float64() < .05 {
		p.Relations[0].Until, p.Relations[0].End = c.between(r, p.FirstSeen), event.ByCustomer
	}
	if r.Float64() < .3 {
		p.Groups = []profile.Membership{{Group: id.GroupOf(corp, fmt.Sprint(home)), Since: c.between(r, p.FirstSeen)}}
	}
}

func (c *crowd) shop(r *rand.Rand, p *profile.Customer) {
	o := &p.Orders
	gap := 42 * float64(day) / max(.05, r.ExpFloat64())
	at := c.between(r, p.FirstSeen)
	for n := 0; at < c.now && n < 4*profile.RecentOrders; n++ {
		amount := money.Fen(1500 + math.Round(3000*r.ExpFloat64()))
		o.Recent = append(o.Recent, profile.Order{
			ID: id.Order(r.Int64()), At: at, Amount: amount, Store: 1, Shop: shop, Lines: []id.Line{c.lines[r.IntN(len(c.lines))]},
		})
		o.Count, o.Days, o.Turnover = o.Count+1, o.Days+1, o.Turnover+amount
		at += day + event.Instant(gap*r.ExpFloat64())
	}
	if o.Count == 0 {
		return
	}
	o.First, o.Last = o.Recent[0].At, o.Recent[o.Count-1].At
	o.Recent = o.Recent[max(0, o.Count-profile.RecentOrders):]
	p.LastFact = max(p.LastFact, o.Last)
}

func (c *crowd) touch(r *rand.Rand, p *profile.Customer) {
	t := &p.Touches
	for at := p.FirstSeen + day; at < c.now; at += day + event.Instant(42*r.Float64()*float64(day)) {
		touch := profile.Touch{At: at, Staff: p.Relations[0].Staff, Channel: event.MassSend, Purpose: event.Remind}
		if r.Float64() < .1 {
			touch.Answered = at + day/2
		}
		t.Recent = append(t.Recent, touch)
		t.Count, t.Last = t.Count+1, at
	}
	t.Recent = t.Recent[max(0, t.Count-profile.RecentTouches):]
}

func (c *crowd) talk(r *rand.Rand, p *profile.Customer) {
	t := &p.Talk
	for range int(3 * r.ExpFloat64()) {
		at := c.between(r, p.FirstSeen)
		in := 1 + r.IntN(3)
		t.Days = append(t.Days, profile.TalkDay{At: at, In: in, Out: in, Started: r.Float64() < .5})
		t.Inbound, t.Outbound = t.Inbound+in, t.Outbound+in
		t.LastIn, t.LastOut = max(t.LastIn, at), max(t.LastOut, at)
	}
	slices.SortFunc(t.Days, func(a, b profile.TalkDay) int { return int(a.At - b.At) })
	t.Days = t.Days[max(0, len(t.Days)-profile.RecentDays):]
}

// happenings returns one fact for each of the customers, as a busy minute
// brings them: orders, answers, messages sent.
func (g *ground) happenings(customers []id.Customer, at time.Time, round int) ([]event.Fact, error) {
	facts := make([]event.Fact, len(customers))
	for i, c := range customers {
		var body event.Body
		switch i % 3 {
		case 0:
			line := id.LineOf("coffee")
			body = event.OrderPaid{Order: id.Order(int64(round)<<32 | int64(i)), Shop: shop, Store: 1, Amount: 5800,
				Items: []event.OrderItem{{Line: line, SKU: "B-200", Quantity: 1, Amount: 5800}}}
		case 1:
			body = event.MessageExchanged{Staff: g.staff[i%len(g.staff)], Inbound: true, Form: "text", Length: 12}
		default:
			body = event.TouchDelivered{Touch: int64(round)<<32 | int64(i), Staff: g.staff[i%len(g.staff)], Channel: event.OneToOne, Purpose: event.Serve}
		}
		var err error
		facts[i], err = event.New(event.Customer(c), at, event.FromOrders, id.Hash("bench", fmt.Sprint(round, i)), body)
		if err != nil {
			return nil, err
		}
	}
	return facts, nil
}
