package decision

import (
	"cmp"
	"math"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
)

// keptReasons is how many reasons of an action are kept, strongest first.
const keptReasons = 3

// candidate is one customer for whom a contact pays, small enough to hold a
// million of them. Words stand in the planner's lists and are kept by index.
type candidate struct {
	customer        id.Customer
	line            id.Line
	asOf            event.Instant
	staff           int32
	material        uint32
	gain, low, high float32 // fen
	cost            float32 // fen
	rank            float32 // fen: net gain of the best of what was drawn from
	probability     float32
	reasons         [keptReasons]reason
	model           uint16
	part            uint8 // index in planned
	options         purposeSet
	measured        bool
}

type reason struct {
	weight, number float32
	key            uint16 // 0: none
	line           uint16
}

func (c *candidate) net() float32 { return c.gain - c.cost }

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

func (p *Planner) compact(c Case, would proposal, staff int32) candidate {
	kept := candidate{
		customer: c.Profile.ID, line: would.line, asOf: event.At(c.Insight.AsOf), staff: staff,
		material: p.materialFor(would.purpose, would.line),
		gain:     float32(would.lever.Gain), low: float32(would.lever.GainLow), high: float32(would.lever.GainHigh),
		cost: float32(would.lever.Cost), rank: float32(would.best), probability: float32(would.probability),
		model: p.models.number(c.Insight.Repurchase.Model), options: would.options, measured: would.lever.Grade == insight.Measured,
	}
	for i := range planned {
		if planned[i].part == would.lever.Part {
			kept.part = uint8(i)
		}
	}
	for i, r := range strongest(reasonsOf(c.Insight, would.lever.Part)) {
		kept.reasons[i] = reason{float32(r.Weight), float32(r.Number), p.reasonKeys.number(r.Key), p.lines.number(r.Line)}
	}
	return kept
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

// action builds the whole Action of a chosen candidate.
func (p *Planner) action(c *candidate, channel event.Channel) Action {
	from, until := p.slot(channel)
	member := p.Org.Staff[c.staff]
	evidence := insight.Prior
	if c.measured {
		evidence = insight.Fitted
	}
	a := Action{
		ID: actionID(p.Day, c.customer), Day: p.Day, Customer: c.customer,
		Staff: member.ID, Store: member.Store, Corp: member.Corp,
		Purpose: planned[c.part].purpose, Channel: channel, Limiting: planned[c.part].part, Line: c.line,
		Material: p.Library.Materials[c.material-1].Code,
		Gain: insight.Estimate{
			Value: float64(c.gain), Low: float64(c.low), High: float64(c.high), Unit: insight.Fen,
			AsOf: c.asOf.Time(), Model: p.models.list[c.model], Evidence: evidence,
		},
		Cost: float64(c.cost), Probability: float64(c.probability) * p.dayChance(c.options),
		Alternatives: p.alternatives[c.options], Model: p.models.list[c.model], Settings: p.Settings.Version,
		From: from, Until: until,
	}
	for _, r := range c.reasons {
		if r.key != 0 {
			a.Because = append(a.Because, insight.Reason{
				Key: p.reasonKeys.list[r.key], Weight: float64(r.weight), Number: float64(r.number), Line: p.lines.list[r.line],
			})
		}
	}
	return a
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
		w.Gain = would.lever.Gain
	}
	return w
}

func (p *Planner) withheldCandidate(c *candidate, because Because) Withheld {
	return Withheld{
		Day: p.Day, Customer: c.customer, Store: p.storeOf(c.staff), Because: because,
		Limiting: planned[c.part].part, Purpose: planned[c.part].purpose, Gain: float64(c.gain),
	}
}

func (p *Planner) storeOf(staff int32) id.Store {
	if staff < 0 {
		return 0
	}
	return p.Org.Staff[staff].Store
}
