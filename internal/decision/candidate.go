package decision

import (
	"cmp"
	"math"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/stats"
)

// keptReasons is how many reasons of an action are kept, strongest first.
const keptReasons = 3

// candidate is one customer for whom a contact pays, small enough to hold a
// million of them. Words stand in the planner's lists and are kept by index.
type candidate struct {
	customer id.Customer
	asOf     event.Instant
	staff    int32
	first    uint32  // where the options begin
	rank     float32 // fen: net gain of the best option, over waiting
	wait     float32 // fen: what waiting is worth; reached, once a contact is decided
	model    uint16
	count    uint8      // of options; at least one
	options  purposeSet // what was proposed
	open     purposeSet // what of it pays
	channels channelSet // by which the budgets leave room
	idle     bool       // nothing pays after all
}

// option is one thing that may be done for a candidate.
type option struct {
	line            id.Line
	material        uint32
	gain, low, high float32 // fen
	cost            float32 // fen
	growth          float32 // of the gain, a day
	raw             float32 // gain before it was corrected
	orders          float32 // that raw stands for, within the horizon of the next purchase
	reasons         [keptReasons]reason
	part            uint8 // index in planned
	measured        bool
}

func (o *option) net() float32 { return o.gain - o.cost }

// spread returns how unsure the gain is: a standard deviation on the log scale, 0
// where nothing is said about it.
func (o *option) spread() float64 {
	if o.low <= 0 || o.high <= o.low {
		return 0
	}
	return math.Log(float64(o.high)/float64(o.low)) / (2 * stats.Central80)
}

type reason struct {
	weight, number float32
	key            uint16 // 0: none
	line           uint16
}

// words gives short numbers to the few different words of a plan. Number 0 is
// the zero word.
type words[T comparable] struct {
	list  []T
	index map[T]uint16
}

func newWords[T comparable]() words[T] {
	var zero T
	return words[T]{list: []T{zero}, index: map[T]uint16{zero: 0}}
}

// number returns the word's number, 0 once there are more words than numbers.
func (w *words[T]) number(word T) uint16 {
	n, ok := w.index[word]
	if !ok && len(w.list) <= math.MaxUint16 {
		n = uint16(len(w.list))
		w.list, w.index[word] = append(w.list, word), n
	}
	return n
}

// keep adds a candidate with what may be done.
func (p *Planner) keep(c Case, would proposal, staff int32, channels channelSet) {
	kept := candidate{
		customer: c.Profile.ID, asOf: event.At(c.Insight.AsOf), staff: staff,
		model: p.models.number(c.Insight.Repurchase.Model), options: would.options, open: would.options, channels: channels,
	}
	for _, lever := range would.near {
		at := p.options.add(p.compact(c, would, lever))
		if kept.count == 0 {
			kept.first = at
		}
		kept.count++
	}
	p.candidates.add(kept)
}

func (p *Planner) compact(c Case, would proposal, lever insight.Lever) option {
	purpose, _ := purposeOf(lever.Part)
	line := p.lineFor(purpose, c)
	o := option{
		line: line, material: p.materialFor(purpose, line), gain: float32(lever.Life()), low: float32(lever.LifeLow()), high: float32(lever.LifeHigh()),
		cost: float32(lever.Cost), growth: growthOf(lever.Week), raw: float32(lever.Life()), orders: float32(lever.Orders), measured: lever.Grade == insight.Measured,
	}
	for i := range planned {
		if planned[i].part == lever.Part {
			o.part = uint8(i)
		}
	}
	reasons := strongest(reasonsOf(c.Insight, lever.Part))
	if would.promised != noMaterial {
		o.line, o.material = 0, would.promised
		reasons = append([]insight.Reason{{Key: "plan.promised", Number: would.since.Hours() / day.Hours()}}, reasons[:min(len(reasons), keptReasons-1)]...)
	}
	for i, r := range reasons {
		o.reasons[i] = reason{float32(r.Weight), float32(r.Number), p.reasonKeys.number(r.Key), p.lines.number(r.Line)}
	}
	return o
}

func reasonsOf(c *insight.Customer, part insight.Part) []insight.Reason {
	switch part {
	case insight.Need:
		return c.Need.Because
	case insight.Trust:
		return c.Trust.Because
	default:
		return c.Exposure.Because
	}
}

func strongest(all []insight.Reason) []insight.Reason {
	byWeight := func(a, b insight.Reason) int { return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight)) }
	if !slices.IsSortedFunc(all, byWeight) {
		all = slices.Clone(all)
		slices.SortStableFunc(all, byWeight)
	}
	return all[:min(len(all), keptReasons)]
}

// draw chooses among the options of the set, all of which may happen, and returns
// the chance that each had.
func (p *Planner) draw(c *candidate, among purposeSet) (*option, float64) {
	var open [len(planned)]*option
	n := 0
	for i := range int(c.count) {
		if o := p.options.at(c.first + uint32(i)); among&(1<<o.part) != 0 {
			open[n] = o
			n++
		}
	}
	if n == 1 {
		return open[0], 1
	}
	l := newLot(p.seed, int64(c.customer))
	return open[l.below(n)], 1 / float64(n)
}

// action builds the whole Action of a chosen candidate, drawn among purposes.
func (p *Planner) action(c *candidate, channel event.Channel, among purposeSet) Action {
	from, until := p.slot(channel)
	member := p.Org.Staff[c.staff]
	c.wait = reached
	o, chance := p.draw(c, among)
	evidence := insight.Prior
	if o.measured {
		evidence = insight.Fitted
	}
	a := Action{
		ID: actionID(p.Day, c.customer), Day: p.Day, Customer: c.customer,
		Staff: member.ID, Store: member.Store, Corp: member.Corp,
		Purpose: planned[o.part].purpose, Channel: channel, Limiting: planned[o.part].part, Line: o.line,
		Material: p.Library.Materials[o.material-1].Code,
		Gain: insight.Estimate{
			Value: float64(o.gain), Low: float64(o.low), High: float64(o.high), Unit: insight.Fen,
			AsOf: c.asOf.Time(), Model: p.models.list[c.model], Evidence: evidence,
		},
		Raw: float64(o.raw), Cost: float64(o.cost), Probability: chance * p.dayChance(c.options),
		Alternatives: p.alternatives[among], Model: p.models.list[c.model], Settings: p.Settings.Version,
		From: from, Until: until,
	}
	if o.raw > 0 {
		a.Orders = float64(o.orders) * float64(o.gain/o.raw)
	}
	if p.dayDrawn(c.options) {
		a.Alternatives = p.alternativesOfDays[among]
	}
	for _, r := range o.reasons {
		if r.key != 0 {
			a.Because = append(a.Because, insight.Reason{
				Key: p.reasonKeys.list[r.key], Weight: float64(r.weight), Number: float64(r.number), Line: p.lines.list[r.line],
			})
		}
	}
	return a
}

// materialOf returns the material of what may be done for a candidate with a purpose.
func (p *Planner) materialOf(c *candidate, purpose event.Purpose) uint32 {
	for i := range uint32(c.count) {
		if o := p.options.at(c.first + i); planned[o.part].purpose == purpose {
			return o.material
		}
	}
	return noMaterial
}

func actionID(day time.Time, customer id.Customer) int64 {
	y, m, d := day.Date()
	date := int64(y)*10_000 + int64(m)*100 + int64(d)
	return int64(mix(mix(uint64(date))^uint64(customer)) >> 1)
}

func (p *Planner) withheld(c Case, because Because, would proposal) Withheld {
	w := Withheld{
		Day: p.Day, Customer: c.Profile.ID, Because: because, Limiting: c.Insight.Limiting, Purpose: would.purpose,
		Store: p.storeOf(p.holder(c.Profile)),
	}
	if would.purpose != "" {
		w.Gain = would.lever.Life()
	}
	return w
}

func (p *Planner) withheldCandidate(c *candidate, because Because) Withheld {
	o, _ := p.draw(c, c.open)
	return Withheld{
		Day: p.Day, Customer: c.customer, Store: p.storeOf(c.staff), Because: because,
		Limiting: planned[o.part].part, Purpose: planned[o.part].purpose, Gain: float64(o.gain),
	}
}

func (p *Planner) storeOf(staff int32) id.Store {
	if staff < 0 {
		return 0
	}
	return p.Org.Staff[staff].Store
}
