// Package promise sets what plans promised beside what came of it. Promised is what
// actions were expected to gain when they were chosen, as far as they reached their
// customers. Realised is measured by the hold-out's draw: orders of customers who were
// open to contact minus orders of those who were held out, for each order that the plan
// promised between the two. What people chose is never compared with what they did not.
package promise

import (
	"cmp"
	"math"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/stats"
)

// Days is how long customers are followed: the horizon over which gains are promised.
const Days = 30

// Arm is what came within the followed days of customers whom a draw put on one side.
type Arm struct {
	N        int     `json:"n"`
	Beyond   float64 `json:"beyond"`   // orders beyond those expected without contact, a sum
	Squares  float64 `json:"squares"`  // of each customer's
	Promised float64 `json:"promised"` // orders that contacts which reached them promised, a sum
}

func (a *Arm) add(beyond, promised float64) {
	a.N++
	a.Beyond, a.Squares, a.Promised = a.Beyond+beyond, a.Squares+beyond*beyond, a.Promised+promised
}

// variance returns that of the mean.
func (a *Arm) variance() float64 {
	n := float64(a.N)
	return max(0, a.Squares-a.Beyond*a.Beyond/n) / (n - 1) / n
}

// Row is one week's plans for one purpose.
type Row struct {
	Week     string        `json:"week"` // its Monday, as 2006-01-02
	Purpose  event.Purpose `json:"purpose"`
	Done     float64       `json:"done"`     // actions that reached their customers
	Promised float64       `json:"promised"` // fen, of those, as the plan stated it
	Raw      float64       `json:"raw"`      // fen, the same before correction for uncertainty
	Open     Arm           `json:"open"`     // customers whose first proposal fell into the week
	Held     Arm           `json:"held"`
}

// Record is what is known of all weeks whose days of following are over. It is stored as
// JSON.
type Record struct {
	Until time.Time `json:"until"` // plans before this day are in it
	Rows  []Row     `json:"rows"`  // newest week first, then by purpose
}

// mostWeeks is how many weeks are kept.
const mostWeeks = 53

// WeekOf names the week of a day, in the zone of the day.
func WeekOf(day time.Time) string {
	back := (int(day.Weekday()) + 6) % 7 // weeks begin on Monday
	return day.AddDate(0, 0, -back).Format(time.DateOnly)
}

// row returns the row of a week and purpose.
func (r *Record) row(week string, purpose event.Purpose) *Row {
	at, found := slices.BinarySearchFunc(r.Rows, Row{Week: week, Purpose: purpose}, order)
	if !found {
		r.Rows = slices.Insert(r.Rows, at, Row{Week: week, Purpose: purpose})
	}
	return &r.Rows[at]
}

func order(a, b Row) int {
	return cmp.Or(cmp.Compare(b.Week, a.Week), cmp.Compare(a.Purpose, b.Purpose))
}

// Done adds actions that reached their customers; times is for how many others each
// stands where customers are sampled.
func (r *Record) Done(day time.Time, purpose event.Purpose, promised, raw, times float64) {
	row := r.row(WeekOf(day), purpose)
	row.Done, row.Promised, row.Raw = row.Done+times, row.Promised+times*promised, row.Raw+times*raw
}

// Drawn adds a customer whom the hold-out's draw put on a side before the first proposal:
// orders beyond what was expected without contact, and the orders promised by contacts
// that reached the customer since.
func (r *Record) Drawn(day time.Time, purpose event.Purpose, held bool, beyond, promised float64) {
	row := r.row(WeekOf(day), purpose)
	if held {
		row.Held.add(beyond, promised)
	} else {
		row.Open.add(beyond, promised)
	}
}

// Close says that plans before a day are in the record, and forgets old weeks.
func (r *Record) Close(until time.Time) {
	r.Until = until
	oldest := WeekOf(until.AddDate(0, 0, -7*mostWeeks))
	r.Rows = slices.DeleteFunc(r.Rows, func(row Row) bool { return row.Week < oldest })
}

// Kept is which share of what was promised came.
type Kept struct {
	Ratio, Low, High float64 // central 80 %
	Open, Held       int     // customers it rests on
	Measurable       bool
}

// fewest is how many customers there must be on the smaller side: with fewer, sums are
// not yet normal enough for an interval.
const fewest = 100

// weakest is below which share of what open customers were promised the two sides differ
// too little: the held out were reached about as often, and whatever else differs would
// be multiplied by ten and more.
const weakest = .1

// KeptOf compares the two sides within each row and pools the differences:
//
//	ratio = sum w (open - held orders beyond) / sum w (open - held orders promised),
//
// means of a customer, w = n_open n_held / (n_open + n_held), the weight that has the
// least variance where all customers vary alike (Cochran 1954). The interval is that of
// the numerator; what was promised is known.
func KeptOf(rows []Row) Kept {
	var k Kept
	var came, promised, whole, variance float64
	for i := range rows {
		open, held := &rows[i].Open, &rows[i].Held
		if open.N < 2 || held.N < 2 {
			continue
		}
		k.Open, k.Held = k.Open+open.N, k.Held+held.N
		a, b := float64(open.N), float64(held.N)
		w := a * b / (a + b)
		came += w * (open.Beyond/a - held.Beyond/b)
		promised += w * (open.Promised/a - held.Promised/b)
		whole += w * open.Promised / a
		variance += w * w * (open.variance() + held.variance())
	}
	if min(k.Open, k.Held) < fewest || promised <= weakest*whole {
		return k
	}
	half := stats.Central80 * math.Sqrt(variance) / promised
	k.Measurable, k.Ratio = true, came/promised
	k.Low, k.High = k.Ratio-half, k.Ratio+half
	return k
}
