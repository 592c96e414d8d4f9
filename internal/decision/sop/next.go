package sop

import (
	"encoding/binary"
	"slices"
	"strconv"
	"time"

	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// World is what holds for all runs at one moment.
type World struct {
	Now        time.Time
	Zone       *time.Location // of the brand
	Rules      decision.Settings
	OrdersAsOf time.Time            // until when orders are known, zero: none are
	LateShops  map[string]time.Time // shop systems whose orders are known less far
}

// Moved is what a moment makes of a run.
type Moved struct {
	Run     Run
	Records []StepRecord // what became of steps, in their order
	// Act says that the step at which the run stands should happen now: the caller
	// asks the gate and then calls Give or Withhold.
	Act bool
	// Unread says that the run cannot be taken on without reading what
	// Process.NeedsAt(Run.Step) names.
	Unread bool
}

// Advance takes a run through everything that is due now: steps that happen by
// themselves, that are skipped or whose window is over, until one has to be given
// to a member, is put off or is not due, or the run ends. Asking again at the same
// moment gives the same.
func (p *Process) Advance(r Run, seen Seen, w World) Moved {
	m := Moved{Run: r}
	for m.Run.State != Ended && m.Run.DueAt <= event.At(w.Now) {
		if m.Unread = !seen.Read.covers(p.NeedsAt(m.Run.Step)); m.Unread {
			return m
		}
		if m.Run.State == Watching {
			p.judge(&m.Run, seen)
			return m
		}
		if because := p.Stopped(&m.Run, seen, w.Now); because != "" {
			p.end(&m.Run, because)
			continue
		}
		if m.Act = p.step(&m, seen, w); m.Act {
			return m
		}
	}
	return m
}

// judge says whether the goal was reached.
func (p *Process) judge(r *Run, seen Seen) {
	r.State, r.Goal = Ended, Missed
	if p.Goal == nil || r.Because == BecauseRetired {
		r.Goal = Unjudged
		return
	}
	if p.asking(r, seen, r.DueAt).holds(&p.Goal.If) {
		r.Goal = Reached
	}
}

// step decides about the step at which the run stands. It tells whether it should
// happen now.
func (p *Process) step(m *Moved, seen Seen, w World) (act bool) {
	r, s := &m.Run, &p.Steps[m.Run.Step]
	first, now := r.firstDue(), event.At(w.Now)
	last := s.Last(first, w)
	switch {
	case now > last && first < r.Entered:
		p.leave(m, Skipped, BecausePassed, w)
		return false
	case now > last:
		p.leave(m, Dropped, BecauseWindow, w)
		return false
	case s.If != nil && !p.asking(r, seen, now+1).holds(s.If):
		p.leave(m, Skipped, BecauseCondition, w)
		return false
	}
	lane := p.chosen(r, s, seen, now)
	if s.Channel == Wait || s.Channel == Tag {
		if r.Lane = lane; s.Channel == Tag {
			r.LastStep = now
		}
		p.leave(m, Passed, "", w)
		return false
	}
	if w.Rules.Quiet(w.Now.In(w.Zone)) {
		p.putOff(m, Because(decision.BecauseQuiet), w)
		return false
	}
	if because := s.unfit(seen, w); because != "" {
		p.Withhold(m, because, w)
		return false
	}
	return true
}

// chosen returns the lane in which the run goes on.
func (p *Process) chosen(r *Run, s *Step, seen Seen, now event.Instant) string {
	for i := range s.Choose {
		if p.asking(r, seen, now+1).holds(&s.Choose[i].If) {
			return s.Choose[i].Lane
		}
	}
	return r.Lane
}

// firstDue returns when the step was due before it was put off.
func (r *Run) firstDue() event.Instant {
	if r.Tried != 0 {
		return r.Tried
	}
	return r.DueAt
}

// leave notes what became of the step and moves on.
func (p *Process) leave(m *Moved, o Outcome, because Because, w World) {
	p.note(m, o, because, w)
	p.forward(&m.Run, w.Zone)
}

func (p *Process) note(m *Moved, o Outcome, because Because, w World) *StepRecord {
	r := &m.Run
	m.Records = append(m.Records, StepRecord{
		RunKey: r.RunKey, Version: r.Version, Step: r.Step, Outcome: o, Because: because,
		Variant: p.Steps[r.Step].Variant(r.RunKey, r.Step), DueAt: r.firstDue(), At: event.At(w.Now),
	})
	return &m.Records[len(m.Records)-1]
}

// retryAfter is how long a step waits that is put off: a member works through a
// list about so often.
const retryAfter = time.Hour

// putOff tries the step again in the next working hour, if that is in its window.
func (p *Process) putOff(m *Moved, because Because, w World) {
	r := &m.Run
	first := r.firstDue()
	next := event.At(workingTime(w, w.Now.Add(retryAfter)))
	if because == Because(decision.BecauseQuiet) {
		next = event.At(workingTime(w, w.Now))
	}
	if next > p.Steps[r.Step].Last(first, w) {
		outcome := Withheld
		if because == Because(decision.BecauseQuiet) {
			outcome = Dropped
		}
		p.leave(m, outcome, because, w)
		return
	}
	if r.Tried == 0 {
		p.note(m, Postponed, because, w)
	}
	r.Tried, r.DueAt = first, next
}

// Last returns until when a step may happen that is due at a moment, by its window. A
// window that ends in quiet hours stands still in them: what they took of it, at least
// time for one more try, goes on in the working hours after them and ends with those.
// A time of day in working hours is meant as it stands: what belongs to an evening
// does not come the next morning.
func (s *Step) Last(due event.Instant, w World) event.Instant {
	begin, end := due.Time().In(w.Zone), due.Time().Add(s.Window()).In(w.Zone)
	morning := workingTime(w, end)
	if morning.Equal(end) || s.At.Timed && !w.Rules.Quiet(begin) {
		return event.At(end)
	}
	took := max(retryAfter, end.Sub(w.quietSince(begin, morning)))
	return event.At(earlier(morning.Add(took), w.evening(morning)))
}

// quietSince returns since when, from a moment on, the quiet hours last that end with
// a morning.
func (w World) quietSince(from, morning time.Time) time.Time {
	evening := w.evening(DayOf(morning.In(w.Zone)).Plus(-1).Start(w.Zone))
	if evening.Before(from) {
		return from
	}
	return evening
}

// evening returns when the working hours of a moment's day end.
func (w World) evening(of time.Time) time.Time {
	day := DayOf(of.In(w.Zone)).Start(w.Zone)
	_, evening := w.Rules.Window(day, day)
	return evening
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// workingTime returns the moment itself, or when quiet hours end that it falls in.
func workingTime(w World, at time.Time) time.Time {
	local := at.In(w.Zone)
	if !w.Rules.Quiet(local) {
		return at
	}
	today := DayOf(local).Start(w.Zone)
	if from, _ := w.Rules.Window(today, today); local.Before(from) {
		return from
	}
	tomorrow := DayOf(local).Plus(1).Start(w.Zone)
	from, _ := w.Rules.Window(tomorrow, tomorrow)
	return from
}

// unfit returns why a step that sells does not, "" where nothing forbids it.
func (s *Step) unfit(seen Seen, w World) Because {
	if !s.Purpose.Sells() || seen.Profile == nil {
		return ""
	}
	because := w.Rules.RefuseSale(decision.Sale{Profile: seen.Profile, Insight: seen.Insight, Now: w.Now, OrdersAsOf: decision.OrdersKnown{AsOf: w.OrdersAsOf, Late: w.LateShops}.Of(seen.Profile), Promised: s.Promised})
	if because == decision.BecauseSilent {
		return BecauseSilence
	}
	return Because(because)
}

// Spares returns why a member must not be given a step about a customer that is no contact
// to the customer alone: a task, a post. "" where nothing forbids it. Held-out customers
// are left as they are by all that does not answer them or serve what they bought; what
// has a purpose is said or shown to the customer, and then consent and an open complaint
// are asked, too.
func (s *Step) Spares(c *profile.Customer, held bool) Because {
	switch {
	case s.Service:
	case s.Purpose != "" && c.RefusesMarketing():
		return Because(decision.BecauseRefused)
	case held:
		return Because(decision.BecauseHoldout)
	case s.Purpose != "" && c.Complains():
		return Because(decision.BecauseComplaint)
	}
	return ""
}

// passing are reasons that hold for a while.
var passing = []Because{
	Because(decision.BecausePending), Because(decision.BecauseInDoubt), Because(decision.BecauseComplaint),
	Because(decision.BecauseBudgetDay), Because(decision.BecauseBudgetWeek), Because(decision.BecauseBudgetMonth), Because(decision.BecauseQuota),
	Because(decision.BecauseStale), Because(decision.BecauseCapacity), Because(decision.BecauseQuiet), BecauseNobody, BecauseSilence,
}

// Withhold notes that the step at which the run stands is forbidden. Where the
// reason passes and the step may be late it is tried again, else the run moves on.
func (p *Process) Withhold(m *Moved, because Because, w World) {
	if p.Steps[m.Run.Step].Late == Postpone && slices.Contains(passing, because) {
		p.putOff(m, because, w)
		return
	}
	p.leave(m, Withheld, because, w)
}

// Give notes that a member, or WeCom, has the step at which the run stands, and
// moves on. Conditions of the step's choices are asked at the same moment.
func (p *Process) Give(m *Moved, seen Seen, staff id.Staff, store id.Store, w World) {
	s := &p.Steps[m.Run.Step]
	lane := p.chosen(&m.Run, s, seen, event.At(w.Now))
	record := p.note(m, Given, "", w)
	record.Staff, record.Store = staff, store
	m.Run.Lane, m.Run.LastStep = lane, event.At(w.Now)
	p.forward(&m.Run, w.Zone)
}

// Until returns until when a member has time for a step of a run that is given at
// now: the end of the step's window, but at least until the next end of working
// time.
func (s *Step) Until(due event.Instant, w World) time.Time {
	evening := w.evening(workingTime(w, w.Now))
	if end := s.Last(due, w).Time(); end.After(evening) {
		return end
	}
	return evening
}

// Variant returns which wording of a step a run gets, 0 where there is a choice of
// one or none: drawn once by the run's own lot, so that asking again draws the
// same.
func (s *Step) Variant(k RunKey, step int) int {
	drawn, _ := s.VariantAmong(k, step, nil)
	return drawn
}

// VariantAmong draws like Variant among some wordings, nil for all of them, and
// returns the chance that the drawn one had.
func (s *Step) VariantAmong(k RunKey, step int, among []int) (drawn int, chance float64) {
	if len(s.Content) < 2 {
		return 0, 1
	}
	if among == nil {
		for i := range s.Content {
			among = append(among, i)
		}
	}
	weights := make([]float64, len(among))
	for i, at := range among {
		weights[i] = s.Content[at].Weight
	}
	const steps = 1 << 53 // as many values as a float64 tells apart in 0..1
	sum := id.Hash("sop_variant", k.Name(), string(k.Subject), strconv.FormatInt(k.ID, 10), strconv.Itoa(step))
	at := content.Draw(weights, float64(binary.BigEndian.Uint64(sum[:8])>>11)/steps)
	return among[at], content.Share(weights, at)
}
