package decision

import (
	"cmp"
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
	// Given is what members were given on this day already.
	Given map[id.Staff]Load
}

// Load is what one member has to do on one day.
type Load struct {
	OneToOne      int // contacts
	Confirmations int // mass sends
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
	return plan
}

// Planner makes the plan of one day from a stream of customers. It keeps
// about 120 bytes of each customer for whom a contact pays.
type Planner struct {
	Brief
	horizons     horizons
	seed         uint64             // of the day's draws
	timing       uint64             // of draws that outlast a day
	staff        map[id.Staff]int32 // members who work and may hold customers, by index in Org.Staff
	materials    map[materialKey]uint32
	candidates   [][]candidate // blocks of blockSize, so that growing never copies
	reasonKeys   words[string]
	models       words[string]
	lines        words[id.Line]
	alternatives [1 << len(planned)][]string
}

const blockSize = 4096

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
	}
	for i, s := range b.Org.Staff {
		if s.Active && s.Contact {
			p.staff[s.ID] = int32(i)
		}
	}
	for set := range p.alternatives {
		p.alternatives[set] = purposeSet(set).names()
		if p.dayDrawn(purposeSet(set)) {
			p.alternatives[set] = append(p.alternatives[set], dayNames()...)
		}
	}
	return p
}

// Consider takes one related customer. Either the answer is final, and returned
// as a Withheld, or the customer takes part in Choose.
func (p *Planner) Consider(c Case) (w Withheld, final bool) {
	would, nothing := p.propose(c)
	if because := p.refusal(c, would, nothing); because != "" {
		return p.withheld(c, because, would), true
	}
	staff := p.holder(c.Profile)
	if staff < 0 {
		return p.withheld(c, BecauseStaff, would), true
	}
	if p.waits(c, would) {
		return p.withheld(c, BecauseLater, would), true
	}
	last := len(p.candidates) - 1
	if last < 0 || len(p.candidates[last]) == blockSize {
		p.candidates = append(p.candidates, make([]candidate, 0, blockSize))
		last++
	}
	p.candidates[last] = append(p.candidates[last], p.compact(c, would, staff))
	return Withheld{}, false
}

// Choose answers for all customers that Consider left open and forgets them.
// Each member does the contacts of highest net gain one to one, as many as
// capacity allows; what is left goes out as mass sends, those of highest total
// net gain first, as many as the member may be asked to confirm.
func (p *Planner) Choose(act func(Action), withhold func(Withheld)) {
	from, until := p.Settings.Window(p.Day, p.Now)
	order, begins := p.byStaff()
	for staff := range p.Org.Staff {
		own := order[begins[staff]:begins[staff+1]]
		if !from.Before(until) {
			for _, at := range own {
				withhold(p.withheldCandidate(p.at(at), BecauseQuiet))
			}
			continue
		}
		p.chooseFor(staff, own, act, withhold)
	}
	p.candidates = nil
}

func (p *Planner) at(i uint32) *candidate { return &p.candidates[i/blockSize][i%blockSize] }

// byStaff returns the candidates' numbers, those of one member together, and
// where each member's begin.
func (p *Planner) byStaff() (order []uint32, begins []int) {
	begins = make([]int, len(p.Org.Staff)+1)
	total := 0
	for _, block := range p.candidates {
		for i := range block {
			begins[block[i].staff+1]++
		}
		total += len(block)
	}
	for i := 1; i < len(begins); i++ {
		begins[i] += begins[i-1]
	}
	next := slices.Clone(begins)
	order = make([]uint32, total)
	for i := range order {
		staff := p.at(uint32(i)).staff
		order[next[staff]] = uint32(i)
		next[staff]++
	}
	return order, begins
}

func (p *Planner) chooseFor(staff int, own []uint32, act func(Action), withhold func(Withheld)) {
	slices.SortFunc(own, func(a, b uint32) int {
		x, y := p.at(a), p.at(b)
		return cmp.Or(cmp.Compare(y.rank, x.rank), cmp.Compare(x.customer, y.customer))
	})
	given := p.Given[p.Org.Staff[staff].ID]
	byHand := min(len(own), max(0, p.capacity(staff)-given.OneToOne))
	for _, at := range own[:byHand] {
		c := p.at(at)
		act(p.action(c, event.OneToOne))
	}
	left := max(0, p.Settings.MaxConfirmations-given.Confirmations)
	for _, group := range p.massSends(own[byHand:]) {
		if left == 0 {
			for _, at := range group {
				withhold(p.withheldCandidate(p.at(at), BecauseCapacity))
			}
			continue
		}
		left--
		for _, at := range group {
			act(p.action(p.at(at), event.MassSend))
		}
	}
}

func (p *Planner) capacity(staff int) int {
	if own := p.Org.Staff[staff].Capacity; own > 0 {
		return own
	}
	return p.Settings.Capacity
}

// massSends groups candidates that would get the same message, at most
// MaxPerMassSend together, highest total net gain first.
func (p *Planner) massSends(rest []uint32) [][]uint32 {
	type contents struct {
		part     uint8
		line     id.Line
		material uint32
	}
	same := map[contents][]uint32{}
	for _, at := range rest {
		c := p.at(at)
		key := contents{c.part, c.line, c.material}
		same[key] = append(same[key], at)
	}
	var groups [][]uint32
	for _, all := range same {
		groups = slices.AppendSeq(groups, slices.Chunk(all, p.Settings.MaxPerMassSend))
	}
	total := make(map[uint32]float64, len(groups))
	for _, g := range groups {
		for _, at := range g {
			total[g[0]] += float64(p.at(at).net())
		}
	}
	slices.SortFunc(groups, func(a, b []uint32) int {
		return cmp.Or(cmp.Compare(total[b[0]], total[a[0]]), cmp.Compare(p.at(a[0]).customer, p.at(b[0]).customer))
	})
	return groups
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
	fit := p.Library.For(key.purpose, line.Code)
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
