// Package effect says what contacts do, from what chance decided: who was held
// out, which of two purposes that came out alike was drawn, and who was contacted
// at once or some days later. What people chose is never compared with what they
// did not choose.
//
// An effect is told as a multiple of what the assumption table says: 1 is as
// assumed, 0 is none. It is the effect of contacts that happen: being open to
// contact is only the instrument, and what the draw changed in orders is divided by
// what it changed in contacts (Imbens and Angrist 1994, theorem 1, local average
// treatment effect; Angrist, Imbens and Rubin 1996, proposition 1), each weighed by
// what is assumed of it (Angrist and Imbens 1995, theorem 1, of doses). Outcomes are orders within Days of the draw, or within
// WaitDays where a day was drawn; of fatigue, relations that customers ended.
package effect

import (
	"math"
	"time"

	"siyu/internal/insight"
	"siyu/internal/stats"
	"siyu/internal/stats/causal"
)

// Days is how long a customer is followed after a draw: the horizon of the
// repurchase model.
const Days = 30

// WaitDays is how long a customer is followed after a day was drawn: until the
// latest day has come. Later on both sides were contacted and are alike again.
const WaitDays = 7

// levers is how many levers there are.
const levers = 3

// Levers returns the parts that contacts work on, in the order of Orders.
func Levers() [levers]insight.Part {
	return [levers]insight.Part{insight.Need, insight.Trust, insight.Exposure}
}

// Orders are numbers of orders, one for each lever.
type Orders [levers]float64

// Follow is what came of one customer within Days of a draw.
type Follow struct {
	Plain  float64 // orders expected without contact, by what was known before the draw
	Bought float64 // orders that came
	// Given is what the assumption table says that the contacts which reached the
	// customer since the draw add within its Days, on whichever side of the draw,
	// each by what those before it left to do.
	Given     Orders
	Contacted bool // by the plan or by hand, beyond answers
	// Lost is 1 where the customer ended a relation, and Risk what the hazard of
	// fatigue says that these contacts cost of relations.
	Lost, Risk float64
}

// Entry is the first proposal for a customer after the assignment to the
// hold-out or to those who may be reached. Until then both are treated alike.
type Entry struct {
	Follow
	Week    int // since any day; entries of one week are compared with each other
	Held    bool
	Lever   int     // that the proposal works on, in the order of Levers
	Promise float64 // orders that the assumption table says the proposed contact adds
	Threat  float64 // relations that the hazard of fatigue says it costs
}

// Wait is the first proposal of a contact whose day is drawn, since the customer
// was contacted last. It is followed for WaitDays.
type Wait struct {
	Follow
	Week    int     // as of Entry
	Later   bool    // a later day was drawn
	Lever   int     // that the proposal works on
	Promise float64 // orders within WaitDays that the assumption table says the contact adds today
	Threat  float64 // as of Entry
}

// Draw is a contact whose purpose was drawn by lot from several, alike.
type Draw struct {
	Follow
	Options  []int // levers, at least two
	Drawn    int   // one of them
	Promises Orders
}

// Trial is what chance decided about one customer.
type Trial struct {
	Entry *Entry // nil: none in the time looked at
	Draws []Draw
	Waits []Wait
}

// Count is how many customers an effect rests on.
type Count struct {
	Open    int `json:"open"`    // proposals to customers who may be reached
	Held    int `json:"held"`    // proposals to customers held out
	Reached int `json:"reached"` // of those held out, who were contacted all the same
	// Contacted counts those who may be reached and really were.
	Contacted int `json:"contacted"`
	Drawn     int `json:"drawn"`   // contacts whose purpose was drawn from this lever and another
	AtOnce    int `json:"at_once"` // contacts whose day was drawn, which could happen on the first
	Later     int `json:"later"`   // contacts whose day was drawn, which had to wait
}

// Record is what is known of all draws whose Days are over. It is stored as
// JSON.
type Record struct {
	At      time.Time      `json:"at"`    // when it was last added to
	Until   time.Time      `json:"until"` // draws before this day are in it
	Table   string         `json:"table"` // version of the assumptions and models that effects are multiples of
	Counts  [levers]Count  `json:"counts"`
	Moments causal.Moments `json:"moments"`
	Losses  int            `json:"losses"` // relations that customers ended while they were followed
	Tired   causal.Moments `json:"tired"`  // of losses
}

// NewRecord returns a record of nothing, of multiples of a table.
func NewRecord(table string) Record {
	return Record{Table: dosage + table, Moments: causal.NewMoments(instruments, levers), Tired: causal.NewMoments(tiring, 1)}
}

// dosage names what doses are, since sums of different ones do not add up.
const dosage = "contacts that happened: "

// Readable tells whether a stored record is of multiples of the table.
func (r *Record) Readable(table string) bool {
	return r.Table == dosage+table && r.Moments.Of(instruments, levers) && r.Tired.Of(tiring, 1)
}

// HalfLife is after how long a draw counts half as much as a new one: texts,
// seasons and members change, and what a contact did a year ago says half of what
// it does.
const HalfLife = 365 * 24 * time.Hour

// Fade lets what is known lose weight, so many days having passed.
func (r *Record) Fade(days float64) {
	left := math.Exp2(-days / (HalfLife.Hours() / 24))
	r.Moments.Fade(left)
	r.Tired.Fade(left)
}

// Finding is what is known of one lever's effect.
type Finding struct {
	Part  insight.Part
	Grade insight.Grade
	// Assumed is the standard deviation of the assumption around 1.
	Assumed float64
	// Times and SD are what is believed now: the assumption and what was measured,
	// weighed by their precisions. Exactly 1 and Assumed while the grade is
	// assumed.
	Times, SD float64
	// Measured and MeasuredSD are what the draws alone say of this lever; MeasuredSD
	// is 0 where they say nothing.
	Measured, MeasuredSD float64
	// Weight is the share of the precision that was measured, 0..1.
	Weight float64
	Count
}

// Interval returns the central 80 % of what is believed.
func (f Finding) Interval() (low, high float64) {
	return f.Times - stats.Central80*f.SD, f.Times + stats.Central80*f.SD
}

// MeasuredInterval returns the central 80 % of what the draws alone say.
func (f Finding) MeasuredInterval() (low, high float64) {
	return f.Measured - stats.Central80*f.MeasuredSD, f.Measured + stats.Central80*f.MeasuredSD
}

const (
	// fewestHeld and fewestDrawn are below how many customers, on the smaller side,
	// sums are not yet normal enough for an interval.
	fewestHeld, fewestDrawn = 100, 200
	// partly and wholly are the shares of the precision from which on an effect is
	// partly measured, and measured: at an assumption of sd .5 when draws alone
	// know it with sd 1 and .25.
	partly, wholly = .2, .8
)

// Findings returns what is known of each lever, in the order of Levers. assumed
// holds the standard deviation of each assumption around 1.
func (r *Record) Findings(assumed Orders) [levers]Finding {
	after := r.Moments.Update(causal.Belief{Mean: []float64{1, 1, 1}, SD: assumed[:], Together: together})
	alone := r.Moments.Update(causal.Belief{Mean: []float64{1, 1, 1}, SD: []float64{anything, anything, anything}})
	var list [levers]Finding
	for i, part := range Levers() {
		f := Finding{Part: part, Grade: insight.Assumed, Assumed: assumed[i], Times: 1, SD: assumed[i], Count: r.Counts[i]}
		if f.enough() {
			f.learn(after.Mean[i], after.SD[i])
			f.tell(alone.Mean[i], alone.SD[i])
		}
		list[i] = f
	}
	for i := range list {
		if !list[i].enough() {
			list[i].infer(list[:])
		}
	}
	return list
}

// infer takes what the levers that enough was drawn of tell of this one: the
// regression of one effect on the others before the draws, and what is not known of
// those. Its own draws are too few to be normal.
func (f *Finding) infer(all []Finding) {
	told := 0
	for i := range all {
		if all[i].enough() {
			told++
		}
	}
	slope := together / (1 + float64(told-1)*together)
	mean, variance := 1., f.Assumed*f.Assumed*(1-float64(told)*slope*together)
	for i := range all {
		if o := &all[i]; o.enough() {
			scale := slope * f.Assumed / o.Assumed
			mean += scale * (o.Times - 1)
			variance += scale * scale * o.SD * o.SD
		}
	}
	f.learn(mean, math.Sqrt(variance))
}

// together is how much of what is not known of the table moves all levers alike, as
// a share of the variance: whether contacts are carried out, read and welcome. The
// other half is of the lever's own. What draws tell of one lever so tells a third of
// the others at most, which never makes those measured.
const together = .5

// anything is the standard deviation of a belief that leaves all to the draws.
// Where they leave it as wide as half of that, they do not tell the lever from the
// others.
const anything = 10

func (c Count) enough() bool {
	return !c.Weak() && min(c.Open, c.Held) >= fewestHeld || min(c.AtOnce, c.Later) >= fewestHeld || c.Drawn >= fewestDrawn
}

// weakest is below which difference between the shares contacted on the two sides a
// hold-out measures nothing: what it changed in orders would be multiplied by ten and
// more, and with it whatever else differs.
const weakest = .1

// Apart returns by how much the draw changed the share of customers contacted.
func (c Count) Apart() float64 {
	return float64(c.Contacted)/float64(max(1, c.Open)) - float64(c.Reached)/float64(max(1, c.Held))
}

// Weak tells whether the hold-out measures nothing of a lever, because those held
// out were contacted about as often as the others.
func (c Count) Weak() bool { return c.Held > 0 && c.Apart() < weakest }

// tell takes what draws alone say, if they say anything.
func (f *Finding) tell(mean, sd float64) {
	if sd < anything/2 {
		f.Measured, f.MeasuredSD = mean, sd
	}
}

// learn takes what is believed after the draws, if they are worth it.
func (f *Finding) learn(mean, sd float64) {
	f.Weight = max(0, 1-sd*sd/(f.Assumed*f.Assumed))
	switch {
	case f.Weight >= wholly:
		f.Grade = insight.Measured
	case f.Weight >= partly:
		f.Grade = insight.PartlyMeasured
	default:
		return
	}
	f.Times, f.SD = mean, sd
}
