package ltv

import (
	"math"
	"sync/atomic"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// Ahead is what is expected of a case over the forecaster's horizon.
type Ahead struct {
	Alive    float64 // probability of still being a customer
	None     float64 // probability of no order
	Expected float64
	Variance float64 // of the number of orders
	// Low and High are the 10 % and 90 % points of the number of orders.
	Low, High int
}

// Points of the distribution of orders that bound its central 80 %.
const (
	lowPoint  = .1
	highPoint = .9
)

// table keeps what is the same for many customers, as it is asked for: what
// comes of an active customer depends on the number of orders and the age alone.
// Its size is bounded by the orders and days that occur.
type table struct {
	lives []btyd.Divided
	rows  [tabledOrders]atomic.Pointer[tableRow]
}

// tabledOrders is from how many repeat orders on nothing is kept: hardly two
// customers have as many.
const tabledOrders = 512

// tableRow is about customers with one number of repeat orders.
type tableRow struct {
	silence []*btyd.Silence // of the lifetimes that are Pareto/NBD, else nil
	ages    []atomic.Pointer[ageFutures]
}

// ageFutures is what comes of an active customer of one age, state after state
// of all lifetimes.
type ageFutures struct {
	futures    []future
	discounted atomic.Pointer[discounted] // at the rate that was asked for last
}

// future is the distribution of the orders in one state.
type future struct {
	none, mean, square float64
	above              []float32 // probabilities of at least 1, 2, ..., down to enoughAbove
}

// enoughAbove is the probability at which kept distributions end. The points
// that bound an interval are then right to as much.
const enoughAbove = 1e-4

// tableOf returns the table of customers of a step.
func (f *Forecaster) tableOf(step int8) *table {
	at := &f.tables[int(step)+mostSteps]
	if t := at.Load(); t != nil {
		return t
	}
	t := &table{}
	for _, m := range f.Members {
		if m.lives() {
			t.lives = append(t.lives, quickened(m.lifetime(), step))
		}
	}
	if at.CompareAndSwap(nil, t) {
		return t
	}
	return at.Load()
}

// daysOf returns weeks that are a whole number of days in days.
func daysOf(weeks stats.Weeks) int { return int(math.Round(float64(weeks) * 7)) }

// row returns the row of a number of orders, nil where none is kept.
func (f *Forecaster) row(t *table, frequency int) *tableRow {
	if frequency >= tabledOrders || f.Longest <= 0 {
		return nil
	}
	row := t.rows[frequency].Load()
	if row == nil {
		row = &tableRow{silence: make([]*btyd.Silence, len(t.lives)), ages: make([]atomic.Pointer[ageFutures], f.Longest+1)}
		for i, l := range t.lives {
			if pareto, ok := l.(btyd.ParetoNBD); ok {
				row.silence[i] = pareto.Silence(frequency, f.Longest)
			}
		}
		t.rows[frequency].Store(row) // whoever stores last stores the same
	}
	return row
}

// futures returns what comes of an active customer.
func (f *Forecaster) futures(t *table, row *tableRow, c *Case) *ageFutures {
	age := daysOf(c.Age)
	if row == nil || age > f.Longest {
		return f.futuresAnew(t, c)
	}
	found := row.ages[age].Load()
	if found == nil {
		found = f.futuresAnew(t, c)
		row.ages[age].Store(found)
	}
	return found
}

func (f *Forecaster) futuresAnew(t *table, c *Case) *ageFutures {
	all := &ageFutures{}
	for _, l := range t.lives {
		for _, above := range l.Futures(c.Frequency, c.Age, f.usualHorizon()) {
			all.futures = append(all.futures, newFuture(above))
		}
	}
	return all
}

func newFuture(above []float64) future {
	f := future{none: 1 - above[0]}
	kept := 0
	for i, p := range above {
		f.mean += p
		f.square += float64(2*i+1) * p
		if p >= enoughAbove {
			kept = i + 1
		}
	}
	f.above = make([]float32, kept)
	for i := range f.above {
		f.above[i] = float32(above[i])
	}
	return f
}

// mostStates bounds the states of all lifetimes together: three with one, and
// those of MBG/CNBD-k.
const mostStates = 3 + btyd.MostRegular

// blend is the mixture of what members say of one case.
type blend struct {
	futures []future
	weights []float64 // of the futures
	alive   float64
	share   float64 // of each member
	mean    float64 // of the regression, 0 where it is no member
	size    float64
	window  bool
}

// blend mixes the members. The weights use room.
func (f *Forecaster) blend(c *Case, room []float64) blend {
	t := f.tableOf(c.Step)
	row := f.row(t, c.Frequency)
	b := blend{futures: f.futures(t, row, c).futures, share: 1 / float64(len(f.Members)), weights: room[:0]}
	recency, age := daysOf(c.Recency), daysOf(c.Age)
	for i, l := range t.lives {
		from := len(b.weights)
		if row != nil && row.silence[i] != nil && age <= f.Longest {
			b.weights = append(b.weights, row.silence[i].Alive(recency, age))
		} else {
			b.weights = l.States(c.Summary, b.weights)
		}
		for j := from; j < len(b.weights); j++ {
			b.alive += b.weights[j] / float64(len(t.lives))
			b.weights[j] *= b.share
		}
	}
	if len(t.lives) == 0 {
		b.alive = quickened(f.Judge.lifetime(), c.Step).Alive(c.Summary)
	}
	for i := range f.Members {
		if f.Members[i].Window != nil {
			b.mean, b.size = f.Members[i].counts(*c, 1)
			b.window = true
		}
	}
	return b
}

// None returns the probability that the case places no order in the horizon.
func (f *Forecaster) None(c Case) float64 {
	var room [mostStates]float64
	b := f.blend(&c, room[:])
	return b.none()
}

func (b *blend) none() float64 {
	some := 0.
	for i, w := range b.weights {
		some += w * (1 - b.futures[i].none)
	}
	if b.window {
		some -= b.share * math.Expm1(-b.size*math.Log1p(b.mean/b.size))
	}
	return 1 - some
}

// Of returns what is expected of the case. Means and probabilities are those of
// Over at the whole horizon; Low and High are its 10 % and 90 % points but for
// probabilities below enoughAbove.
func (f *Forecaster) Of(c Case) Ahead {
	var room [mostStates]float64
	b := f.blend(&c, room[:])
	a := Ahead{Alive: b.alive, None: b.none()}
	square := 0.
	for i, w := range b.weights {
		a.Expected += w * b.futures[i].mean
		square += w * b.futures[i].square
	}
	if b.window {
		a.Expected += b.share * b.mean
		square += b.share * (b.mean + b.mean*b.mean*(1+1/b.size))
	}
	a.Variance = max(0, square-a.Expected*a.Expected)
	a.Low, a.High = b.points()
	return a
}

// points returns the 10 % and 90 % points of the number of orders.
func (b *blend) points() (low, high int) {
	var tail btyd.Tail
	if b.window {
		tail = btyd.NegativeBinomialTail(b.mean, b.size)
	}
	low = -1
	for k := 0; ; k++ {
		above := 0.
		for i, w := range b.weights {
			if kept := b.futures[i].above; k < len(kept) {
				above += w * float64(kept[k])
			}
		}
		if b.window {
			above += b.share * tail.Above()
			tail.Next()
		}
		if low < 0 && 1-above >= lowPoint {
			low = k
		}
		if 1-above >= highPoint {
			return low, k
		}
	}
}
