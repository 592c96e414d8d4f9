package decision

import (
	"encoding/binary"
	"iter"
	"slices"
	"strconv"
	"time"

	"siyu/internal/catalog"
	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Brief is what a plan is made from, beside the customers.
type Brief struct {
	Day      time.Time // start of the business day, in the brand's zone
	Now      time.Time
	Settings Settings
	Org      org.Org
	Catalog  catalog.Catalog
	Library  content.Library
	Salt     string // of the installation; with day and customer it decides every draw
	// Given is what members were given on this day already, mandatory steps of
	// processes among it: they come first.
	Given map[id.Staff]Load
	// Prices are those of the day's plan where one was made; nil for a new one.
	Prices *Prices
	// Before are those of the night before, nil where there was none.
	Before *Prices
}

// Make returns the plan of a day for the customers: one Action or one Withheld
// for each, never both. Actions come member by member, one-to-one contacts
// first, then mass sends with equal contents beside each other.
func Make(b Brief, cases iter.Seq[Case]) Plan {
	plan := Plan{Day: b.Day}
	p := NewPlanner(b)
	withhold := func(w Withheld) { plan.Withheld = append(plan.Withheld, w) }
	for c := range cases {
		if w, final := p.Consider(c); final {
			withhold(w)
		}
	}
	p.Choose(func(a Action) { plan.Actions = append(plan.Actions, a) }, withhold)
	plan.Prices, plan.Ahead = p.Prices(), p.Ahead()
	return plan
}

// Planner makes the plan of one day from a stream of customers. It keeps
// about 130 bytes of each customer for whom a contact pays, and 90 more of each
// purpose that is as good.
type Planner struct {
	Brief
	horizons     horizons
	seed         uint64             // of the day's draws
	timing       uint64             // of draws that outlast a day
	staff        map[id.Staff]int32 // members who work and may hold customers, by index in Org.Staff
	materials    map[materialKey]uint32
	candidates   blocks[candidate]
	options      blocks[option]
	reasonKeys   words[string]
	models       words[string]
	lines        words[id.Line]
	alternatives [1 << len(planned)][]string
	// alternativesOfDays are the same where the day is drawn, too.
	alternativesOfDays [1 << len(planned)][]string
	prices             Prices
	caps               caps
	days               *days
	later              []*Planner // of the next days, as far as they were asked
}

type materialKey struct {
	purpose event.Purpose
	line    id.Line
}

// noMaterial stands for "nothing was written for it"; other numbers are an
// index in Library.Materials plus one.
const noMaterial uint32 = 0

// NewPlanner returns a planner that has seen no customer.
func NewPlanner(b Brief) *Planner {
	sum, timing := id.Hash("plan", b.Salt, strconv.FormatInt(b.Day.Unix(), 10)), id.Hash("timing", b.Salt)
	p := &Planner{
		Brief: b, horizons: b.Settings.horizonsOf(b.Day), seed: binary.BigEndian.Uint64(sum[:8]), timing: binary.BigEndian.Uint64(timing[:8]),
		staff: map[id.Staff]int32{}, materials: map[materialKey]uint32{},
		reasonKeys: newWords[string](), models: newWords[string](), lines: newWords[id.Line](),
		days: &days{number: map[class]uint16{}, rows: map[aheadKey]Ahead{}, first: map[int32]float64{}},
	}
	for i, s := range b.Org.Staff {
		if s.Active && s.Contact {
			p.staff[s.ID] = int32(i)
		}
	}
	for set := range p.alternatives {
		p.alternatives[set] = purposeSet(set).names()
		p.alternativesOfDays[set] = append(purposeSet(set).names(), dayNames()...)
	}
	return p
}

// Consider takes one related customer. Either the answer is final, and returned
// as a Withheld, or the customer takes part in Choose.
func (p *Planner) Consider(c Case) (w Withheld, final bool) {
	would, nothing := p.propose(c)
	if because := p.refusal(c, would, nothing); because != "" {
		p.expect(c, because)
		return p.withheld(c, because, would), true
	}
	staff := p.holder(c.Profile)
	if staff < 0 {
		return p.withheld(c, BecauseStaff, would), true
	}
	if p.waits(c, would) {
		p.expect(c, BecauseLater)
		return p.withheld(c, BecauseLater, would), true
	}
	open := p.channels(c)
	if _, drawn := p.drawnDay(c, would); drawn {
		open |= drawnToday
	}
	p.keep(c, would, staff, open)
	return Withheld{}, false
}

// expect notes on which of the next days a customer who is left alone today may be
// contacted.
func (p *Planner) expect(c Case, because Because) {
	if !p.looksAhead() {
		return
	}
	if as, found := p.comes(c, because); found && as.staff >= 0 {
		p.days.expect.add(as)
	}
}

// materialFor returns the material for a purpose and line. Of several that fit
// equally well each day takes the next one, for everybody alike, so that many
// customers can share one mass send.
func (p *Planner) materialFor(purpose event.Purpose, line id.Line) uint32 {
	key := materialKey{purpose, line}
	found, known := p.materials[key]
	if !known {
		found = p.findMaterial(key)
		p.materials[key] = found
	}
	return found
}

func (p *Planner) findMaterial(key materialKey) uint32 {
	line, _ := p.Catalog.Line(key.line)
	fit := slices.DeleteFunc(slices.Clone(p.Library.For(key.purpose, line.Code)), func(m content.Material) bool { return p.Settings.Keeps(m.Code) })
	if len(fit) == 0 {
		return noMaterial
	}
	equal := 1
	for equal < len(fit) && fit[equal].Line == fit[0].Line {
		equal++
	}
	days := int(event.At(p.Day) / event.Instant(day.Milliseconds()))
	chosen := fit[days%equal].Code
	return uint32(slices.IndexFunc(p.Library.Materials, func(m content.Material) bool { return m.Code == chosen })) + 1
}
