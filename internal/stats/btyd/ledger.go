package btyd

import (
	"math"
	"slices"
	"time"

	"siyu/internal/stats"
)

// Day counts days since 1970-01-01. Orders of one customer on one day are one
// order.
type Day int32

// DayOf returns the calendar day of t in t's own zone.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Time returns the start of the day in UTC.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Ledger collects orders in any sequence.
type Ledger struct {
	names  *names
	rows   [][]row // blocks of blockRows
	crowd  crowd
	behind int // rows of the last block whose customer is still a place in the crowd
}

type row struct {
	customer int32
	day      Day
	amount   float64
}

// blockRows is the size of the blocks in which rows are kept: a growing list
// would be copied again and again.
const blockRows = 1 << 15

// NewLedger returns an empty ledger.
func NewLedger() *Ledger { return &Ledger{names: newNames()} }

// Add notes one order. The customer's name is copied.
func (l *Ledger) Add(customer string, day Day, amount float64) { addTo(l, customer, day, amount) }

// AddID is Add with the name in bytes, which Log.ID returns again.
func (l *Ledger) AddID(customer []byte, day Day, amount float64) { addTo(l, customer, day, amount) }

func addTo[T string | []byte](l *Ledger, customer T, day Day, amount float64) {
	last := len(l.rows) - 1
	if last < 0 || len(l.rows[last]) == blockRows || l.crowd.full() {
		last = l.room()
	}
	l.rows[last] = append(l.rows[last], row{customer: placeIn(&l.crowd, customer), day: day, amount: amount})
	l.behind++
}

// room settles the rows and returns the block that the next belongs to.
func (l *Ledger) room() int {
	l.settle()
	last := len(l.rows) - 1
	if last < 0 || len(l.rows[last]) == blockRows {
		l.rows = append(l.rows, make([]row, 0, blockRows))
		last++
	}
	return last
}

// settle gives the latest rows the numbers of their customers.
func (l *Ledger) settle() {
	if l.behind == 0 {
		return
	}
	numbers, block := l.names.numberAll(&l.crowd), l.rows[len(l.rows)-1]
	for i := len(block) - l.behind; i < len(block); i++ {
		block[i].customer = numbers[block[i].customer]
	}
	l.crowd.clear()
	l.behind = 0
}

// Order is what one customer bought on one day.
type Order struct {
	Day    Day
	Amount float64
}

// Log is the merged orders of all customers of a ledger, in the sequence in
// which the customers first appeared.
type Log struct {
	names  *names
	start  []int32 // first order of customer i; one more than customers
	orders []Order
	first  Day // with an order, of all customers
	last   Day
	gaps   gapLogs
	groups []int64 // of the customers, nil where nobody told
	// Returns counts the days dropped because their net amount was negative:
	// a return is no order.
	Returns int
}

// Close sorts and merges the orders. The ledger must not be used afterwards.
func (l *Ledger) Close() *Log {
	l.settle()
	next := make([]int32, l.names.len()+2) // from 1 on: where the next order of each customer goes
	count := 0
	for _, block := range l.rows {
		count += len(block)
		for i := range block {
			next[block[i].customer+2]++
		}
	}
	for i := 2; i < len(next); i++ {
		next[i] += next[i-1]
	}
	log := &Log{names: l.names, orders: make([]Order, count)}
	for i, block := range l.rows {
		for j := range block {
			o := &block[j]
			place := &next[o.customer+1]
			log.orders[*place] = Order{Day: o.day, Amount: o.amount}
			*place++
		}
		l.rows[i] = nil
	}
	log.start = next[:l.names.len()+1]
	l.names.close()
	l.rows = nil
	log.merge()
	log.gaps = newGapLogs(int(log.last - log.first))
	return log
}

func (l *Log) merge() {
	kept := int32(0)
	for i := range l.names.len() {
		orders := l.orders[l.start[i]:l.start[i+1]]
		if !slices.IsSortedFunc(orders, byDay) {
			slices.SortStableFunc(orders, byDay)
		}
		l.start[i] = kept
		for len(orders) > 0 {
			sum, n := Order{Day: orders[0].Day}, 0
			for n < len(orders) && orders[n].Day == sum.Day {
				sum.Amount += orders[n].Amount
				n++
			}
			orders = orders[n:]
			if sum.Amount < 0 {
				l.Returns++
				continue
			}
			l.orders[kept] = sum
			if kept == 0 {
				l.first, l.last = sum.Day, sum.Day
			}
			l.first, l.last = min(l.first, sum.Day), max(l.last, sum.Day)
			kept++
		}
	}
	l.start[l.names.len()] = kept
	l.orders = l.orders[:kept]
}

func byDay(a, b Order) int { return int(a.Day) - int(b.Day) }

// Customers returns how many customers the log names.
func (l *Log) Customers() int { return l.names.len() }

// Name returns the name of customer i.
func (l *Log) Name(i int) string { return l.names.name(int32(i)) }

// ID returns the bytes of that name. It must not be changed.
func (l *Log) ID(i int) []byte { return l.names.bytes(int32(i)) }

// Orders returns the orders of customer i by day. It must not be changed.
func (l *Log) Orders(i int) []Order { return l.orders[l.start[i]:l.start[i+1]] }

// InGroups returns the log with the group that each customer belongs to, one for
// each in the log's sequence.
func (l *Log) InGroups(groups []int64) *Log {
	grouped := *l
	grouped.groups = groups
	return &grouped
}

// Group returns the group of customer i, 0 where none was told.
func (l *Log) Group(i int) int64 {
	if i < len(l.groups) {
		return l.groups[i]
	}
	return 0
}

// Grouped tells whether groups were told.
func (l *Log) Grouped() bool { return len(l.groups) > 0 }

// Span returns the first and the last day with an order. ok is false for an
// empty log.
func (l *Log) Span() (first, last Day, ok bool) { return l.first, l.last, len(l.orders) > 0 }

// Summary summarises the orders of customer i up to and including until. The
// first must not be later than that.
func (l *Log) Summary(i int, until Day) Summary { return l.gaps.summary(l.Orders(i), until) }

// SummaryOf summarises orders, sorted by day, up to and including until. The
// first must not be later than that.
func SummaryOf(orders []Order, until Day) Summary { return gapLogs(nil).summary(orders, until) }

// gapLogs are logs of the weeks between orders, by days, as far as they are
// kept: customers have many orders and few different gaps.
type gapLogs []float64

// gapsKept bounds how many logs are kept: some ten years of days.
const gapsKept = 4096

func newGapLogs(longest int) gapLogs {
	logs := make(gapLogs, min(longest, gapsKept)+1)
	for days := range logs {
		logs[days] = logOfDays(days)
	}
	return logs
}

func logOfDays(days int) float64 { return math.Log(float64(stats.WeeksOfDays(days))) }

func (g gapLogs) summary(orders []Order, until Day) Summary {
	first, last, amount, repeats, logs := orders[0].Day, orders[0].Day, 0.0, 0, 0.0
	for _, o := range orders[1:] {
		if o.Day > until {
			break
		}
		if days := int(o.Day - last); days < len(g) {
			logs += g[days]
		} else {
			logs += logOfDays(days)
		}
		last, amount, repeats = o.Day, amount+o.Amount, repeats+1
	}
	s := Summary{Frequency: repeats, Recency: stats.WeeksOfDays(int(last - first)), Age: stats.WeeksOfDays(int(until - first)), LogGaps: logs}
	if repeats > 0 {
		s.Monetary = amount / float64(repeats)
	}
	return s
}

// Placed returns how many orders customer i placed, and for how much, after
// day from and up to and including day to.
func (l *Log) Placed(i int, from, to Day) (orders int, amount float64) {
	for _, o := range l.Orders(i) {
		if o.Day > from && o.Day <= to {
			orders, amount = orders+1, amount+o.Amount
		}
	}
	return orders, amount
}
